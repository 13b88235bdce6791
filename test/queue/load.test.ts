/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs beside n8n, never inside it */
import { activateWorkflow } from './active-workflow';
import { measureLoad, type LoadPlan, type LoadRecord } from './load-measurement';
import { judgeBatch } from './paid-tasks';
import { WORKER_CONCURRENCY, type QueueCluster } from './queue-cluster';
import { printMeasured } from './measured';
import { useQueueCluster } from './use-queue-cluster';
import {
	builtInWaitWorkflow,
	durableWorkflow,
	sleepWorkflow,
	type WaitPattern,
} from './webhook-workflows';

/** About what a video of six seconds has. */
const VIDEO_BYTES = 2 * 1024 * 1024;
/** The figures in docs/scaling.md were measured with 200. */
const EXECUTIONS = Number(process.env.EVOLINK_QUEUE_EXECUTIONS ?? 20);
/** 200 a minute. */
const STARTED_WITHIN_SECONDS = EXECUTIONS * 0.3;
const VIDEO_SECONDS = 30;

const WORKFLOWS = {
	builtIn: builtInWaitWorkflow,
	sleep: sleepWorkflow,
	durable: durableWorkflow,
};
const TITLES: Record<WaitPattern, string> = {
	builtIn: 'the built-in wait',
	sleep: 'the node asleep',
	durable: 'the durable pattern (Create, Wait, Task > Get)',
};

/** Many executions at once, with each way to wait. */
function describeLoad(cluster: () => QueueCluster): void {
	const slots = WORKER_CONCURRENCY * 2;
	// Each place on a worker makes one video after another; twice that is for a slow machine.
	const timeoutMs = 2 * Math.ceil(EXECUTIONS / slots) * (VIDEO_SECONDS + 15) * 1_000 + 240_000;

	describe.each(['builtIn', 'sleep', 'durable'] as const)(
		'a load of the pattern "%s"',
		(pattern) => {
			const plan: LoadPlan = {
				pattern,
				executions: EXECUTIONS,
				startedWithinSeconds: STARTED_WITHIN_SECONDS,
				videoSeconds: VIDEO_SECONDS,
				videoBytes: VIDEO_BYTES,
			};
			let record: LoadRecord;

			it(
				`${EXECUTIONS} executions from a webhook, with ${TITLES[pattern]}: all finish, each is charged once`,
				async () => {
					cluster().sandbox.reset();
					const active = await activateWorkflow(cluster(), WORKFLOWS[pattern]());

					record = await measureLoad(cluster(), active, plan, timeoutMs);

					printMeasured('load', record.result);
					const { calls, executions, executionIds } = record;
					expect(judgeBatch(cluster(), pattern, calls, executions, executionIds)).toEqual({
						pattern,
						callsAnswered: EXECUTIONS,
						statuses: { success: EXECUTIONS },
						videosCharged: EXECUTIONS,
						promptsChargedTwice: [],
						undelivered: [],
					});
					expect(cluster().sandbox.bill).toHaveLength(EXECUTIONS);
					await expectEveryVideoStored(cluster(), record);
				},
				timeoutMs + 60_000,
			);
		},
	);
}

/** Each execution keeps its own video, byte for byte. */
async function expectEveryVideoStored(
	{ postgres, sandbox }: QueueCluster,
	{ executions }: LoadRecord,
): Promise<void> {
	const ids = executions.map(({ id }) => `'${id}'`).join(',');
	const rows = await postgres.rows(
		`SELECT encode(sha256(data), 'hex') AS sha256 FROM binary_data WHERE "sourceId" IN (${ids})`,
	);
	const stored = rows.map(({ sha256 }) => String(sha256)).sort();
	const made = sandbox.bill.map(({ taskId }) => sandbox.mediaOf(taskId).sha256).sort();
	expect(stored).toEqual(made);
}

describeLoad(useQueueCluster());
