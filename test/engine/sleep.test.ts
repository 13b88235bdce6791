import type { INodeExecutionData, IRun } from 'n8n-workflow';

import type { WorkflowFile } from '../../tools/engine';
import { nodeError, outputItems } from '../../tools/engine';
import { NODE_NAME, SECOND_OUTPUT, credentialsFor, useEvolink } from './evolink-workflow';
import type { EvolinkResult, EvolinkRun, OwnBench } from './evolink-workflow';
import { bodyField } from './traffic';

const evolink = useEvolink({ generationSeconds: 3_600 });

const SLEEP = { whileWaiting: 'sleep' };
const items = (count: number) =>
	Array.from({ length: count }, (_, number) => ({ json: { number } }));

function sleeping(run: EvolinkRun = {}, options = {}): EvolinkRun {
	return { ...run, parameters: { ...run.parameters, options: { ...SLEEP, ...options } } };
}

function expectAsleep({ run, error, rows }: EvolinkResult, taskIds: unknown[]): void {
	expect(error).toBeUndefined();
	expect(run.status).toBe('waiting');
	expect(rows.map(({ json }) => json)).toEqual([{ status: 'waiting', taskIds }]);
}

/** The sandbox's tasks end now. */
function finishTasks({ sandbox }: Pick<OwnBench, 'sandbox'>): void {
	for (const { taskId } of sandbox.tasks()) sandbox.finishTask(taskId);
}

const NUMBERED_PROMPT = { prompt: '={{ "<" + $json.number + ">" }}' };

/** The paid tasks in the order of the items, which have numbered prompts or are but one. */
const taskIdsOf = ({ sandbox }: OwnBench) =>
	[...sandbox.bill]
		.sort((a, b) => String(a.prompt).localeCompare(String(b.prompt)))
		.map(({ taskId }) => taskId);

