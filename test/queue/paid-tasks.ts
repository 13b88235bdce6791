/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { setTimeout as sleep } from 'node:timers/promises';

import type { QueueCluster } from './queue-cluster';
import type { StoredExecution } from './stored-executions';
import type { WebhookCall } from './webhook-calls';
import type { WaitPattern } from './webhook-workflows';

/** What became of a batch of executions, as the bill, n8n's database and its log tell it. */
export interface BatchOutcome {
	pattern: WaitPattern;
	/** Calls that n8n answered with success. */
	callsAnswered: number;
	/** How many of its executions have which status; `none`: the call started no execution. */
	statuses: Record<string, number>;
	videosCharged: number;
	promptsChargedTwice: string[];
	/** Videos that were paid for, while their execution did not succeed. */
	undelivered: UndeliveredVideo[];
}

/** A paid video whose execution did not end well, and where its task ID can be found. */
export interface UndeliveredVideo {
	taskId: string;
	status: string;
	/** Whether n8n's log names it. */
	isInLog: boolean;
	/** Whether the execution, as n8n saved it, names it. */
	isInExecution: boolean;
}

/**
 * Judges a batch by what the sandbox has charged.
 * @param executionIds by the prompt that each execution was started with
 */
export function judgeBatch(
	cluster: QueueCluster,
	pattern: WaitPattern,
	calls: readonly WebhookCall[],
	executions: readonly StoredExecution[],
	executionIds: ReadonlyMap<string, string>,
): BatchOutcome {
	const statuses: Record<string, number> = {};
	const promptsChargedTwice: string[] = [];
	const undelivered: UndeliveredVideo[] = [];
	let videosCharged = 0;
	for (const { prompt } of calls) {
		const execution = executions.find(({ id }) => id === executionIds.get(prompt));
		const status = execution?.status ?? 'none';
		statuses[status] = (statuses[status] ?? 0) + 1;
		const paid = cluster.sandbox.bill.filter((entry) => entry.prompt === prompt);
		videosCharged += paid.length;
		if (paid.length > 1) promptsChargedTwice.push(prompt);
		if (status === 'success') continue;
		for (const { taskId } of paid) {
			undelivered.push({
				taskId,
				status,
				isInLog: logsThatName(cluster, taskId).length > 0,
				isInExecution: execution?.data.includes(taskId) ?? false,
			});
		}
	}
	const callsAnswered = calls.filter(({ answer }) => answer === 200).length;
	return { pattern, callsAnswered, statuses, videosCharged, promptsChargedTwice, undelivered };
}

const LOG_CHECK_INTERVAL_MS = 50;

/**
 * Waits until so many tasks are on the bill and named in the logs, so that each worker knows of what it
 * has ordered.
 * @throws Error when that takes too long
 */
export async function waitUntilLogged(
	cluster: QueueCluster,
	count: number,
	timeoutMs: number,
): Promise<void> {
	const deadlineMs = Date.now() + timeoutMs;
	for (;;) {
		const named = cluster.sandbox.bill.filter(
			({ taskId }) => logsThatName(cluster, taskId).length > 0,
		);
		if (named.length >= count) return;
		if (Date.now() > deadlineMs) {
			throw new Error(`The logs name ${named.length} of ${count} paid tasks in time`);
		}
		await sleep(LOG_CHECK_INTERVAL_MS);
	}
}

/** Names of those n8n processes whose log says that they have started the paid task. */
export function logsThatName({ n8n }: QueueCluster, taskId: string): string[] {
	return n8n
		.filter(([, { log }]) => log.includes(`Evolink started a paid task: ${taskId}`))
		.map(([name]) => name);
}
