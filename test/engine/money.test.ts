import { createServer } from 'node:net';
import type { Socket } from 'node:net';

import { types } from 'node:util';
import { ExecuteContext } from 'n8n-core';

import { startSandbox } from '../../sandbox';
import type { Sandbox } from '../../sandbox';
import { RunCredentialsHelper } from '../../tools/engine/run-credentials';
import { startAlertingServer } from './alerting-server';
import {
	CONTINUE_ON_FAIL,
	PICTURE_LINK,
	RETRY_ON_FAIL,
	useEvolink,
	wordsOf,
} from './evolink-workflow';
import type { EvolinkRun, OwnBench } from './evolink-workflow';
import { addressOf, listenOnLoopback } from './loopback-server';
import { sentRequestCount } from './sent-requests';
import { idempotencyKeyOf } from './traffic';

const evolink = useEvolink();

evolink.it(
	'a submission that met a rate limit is given up by the deadline, and sent again by a retry with the same key',
	async ({ sandbox, run, retry }) => {
		sandbox.addFault({
			on: 'submit',
			times: Infinity,
			fault: { kind: 'status', status: 429, retryAfter: 60 },
		});
		const settings = { parameters: { options: { timeout: 45 } } };

		const refused = await run(settings);
		expect(refused.error).toMatchObject({ name: 'NodeApiError', httpCode: '429' });
		expect(sandbox.bill).toEqual([]);
		sandbox.clearFaults();
		const retried = await retry(refused, settings);

		expect(retried.error).toBeUndefined();
		expect(sandbox.bill).toHaveLength(1);
		const keys = sandbox.requestsOf('submit').map(idempotencyKeyOf);
		expect(keys.length).toBeGreaterThan(1);
		expect(new Set(keys).size).toBe(1);
	},
);

describe('the Idempotency-Key', () => {
	const items = [0, 1, 2].map((number) => ({ json: { number } }));

	evolink.it(
		'is of its own for every item and every run, also for the same content',
		async ({ sandbox, run }) => {
			await run({ items });
			await run({ items });

			const keys = sandbox.requestsOf('submit').map(idempotencyKeyOf);
			expect(keys).toHaveLength(6);
			expect(new Set(keys).size).toBe(6);
			for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9_-]{32,64}$/);
		},
	);

	evolink.it(
		'lets a service that honors it charge once, even for a 500 after acceptance',
		async ({ sandbox, run }) => {
			sandbox.addFault({
				on: 'submit',
				fault: { kind: 'status', status: 500, afterAcceptance: true },
			});

			const { rows, error } = await run({ node: RETRY_ON_FAIL });

			expect(error).toBeUndefined();
			expect(sandbox.requestsOf('submit')).toHaveLength(2);
			expect(sandbox.bill).toHaveLength(1);
			expect(rows[0].json).toMatchObject({ taskId: sandbox.bill[0].taskId });
		},
		{ honorIdempotencyKey: true },
	);

	async function keysAndBodies(
		{ sandbox, run, retry }: OwnBench,
		status: number,
		settings: EvolinkRun,
	) {
		sandbox.addFault({ on: 'submit', fault: { kind: 'status', status } });
		await retry(await run(settings), settings);
		const sent = sandbox.requestsOf('submit');
		expect(sent).toHaveLength(2);
		return [
			new Set(sent.map(idempotencyKeyOf)).size,
			new Set(sent.map(({ body }) => JSON.stringify(body))).size,
		];
	}

	for (const status of [402, 500]) {
		evolink.it(`is another one for a prompt that changed, after ${status}`, async (bench) => {
			const prompt = '=A cat at {{ Date.now() }} {{ Math.random() }}';
			expect(await keysAndBodies(bench, status, { parameters: { prompt } })).toEqual([2, 2]);
		});
	}

	evolink.it('is another one for an image that was uploaded anew', async (bench) => {
		const items = [{ json: {}, binary: { data: await evolink.file() } }];
		const settings = { items, parameters: { imageSource: 'binary' } };
		expect(await keysAndBodies(bench, 500, settings)).toEqual([2, 2]);
	});

	evolink.it('is another one after a refusal', async (bench) => {
		expect(await keysAndBodies(bench, 402, {})).toEqual([2, 1]);
	});
});