describe('Video > Create that sleeps', () => {
	evolink.it(
		'submits all items, sleeps once, and gives the same rows in their order',
		async (bench) => {
			bench.sandbox.addFault({
				on: 'submit',
				match: { promptIncludes: '<0>' },
				fault: { kind: 'stall', seconds: 0.5, afterAcceptance: true },
			});
			const run = sleeping({ items: items(3), parameters: NUMBERED_PROMPT });
			const asleep = await bench.run(run);
			expectAsleep(asleep, taskIdsOf(bench));
			const { waitTill } = asleep.run.data;
			expect(new Date(waitTill!).getTime() - Date.now()).toBeGreaterThan(60_000);
			expect(new Date(waitTill!).getTime() - Date.now()).toBeLessThan(95_000);

			finishTasks(bench);
			const woken = await bench.wake(asleep, run);

			expect(woken.error).toBeUndefined();
			expect(woken.run.status).toBe('success');
			expect(woken.rows.map(({ json }) => json.taskId)).toEqual(taskIdsOf(bench));
			expect(woken.rows.map(({ pairedItem }) => pairedItem)).toEqual(
				[0, 1, 2].map((item) => ({ item })),
			);
			for (const { json, binary } of woken.rows) {
				const bytes = await evolink.engine.readBinary(binary!.data);
				expect(bytes.equals(bench.sandbox.mediaOf(String(json.taskId)).bytes())).toBe(true);
				expect(json).toMatchObject({ status: 'completed', quality: '768p' });
			}
			expect(bench.sandbox.bill).toHaveLength(3);
			expect(woken.run.data.resultData.runData[NODE_NAME]).toHaveLength(1);
		},
	);

	evolink.it(
		'says after the sleep that the videos cannot be joined',
		async (bench) => {
			const parameters = {
				model: 'seedance-2.0',
				imageSource: 'none',
				prompt: 'A cat',
				aspectRatio: '={{ $json.number === 0 ? "16:9" : "9:16" }}',
			};
			const run = sleeping({ items: items(2), parameters });
			const asleep = await bench.run(run);
			finishTasks(bench);
			const { hints, rows } = await bench.wake(asleep, run);

			expect(rows).toHaveLength(2);
			expect(hints.map(({ message }) => message)).toEqual([
				expect.stringMatching(/different shapes.*Video > Join/),
			]);
		},
		{ generationSeconds: 200 },
	);

	evolink.it('sleeps for as long as the API expects a video to take', async (bench) => {
		bench.sandbox.planTask({ estimatedTimeSeconds: 300 });
		const asleep = await bench.run(sleeping());

		const sleepMs = new Date(asleep.run.data.waitTill!).getTime() - Date.now();
		expect(sleepMs).toBeGreaterThan(280_000);
		expect(sleepMs).toBeLessThan(301_000);
	});

	evolink.it('waits on in memory after the sleep, and sleeps no second time', async (bench) => {
		const asleep = await bench.run(sleeping());
		const waking = bench.wake(asleep, sleeping());
		await bench.sandbox.waitForRequests('read', 2);
		finishTasks(bench);

		expect((await waking).rows[0].json.status).toBe('completed');
		expect(bench.sandbox.bill).toHaveLength(1);
	});

	evolink.it('counts the time asleep towards the deadline', async (bench) => {
		const run = sleeping({}, { timeout: 95 });
		const asleep = await bench.run(run);
		const { contextData } = asleep.run.data.executionData!;
		const note = contextData[`node:${NODE_NAME}`].sleep;
		Object.assign(note, { startedAtMs: { 0: Date.now() - 100_000 } });
		const wake = await bench.wake(asleep, run);

		expect(wake.error?.message).toMatch(/was not finished within 95 seconds/);
		expect(bench.sandbox.requestsOf('read')).toHaveLength(1);
	});

	evolink.it('keeps the rows of items that were refused before', async (bench) => {
		bench.sandbox.addFault({
			on: 'submit',
			match: { promptIncludes: '<1>' },
			fault: { kind: 'status', status: 402 },
		});
		const run = sleeping({
			items: items(3),
			node: { onError: 'continueErrorOutput' },
			parameters: {
				...NUMBERED_PROMPT,
				duration: '={{ $json.number === 2 ? 7 : 6 }}',
			},
		});
		const asleep = await bench.run(run);
		expectAsleep(asleep, taskIdsOf(bench));
		finishTasks(bench);
		const woken = await bench.wake(asleep, run);

		expect(woken.rows.map(({ json }) => json.prompt)).toEqual(['<0>']);
		expect(woken.errorRows.map(({ json }) => Object(json.error).message)).toEqual([
			expect.stringContaining('too few credits'),
			expect.stringContaining("'Duration'"),
		]);
		expect(woken.errorRows.map(({ json }) => json.number)).toEqual([1, 2]);
		expect(bench.sandbox.requestsOf('submit')).toHaveLength(2);
	});

	evolink.it(
		'fails for a task that failed meanwhile, and pays again only by a retry',
		async (bench) => {
			bench.sandbox.planTask({ outcome: { status: 'failed', code: 'service_error' } });
			const asleep = await bench.run(sleeping());
			finishTasks(bench);
			const woken = await bench.wake(asleep, sleeping());
			expect(woken.error?.message).toContain('service_error');
			expect(bench.sandbox.bill).toHaveLength(1);

			bench.sandbox.planTask({ generationSeconds: 0 });
			const retried = await bench.retry(woken, sleeping());

			expect(retried.error).toBeUndefined();
			expect(retried.rows[0].json.status).toBe('completed');
			expect(bench.sandbox.bill).toHaveLength(2);
		},
	);

	evolink.it(
		'does not pay again for an item that did not wait and failed meanwhile',
		async (bench) => {
			const { sandbox } = bench;
			sandbox.planTask({
				match: { promptIncludes: '<1>' },
				outcome: { status: 'failed', code: 'service_error' },
			});
			const run = sleeping({
				items: items(2),
				parameters: {
					...NUMBERED_PROMPT,
					waitForCompletion: '={{ $json.number === 0 }}',
				},
			});
			const asleep = await bench.run(run);
			expect(asleep.run.status).toBe('waiting');
			finishTasks(bench);
			const woken = await bench.wake(asleep, run);

			expect(woken.error).toBeUndefined();
			expect(woken.rows.map(({ json }) => json.status)).toEqual(['completed', 'failed']);
			expect(sandbox.bill).toHaveLength(2);
		},
	);

	evolink.it('names its paid task where a field is unusable after the sleep', async (bench) => {
		const run = sleeping();
		const asleep = await bench.run(run);
		finishTasks(bench);
		const { nodeExecutionStack } = asleep.run.data.executionData!;
		for (const { node } of nodeExecutionStack) node.parameters.duration = '={{ 7 }}';
		const woken = await bench.wake(asleep, run);

		expect(woken.error?.message).toContain("'Duration' cannot be 7 seconds");
		expect(woken.error?.description).toContain(taskIdsOf(bench)[0]);
		expect(woken.error?.description).toContain('Task > Get');
		expect(bench.sandbox.bill).toHaveLength(1);
	});

	evolink.it('resumes its task with Retry On Fail after the sleep', async (bench) => {
		const run = sleeping({ node: { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 } });
		const asleep = await bench.run(run);
		finishTasks(bench);
		bench.sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });
		const woken = await bench.wake(asleep, run);

		expect(woken.error).toBeUndefined();
		expect(woken.rows[0].json.status).toBe('completed');
		expect(bench.sandbox.bill).toHaveLength(1);
	});

	evolink.it('works on the first item only, where it is to be executed once', async (bench) => {
		const run = sleeping({ items: items(3), node: { executeOnce: true } });
		const asleep = await bench.run(run);
		expectAsleep(asleep, taskIdsOf(bench));
		finishTasks(bench);
		const woken = await bench.wake(asleep, run);

		expect(woken.rows).toHaveLength(1);
		expect(bench.sandbox.bill).toHaveLength(1);
	});

	evolink.it('does not sleep where everything is finished at once', async (bench) => {
		bench.sandbox.planTask({ generationSeconds: 0 });
		bench.sandbox.addFault({
			on: 'submit',
			fault: {
				kind: 'garbage',
				body: `{"id":"${bench.sandbox.addTask({ generationSeconds: 0 })}","status":"completed","results":[]}`,
			},
		});
		const { run, rows } = await bench.run(sleeping({ parameters: { downloadVideo: false } }));

		expect(run.status).toBe('success');
		expect(rows).toHaveLength(1);
	});

	evolink.it('waits in memory, silently, where the time would be over before', async (bench) => {
		bench.sandbox.planTask({ generationSeconds: 0.3 });
		const { run, hints } = await bench.run(sleeping({}, { timeout: 60 }));

		expect(run.status).toBe('success');
		expect(hints).toEqual([]);
	});

	evolink.it(
		'sleeps behind another output, with its own input and other nodes in reach',
		async (bench) => {
			const workflow = evolink.workflow(
				sleeping({ parameters: { prompt: "={{ $('Trigger').item.json.number }}" } }),
			);
			const [trigger, node] = workflow.nodes;
			const choice = { ...trigger, id: 'if', name: 'If', type: SECOND_OUTPUT, parameters: {} };
			const link = (name: string) => ({ node: name, type: 'main' as const, index: 0 });
			const file: WorkflowFile = {
				...workflow,
				nodes: [trigger, choice, node],
				connections: {
					Trigger: { main: [[link('If')]] },
					If: { main: [[], [link(NODE_NAME)]] },
				},
			};
			const options = {
				workflow: file,
				triggerItems: items(3),
				credentials: credentialsFor(bench.sandbox),
			};
			const asleep = await evolink.engine.runWorkflow(options);
			expect(asleep.status).toBe('waiting');
			finishTasks(bench);
			const woken = await evolink.engine.wake(asleep, options);

			expect(nodeError(woken)).toBeUndefined();
			expect(outputItems(woken, NODE_NAME).map(({ json }) => json.prompt)).toEqual(['0', '1', '2']);
			expect(bench.sandbox.bill).toHaveLength(3);
		},
	);
});

