import { setTimeout as sleep } from 'node:timers/promises';

import { useEvolink } from '../engine/evolink-workflow';
import { startEngineProcess } from './engine-process';
import type { EngineProcess } from './engine-process';
import type { ProcessorUse } from './process-load-meter';

const EXECUTION_COUNT = 5;
/** The most that one execution may have in work at once. */
const ITEMS_PER_EXECUTION = 100;
const TASK_COUNT = EXECUTION_COUNT * ITEMS_PER_EXECUTION;
const GENERATION_SECONDS = 300;
/** In 50 seconds, 500 items poll once each, at ten polls a second. */
const MEASURED_MS = 55_000;
const TEST_TIMEOUT_MS = 300_000;

const MOST_EVENT_LOOP_DELAY_P99_MS = 50;
/** Ten polls a second, of 4 to 5 ms each, with room for a slower machine. */
const MOST_CPU_SHARE = 0.1;

const evolink = useEvolink();
let engine: EngineProcess;

beforeAll(() => {
	engine = startEngineProcess();
});
afterAll(async () => await engine.close());

const names = Array.from({ length: EXECUTION_COUNT }, (_, index) => `execution ${index}`);

/** What the engine's process did during one measurement. */
interface Load extends ProcessorUse {
	/** Share of one core. */
	cpuShare: number;
	readTaskIds: string[];
}

async function measure(what: string): Promise<Load> {
	const { sandbox } = evolink;
	const readsBefore = sandbox.requestsOf('read').length;
	const endOfMeasurement = await engine.measureProcessor();
	await sleep(MEASURED_MS);
	const use = await endOfMeasurement();
	const reads = sandbox.requestsOf('read').slice(readsBefore);
	const readCount = reads.length;
	const cpuShare = use.cpuMs / use.elapsedMs;
	process.stdout.write(
		`500 waiting items, ${what}, ${(use.elapsedMs / 1000).toFixed(0)} s: ` +
			`${(cpuShare * 100).toFixed(1)} % of a core, ${readCount} reads, ` +
			`${(use.cpuMs / readCount).toFixed(2)} ms per read; event loop delay ` +
			`p50 ${use.eventLoopDelayP50Ms.toFixed(1)} p99 ${use.eventLoopDelayP99Ms.toFixed(1)} ` +
			`max ${use.eventLoopDelayMaxMs.toFixed(1)} ms\n`,
	);
	return { ...use, cpuShare, readTaskIds: reads.flatMap(({ taskId }) => taskId ?? []) };
}

it(
	'500 items that wait at the same time leave the processor and the event loop free, and end within a second',
	async () => {
		const { sandbox } = evolink;
		const { apiKey, url } = sandbox;
		const workflow = evolink.workflow({
			parameters: {
				resource: 'task',
				operation: 'get',
				taskId: '={{ $json.taskId }}',
				waitForCompletion: true,
				options: { maxConcurrent: ITEMS_PER_EXECUTION },
			},
		});
		for (const name of names) {
			await engine.start(name, {
				workflow,
				items: Array.from({ length: ITEMS_PER_EXECUTION }, () => ({
					json: { taskId: sandbox.addTask({ generationSeconds: GENERATION_SECONDS }) },
				})),
				credentials: { evolinkApi: { apiKey, baseUrl: url, filesBaseUrl: url } },
			});
		}
		const readTaskIds = () => new Set(sandbox.requestsOf('read').map(({ taskId }) => taskId));
		while (readTaskIds().size < TASK_COUNT) {
			await sandbox.waitForRequests('read', sandbox.requestsOf('read').length + 1);
		}

		const loads = [await measure('first time')];
		// What else the machine is doing slows each step down and delays the event loop: one more try.
		const isBusy =
			loads[0].cpuShare >= MOST_CPU_SHARE ||
			loads[0].eventLoopDelayP99Ms > MOST_EVENT_LOOP_DELAY_P99_MS;
		if (isBusy) loads.push(await measure('second time'));

		const cancelledAtMs = Date.now();
		await engine.cancelAll();
		const ends = await Promise.all(names.map(async (name) => await engine.end(name)));
		const slowestEndMs = Math.max(...ends.map(({ endedAtMs }) => endedAtMs)) - cancelledAtMs;
		process.stdout.write(`500 waiting items end ${slowestEndMs} ms after the cancel\n`);

		expect(ends.map(({ status }) => status)).toEqual(names.map(() => 'canceled'));
		expect(slowestEndMs).toBeLessThanOrEqual(1_000);
		// They did wait, and each of them was looked at.
		const seen = new Set(loads.flatMap(({ readTaskIds }) => readTaskIds));
		expect(seen.size).toBe(TASK_COUNT);
		expect(Math.min(...loads.map(({ cpuShare }) => cpuShare))).toBeLessThan(MOST_CPU_SHARE);
		const delaysMs = loads.map(({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms);
		expect(Math.min(...delaysMs)).toBeLessThanOrEqual(MOST_EVENT_LOOP_DELAY_P99_MS);
	},
	TEST_TIMEOUT_MS,
);
