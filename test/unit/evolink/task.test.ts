import fc from 'fast-check';

import {
	isFailure,
	isFinished,
	isSuccess,
	isTaskId,
	parseTask,
	RESULT_LIFETIME_MS,
} from '../../../nodes/Evolink/evolink/task';
import { runs } from '../../random';

const ANSWER = {
	id: 'task-unified-1757169743-7cvnl5zw',
	status: 'processing',
	model: 'MiniMax-Hailuo-2.3-Fast',
	progress: 42,
	created: 1_757_169_743,
	task_info: { estimated_time: 180, can_cancel: true },
	results: ['https://media.evolink.ai/a.mp4'],
};

describe('a task id', () => {
	it.each(['task-unified-1757169743-7cvnl5zw', 'a', '0', 'A_b-9', 'x'.repeat(200)])(
		'may be %s',
		(id) => {
			expect(isTaskId(id)).toBe(true);
			expect(parseTask({ ...ANSWER, id })?.id).toBe(id);
		},
	);

	it.each([
		'',
		' ',
		'-a',
		'_a',
		'..',
		'a/b',
		'a\\b',
		'../v1/credits',
		'a?b',
		'a#b',
		'a%2fb',
		'a b',
		'a\n',
		'ä',
		'a.b',
		'x'.repeat(201),
		7,
		null,
		undefined,
		['a'],
		{},
	])('that could leave its place in a URL makes no task: %j', (id) => {
		expect(isTaskId(id)).toBe(false);
		expect(parseTask({ ...ANSWER, id })).toBeUndefined();
	});
});

describe('an answer about a task', () => {
	it('is read field by field, and kept as it came', () => {
		expect(parseTask(ANSWER)).toEqual({
			id: ANSWER.id,
			status: 'processing',
			progress: 42,
			createdMs: 1_757_169_743_000,
			estimatedSeconds: 180,
			results: ['https://media.evolink.ai/a.mp4'],
			raw: ANSWER,
		});
	});

	it('needs no more than an id and a status', () => {
		const task = parseTask({ id: 'a', status: 'pending' });
		expect(task).toMatchObject({ id: 'a', status: 'pending', results: [] });
		expect(task).not.toHaveProperty('failure');
	});

	it('without a status is a task only where it says that one was accepted', () => {
		expect(parseTask({ id: 'a' })).toBeUndefined();
		expect(parseTask({ id: 'a', status: '' })).toBeUndefined();
		expect(parseTask({ id: 'a' }, 'pending')?.status).toBe('pending');
		expect(parseTask({ id: 'a', status: ' ' }, 'pending')?.status).toBe('pending');
		expect(parseTask({ id: 'a', status: 'failed' }, 'pending')?.status).toBe('failed');
	});

	it.each([undefined, null, 'task', 7, true, [], [ANSWER], {}])(
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
		expect(parseTask({ ...ANSWER, created })?.createdMs).toBe(createdMs);
	});

	it.each([
		['no list', 'https://a.example/1.mp4', []],
		['null', null, []],
		['an object', { url: 'https://a.example/1.mp4' }, []],
		[
			'other things between links',
			[null, 'https://a.example/1.mp4', '', 7, {}],
			['https://a.example/1.mp4'],
		],
	])('may hold %s where its links should be', (_what, results, links) => {
		expect(parseTask({ ...ANSWER, results })?.results).toEqual(links);
	});

	it.each([
		[
			'an object',
			{ code: 'service_error', message: 'Down' },
			{ code: 'service_error', message: 'Down' },
		],
		[
			'an object with a number for a code',
			{ code: 500, message: 'Down' },
			{ code: '500', message: 'Down' },
		],
		['an object with a code alone', { code: 'service_error' }, { code: 'service_error' }],
		['a text', 'Down', { message: 'Down' }],
		['an empty object', {}, undefined],
		['an empty text', ' ', undefined],
		['null', null, undefined],
		['a list', ['Down'], undefined],
		['an object with other things in it', { code: {}, message: [] }, undefined],
	])('may say why it failed as %s', (_what, error, failure) => {
		expect(parseTask({ ...ANSWER, status: 'failed', error })?.failure).toEqual(failure);
	});

	it.each([
		['progress', { progress: '42' }],
		['progress', { progress: null }],
		['estimatedSeconds', { task_info: null }],
		['estimatedSeconds', { task_info: { estimated_time: '3 minutes' } }],
	])('leaves %s out when it is of the wrong kind: %j', (field, changes) => {
		expect(parseTask({ ...ANSWER, ...changes })).toHaveProperty(field, undefined);
	});

	it('never ends in an exception, and its times can be written down', () => {
		const anyTask = fc.record({
			id: fc.constant('a'),
			status: fc.oneof(fc.constantFrom('pending', 'completed', 'failed'), fc.jsonValue()),
			created: fc.oneof(fc.double(), fc.jsonValue()),
			progress: fc.jsonValue(),
			results: fc.jsonValue(),
			error: fc.jsonValue(),
			task_info: fc.jsonValue(),
		});
		fc.assert(
			fc.property(fc.oneof(anyTask, fc.jsonValue()), (json) => {
				const task = parseTask(json);
				if (task?.createdMs === undefined) return;
				expect(new Date(task.createdMs + RESULT_LIFETIME_MS).toISOString()).toMatch(/Z$/);
			}),
			runs(1_000),
		);
	});
});

describe('a task', () => {
	it.each([
		['pending', { finished: false, success: false, failure: false }],
		['processing', { finished: false, success: false, failure: false }],
		['completed', { finished: true, success: true, failure: false }],
		['failed', { finished: true, success: false, failure: true }],
		['cancelled', { finished: true, success: false, failure: true }],
		['archived', { finished: false, success: false, failure: false }],
		['Completed', { finished: false, success: false, failure: false }],
	])('with the status %s', (status, expected) => {
		const task = { id: 'a', status, results: [], raw: {} };
		expect({
			finished: isFinished(task),
			success: isSuccess(task),
			failure: isFailure(task),
		}).toEqual(expected);
	});
});
