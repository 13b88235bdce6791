import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { IBinaryData } from 'n8n-workflow';

import type { FaultAction, Sandbox } from '../../sandbox';
import { nodeError, outputItems } from '../../tools/engine';
import type { WorkflowFile } from '../../tools/engine';
import {
	CONTINUE_ON_FAIL,
	NODE_NAME,
	PICTURE_LINK,
	RETRY_ON_FAIL,
	credentialsFor,
	useEvolink,
	wordsOf,
} from './evolink-workflow';
import type { EvolinkRun, OwnBench } from './evolink-workflow';
import { imageBytes } from './image-bytes';
import { SPEED } from './quick-clock';
import { bodyField, idempotencyKeyOf } from './traffic';

const evolink = useEvolink();

/** Fails the item after its payment. */
const FORBIDDEN: FaultAction = { kind: 'status', status: 403 };

const fiveItems = {
	items: [0, 1, 2, 3, 4].map((number) => ({ json: { prompt: `<item ${number}>` } })),
	parameters: { prompt: '={{ $json.prompt }}' },
} satisfies EvolinkRun;

const itemTwo = { promptIncludes: '<item 2>' };

/** What n8n does with the files of old executions. */
async function deleteStored({ id = '' }: IBinaryData): Promise<void> {
	const [mode, path] = id.split(':');
	expect(mode).toBe('filesystem-v2');
	await rm(join(String(process.env.N8N_BINARY_DATA_STORAGE_PATH), path));
}

const PROMPT = { prompt: '={{ $json.prompt }}' };
const numbered = (count: number) =>
	Array.from({ length: count }, (_, number) => ({ json: { number, prompt: `<${number}>` } }));

