import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { IBinaryData } from 'n8n-workflow';

import { startSandbox } from '../../sandbox';
import type { FaultAction, Sandbox } from '../../sandbox';
import { resolveCredentialsByItem } from './credential-expressions';
import { useEvolink } from './evolink-workflow';
import type { EvolinkRun } from './evolink-workflow';
import { startOddHost } from './odd-host';
import { testsOnOwnSandbox } from './own-sandbox';
import { wholeJpeg } from './whole-images';
import { bodyField, idempotencyKeyOf } from './traffic';

const evolink = useEvolink({ generationSeconds: 0 });
const itAlone = testsOnOwnSandbox(evolink);

/** n8n takes 0 for "not set" and waits a second. */
const RETRY_ON_FAIL = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };
const IMAGE_LINK = 'https://example.com/cat.jpg';
const CONTINUE = { onError: 'continueRegularOutput' as const };
const GONE = { kind: 'status', status: 403 } as const;

const textOf = (error: unknown) => {
	const { message, description } = Object(error);
	return `${String(message)} ${String(description)}`;
};

const numbered = (count: number) =>
	Array.from({ length: count }, (_, number) => ({ json: { number, prompt: `<${number}>` } }));
const PROMPT = { prompt: '={{ $json.prompt }}' };

const promptsPaid = ({ bill }: Sandbox) => bill.map(({ prompt }) => prompt).sort();
const taskIdFor = ({ bill }: Sandbox, prompt: string) =>
	bill.find((entry) => entry.prompt === prompt)?.taskId;

async function storedImage(widthPx = 800): Promise<IBinaryData> {
	return await evolink.engine.storeBinary(wholeJpeg(widthPx, 600), 'a.jpg', 'image/jpeg');
}

/** What n8n does with the files of old executions. */
async function deleteStored({ id = '' }: IBinaryData): Promise<void> {
	const [mode, path] = id.split(':');
	expect(mode).toBe('filesystem-v2');
	await rm(join(String(process.env.N8N_BINARY_DATA_STORAGE_PATH), path));
}

