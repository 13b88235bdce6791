import { nodeError, outputItems } from '../../tools/engine/run-results';
import { startSftpServer, type SftpServer } from '../n8n/chains/sftp-server';
import { EVOLINK, evolinkWorkflow } from '../n8n/survival/evolink-workflow';
import { expectVideo } from '../n8n/survival/video-check';
import { activateWorkflow } from './active-workflow';
import { judgeAtEnd, startBatch, waitUntilAsleep } from './batch';
import { logsThatName, waitUntilLogged, type BatchOutcome } from './paid-tasks';
import type { QueueCluster } from './queue-cluster';
import { printMeasured } from './measured';
import { waitForExecutions } from './stored-executions';
import {
	builtInWaitWorkflow,
	durableWorkflow,
	sleepWorkflow,
	storageWorkflow,
	type WaitPattern,
} from './webhook-workflows';

const DURABLE_EXECUTIONS = 20;
/** Every place of both workers. */
const BUILT_IN_EXECUTIONS = 20;
const STORED_VIDEOS = 6;
const SHORT_VIDEO_SECONDS = 2;
/** Still being made when the worker is killed. */
const LONG_VIDEO_SECONDS = 40;
/** n8n gives the two workers their executions in turn. */
const WOKEN_EXECUTIONS = 6;
/** Still being made when the execution has woken up. */
const LONG_AFTER_WAKING_SECONDS = 170;
const STARTED_WITHIN_MS = 4_000;
const BEGIN_TIMEOUT_MS = 60_000;
/**
 * The lock of a job that has lost its worker runs out after a minute, the workers look for such jobs
 * every half minute, and then n8n gives the execution another half minute.
 */
const LOST_EXECUTION_TIMEOUT_MS = 180_000;
const SCENARIO_TIMEOUT_MS = 3 * BEGIN_TIMEOUT_MS + 2 * LOST_EXECUTION_TIMEOUT_MS;

const FAULT = 'One worker killed (SIGKILL)';

/** Some of the executions are lost with their worker: paid once, and named in a log only; the others finish. */
function expectLostButPaid(outcome: BatchOutcome, pattern: WaitPattern, executions: number): void {
	const lost = outcome.undelivered;
	expect(lost.length).toBeGreaterThan(0);
	expect(lost.length).toBeLessThan(executions);
	expect(outcome).toEqual({
		pattern,
		callsAnswered: executions,
		statuses: { success: executions - lost.length, error: lost.length },
		videosCharged: executions,
		promptsChargedTwice: [],
		undelivered: lost.map(({ taskId }) => ({
			taskId,
			status: 'error',
			isInLog: true,
			isInExecution: false,
		})),
	});
}

