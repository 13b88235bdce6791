import type { IDataObject } from 'n8n-workflow';

import { EvolinkFailure } from '../evolink/failure';
import {
	describeFailedTask,
	failedTaskFailure,
	internalFailure,
	noLinkFailure,
	timeoutFailure,
} from '../evolink/failures';
import { isFailure, isFinished, isSuccess, RESULT_LIFETIME_MS } from '../evolink/task';
import type { EvolinkTask } from '../evolink/task';
import { downloadVideo } from '../n8n/videoFile';
import { Stopped } from '../time/stop';
import { waitForTask } from '../time/waitForTask';
import { isCalledByAgent } from '../n8n/parameters';
import type { Execution, ItemOutput, UnfinishedTask } from './runItems';
import type { TaskSettings } from './waitOptions';

/** A task that exists. */
export interface TaskToFinish {
	taskId: string;
	/** The task as last seen; undefined when it must be read first. */
	known: EvolinkTask | undefined;
	/** When the wait began, by the execution's clock. */
	startedMs: number;
	/** What to return beside the simplified task. */
	sent?: IDataObject;
	/** Called when the task turns out to have failed. */
	onTaskFailed?(task: EvolinkTask): void;
}

const SHORTEST_DOWNLOAD_TIME_MS = 300_000;

/** A completed task may carry no link for a moment; after this time, none is expected any more. */
const WAIT_FOR_LINK_MS = 60_000;

/**
 * Waits for a task as far as it is wanted, downloads its first result as far as it is wanted, and
 * returns the row: the one way of all operations.
 *
 * @throws EvolinkFailure when the task failed (only while waiting), the time is up, or the API
 * refuses to tell
 * @throws Stopped when the execution is stopped
 */
export async function finishTask(
	toFinish: TaskToFinish,
	settings: TaskSettings,
	execution: Execution,
): Promise<ItemOutput> {
	try {
		const task = await waitAsWanted(toFinish, settings, execution);
		const json = settings.simplify ? { ...simplifiedTask(task), ...toFinish.sent } : rawTask(task);
		// An agent gets text only: n8n drops the files of a tool's answer.
		const isWanted =
			settings.downloadVideo && isSuccess(task) && !isCalledByAgent(execution.context);
		const file = isWanted ? await downloadAsWanted(task, settings, execution) : undefined;
		if (file === undefined) return { json };
		return { json, binary: { [settings.outputPropertyName]: file } };
	} catch (error) {
		throw namedFailure(error, toFinish.taskId);
	}
}

/**
 * Reads a task once, trying again when the network has a bad moment.
 *
 * @throws as {@link finishTask}
 */
export async function readTask(
	taskId: string,
	startedMs: number,
	settings: TaskSettings,
	execution: Execution,
): Promise<EvolinkTask> {
	const once = { ...settings, waitForCompletion: false };
	return await waitAsWanted({ taskId, known: undefined, startedMs }, once, execution);
}

/** Returns the task as it matters for a sleep; undefined where nothing is to be waited for. */
export function unfinished(
	task: EvolinkTask,
	startedMs: number,
	{ waitForCompletion, timeoutSeconds }: TaskSettings,
): UnfinishedTask | undefined {
	if (!waitForCompletion || isFinished(task)) return undefined;
	const { id: taskId, estimatedSeconds } = task;
	return { taskId, startedMs, timeoutMs: timeoutSeconds * 1000, estimatedSeconds };
}

/** Whatever is neither a failure nor a stop is a fault of the node, and must not hide the paid task. */
function namedFailure(error: unknown, taskId: string): Error {
	const isNamed = error instanceof EvolinkFailure || error instanceof Stopped;
	return isNamed ? error : internalFailure(error, taskId);
}

