import type { Sandbox } from '../../sandbox';
import { nodeError, outputItems } from '../../tools/engine';
import type { WorkflowFile } from '../../tools/engine';
import { NODE_NAME, credentialsFor, useEvolink } from './evolink-workflow';
import type { EvolinkRun } from './evolink-workflow';
import { imageBytes } from './image-bytes';
import { SPEED } from './quick-clock';
import { bodyField, idempotencyKeyOf } from './traffic';

const evolink = useEvolink();

/** n8n takes 0 for "not set" and waits a second. */
const RETRY_ON_FAIL = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };

const fiveItems = {
	items: [0, 1, 2, 3, 4].map((number) => ({ json: { prompt: `<item ${number}>` } })),
	parameters: { prompt: '={{ $json.prompt }}' },
} satisfies EvolinkRun;

const itemTwo = { promptIncludes: '<item 2>' };

async function imageItem() {
	const data = await evolink.engine.storeBinary(
		imageBytes('jpeg', 800, 600),
		'a.jpg',
		'image/jpeg',
	);
	return {
		items: [{ json: {}, binary: { data } }],
		parameters: { imageSource: 'binary' },
	} satisfies EvolinkRun;
}

/** Looks at the first task until it has failed, without a request. */
async function untilFailed(sandbox: Sandbox): Promise<void> {
	while (sandbox.task(sandbox.bill[0].taskId)?.status !== 'failed') {
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

describe('Retry On Fail', () => {
	evolink.it(
		'resumes a task by its ID after a read and a download that failed',
		async ({ sandbox, run }) => {
			sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });
			sandbox.addFault({ on: 'media', fault: { kind: 'status', status: 410 } });

			const { rows, error } = await run({ node: RETRY_ON_FAIL });

			expect(error).toBeUndefined();
			expect(rows[0].json.taskId).toBe(sandbox.bill[0].taskId);
			expect(rows[0].binary?.data).toBeDefined();
			expect(sandbox.requestsOf('submit')).toHaveLength(1);
			expect(sandbox.requestsOf('read')).toHaveLength(3);
		},
	);

	evolink.it('resumes all five items when the read of one failed', async ({ sandbox, run }) => {
		sandbox.addFault({
			on: 'read',
			match: itemTwo,
			fault: { kind: 'status', status: 403 },
		});

		const { rows, error } = await run({ ...fiveItems, node: RETRY_ON_FAIL });

		expect(error).toBeUndefined();
		expect(rows.map(({ json }) => json.prompt)).toEqual(
			fiveItems.items.map(({ json }) => json.prompt),
		);
		expect(sandbox.requestsOf('submit')).toHaveLength(5);
		expect(sandbox.bill).toHaveLength(5);
	});

	evolink.it(
		'submits anew only the one of five items whose task failed for good, with a new key',
		async ({ sandbox, run }) => {
			sandbox.planTask({ match: itemTwo, outcome: { status: 'failed' } });

			const { rows, error } = await run({ ...fiveItems, node: RETRY_ON_FAIL });

			expect(error).toBeUndefined();
			expect(rows.every(({ json }) => json.status === 'completed')).toBe(true);
			expect(sandbox.bill).toHaveLength(6);
			const ofItemTwo = sandbox
				.requestsOf('submit')
				.filter((one) => bodyField(one, 'prompt') === '<item 2>');
			expect(ofItemTwo).toHaveLength(2);
			expect(new Set(sandbox.requestsOf('submit').map(idempotencyKeyOf)).size).toBe(6);
			expect(rows[2].json.taskId).toBe(ofItemTwo[1].taskId);
		},
	);

	evolink.it(
		'runs the node again when it continues and the first row failed, without a second payment',
		async ({ sandbox, run }) => {
			sandbox.addFault({
				on: 'read',
				match: { promptIncludes: '<item 0>' },
				fault: { kind: 'status', status: 403 },
			});

			const { rows } = await run({
				...fiveItems,
				node: { ...RETRY_ON_FAIL, onError: 'continueRegularOutput' },
			});

			expect(rows.map(({ json }) => json.status)).toEqual(Array(5).fill('completed'));
			expect(sandbox.requestsOf('submit')).toHaveLength(5);
		},
	);

	evolink.it('keeps a lost answer lost when the node continues', async ({ sandbox, run }) => {
		sandbox.addFault({ on: 'submit', fault: { kind: 'reset-after-acceptance' } });

		const { rows } = await run({
			node: { ...RETRY_ON_FAIL, onError: 'continueRegularOutput' },
		});

		expect(rows).toHaveLength(1);
		expect(rows[0].json.error).toMatchObject({
			message: expect.stringMatching(/may have been started/),
		});
		expect(sandbox.requestsOf('submit')).toHaveLength(1);
	});
});

