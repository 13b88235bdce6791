/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { IDataObject } from 'n8n-workflow';

import type { Fault, RecordedRequest, RequestKind } from '../../../sandbox';
import type { N8nExecution } from '../../../tools/n8n/n8n-answers';
import { useN8n } from '../../../tools/n8n/n8n-bench';
import {
	evolinkWorkflow,
	startWorkflow,
	type EvolinkWorkflowOptions,
	type StartedBy,
} from './evolink-workflow';

const LONGEST_ENDING_MS = 1_000;
const OBSERVED_MS = 3_000;

/** Requests that are over: answered, or the node let go of the connection. */
let endedRequests = new Set<RecordedRequest>();

const bench = useN8n({
	generationSeconds: 600,
	onRequestEnd: (request) => endedRequests.add(request),
});
beforeEach(() => {
	endedRequests = new Set();
});

async function start(
	startedBy: StartedBy,
	settings: EvolinkWorkflowOptions['settings'] = {},
	items: IDataObject[] = [{ prompt: 'A boat' }],
): Promise<string> {
	const file = evolinkWorkflow({
		startedBy,
		items,
		parameters: {
			imageUrl: 'https://example.com/harbour.jpg',
			prompt: '={{ $json.prompt }}',
			options: { pollInterval: 1 },
		},
		settings,
	});
	const workflow = await bench.api.createWorkflow(file, [bench.credential]);
	return await startWorkflow(bench.api, workflow);
}

/**
 * Chooses "Stop" for all these executions at once, and checks that each is over within a second and
 * that the sandbox hears nothing of them after that.
 * @param otherTaskId task of an execution that goes on
 */
async function stop(executionIds: string[], otherTaskId?: string): Promise<N8nExecution[]> {
	const stoppedMs = Date.now();
	await Promise.all(executionIds.map(async (id) => await bench.api.stopExecution(id)));
	const isOfStopped = ({ taskId }: RecordedRequest) =>
		otherTaskId === undefined || taskId !== otherTaskId;
	await delay(LONGEST_ENDING_MS - (Date.now() - stoppedMs));
	const open = bench.sandbox.requests.filter((request) => !endedRequests.has(request));
	await delay(OBSERVED_MS);
	const executions = await Promise.all(
		executionIds.map(async (id) => await bench.api.execution(id)),
	);

	expect(executions.map(({ status }) => status)).toEqual(executionIds.map(() => 'canceled'));
	expect(open.filter(isOfStopped)).toEqual([]);
	const late = bench.sandbox.requests.filter(
		({ receivedAtMs }) => receivedAtMs > stoppedMs + LONGEST_ENDING_MS,
	);
	expect(late.filter(isOfStopped)).toEqual([]);
	return executions;
}

interface Scene {
	name: string;
	fault?: Fault;
	generationSeconds?: number;
	/** The last request before the stop. */
	until: RequestKind;
	paidVideos: number;
}

const SCENES: Scene[] = [
	{ name: 'a video is being made', until: 'read', paidVideos: 1 },
	{
		name: 'the submission stalls',
		fault: { on: 'submit', fault: { kind: 'stall' } },
		until: 'submit',
		paidVideos: 0,
	},
	{
		name: 'the node sleeps before it repeats a submission',
		fault: { on: 'submit', fault: { kind: 'status', status: 429, retryAfter: 2 } },
		until: 'submit',
		paidVideos: 0,
	},
	{
		name: 'a status read stalls',
		fault: { on: 'read', fault: { kind: 'stall' } },
		until: 'read',
		paidVideos: 1,
	},
	{
		name: 'a download stalls in the middle',
		fault: { on: 'media', fault: { kind: 'stalled-media' } },
		generationSeconds: 0,
		until: 'media',
		paidVideos: 1,
	},
];

describe('"Stop" ends an execution within a second, and no request follows', () => {
	it.each(SCENES)('while $name', async ({ fault, generationSeconds, until, paidVideos }) => {
		if (fault !== undefined) bench.sandbox.addFault({ ...fault, times: Infinity });
		if (generationSeconds !== undefined) bench.sandbox.planTask({ generationSeconds });
		const executionId = await start('hand');
		await bench.sandbox.waitForRequests(until, 1);

		await stop([executionId]);

		expect(bench.sandbox.bill).toHaveLength(paidVideos);
	});

	it('also with Retry On Fail and "Continue (using error output)"', async () => {
		const settings = { retryOnFail: true, maxTries: 5, onError: 'continueErrorOutput' as const };
		const executionId = await start('form', settings);
		await bench.sandbox.waitForRequests('read', 2);

		await stop([executionId]);

		expect(bench.sandbox.bill).toHaveLength(1);
	});

	it('for several executions with several videos each, and leaves another one alone', async () => {
		const items = [1, 2, 3].map((number) => ({ prompt: `Boat ${number}` }));
		const otherId = await start('hand', {}, [{ prompt: 'Another boat' }]);
		await bench.sandbox.waitForRequests('read', 1);
		const [{ taskId }] = bench.sandbox.bill;
		const executionIds = [
			await start('form', {}, items),
			await start('form', {}, items),
			await start('hand', {}, items),
		];
		await bench.sandbox.waitForRequests('submit', 10);

		await stop(executionIds, taskId);

		expect(bench.sandbox.bill).toHaveLength(10);
		expect((await bench.api.execution(otherId)).status).toBe('running');
		expect(bench.sandbox.task(taskId)?.readCount).toBeGreaterThan(1);
		await stop([otherId]);
	});

	it("and n8n's log names the task, which goes on at Evolink", async () => {
		const executionId = await start('hand');
		await bench.sandbox.waitForRequests('read', 1);

		const [execution] = await stop([executionId]);

		// n8n keeps nothing of what a stopped node says: the log is the only place.
		const [{ taskId }] = bench.sandbox.bill;
		expect(JSON.stringify(execution.data)).not.toContain(taskId);
		expect(await readFile(bench.n8n.logFile, 'utf8')).toContain(taskId);
	});
});
