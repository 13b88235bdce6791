import { sleep } from 'n8n-workflow';

import type { Clock } from '../tasks/clock';
import { Stopped } from '../tasks/stop';
import type { Stop } from '../tasks/stop';

/**
 * n8n's sleep takes no signal before n8n 2.34, so a long sleep could neither be ended nor cleaned
 * up. Slept in slices, what is left behind by a stop is gone after one of them.
 */
const SLICE_MS = 1_000;

/** Sleeps for that long, in slices, unless it is no longer wanted. */
export async function sleepInSlices(ms: number, isWanted: () => boolean): Promise<void> {
	const endMs = Date.now() + ms;
	for (;;) {
		const remainingMs = endMs - Date.now();
		if (remainingMs <= 0 || !isWanted()) return;
		await sleep(Math.min(SLICE_MS, remainingMs));
	}
}

interface Sleeper {
	dueMs: number;
	wake(): void;
}

/**
 * Makes the clock of one execution: real time, and sleeps that a stop ends at once. All who sleep
 * share one alarm, since a timer of its own for each of hundreds of waiting items would keep the
 * processor busy with doing nothing.
 */
export function createExecutionClock(stop: Stop): Clock {
	const sleepers = new Set<Sleeper>();
	let alarmMs = Number.POSITIVE_INFINITY;

	const setAlarm = () => {
		if (sleepers.size === 0) return;
		const nowMs = Date.now();
		const dueMs = Math.min(...[...sleepers].map((sleeper) => sleeper.dueMs));
		const ringMs = Math.max(nowMs, Math.min(dueMs, nowMs + SLICE_MS));
		if (alarmMs <= ringMs) return;
		alarmMs = ringMs;
		void sleep(ringMs - nowMs).then(() => {
			if (alarmMs === ringMs) alarmMs = Number.POSITIVE_INFINITY;
			wakeTheDue();
		});
	};
	const wakeTheDue = () => {
		const nowMs = Date.now();
		for (const sleeper of [...sleepers].filter(({ dueMs }) => dueMs <= nowMs)) {
			sleepers.delete(sleeper);
			sleeper.wake();
		}
		setAlarm();
	};

	return {
		nowMs: () => Date.now(),
		async sleep(ms) {
			await new Promise<void>((resolve, reject) => {
				const sleeper = {
					dueMs: Date.now() + ms,
					wake() {
						leave();
						resolve();
					},
				};
				sleepers.add(sleeper);
				const leave = stop.onStop((reason) => {
					sleepers.delete(sleeper);
					reject(new Stopped(reason));
				});
				setAlarm();
			});
		},
	};
}
