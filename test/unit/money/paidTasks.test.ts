import fc from 'fast-check';

import { PaidTasks } from '../../../nodes/Evolink/money/paidTasks';
import type { PaidTaskRecord } from '../../../nodes/Evolink/money/paidTasks';

const STARTED = {
	state: 'started' as const,
	idempotencyKey: 'key',
	taskId: 'task-unified-1-abcdefgh',
	sent: {
		prompt: 'A cat',
		imageUrl: 'https://example.com/cat.jpg',
		lastImageUrl: null,
		quality: '768p',
		duration: 6,
	},
};

const RECORDS: PaidTaskRecord[] = [
	{ state: 'prepared', idempotencyKey: 'key' },
	{ state: 'submitting', idempotencyKey: 'key' },
	{ state: 'rehearsed', idempotencyKey: 'key' },
	{
		state: 'lost',
		idempotencyKey: 'key',
		failure: { kind: 'api', message: 'Lost', description: 'Look.' },
	},
	{
		state: 'hopeless',
		idempotencyKey: 'key',
		failure: {
			kind: 'api',
			message: 'No',
			description: 'Change it.',
			httpCode: '504',
			taskId: 'task-1',
		},
	},
	STARTED,
];

/** What n8n does between two tries: it writes the execution down and reads it again. */
function throughStorage(context: Record<string, unknown>): Record<string, unknown> {
	return JSON.parse(JSON.stringify(context));
}

