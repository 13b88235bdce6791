/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { setTimeout as delay } from 'node:timers/promises';

import { activateWorkflow } from './active-workflow';
import { judgeAtEnd, startBatch, waitUntilAsleep } from './batch';
import { logsThatName, type BatchOutcome } from './paid-tasks';
import type { Interruptible, QueueCluster } from './queue-cluster';
import { printMeasured } from './measured';
import { callUntilTaken, callWebhook, type WebhookCall } from './webhook-calls';
import {
	builtInWaitWorkflow,
	durableWorkflow,
	DURABLE_PAUSE_SECONDS,
	sleepWorkflow,
} from './webhook-workflows';

const DURABLE_EXECUTIONS = 20;
/** So that some should wake up while the server is away, and some after that. */
const DURABLE_STARTED_WITHIN_MS = 10_000;
const SHORT_VIDEO_SECONDS = 2;
/** Some videos are finished while the server is away, and some after it has come back. */
const BUILT_IN_VIDEO_SECONDS = [8, 10, 30, 30];
const BUILT_IN_STARTED_WITHIN_MS = 1_000;
/** Before the first execution wakes up. */
const BUILT_IN_STARTED_BEFORE_WAKING_MS = 6_000;
/**
 * Before the first execution wakes up: what n8n is saving in the very moment in which its database
 * goes away can be lost, whatever the node does.
 */
const AWAY_BEFORE_WAKING_MS = 2_000;
const AWAY_MS = 5_000;
/** With n8n's own setting, all its processes would have ended themselves after 10 s. */
const REDIS_AWAY_MS = 12_000;
const BEGIN_TIMEOUT_MS = 60_000;
/** n8n looks every minute for executions that should have woken up. */
const END_TIMEOUT_MS = 240_000;
/** A video that is not finished during its test. */
const UNREACHED_VIDEO_SECONDS = 600;
const RESTART_TIMEOUT_MS = 180_000;
const SCENARIO_TIMEOUT_MS = 2 * BEGIN_TIMEOUT_MS + 2 * END_TIMEOUT_MS;

/** Which server is restarted, and how long it is away. */
export interface Scene {
	/** As the results name it. */
	fault: string;
	server: (cluster: QueueCluster) => Interruptible;
	awayMs: number;
}

function expectAllDelivered(outcome: BatchOutcome): void {
	const executions = outcome.callsAnswered;
	expect(outcome.statuses.success).toBe(executions);
	expect(outcome.videosCharged).toBe(executions);
	expect(outcome.promptsChargedTwice).toEqual([]);
	expect(outcome.undelivered).toEqual([]);
}

export const REDIS_RESTART: Scene = {
	fault: 'Redis restarted',
	server: ({ redis }) => redis,
	awayMs: REDIS_AWAY_MS,
};

export const POSTGRES_RESTART: Scene = {
	fault: 'PostgreSQL restarted',
	server: ({ postgres }) => postgres,
	awayMs: AWAY_MS,
};

export const MAIN_RESTART: Scene = {
	fault: 'main restarted',
	server: ({ main }) => main,
	awayMs: AWAY_MS,
};