/** One worker dies as in a crash, while videos are being made. */
export function describeWorkerKill(cluster: () => QueueCluster): void {
	describe('when a worker is killed (SIGKILL) while videos are being made', () => {
		let storage: SftpServer;
		let stored: BatchOutcome;
		let durable: BatchOutcome;
		let sleeping: BatchOutcome;
		let builtIn: BatchOutcome;

		// Nothing is reset between these tests: all look at what one killing has led to.
		beforeAll(async () => {
			const { api, sandbox, workers, interrupt } = cluster();
			sandbox.reset();
			storage = await startSftpServer();
			const data = storage.credential;
			const sftp = await api.createCredential({ name: 'SFTP', type: 'sftp', data });
			const [toStorage, toDurable, toSleep, toBuiltIn] = [
				await activateWorkflow(cluster(), storageWorkflow(), [sftp]),
				await activateWorkflow(cluster(), durableWorkflow()),
				await activateWorkflow(cluster(), sleepWorkflow()),
				await activateWorkflow(cluster(), builtInWaitWorkflow()),
			];
			const plan = (count: number, seconds: number) => ({
				videoSeconds: Array.from({ length: count }, () => seconds),
				withinMs: STARTED_WITHIN_MS,
			});
			const toStore = await startBatch(cluster(), toStorage, {
				pattern: 'durable',
				name: 'To be stored',
				...plan(STORED_VIDEOS, SHORT_VIDEO_SECONDS),
			});
			const asleep = await startBatch(cluster(), toDurable, {
				pattern: 'durable',
				name: 'Asleep',
				...plan(DURABLE_EXECUTIONS, SHORT_VIDEO_SECONDS),
			});
			const inNode = await startBatch(cluster(), toSleep, {
				pattern: 'sleep',
				name: 'Asleep in the node',
				...plan(DURABLE_EXECUTIONS, SHORT_VIDEO_SECONDS),
			});
			await waitUntilAsleep(cluster(), toStore, BEGIN_TIMEOUT_MS);
			await waitUntilAsleep(cluster(), inNode, BEGIN_TIMEOUT_MS);
			await waitUntilAsleep(cluster(), asleep, BEGIN_TIMEOUT_MS);
			const inMemory = await startBatch(cluster(), toBuiltIn, {
				pattern: 'builtIn',
				name: 'In memory',
				...plan(BUILT_IN_EXECUTIONS, LONG_VIDEO_SECONDS),
			});
			const videos = STORED_VIDEOS + 2 * DURABLE_EXECUTIONS + BUILT_IN_EXECUTIONS;
			// Killed between the order and its answer, a worker could not know what it has ordered.
			await waitUntilLogged(cluster(), videos, BEGIN_TIMEOUT_MS);

			await interrupt(workers[0], async () => {
				await workers[0].kill();
				stored = await judgeAtEnd(cluster(), [toStore], LOST_EXECUTION_TIMEOUT_MS);
				durable = await judgeAtEnd(cluster(), [asleep], LOST_EXECUTION_TIMEOUT_MS);
				sleeping = await judgeAtEnd(cluster(), [inNode], LOST_EXECUTION_TIMEOUT_MS);
				builtIn = await judgeAtEnd(cluster(), [inMemory], LOST_EXECUTION_TIMEOUT_MS);
				await workers[0].restart();
			});
			printMeasured(FAULT, durable);
			printMeasured(FAULT, builtIn);
		}, SCENARIO_TIMEOUT_MS);
		afterAll(async () => await storage?.close());

		it('with the durable pattern all finish on the other worker, none charged twice', () => {
			expect(durable).toEqual({
				pattern: 'durable',
				callsAnswered: DURABLE_EXECUTIONS,
				statuses: { success: DURABLE_EXECUTIONS },
				videosCharged: DURABLE_EXECUTIONS,
				promptsChargedTwice: [],
				undelivered: [],
			});
		});

		it('asleep in the node all finish on the other worker, none charged twice', () => {
			expect(sleeping).toEqual({ ...durable, pattern: 'sleep' });
		});

		it('a storage node on the other worker gets the video that the killed one had fetched, byte for byte', async () => {
			expect(stored.statuses).toEqual({ success: STORED_VIDEOS });
			const fetchedByKilled = cluster()
				.sandbox.bill.filter(({ prompt }) => prompt?.startsWith('To be stored'))
				.map(({ taskId }) => taskId)
				.filter((taskId) => logsThatName(cluster(), taskId)[0] === 'worker 1');
			// n8n gives the two workers their executions in turn.
			expect(fetchedByKilled.length).toBeGreaterThan(0);
			for (const taskId of fetchedByKilled) {
				const bytes = await storage.readFile(`videos/${taskId}.mp4`);
				expect(bytes.equals(cluster().sandbox.mediaOf(taskId).bytes())).toBe(true);
			}
		});

		it('in the built-in wait the executions of the killed worker are lost, paid once, and only its log names their tasks', () => {
			expectLostButPaid(builtIn, 'builtIn', BUILT_IN_EXECUTIONS);
			for (const { taskId } of builtIn.undelivered)
				expect(logsThatName(cluster(), taskId)).toEqual(['worker 1']);
		});

		it('Task > Get delivers each lost video, without paying again', async () => {
			const { api, sandbox, credential } = cluster();
			const taskIds = builtIn.undelivered.map(({ taskId }) => taskId);
			const charged = sandbox.bill.length;
			const workflow = await api.createWorkflow(
				evolinkWorkflow({
					startedBy: 'hand',
					items: taskIds.map((taskId) => ({ taskId })),
					parameters: {
						resource: 'task',
						operation: 'get',
						taskId: '={{ $json.taskId }}',
						waitForCompletion: true,
						downloadVideo: true,
					},
				}),
				[credential],
			);

			const execution = await api.runToEnd(workflow);

			expect(nodeError(execution)).toBeUndefined();
			const rows = outputItems(execution, EVOLINK);
			expect(rows).toHaveLength(taskIds.length);
			for (const [index, row] of rows.entries()) {
				await expectVideo(cluster(), row, taskIds[index]);
			}
			expect(sandbox.bill).toHaveLength(charged);
		});
	});
}

