import { answerFailure } from '../../../nodes/Evolink/evolink/errors';
import { finishTask } from '../../../nodes/Evolink/operations/finishTask';
import type { TaskToFinish } from '../../../nodes/Evolink/operations/finishTask';
import { Stopped } from '../../../nodes/Evolink/tasks/stop';
import { expectPlainWords, failureOfAsync } from '../evolink/failure-of';
import { busy, done, scriptedServices, STORED_FILE, task, TASK_ID } from './services';
import type { Script } from './services';

const LINKED = { status: 'completed', results: ['https://media.example/a.mp4'] };

function finish(script: Script, changes: Partial<TaskToFinish> = {}, settings = {}) {
	const scripted = scriptedServices(script);
	const failedTasks: string[] = [];
	const finished = finishTask(
		{
			taskId: TASK_ID,
			known: undefined,
			startedMs: scripted.clock.nowMs(),
			waitForCompletion: true,
			downloadVideo: true,
			settings: {
				timeoutSeconds: 100,
				pollIntervalSeconds: 10,
				onTimeout: 'error',
				maxConcurrent: 5,
				outputPropertyName: 'data',
				fileName: '',
				...settings,
			},
			itemIndex: 0,
			onTaskFailed: () => failedTasks.push(TASK_ID),
			...changes,
		},
		scripted.services,
	);
	return { ...scripted, finished, failedTasks };
}

describe('a task that is waited for', () => {
	it('comes back with its file', async () => {
		const { finished, readCount } = finish({
			reads: [done({ status: 'processing' }), done(LINKED)],
		});
		expect(await finished).toMatchObject({ task: { status: 'completed' }, file: STORED_FILE });
		expect(readCount()).toBe(2);
	});

	it('comes back without a file when none is wanted', async () => {
		const { finished } = finish({ reads: [done(LINKED)] }, { downloadVideo: false });
		expect(await finished).not.toHaveProperty('file');
	});

	it.each(['failed', 'cancelled'])(
		'fails its item when it is %s, and is to be forgotten',
		async (status) => {
			const { finished, failedTasks } = finish({ reads: [done({ status })] });
			const details = await failureOfAsync(finished);
			expectPlainWords(details);
			expect(details).toMatchObject({ taskId: TASK_ID, status });
			expect(failedTasks).toEqual([TASK_ID]);
		},
	);

	it('is read again when it is completed and has no link yet', async () => {
		const { finished, readCount } = finish({
			reads: [
				done({ status: 'completed' }),
				done({ status: 'completed', results: [] }),
				done(LINKED),
			],
		});
		expect(await finished).toHaveProperty('file', STORED_FILE);
		expect(readCount()).toBe(3);
	});

	it('that never gets a link fails after a minute, or is returned when no file is wanted', async () => {
		const reads = [done({ status: 'completed' })];
		const wanted = finish({ reads });
		const details = await failureOfAsync(wanted.finished);
		expectPlainWords(details);
		expect(details.message).toContain('gives no link');
		expect(wanted.clock.nowMs()).toBe(1_000_000 + 60_000);
		const unwanted = finish({ reads }, { downloadVideo: false });
		expect(await unwanted.finished).toMatchObject({ task: { status: 'completed' } });
	});

	it('fails its item also where nobody asked to be told', async () => {
		const { finished } = finish(
			{ reads: [done({ status: 'failed' })] },
			{ onTaskFailed: undefined },
		);
		expect((await failureOfAsync(finished)).status).toBe('failed');
	});

	it('is read more and more seldom where no interval is set', async () => {
		const { finished, clock } = finish(
			{ reads: [done({ status: 'processing' })] },
			{},
			{ pollIntervalSeconds: undefined },
		);
		await failureOfAsync(finished);
		const pausesMs = clock.sleptMs.filter((ms) => ms > 0);
		expect(pausesMs.length).toBeGreaterThan(5);
		expect(pausesMs.every((ms) => ms <= 30_000)).toBe(true);
	});

	it('whose time is up fails and names the way on', async () => {
		const { finished, clock } = finish({ reads: [done({ status: 'processing' })] });
		const details = await failureOfAsync(finished);
		expectPlainWords(details);
		expect(details).toMatchObject({ kind: 'timeout', taskId: TASK_ID, status: 'processing' });
		expect(clock.nowMs()).toBe(1_000_000 + 100_000);
	});

	it('whose time is up is returned unfinished when the user wants that', async () => {
		const script = { reads: [done({ status: 'processing' }), busy()] };
		const { finished } = finish(script, {}, { onTimeout: 'returnTask' });
		expect(await finished).toEqual({ task: task({ status: 'processing' }) });
	});

	it('that could never be read cannot be returned', async () => {
		const { finished } = finish({ reads: [busy()] }, {}, { onTimeout: 'returnTask' });
		const details = await failureOfAsync(finished);
		expectPlainWords(details);
		expect(details.taskId).toBe(TASK_ID);
	});

	it('that the API refuses to show fails at once', async () => {
		const failure = answerFailure({ status: 404, json: undefined }, 'statusRead', TASK_ID);
		const { finished, readCount } = finish({ reads: [{ kind: 'failed', failure, expired: true }] });
		expect(await failureOfAsync(finished)).toEqual(failure.details);
		expect(readCount()).toBe(1);
	});

	it('ends with the execution', async () => {
		const { finished } = finish({
			reads: [done({ status: 'processing' })],
			onSleep() {
				throw new Stopped('cancelled');
			},
		});
		await expect(finished).rejects.toBeInstanceOf(Stopped);
	});
});

