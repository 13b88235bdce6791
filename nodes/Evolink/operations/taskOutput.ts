import type { IDataObject } from 'n8n-workflow';

import { describeFailedTask } from '../evolink/errors';
import { isFailure, isFinished, isSuccess, RESULT_LIFETIME_MS } from '../evolink/task';
import type { EvolinkTask } from '../evolink/task';

function isoTime(ms: number | undefined): string | null {
	return ms === undefined ? null : new Date(ms).toISOString();
}

/** Returns when the result links stop working, or null without a link or a known start. */
function expiresAt(task: EvolinkTask): string | null {
	if (task.results.length === 0 || task.createdMs === undefined) return null;
	return isoTime(task.createdMs + RESULT_LIFETIME_MS);
}

/** Returns the simplified row of a task: flat, the most useful first. */
export function simplifiedTask(task: EvolinkTask): IDataObject {
	const failed = isFailure(task) ? describeFailedTask(task) : undefined;
	return {
		taskId: task.id,
		model: task.raw.model ?? null,
		status: task.status,
		progress: task.raw.progress ?? null,
		isFinished: isFinished(task),
		isSuccess: isSuccess(task),
		createdAt: isoTime(task.createdMs),
		videoUrl: task.results[0] ?? null,
		results: task.results,
		expiresAt: expiresAt(task),
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
