import type * as ClockModule from '../../nodes/Evolink/time/clock';

/** Returns the node's clock with a time that runs faster: waits of minutes take seconds. */
export function quickClock(): typeof ClockModule {
	const real = jest.requireActual<typeof ClockModule>('../../nodes/Evolink/time/clock');
	return {
		...real,
		// The half second that a stop leaves to a submission stays what it is: servers are not quicker.
		sleepInSlices: async (ms, isWanted) =>
			await real.sleepInSlices(ms < 1_000 ? ms : ms / SPEED, isWanted),
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
