import {
	errorIn,
	isApiError,
	retryAfterMs,
	statusOf,
} from '../../../nodes/Evolink/evolink/response';

describe("the API's own error", () => {
	it.each([
		[503, { error: { code: 'internal_error', message: 'No', type: 'internal_server_error' } }],
		[500, { error: { code: 500, message: 'No', type: '' } }],
		[502, { success: false, msg: 'No' }],
		[200, { success: false, message: 'No', id: 'task-1' }],
		[402, { error: { code: 402, message: 'No credits' } }],
		[200, { error: { code: 'insufficient_quota' } }],
		[200, { code: 413, msg: 'No' }],
	])('is, with HTTP %p, %j', (status, json) => {
		expect(isApiError({ status, json })).toBe(true);
	});

	it.each([
		[200, undefined],
		[400, 'No'],
		[400, ['No']],
		[400, {}],
		[400, { error: 'No' }],
		[400, { error: { message: ' ', code: '' } }],
		[400, { success: false }],
		[400, { success: false, msg: '', message: ' ' }],
		[404, { message: 'no Route matched' }],
		[413, { code: 413 }],
		[200, { code: 200, message: 'success' }],
		[200, { code: 0, message: 'ok' }],
		[503, { code: 503, message: 'upstream connect error' }],
		[502, { code: 14, message: 'unavailable' }],
		[502, { code: '502', message: 'Bad gateway' }],
		[503, { code: 503, msg: 'no healthy upstream' }],
		[503, { error: { code: 503, message: 'no healthy upstream' } }],
		[500, { error: { message: 'upstream failure' } }],
		[504, { error: { code: 504, message: 'No', status: 'DEADLINE_EXCEEDED' } }],
	])('is not, with HTTP %p, %j', (status, json) => {
		expect(isApiError({ status, json })).toBe(false);
	});

	it.each([
		[200, 402, 402],
		[399, 429, 429],
		[400, 500, 400],
		[503, 402, 503],
		[200, 399, 200],
		[200, 599, 599],
		[200, 600, 200],
		[200, 'invalid_key', 200],
	])('with HTTP %p and the code %p has the status %p', (status, code, named) => {
		expect(statusOf({ status, json: { error: { code } } })).toBe(named);
	});
});

describe('the words of an error', () => {
	const NOTHING = { code: '', message: '', param: '' };

	it.each([
		[
			'the API',
			{ error: { code: 400, message: 'Bad size', type: 'x', param: 'duration' } },
			{ code: '400', message: 'Bad size', param: 'duration' },
		],
		[
			'the File API',
			{ success: false, code: 413, msg: 'Big' },
			{ code: '413', message: 'Big', param: '' },
		],
		['something else', { message: 'Nope' }, { ...NOTHING, message: 'Nope' }],
		['a text for an error', { error: 'Nope' }, { ...NOTHING, message: 'Nope' }],
		['several lines', { error: { message: ' One\n\ttwo ' } }, { ...NOTHING, message: 'One two' }],
		['other things', { error: { code: [], message: {}, param: null } }, NOTHING],
		['no JSON', undefined, NOTHING],
	])('are read from %s', (_what, json, words) => {
		expect(errorIn(json)).toEqual(words);
	});

	it('are cut after 500 characters, and names after 100', () => {
		const name = 'x'.repeat(101);
		expect(errorIn({ error: { code: name, param: name, message: 'x'.repeat(501) } })).toEqual({
			code: `${'x'.repeat(100)}…`,
			param: `${'x'.repeat(100)}…`,
			message: `${'x'.repeat(500)}…`,
		});
	});
});

const NOW_MS = Date.UTC(2026, 0, 5, 12, 0, 0);

describe('Retry-After', () => {
	it.each([
		['30', 30_000],
		[' 5 ', 5_000],
		['0', 0],
		['1.5', 1_500],
		['1.25', 1_250],
		['86400', 86_400_000],
		['Mon, 05 Jan 2026 12:00:30 GMT', 30_000],
		['Monday, 05-Jan-26 12:01:00 GMT', 60_000],
		['Mon Jan  5 12:00:10 2026 GMT', 10_000],
		['Mon, 05 Jan 2026 11:59:00 GMT', 0],
		['Thu, 01 Jan 1970 00:00:00 GMT', 0],
	])('of %j asks for %d ms', (header, ms) => {
		expect(retryAfterMs({ 'retry-after': header }, NOW_MS)).toBe(ms);
	});

	it.each([
		'',
		' ',
		'-5',
		'soon',
		'5 minutes',
		'1e3',
		'2026-01-05',
		'5 Jan 2026 12:00:30 GMT',
		'M, 05 Jan 2026 12:00:30 GMT',
		'30s',
		'NaN',
		'null',
	])('of %j asks for nothing', (header) => {
		expect(retryAfterMs({ 'retry-after': header }, NOW_MS)).toBeUndefined();
		expect(retryAfterMs({}, NOW_MS)).toBeUndefined();
	});
});
