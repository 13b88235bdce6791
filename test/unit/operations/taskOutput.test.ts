import fc from 'fast-check';

import { parseTask } from '../../../nodes/Evolink/evolink/task';
import type { EvolinkTask } from '../../../nodes/Evolink/evolink/task';
import { rawTask, simplifiedTask } from '../../../nodes/Evolink/operations/finishTask';

const COMPLETED = {
	id: 'task-unified-1757169743-7cvnl5zw',
	object: 'video.generation.task',
	model: 'MiniMax-Hailuo-2.3-Fast',
	status: 'completed',
	progress: 100,
	created: 1_757_169_743,
	results: ['https://media.example/a.mp4', 'https://media.example/b.mp4'],
	type: 'video',
};

function taskOf(json: unknown): EvolinkTask {
	const task = parseTask(json);
	if (task === undefined) throw new Error('This is no task');
	return task;
}

describe('the simplified row of a task', () => {
	it('of a completed task holds the links and when they stop working', () => {
		expect(simplifiedTask(taskOf(COMPLETED))).toStrictEqual({
			taskId: 'task-unified-1757169743-7cvnl5zw',
			model: 'MiniMax-Hailuo-2.3-Fast',
			status: 'completed',
			progress: 100,
			isFinished: true,
			isSuccess: true,
			createdAt: '2025-09-06T14:42:23.000Z',
			videoUrl: 'https://media.example/a.mp4',
			results: ['https://media.example/a.mp4', 'https://media.example/b.mp4'],
			expiresAt: '2025-09-07T14:42:23.000Z',
		});
	});

	it('of an unfinished task has no link, and nothing that stops working', () => {
		const pending = { ...COMPLETED, status: 'pending', progress: 3, results: undefined };
		expect(simplifiedTask(taskOf(pending))).toMatchObject({
			status: 'pending',
			progress: 3,
			isFinished: false,
			isSuccess: false,
			videoUrl: null,
			results: [],
			expiresAt: null,
		});
	});

	it('of a failed task says why', () => {
		const failed = {
			...COMPLETED,
			status: 'failed',
			results: undefined,
			error: { code: 'content_policy_violation', message: 'No faces', type: 'task_error' },
		};
		const row = simplifiedTask(taskOf(failed));
		expect(row).toMatchObject({
			isFinished: true,
			isSuccess: false,
			failureCode: 'content_policy_violation',
			failureMessage: 'No faces',
		});
	});

	it('of a cancelled task says that it was cancelled', () => {
		expect(simplifiedTask(taskOf({ ...COMPLETED, status: 'cancelled' }))).toMatchObject({
			isFinished: true,
			isSuccess: false,
			failureCode: 'request_cancelled',
			failureMessage: 'The task was cancelled',
		});
	});

	it('of a task that did not fail has no word about failure', () => {
		const row = simplifiedTask(taskOf({ ...COMPLETED, error: null }));
		expect(row).not.toHaveProperty('failureCode');
		expect(row).not.toHaveProperty('failureMessage');
	});

	it('of a task with a status of its own is not finished', () => {
		expect(simplifiedTask(taskOf({ ...COMPLETED, status: 'archived' }))).toMatchObject({
			status: 'archived',
			isFinished: false,
			isSuccess: false,
		});
	});

	it('says null where the API says nothing', () => {
		expect(simplifiedTask(taskOf({ id: 'a', status: 'completed', results: ['x'] }))).toStrictEqual({
			taskId: 'a',
			model: null,
			status: 'completed',
			progress: null,
			isFinished: true,
			isSuccess: true,
			createdAt: null,
			videoUrl: 'x',
			results: ['x'],
			expiresAt: null,
		});
	});
});

describe('the row of a task without Simplify', () => {
	it("is the API's own object, untouched", () => {
		expect(rawTask(taskOf(COMPLETED))).toStrictEqual(COMPLETED);
	});

	it('names the error of a failed task failure', () => {
		const error = { code: 'service_error', message: 'Down', type: 'task_error' };
		const task = taskOf({ ...COMPLETED, status: 'failed', error });
		expect(rawTask(task)).toStrictEqual({ ...COMPLETED, status: 'failed', failure: error });
		expect(task.raw).toHaveProperty('error', error);
	});

	it('never has a key error, nor has the simplified one', () => {
		const anyTask = fc.record({
			id: fc.constant('a'),
			status: fc.constantFrom('pending', 'completed', 'failed', 'cancelled', 'odd'),
			error: fc.jsonValue(),
			results: fc.jsonValue(),
			created: fc.jsonValue(),
		});
		fc.assert(
			fc.property(anyTask, (json) => {
				const task = taskOf(json);
				expect(rawTask(task)).not.toHaveProperty('error');
				expect(simplifiedTask(task)).not.toHaveProperty('error');
			}),
		);
	});
});