describe('"Retry with currently saved workflow"', () => {
	itAlone(
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

	itAlone(
		'charges only the item whose quality was changed by an expression',
		async ({ sandbox, run, retry }) => {
			sandbox.planTask({ match: { promptIncludes: '<1>' }, outcome: { status: 'failed' } });
			const parameters = { ...PROMPT, quality: '768p' };
			const failed = await run({ items: numbered(3), parameters });
			const quality = '={{ $json.number === 1 ? "1080p" : "768p" }}';
			const { rows } = await retry(
				failed,
				{ items: numbered(3), parameters: { ...parameters, quality } },
				'current',
			);

			expect(promptsPaid(sandbox)).toEqual(['<0>', '<1>', '<1>', '<2>']);
			expect(rows.map(({ json }) => json.quality)).toEqual(['768p', '1080p', '768p']);
		},
	);

	const rewritten: Array<[string, Record<string, unknown>, Record<string, unknown>]> = [
		['a space behind an expression', PROMPT, { prompt: '={{ $json.prompt }} ' }],
		['a prompt that was an expression', PROMPT, { prompt: '<0>' }],
		['a quality by expression', { quality: '768p' }, { quality: '={{ "768p" }}' }],
		['a duration by expression', { duration: 6 }, { duration: '={{ 6 }}' }],
		['a link by expression', { imageUrl: IMAGE_LINK }, { imageUrl: `={{ "${IMAGE_LINK}" }}` }],
		[
			'camera commands by expression',
			{ cameraCommands: ['Pan left'] },
			{ cameraCommands: '={{ "pan left" }}' },
		],
		['the image source by expression', {}, { imageSource: '={{ "url" }}' }],
	];
	for (const [name, before, after] of rewritten) {
		itAlone(`charges nothing where all is equal: ${name}`, async ({ sandbox, run, retry }) => {
			sandbox.addFault({ on: 'read', fault: GONE });
			const failed = await run({ items: numbered(1), parameters: before });
			const { rows } = await retry(failed, { items: numbered(1), parameters: after }, 'current');

			expect(sandbox.bill).toHaveLength(1);
			expect(rows[0]?.json).toMatchObject({
				taskId: sandbox.bill[0].taskId,
				status: 'completed',
			});
		});
	}

	itAlone(
		'charges nothing where the same image file is named by an expression',
		async ({ sandbox, run, retry }) => {
			sandbox.addFault({ on: 'read', fault: GONE });
			const items = [{ json: {}, binary: { data: await storedImage() } }];
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
		const images = [await storedImage(800), await storedImage(900)];
		const items = images.map((data, number) => ({
			json: { prompt: `<${number}>` },
			binary: { data },
		}));
		return { images, items };
	}

	itAlone('needs no image after a sleep', async ({ sandbox, run, wake }) => {
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

	itAlone('needs no image when it is retried', async ({ sandbox, run, retry }) => {
		const { images, items } = await twoImages();
		const settings = { items, parameters: files };
		sandbox.addFault({ on: 'read', times: 2, fault: GONE });
		const failed = await run(settings);
		await deleteStored(images[0]);
		await deleteStored(images[1]);
		let result = await retry(failed, settings);
		if (result.error !== undefined) result = await retry(result, settings);

		expect(result.error).toBeUndefined();
		expect(result.rows.map(({ json }) => json.status)).toEqual(['completed', 'completed']);
		expect(sandbox.bill).toHaveLength(2);
	});

	itAlone(
		'needs no valid field: an expression that gives nothing usable by now',
		async ({ sandbox, run, retry }) => {
			sandbox.addFault({ on: 'read', fault: GONE });
			const untilMs = Date.now() + 4_000;
			const settings = {
				items: numbered(1),
				parameters: { ...PROMPT, duration: `={{ Date.now() < ${untilMs} ? 6 : 'soon' }}` },
			};
			const failed = await run(settings);
			await new Promise((resolve) => setTimeout(resolve, untilMs - Date.now()));
			const { rows, error } = await retry(failed, settings);

			expect(error).toBeUndefined();
			expect(rows[0]?.json).toMatchObject({ status: 'completed', duration: 6 });
			expect(sandbox.bill).toHaveLength(1);
		},
	);
});

describe('a limit that stops a retry', () => {
	const limited = (options: Record<string, unknown>) => ({
		items: numbered(3),
		parameters: { ...PROMPT, options },
	});
	const failItemZero = (sandbox: Sandbox) =>
		sandbox.planTask({
			match: { promptIncludes: '<0>' },
			outcome: { status: 'failed', code: 'service_error' },
		});

	itAlone('names what the item had failed of', async ({ sandbox, run }) => {
		failItemZero(sandbox);
		const { error } = await run({ ...limited({ maxVideos: 3 }), node: RETRY_ON_FAIL });

		expect(sandbox.bill).toHaveLength(3);
		expect(textOf(error)).toContain('service_error');
		expect(textOf(error)).toContain('Max Videos');
	});

	itAlone('leaves what is finished, where the node continues', async ({ sandbox, run }) => {
		failItemZero(sandbox);
		const { rows } = await run({
			...limited({ maxVideos: 3 }),
			node: { ...RETRY_ON_FAIL, ...CONTINUE },
		});

		expect(sandbox.bill).toHaveLength(3);
		expect(textOf(rows[0].json.error)).toContain('service_error');
		expect(textOf(rows[0].json.error)).toContain('Max Videos');
		expect(rows.slice(1).map(({ json }) => json.status)).toEqual(['completed', 'completed']);
	});

	itAlone('names it where the balance is the limit, too', async () => {
		// Three videos of 20 credits.
		const sandbox = await startSandbox({ generationSeconds: 0, startCredits: 70 });
		try {
			failItemZero(sandbox);
			const { error } = await evolink.run({
				sandbox,
				...limited({ minBalance: 20 }),
				node: RETRY_ON_FAIL,
			});

			expect(sandbox.bill).toHaveLength(3);
			expect(textOf(error)).toContain('service_error');
			expect(textOf(error)).toMatch(/Balance|credits/);
		} finally {
			await sandbox.close();
		}
	});
});

describe('a task in a wrapping', () => {
	for (const body of [
		'{"code":200,"message":"success","data":%answer%}',
		'{"success":true,"message":"success","data":%answer%}',
		'{"code":0,"msg":"ok","data":%answer%}',
	]) {
		itAlone(`is a task, when submitted and when read: ${body}`, async ({ sandbox, run }) => {
			const fault = { kind: 'garbage', body, afterAcceptance: true } as const;
			sandbox.addFault({ on: 'submit', times: Infinity, fault });
			sandbox.addFault({ on: 'read', times: Infinity, fault: { kind: 'garbage', body } });
			const { rows, error } = await run({ node: RETRY_ON_FAIL });

			expect(error).toBeUndefined();
			expect(sandbox.bill).toHaveLength(1);
			expect(rows[0].json).toMatchObject({
				taskId: sandbox.bill[0].taskId,
				status: 'completed',
			});
			expect(rows[0].binary?.data).toBeDefined();
		});
	}

	for (const body of [
		'{"task_id":"%id%","status":"pending"}',
		'{"code":200,"message":"success","data":{"task_id":"%id%"}}',
	]) {
		itAlone(`is a task, whatever its ID is called: ${body}`, async ({ sandbox, run }) => {
			sandbox.addFault({
				on: 'submit',
				times: Infinity,
				fault: { kind: 'garbage', body, afterAcceptance: true },
			});
			const { rows, error } = await run({ node: RETRY_ON_FAIL });

			expect(error).toBeUndefined();
			expect(sandbox.bill).toHaveLength(1);
			expect(rows[0].json.taskId).toBe(sandbox.bill[0].taskId);
		});
	}
});

/** Answers of gateways: JSON with a code or a message, and not the API's own error. */
const GATEWAY_ANSWERS: Array<[status: number, body: string]> = [
	[503, '{"code":503,"message":"upstream connect error or disconnect/reset before headers"}'],
	[502, '{"code":14,"message":"transport is closing"}'],
	[504, '{"error":{"code":504,"message":"Deadline expired","status":"DEADLINE_EXCEEDED"}}'],
	[503, '{"code":503,"msg":"no healthy upstream"}'],
	[500, '{"code":13,"message":"internal"}'],
	[502, '{"code":"502","message":"Bad gateway"}'],
	[503, '{"error":{"code":503,"message":"no healthy upstream"}}'],
	[500, '{"error":{"message":"upstream failure"}}'],
	[200, '{"code":14,"message":"transport is closing"}'],
];

describe("a gateway's JSON", () => {
	for (const [status, body] of GATEWAY_ANSWERS) {
		itAlone(
			`for a submission leaves it unclear, and nothing is paid twice: ${status} ${body}`,
			async ({ sandbox, run }) => {
				sandbox.addFault({
					on: 'submit',
					times: Infinity,
					fault: { kind: 'garbage', status, body, afterAcceptance: true },
				});
				const { error } = await run({ node: RETRY_ON_FAIL });

				expect(error?.message).toMatch(/may have been started/);
				expect(sandbox.bill).toHaveLength(1);
			},
		);
	}

	for (const [status, body] of [
		[200, '{"code":14,"message":"transport is closing"}'],
		[403, '{"code":7,"message":"permission denied by policy"}'],
		[404, '{"code":5,"message":"no such route"}'],
	] as const) {
		itAlone(`for a status read is a bad moment: ${status} ${body}`, async ({ sandbox, run }) => {
			sandbox.addFault({ on: 'read', fault: { kind: 'garbage', status, body } });
			const { rows, error } = await run({});

			expect(error).toBeUndefined();
			expect(rows[0].json.status).toBe('completed');
			expect(sandbox.requestsOf('read').length).toBeGreaterThan(1);
		});
	}

	itAlone('for an upload is a bad moment', async ({ sandbox, run }) => {
		for (const [status, code] of [
			[200, 503],
			[404, 5],
		]) {
			const body = `{"code":${code},"message":"upstream connect error"}`;
			sandbox.addFault({ on: 'upload', fault: { kind: 'garbage', status, body } });
		}
		const { rows, error } = await run({
			items: [{ json: {}, binary: { data: await storedImage() } }],
			parameters: { imageSource: 'binary' },
		});

		expect(error).toBeUndefined();
		expect(rows[0].json.status).toBe('completed');
	});
});

describe('an ID in an answer that cannot be read', () => {
	for (const body of [
		'{"created":1,"object":"video.generation.task","id":"%id%","mod',
		'{"id":"%id%","status":"pending","progress":NaN}',
		'{"task_id":"%id%","status":"pen',
	]) {
		itAlone(`is told: ${body}`, async ({ sandbox, run }) => {
			sandbox.addFault({
				on: 'submit',
				fault: { kind: 'garbage', body, afterAcceptance: true },
			});
			const { error } = await run({ node: RETRY_ON_FAIL });

			expect(sandbox.bill).toHaveLength(1);
			expect(error?.message).toMatch(/may have been started/);
			expect(textOf(error)).toContain(sandbox.bill[0].taskId);
		});
	}

	for (const [body, id] of [
		['{"id":918273645,"status":"pending"}', '918273645'],
		['{"task_id":918273645,"status":"pending"}', '918273645'],
		['{"id":"video.2026:07:a~b","status":"pending"}', 'video.2026:07:a~b'],
	]) {
		itAlone(`is told, whatever it looks like: ${body}`, async ({ sandbox, run }) => {
			sandbox.addFault({
				on: 'submit',
				fault: { kind: 'garbage', body, afterAcceptance: true },
			});
			const { error } = await run({ node: RETRY_ON_FAIL });

			expect(sandbox.bill).toHaveLength(1);
			expect(textOf(error)).toContain(id);
		});
	}

	for (const taskId of ['video.2026:07:a~b', '.hidden', '-1:2', 'a'.repeat(128)]) {
		itAlone(`is taken by Task > Get: ${taskId}`, async ({ run }) => {
			const json = JSON.stringify({ id: taskId, status: 'completed', results: [] });
			const host = await startOddHost((res) =>
				res.writeHead(200, { 'content-type': 'application/json' }).end(json),
			);
			try {
				const { rows, error } = await run({
					parameters: { resource: 'task', operation: 'get', taskId },
					credential: { baseUrl: host.url },
				});

				expect(error).toBeUndefined();
				expect(rows[0].json.taskId).toBe(taskId);
				const paths = host.requests.map(({ path }) => decodeURIComponent(path));
				expect(paths).toEqual([`/v1/tasks/${taskId}`]);
			} finally {
				await host.close();
			}
		});
	}
});

describe('the Idempotency-Key', () => {
	const keysAndBodies = (sandbox: Sandbox) => {
		const sent = sandbox.requestsOf('submit');
		expect(sent).toHaveLength(2);
		return {
			keyCount: new Set(sent.map(idempotencyKeyOf)).size,
			bodyCount: new Set(sent.map(({ body }) => JSON.stringify(body))).size,
		};
	};
	const CHANGING = { prompt: '=A cat at {{ Date.now() }} {{ Math.random() }}' };
	const refusals: FaultAction[] = [
		{ kind: 'status', status: 402 },
		{ kind: 'status', status: 500 },
	];

	for (const fault of refusals) {
		itAlone(
			`is another one for a prompt that changed (${JSON.stringify(fault)})`,
			async ({ sandbox, run, retry }) => {
				sandbox.addFault({ on: 'submit', fault });
				const failed = await run({ parameters: CHANGING });
				await retry(failed, { parameters: CHANGING });

				expect(keysAndBodies(sandbox)).toEqual({ keyCount: 2, bodyCount: 2 });
			},
		);

		itAlone(
			`is another one for an image that was uploaded anew (${JSON.stringify(fault)})`,
			async ({ sandbox, run, retry }) => {
				sandbox.addFault({ on: 'submit', fault });
				const settings: EvolinkRun = {
					items: [{ json: {}, binary: { data: await storedImage() } }],
					parameters: { imageSource: 'binary' },
				};
				const failed = await run(settings);
				await retry(failed, settings);

				const { keyCount, bodyCount } = keysAndBodies(sandbox);
				expect(keyCount).toBe(bodyCount);
			},
		);
	}

	itAlone('is another one after a refusal', async ({ sandbox, run, retry }) => {
		sandbox.addFault({ on: 'submit', fault: { kind: 'status', status: 402 } });
		const failed = await run({});
		await retry(failed, {});

		expect(keysAndBodies(sandbox)).toEqual({ keyCount: 2, bodyCount: 1 });
	});
});

describe('a credential whose fields are expressions', () => {
	let endResolving = () => {};
	beforeAll(() => {
		endResolving = resolveCredentialsByItem();
	});
	afterAll(() => endResolving());

	const BY_ITEM = {
		apiKey: '={{ $json.key }}',
		baseUrl: '={{ $json.url }}',
		filesBaseUrl: '={{ $json.url }}',
	};

	/** Runs with the accounts of three customers, each with fewer credits than the one before. */
	async function withCustomers(test: (accounts: Sandbox[]) => Promise<void>): Promise<void> {
		const accounts = await Promise.all(
			['first', 'second', 'third'].map(
				async (name, index) =>
					await startSandbox({
						apiKey: `${name}-customers-key-0001`,
						generationSeconds: 0,
						startCredits: 900 - 100 * index,
					}),
			),
		);
		try {
			await test(accounts);
		} finally {
			await Promise.all(accounts.map(async (account) => await account.close()));
		}
	}
	const itemsOf = (accounts: Sandbox[]) =>
		accounts.map(({ apiKey, url }, number) => ({
			json: { key: apiKey, url, prompt: `<${number}>` },
		}));

	test.concurrent('pays for each video with its own key at its own address', async () => {
		await withCustomers(async (accounts) => {
			const { rows, error } = await evolink.run({
				items: itemsOf(accounts),
				parameters: PROMPT,
				credential: BY_ITEM,
			});

			expect(error).toBeUndefined();
			expect(accounts.map(promptsPaid)).toEqual([['<0>'], ['<1>'], ['<2>']]);
			expect(rows.map(({ json }) => json.taskId)).toEqual(
				accounts.map(({ bill }) => bill[0]?.taskId),
			);
		});
	});

	itAlone('sends each submission with its own key', async ({ sandbox, run }) => {
		const keys = [sandbox.apiKey, 'second-customers-key-0001', 'third-customers-key-0001'];
		await run({
			items: keys.map((key) => ({ json: { key } })),
			credential: { apiKey: '={{ $json.key }}' },
			node: CONTINUE,
		});

		const sent = sandbox.requestsOf('submit').map(({ headers }) => headers.authorization);
		expect(sent.sort()).toEqual(keys.map((key) => `Bearer ${key}`).sort());
	});

	test.concurrent('uploads an image that customers share to the account of each', async () => {
		await withCustomers(async (accounts) => {
			const data = await storedImage();
			const { error } = await evolink.run({
				items: itemsOf(accounts).map((item) => ({ ...item, binary: { data } })),
				parameters: { ...PROMPT, imageSource: 'binary' },
				credential: BY_ITEM,
			});

			expect(error).toBeUndefined();
			expect(accounts.map((account) => account.requestsOf('upload').length)).toEqual([1, 1, 1]);
			for (const account of accounts) {
				expect(account.bill[0]?.imageUrl).toBe(account.requestsOf('upload')[0].upload?.fileUrl);
			}
		});
	});

	test.concurrent('reads the balance of each', async () => {
		await withCustomers(async (accounts) => {
			const { rows, error } = await evolink.run({
				items: itemsOf(accounts),
				parameters: { resource: 'account', operation: 'getBalance' },
				credential: BY_ITEM,
			});

			expect(error).toBeUndefined();
			expect(rows.map(({ json }) => json.remainingCredits)).toEqual([900, 800, 700]);
		});
	});

	test.concurrent('gets the task of each', async () => {
		await withCustomers(async (accounts) => {
			const taskIds = accounts.map((account) => account.addTask({ generationSeconds: 0 }));
			const { rows, error } = await evolink.run({
				items: itemsOf(accounts).map(({ json }, number) => ({
					json: { ...json, taskId: taskIds[number] },
				})),
				parameters: { resource: 'task', operation: 'get', taskId: '={{ $json.taskId }}' },
				credential: BY_ITEM,
			});

			expect(error).toBeUndefined();
			expect(rows.map(({ json }) => json.taskId)).toEqual(taskIds);
		});
	});

	test.concurrent("keeps each customer's key out of the errors", async () => {
		await withCustomers(async (accounts) => {
			for (const account of accounts) {
				const message = `The key ${account.apiKey} may not do that`;
				account.addFault({ on: 'submit', fault: { kind: 'status', status: 400, message } });
			}
			const { rows } = await evolink.run({
				items: itemsOf(accounts),
				parameters: PROMPT,
				credential: BY_ITEM,
				node: CONTINUE,
			});

			expect(accounts.map((account) => account.requestsOf('submit').length)).toEqual([1, 1, 1]);
			for (const { apiKey } of accounts) expect(JSON.stringify(rows)).not.toContain(apiKey);
		});
	});
});

describe('an image that Evolink cannot open', () => {
	const unusable = { outcome: { status: 'failed', code: 'image_processing_error' } } as const;

	itAlone('is paid once where it is a link', async ({ sandbox, run }) => {
		for (let tries = 0; tries < 3; tries++) sandbox.planTask(unusable);
		const { error } = await run({ node: RETRY_ON_FAIL });

		expect(sandbox.bill).toHaveLength(1);
		expect(textOf(error)).toContain('image_processing_error');
	});

	itAlone('is uploaded anew by a retry where it is a file', async ({ sandbox, run }) => {
		for (let tries = 0; tries < 2; tries++) sandbox.planTask(unusable);
		const source = '={{ $itemIndex === 0 ? "url" : "binary" }}';
		const { rows } = await run({
			items: [{ json: {} }, { json: {}, binary: { data: await storedImage() } }],
			parameters: { imageSource: source, imageUrl: IMAGE_LINK },
			node: { ...RETRY_ON_FAIL, ...CONTINUE },
		});

		expect(textOf(rows[0].json.error)).toContain('image_processing_error');
		expect(rows[1].json.status).toBe('completed');
		expect(sandbox.bill.filter(({ imageUrl }) => imageUrl === IMAGE_LINK)).toHaveLength(1);
		expect(sandbox.requestsOf('upload')).toHaveLength(2);
	});

	itAlone('is told as a share page in the error itself', async ({ sandbox, run }) => {
		sandbox.planTask(unusable);
		const { error } = await run({
			parameters: { imageUrl: 'https://drive.google.com/file/d/1aBcD/view?usp=sharing' },
		});

		expect(textOf(error)).toContain('image_processing_error');
		expect(textOf(error)).toContain('Google Drive');
	});
});

describe('Task > Get with an ID that the API does not take', () => {
	for (const [name, fault] of [
		['does not know', { kind: 'status', status: 404, code: 'task_not_found' }],
		['finds malformed', { kind: 'status', status: 400, code: 'invalid_task_id', param: 'task_id' }],
	] as const) {
		itAlone(`says that the ID is wrong, and nothing of a payment: ${name}`, async (own) => {
			own.sandbox.addFault({ on: 'read', fault });
			const taskId = 'task-unified-1700000000-typo0000';
			const { error } = await own.run({
				parameters: { resource: 'task', operation: 'get', taskId },
			});

			expect(error?.message).toMatch(/\bID\b/);
			expect(textOf(error)).toContain(taskId);
			expect(textOf(error)).not.toMatch(/paid|Task > Get with this ID/);
		});
	}
});

describe('an error workflow', () => {
	/** The fields that n8n hands on to the Error Trigger: what JSON keeps of the error. */
	const fieldsOf = (error: unknown) => {
		const json: unknown = JSON.parse(JSON.stringify(error));
		const { context } = Object(json);
		return { ...Object(json), ...Object(context), ...Object(Object(context).data) };
	};

	itAlone('finds ID, status and code of a failed task as fields', async ({ sandbox, run }) => {
		sandbox.planTask({ outcome: { status: 'failed', code: 'service_error' } });
		const { error } = await run({});

		expect(fieldsOf(error)).toMatchObject({
			taskId: sandbox.bill[0].taskId,
			status: 'failed',
			failureCode: 'service_error',
		});
	});

	itAlone('finds ID and status of a video that takes too long', async ({ sandbox, run }) => {
		sandbox.planTask({ generationSeconds: 600 });
		const { error } = await run({ parameters: { options: { timeout: 10 } } });

		expect(fieldsOf(error)).toMatchObject({
			taskId: sandbox.bill[0].taskId,
			status: expect.stringMatching(/^(pending|processing)$/),
		});
	});
});

describe('tasks that failed', () => {
	itAlone('are not listed as such that can be fetched', async ({ sandbox, run }) => {
		for (let count = 0; count < 3; count++) {
			sandbox.planTask({ outcome: { status: 'failed', code: 'service_error' } });
		}
		const { error } = await run({ items: numbered(3), parameters: PROMPT });

		expect(sandbox.bill).toHaveLength(3);
		expect(bodyField(sandbox.requestsOf('submit')[0], 'prompt')).toBe('<0>');
		expect(textOf(error)).not.toMatch(/can be fetched|The video is paid for/);
	});
});