const promptsPaid = ({ bill }: Sandbox) => bill.map(({ prompt }) => prompt).sort();
const taskIdFor = ({ bill }: Sandbox, prompt: string) =>
	bill.find((entry) => entry.prompt === prompt)?.taskId;

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
			sandbox.addFault({ on: 'read', fault: FORBIDDEN });
			sandbox.addFault({ on: 'media', fault: { kind: 'status', status: 410 } });

			const { rows, error } = await run({ node: RETRY_ON_FAIL });

			expect(error).toBeUndefined();
			expect(rows[0].json.taskId).toBe(sandbox.bill[0].taskId);
			expect(rows[0].binary?.data).toBeDefined();
			expect(sandbox.requestsOf('submit')).toHaveLength(1);
			expect(sandbox.requestsOf('read')).toHaveLength(3);
		},
	);

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
				fault: FORBIDDEN,
			});

			const { rows } = await run({
				...fiveItems,
				node: { ...RETRY_ON_FAIL, ...CONTINUE_ON_FAIL },
			});

			expect(rows.map(({ json }) => json.status)).toEqual(Array(5).fill('completed'));
			expect(sandbox.requestsOf('submit')).toHaveLength(5);
		},
	);
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
		'knows an uploaded image by its bytes, although it would get another address',
		async ({ sandbox, run, retry }) => {
			const items = [{ json: {}, binary: { data: await evolink.file() } }];
			const settings = { items, parameters: { imageSource: 'binary' } };
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
		sandbox.addFault({ on: 'read', fault: FORBIDDEN });
		sandbox.addFault({ on: 'read', skip: 1, fault: FORBIDDEN });

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
		sandbox.addFault({ on: 'read', skip: 1, fault: FORBIDDEN });

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
		sandbox.addFault({ on: 'read', skip: 1, fault: FORBIDDEN });

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
		{ sandbox, run, retry }: OwnBench,
		changes: Record<string, unknown>,
		nodeSettings: 'original' | 'current' = 'current',
	) {
		sandbox.addFault({ on: 'read', fault: FORBIDDEN });
		const failed = await run({ parameters: before });
		const changed = { parameters: { ...before, ...changes } };
		const { rows, error } = await retry(failed, changed, nodeSettings);
		expect(failed.error).toBeDefined();
		expect(error).toBeUndefined();
		return { row: rows[0], sandbox };
	}

	const contents: Array<Record<string, unknown>> = [
		{ imageUrl: 'https://example.com/other.jpg' },
		{ cameraCommands: ['Pan left'] },
		{ options: { promptOptimizer: false } },
	];
	for (const changes of contents) {
		evolink.it(
			`submits anew what became another video: ${JSON.stringify(changes)}`,
			async (bench) => {
				const { row, sandbox } = await retryChanged(bench, changes);

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
		evolink.it(`resumes the task of the same video: ${JSON.stringify(changes)}`, async (bench) => {
			const { row, sandbox } = await retryChanged(bench, changes);

			expect(sandbox.bill).toHaveLength(1);
			expect(row.json.taskId).toBe(sandbox.bill[0].taskId);
		});
	}

	evolink.it('is another thing than a retry with the original workflow', async (bench) => {
		const { row, sandbox } = await retryChanged(bench, { prompt: 'A dog' }, 'original');

		expect(sandbox.bill).toHaveLength(1);
		expect(row.json.prompt).toBe('A cat');
	});

	evolink.it(
		'charges only the item whose words were corrected, and resumes the others',
		async ({ sandbox, run, retry }) => {
			sandbox.planTask({
				match: { promptIncludes: '<1>' },
				outcome: { status: 'failed', code: 'content_policy_violation' },
			});
			const failed = await run({ items: numbered(3), parameters: PROMPT });
			const corrected = { prompt: '={{ $json.prompt.replace("<1>", "<1, kindly>") }}' };
			const { rows } = await retry(
				failed,
				{ items: numbered(3), parameters: corrected },
				'current',
			);

			expect(promptsPaid(sandbox)).toEqual(['<0>', '<1, kindly>', '<1>', '<2>']);
			expect(rows.map(({ json }) => json.taskId)).toEqual(
				['<0>', '<1, kindly>', '<2>'].map((prompt) => taskIdFor(sandbox, prompt)),
			);
		},
	);

	const rewritten: Array<[string, Record<string, unknown>, Record<string, unknown>]> = [
		['a space behind an expression', PROMPT, { prompt: '={{ $json.prompt }} ' }],
		['a prompt that was an expression', PROMPT, { prompt: '<0>' }],
		['a quality by expression', { quality: '768p' }, { quality: '={{ "768p" }}' }],
		['a duration by expression', { duration: 6 }, { duration: '={{ 6 }}' }],
		['a link by expression', { imageUrl: PICTURE_LINK }, { imageUrl: `={{ "${PICTURE_LINK}" }}` }],
		[
			'camera commands by expression',
			{ cameraCommands: ['Pan left'] },
			{ cameraCommands: '={{ "pan left" }}' },
		],
		['the image source by expression', {}, { imageSource: '={{ "url" }}' }],
	];
	for (const [name, before, after] of rewritten) {
		evolink.it(`charges nothing where all is equal: ${name}`, async ({ sandbox, run, retry }) => {
			sandbox.addFault({ on: 'read', fault: FORBIDDEN });
			const failed = await run({ items: numbered(1), parameters: before });
			const { rows } = await retry(failed, { items: numbered(1), parameters: after }, 'current');

			expect(sandbox.bill).toHaveLength(1);
			expect(rows[0]?.json).toMatchObject({
				taskId: sandbox.bill[0].taskId,
				status: 'completed',
			});
		});
	}

	evolink.it(
		'charges nothing where the same image file is named by an expression',
		async ({ sandbox, run, retry }) => {
			sandbox.addFault({ on: 'read', fault: FORBIDDEN });
			const items = [{ json: {}, binary: { data: await evolink.file() } }];
			const before = { imageSource: 'binary', binaryPropertyName: 'data' };
			const failed = await run({ items, parameters: before });
			const after = { ...before, binaryPropertyName: '={{ "data" }}' };
			const { rows } = await retry(failed, { items, parameters: after }, 'current');

			expect(sandbox.bill).toHaveLength(1);
			expect(rows[0]?.json.taskId).toBe(sandbox.bill[0].taskId);
		},
	);
});

