import { backoffMs } from './backoff';
import type { Clock } from './clock';
import { pauseBeforeNextReadMs } from './pollSchedule';
import type { Observation } from './progressForecast';
import type { WaitingItems } from './waitingItems';

/** What the wait needs to know of a task; the API's task has it all, and more. */
export interface Waitable {
	progress?: number;
	createdMs?: number;
	estimatedSeconds?: number;
}

/** One status read: the task; bad luck that passes; or a refusal that does not. */
export type StatusRead<Task, Trouble, Refusal> =
	| { kind: 'done'; value: Task }
	| { kind: 'tryAgain'; failure: Trouble; retryAfterMs?: number }
	| Refusal;

/** How a wait ended. A stop of the execution is not an end: it throws. */
export type WaitEnd<Task, Trouble, Refusal> =
	| { kind: 'finished'; task: Task }
	| { kind: 'refused'; refusal: Refusal }
	| { kind: 'timedOut'; task: Task | undefined; trouble: Trouble | undefined };

/** When to give up, and how often to look. */
export interface WaitRules {
	/** When the wait began, in milliseconds since 1970. */
	startedMs: number;
	timeoutMs: number;
	/** A fixed pause between reads; without it, the pauses fit the task. */
	pollIntervalMs?: number;
	/** Those who wait beside this one; it is counted among them while it waits. */
	waitingItems: WaitingItems;
}

/** The last read comes this long before the deadline, so that its answer is still in time. */
const LAST_READ_BEFORE_DEADLINE_MS = 1_000;

/**
 * Waits until a task is finished, the time is up, or a read is refused for good. Reads that meet
 * a moment of bad luck are repeated: a paid task must not be lost because of one of them.
 *
 * @param read reads the status; it must answer within the milliseconds it is given
 * @param isDone whether a task needs no further read
 * @param known the task as last seen; without it, the first read comes at once
 * @throws Stopped when the execution is stopped
 */
export async function waitForTask<
	Task extends Waitable,
	Trouble,
	Refusal extends { kind: 'failed' },
>(
	read: (budgetMs: number) => Promise<StatusRead<Task, Trouble, Refusal>>,
	isDone: (task: Task, nowMs: number) => boolean,
	known: Task | undefined,
	rules: WaitRules,
	clock: Clock,
	random: () => number,
): Promise<WaitEnd<Task, Trouble, Refusal>> {
	const deadlineMs = rules.startedMs + rules.timeoutMs;
	const observations: Observation[] = [];
	let task = known;
	let trouble: Trouble | undefined;
	let troublesInARow = 0;
	let askedMs: number | undefined;

	const observe = (seen: Task) => {
		observations.push({ atMs: clock.nowMs(), progress: seen.progress });
	};
	const pauseMs = (): number => {
		if (troublesInARow > 0) return backoffMs(troublesInARow, askedMs, random());
		if (task === undefined) return 0;
		if (rules.pollIntervalMs !== undefined) return rules.pollIntervalMs;
		const { createdMs, estimatedSeconds } = task;
		return pauseBeforeNextReadMs(
			{ startedMs: rules.startedMs, createdMs, estimatedSeconds, observations },
			clock.nowMs(),
			rules.waitingItems.count(),
		);
	};

	if (task !== undefined) {
		if (isDone(task, clock.nowMs())) return { kind: 'finished', task };
		observe(task);
	}
	const leave = rules.waitingItems.enter();
	try {
		for (;;) {
			const remainingMs = deadlineMs - clock.nowMs();
			const nextMs = pauseMs();
			if (nextMs < remainingMs) {
				await clock.sleep(nextMs);
			} else if (remainingMs > LAST_READ_BEFORE_DEADLINE_MS && askedMs === undefined) {
				await clock.sleep(remainingMs - LAST_READ_BEFORE_DEADLINE_MS);
			} else {
				await clock.sleep(Math.max(0, remainingMs));
				return { kind: 'timedOut', task, trouble };
			}

			const seen = await read(Math.max(1, deadlineMs - clock.nowMs()));
			if (seen.kind === 'failed') return { kind: 'refused', refusal: seen };
			if (seen.kind === 'tryAgain') {
				trouble = seen.failure;
				troublesInARow++;
				askedMs = seen.retryAfterMs;
				continue;
			}
			trouble = undefined;
			troublesInARow = 0;
			askedMs = undefined;
			task = seen.value;
			if (isDone(task, clock.nowMs())) return { kind: 'finished', task };
			observe(task);
		}
	} finally {
		leave();
	}
}
