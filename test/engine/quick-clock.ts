import type * as ClockModule from '../../nodes/Evolink/time/clock';

/** So many seconds of the node's time pass in one of the test's. */
export const SPEED = 30;

/** The node's seconds from one moment of the test's clock to another. */
export function nodeSeconds(fromMs: number, toMs = Date.now()): number {
	return ((toMs - fromMs) * SPEED) / 1000;
}

// Set up before each engine test: minutes of waiting pass in seconds.
jest.mock('../../nodes/Evolink/time/clock', (): typeof ClockModule => {
	const real = jest.requireActual<typeof ClockModule>('../../nodes/Evolink/time/clock');
	return {
		...real,
		sleepInSlices: async (ms, isWanted) => await real.sleepInSlices(quickLimitMs(ms), isWanted),
		createExecutionClock(stop) {
			const clock = real.createExecutionClock(stop);
			return {
				nowMs: () => clock.nowMs() * SPEED,
				sleep: async (ms) => await clock.sleep(ms / SPEED),
			};
		},
	};
});

/**
 * The time limit of a request, in milliseconds. Servers are not quicker: the half second that a stop
 * leaves to a submission stays what it is, and an ordinary limit is more than a busy machine needs.
 */
function quickLimitMs(ms: number): number {
	if (ms < 1_000) return ms;
	return Math.max(ms < 30_000 ? 1_000 : 3_000, ms / SPEED);
}
