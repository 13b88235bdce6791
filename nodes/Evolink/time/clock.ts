import { sleep } from 'n8n-workflow';

import { Stopped } from './stop';
import type { Stop } from './stop';

/** Time, injected, so that waiting can be tested without waiting. */
export interface Clock {
	/** Milliseconds on a clock that is never set: only differences mean something. */
	nowMs(): number;
	/**
	 * Resolves after that many milliseconds.
	 *
	 * @throws Stopped as soon as the execution is stopped
	 */
	sleep(ms: number): Promise<void>;
}

/**
 * n8n's sleep takes no signal before n8n 2.34, so a long sleep could neither be ended nor cleaned
 * up. Slept in slices, what is left behind by a stop is gone after one of them.
 */
const SLICE_MS = 1_000;

/** Sleeps for that long, in slices, unless it is no longer wanted. */
export async function sleepInSlices(ms: number, isWanted: () => boolean): Promise<void> {
	const endMs = performance.now() + ms;
	for (;;) {
		const remainingMs = endMs - performance.now();
		if (remainingMs <= 0 || !isWanted()) return;
		await sleep(Math.min(SLICE_MS, remainingMs));
	}
}

/** Makes the clock of one execution: real time, and sleeps that a stop ends at once. */
export function createExecutionClock(stop: Stop): Clock {
	return {
		nowMs: () => performance.now(),
		async sleep(ms) {
			await new Promise<void>((resolve, reject) => {
				let isWanted = true;
				const leave = stop.onStop((reason) => {
					isWanted = false;
					reject(new Stopped(reason));
				});
				void sleepInSlices(ms, () => isWanted).then(() => {
					leave();
					resolve();
				});
			});
		},
	};
}
