import { setTimeout as delay } from 'node:timers/promises';

import {
	expectAllDelivered,
	outcomeOf,
	startBatch,
	waitUntilAsleep,
	waitUntilLogged,
	type Batch,
	type BatchOutcome,
} from './batch';
import { useQueueCluster } from './queue-cluster';

/** Started over so long that some wake up while main is away, and some after that. */
const STARTED_WITHIN_MS = 10_000;
/** The shortest, which an estimate of a minute leads to. */
const SLEEP_MS = 70_000;
const AWAY_BEFORE_WAKING_MS = 2_000;
const RUNNING_BEFORE_WAKING_MS = 8_000;
const AWAY_MS = 5_000;
const BEGIN_TIMEOUT_MS = 60_000;
/** n8n looks every minute for executions that should have woken up. */
const END_TIMEOUT_MS = 240_000;

const cluster = useQueueCluster();
let asleep: Batch;
/** Whose videos are finished while main is away, or after that. */
let awake: Batch[];
let sleeping: BatchOutcome;
let running: BatchOutcome[];

beforeAll(
	async () => {
		const firstWakesMs = Date.now() + SLEEP_MS;
		asleep = await startBatch(cluster(), {
			whileWaiting: 'sleep',
			name: 'Asleep',
			executions: 20,
			videoSeconds: 2,
			estimatedTimeSeconds: 60,
			withinMs: STARTED_WITHIN_MS,
		});
		await waitUntilAsleep(cluster(), asleep, BEGIN_TIMEOUT_MS);
		await delay(firstWakesMs - RUNNING_BEFORE_WAKING_MS - Date.now());
		awake = [];
		for (const videoSeconds of [10, 30]) {
			const name = `Running for ${videoSeconds} s`;
			const plan = { name, executions: 2, videoSeconds, withinMs: 0 };
			awake.push(await startBatch(cluster(), { ...plan, whileWaiting: 'keepRunning' }));
		}
		for (const batch of awake) await waitUntilLogged(cluster(), batch, BEGIN_TIMEOUT_MS);
		await delay(firstWakesMs - AWAY_BEFORE_WAKING_MS - Date.now());

		await cluster().main.stop();
		await delay(AWAY_MS);
		await cluster().main.restart();

		sleeping = await outcomeOf(cluster(), asleep, END_TIMEOUT_MS);
		running = [];
		for (const batch of awake) running.push(await outcomeOf(cluster(), batch, END_TIMEOUT_MS));
	},
	2 * BEGIN_TIMEOUT_MS + 2 * END_TIMEOUT_MS,
);

describe('when main is restarted while videos are being made', () => {
	it('what sleeps gets its videos, each paid once', () => expectAllDelivered(sleeping, asleep));

	it('what keeps running on the workers gets its videos, each paid once', () => {
		for (const [index, outcome] of running.entries()) expectAllDelivered(outcome, awake[index]);
	});
});