it("n8n's log names each task as soon as it is paid for", async () => {
	evolink.sandbox.planTask({ outcome: { status: 'failed' } });
	const linesBefore = evolink.engine.logLines().length;

	await evolink.run({});

	const [{ taskId }] = evolink.sandbox.bill;
	const line = evolink.engine
		.logLines()
		.slice(linesBefore)
		.find((text) => text.startsWith('info:') && text.includes(taskId));
	expect(line).toMatch(/started a paid task/);
	expect(line).toMatch(/itemIndex: 0/);
});

describe('a retry does not pay again', () => {
	evolink.it('although an expression gives something else each time', async ({ sandbox, run }) => {
		sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });

		const { rows, error } = await run({
			parameters: { prompt: '={{ "A cat at " + $now.toMillis() + Math.random() }}' },
			node: RETRY_ON_FAIL,
		});

		expect(error).toBeUndefined();
		expect(sandbox.bill).toHaveLength(1);
		// What was sent the first time, not what the expression gave the second time.
		expect(rows[0].json).toMatchObject({
			taskId: sandbox.bill[0].taskId,
			prompt: sandbox.bill[0].prompt,
		});
	});

	for (const code of [
		'content_policy_violation',
		'invalid_parameters',
		'image_dimension_mismatch',
	]) {
		evolink.it(`for a task that failed for good: ${code}`, async ({ sandbox, run, retry }) => {
			sandbox.planTask({ outcome: { status: 'failed', code, message: 'No' } });

			const failed = await run({ node: RETRY_ON_FAIL });
			const again = await retry(failed, { node: RETRY_ON_FAIL });

			for (const { error } of [failed, again]) {
				expect(error?.message).toBe(`Evolink could not make the video: No (${code})`);
				expect(error?.description).toContain(sandbox.bill[0].taskId);
			}
			expect(sandbox.bill).toHaveLength(1);
			expect(sandbox.requestsOf('submit')).toHaveLength(1);
		});
	}

	for (const outcome of [
		{ status: 'failed', code: 'service_error' },
		{ status: 'failed', code: 'unknown_error' },
		{ status: 'cancelled' },
	]) {
		const what = outcome.code ?? outcome.status;
		evolink.it(`but submits again what may succeed then: ${what}`, async ({ sandbox, run }) => {
			sandbox.planTask({ outcome });

			const { error } = await run({ node: RETRY_ON_FAIL });

			expect(error).toBeUndefined();
			expect(sandbox.bill).toHaveLength(2);
		});
	}
});

/** A server that speaks in its own way to whoever connects, and counts them. */
async function withServer(
	greet: (socket: Socket) => void,
	test: (url: string, connectionCount: () => number) => Promise<void>,
): Promise<void> {
	let connections = 0;
	const server = createServer((socket) => {
		connections++;
		socket.on('error', () => {});
		socket.once('data', () => greet(socket));
	});
	const close = await listenOnLoopback(server);
	try {
		await test(addressOf(server), () => connections);
	} finally {
		await close();
	}
}

/** The submission never went out, so n8n's retry may submit, and is paid once. */
async function expectNotSent(
	{ sandbox, run, retry }: OwnBench,
	baseUrl: string,
	message: RegExp,
): Promise<void> {
	const failed = await run({ credential: { baseUrl } });
	expect(failed.error?.message).toMatch(message);
	expect(failed.error?.message).not.toMatch(/may have been started/);
	expect(sandbox.bill).toEqual([]);

	const retried = await retry(failed, {});
	expect(retried.error).toBeUndefined();
	expect(sandbox.bill).toHaveLength(1);
}