describe('the memory of paid tasks', () => {
	it.each(RECORDS.map((record) => [record.state, record]))(
		'finds again what it was told, even after n8n has stored it (%s)',
		(_state, record) => {
			const context = {};
			new PaidTasks(context, 0).remember(3, 'fingerprint', record);
			expect(new PaidTasks(context, 0).find(3, 'fingerprint')).toEqual(record);
			expect(new PaidTasks(throughStorage(context), 0).find(3, 'fingerprint')).toEqual(record);
		},
	);

	it('keeps items, wishes and runs of the node apart', () => {
		const context = {};
		const paidTasks = new PaidTasks(context, 1);
		paidTasks.remember(0, 'a', STARTED);
		expect(paidTasks.find(1, 'a')).toBeUndefined();
		expect(paidTasks.find(0, 'b')).toBeUndefined();
		expect(new PaidTasks(context, 0).find(0, 'a')).toBeUndefined();
		expect(new PaidTasks(context, 11).find(0, 'a')).toBeUndefined();
	});

	it('keeps what a workflow has put out, for a retry of the run', () => {
		const paidTasks = new PaidTasks({}, 0);
		paidTasks.remember(0, 'a', STARTED);
		paidTasks.delivered(0, 'a');
		expect(paidTasks.find(0, 'a')).toEqual(STARTED);
	});

	it('lets go of what an agent was answered, since its next call means a new video', () => {
		const paidTasks = new PaidTasks({}, 'agentCall');
		paidTasks.remember(0, 'a', STARTED);
		paidTasks.remember(0, 'b', STARTED);
		paidTasks.delivered(0, 'a');
		expect(paidTasks.find(0, 'a')).toBeUndefined();
		expect(paidTasks.find(0, 'b')).toEqual(STARTED);
	});

	it('is empty in a fresh execution', () => {
		expect(new PaidTasks({}, 0).find(0, 'a')).toBeUndefined();
		expect(new PaidTasks({}, 0).startedBeside()).toEqual({ taskIds: [], unclearCount: 0 });
	});

	it('replaces what it knew of an item', () => {
		const paidTasks = new PaidTasks({}, 0);
		for (const record of RECORDS) paidTasks.remember(0, 'a', record);
		expect(paidTasks.find(0, 'a')).toEqual(STARTED);
	});

	it('drops what earlier rounds of a loop have left, but nothing of agents', () => {
		const context = {};
		new PaidTasks(context, 'agentCall').remember(0, 'a', STARTED);
		new PaidTasks(context, 2).remember(0, 'a', STARTED);
		new PaidTasks(context, 10).remember(0, 'a', STARTED);
		expect(new PaidTasks(context, 10).find(0, 'a')).toEqual(STARTED);
		expect(new PaidTasks(context, 2).find(0, 'a')).toBeUndefined();
		expect(new PaidTasks(context, 'agentCall').find(0, 'a')).toEqual(STARTED);
	});

	it('forgets one item and no other', () => {
		const paidTasks = new PaidTasks({}, 0);
		paidTasks.remember(0, 'a', STARTED);
		paidTasks.remember(1, 'a', STARTED);
		paidTasks.forget(0, 'a');
		paidTasks.forget(7, 'never known');
		expect(paidTasks.find(0, 'a')).toBeUndefined();
		expect(paidTasks.find(1, 'a')).toEqual(STARTED);
	});

	it('does not change with the record that it was given', () => {
		const paidTasks = new PaidTasks({}, 0);
		const record = { ...STARTED };
		paidTasks.remember(0, 'a', record);
		Object.assign(record, { taskId: 'another' });
		expect(paidTasks.find(0, 'a')).toEqual(STARTED);
	});

	it('tells what its own run has paid for or may have, beside one item or in all', () => {
		const context = {};
		new PaidTasks(context, 0).remember(0, 'a', { ...STARTED, taskId: 'of-another-run' });
		new PaidTasks(context, 0).remember(9, 'a', { state: 'submitting', idempotencyKey: 'key' });
		const paidTasks = new PaidTasks(context, 1);
		RECORDS.forEach((record, index) => paidTasks.remember(index, 'a', record));
		paidTasks.remember(12, 'b', { ...STARTED, taskId: 'twelve' });
		const stored = new PaidTasks(throughStorage(context), 1);
		const taskIds = [STARTED.taskId, 'twelve'];
		expect(stored.startedBeside()).toEqual({ taskIds, unclearCount: 2 });
		expect(stored.startedBeside(12)).toEqual({ taskIds: [STARTED.taskId], unclearCount: 2 });
		expect(stored.startedBeside(1)).toEqual({ taskIds, unclearCount: 1 });
	});

	it('counts the videos of all runs, and knows which items would start one more', () => {
		const context: Record<string, unknown> = { videosStarted: 'damaged' };
		const paidTasks = new PaidTasks(context, 0);
		expect(paidTasks.videosStarted).toBe(0);
		paidTasks.countVideo(1);
		paidTasks.countVideo(1);
		paidTasks.countVideo(-1);
		expect(new PaidTasks(throughStorage(context), 1).videosStarted).toBe(1);
		RECORDS.forEach((record, index) => paidTasks.remember(index, 'a', record));
		const states = RECORDS.filter((_, index) => paidTasks.wouldStart(index, 'a'));
		expect(states.map(({ state }) => state)).toEqual(['prepared']);
		expect(paidTasks.wouldStart(99, 'a')).toBe(true);
	});

	it.each([
		['null', null],
		['text', 'started'],
		['a list', [STARTED]],
		['an empty object', {}],
		['no key', { ...STARTED, idempotencyKey: undefined }],
		['an unknown state', { ...STARTED, state: 'paid' }],
		['no task id', { ...STARTED, taskId: undefined }],
		['a number for a task id', { ...STARTED, taskId: 7 }],
		['nothing of what was sent', { ...STARTED, sent: null }],
		[
			'a loss without words',
			{ state: 'lost', idempotencyKey: 'key', failure: { message: 'Lost' } },
		],
		['a loss without a failure', { state: 'lost', idempotencyKey: 'key' }],
	])('ignores a damaged entry: %s', (_what, entry) => {
		const context = { paidTasks: { '0/0/a': entry } };
		const paidTasks = new PaidTasks(context, 0);
		expect(paidTasks.find(0, 'a')).toBeUndefined();
		expect(paidTasks.startedBeside().taskIds).toEqual([]);
	});

	it.each([null, 'text', 7, [], true])('starts anew when its place holds %j', (place) => {
		const context: Record<string, unknown> = { paidTasks: place };
		const paidTasks = new PaidTasks(context, 0);
		expect(paidTasks.find(0, 'a')).toBeUndefined();
		paidTasks.remember(0, 'a', STARTED);
		expect(paidTasks.find(0, 'a')).toEqual(STARTED);
		expect(new PaidTasks(throughStorage(context), 0).find(0, 'a')).toEqual(STARTED);
	});

	it('knows the task of an item, whatever it was submitted for; of this run and item only', () => {
		const paidTasks = new PaidTasks({}, 1);
		expect(paidTasks.taskOf(0)).toBeUndefined();
		paidTasks.remember(0, 'a', { state: 'prepared', idempotencyKey: 'key' });
		expect(paidTasks.taskOf(0)).toBeUndefined();
		paidTasks.remember(0, 'b', { ...STARTED, taskId: 'first' });
		paidTasks.remember(0, 'c', { ...STARTED, taskId: 'second' });
		paidTasks.remember(10, 'b', { ...STARTED, taskId: 'of another item' });
		expect(paidTasks.taskOf(0)).toBe('second');
		expect(paidTasks.taskOf(1)).toBeUndefined();
		const damaged = { paidTasks: { '1/0/a': { ...STARTED, taskId: 7 } } };
		expect(new PaidTasks(damaged, 1).taskOf(0)).toBeUndefined();
	});

	it('leaves alone what else n8n keeps for the node', () => {
		const context: Record<string, unknown> = { somethingElse: { deep: [1] } };
		new PaidTasks(context, 0).remember(0, 'a', STARTED);
		expect(context.somethingElse).toEqual({ deep: [1] });
	});

	it('survives whatever n8n may hand it', () => {
		fc.assert(
			fc.property(fc.jsonValue(), fc.jsonValue(), (place, entry) => {
				for (const context of [{ paidTasks: place }, { paidTasks: { '0/0/a': entry } }]) {
					const paidTasks = new PaidTasks(context, 0);
					paidTasks.startedBeside();
					paidTasks.find(0, 'a');
					paidTasks.remember(0, 'a', STARTED);
					expect(paidTasks.find(0, 'a')).toEqual(STARTED);
				}
			}),
		);
	});
});