describe('a task that is not waited for', () => {
	const asItIs = { waitForCompletion: false };

	it('comes back as it was known, without a read', async () => {
		const { finished, readCount } = finish({}, { ...asItIs, known: task() });
		expect(await finished).toEqual({ task: task() });
		expect(readCount()).toBe(0);
	});

	it.each(['pending', 'processing', 'archived'])('comes back as it is: %s', async (status) => {
		const { finished, readCount } = finish({ reads: [done({ status })] }, asItIs);
		expect(await finished).toEqual({ task: task({ status }) });
		expect(readCount()).toBe(1);
	});

	it.each(['failed', 'cancelled'])(
		'comes back when it is %s, and does not fail the item',
		async (status) => {
			const { finished, failedTasks } = finish({ reads: [done({ status })] }, asItIs);
			expect(await finished).toMatchObject({ task: { status } });
			expect(failedTasks).toEqual([TASK_ID]);
		},
	);

	it('comes with its file when it is finished', async () => {
		expect(await finish({ reads: [done(LINKED)] }, asItIs).finished).toHaveProperty('file');
	});

	it('comes without a file when it has no link', async () => {
		const { finished } = finish({ reads: [done({ status: 'completed' })] }, asItIs);
		expect(await finished).toEqual({ task: task({ status: 'completed' }) });
	});

	it('is read again after bad luck', async () => {
		const { finished, readCount, clock } = finish(
			{ reads: [busy(), done({ status: 'pending' })] },
			asItIs,
		);
		await finished;
		expect(readCount()).toBe(2);
		expect(clock.nowMs()).toBe(1_000_000 + 1_000);
	});
});

describe('a file that cannot be downloaded in time', () => {
	const script: Script = {
		reads: [done(LINKED)],
		links: [{ kind: 'noAnswer', reason: 'broken' }],
	};

	it('fails the item when the time of the whole wait is up', async () => {
		const { finished, clock } = finish(script);
		expect((await failureOfAsync(finished)).message).toContain('could not be downloaded');
		expect(clock.nowMs()).toBe(1_000_000 + 100_000);
	});

	it('is left out when the user wants the task after the timeout, and a hint says so', async () => {
		const { finished, advice } = finish(script, {}, { onTimeout: 'returnTask' });
		expect(await finished).toEqual({ task: task(LINKED) });
		expect(advice).toHaveLength(1);
		expect(advice[0]).toContain('no file');
	});

	it('still fails the item when more time would not have helped', async () => {
		const refused: Script = {
			...script,
			links: [
				{
					kind: 'answer',
					status: 404,
					headers: {},
					body: { store: async () => undefined, discard() {} },
				},
			],
		};
		const { finished, advice } = finish(refused, {}, { onTimeout: 'returnTask' });
		expect((await failureOfAsync(finished)).httpCode).toBe('404');
		expect(advice).toEqual([]);
	});
});