describe('a submission that could not leave', () => {
	for (const [name, baseUrl, words] of [
		['the host name is unknown', 'https://nowhere.invalid', /address .* could not be found/],
		['nobody listens', 'http://127.0.0.1:1', /Nothing answers at the address/],
	] as const) {
		evolink.it(`was not sent, so a retry sends it: ${name}`, async (bench) => {
			await expectNotSent(bench, baseUrl, words);
		});
	}

	evolink.it('is repeated until somebody listens, and paid once', async ({ run }) => {
		const closed = await startSandbox();
		await closed.close();
		const { url: baseUrl } = closed;
		const finished = run({ credential: { baseUrl } });
		// The first attempt has failed by then: nobody was there to refuse it later.
		while (sentRequestCount(closed) < 1) await new Promise(setImmediate);
		const port = Number(new URL(baseUrl).port);
		const late = await startSandbox({ port, generationSeconds: 0 });
		try {
			const { error, rows } = await finished;

			expect(error).toBeUndefined();
			expect(rows[0].json).toMatchObject({ taskId: late.bill[0].taskId });
			expect(late.bill).toHaveLength(1);
		} finally {
			await late.close();
		}
	});

	// A fatal alert of TLS 1.2 is what its record layer writes (RFC 5246, 6.2.1 and 7.2).
	for (const [name, greet] of Object.entries<(socket: Socket) => void>({
		'because the connection is closed': (socket) => socket.destroy(),
		'because the connection is reset': (socket) => socket.resetAndDestroy(),
		'with the alert handshake_failure': (socket) =>
			socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, 40])),
		'because nobody speaks TLS there': (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
	})) {
		// Older engines drop what tells the phase of a connection that was reset.
		if (name.endsWith('is reset') && process.env.EVOLINK_ENGINE_VERSION !== undefined) continue;
		evolink.it(
			`was not sent, and is repeated like a refused connection: ${name}`,
			async (bench) =>
				await withServer(greet, async (url, connectionCount) => {
					const baseUrl = url.replace('http:', 'https:');
					await expectNotSent(bench, baseUrl, /could not be sent: no secure connection/);
					expect(connectionCount()).toBeGreaterThan(1);
				}),
		);
	}
});

describe('an image that Evolink cannot open', () => {
	const unusable = { outcome: { status: 'failed', code: 'image_processing_error' } } as const;
	const plan = (sandbox: Sandbox, count: number) => {
		for (let tries = 0; tries < count; tries++) sandbox.planTask(unusable);
	};

	evolink.it('is paid once where it is a link', async ({ sandbox, run }) => {
		plan(sandbox, 3);
		const { error } = await run({ node: RETRY_ON_FAIL });

		expect(sandbox.bill).toHaveLength(1);
		expect(wordsOf(error)).toContain('image_processing_error');
	});

	evolink.it('is uploaded anew by a retry where it is a file', async ({ sandbox, run }) => {
		plan(sandbox, 2);
		const { rows } = await run({
			items: [{ json: {} }, { json: {}, binary: { data: await evolink.file() } }],
			parameters: { imageSource: '={{ $itemIndex === 0 ? "url" : "binary" }}' },
			node: { ...RETRY_ON_FAIL, ...CONTINUE_ON_FAIL },
		});

		expect(wordsOf(rows[0].json.error)).toContain('image_processing_error');
		expect(rows[1].json.status).toBe('completed');
		expect(sandbox.bill.filter(({ imageUrl }) => imageUrl === PICTURE_LINK)).toHaveLength(1);
		expect(sandbox.requestsOf('upload')).toHaveLength(2);
	});

	for (const [name, imageUrl] of [
		['Google Drive', 'https://drive.google.com/file/d/1aBcD/view?usp=sharing'],
		['Pinterest', 'https://pin.it/AbCdEf'],
	]) {
		evolink.it(`is told as a share page of ${name} in the error itself`, async (bench) => {
			plan(bench.sandbox, 1);
			const { error } = await bench.run({ parameters: { imageUrl } });

			expect(wordsOf(error)).toContain(name);
			expect(wordsOf(error)).toContain('HTTP Request');
		});
	}
});

