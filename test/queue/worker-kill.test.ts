import { nodeError, outputItems } from '../../tools/engine/run-results';
import { EVOLINK, evolinkWorkflow } from '../n8n/evolink-workflow';
import { expectVideo } from '../n8n/video-check';
import {
	expectAllDelivered,
	logNames,
	outcomeOf,
	startBatch,
	waitUntilAsleep,
	waitUntilLogged,
	type Batch,
	type BatchOutcome,
} from './batch';
import { useQueueCluster } from './queue-cluster';

const SLEEPING = 20;
/** Every place of both workers. */
const RUNNING = 20;
const STARTED_WITHIN_MS = 4_000;
const BEGIN_TIMEOUT_MS = 60_000;
/**
 * The lock of a job that has lost its worker runs out after a minute, the workers look for such jobs
 * every half minute, and then n8n gives the execution another half minute.
 */
const LOST_TIMEOUT_MS = 180_000;

const cluster = useQueueCluster();
let asleep: Batch;
let sleeping: BatchOutcome;
let running: BatchOutcome;

beforeAll(
	async () => {
		const plan = { withinMs: STARTED_WITHIN_MS, videoSeconds: 40 };
		asleep = await startBatch(cluster(), {
			...plan,
			whileWaiting: 'sleep',
			name: 'Asleep',
			executions: SLEEPING,
		});
		await waitUntilAsleep(cluster(), asleep, BEGIN_TIMEOUT_MS);
		const awake = await startBatch(cluster(), {
			...plan,
			whileWaiting: 'keepRunning',
			name: 'Running',
			executions: RUNNING,
		});
		// Killed between the submission and its response, a worker could not know what it has started.
		await waitUntilLogged(cluster(), awake, BEGIN_TIMEOUT_MS);

		await cluster().workers[0].kill();

		sleeping = await outcomeOf(cluster(), asleep, LOST_TIMEOUT_MS);
		running = await outcomeOf(cluster(), awake, LOST_TIMEOUT_MS);
	},
	2 * BEGIN_TIMEOUT_MS + 2 * LOST_TIMEOUT_MS,
);

describe('when a worker is killed (SIGKILL) while videos are being made', () => {
	it('what sleeps gets its videos on the other worker, each paid once', () => {
		expectAllDelivered(sleeping, asleep);
	});

	it('what keeps running there is lost, paid once, and its log names the tasks; the rest finishes', () => {
		const { undelivered } = running;
		expect(undelivered.length).toBeGreaterThan(0);
		expect(undelivered.length).toBeLessThan(RUNNING);
		expect(running).toMatchObject({
			statuses: { success: RUNNING - undelivered.length, error: undelivered.length },
			charged: RUNNING,
			chargedTwice: 0,
		});
		for (const taskId of undelivered) expect(logNames(cluster().workers[0], taskId)).toBe(true);
	});

	it('Task > Get delivers each lost video, without paying again', async () => {
		const { api, sandbox, credential } = cluster();
		const charged = sandbox.bill.length;
		const file = evolinkWorkflow({
			startedBy: 'hand',
			items: running.undelivered.map((taskId) => ({ taskId })),
			parameters: {
				resource: 'task',
				operation: 'get',
				taskId: '={{ $json.taskId }}',
				downloadVideo: true,
			},
		});

		const execution = await api.runToEnd(await api.createWorkflow(file, [credential]));

		expect(nodeError(execution)).toBeUndefined();
		const rows = outputItems(execution, EVOLINK);
		expect(rows).toHaveLength(running.undelivered.length);
		for (const [index, taskId] of running.undelivered.entries()) {
			await expectVideo(cluster(), rows[index], taskId);
		}
		expect(sandbox.bill).toHaveLength(charged);
	}, 60_000);
});
