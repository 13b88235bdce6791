import type { Clock } from './clock';
import { backoffMs } from './retry';
import type { Repeatable } from './retry';

/** What the wait needs to know of a task; the API's task has it all, and more. */
export interface Waitable {
	/** 0 to 100. */
	progress?: number;
	/** How long the API expects the whole generation to take. */
	estimatedSeconds?: number;
}

/** How a wait ended. A stop of the execution is not an end: it throws. */
export type WaitEnd<Task, Failure> =
	| { kind: 'finished'; task: Task }
	| { kind: 'refused'; failure: Failure; expired: boolean }
	/** With the task as last seen, and what went wrong with the last poll, if something did. */
	| { kind: 'timedOut'; task: Task | undefined; trouble: Failure | undefined };

/** When to give up, and how often to poll. */
export interface WaitRules {
	/** When the wait began: the submission, or when the task was resumed. */
	startedMs: number;
	timeoutMs: number;
	/** A fixed pause between polls; without it, the pauses fit the task. */
	pollIntervalMs?: number;
	/** How long all items of the execution keep quiet, in milliseconds. */
	quietMs(): number;
}

const SHORTEST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 5_000;

/** Keeps a process in which hundreds of items wait from being busy with polling. */
const SHORTEST_PAUSE_FOR_EACH_WAITING_MS = 100;

/**
 * The items that wait in this n8n process, whatever their execution: they share its processor. The
 * only state that the node keeps outside of an execution.
 */
export const waiting = { items: 0 };

/**
 * Returns the pause before the next poll: half of what seems to remain, by linear progress or by
 * the API's estimate; the longest where nothing can be told.
 *
 * @param waitedMs since the submission
 */
export function pauseBeforePollMs(task: Waitable, waitedMs: number): number {
	const { progress = 0, estimatedSeconds = 0 } = task;
	const totalMs =
		progress > 0 && progress < 100 ? (waitedMs / progress) * 100 : estimatedSeconds * 1000;
	const remainingMs = totalMs - waitedMs;
	if (remainingMs <= 0) return LONGEST_PAUSE_MS;
	return Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, remainingMs / 2));
}

/**
 * Waits until a task is finished, the time is up, or a poll is refused for good. Polls that meet
 * a moment of bad luck are repeated: a paid task must not be lost because of one of them. The last
 * poll comes at the deadline, with an ordinary time-out, however late it is by then.
 *
 * @param poll reads the status; it must answer within the milliseconds it is given
 * @param isDone whether a task needs no further poll
 * @param known the task as last seen; without it, the first poll comes at once
 * @throws Stopped when the execution is stopped
 */
export async function waitForTask<Task extends Waitable, Failure>(
	poll: (timeoutMs: number) => Promise<Repeatable<Task, Failure>>,
	isDone: (task: Task, nowMs: number) => boolean,
	known: Task | undefined,
	{ startedMs, timeoutMs, pollIntervalMs, quietMs }: WaitRules,
	clock: Clock,
	random: () => number = Math.random,
): Promise<WaitEnd<Task, Failure>> {
	if (known !== undefined && isDone(known, clock.nowMs())) return { kind: 'finished', task: known };
	const deadlineMs = startedMs + timeoutMs;
	const withFloor = (ms: number) =>
		Math.max(ms, waiting.items * SHORTEST_PAUSE_FOR_EACH_WAITING_MS);
	const pauseFor = (seen: Waitable) =>
		withFloor(pollIntervalMs ?? pauseBeforePollMs(seen, clock.nowMs() - startedMs));
	let task = known;
	let troublesInARow = 0;
	waiting.items++;
	try {
		let pauseMs = known === undefined ? 0 : pauseFor(known);
		for (;;) {
			let dueMs = clock.nowMs() + pauseMs;
			do {
				dueMs = Math.min(deadlineMs, Math.max(dueMs, clock.nowMs() + quietMs()));
				await clock.sleep(Math.max(0, dueMs - clock.nowMs()));
			} while (quietMs() > 0 && clock.nowMs() < deadlineMs);
			const remainingMs = deadlineMs - clock.nowMs();
			const read = await poll(remainingMs > 0 ? remainingMs : Number.POSITIVE_INFINITY);
			if (read.kind === 'failed') return { ...read, kind: 'refused' };
			if (read.kind === 'done') {
				task = read.value;
				if (isDone(task, clock.nowMs())) return { kind: 'finished', task };
				troublesInARow = 0;
				pauseMs = pauseFor(task);
			} else {
				troublesInARow++;
				pauseMs = withFloor(backoffMs(troublesInARow, read.retryAfterMs, random()));
			}
			const trouble = read.kind === 'tryAgain' ? read.failure : undefined;
			if (remainingMs <= 0) return { kind: 'timedOut', task, trouble };
		}
	} finally {
		waiting.items--;
	}
}