describe('"Retry execution"', () => {
	evolink.it(
		'waits on for the same task after a timeout, for as long once more',
		async ({ sandbox, run, retry }) => {
			sandbox.planTask({ generationSeconds: 4.5 });
			const settings = { parameters: { options: { timeout: 3 * SPEED } } };

			const failed = await run(settings);
			const { rows, error } = await retry(failed, settings);

			expect(failed.error?.message).toMatch(`was not finished within ${3 * SPEED} seconds`);
			expect(error).toBeUndefined();
			expect(rows[0].json.taskId).toBe(sandbox.bill[0].taskId);
			expect(rows[0].binary?.data).toBeDefined();
			expect(sandbox.requestsOf('submit')).toHaveLength(1);
		},
	);

	evolink.it(
		'resumes a task after a read that failed, as often as need be',
		async ({ sandbox, run, retry }) => {
			sandbox.addFault({ on: 'read', times: 3, fault: { kind: 'status', status: 401 } });

			let result = await run({});
			for (let retries = 0; retries < 3; retries++) {
				expect(result.error?.httpCode).toBe('401');
				result = await retry(result, {});
			}

			expect(result.error).toBeUndefined();
			expect(sandbox.requestsOf('submit')).toHaveLength(1);
			expect(sandbox.bill).toHaveLength(1);
		},
	);

	evolink.it(
		'submits anew an item whose task failed after the first execution had ended',
		async ({ sandbox, run, retry }) => {
			sandbox.planTask({ generationSeconds: 5, outcome: { status: 'failed' } });
			const settings = { parameters: { options: { timeout: 2 * SPEED } } };

			const timedOut = await run(settings);
			await untilFailed(sandbox);
			const { rows, error } = await retry(timedOut, settings);

			expect(timedOut.error?.message).toMatch(/was not finished/);
			expect(error).toBeUndefined();
			expect(sandbox.bill).toHaveLength(2);
			expect(rows[0].json.taskId).toBe(sandbox.bill[1].taskId);
		},
	);

	evolink.it(
		'submits anew an item whose task id has expired, with a new key',
		async ({ sandbox, run, retry }) => {
			sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });

			const failed = await run({});
			sandbox.expireTask(sandbox.bill[0].taskId);
			const { rows, error } = await retry(failed, {});

			expect(error).toBeUndefined();
			expect(sandbox.bill).toHaveLength(2);
			expect(rows[0].json.taskId).toBe(sandbox.bill[1].taskId);
			expect(new Set(sandbox.requestsOf('submit').map(idempotencyKeyOf)).size).toBe(2);
		},
	);

	evolink.it(
		'knows an uploaded image by its bytes, although it would get another address',
		async ({ sandbox, run, retry }) => {
			const settings = { ...(await imageItem()), parameters: { imageSource: 'binary' } };
			sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 400 } });

			const failed = await run(settings);
			const { rows, error } = await retry(failed, settings);

			expect(error).toBeUndefined();
			const uploads = sandbox.requestsOf('upload');
			expect(uploads).toHaveLength(1);
			expect(rows[0].json.imageUrl).toBe(uploads[0].upload?.fileUrl);
			expect(sandbox.bill).toHaveLength(1);
		},
	);

	evolink.it('resumes items that do not wait for completion', async ({ sandbox, run, retry }) => {
		const settings = {
			...fiveItems,
			parameters: { ...fiveItems.parameters, waitForCompletion: false },
		};
		sandbox.addFault({
			on: 'submit',
			match: itemTwo,
			fault: { kind: 'status', status: 500 },
		});

		const failed = await run(settings);
		const { rows, error } = await retry(failed, settings);

		expect(failed.error?.httpCode).toBe('500');
		expect(error).toBeUndefined();
		expect(rows).toHaveLength(5);
		expect(sandbox.bill.map(({ prompt }) => prompt).sort()).toEqual(
			fiveItems.items.map(({ json }) => json.prompt),
		);
	});
});

