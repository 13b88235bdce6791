import {
	isFailure,
	isFinished,
	isSuccess,
	isTaskId,
	parseTask,
} from '../../../nodes/Evolink/evolink/task';

const RESPONSE = {
	id: 'task-unified-1757169743-7cvnl5zw',
	status: 'processing',
	model: 'MiniMax-Hailuo-2.3-Fast',
	progress: 42,
	created: 1_757_169_743,
	task_info: { estimated_time: 180, can_cancel: true },
	results: ['https://media.evolink.ai/a.mp4'],
};

describe('a task ID', () => {
	it.each([RESPONSE.id, 'a', '0', 'A_b-9', 'a.b:c~d', 'x'.repeat(128)])('may be %s', (id) => {
		expect(isTaskId(id)).toBe(true);
		expect(parseTask({ ...RESPONSE, id })?.id).toBe(id);
	});

	it.each([
		...['', ' ', 'a/b', 'a\\b', '../v1/credits', 'a?b', 'a#b', 'a%2fb', 'a b', 'a\n', 'ä'],
		...['x'.repeat(129), '.', '..', null, undefined, ['a'], {}],
	])('that could leave its place in a URL makes no task: %j', (id) => {
		expect(isTaskId(id)).toBe(false);
		expect(parseTask({ ...RESPONSE, id })).toBeUndefined();
	});
});

describe('a response about a task', () => {
	it('is read field by field, and kept as it came', () => {
		expect(parseTask(RESPONSE)).toMatchObject({
			id: RESPONSE.id,
			status: 'processing',
			progress: 42,
			createdMs: 1_757_169_743_000,
			estimatedSeconds: 180,
			results: ['https://media.evolink.ai/a.mp4'],
			raw: RESPONSE,
		});
	});

	it('needs no more than an ID and a status', () => {
		expect(parseTask({ id: 'a', status: 'pending' })).toMatchObject({ id: 'a', status: 'pending' });
		expect(parseTask({ id: 'a', status: '' })).toBeUndefined();
	});

	it.each([
		[{ code: 200, message: 'success', data: RESPONSE }],
		[{ success: true, data: { task: RESPONSE } }],
		[[RESPONSE]],
		[{ ...RESPONSE, id: undefined, task_id: RESPONSE.id }],
	])('is a task in any wrapping (%#)', (json) => {
		expect(parseTask(json)).toMatchObject({ id: RESPONSE.id, status: 'processing' });
	});

	it.each([
		{ success: false, msg: 'No', data: { id: 'a' } },
		{ error: { code: 400, message: 'No' }, id: 'a' },
	])('is none when it refuses: %j', (json) => {
		expect(parseTask(json, 'pending')).toBeUndefined();
	});

	it.each(['FAILED', ' Completed '])('has a known status in any case: %j', (status) => {
		expect(parseTask({ ...RESPONSE, status })?.status).toBe(status.trim().toLowerCase());
	});

	it('to a submission needs no status: a fresh task is pending', () => {
		expect(parseTask({ id: 'a' }, 'pending')?.status).toBe('pending');
		expect(parseTask({ id: 'a', status: ' ' }, 'pending')?.status).toBe('pending');
		expect(parseTask({ id: 'a', status: 'failed' }, 'pending')?.status).toBe('failed');
	});

	it.each([undefined, null, 'task', 7, true, [], {}, { ...RESPONSE, id: undefined }])(
		'that is no task is none: %j',
		(json) => {
			expect(parseTask(json)).toBeUndefined();
			expect(parseTask(json, 'pending')).toBeUndefined();
		},
	);

	it.each([
		['seconds', 1_757_169_743, 1_757_169_743_000],
		['seconds with a fraction', 1_757_169_743.5, 1_757_169_743_500],
		['milliseconds', 1_757_169_743_123, 1_757_169_743_123],
		['the first number that must be milliseconds', 100_000_000_000, 100_000_000_000],
		['text', '1757169743', undefined],
		['zero', 0, undefined],
		['less than nothing', -5, undefined],
		['null', null, undefined],
		['more than a date can hold', 1e300, undefined],
		['the last moment that a date can hold', 8.64e15, undefined],
	])('may give its creation in %s', (_what, created, createdMs) => {
		expect(parseTask({ ...RESPONSE, created })?.createdMs).toBe(createdMs);
	});

	it.each([
		['no list', 'https://a.example/1.mp4', []],
		['null', null, []],
		['an object', { url: 'https://a.example/1.mp4' }, []],
		['other things', [null, 'https://a.example/1.mp4', '', 7], ['https://a.example/1.mp4']],
	])('may hold %s where its links should be', (_what, results, links) => {
		expect(parseTask({ ...RESPONSE, results })?.results).toEqual(links);
	});

	it.each([
		['code and words', { code: 'busy', message: 'Down' }, { code: 'busy', message: 'Down' }],
		['a number', { code: 500, message: 'Down' }, { code: '500', message: 'Down' }],
		['a code alone', { code: 'busy' }, { code: 'busy' }],
		['a text', 'Down', { message: 'Down' }],
		['an empty object', {}, undefined],
		['an empty text', ' ', undefined],
		['null', null, undefined],
		['a list', ['Down'], undefined],
		['other things', { code: {}, message: [] }, undefined],
	])('may say why it failed as %s', (_what, error, failure) => {
		expect(parseTask({ ...RESPONSE, status: 'failed', error })?.failure).toEqual(failure);
	});

	it.each([
		['progress', { progress: '42' }],
		['progress', { progress: null }],
		['estimatedSeconds', { task_info: null }],
		['estimatedSeconds', { task_info: { estimated_time: '3 minutes' } }],
	])('leaves %s out when it is of the wrong kind: %j', (field, changes) => {
		expect(parseTask({ ...RESPONSE, ...changes })).toHaveProperty(field, undefined);
	});
});

it.each([
	['pending', false, false, false],
	['processing', false, false, false],
	['completed', true, true, false],
	['failed', true, false, true],
	['cancelled', true, false, true],
	['archived', false, false, false],
	['Completed', false, false, false],
])('a task that is %s is finished: %p, a success: %p, a failure: %p', (status, ...expected) => {
	const task = { id: 'a', status, results: [], raw: {} };
	expect([isFinished(task), isSuccess(task), isFailure(task)]).toEqual(expected);
});
