import pidtree from 'pidtree';
import pidusage from 'pidusage';

import { isRecord } from '../../tools/n8n/n8n-answers';
import { billOf, expectAllDelivered, outcomeOf, startBatch, type Batch } from './batch';
import { useQueueCluster, WORKER_CONCURRENCY, type QueueCluster } from './queue-cluster';

/** About what a video of six seconds has. */
const VIDEO_BYTES = 2 * 1024 * 1024;
/** The figures in docs/scaling.md were measured with 200. */
const EXECUTIONS = Number(process.env.EVOLINK_QUEUE_EXECUTIONS ?? 20);
const EXECUTIONS_A_MINUTE = 200;
const VIDEO_SECONDS = 30;
/** Each place on a worker makes one video after another; twice that is for a slow machine. */
const TIMEOUT_MS =
	2 * Math.ceil(EXECUTIONS / WORKER_CONCURRENCY / 2) * (VIDEO_SECONDS + 15) * 1_000 + 240_000;
const MEMORY_INTERVAL_MS = 1_000;

const cluster = useQueueCluster();

it.each(['keepRunning', 'sleep'] as const)(
	`${EXECUTIONS} executions, ${EXECUTIONS_A_MINUTE} a minute, with "%s": all finish, each video is paid once and kept`,
	async (whileWaiting) => {
		cluster().sandbox.reset();
		const endMeasuring = measureWorkers(cluster());
		const batch = await startBatch(cluster(), {
			whileWaiting,
			name: whileWaiting,
			executions: EXECUTIONS,
			videoSeconds: VIDEO_SECONDS,
			videoBytes: VIDEO_BYTES,
			withinMs: (EXECUTIONS / EXECUTIONS_A_MINUTE) * 60_000,
		});
		const outcome = await outcomeOf(cluster(), batch, TIMEOUT_MS);

		const { statuses, charged, chargedTwice, seconds } = outcome;
		const figures = {
			...{ whileWaiting, statuses, charged, chargedTwice },
			longestWaitForWorkerSeconds: Math.max(...secondsToSubmission(cluster(), batch)),
			medianSecondsToVideo: seconds[Math.floor(seconds.length / 2)],
			longestSecondsToVideo: seconds.at(-1),
			workerMebibytes: endMeasuring(),
		};
		process.stdout.write(`load: ${JSON.stringify(figures)}\n`);
		expectAllDelivered(outcome, batch);
		await expectEveryVideoKept(cluster(), batch);
	},
	TIMEOUT_MS + 60_000,
);

/** From the call of the webhook to the submission of its video. */
function secondsToSubmission({ sandbox }: QueueCluster, { calledAtMs }: Batch): number[] {
	return sandbox.requestsOf('submit').map(({ body, receivedAtMs }) => {
		const prompt = isRecord(body) ? String(body.prompt) : '';
		return (receivedAtMs - (calledAtMs.get(prompt) ?? NaN)) / 1_000;
	});
}

/** Each execution keeps its own video in the database, byte for byte. */
async function expectEveryVideoKept(current: QueueCluster, batch: Batch): Promise<void> {
	const rows = await current.postgres.rows(
		`SELECT encode(sha256(b.data), 'hex') AS sha256 FROM binary_data b
		 JOIN execution_entity e ON e.id::text = b."sourceId" WHERE e."workflowId" = '${batch.workflowId}'`,
	);
	const made = billOf(current, batch).map(({ taskId }) => current.sandbox.mediaOf(taskId).sha256);
	expect(rows.map(({ sha256 }) => sha256).sort()).toEqual(made.sort());
}

/** Looks at the workers' memory, with all their processes; the returned function tells the most. */
function measureWorkers({ workers }: QueueCluster): () => number[] {
	const mostBytes = workers.map(() => 0);
	const looking = setInterval(() => {
		workers.forEach((worker, index) => {
			void memoryOf(worker.processId ?? 0).then((bytes) => {
				mostBytes[index] = Math.max(mostBytes[index], bytes);
			});
		});
	}, MEMORY_INTERVAL_MS);
	return () => {
		clearInterval(looking);
		return mostBytes.map((bytes) => Math.round(bytes / 1024 / 1024));
	};
}

async function memoryOf(processId: number): Promise<number> {
	try {
		const usage = Object.values(await pidusage(await pidtree(processId, { root: true })));
		return usage.reduce((sum, { memory }) => sum + memory, 0);
	} catch {
		// One of them has ended between the two questions.
		return 0;
	}
}
