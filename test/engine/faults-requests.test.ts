import { createServer, request as sendRequest } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { ExecuteContext } from 'n8n-core';
import type { INodeExecutionData, IRun } from 'n8n-workflow';

import type { Sandbox } from '../../sandbox';
import { outputItems } from '../../tools/engine';
import { RunCredentialsHelper } from '../../tools/engine/run-credentials';
import { useEvolink } from './evolink-workflow';
import type { EvolinkResult, EvolinkRun } from './evolink-workflow';
import { addressOf, listenOnLoopback } from './loopback-server';
import { testsOnOwnSandbox } from './own-sandbox';
import { wholeJpeg } from './whole-images';
import { SPEED } from './quick-clock';
import { selfMadeCertificate, trust } from './self-made-certificate';
import { bodyField } from './traffic';

const evolink = useEvolink({ generationSeconds: 0 });
const itAlone = testsOnOwnSandbox(evolink);

const NODE_NAME = 'Evolink';

/** n8n takes 0 for "not set" and waits a second. */
const RETRY_ON_FAIL = { retryOnFail: true, maxTries: 4, waitBetweenTries: 1 };

const textOf = (error: unknown) => {
	const { message, description } = Object(error);
	return `${String(message)} ${String(description)}`;
};

const numbered = (count: number) => ({
	items: Array.from({ length: count }, (_, number) => ({ json: { prompt: `<${number}>` } })),
	parameters: { prompt: '={{ $json.prompt }}' },
});

