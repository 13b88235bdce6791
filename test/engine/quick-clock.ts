import type * as ClockModule from '../../nodes/Evolink/time/clock';

/**
 * Returns the node's clock with a time that runs faster, for tests of waits that take minutes:
 *
 *     jest.mock('../../nodes/Evolink/time/clock', () =>
 *       jest.requireActual<typeof QuickClock>('./quick-clock').quickClock(),
 *     );
 */
export function quickClock(): typeof ClockModule {
	const real = jest.requireActual<typeof ClockModule>('../../nodes/Evolink/time/clock');
	return {
		...real,
		sleepInSlices: async (ms, isWanted) => await real.sleepInSlices(ms / SPEED, isWanted),
		createExecutionClock(stop) {
			const clock = real.createExecutionClock(stop);
			return {
				nowMs: () => clock.nowMs() * SPEED,
				sleep: async (ms) => await clock.sleep(ms / SPEED),
			};
		},
	};
}

/** So many seconds of the node's pass in one of the test's. */
export const SPEED = 30;