/** What has woken up waits in memory for the rest of the time, as with the built-in wait. */
export function describeKillAfterWaking(cluster: () => QueueCluster): void {
	describe('when a worker is killed (SIGKILL) after executions have woken up on it', () => {
		it(
			'those are lost, paid once, and only its log names their tasks; the others get their videos',
			async () => {
				const { postgres, sandbox, workers, interrupt } = cluster();
				sandbox.reset();
				const active = await activateWorkflow(cluster(), sleepWorkflow());
				const batch = await startBatch(cluster(), active, {
					pattern: 'sleep',
					name: 'Woken up',
					videoSeconds: Array.from({ length: WOKEN_EXECUTIONS }, () => LONG_AFTER_WAKING_SECONDS),
					withinMs: 1_000,
				});
				await waitUntilAsleep(cluster(), batch, BEGIN_TIMEOUT_MS);
				await waitForExecutions(postgres, active.workflow, {
					count: WOKEN_EXECUTIONS,
					isReached: (status) => status === 'running',
					timeoutMs: LOST_EXECUTION_TIMEOUT_MS,
				});
				await sandbox.waitForRequests('read', WOKEN_EXECUTIONS);

				await interrupt(workers[0], async () => {
					await workers[0].kill();
					const outcome = await judgeAtEnd(cluster(), [batch], LOST_EXECUTION_TIMEOUT_MS);
					await workers[0].restart();

					printMeasured('One worker killed (SIGKILL) after waking', outcome);
					expectLostButPaid(outcome, 'sleep', WOKEN_EXECUTIONS);
				});
			},
			SCENARIO_TIMEOUT_MS,
		);
	});
}

/** How a worker is ended for an update: it gets the time to finish what it has begun. */
export function describeWorkerStop(cluster: () => QueueCluster): void {
	describe('when a worker is stopped in order (SIGTERM) while videos are being made', () => {
		it(
			'it finishes them first, and new executions go to the other worker',
			async () => {
				const { sandbox, workers, interrupt } = cluster();
				sandbox.reset();
				const active = await activateWorkflow(cluster(), builtInWaitWorkflow());
				const plan = { pattern: 'builtIn', withinMs: 1_000 } as const;
				const before = await startBatch(cluster(), active, {
					...plan,
					name: 'Before',
					videoSeconds: [6, 6, 6, 6],
				});
				await sandbox.waitForRequests('submit', 4);

				await interrupt(workers[0], async () => {
					const stopping = workers[0].stop();
					const meanwhile = await startBatch(cluster(), active, {
						...plan,
						name: 'Meanwhile',
						videoSeconds: [1, 1, 1, 1],
					});
					await stopping;
					const outcome = await judgeAtEnd(cluster(), [before, meanwhile], BEGIN_TIMEOUT_MS);
					await workers[0].restart();

					printMeasured('One worker stopped in order (SIGTERM)', outcome);
					expect(outcome).toEqual({
						pattern: 'builtIn',
						callsAnswered: 8,
						statuses: { success: 8 },
						videosCharged: 8,
						promptsChargedTwice: [],
						undelivered: [],
					});
				});
				const finishedByStopped = sandbox.bill
					.filter(({ prompt }) => prompt?.startsWith('Before'))
					.filter(({ taskId }) => logsThatName(cluster(), taskId)[0] === 'worker 1');
				expect(finishedByStopped.length).toBeGreaterThan(0);
			},
			SCENARIO_TIMEOUT_MS,
		);
	});
}