describe('a task that the API does not know a second after its submission', () => {
	itAlone('is not paid again by Retry On Fail, and its ID is told', async ({ sandbox, run }) => {
		sandbox.addFault({ on: 'read', times: 3, fault: { kind: 'status', status: 404 } });

		const { error } = await run({ node: { ...RETRY_ON_FAIL, maxTries: 2 } });

		expect(sandbox.bill).toHaveLength(1);
		expect(textOf(error)).toContain(sandbox.bill[0].taskId);
	});

	itAlone(
		'is not paid again by Retry execution, and is delivered once the API knows it',
		async ({ sandbox, run, retry }) => {
			sandbox.addFault({
				on: 'read',
				times: 2,
				fault: { kind: 'status', status: 404, code: 'task_not_found' },
			});

			let result = await run({});
			for (let retries = 0; retries < 2 && result.error !== undefined; retries++) {
				expect(textOf(result.error)).toContain(sandbox.bill[0].taskId);
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

/** Lets the methods of n8n's contexts refuse what a class with private members would refuse. */
function givePrivateMembers(mark: string): () => void {
	const genuine = new WeakSet<object>();
	const undo: Array<() => void> = [];
	const define = (owner: object, name: string, descriptor: PropertyDescriptor) => {
		const before = Object.getOwnPropertyDescriptor(owner, name);
		Object.defineProperty(owner, name, { configurable: true, ...descriptor });
		undo.push(() => {
			if (before === undefined) Reflect.deleteProperty(owner, name);
			else Object.defineProperty(owner, name, before);
		});
	};
	// The constructor sets it last.
	define(ExecuteContext.prototype, 'hints', {
		get: () => undefined,
		set(this: object, value: unknown) {
			genuine.add(this);
			Object.defineProperty(this, 'hints', { value, writable: true });
		},
	});
	const requireGenuine = (context: object) => {
		const isMarked = Object(Reflect.get(context, 'node')).notes === mark;
		if (!isMarked || genuine.has(context) || Reflect.get(context, 'hints') === undefined) return;
		throw new TypeError(
			'Cannot read private member #node from an object whose class did not declare it',
		);
	};
	let owner: object = ExecuteContext.prototype;
	for (; owner !== Object.prototype; owner = Object.getPrototypeOf(owner)) {
		for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
			if (typeof value !== 'function' || name === 'constructor') continue;
			define(owner, name, {
				writable: true,
				value(this: object, ...parameters: unknown[]): unknown {
					requireGenuine(this);
					return Reflect.apply(value, this, parameters);
				},
			});
		}
	}
	return () => {
		for (const one of undo.splice(0).reverse()) one();
	};
}

describe('what fails before anything is sent', () => {
	const NOT_SENT = /not sent|could not be sent|nothing (was|has been) sent/i;
	const MARK = 'n8n has private members';
	let endPrivateMembers = () => {};
	beforeAll(() => {
		endPrivateMembers = givePrivateMembers(MARK);
	});
	afterAll(() => endPrivateMembers());

	function expectNotSent(result: EvolinkResult, sandbox: Sandbox): void {
		expect(sandbox.requestsOf('submit')).toEqual([]);
		expect(textOf(result.error)).not.toMatch(/may have been started/);
		expect(textOf(result.error)).toMatch(NOT_SENT);
	}

	itAlone(
		"is told as not sent, or is sent, when n8n's context has private members",
		async ({ sandbox, run, retry }) => {
			let result = await run({ node: { notes: MARK } });
			if (result.error !== undefined) {
				expectNotSent(result, sandbox);
				result = await retry(result, {}, 'current');
			}

			expect(result.rows[0]?.json.status).toBe('completed');
			expect(sandbox.bill).toHaveLength(1);
		},
	);

	itAlone(
		'is told as not sent when n8n cannot read the credential for the submission',
		async ({ sandbox, run, retry }) => {
			const broken = { prompt: '<no database>', options: { fileName: 'broken' } };
			const original = RunCredentialsHelper.prototype.authenticate;
			const settings = { parameters: broken, credential: { apiKey: `${sandbox.apiKey} ` } };
			RunCredentialsHelper.prototype.authenticate = async function (credentials, ...more) {
				if (credentials.apiKey === settings.credential.apiKey) throw new Error('No database');
				return await original.call(this, credentials, ...more);
			};
			const failed = await run(settings).finally(() => {
				RunCredentialsHelper.prototype.authenticate = original;
			});

			expectNotSent(failed, sandbox);
			const retried = await retry(failed, settings);
			expect(retried.error).toBeUndefined();
			expect(sandbox.bill).toHaveLength(1);
		},
	);
});

/**
 * Starts an HTTPS server that hands each request on to the sandbox, and when the sandbox has dealt
 * with it, ends the connection by a fatal TLS alert instead of the answer.
 */
async function startAlertingServer(target: Sandbox, certificate: { cert: string; key: string }) {
	let requestCount = 0;
	// Whatever a record of the handshake is worth after it: TLS 1.3 answers it by unexpected_message.
	const strayRecord = Buffer.from([0x16, 3, 3, 0, 4, 0, 0, 0, 0]);
	const http = createServer((req, res) => {
		requestCount++;
		const onward = sendRequest(
			new URL(req.url ?? '/', target.url),
			{ method: req.method, headers: req.headers },
			(answer) => answer.resume().once('end', () => strays.get(res.socket!)?.push(strayRecord)),
		);
		req.pipe(onward);
	});
	const strays = new Map<object, Duplex>();
	const tcp = createTcpServer((socket) => {
		const line = new Duplex({
			read() {},
			write: (piece, _encoding, done) => void socket.write(piece, () => done()),
			final: (done) => void socket.end(() => done()),
		});
		socket.on('data', (piece) => line.push(piece)).once('end', () => line.push(null));
		const secure = new TLSSocket(line, { isServer: true, ...certificate });
		strays.set(secure, line);
		secure.on('error', () => {});
		http.emit('connection', secure);
	});
	const close = await listenOnLoopback(tcp);
	return { url: addressOf(tcp, 'https'), requestCount: () => requestCount, close };
}

describe('a TLS alert on a connection that was established', () => {
	const certificate = selfMadeCertificate();
	let endTrust = () => {};
	beforeAll(() => {
		endTrust = trust(certificate.cert);
	});
	afterAll(() => endTrust());

	itAlone(
		'leaves a submission that may have been started, and is not repeated',
		async ({ sandbox, run, retry }) => {
			const server = await startAlertingServer(sandbox, certificate);
			try {
				const settings = { credential: { baseUrl: server.url } };
				const failed = await run(settings);
				expect(failed.error?.message).toMatch(/may have been started/);
				expect(server.requestCount()).toBe(1);

				const retried = await retry(failed, settings);
				expect(retried.error?.message).toMatch(/may have been started/);
				expect(sandbox.bill).toHaveLength(1);
			} finally {
				await server.close();
			}
		},
	);
});

describe('a download that never works', () => {
	for (const fault of [
		{ kind: 'status', status: 500 },
		{ kind: 'reset-before-acceptance' },
	] as const) {
		itAlone(
			`is tried a last time at the end of its time (${fault.kind})`,
			async ({ sandbox, run }) => {
				sandbox.addFault({ on: 'media', times: Infinity, fault });

				const { error } = await run({ parameters: { options: { timeout: 60 } } });

				expect(textOf(error)).toContain(sandbox.bill[0].taskId);
				const attempts = sandbox.requestsOf('media').map(({ receivedAtMs }) => receivedAtMs);
				const seconds = ((attempts.at(-1)! - attempts[0]) / 1000) * SPEED;
				expect(seconds).toBeGreaterThan(295);
				expect(seconds).toBeLessThan(330);
			},
		);
	}
});

describe('two items that share an image whose upload stalls', () => {
	itAlone('keep each their own Timeout', async ({ sandbox, run }) => {
		sandbox.addFault({ on: 'upload', fault: { kind: 'stall', seconds: 6 } });
		const image = await evolink.engine.storeBinary(wholeJpeg(800, 600), 'a.jpg', 'image/jpeg');
		const item = (timeout: number): INodeExecutionData => ({
			json: { timeout },
			binary: { data: image },
		});
		const settings: EvolinkRun = {
			items: [item(900), item(1)],
			parameters: { imageSource: 'binary', options: { timeout: '={{ $json.timeout }}' } },
		};
		const startedMs = Date.now();
		const failed = await run(settings);
		const seconds = (Date.now() - startedMs) / 1000;

		expect(failed.error).toMatchObject({ context: { itemIndex: 1 } });
		// The quick clock leaves a request at least a second.
		expect(seconds).toBeLessThan(3);
		expect(sandbox.bill).toEqual([]);
	});

	itAlone('do not fail together', async ({ sandbox, run }) => {
		sandbox.addFault({ on: 'upload', fault: { kind: 'stall', seconds: 3 } });
		const image = await evolink.engine.storeBinary(wholeJpeg(800, 600), 'a.jpg', 'image/jpeg');
		const { rows } = await run({
			items: [900, 1].map((timeout) => ({ json: { timeout }, binary: { data: image } })),
			parameters: { imageSource: 'binary', options: { timeout: '={{ $json.timeout }}' } },
			node: { onError: 'continueRegularOutput' },
		});

		expect(rows[0].json.status).toBe('completed');
		expect(Object.keys(rows[1].json)).toEqual(['error']);
		expect(sandbox.bill).toHaveLength(1);
	});
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

	itAlone(
		"gives each round of a loop its own round's videos",
		async ({ sandbox, run, retry, wake }) => {
			const settings: EvolinkRun = {
				...numbered(2),
				parameters: { ...numbered(2).parameters, options: { whileWaiting: 'sleep' } },
			};
			const asleep = await run(settings);
			expect(asleep.run.status).toBe('waiting');

			const items = [{ json: { prompt: '<second round>' } }];
			let result = await retry(nextRound(asleep, items), settings);
			if (result.run.status === 'waiting') result = await wake(result, settings);

			expect(result.error).toBeUndefined();
			const rows = outputItems(result.run, NODE_NAME, 0, 1);
			expect(rows.map(({ json }) => json.prompt)).toEqual(['<second round>']);
			const submitted = sandbox.requestsOf('submit').map((one) => bodyField(one, 'prompt'));
			expect(submitted).toEqual(['<0>', '<1>', '<second round>']);
		},
	);
});
