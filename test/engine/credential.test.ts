import { createServer } from 'node:net';
import { inspect } from 'node:util';

import { startSandbox } from '../../sandbox';
import type { Fault, FaultAction, Sandbox } from '../../sandbox';
import { CONTINUE_ON_FAIL, useEvolink } from './evolink-workflow';
import type { EvolinkResult, EvolinkRun } from './evolink-workflow';
import { SPEED } from './quick-clock';
import { expectRefusal } from './refusals';

const evolink = useEvolink();

/** The credential as somebody fills it in for the sandbox, with other values laid over it. */
function credential(values: Record<string, unknown> = {}): Record<string, unknown> {
	const { apiKey, url } = evolink.sandbox;
	return { apiKey, baseUrl: url, filesBaseUrl: url, ...values };
}

async function testCredential(values: Record<string, unknown> = {}) {
	return await evolink.engine.testCredential('evolinkApi', credential(values));
}

/** An address of this computer at which nothing listens. */
async function unreachableUrl(): Promise<string> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	await new Promise<void>((resolve) => server.close(() => resolve()));
	if (address === null || typeof address === 'string') throw new Error('No port was given');
	return `http://127.0.0.1:${address.port}`;
}

describe('The test of the credential', () => {
	it('succeeds with the right key, by one free request', async () => {
		expect(await testCredential()).toMatchObject({ status: 'OK' });

		const { requests, bill } = evolink.sandbox;
		expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /v1/credits']);
		expect(requests[0].headers.authorization).toBe(`Bearer ${evolink.sandbox.apiKey}`);
		expect(bill).toEqual([]);
	});

	it.each(['/', '/v1/', ' \n'])('takes %j behind the address', async (ending) => {
		expect(await testCredential({ baseUrl: `${evolink.sandbox.url}${ending}` })).toMatchObject({
			status: 'OK',
		});
		expect(evolink.sandbox.requests.map(({ path }) => path)).toEqual(['/v1/credits']);
	});

	it('fails with a wrong key, and says that it is not allowed in', async () => {
		const wrongKey = `${evolink.sandbox.apiKey}-of-somebody-else`;
		const { status, message } = await testCredential({ apiKey: wrongKey });

		expect(status).toBe('Error');
		// n8n 1.123 and 2.8 lose the status on the way to the rules, and say it in their own words.
		expect(message).toMatch(/did not accept the API key|^Authorization failed/);
		expect(message).not.toContain(wrongKey);
	});

	it('fails where the API says "success: false" in an answer with HTTP 200', async () => {
		evolink.sandbox.addFault({ on: 'credits', fault: { kind: 'status', status: 200 } });
		const { status, message } = await testCredential();

		expect(status).toBe('Error');
		expect(message).toMatch(/API key.*evolink\.ai\/dashboard\/keys/);
	});

	it.each([403, 503])('fails where the API answers %d', async (httpStatus) => {
		evolink.sandbox.addFault({ on: 'credits', fault: { kind: 'status', status: httpStatus } });
		const { status, message } = await testCredential();

		expect(status).toBe('Error');
		expect(message).not.toBe('');
	});

	it('fails where nothing answers at the address', async () => {
		const { status, message } = await testCredential({ baseUrl: await unreachableUrl() });

		expect(status).toBe('Error');
		expect(message).toMatch(/ECONNREFUSED|refused|connect/i);
	});
});

