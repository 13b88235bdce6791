import type { Repeatable } from '../../../nodes/Evolink/time/retry';
import { Stopped } from '../../../nodes/Evolink/time/stop';
import { waitForTask, waiting } from '../../../nodes/Evolink/time/waitForTask';
import { createVirtualClock } from './virtual-clock';

interface TestTask {
	status: string;
	progress?: number;
}

type Read = Repeatable<TestTask, string>;

const task = (status: string, progress?: number): Read => ({
	kind: 'done',
	value: { status, progress },
});
const trouble = (failure: string, retryAfterMs?: number): Read => ({
	kind: 'tryAgain',
	failure,
	...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

interface Wait {
	timeoutSeconds?: number;
	pollIntervalSeconds?: number;
	known?: TestTask;
	random?: number;
	/** How long each read takes. */
	readSeconds?: number;
	quietMs?: (nowMs: number) => number;
	/** Called before each sleep. */
	onSleep?: (sleeps: number) => void;
}

/** Waits for a task whose reads answer in this order, the last one again and again. */
async function wait(reads: Read[], settings: Wait = {}) {
	let sleeps = 0;
	const clock = createVirtualClock(5_000_000, () => settings.onSleep?.(++sleeps));
	const startedMs = clock.nowMs();
	const readAtSeconds: number[] = [];
	const budgetsMs: number[] = [];
	const end = await waitForTask<TestTask, string>(
		async (budgetMs) => {
			readAtSeconds.push((clock.nowMs() - startedMs) / 1000);
			budgetsMs.push(budgetMs);
			clock.advance((settings.readSeconds ?? 0) * 1000);
			return reads[Math.min(readAtSeconds.length, reads.length) - 1];
		},
		({ status }) => status === 'completed' || status === 'failed',
		settings.known,
		{
			startedMs,
			timeoutMs: (settings.timeoutSeconds ?? 100) * 1000,
			...(settings.pollIntervalSeconds === undefined
				? {}
				: { pollIntervalMs: settings.pollIntervalSeconds * 1000 }),
			quietMs: () => settings.quietMs?.(clock.nowMs() - startedMs) ?? 0,
		},
		clock,
		() => settings.random ?? 0,
	);
	return { end, readAtSeconds, budgetsMs, endSeconds: (clock.nowMs() - startedMs) / 1000 };
}

describe('the wait for a task', () => {
	it.each(['completed', 'failed'])('ends when the task is %s', async (status) => {
		const { end, readAtSeconds } = await wait([task('pending'), task('processing'), task(status)], {
			pollIntervalSeconds: 10,
		});
		expect(end).toEqual({ kind: 'finished', task: { status } });
		expect(readAtSeconds).toEqual([0, 10, 20]);
	});

	it('needs no read for a task that is finished already', async () => {
		const { end, readAtSeconds } = await wait([], { known: { status: 'completed' } });
		expect(end).toEqual({ kind: 'finished', task: { status: 'completed' } });
		expect(readAtSeconds).toEqual([]);
	});

	it('reads at once when nothing is known of the task, and after a pause when it is fresh', async () => {
		expect((await wait([task('completed')])).readAtSeconds).toEqual([0]);
		const fresh = await wait([task('completed')], { known: { status: 'pending' } });
		expect(fresh.readAtSeconds).toEqual([5]);
	});

	it('polls every 5 seconds where nothing can be told', async () => {
		const { readAtSeconds } = await wait([task('processing')], { timeoutSeconds: 22 });
		expect(readAtSeconds).toEqual([0, 5, 10, 15, 20, 22]);
	});

	it('reads as often as the fixed interval says, however fast the task gets on', async () => {
		const { readAtSeconds } = await wait([task('processing', 10), task('processing', 90)], {
			pollIntervalSeconds: 30,
			timeoutSeconds: 100,
		});
		expect(readAtSeconds).toEqual([0, 30, 60, 90, 100]);
	});

	it('polls after half of what seems to remain, from 5 down to 2 seconds', async () => {
		const seen = [0, 5, 10, 13, 15].map((second) => task('processing', second * 6.25));
		const { readAtSeconds } = await wait([...seen, task('completed')]);
		expect(readAtSeconds).toEqual([0, 5, 10, 13, 15, 17]);
	});

	it('keeps quiet when a 429 concerns all items, but not past the deadline', async () => {
		const quietMs = (nowMs: number) => Math.max(0, 40_000 - nowMs);
		const { readAtSeconds } = await wait([task('completed')], { quietMs });
		expect(readAtSeconds).toEqual([40]);
		const late = await wait([task('completed')], { quietMs, timeoutSeconds: 10 });
		expect(late.readAtSeconds).toEqual([10]);
		expect(late.end.kind).toBe('finished');
	});

	it('counts as waiting until it ends, however it does', async () => {
		const counts: number[] = [];
		const onSleep = () => counts.push(waiting.items);
		const end = [task('processing'), task('completed')];
		await wait(end, { onSleep });
		await wait([{ kind: 'failed', failure: 'No such task', expired: true }], { onSleep });
		await wait([task('processing')], { onSleep, timeoutSeconds: 1 });
		const stop = () => {
			throw new Stopped('cancelled');
		};
		await expect(wait(end, { onSleep: stop })).rejects.toBeInstanceOf(Stopped);
		expect(new Set(counts)).toEqual(new Set([1]));
		expect(waiting.items).toBe(0);
	});

	it('looks less often when very many others wait', async () => {
		waiting.items = 499;
		const { readAtSeconds } = await wait([task('processing')], { timeoutSeconds: 200 });
		waiting.items = 0;
		expect(readAtSeconds).toEqual([0, 50, 100, 150, 200]);
	});

	it('passes on how much time a read may take', async () => {
		const { budgetsMs } = await wait([task('processing')], {
			pollIntervalSeconds: 30,
			timeoutSeconds: 100,
		});
		expect(budgetsMs).toEqual([100_000, 70_000, 40_000, 10_000, Infinity]);
	});
});

describe('a wait that runs out', () => {
	it('polls once more at the deadline', async () => {
		const { end, readAtSeconds, endSeconds } = await wait([task('processing', 7)], {
			pollIntervalSeconds: 60,
			timeoutSeconds: 100,
		});
		expect(end).toEqual({
			kind: 'timedOut',
			task: { status: 'processing', progress: 7 },
			trouble: undefined,
		});
		expect(readAtSeconds).toEqual([0, 60, 100]);
		expect(endSeconds).toBe(100);
	});

	it('finds a task that was finished in the last moment', async () => {
		const { end } = await wait([task('processing'), task('completed')], {
			pollIntervalSeconds: 600,
			timeoutSeconds: 100,
		});
		expect(end).toEqual({ kind: 'finished', task: { status: 'completed' } });
	});

	it('polls at the deadline when it comes before the first pause ends', async () => {
		const { end, readAtSeconds } = await wait([task('completed')], {
			known: { status: 'pending' },
			timeoutSeconds: 1,
		});
		expect(end.kind).toBe('finished');
		expect(readAtSeconds).toEqual([1]);
	});

	it('reads once even when a second is all there is', async () => {
		const { end, readAtSeconds } = await wait([task('completed')], { timeoutSeconds: 1 });
		expect(end.kind).toBe('finished');
		expect(readAtSeconds).toEqual([0]);
	});

	it.each([150, 100_000])('polls once more when it comes back %d s later', async (readSeconds) => {
		const { end, readAtSeconds, budgetsMs } = await wait([task('processing'), task('completed')], {
			readSeconds,
			timeoutSeconds: 100,
		});
		expect(end.kind).toBe('finished');
		expect(readAtSeconds).toEqual([0, readSeconds]);
		// An ordinary time-out, however little is left.
		expect(budgetsMs[1]).toBe(Infinity);
	});
});

describe('trouble while waiting', () => {
	it('never fails an item before its timeout', async () => {
		const { end, readAtSeconds, endSeconds } = await wait([task('processing'), trouble('busy')], {
			pollIntervalSeconds: 5,
			timeoutSeconds: 100,
		});
		expect(end).toEqual({ kind: 'timedOut', task: { status: 'processing' }, trouble: 'busy' });
		// Pauses double from one second to half a minute; then one last poll.
		expect(readAtSeconds).toEqual([0, 5, 6, 8, 12, 20, 36, 66, 96, 100]);
		expect(endSeconds).toBe(100);
	});

	it('that passes is forgotten, and the usual pauses come back', async () => {
		const { end, readAtSeconds } = await wait(
			[
				trouble('one'),
				trouble('two'),
				task('processing'),
				trouble('three'),
				task('processing'),
				task('completed'),
			],
			{ pollIntervalSeconds: 10 },
		);
		expect(end.kind).toBe('finished');
		expect(readAtSeconds).toEqual([0, 1, 3, 13, 14, 24]);
	});

	it('is not told of at the end when the last read was a good one', async () => {
		const { end } = await wait([trouble('one'), task('processing')]);
		expect(end).toMatchObject({ kind: 'timedOut', trouble: undefined });
	});

	it('brings items that met it together apart by chance', async () => {
		const { readAtSeconds } = await wait([trouble('busy'), task('completed')], { random: 0.8 });
		expect(readAtSeconds).toEqual([0, 1.2]);
	});

	it('waits for as long as the server asks', async () => {
		const { readAtSeconds } = await wait([trouble('busy', 40_000), task('completed')], {
			pollIntervalSeconds: 5,
		});
		expect(readAtSeconds).toEqual([0, 40]);
	});

	it('polls once more at the deadline, although the server asks for more time', async () => {
		const { end, readAtSeconds } = await wait([trouble('busy', 3_600_000)]);
		expect(end).toEqual({ kind: 'timedOut', task: undefined, trouble: 'busy' });
		expect(readAtSeconds).toEqual([0, 100]);
	});

	it('forgets what the server asked for once it answers otherwise', async () => {
		const { readAtSeconds } = await wait([
			trouble('busy', 40_000),
			trouble('broken'),
			task('completed'),
		]);
		expect(readAtSeconds).toEqual([0, 40, 42]);
	});

	it('does not keep the last look away once the server answers well again', async () => {
		const { readAtSeconds } = await wait([trouble('busy', 5_000), task('processing')], {
			pollIntervalSeconds: 60,
		});
		expect(readAtSeconds).toEqual([0, 5, 65, 100]);
	});

	it('is not made worse by reads without any pause when the server asks for none', async () => {
		const { readAtSeconds } = await wait([trouble('busy', 0)], { timeoutSeconds: 10 });
		expect(readAtSeconds.length).toBeLessThanOrEqual(11);
	});

	it('that is a refusal ends the wait at once', async () => {
		const { end, readAtSeconds } = await wait([
			task('processing'),
			{ kind: 'failed', failure: 'No such task', expired: true },
		]);
		expect(end).toEqual({
			kind: 'refused',
			failure: 'No such task',
			expired: true,
		});
		expect(readAtSeconds).toHaveLength(2);
	});
});

describe('a stop while waiting', () => {
	it('ends the wait, and no read follows it', async () => {
		const onSleep = (sleeps: number) => {
			if (sleeps === 3) throw new Stopped('cancelled');
		};
		let readCount = 0;
		const read: Read = {
			get kind(): 'done' {
				readCount++;
				return 'done';
			},
			value: { status: 'processing' },
		};
		await expect(wait([read], { onSleep, pollIntervalSeconds: 5 })).rejects.toMatchObject({
			reason: 'cancelled',
		});
		expect(readCount).toBeGreaterThan(0);
	});
});