describe('what fails before anything is sent', () => {
	const { prototype } = ExecuteContext;
	const { getNode } = prototype;
	/** As a class with private members would refuse a stand-in for one of its own. */
	beforeAll(() => {
		prototype.getNode = function () {
			if (types.isProxy(this) || !Object.hasOwn(this, 'node')) {
				throw new TypeError('Cannot read private member #node');
			}
			return getNode.call(this);
		};
	});
	// It is inherited from another class.
	afterAll(() => Reflect.deleteProperty(prototype, 'getNode'));

	it("is not n8n's context, should it get private members", async () => {
		const { rows } = await evolink.run({});

		expect(rows[0]?.json.status).toBe('completed');
	});

	it('is told as not sent when n8n cannot read the credential for the submission', async () => {
		const { authenticate } = RunCredentialsHelper.prototype;
		RunCredentialsHelper.prototype.authenticate = async () => {
			throw new Error('No database');
		};
		const failed = await evolink.run({}).finally(() => {
			RunCredentialsHelper.prototype.authenticate = authenticate;
		});

		expect(evolink.sandbox.requestsOf('submit')).toEqual([]);
		expect(wordsOf(failed.error)).not.toMatch(/may have been started/);
		expect(wordsOf(failed.error)).toMatch(
			/not sent|could not be sent|nothing (was|has been) sent/i,
		);
		expect((await evolink.retry(failed, {})).error).toBeUndefined();
		expect(evolink.sandbox.bill).toHaveLength(1);
	});
});

it('a TLS alert on a connection that was established leaves it open whether a video was started', async () => {
	const server = await startAlertingServer(evolink.sandbox);
	const settings = { credential: { baseUrl: server.url } };
	const failed = await evolink.run(settings);
	const retried = await evolink.retry(failed, settings);
	await server.close();

	for (const { error } of [failed, retried]) {
		expect(error?.message).toMatch(/may have been started/);
	}
	expect(server.requestCount()).toBe(1);
	expect(evolink.sandbox.bill).toHaveLength(1);
});

describe('a submission through a proxy', () => {
	const proxyNames = ['HTTPS_PROXY', 'https_proxy'];
	afterEach(() => {
		for (const name of proxyNames) delete process.env[name];
	});

	it.each<[string, (socket: Socket) => void]>([
		['hangs up on CONNECT', (socket) => socket.destroy()],
		['answers CONNECT with 407', (socket) => socket.end('HTTP/1.1 407 Who are you\r\n\r\n')],
	])('that %s was not sent, and the message names the proxy', async (_what, greet) => {
		await withServer(greet, async (proxyUrl) => {
			for (const name of proxyNames) process.env[name] = proxyUrl;
			const { error } = await evolink.run({
				credential: { baseUrl: 'https://api.evolink.invalid' },
			});
			expect(error?.message).toMatch(/could not be sent.*proxy/);
			expect(error?.message).not.toMatch(/may have been started/);
		});
	});

	it('that answers CONNECT with a page of 403 is told as something in between', async () => {
		const page = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\n<p>No</p>';
		await withServer(
			(socket) => socket.end(page),
			async (proxyUrl) => {
				for (const name of proxyNames) process.env[name] = proxyUrl;
				const { error } = await evolink.run({
					credential: { baseUrl: 'https://api.evolink.invalid' },
				});
				expect(error?.message).toMatch(/Something between n8n and Evolink refused|proxy/);
				expect(`${error?.message} ${String(error?.description)}`).not.toMatch(/API key/);
			},
		);
	});
});
