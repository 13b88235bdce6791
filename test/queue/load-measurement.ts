import type { Sandbox } from '../../sandbox';
import { isRecord } from '../../tools/n8n/n8n-answers';
import type { ActiveWorkflow } from './active-workflow';
import { measureProcessTree, type ProcessTreeUsage } from './process-tree-usage';
import type { QueueCluster } from './queue-cluster';
import { measureQueueDepth } from './queue-depth';
import { executionIdsOf, waitForEnds, type StoredExecution } from './stored-executions';
import { callWebhookEvenly, type WebhookCall } from './webhook-calls';
import { DURABLE_PAUSE_SECONDS, type WaitPattern } from './webhook-workflows';

/** How many executions are started, and what they wait for. */
export interface LoadPlan {
	pattern: WaitPattern;
	executions: number;
	/** The webhook is called at even distances within this time. */
	startedWithinSeconds: number;
	/** How long each video is made. */
	videoSeconds: number;
	/** Size of each video's file; a bit more, for the clip itself. */
	videoBytes: number;
}

/** What a load led to. */
export interface LoadResult extends LoadPlan {
	/** Executions that succeeded. */
	finished: number;
	/** By the sandbox's bill. */
	videosCharged: number;
	/** Executions whose video is on the bill more than once. */
	chargedTwice: number;
	/** From the first call of the webhook to the end of the last execution. */
	executionsPerMinute: number;
	/** The longest time from a call of the webhook to the submission of its video. */
	longestQueueWaitSeconds: number;
	/**
	 * Durable pattern only: the longest time from the end of a pause to the first look at the task,
	 * so how late n8n woke the execution up and a worker took it.
	 */
	longestWakeDelaySeconds?: number;
	longestWebhookAnswerMs: number;
	medianSecondsToVideo: number;
	longestSecondsToVideo: number;
	/** How long an execution takes up a place on a worker, all its stretches together, on average. */
	slotSecondsPerExecution: number;
	/** The most executions that waited for a place on a worker. */
	mostInQueue: number;
	/** All executions together. */
	statusReads: number;
	/** By the name of the server. */
	processes: Record<string, ProcessTreeUsage>;
}

/** What a load left behind, for the checks. */
export interface LoadRecord {
	calls: WebhookCall[];
	executions: StoredExecution[];
	/** By the prompt that each was started with. */
	executionIds: ReadonlyMap<string, string>;
	result: LoadResult;
}

/** Starts the executions, waits until all have ended, and works out the figures. */
export async function measureLoad(
	cluster: QueueCluster,
	{ workflow, url }: ActiveWorkflow,
	plan: LoadPlan,
	timeoutMs: number,
): Promise<LoadRecord> {
	const { sandbox, postgres } = cluster;
	for (let number = 1; number <= plan.executions; number++) {
		sandbox.planTask({
			generationSeconds: plan.videoSeconds,
			outcome: { status: 'completed', mediaPaddingBytes: plan.videoBytes },
		});
	}
	const endMeasuring = await measureServers(cluster);
	const endCounting = measureQueueDepth(cluster.redis.port);
	const prompts = Array.from(
		{ length: plan.executions },
		(_, index) => `Load ${plan.pattern} ${index + 1}`,
	);
	const calls = await callWebhookEvenly(url, prompts, plan.startedWithinSeconds * 1_000);
	const executions = await waitForEnds(postgres, workflow, plan.executions, timeoutMs);
	const processes = await endMeasuring();
	const { meanRunning, maxQueued, elapsedSeconds } = endCounting();

	const submittedAtMs = submissionTimes(sandbox);
	const queueWaitsMs = calls.map(
		({ prompt, sentAtMs }) => (submittedAtMs.get(prompt) ?? NaN) - sentAtMs,
	);
	const executionIds = executionIdsOf(executions, prompts);
	const secondsToVideo = calls
		.map(({ prompt, sentAtMs }) => {
			const execution = executions.find(({ id }) => id === executionIds.get(prompt));
			return ((execution?.stoppedAtMs ?? NaN) - sentAtMs) / 1_000;
		})
		.sort((a, b) => a - b);
	const lastStoppedMs = Math.max(...executions.map(({ stoppedAtMs = NaN }) => stoppedAtMs));
	const minutes = (lastStoppedMs - calls[0].sentAtMs) / 60_000;
	return {
		calls,
		executions,
		executionIds,
		result: {
			...plan,
			finished: executions.filter(({ status }) => status === 'success').length,
			videosCharged: sandbox.bill.length,
			chargedTwice: prompts.filter(
				(prompt) => sandbox.bill.filter((entry) => entry.prompt === prompt).length > 1,
			).length,
			executionsPerMinute: plan.executions / minutes,
			longestQueueWaitSeconds: Math.max(...queueWaitsMs) / 1_000,
			...(plan.pattern === 'durable'
				? { longestWakeDelaySeconds: longestWakeDelaySeconds(sandbox) }
				: {}),
			longestWebhookAnswerMs: Math.max(
				...calls.map(({ sentAtMs, answeredAtMs }) => answeredAtMs - sentAtMs),
			),
			medianSecondsToVideo: secondsToVideo[Math.floor(secondsToVideo.length / 2)],
			longestSecondsToVideo: secondsToVideo[secondsToVideo.length - 1],
			slotSecondsPerExecution: (meanRunning * elapsedSeconds) / plan.executions,
			mostInQueue: maxQueued,
			statusReads: sandbox.requestsOf('read').length,
			processes,
		},
	};
}

/** When the first submission of each prompt arrived. */
function submissionTimes(sandbox: Sandbox): Map<string, number> {
	const times = new Map<string, number>();
	for (const { body, receivedAtMs } of sandbox.requestsOf('submit')) {
		if (!isRecord(body) || typeof body.prompt !== 'string') continue;
		if (!times.has(body.prompt)) times.set(body.prompt, receivedAtMs);
	}
	return times;
}

function longestWakeDelaySeconds(sandbox: Sandbox): number {
	const reads = sandbox.requestsOf('read');
	const delaysMs = sandbox.requestsOf('submit').map(({ taskId, answeredAtMs = NaN }) => {
		const firstReadMs = reads.find((read) => read.taskId === taskId)?.receivedAtMs ?? NaN;
		return firstReadMs - answeredAtMs - DURABLE_PAUSE_SECONDS * 1_000;
	});
	return Math.max(...delaysMs) / 1_000;
}

async function measureServers({ n8n, redis, postgres }: QueueCluster) {
	const servers = [...n8n, ['Redis', redis] as const, ['PostgreSQL', postgres] as const];
	const endings = await Promise.all(
		servers.map(async ([name, { processId }]) => {
			if (processId === undefined) throw new Error(`${name} does not run`);
			return [name, await measureProcessTree(processId)] as const;
		}),
	);
	return async () => {
		const usages = endings.map(async ([name, end]) => [name, await end()] as const);
		return Object.fromEntries(await Promise.all(usages));
	};
}
