import { sleep } from 'n8n-workflow';

import { Throttle } from '../../../nodes/Evolink/time/retry';
import { createVirtualClock } from './virtual-clock';

function throttled() {
	const clock = createVirtualClock(0);
	return { clock, throttle: new Throttle(clock) };
}

describe('the throttle of an execution', () => {
	it('lets submissions start a tenth of a second apart', async () => {
		const { clock, throttle } = throttled();
		const startsMs: number[] = [];
		for (let count = 0; count < 3; count++) {
			await throttle.submission();
			startsMs.push(clock.nowMs());
		}
		clock.advance(5_000);
		await throttle.submission();
		startsMs.push(clock.nowMs());
		expect(startsMs).toEqual([0, 100, 200, 5_200]);
	});

	it.each([
		[undefined, 1_000],
		[7_000, 7_000],
		[3_600_000, 60_000],
	])('keeps all quiet for as long as a 429 asks (%p ms), a minute at most', async (asked, ms) => {
		const { clock, throttle } = throttled();
		expect(throttle.quietMs()).toBe(0);
		throttle.tooManyRequests(asked);
		expect(throttle.quietMs()).toBe(ms);
		await throttle.submission();
		expect(clock.nowMs()).toBe(ms);
		expect(throttle.quietMs()).toBe(0);
	});

	it('is not made shorter by a later and shorter wish', () => {
		const { throttle } = throttled();
		throttle.tooManyRequests(20_000);
		throttle.tooManyRequests(1_000);
		expect(throttle.quietMs()).toBe(20_000);
	});

	it('lets those who waited for the end of the quiet start apart, too', async () => {
		jest.useFakeTimers();
		const beganMs = Date.now();
		const nowMs = () => Date.now() - beganMs;
		const throttle = new Throttle({
			nowMs,
			sleep: async (ms) => {
				if (ms > 0) await sleep(ms);
			},
		});
		throttle.tooManyRequests(2_000);
		const startsMs: number[] = [];
		for (let count = 0; count < 4; count++) {
			void throttle.submission().then(() => startsMs.push(nowMs()));
		}
		await jest.advanceTimersByTimeAsync(2_150);
		throttle.tooManyRequests(1_000);
		await jest.advanceTimersByTimeAsync(10_000);
		jest.useRealTimers();
		const gapsMs = startsMs.slice(1).map((startMs, index) => startMs - startsMs[index]);
		expect(startsMs).toHaveLength(4);
		expect(startsMs[0]).toBeGreaterThanOrEqual(2_000);
		expect(startsMs[2]).toBeGreaterThanOrEqual(3_150);
		expect(Math.min(...gapsMs)).toBeGreaterThanOrEqual(100);
	});
});
