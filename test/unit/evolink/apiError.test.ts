import {
	isApiError,
	parseErrorBody,
	statusOfApiError,
} from '../../../nodes/Evolink/evolink/apiError';

describe("the API's own error", () => {
	it.each([
		[{ error: { code: 'task_not_found', message: 'No', type: 'invalid_request_error' } }],
		[{ error: { code: 402, message: 'No credits' } }],
		[{ success: false, msg: 'No' }],
		[{ success: false, message: 'No', id: 'task-1' }],
		[{ code: 413, msg: 'No' }],
	])('is %j', (json) => {
		expect(isApiError(json)).toBe(true);
	});

	it.each([
		[undefined],
		['No'],
		[['No']],
		[{}],
		[{ error: 'No' }],
		[{ error: {}, success: false, msg: 'No' }],
		[{ error: { message: ' ', code: '' } }],
		[{ success: false }],
		[{ success: false, msg: '', message: ' ' }],
		[{ message: 'no Route matched' }],
		[{ code: 413 }],
		[{ code: 200, message: 'Yes', id: 'task-1' }],
	])('is not %j', (json) => {
		expect(isApiError(json)).toBe(false);
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
	])('with HTTP %p and the code %p has the status %p', (httpStatus, code, status) => {
		expect(statusOfApiError(httpStatus, { error: { code } })).toBe(status);
	});
});

describe('the words of an error', () => {
	it.each([
		[
			'the API',
			{ error: { code: 400, message: 'Bad size', type: 'x', param: 'duration' } },
			{ code: '400', message: 'Bad size', param: 'duration' },
		],
		['the File API', { success: false, code: 413, msg: 'Big' }, { code: '413', message: 'Big' }],
		['something else', { message: 'Nope' }, { message: 'Nope' }],
		['a text for an error', { error: 'Nope' }, { message: 'Nope' }],
		['several lines', { error: { message: ' One\n\ttwo ' } }, { message: 'One two' }],
		['other things', { error: { code: [], message: {}, param: null } }, {}],
		['no JSON', undefined, {}],
	])('are read from %s', (_what, json, words) => {
		expect(parseErrorBody(json)).toEqual(words);
	});

	it('are cut after 500 characters, and names after 100', () => {
		const name = 'x'.repeat(101);
		expect(
			parseErrorBody({ error: { code: name, param: name, message: 'x'.repeat(501) } }),
		).toEqual({
			code: `${'x'.repeat(100)}…`,
			param: `${'x'.repeat(100)}…`,
			message: `${'x'.repeat(500)}…`,
		});
	});
});
