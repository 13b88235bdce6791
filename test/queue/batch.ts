import { isTerminalExecutionStatus, ExecutionStatusList, type ExecutionStatus } from 'n8n-workflow';
import { setTimeout as delay } from 'node:timers/promises';

import type { BillEntry } from '../../sandbox';
import type { N8nServer } from '../../tools/n8n/n8n-server';
import { callWebhook, evolinkWorkflow, webhookUrl } from '../n8n/evolink-workflow';
import type { QueueCluster } from './queue-cluster';

/** How the node waits: the option "While Waiting". */
export type WhileWaiting = 'keepRunning' | 'sleep';

/** Executions that are started by a webhook, each for one video. */
export interface BatchPlan {
	whileWaiting: WhileWaiting;
	/** Each execution's prompt begins with it; no two batches of a test may have the same. */
	name: string;
	executions: number;
	/** How long each video is made. */
	videoSeconds: number;
	/** What the API says about that; without it, the node sleeps for 90 s. */
	estimatedTimeSeconds?: number;
	videoBytes?: number;
	/** The webhook is called at even distances within this time. */
	withinMs: number;
}

/** A batch that was started. */
export interface Batch {
	plan: BatchPlan;
	workflowId: string;
	/** When the webhook was called, by prompt. */
	calledAtMs: ReadonlyMap<string, number>;
}

/** One execution in n8n's database: read there, so that main has no work with it. */
interface StoredExecution {
	status: ExecutionStatus;
	/** What its nodes returned, in n8n's own notation. */
	data: string;
	/** From the call of the webhook to the end. */
	seconds: number;
}

/** What became of a batch, as the bill and n8n's database tell it. */
export interface BatchOutcome {
	/** How many executions ended in which way. */
	statuses: Record<string, number>;
	charged: number;
	chargedTwice: number;
	/** Task IDs that no successful execution holds. */
	undelivered: string[];
	/** From webhook to end of each execution, sorted. */
	seconds: number[];
}

const CHECK_INTERVAL_MS = 500;

/** Starts the executions, and returns when n8n has answered the last call. */
export async function startBatch(
	{ api, sandbox, credential }: QueueCluster,
	plan: BatchPlan,
): Promise<Batch> {
	const { name, executions, videoSeconds, videoBytes, whileWaiting, withinMs } = plan;
	const parameters = { prompt: '={{ $json.body.prompt }}', options: { whileWaiting } };
	const file = evolinkWorkflow({ startedBy: 'webhook', parameters });
	const workflow = await api.createWorkflow(file, [credential]);
	await api.activate(workflow);
	const calledAtMs = new Map<string, number>();
	const startedMs = Date.now();
	await Promise.all(
		Array.from({ length: executions }, async (_, index) => {
			const prompt = `${name} ${index + 1}.`;
			sandbox.planTask({
				match: { promptIncludes: prompt },
				generationSeconds: videoSeconds,
				estimatedTimeSeconds: plan.estimatedTimeSeconds,
				outcome: { status: 'completed', mediaPaddingBytes: videoBytes },
			});
			await delay(startedMs + (index * withinMs) / executions - Date.now());
			calledAtMs.set(prompt, Date.now());
			await callWebhook(webhookUrl(api, workflow), { prompt });
		}),
	);
	return { plan, workflowId: workflow.id, calledAtMs };
}

/** What the batch has cost so far. */
export function billOf({ sandbox }: QueueCluster, { plan }: Batch): BillEntry[] {
	return sandbox.bill.filter(({ prompt }) => prompt?.startsWith(plan.name));
}

/** Whether the log of that n8n process says that it has started the paid task. */
export function logNames({ log }: N8nServer, taskId: string): boolean {
	return log.includes(`Evolink started a paid task: ${taskId}`);
}

/** Waits until a worker has noted each task of the batch in its log. @throws Error when in vain */
export async function waitUntilLogged(
	cluster: QueueCluster,
	batch: Batch,
	timeoutMs: number,
): Promise<void> {
	const deadlineMs = Date.now() + timeoutMs;
	const isLogged = ({ taskId }: BillEntry) =>
		cluster.workers.some((worker) => logNames(worker, taskId));
	while (billOf(cluster, batch).filter(isLogged).length < batch.plan.executions) {
		if (Date.now() > deadlineMs) throw new Error('Not every task is in a log');
		await delay(CHECK_INTERVAL_MS);
	}
}

/** Waits until all executions of the batch sleep. @throws Error when that takes too long */
export async function waitUntilAsleep(
	cluster: QueueCluster,
	batch: Batch,
	timeoutMs: number,
): Promise<void> {
	await waitForExecutions(cluster, batch, (status) => status === 'waiting', timeoutMs);
}

/** Waits until all executions of the batch have ended, and tells how. @throws Error when in vain */
export async function outcomeOf(
	cluster: QueueCluster,
	batch: Batch,
	timeoutMs: number,
): Promise<BatchOutcome> {
	const isEnd = (status: ExecutionStatus) => isTerminalExecutionStatus(status);
	const executions = await waitForExecutions(cluster, batch, isEnd, timeoutMs);
	const statuses: Record<string, number> = {};
	for (const { status } of executions) statuses[status] = (statuses[status] ?? 0) + 1;
	const successes = executions.filter(({ status }) => status === 'success');
	const bill = billOf(cluster, batch);
	const prompts = new Set(bill.map(({ prompt }) => prompt));
	return {
		statuses,
		charged: bill.length,
		chargedTwice: bill.length - prompts.size,
		undelivered: bill
			.map(({ taskId }) => taskId)
			.filter((taskId) => !successes.some(({ data }) => data.includes(taskId))),
		seconds: successes.map(({ seconds }) => seconds).sort((a, b) => a - b),
	};
}

/** Checks that every execution got its video, each paid once. */
export function expectAllDelivered(outcome: BatchOutcome, { plan }: Batch): void {
	expect(outcome).toMatchObject({
		statuses: { success: plan.executions },
		charged: plan.executions,
		chargedTwice: 0,
		undelivered: [],
	});
}

async function waitForExecutions(
	{ postgres }: QueueCluster,
	{ plan, workflowId }: Batch,
	isReached: (status: ExecutionStatus) => boolean,
	timeoutMs: number,
): Promise<StoredExecution[]> {
	const deadlineMs = Date.now() + timeoutMs;
	for (;;) {
		const rows = await postgres.rows(
			`SELECT status, count(*) FROM execution_entity WHERE "workflowId" = '${workflowId}' GROUP BY status`,
		);
		const reached = rows.filter((row) => isReached(readStatus(row)));
		const count = reached.reduce((sum, row) => sum + Number(row.count), 0);
		if (count >= plan.executions) break;
		if (Date.now() > deadlineMs) {
			throw new Error(`${count} of ${plan.executions} in time: ${JSON.stringify(rows)}`);
		}
		await delay(CHECK_INTERVAL_MS);
	}
	const rows = await postgres.rows(
		`SELECT status, data, extract(epoch FROM "stoppedAt" - "createdAt") AS seconds
		 FROM execution_entity e LEFT JOIN execution_data d ON d."executionId" = e.id
		 WHERE "workflowId" = '${workflowId}'`,
	);
	return rows.map((row) => ({
		status: readStatus(row),
		data: String(row.data),
		seconds: Number(row.seconds),
	}));
}

function readStatus({ status }: Record<string, unknown>): ExecutionStatus {
	const found = ExecutionStatusList.find((known) => known === status);
	if (found === undefined) throw new Error(`n8n's database knows a status "${status}"`);
	return found;
}