describe('The addresses of the credential in a run', () => {
	it.each(['//', '/\n'])('may end in %j', async (ending) => {
		const address = `${evolink.sandbox.url}${ending}`;
		const binary = { data: await evolink.file() };
		const { error, rows } = await evolink.run({
			parameters: { imageSource: 'binary', waitForCompletion: false },
			items: [{ json: {}, binary }],
			credential: { baseUrl: address, filesBaseUrl: address },
		});
		expect(error).toBeUndefined();
		const { taskId } = rows[0].json;
		await evolink.run({
			parameters: { resource: 'task', operation: 'get', taskId },
			credential: { baseUrl: address },
		});

		expect(evolink.sandbox.requests.map(({ path }) => path)).toEqual([
			'/api/v1/files/upload/stream',
			'/v1/videos/generations',
			`/v1/tasks/${String(taskId)}`,
		]);
	});

	it.each([
		['baseUrl', 'API Base URL', 'api.evolink.ai'],
		['baseUrl', 'API Base URL', 'ftp://api.evolink.ai'],
		['filesBaseUrl', 'File API Base URL', 'files-api.evolink.ai'],
	])('%s is refused as "%s" when it is %s', async (field, label, value) => {
		const result = await evolink.run({
			parameters: { waitForCompletion: false },
			credential: { [field]: value },
		});

		expectRefusal(result, {
			itemIndex: 0,
			message: `'${label}' in the Evolink API credential`,
			description: 'https://',
		});
		expect(evolink.sandbox.requests).toEqual([]);
	});
});

describe('an API key', () => {
	for (const spelled of [
		(key: string) => `Bearer ${key}`,
		(key: string) => `${key.slice(0, 5)}\n${key.slice(5)}`,
	]) {
		evolink.it(
			`works as it was pasted: ${JSON.stringify(spelled('sk-1234567'))}`,
			async (bench) => {
				const { sandbox, run } = bench;
				const { error } = await run({
					parameters: { waitForCompletion: false },
					credential: { apiKey: spelled(sandbox.apiKey) },
				});

				expect(error).toBeUndefined();
				const [{ headers }] = sandbox.requestsOf('submit');
				expect(headers.authorization).toBe(`Bearer ${sandbox.apiKey}`);
			},
		);
	}

	evolink.it('with a line break inside is redacted as it is sent', async ({ sandbox, run }) => {
		sandbox.addFault({
			on: 'submit',
			fault: { kind: 'status', status: 401, message: `The key ${sandbox.apiKey} is unknown` },
		});
		const { error } = await run({
			credential: { apiKey: `${sandbox.apiKey.slice(0, 9)}\r\n${sandbox.apiKey.slice(9)}` },
		});

		expect(error?.description).toContain('The key [API key] is unknown');
		expect(JSON.stringify([error?.message, error?.description])).not.toContain(sandbox.apiKey);
	});

	evolink.it('goes to the address with /v1 at its end, too', async ({ sandbox, run }) => {
		const { error } = await run({
			parameters: { waitForCompletion: false },
			credential: { baseUrl: `${sandbox.url}/v1/` },
		});
		expect(error).toBeUndefined();
	});
});

