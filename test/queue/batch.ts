import { judgeBatch, type BatchOutcome } from './paid-tasks';
import type { ActiveWorkflow } from './active-workflow';
import type { QueueCluster } from './queue-cluster';
import {
	executionIdsOf,
	storedExecutions,
	waitForEnds,
	waitForExecutions,
} from './stored-executions';
import { callWebhookEvenly, type WebhookCall } from './webhook-calls';
import type { WaitPattern } from './webhook-workflows';

/** Executions that are started one after another. */
export interface BatchPlan {
	pattern: WaitPattern;
	/** Each execution's prompt begins with it; no two batches of a test may have the same. */
	name: string;
	/** How long each video is made; there are as many executions. */
	videoSeconds: readonly number[];
	/** The webhook is called at even distances within this time. */
	withinMs: number;
}

/** A batch that was started. */
export interface Batch {
	plan: BatchPlan;
	active: ActiveWorkflow;
	calls: WebhookCall[];
	/**
	 * Ids of its executions by their prompt: read at once, since n8n forgets what an execution was
	 * started with when it is lost.
	 */
	executionIds: ReadonlyMap<string, string>;
}

/** Starts the executions, and returns when n8n has answered the last call. */
export async function startBatch(
	{ sandbox, postgres }: QueueCluster,
	active: ActiveWorkflow,
	plan: BatchPlan,
): Promise<Batch> {
	const prompts = plan.videoSeconds.map((generationSeconds, index) => {
		const prompt = `${plan.name} ${index + 1}.`;
		sandbox.planTask({ match: { promptIncludes: prompt }, generationSeconds });
		return prompt;
	});
	const calls = await callWebhookEvenly(active.url, prompts, plan.withinMs);
	const executionIds = executionIdsOf(await storedExecutions(postgres, active.workflow), prompts);
	return { plan, active, calls, executionIds };
}

/** Waits until all executions of the batch sleep in n8n's database. */
export async function waitUntilAsleep(
	{ postgres }: QueueCluster,
	{ active, plan }: Batch,
	timeoutMs: number,
): Promise<void> {
	await waitForExecutions(postgres, active.workflow, {
		count: plan.videoSeconds.length,
		isReached: (status) => status === 'waiting',
		timeoutMs,
	});
}

/**
 * Waits until all executions of these batches of one workflow have ended, and judges them.
 * @throws Error when that takes too long
 */
export async function judgeAtEnd(
	cluster: QueueCluster,
	[first, ...others]: [Batch, ...Batch[]],
	timeoutMs: number,
): Promise<BatchOutcome> {
	const calls = [first, ...others].flatMap((batch) => batch.calls);
	const count = calls.filter(({ answer }) => answer === 200).length;
	const { workflow } = first.active;
	const executions = await waitForEnds(cluster.postgres, workflow, count, timeoutMs);
	const prompts = calls.map(({ prompt }) => prompt);
	const executionIds = new Map([
		...executionIdsOf(executions, prompts),
		...[first, ...others].flatMap((batch) => [...batch.executionIds]),
	]);
	return judgeBatch(cluster, first.plan.pattern, calls, executions, executionIds);
}