async function waitAsWanted(
	{ taskId, known, startedMs, onTaskFailed }: TaskToFinish,
	settings: TaskSettings,
	{ client, clock }: Execution,
): Promise<EvolinkTask> {
	const { timeoutSeconds, pollIntervalSeconds, waitForCompletion } = settings;
	const end = await waitForTask(
		async (timeoutMs) => await client.readTask(taskId, timeoutMs),
		waitForCompletion ? untilLinked() : () => true,
		known,
		{
			startedMs,
			timeoutMs: timeoutSeconds * 1000,
			pollIntervalMs: pollIntervalSeconds === undefined ? undefined : pollIntervalSeconds * 1000,
			quietMs: () => client.throttle.quietMs(),
		},
		clock,
	);
	if (end.kind === 'refused') throw end.failure;
	if (end.kind === 'timedOut') {
		if (settings.onTimeout === 'returnTask' && end.task !== undefined) return end.task;
		throw timeoutFailure(taskId, timeoutSeconds, end.task, end.trouble);
	}
	if (isFailure(end.task)) {
		onTaskFailed?.(end.task);
		if (waitForCompletion) throw failedTaskFailure(end.task);
	}
	return end.task;
}

/** A task needs no further poll once it failed, or succeeded and has a link or will get none. */
function untilLinked(): (task: EvolinkTask, nowMs: number) => boolean {
	let completedMs: number | undefined;
	return (task, nowMs) => {
		if (!isSuccess(task)) return isFailure(task);
		completedMs ??= nowMs;
		return task.results.length > 0 || nowMs - completedMs >= WAIT_FOR_LINK_MS;
	};
}

async function downloadAsWanted(
	task: EvolinkTask,
	settings: TaskSettings,
	{ context, clock, stop, advise }: Execution,
) {
	const [link] = task.results;
	if (link === undefined) {
		if (settings.waitForCompletion) throw noLinkFailure(task.id);
		return undefined;
	}
	const request = {
		link,
		taskId: task.id,
		wantedFileName: settings.fileName,
		// A finished video is paid for: it gets a time of its own, whatever the wait has left.
		allowedMs: Math.max(SHORTEST_DOWNLOAD_TIME_MS, settings.timeoutSeconds * 1000),
		mayHaveExpired:
			task.createdMs === undefined || Date.now() - task.createdMs >= RESULT_LIFETIME_MS,
	};
	try {
		return await downloadVideo(context, request, clock, stop);
	} catch (error) {
		const maySkip =
			settings.onTimeout === 'returnTask' &&
			error instanceof EvolinkFailure &&
			error.details.timedOut === true;
		if (!maySkip) throw namedFailure(error, task.id);
		const { message, description } = error.details;
		advise(settings.itemIndex, `${message}. The row has the link, but no file. ${description}`);
		return undefined;
	}
}

function isoTime(ms: number | undefined): string | null {
	return ms === undefined ? null : new Date(ms).toISOString();
}

/** Returns the simplified row of a task: flat, the most useful first. */
export function simplifiedTask(task: EvolinkTask): IDataObject {
	const failed = isFailure(task) ? describeFailedTask(task) : undefined;
	const hasLinks = task.results.length > 0 && task.createdMs !== undefined;
	return {
		taskId: task.id,
		status: task.status,
		videoUrl: task.results[0] ?? null,
		model: task.raw.model ?? null,
		progress: task.raw.progress ?? null,
		isFinished: isFinished(task),
		isSuccess: isSuccess(task),
		createdAt: isoTime(task.createdMs),
		results: task.results,
		expiresAt: hasLinks ? isoTime((task.createdMs ?? 0) + RESULT_LIFETIME_MS) : null,
		...(failed === undefined ? {} : { failureCode: failed.code, failureMessage: failed.message }),
	};
}

/**
 * Returns the API's own task object, but for one thing: `error` becomes `failure`, since n8n takes
 * a row with a key `error` for a failed one and runs the node again.
 */
export function rawTask(task: EvolinkTask): IDataObject {
	const { error, ...rest } = task.raw;
	return error === undefined ? rest : { ...rest, failure: error };
}