describe('a credential whose fields are expressions', () => {
	const BY_ITEM = {
		apiKey: '={{ $json.key }}',
		baseUrl: '={{ $json.url }}',
		filesBaseUrl: '={{ $json.url }}',
	};

	const BY_PROMPT = { prompt: '={{ $json.prompt }}' };
	const promptsPaid = ({ bill }: Sandbox) => bill.map(({ prompt }) => prompt);

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

	it('pays for each video with its own key at its own address', async () => {
		await withCustomers(async (accounts) => {
			const { rows, error } = await evolink.run({
				items: itemsOf(accounts),
				parameters: BY_PROMPT,
				credential: BY_ITEM,
			});

			expect(error).toBeUndefined();
			expect(accounts.map(promptsPaid)).toEqual([['<0>'], ['<1>'], ['<2>']]);
			expect(rows.map(({ json }) => json.taskId)).toEqual(
				accounts.map(({ bill }) => bill[0]?.taskId),
			);
		});
	});

	it('uploads an image that customers share to the account of each', async () => {
		await withCustomers(async (accounts) => {
			const data = await evolink.file();
			const { error } = await evolink.run({
				items: itemsOf(accounts).map((item) => ({ ...item, binary: { data } })),
				parameters: { ...BY_PROMPT, imageSource: 'binary' },
				credential: BY_ITEM,
			});

			expect(error).toBeUndefined();
			expect(accounts.map((account) => account.requestsOf('upload').length)).toEqual([1, 1, 1]);
			for (const account of accounts) {
				expect(account.bill[0]?.imageUrl).toBe(account.requestsOf('upload')[0].upload?.fileUrl);
			}
		});
	});

	it('reads the balance of each', async () => {
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

	it('gets the task of each', async () => {
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

	it("keeps each customer's key out of the errors", async () => {
		await withCustomers(async (accounts) => {
			for (const account of accounts) {
				const message = `The key ${account.apiKey} may not do that`;
				account.addFault({ on: 'submit', fault: { kind: 'status', status: 400, message } });
			}
			const { rows } = await evolink.run({
				items: itemsOf(accounts),
				parameters: BY_PROMPT,
				credential: BY_ITEM,
				node: CONTINUE_ON_FAIL,
			});

			expect(accounts.map((account) => account.requestsOf('submit').length)).toEqual([1, 1, 1]);
			for (const { apiKey } of accounts) expect(JSON.stringify(rows)).not.toContain(apiKey);
		});
	});
});

/** Looks different in JSON and in a URL; it opens nothing. */
const KEY = 'sk/slash+plus="quote"\\back$&-percent%41-0123';

/** JSON may spell each character of a text by its code, and some libraries escape slashes. */
const SPELLINGS: Record<string, (key: string) => string> = {
	'as JSON.stringify does': (key) => JSON.stringify(key).slice(1, -1),
	'with escaped slashes': (key) => JSON.stringify(key).slice(1, -1).replaceAll('/', '\\/'),
	'by character codes': (key) =>
		[...key].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
	'percent-encoded': (key) => encodeURIComponent(key),
};

const answer = (body: string): FaultAction => ({ kind: 'garbage', body });

/** Answers in which the API repeats the key, wherever the node shows what the API said. */
const ECHOES: Record<string, { fault: (key: string) => Fault; succeeds?: boolean }> = {
	'the reason of a failed task': {
		fault: (key) => {
			const error = `{"code":"code of ${key}","message":"No credits for ${key}."}`;
			const task = `{"id":"task-unified-1-abcdefgh","status":"failed","error":${error}}`;
			return { on: 'read', fault: answer(task) };
		},
	},
	'the status of a task': {
		fault: (key) => {
			const task = `{"id":"task-unified-1-abcdefgh","status":"owned by ${key}"}`;
			return { on: 'read', times: Infinity, fault: answer(task) };
		},
	},
	'the model and the links of a completed task': {
		succeeds: true,
		fault: (key) => {
			const links = `"https://example.com/?key=${key}","https://${key}@example.com/"`;
			const rest = `"model":"${key}","results":[${links}],"${key}":{"deep":["${key}"]}`;
			const task = `{"id":"task-unified-1-abcdefgh","status":"completed",${rest}}`;
			return { on: 'read', fault: answer(task) };
		},
	},
	'an upload that is refused': {
		fault: (key) => {
			const refusal = `{"success":false,"code":401,"msg":"${key} is not known"}`;
			return { on: 'upload', fault: answer(refusal) };
		},
	},
};

/** Error answers take the words themselves and spell them as JSON does. */
const ERROR_ANSWERS: Record<string, Fault> = {
	'an error answer to a submission': {
		on: 'submit',
		fault: {
			kind: 'status',
			status: 400,
			message: `${KEY} may not do that`,
			code: KEY,
			param: KEY,
		},
	},
	'an error answer to a read': {
		on: 'read',
		fault: { kind: 'status', status: 401, message: `Bearer ${KEY} is not valid` },
	},
	'the target of a redirect': {
		on: 'submit',
		fault: {
			kind: 'redirect',
			location: `https://example.com/?token=${encodeURIComponent(KEY)}`,
		},
	},
};

async function imageRun(): Promise<EvolinkRun> {
	return {
		items: [{ json: {}, binary: { data: await evolink.file() } }],
		parameters: { imageSource: 'binary', simplify: false, downloadVideo: false },
	};
}

/** Every text in a value, keys of objects included. */
function textsIn(value: unknown): string[] {
	if (typeof value === 'string') return [value];
	if (typeof value !== 'object' || value === null) return [];
	return Object.entries(value).flatMap(([name, each]) => [name, ...textsIn(each)]);
}

/** The key is there neither as it is, nor as JSON writes it, nor as a URL holds it. */
function expectWithout(key: string, text: string): void {
	for (const form of [key, JSON.stringify(key).slice(1, -1), encodeURIComponent(key)]) {
		expect(text).not.toContain(form);
	}
}

function expectNowhere(key: string, { run, error, rows }: EvolinkResult): void {
	expectWithout(key, JSON.stringify(run));
	expectWithout(key, inspect(run, { depth: 30 }));
	expectWithout(key, `${error?.message} ${String(error?.description)} ${String(error?.stack)}`);
	for (const text of textsIn(rows.map(({ json }) => json))) expectWithout(key, text);
}

describe('the API key stays secret when the API repeats it', () => {
	const spellings = Object.entries(SPELLINGS);
	const cases = Object.entries(ECHOES).map(([where, { fault, succeeds = false }], index) => {
		const [spelling, spell] = spellings[index];
		return { name: `in ${where}, spelled ${spelling}`, fault: fault(spell(KEY)), succeeds };
	});
	const errors = Object.entries(ERROR_ANSWERS).map(([where, fault]) => ({
		name: `in ${where}`,
		fault,
		succeeds: false,
	}));
	for (const { name, fault, succeeds } of [...cases, ...errors]) {
		evolink.it(
			name,
			async ({ sandbox, run }) => {
				const settings = await imageRun();
				settings.parameters = { ...settings.parameters, options: { timeout: 2 * SPEED } };
				sandbox.addFault(fault);
				const result = await run(settings);
				sandbox.reset();
				sandbox.addFault(fault);
				const continued = await run({
					...settings,
					node: CONTINUE_ON_FAIL,
				});

				expect(result.error === undefined).toBe(succeeds);
				expect(continued.rows).toHaveLength(1);
				for (const each of [result, continued]) expectNowhere(KEY, each);
				// What the API said is shown with a mark in the key's place.
				expect(JSON.stringify([result.run, continued.run])).toContain('[API key]');
			},
			{ apiKey: KEY },
		);
	}
});

describe('the API key is in no output or error', () => {
	const faults: Record<string, Fault | undefined> = {
		'all is well': undefined,
		'the connection breaks off': { on: 'submit', fault: { kind: 'reset-after-acceptance' } },
		'reads break off until the deadline': {
			on: 'read',
			times: Infinity,
			fault: { kind: 'reset-before-acceptance' },
		},
		'the file cannot be fetched': { on: 'media', fault: { kind: 'status', status: 410 } },
	};
	for (const [name, fault] of Object.entries(faults)) {
		evolink.it(
			`when ${name}`,
			async ({ sandbox, run }) => {
				if (fault !== undefined) sandbox.addFault(fault);
				const result = await run({ parameters: { options: { timeout: 2 * SPEED } } });

				expectNowhere(KEY, result);
				expect(sandbox.violations).toEqual([]);
			},
			{ apiKey: KEY },
		);
	}

	for (const [name, credential] of Object.entries({
		'nobody listens': { baseUrl: 'http://127.0.0.1:1' },
		'the host name is unknown': { baseUrl: 'http://nowhere.invalid' },
		'no header can hold it': { apiKey: 'sk-zero\u0000-0123' },
		'it is wrong': { apiKey: KEY },
	} as Record<string, { baseUrl?: string; apiKey?: string }>)) {
		evolink.it(`when ${name}`, async ({ sandbox, run }) => {
			const result = await run({ credential, parameters: { options: { timeout: SPEED } } });

			expect(result.error).toBeDefined();
			expectNowhere(credential.apiKey ?? sandbox.apiKey, result);
		});
	}
});

it('the API keys are not in the log of all this', () => {
	const log = evolink.engine.logLines().join('\n');
	for (const key of [KEY, 'sk-zero\u0000-0123', evolink.sandbox.apiKey]) expectWithout(key, log);
});
