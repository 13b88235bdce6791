import type { Clock } from './clock';
import { backoffMs } from './retry';

/** What the wait needs to know of a task; the API's task has it all, and more. */
export interface Waitable {
	/** 0 to 100. */
	progress?: number;
	/** How long the API expects the whole generation to take. */
	estimatedSeconds?: number;
}

/** One poll: the task; bad luck that passes; or a refusal that does not. */
export type StatusRead<Task, Trouble, Refusal> =
	| { kind: 'done'; value: Task }
	| { kind: 'tryAgain'; failure: Trouble; retryAfterMs?: number }
	| Refusal;

/** How a wait ended. A stop of the execution is not an end: it throws. */
export type WaitEnd<Task, Trouble, Refusal> =
	| { kind: 'finished'; task: Task }
	| { kind: 'refused'; refusal: Refusal }
	| { kind: 'timedOut'; task: Task | undefined; trouble: Trouble | undefined };

/** When to give up, and how often to poll. */
export interface WaitRules {
	/** When the wait began: the submission, or when the task was resumed. */
	startedMs: number;
	timeoutMs: number;
	/** A fixed pause between polls; without it, the pauses fit the task. */
	pollIntervalMs?: number;
	/** Those who wait beside this one; it is counted while it waits. Absent: all of this n8n process. */
	waitingItems?: WaitingItems;
	/** How long all items of the execution keep quiet, in milliseconds. */
	quietMs(): number;
}

const SHORTEST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 5_000;

/** Keeps a process in which hundreds of items wait from being busy with polling. */
const SHORTEST_PAUSE_FOR_EACH_WAITING_MS = 100;

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

/** Sleeps until the next poll is due and no 429 asks for quiet, or until the deadline. */
async function sleepUntilDue(
	dueMs: number,
	deadlineMs: number,
	{ quietMs }: WaitRules,
	clock: Clock,
): Promise<void> {
	for (;;) {
		const nowMs = clock.nowMs();
		const nextMs = Math.min(deadlineMs, Math.max(dueMs, nowMs + quietMs()));
		if (nextMs <= nowMs) return;
		await clock.sleep(nextMs - nowMs);
	}
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
export async function waitForTask<
	Task extends Waitable,
	Trouble,
	Refusal extends { kind: 'failed' },
>(
	poll: (timeoutMs: number) => Promise<StatusRead<Task, Trouble, Refusal>>,
	isDone: (task: Task, nowMs: number) => boolean,
	known: Task | undefined,
	rules: WaitRules,
	clock: Clock,
	random: () => number = Math.random,
): Promise<WaitEnd<Task, Trouble, Refusal>> {
	const { waitingItems = waitingInThisProcess } = rules;
	const deadlineMs = rules.startedMs + rules.timeoutMs;
	let task = known;
	let trouble: Trouble | undefined;
	let troublesInARow = 0;
	let askedMs: number | undefined;

	const pauseMs = (): number => {
		if (troublesInARow === 0 && task === undefined) return 0;
		const waitedMs = clock.nowMs() - rules.startedMs;
		const ms =
			troublesInARow > 0
				? backoffMs(troublesInARow, askedMs, random())
				: (rules.pollIntervalMs ?? pauseBeforePollMs(task ?? {}, waitedMs));
		return Math.max(ms, waitingItems.count() * SHORTEST_PAUSE_FOR_EACH_WAITING_MS);
	};
	if (task !== undefined && isDone(task, clock.nowMs())) return { kind: 'finished', task };
	const leave = waitingItems.enter();
	try {
		for (;;) {
			await sleepUntilDue(clock.nowMs() + pauseMs(), deadlineMs, rules, clock);
			const remainingMs = deadlineMs - clock.nowMs();
			const isLast = remainingMs <= 0;
			const seen = await poll(isLast ? Number.POSITIVE_INFINITY : remainingMs);
			if (seen.kind === 'failed') return { kind: 'refused', refusal: seen };
			if (seen.kind === 'tryAgain') {
				trouble = seen.failure;
				troublesInARow++;
				askedMs = seen.retryAfterMs;
			} else {
				trouble = undefined;
				troublesInARow = 0;
				task = seen.value;
				if (isDone(task, clock.nowMs())) return { kind: 'finished', task };
			}
			if (isLast) return { kind: 'timedOut', task, trouble };
		}
	} finally {
		leave();
	}
}

/** The items that wait for a video right now, in all executions that share the count. */
export interface WaitingItems {
	count(): number;
	/** Counts one more; the returned function, called once, takes it away again. */
	enter(): () => void;
}

/** Makes a count that starts with nobody. */
export function createWaitingItems(): WaitingItems {
	let count = 0;
	return {
		count: () => count,
		enter() {
			count++;
			return () => {
				count--;
			};
		},
	};
}

/**
 * One count for all executions, on purpose: they share the processor of the n8n process that they
 * run in. It is the only state that the node keeps outside of an execution.
 */
const waitingInThisProcess = createWaitingItems();
