import type { IBinaryData } from 'n8n-workflow';

import { failedTaskFailure, timeoutFailure } from '../evolink/errors';
import { EvolinkFailure } from '../evolink/failure';
import { downloadResult, noLinkFailure } from '../evolink/resultFile';
import { isFailure, isSuccess } from '../evolink/task';
import type { EvolinkTask } from '../evolink/task';
import { waitForTask } from '../tasks/waitForTask';
import type { Services } from './operation';
import { readStatus } from './readStatus';
import type { WaitSettings } from './waitSettings';

/** A task that exists, and what is wanted of it. */
export interface TaskToFinish {
	taskId: string;
	/** The task as the submission answered it; undefined when it must be read first. */
	known: EvolinkTask | undefined;
	/** When the wait began, in milliseconds since 1970. */
	startedMs: number;
	/** Whether to wait for the end, or to take the task as it is. */
	waitForCompletion: boolean;
	downloadVideo: boolean;
	settings: WaitSettings;
	itemIndex: number;
	/** Called when the task turns out to have failed for good. */
	onTaskFailed?(): void;
}

/** The task as it is now, and its file if one was wanted and is there. */
export interface FinishedTask {
	task: EvolinkTask;
	file?: IBinaryData;
}

/** A completed task may carry no link for a moment; after this time, none is expected any more. */
const WAIT_FOR_LINK_MS = 60_000;

/**
 * Waits for a task as far as it is wanted, and downloads its first result as far as it is wanted:
 * the one path of all operations.
 *
 * @throws EvolinkFailure when the task failed (only while waiting), the time is up, or the API
 * refuses to tell
 * @throws Stopped when the execution is stopped
 */
export async function finishTask(
	toFinish: TaskToFinish,
	services: Services,
): Promise<FinishedTask> {
	const { taskId, settings } = toFinish;
	const end = await waitForTask(
		async (budgetMs) => await readStatus(taskId, budgetMs, services),
		toFinish.waitForCompletion ? untilLinked() : () => true,
		toFinish.known,
		{
			startedMs: toFinish.startedMs,
			timeoutMs: settings.timeoutSeconds * 1000,
			...(settings.pollIntervalSeconds === undefined
				? {}
				: { pollIntervalMs: settings.pollIntervalSeconds * 1000 }),
			waitingItems: services.waitingItems,
		},
		services.clock,
		() => services.random(),
	);
	if (end.kind === 'refused') throw end.refusal.failure;
	if (end.kind === 'timedOut') {
		if (settings.onTimeout === 'returnTask' && end.task !== undefined) return { task: end.task };
		throw timeoutFailure(taskId, settings.timeoutSeconds, end.task, end.trouble);
	}
	const { task } = end;
	if (isFailure(task)) {
		toFinish.onTaskFailed?.();
		if (toFinish.waitForCompletion) throw failedTaskFailure(task);
	}
	if (!toFinish.downloadVideo || !isSuccess(task)) return { task };
	return { task, ...(await download(task, toFinish, services)) };
}

/** A task needs no further look once it failed, or succeeded and has a link or will get none. */
function untilLinked(): (task: EvolinkTask, nowMs: number) => boolean {
	let completedMs: number | undefined;
	return (task, nowMs) => {
		if (!isSuccess(task)) return isFailure(task);
		completedMs ??= nowMs;
		return task.results.length > 0 || nowMs - completedMs >= WAIT_FOR_LINK_MS;
	};
}

async function download(
	task: EvolinkTask,
	{ startedMs, settings, itemIndex, waitForCompletion }: TaskToFinish,
	services: Services,
): Promise<{ file?: IBinaryData }> {
	const link = task.results[0];
	if (link === undefined) {
		if (waitForCompletion) throw noLinkFailure(task.id);
		return {};
	}
	const outcome = await downloadResult(
		services.links,
		{
			link,
			taskId: task.id,
			wantedFileName: settings.fileName,
			deadlineMs: startedMs + settings.timeoutSeconds * 1000,
			timeoutSeconds: settings.timeoutSeconds,
		},
		services.clock,
		() => services.random(),
	).then(
		(file) => ({ file }),
		(failure: unknown) => ({ failure }),
	);
	if ('file' in outcome) return outcome;
	const { failure } = outcome;
	const maySkip =
		settings.onTimeout === 'returnTask' &&
		failure instanceof EvolinkFailure &&
		failure.details.timedOut === true;
	if (!maySkip) throw failure;
	services.advise(
		itemIndex,
		`${failure.message}. The row holds the link, but no file. ${failure.details.description}`,
	);
	return {};
}