/** A server is restarted, while some executions wait and others are about to go on. */
export function describeRestart(
	cluster: () => QueueCluster,
	{ fault, server, awayMs }: Scene,
): void {
	describe(`when ${fault}`, () => {
		let durable: BatchOutcome;
		let sleeping: BatchOutcome;
		let builtIn: BatchOutcome;
		/** One while the server was away, and one when n8n took calls again. */
		let moreCalls: WebhookCall[];

		beforeAll(async () => {
			const { sandbox, interrupt } = cluster();
			sandbox.reset();
			const toDurable = await activateWorkflow(cluster(), durableWorkflow());
			const toSleep = await activateWorkflow(cluster(), sleepWorkflow());
			const toBuiltIn = await activateWorkflow(cluster(), builtInWaitWorkflow());
			const startedMs = Date.now();
			const firstWakesMs = startedMs + DURABLE_PAUSE_SECONDS * 1_000;
			const asleep = await startBatch(cluster(), toDurable, {
				pattern: 'durable',
				name: 'Asleep',
				videoSeconds: Array.from({ length: DURABLE_EXECUTIONS }, () => SHORT_VIDEO_SECONDS),
				withinMs: DURABLE_STARTED_WITHIN_MS,
			});
			const inNode = await startBatch(cluster(), toSleep, {
				pattern: 'sleep',
				name: 'In the node',
				videoSeconds: [SHORT_VIDEO_SECONDS, SHORT_VIDEO_SECONDS],
				withinMs: BUILT_IN_STARTED_WITHIN_MS,
			});
			await waitUntilAsleep(cluster(), asleep, BEGIN_TIMEOUT_MS);
			await waitUntilAsleep(cluster(), inNode, BEGIN_TIMEOUT_MS);
			await delay(firstWakesMs - BUILT_IN_STARTED_BEFORE_WAKING_MS - Date.now());
			const inMemory = await startBatch(cluster(), toBuiltIn, {
				pattern: 'builtIn',
				name: 'In memory',
				videoSeconds: BUILT_IN_VIDEO_SECONDS,
				withinMs: BUILT_IN_STARTED_WITHIN_MS,
			});
			await sandbox.waitForRequests(
				'submit',
				DURABLE_EXECUTIONS + 2 + BUILT_IN_VIDEO_SECONDS.length,
			);
			await delay(firstWakesMs - AWAY_BEFORE_WAKING_MS - Date.now());

			const target = server(cluster());
			await interrupt(target, async () => {
				await target.stop();
				const stoppedMs = Date.now();
				const calling = callWebhook(toBuiltIn.url, 'Called meanwhile');
				await delay(awayMs);
				await target.restart();
				const backMs = Date.now();
				const meanwhile = await calling;
				const afterwards = await callUntilTaken(toBuiltIn.url, 'Called afterwards');
				moreCalls = [meanwhile, afterwards];
				printMeasured('restart', {
					fault,
					awaySeconds: (backMs - stoppedMs) / 1_000,
					callMeanwhile: {
						answer: meanwhile.answer,
						seconds: (meanwhile.answeredAtMs - meanwhile.sentAtMs) / 1_000,
					},
					webhookBackAfterSeconds: (afterwards.sentAtMs - backMs) / 1_000,
				});
			});
			builtIn = await judgeAtEnd(
				cluster(),
				[inMemory, { ...inMemory, calls: moreCalls }],
				END_TIMEOUT_MS,
			);
			durable = await judgeAtEnd(cluster(), [asleep], END_TIMEOUT_MS);
			sleeping = await judgeAtEnd(cluster(), [inNode], END_TIMEOUT_MS);
			printMeasured(fault, durable);
			printMeasured(fault, builtIn);
		}, SCENARIO_TIMEOUT_MS);

		it('with the durable pattern all finish, none charged twice', () => {
			expect(durable.callsAnswered).toBe(DURABLE_EXECUTIONS);
			expectAllDelivered(durable);
		});

		it('asleep in the node all finish, none charged twice', () => {
			expect(sleeping.callsAnswered).toBe(2);
			expectAllDelivered(sleeping);
		});

		it('a call of the webhook while it is away is either refused or begun later', () => {
			const [meanwhile] = moreCalls;
			const charged = cluster().sandbox.bill.filter(({ prompt }) => prompt === meanwhile.prompt);
			expect(charged).toHaveLength(meanwhile.answer === 200 ? 1 : 0);
		});

		it('with the built-in wait all finish, none charged twice', () => {
			expect(builtIn.callsAnswered).toBeGreaterThanOrEqual(BUILT_IN_VIDEO_SECONDS.length + 1);
			expectAllDelivered(builtIn);
		});
	});
}

/**
 * A limit of n8n, which the documentation names: "Stop" reaches a worker only through the main
 * process that had started the execution.
 */
export function describeStopAfterRestart(cluster: () => QueueCluster): void {
	describe('when an execution from before a restart of main is stopped', () => {
		it(
			'n8n marks it as canceled, but its worker goes on; it is paid once, and the log names its task',
			async () => {
				const { api, main, sandbox, interrupt } = cluster();
				sandbox.reset();
				const active = await activateWorkflow(cluster(), builtInWaitWorkflow());
				const batch = await startBatch(cluster(), active, {
					pattern: 'builtIn',
					name: 'Stopped after a restart',
					videoSeconds: [UNREACHED_VIDEO_SECONDS],
					withinMs: 0,
				});
				const [executionId] = batch.executionIds.values();
				await sandbox.waitForRequests('submit', 1);
				await interrupt(main, async () => await main.restart());

				await api.stopExecution(executionId);

				expect((await api.execution(executionId)).status).toBe('canceled');
				const readsBefore = sandbox.requestsOf('read').length;
				await sandbox.waitForRequests('read', readsBefore + 2);
				expect(sandbox.bill).toHaveLength(1);
				expect(logsThatName(cluster(), sandbox.bill[0].taskId)).toHaveLength(1);
				// The task is gone then, which ends the wait on the worker.
				sandbox.expireTask(sandbox.bill[0].taskId);
			},
			RESTART_TIMEOUT_MS,
		);
	});
}