evolink.it(
	'the first read of a resumed task is repeated after what Retry-After says',
	async ({ sandbox, run, retry }) => {
		sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });
		const failed = await run({});
		sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 429, retryAfter: 2 } });

		const { error } = await retry(failed, {});

		expect(error).toBeUndefined();
		const [busy, answered] = sandbox.requestsOf('read').slice(1);
		const pauseMs = (answered.receivedAtMs - (busy.answeredAtMs ?? 0)) * SPEED;
		expect(pauseMs).toBeGreaterThan(1950);
		expect(sandbox.bill).toHaveLength(1);
	},
);

/** The trigger leads to the node twice, through two nodes that do nothing: it runs twice. */
function twoBranches(run: EvolinkRun): WorkflowFile {
	const workflow = evolink.workflow(run);
	const branch = (name: string) => ({
		...workflow.nodes[0],
		id: name,
		name,
		type: 'n8n-nodes-base.noOp',
	});
	const to = (...nodes: string[]) => ({
		main: [nodes.map((node) => ({ node, type: 'main' as const, index: 0 }))],
	});
	return {
		...workflow,
		nodes: [...workflow.nodes, branch('First'), branch('Second')],
		connections: { Trigger: to('First', 'Second'), First: to(NODE_NAME), Second: to(NODE_NAME) },
	};
}

describe('a node that runs twice in one execution with the same content', () => {
	evolink.it('pays for each run', async ({ sandbox }) => {
		const run = await evolink.engine.runWorkflow({
			workflow: twoBranches({}),
			credentials: credentialsFor(sandbox),
		});

		expect(nodeError(run)).toBeUndefined();
		const put = [0, 1].map((index) => outputItems(run, NODE_NAME, 0, index)[0].json.taskId);
		expect(put).toEqual(sandbox.bill.map(({ taskId }) => taskId));
		expect(new Set(put).size).toBe(2);
		expect(new Set(sandbox.requestsOf('submit').map(idempotencyKeyOf)).size).toBe(2);
	});

	evolink.it('resumes the task of its own run after Retry On Fail', async ({ sandbox }) => {
		// Each of the two runs reads once without and once with trouble.
		sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });
		sandbox.addFault({ on: 'read', skip: 1, fault: { kind: 'status', status: 403 } });

		const run = await evolink.engine.runWorkflow({
			workflow: twoBranches({ node: RETRY_ON_FAIL }),
			credentials: credentialsFor(sandbox),
		});

		expect(nodeError(run)).toBeUndefined();
		expect(sandbox.requestsOf('read').filter(({ status }) => status === 403)).toHaveLength(2);
		const put = [0, 1].map((index) => outputItems(run, NODE_NAME, 0, index)[0].json.taskId);
		expect(put).toEqual(sandbox.bill.map(({ taskId }) => taskId));
		expect(sandbox.bill).toHaveLength(2);
	});

	evolink.it('names only the tasks of the run that failed', async ({ sandbox }) => {
		sandbox.addFault({ on: 'submit', skip: 1, fault: { kind: 'status', status: 402 } });

		const run = await evolink.engine.runWorkflow({
			workflow: twoBranches({}),
			credentials: credentialsFor(sandbox),
		});

		expect(nodeError(run)?.message).toMatch(/too few credits/);
		expect(nodeError(run)?.description).not.toContain(sandbox.bill[0].taskId);
	});

	evolink.it('resumes the second run alone with "Retry execution"', async ({ sandbox }) => {
		const credentials = credentialsFor(sandbox);
		const workflow = twoBranches({});
		sandbox.addFault({ on: 'read', skip: 1, fault: { kind: 'status', status: 403 } });

		const failed = await evolink.engine.runWorkflow({ workflow, credentials });
		const retried = await evolink.engine.retryExecution(failed, { workflow, credentials });

		expect(nodeError(failed)).toBeDefined();
		expect(nodeError(retried)).toBeUndefined();
		expect(sandbox.bill).toHaveLength(2);
		expect(outputItems(retried, NODE_NAME, 0, 1)[0].json.taskId).toBe(sandbox.bill[1].taskId);
	});
});

