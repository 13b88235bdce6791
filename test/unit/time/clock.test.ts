import { createExecutionClock, sleepInSlices } from '../../../nodes/Evolink/time/clock';
import { Stop, Stopped } from '../../../nodes/Evolink/time/stop';

beforeEach(() => jest.useFakeTimers({ now: 1_000_000 }));
afterEach(() => jest.useRealTimers());

/** Follows a promise without waiting for it. */
function follow(promise: Promise<unknown>) {
	const state: { end?: 'done' | unknown } = {};
	promise.then(
		() => {
			state.end = 'done';
		},
		(error: unknown) => {
			state.end = error;
		},
	);
	return state;
}

describe('a sleep', () => {
	it.each([0, 1, 999, 1_000, 1_001, 60_000])('of %d ms takes that long', async (ms) => {
		const { end } = await sleepAndMeasure(ms);
		expect(end).toBe(ms);
	});

	async function sleepAndMeasure(ms: number) {
		const clock = createExecutionClock(new Stop());
		const startMs = clock.nowMs();
		const measured = clock.sleep(ms).then(() => ({ end: clock.nowMs() - startMs }));
		await jest.advanceTimersByTimeAsync(ms + 5_000);
		return await measured;
	}

	it.each([-3_600_000, 3_600_000])(
		'takes as long as ever when the machine sets its clock by %d ms',
		async (jumpMs) => {
			const clock = createExecutionClock(new Stop());
			const startMs = clock.nowMs();
			const sleep = follow(clock.sleep(5_000));
			await jest.advanceTimersByTimeAsync(2_000);
			jest.setSystemTime(Date.now() + jumpMs);
			await jest.advanceTimersByTimeAsync(2_999);
			expect(sleep).toEqual({});
			await jest.advanceTimersByTimeAsync(1);
			expect(sleep.end).toBe('done');
			expect(clock.nowMs() - startMs).toBe(5_000);
		},
	);

	it.each(['cancelled', 'itemFailed'] as const)(
		'ends at once when the execution is stopped (%s), and leaves nothing behind',
		async (reason) => {
			const stop = new Stop();
			const sleep = follow(createExecutionClock(stop).sleep(900_000));
			await jest.advanceTimersByTimeAsync(1_500);
			expect(sleep).toEqual({});
			stop.now(reason);
			await jest.advanceTimersByTimeAsync(0);
			expect(sleep.end).toBeInstanceOf(Stopped);
			expect(sleep.end).toMatchObject({ reason });
			await jest.advanceTimersByTimeAsync(1_000);
			expect(jest.getTimerCount()).toBe(0);
		},
	);

	it('does not begin after a stop', async () => {
		const stop = new Stop();
		stop.now('cancelled');
		const sleep = follow(createExecutionClock(stop).sleep(900_000));
		await jest.advanceTimersByTimeAsync(0);
		expect(sleep.end).toBeInstanceOf(Stopped);
		expect(jest.getTimerCount()).toBe(0);
	});

	it('that has ended is not touched by a later stop', async () => {
		const stop = new Stop();
		const sleep = follow(createExecutionClock(stop).sleep(10));
		await jest.advanceTimersByTimeAsync(10);
		stop.now('cancelled');
		await jest.advanceTimersByTimeAsync(0);
		expect(sleep.end).toBe('done');
	});

	it('that is no longer wanted ends after the slice it is in', async () => {
		let isWanted = true;
		const sleep = follow(sleepInSlices(60_000, () => isWanted));
		await jest.advanceTimersByTimeAsync(2_500);
		isWanted = false;
		await jest.advanceTimersByTimeAsync(499);
		expect(sleep).toEqual({});
		await jest.advanceTimersByTimeAsync(1);
		expect(sleep.end).toBe('done');
	});
});