describe('an item that has its task', () => {
	const files = { imageSource: 'binary', ...PROMPT };

	async function twoImages() {
		const images = [await evolink.file(), await evolink.file(imageBytes('jpeg', 900, 600))];
		const items = images.map((data, number) => ({
			json: { prompt: `<${number}>` },
			binary: { data },
		}));
		return { images, items };
	}

	evolink.it('needs no image after a sleep', async ({ sandbox, run, wake }) => {
		const { images, items } = await twoImages();
		const settings = { items, parameters: { ...files, options: { whileWaiting: 'sleep' } } };
		const asleep = await run(settings);
		expect(asleep.run.status).toBe('waiting');
		await deleteStored(images[0]);
		const { rows, error } = await wake(asleep, settings);

		expect(error).toBeUndefined();
		expect(rows.map(({ json }) => json.taskId)).toEqual(
			['<0>', '<1>'].map((prompt) => taskIdFor(sandbox, prompt)),
		);
		expect(rows.map(({ binary }) => binary?.data !== undefined)).toEqual([true, true]);
		expect(sandbox.bill).toHaveLength(2);
	});

	evolink.it('needs no image when it is retried', async ({ sandbox, run, retry }) => {
		const { images, items } = await twoImages();
		const settings = { items, parameters: files };
		sandbox.addFault({ on: 'read', times: 2, fault: FORBIDDEN });
		const failed = await run(settings);
		await deleteStored(images[0]);
		await deleteStored(images[1]);
		let result = await retry(failed, settings);
		if (result.error !== undefined) result = await retry(result, settings);

		expect(result.error).toBeUndefined();
		expect(result.rows.map(({ json }) => json.status)).toEqual(['completed', 'completed']);
		expect(sandbox.bill).toHaveLength(2);
	});

	evolink.it('needs no valid limit', async ({ sandbox, run, retry }) => {
		sandbox.addFault({ on: 'read', fault: FORBIDDEN });
		const maxVideos = '={{ $execution.mode === "test" ? 5 : "soon" }}';
		const settings = { parameters: { ...PROMPT, options: { maxVideos } }, items: numbered(1) };
		const { rows, error } = await retry(await run(settings), settings);

		expect(error).toBeUndefined();
		expect(rows[0]?.json).toMatchObject({ status: 'completed' });
		expect(sandbox.bill).toHaveLength(1);
	});

	evolink.it(
		'needs no valid field: an expression that gives nothing usable by now',
		async ({ sandbox, run, retry }) => {
			sandbox.addFault({ on: 'read', fault: FORBIDDEN });
			const settings = {
				items: numbered(1),
				parameters: { ...PROMPT, duration: '={{ $execution.mode === "test" ? 6 : "soon" }}' },
			};
			const failed = await run(settings);
			const { rows, error } = await retry(failed, settings);

			expect(error).toBeUndefined();
			expect(rows[0]?.json).toMatchObject({ status: 'completed', duration: 6 });
			expect(sandbox.bill).toHaveLength(1);
		},
	);
});

const HOUR_MS = 60 * 60 * 1000;
const SHORT_WAIT = { parameters: { options: { timeout: 30 } } };
const GATEWAY_PAGE = { kind: 'html', status: 404 } as const;

/** Retries a paid task so many hours later; by then, the API has lost it, or a gateway is broken. */
async function retryAfterHours(hours: number, gateway?: 'broken') {
	evolink.sandbox.addFault({ on: 'read', fault: FORBIDDEN });
	const failed = await evolink.run(SHORT_WAIT);
	if (gateway === undefined) evolink.sandbox.expireTask(evolink.sandbox.bill[0].taskId);
	else evolink.sandbox.addFault({ on: 'read', times: Infinity, fault: GATEWAY_PAGE });
	const realNow = Date.now;
	const clock = jest.spyOn(Date, 'now').mockImplementation(() => realNow() + hours * HOUR_MS);
	try {
		return await evolink.retry(failed, SHORT_WAIT);
	} finally {
		clock.mockRestore();
	}
}

describe('a task that the API does not know', () => {
	it('is not made again within a day of its submission', async () => {
		const { error } = await retryAfterHours(23);

		expect(evolink.sandbox.bill).toHaveLength(1);
		expect(wordsOf(error)).toContain(evolink.sandbox.bill[0].taskId);
	});

	it('is not made again where only a gateway says so', async () => {
		const { error } = await retryAfterHours(25, 'broken');

		expect(evolink.sandbox.bill).toHaveLength(1);
		expect(wordsOf(error)).toContain(evolink.sandbox.bill[0].taskId);
	});

	it('is made again by a retry a day later, with a new key', async () => {
		const { rows, error } = await retryAfterHours(25);

		expect(error).toBeUndefined();
		expect(evolink.sandbox.bill).toHaveLength(2);
		expect(rows[0].json.taskId).toBe(evolink.sandbox.bill[1].taskId);
		const keys = evolink.sandbox.requestsOf('submit').map(idempotencyKeyOf);
		expect(new Set(keys).size).toBe(2);
	});

	evolink.it(
		'a second after its submission is told at each try, and delivered once the API knows it',
		async ({ sandbox, run, retry }) => {
			sandbox.addFault({ on: 'read', times: 4, fault: { kind: 'status', status: 404 } });

			let result = await run({ node: RETRY_ON_FAIL });
			for (let retries = 0; retries < 2 && result.error !== undefined; retries++) {
				expect(wordsOf(result.error)).toContain(sandbox.bill[0].taskId);
				result = await retry(result, {});
			}

			expect(sandbox.bill).toHaveLength(1);
			expect(result.rows[0]?.json).toMatchObject({
				taskId: sandbox.bill[0].taskId,
				status: 'completed',
			});
		},
	);
});