describe('two nodes in one execution with the same content', () => {
	evolink.it('pay each for its own', async ({ sandbox }) => {
		const workflow = evolink.workflow({});
		const second = { ...workflow.nodes[1], id: 'second', name: 'Evolink again' };
		const connection = { node: second.name, type: 'main' as const, index: 0 };

		const run = await evolink.engine.runWorkflow({
			workflow: {
				...workflow,
				nodes: [...workflow.nodes, second],
				connections: { ...workflow.connections, [NODE_NAME]: { main: [[connection]] } },
			},
			credentials: credentialsFor(sandbox),
		});

		expect(nodeError(run)).toBeUndefined();
		expect(sandbox.bill).toHaveLength(2);
	});
});

describe('items of one run with the same content', () => {
	evolink.it('are paid for each, and resumed each by its own task', async ({ sandbox, run }) => {
		sandbox.addFault({ on: 'read', skip: 1, fault: { kind: 'status', status: 403 } });

		const { rows, error } = await run({ items: [{ json: {} }, { json: {} }], node: RETRY_ON_FAIL });

		expect(error).toBeUndefined();
		const paid = sandbox.bill.map(({ taskId }) => taskId).sort();
		expect(paid).toHaveLength(2);
		expect(rows.map(({ json }) => json.taskId).sort()).toEqual(paid);
	});
});

describe('"Retry with currently saved workflow"', () => {
	const before = { prompt: 'A cat', options: { timeout: 900 } };

	/** Fails after the payment, is changed, and is retried. */
	async function retryChanged(
		sandbox: Sandbox,
		changes: Record<string, unknown>,
		nodeSettings: 'original' | 'current' = 'current',
	) {
		sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });
		const credentials = credentialsFor(sandbox);
		const failed = await evolink.engine.runWorkflow({
			workflow: evolink.workflow({ parameters: before }),
			credentials,
		});
		const retried = await evolink.engine.retryExecution(failed, {
			workflow: evolink.workflow({ parameters: { ...before, ...changes } }),
			credentials,
			nodeSettings,
		});
		expect(nodeError(failed)).toBeDefined();
		expect(nodeError(retried)).toBeUndefined();
		return outputItems(retried, NODE_NAME)[0];
	}

	const contents: Array<Record<string, unknown>> = [
		{ imageUrl: 'https://example.com/other.jpg' },
		{ cameraCommands: ['Pan left'] },
		{ options: { promptOptimizer: false } },
	];
	for (const changes of contents) {
		evolink.it(
			`submits anew what became another video: ${JSON.stringify(changes)}`,
			async ({ sandbox }) => {
				const row = await retryChanged(sandbox, changes);

				expect(sandbox.bill).toHaveLength(2);
				expect(row.json.taskId).toBe(sandbox.bill[1].taskId);
				expect(new Set(sandbox.requestsOf('submit').map(idempotencyKeyOf)).size).toBe(2);
			},
		);
	}

	const others: Array<Record<string, unknown>> = [
		{ options: { timeout: 60, pollInterval: 1, fileName: 'cat' } },
		{ waitForCompletion: false },
		{ simplify: true, options: { promptOptimizer: true } },
	];
	for (const changes of others) {
		evolink.it(
			`resumes the task of the same video: ${JSON.stringify(changes)}`,
			async ({ sandbox }) => {
				const row = await retryChanged(sandbox, changes);

				expect(sandbox.bill).toHaveLength(1);
				expect(row.json.taskId).toBe(sandbox.bill[0].taskId);
			},
		);
	}

	evolink.it('is another thing than a retry with the original workflow', async ({ sandbox }) => {
		const row = await retryChanged(sandbox, { prompt: 'A dog' }, 'original');

		expect(sandbox.bill).toHaveLength(1);
		expect(row.json.prompt).toBe('A cat');
	});
});