describe('Task > Get that sleeps', () => {
	const get = (taskId: string) =>
		sleeping({
			parameters: { resource: 'task', operation: 'get', taskId, waitForCompletion: true },
		});

	evolink.it('looks once, sleeps, and returns the task', async (bench) => {
		const taskId = bench.sandbox.addTask({ generationSeconds: 3_600 });
		const asleep = await bench.run(get(taskId));
		expectAsleep(asleep, [taskId]);
		expect(bench.sandbox.requestsOf('read')).toHaveLength(1);
		bench.sandbox.finishTask(taskId);
		const woken = await bench.wake(asleep, get(taskId));

		expect(woken.rows[0].json).toMatchObject({ taskId, status: 'completed' });
	});

	evolink.it('does not sleep for a finished task', async (bench) => {
		const taskId = bench.sandbox.addTask({ generationSeconds: 0 });
		const { run, rows } = await bench.run(get(taskId));

		expect(run.status).toBe('success');
		expect(rows[0].json.taskId).toBe(taskId);
		expect(bench.sandbox.requestsOf('read')).toHaveLength(1);
	});
});

evolink.it('waits in memory and says so where the execution cannot sleep', async (bench) => {
	bench.sandbox.planTask({ generationSeconds: 0 });
	const run = await evolink.engine.runWorkflow({
		workflow: { ...evolink.workflow(sleeping()), settings: { executionOrder: 'v0' } },
		credentials: credentialsFor(bench.sandbox),
	});

	expect(run.status).toBe('success');
	expect(outputItems(run, NODE_NAME)[0].json.status).toBe('completed');
	expect(JSON.stringify(run)).toContain('waited in memory instead of sleeping');
	expect(bench.sandbox.bill).toHaveLength(1);
});

