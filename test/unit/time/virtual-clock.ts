import type { Clock } from '../../../nodes/Evolink/time/clock';

/** A clock whose time passes only while somebody sleeps. */
export interface VirtualClock extends Clock {
	/** All sleeps so far, in milliseconds. */
	readonly sleptMs: number[];
	/** Lets that much time pass at once, such as the time that a request takes. */
	advance(ms: number): void;
}

/**
 * Makes a clock for a test.
 *
 * @param startMs the time at its beginning
 * @param onSleep called before each sleep; may throw Stopped
 */
export function createVirtualClock(startMs = 1_000_000, onSleep?: () => void): VirtualClock {
	let nowMs = startMs;
	const sleptMs: number[] = [];
	return {
		sleptMs,
		nowMs: () => nowMs,
		advance(ms) {
			nowMs += ms;
		},
		async sleep(ms) {
			onSleep?.();
			// A negative or endless sleep would be a mistake of the caller's.
			if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) throw new Error(`A sleep of ${ms} ms`);
			sleptMs.push(ms);
			nowMs += ms;
			// A loop that never sleeps for any time must not keep the test from failing.
			if (sleptMs.length > 100_000) throw new Error('Too many sleeps');
		},
	};
}
