import type { IBinaryData, IDataObject } from 'n8n-workflow';

import type { EvolinkClient } from '../evolink/client';
import { EvolinkFailure } from '../evolink/failure';
import { describeFailedTask, failedTaskFailure, noLinkFailure, ofTask } from '../evolink/failures';
import { readTask, waitForTask } from '../evolink/pollTask';
import { isFailure, isFinished, isSuccess, RESULT_LIFETIME_MS } from '../evolink/task';
import type { EvolinkTask } from '../evolink/task';
import type { TaskUnderWay } from '../money/submitOnce';
import { downloadResult } from './download';
import type { Execution, ItemOutput } from './runItems';
import type { TaskSettings } from './waitOptions';

const SHORTEST_DOWNLOAD_TIME_MS = 300_000;

/**
 * Waits for a task as far as it is wanted, downloads its first result as far as it is wanted, and
 * returns the row: the one way of all operations.
 *
 * @param failureOf is called when the task turns out to have failed
 * @throws EvolinkFailure when the task failed (only while waiting), the time is up, or the API
 * refuses to tell
 * @throws Stopped when the execution is stopped
 */
export async function finishTask(
	underWay: TaskUnderWay,
	settings: TaskSettings,
	client: EvolinkClient,
	execution: Execution,
	failureOf: (task: EvolinkTask) => EvolinkFailure = failedTaskFailure,
): Promise<ItemOutput> {
	try {
		const task = await waitAsWanted(underWay, settings, client, execution);
		const failure = isFailure(task) ? failureOf(task) : undefined;
		if (failure !== undefined && settings.waitForCompletion) throw failure;
		const json = settings.simplify ? { ...simplifiedTask(task), ...underWay.sent } : rawTask(task);
		// An agent gets text only: n8n drops the files of a tool's response.
		const isWanted = settings.downloadVideo && isSuccess(task) && !execution.isAgentCall;
		const file = isWanted ? await downloadAsWanted(task, underWay, settings, execution) : undefined;
		return file === undefined
			? { json }
			: { json, binary: { [settings.outputPropertyName]: file } };
	} catch (error) {
		throw ofTask(error, underWay.taskId);
	}
}

async function waitAsWanted(
	{ taskId, task, startedMs }: TaskUnderWay,
	settings: TaskSettings,
	client: EvolinkClient,
	{ clock }: Execution,
): Promise<EvolinkTask> {
	const wait = { startedMs, ...settings };
	if (!settings.waitForCompletion) return task ?? (await readTask(client, taskId, wait, clock));
	const end = await waitForTask(client, taskId, task, wait, clock);
	const isEnough = end.gaveUp === undefined || settings.onTimeout === 'returnTask';
	if (end.task !== undefined && isEnough) return end.task;
	throw end.gaveUp ?? noLinkFailure();
}

async function downloadAsWanted(
	task: EvolinkTask,
	{ submittedAtMs = task.createdMs }: TaskUnderWay,
	settings: TaskSettings,
	execution: Execution,
): Promise<IBinaryData | undefined> {
	const [link] = task.results;
	if (link === undefined) {
		if (settings.waitForCompletion) throw noLinkFailure();
		return undefined;
	}
	const request = {
		link,
		taskId: task.id,
		wantedFileName: settings.fileName,
		// A finished video is paid for: it gets a time of its own, whatever the wait has left.
		allowedMs: Math.max(SHORTEST_DOWNLOAD_TIME_MS, settings.timeoutSeconds * 1000),
		mayHaveExpired: submittedAtMs === undefined || Date.now() - submittedAtMs >= RESULT_LIFETIME_MS,
	};
	return await downloadResult(request, execution).catch((error: unknown) => {
		const isTimeOver = error instanceof EvolinkFailure && error.details.timedOut === true;
		if (!isTimeOver || settings.onTimeout !== 'returnTask') throw error;
		const { message, description } = error.details;
		const advice = `${message}. The row has the link, but no file. ${description}`;
		execution.advise(settings.itemIndex, advice);
		return undefined;
	});
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
		...(task.creditsReserved === undefined ? {} : { creditsReserved: task.creditsReserved }),
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