describe('a sleep that n8n never began, since it was killed between', () => {
	/** The execution as n8n resumes it at the node's next round. */
	function nextRound({ run, ...result }: EvolinkResult, items: INodeExecutionData[]) {
		const copy: IRun = structuredClone(run);
		const { executionData, resultData } = copy.data;
		const [first] = executionData!.nodeExecutionStack.filter(({ node }) => node.name === NODE_NAME);
		executionData!.nodeExecutionStack = [
			{
				node: { ...first.node, disabled: false },
				data: { main: [items] },
				source: { main: [{ previousNode: 'Trigger' }] },
			},
		];
		delete copy.data.waitTill;
		delete resultData.error;
		copy.status = 'error';
		return { ...result, run: copy };
	}

	evolink.it(
		"gives each round of a loop its own round's videos",
		async ({ sandbox, run, retry, wake }) => {
			const settings = sleeping({ items: items(2), parameters: NUMBERED_PROMPT });
			const asleep = await run(settings);
			expect(asleep.run.status).toBe('waiting');

			const round = [{ json: { number: 7 } }];
			let result = await retry(nextRound(asleep, round), settings);
			if (result.run.status === 'waiting') {
				finishTasks({ sandbox });
				result = await wake(result, settings);
			}

			expect(result.error).toBeUndefined();
			const rows = outputItems(result.run, NODE_NAME, 0, 1);
			expect(rows.map(({ json }) => json.prompt)).toEqual(['<7>']);
			const submitted = sandbox.requestsOf('submit').map((one) => bodyField(one, 'prompt'));
			expect(submitted).toEqual(['<0>', '<1>', '<7>']);
		},
	);
});
