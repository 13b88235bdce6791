import type { Clock } from '../time/clock';
import { repeatUntil } from '../time/repeat';
import type { Limits } from '../time/repeat';
import type { EvolinkClient } from './client';
import type { EvolinkFailure } from './failure';
import { timeoutFailure } from './failures';
import { isFailure, isSuccess } from './task';
import type { EvolinkTask } from './task';

const SHORTEST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 5_000;

/** Keeps a process in which hundreds of items wait from being busy with polling. */
const FLOOR_FOR_EACH_WAITING_MS = 100;

/**
 * The items that wait in this n8n process, whatever their execution: they share its processor.
 */
let itemsWaiting = 0;

/** Counts an item as waiting while the work goes on. */
async function whileWaiting<T>(work: () => Promise<T>): Promise<T> {
	itemsWaiting++;
	try {
		return await work();
	} finally {
		itemsWaiting--;
	}
}

/** Returns the shortest pause between two polls of an item, in milliseconds. */
function pollFloorMs(): number {
	return itemsWaiting * FLOOR_FOR_EACH_WAITING_MS;
}

/**
 * Returns the pause before the next poll, in milliseconds: half of what seems to remain, by linear
 * progress or by the API's estimate; the longest where nothing can be told.
 *
 * @param waitedMs since the submission
 */
export function pauseBeforePollMs(
	task: Pick<EvolinkTask, 'progress' | 'estimatedSeconds'>,
	waitedMs: number,
): number {
	const { progress = 0, estimatedSeconds = 0 } = task;
	const totalMs =
		progress > 0 && progress < 100 ? (waitedMs / progress) * 100 : estimatedSeconds * 1000;
	const remainingMs = totalMs - waitedMs;
	if (remainingMs <= 0) return LONGEST_PAUSE_MS;
	return Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, remainingMs / 2));
}

/** A completed task may carry no link for a moment; after this time, none is expected any more. */
const WAIT_FOR_LINK_MS = 60_000;

/** When to give up, and how often to poll. Times are by the clock. */
interface Wait {
	/** When the wait began: the submission, or when the task was resumed. */
	startedMs: number;
	timeoutSeconds: number;
	/** Undefined: the pauses fit the task. */
	pollIntervalSeconds?: number;
}

function limitsOf({ startedMs, timeoutSeconds }: Wait, { throttle }: EvolinkClient): Limits {
	return {
		deadlineMs: startedMs + timeoutSeconds * 1000,
		isLastCertain: true,
		floorMs: pollFloorMs,
		quietMs: () => throttle.quietMs(),
	};
}

/**
 * Waits until a task is finished or the time is up. Polls that meet a moment of bad luck are
 * repeated: a paid task must not be lost because of one of them. The last poll comes at the deadline,
 * however late it is by then.
 *
 * @param known the task as last seen; without it, the first poll comes at once
 * @returns the task as last seen, if it was; and why it was given up, where the time is up
 * @throws EvolinkFailure when a poll is refused for good; Stopped when the execution is stopped
 */
export async function waitForTask(
	client: EvolinkClient,
	taskId: string,
	known: EvolinkTask | undefined,
	wait: Wait,
	clock: Clock,
): Promise<{ task?: EvolinkTask; gaveUp?: EvolinkFailure }> {
	const isDone = untilLinked(clock);
	if (known !== undefined && isDone(known)) return { task: known };
	const { startedMs, timeoutSeconds, pollIntervalSeconds } = wait;
	const pauseFor = (task: EvolinkTask) =>
		pollIntervalSeconds === undefined
			? pauseBeforePollMs(task, clock.nowMs() - startedMs)
			: pollIntervalSeconds * 1000;
	let task = known;
	const end = await whileWaiting(async () => {
		const firstPauseMs = known === undefined ? 0 : Math.max(pollFloorMs(), pauseFor(known));
		return await repeatUntil(
			async (allowedMs) => {
				const read = await client.readTask(taskId, allowedMs);
				if (!('done' in read)) return read;
				task = read.done;
				return isDone(task) ? read : { pauseMs: pauseFor(task) };
			},
			{ ...limitsOf(wait, client), firstPauseMs },
			clock,
		);
	});
	if ('done' in end) return { task: end.done };
	return { task, gaveUp: timeoutFailure(timeoutSeconds, task, end.trouble) };
}

/**
 * Reads a task once, trying again when the network has a bad moment.
 *
 * @throws EvolinkFailure when it cannot be read in time; Stopped when the execution is stopped
 */
export async function readTask(
	client: EvolinkClient,
	taskId: string,
	wait: Wait,
	clock: Clock,
): Promise<EvolinkTask> {
	const end = await repeatUntil(
		async (allowedMs) => await client.readTask(taskId, allowedMs),
		limitsOf(wait, client),
		clock,
	);
	if ('done' in end) return end.done;
	throw timeoutFailure(wait.timeoutSeconds, undefined, end.trouble);
}

/** A task needs no further poll once it failed, or succeeded and has a link or will get none. */
function untilLinked(clock: Clock): (task: EvolinkTask) => boolean {
	let completedMs: number | undefined;
	return (task) => {
		if (!isSuccess(task)) return isFailure(task);
		completedMs ??= clock.nowMs();
		return task.results.length > 0 || clock.nowMs() - completedMs >= WAIT_FOR_LINK_MS;
	};
}
