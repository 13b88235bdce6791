/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
	NodeApiError,
	NodeConnectionTypes,
	NodeOperationError,
	type IConnections,
	type ICredentialType,
	type IExecuteFunctions,
	type INode,
	type INodeExecutionData,
	type INodeType,
	type IRun,
	type JsonObject,
} from 'n8n-workflow';
import {
	executionHints,
	nodeError,
	outputItems,
	startEngine,
	type Engine,
	type WorkflowFile,
} from '../../tools/engine';

/** What the tiny node does on each call, by the value of its one parameter. */
const BEHAVIOURS: Record<string, (context: IExecuteFunctions) => Promise<INodeExecutionData[]>> = {
	/** Fails until the third call of this execution (retries included) has been reached. */
	async succeedOnThirdCall(context) {
		const memory = context.getContext('node');
		memory.calls = Number(memory.calls ?? 0) + 1;
		if (Number(memory.calls) < 3) {
			throw new NodeOperationError(context.getNode(), `call ${String(memory.calls)} fails`);
		}
		return [{ json: { calls: memory.calls, executionId: context.getExecutionId() } }];
	},
	/** One row for each item; items that carry `fail` become error rows. */
	async rows(context) {
		return context.getInputData().map(({ json }, item) => ({
			json: json.fail === true ? { error: { message: 'refused' } } : { ...json },
			pairedItem: { item },
		}));
	},
	async throwAlways(context) {
		throw new NodeOperationError(context.getNode(), 'it cannot be done', {
			description: 'Do something else',
		});
	},
	async nothing() {
		return [];
	},
	async hint(context) {
		context.addExecutionHints({ message: 'Mind the gap', location: 'outputPane' });
		return [{ json: {} }];
	},
	async waitForStop(context) {
		context.logger.info('waiting for the stop', { secretOfTheLog: 'kept' });
		const signal = context.getExecutionCancelSignal();
		await new Promise<void>((resolve) => {
			if (signal?.aborted) resolve();
			signal?.addEventListener('abort', () => resolve());
		});
		throw new NodeOperationError(context.getNode(), 'stopped while task-1 was running');
	},
	async reverseFile(context) {
		const bytes = await context.helpers.getBinaryDataBuffer(0, 'data');
		const reversed = Buffer.from(bytes).reverse();
		const data = await context.helpers.prepareBinaryData(reversed, 'reversed.bin', 'video/mp4');
		return [{ json: {}, binary: { data } }];
	},
	async request(context) {
		const { url } = await context.getCredentials<{ url: string }>('tinyApi');
		const answer: unknown = await context.helpers.httpRequestWithAuthentication.call(
			context,
			'tinyApi',
			{ url, json: true },
		);
		return [{ json: { answer: String(Reflect.get(Object(answer), 'authorization')) } }];
	},
};

const tinyNode: INodeType = {
	description: {
		name: 'tiny',
		displayName: 'Tiny',
		group: ['transform'],
		version: 1,
		description: 'Does what its parameter says',
		defaults: { name: 'Tiny' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'tinyApi' }],
		properties: [
			{ displayName: 'Do', name: 'do', type: 'string', default: '', required: true },
			{ displayName: 'Text', name: 'text', type: 'string', default: 'by default' },
		],
	},
	async execute(this: IExecuteFunctions) {
		return [await BEHAVIOURS[String(this.getNodeParameter('do', 0))](this)];
	},
};

const tinyCredential: ICredentialType = {
	name: 'tinyApi',
	displayName: 'Tiny API',
	properties: [
		{ displayName: 'API Key', name: 'apiKey', type: 'string', default: '' },
		{ displayName: 'URL', name: 'url', type: 'string', default: '' },
	],
	authenticate: {
		type: 'generic',
		properties: { headers: { Authorization: '=Bearer {{ $credentials.apiKey }}' } },
	},
	test: {
		request: { baseURL: '={{ $credentials.url }}', url: '/test' },
		rules: [
			{
				type: 'responseSuccessBody',
				properties: { key: 'success', value: false, message: 'The key has expired' },
			},
		],
	},
};

/** n8n's rules are of one kind for each credential: by answer body, or by status code. */
const tinyCredentialByStatus: ICredentialType = {
	...tinyCredential,
	name: 'tinyByStatusApi',
	test: {
		request: { baseURL: '={{ $credentials.url }}', url: '/test' },
		rules: [{ type: 'responseCode', properties: { value: 401, message: 'The key is not known' } }],
	},
};

function tiny(behaviour: string, settings: Partial<INode> = {}): INode {
	return {
		id: 'tiny',
		name: 'Tiny',
		type: 'test.tiny',
		typeVersion: 1,
		position: [200, 0],
		parameters: { do: behaviour },
		...settings,
	};
}

function node(name: string, type: string): INode {
	return { id: name, name, type, typeVersion: 1, position: [0, 0], parameters: {} };
}

/** Start -> Tiny -> After (first output) and Failed (second output), beside a sticky note. */
function workflowWith(tinyNodeOfWorkflow: INode, trigger = 'n8n-nodes-base.manualTrigger') {
	const to = (name: string) => ({ node: name, type: NodeConnectionTypes.Main, index: 0 });
	const connections: IConnections = {
		Start: { main: [[to('Tiny')]] },
		Tiny: { main: [[to('After')], [to('Failed')]] },
	};
	const workflow: WorkflowFile = {
		id: 'tiny-workflow',
		nodes: [
			node('Note', 'n8n-nodes-base.stickyNote'),
			node('Start', trigger),
			tinyNodeOfWorkflow,
			node('After', 'n8n-nodes-base.noOp'),
			node('Failed', 'n8n-nodes-base.noOp'),
		],
		connections,
		settings: { executionOrder: 'v1' },
	};
	return workflow;
}

const items = (...rows: Array<Record<string, unknown>>) =>
	rows.map((json) => ({ json })) as INodeExecutionData[];

describe('the workflow runner', () => {
	let engine: Engine;
	let server: Server;
	let serverUrl: string;
	let storagePath: string;
	let requests: IncomingMessage[] = [];

	beforeAll(async () => {
		storagePath = mkdtempSync(join(tmpdir(), 'engine-runner-'));
		engine = await startEngine({
			storagePath,
			binaryDataMode: 'filesystem',
			extraNodeTypes: { 'test.tiny': tinyNode },
			extraCredentialTypes: { tinyApi: tinyCredential, tinyByStatusApi: tinyCredentialByStatus },
		});
		server = createServer((request, response) => {
			requests.push(request);
			const { authorization = '' } = request.headers;
			response.statusCode = authorization === 'Bearer unknown' ? 401 : 200;
			response.setHeader('content-type', 'application/json');
			response.end(JSON.stringify({ success: authorization !== 'Bearer old', authorization }));
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		serverUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	});

	beforeEach(() => {
		requests = [];
	});

	afterAll(async () => {
		await new Promise((resolve) => server.close(resolve));
		rmSync(storagePath, { recursive: true, force: true });
	});

	const run = async (workflow: WorkflowFile, triggerItems?: INodeExecutionData[]): Promise<IRun> =>
		await engine.runWorkflow({ workflow, triggerItems, credentials: {} });

	it('is the version of n8n-core that the tests asked for', () => {
		expect(engine.version).toBe(process.env.EVOLINK_ENGINE_VERSION ?? engine.version);
		expect(engine.version).toMatch(/^\d+\.\d+\.\d+$/);
	});

	it('refuses to start twice in a process', async () => {
		await expect(startEngine({ storagePath, binaryDataMode: 'default' })).rejects.toThrow('once');
	});

	it.each(['manualTrigger', 'formTrigger', 'webhook', 'scheduleTrigger'])(
		'hands the items in as those of a trigger of type %s',
		async (trigger) => {
			const result = await run(
				workflowWith(tiny('rows'), `n8n-nodes-base.${trigger}`),
				items({ a: 1 }, { a: 2 }),
			);

			expect(result.status).toBe('success');
			expect(outputItems(result, 'After').map(({ json }) => json)).toEqual([{ a: 1 }, { a: 2 }]);
		},
	);

	it('leaves the workflow it was given as it was', async () => {
		const workflow = workflowWith(tiny('rows'));
		const before = structuredClone(workflow);
		await run(workflow);
		expect(workflow).toEqual(before);
	});

	it('keeps the data of getContext over the tries of Retry On Fail', async () => {
		const result = await run(
			workflowWith(
				tiny('succeedOnThirdCall', { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 }),
			),
		);

		expect(outputItems(result, 'Tiny')[0].json.calls).toBe(3);
	});

	it('keeps the data of getContext over "Retry execution", under a new execution id', async () => {
		const workflow = workflowWith(tiny('succeedOnThirdCall'));
		const first = await run(workflow);
		expect(first.status).toBe('error');
		expect(nodeError(first, 'Tiny')?.message).toBe('call 1 fails');

		const second = await engine.retryExecution(first, { workflow, credentials: {} });
		expect(nodeError(second, 'Tiny')?.message).toBe('call 2 fails');

		const retry = engine.startRetry(second, { workflow, credentials: {} });
		const third = await retry.finished;
		expect(third.status).toBe('success');
		expect(third.mode).toBe('retry');
		expect(outputItems(third, 'Tiny')[0].json).toEqual({
			calls: 3,
			executionId: retry.executionId,
		});
		expect(outputItems(third, 'After')).toHaveLength(1);
		// The stored execution is not touched by its retry.
		expect(nodeError(first, 'Tiny')?.message).toBe('call 1 fails');
	});

	it('starts a fresh execution with an empty context', async () => {
		const workflow = workflowWith(tiny('succeedOnThirdCall'));
		await run(workflow);
		expect(nodeError(await run(workflow))?.message).toBe('call 1 fails');
	});

	it('refuses to retry an execution that succeeded, as n8n does', async () => {
		const workflow = workflowWith(tiny('rows'));
		const result = await run(workflow);
		await expect(engine.retryExecution(result, { workflow, credentials: {} })).rejects.toThrow(
			'succeeded',
		);
	});

	it('retries with the settings that the node failed with, or with those of now', async () => {
		const first = await run(workflowWith(tiny('throwAlways')));
		const repaired = workflowWith(tiny('rows'));

		const original = await engine.retryExecution(first, { workflow: repaired, credentials: {} });
		expect(nodeError(original)?.message).toBe('it cannot be done');
		const current = await engine.retryExecution(first, {
			workflow: repaired,
			credentials: {},
			nodeSettings: 'current',
		});
		expect(current.status).toBe('success');
	});

	it('stops the workflow at an error by default and keeps its description', async () => {
		const result = await run(workflowWith(tiny('throwAlways')));

		expect(result.status).toBe('error');
		expect(nodeError(result)).toMatchObject({
			message: 'it cannot be done',
			description: 'Do something else',
		});
		expect(() => outputItems(result, 'After')).toThrow('it cannot be done');
	});

	it('goes on with the input after an error under "Continue"', async () => {
		const result = await run(
			workflowWith(tiny('throwAlways', { onError: 'continueRegularOutput' })),
			items({ a: 1 }),
		);

		expect(result.status).toBe('success');
		expect(outputItems(result, 'After')[0].json).toEqual({ a: 1 });
		expect(nodeError(result, 'Tiny')?.message).toBe('it cannot be done');
	});

	it('knows the older Continue On Fail setting', async () => {
		const result = await run(workflowWith(tiny('throwAlways', { continueOnFail: true })));
		expect(result.status).toBe('success');
	});

	it('sends error rows to the error output, with the fields of the input', async () => {
		const result = await run(
			workflowWith(tiny('rows', { onError: 'continueErrorOutput' })),
			items({ a: 1 }, { a: 2, fail: true }),
		);

		expect(outputItems(result, 'After').map(({ json }) => json)).toEqual([{ a: 1 }]);
		expect(outputItems(result, 'Tiny', 1)).toHaveLength(1);
		expect(outputItems(result, 'Failed')[0].json).toEqual({
			a: 2,
			fail: true,
			error: { message: 'refused' },
		});
	});

	it('obeys Execute Once and Always Output Data', async () => {
		const once = await run(
			workflowWith(tiny('rows', { executeOnce: true })),
			items({ a: 1 }, { a: 2 }),
		);
		expect(outputItems(once, 'Tiny')).toHaveLength(1);

		const always = await run(workflowWith(tiny('nothing', { alwaysOutputData: true })));
		expect(outputItems(always, 'After')).toHaveLength(1);
	});

	it('makes execution hints readable', async () => {
		const result = await run(workflowWith(tiny('hint')));
		expect(executionHints(result, 'Tiny').map(({ message }) => message)).toEqual(['Mind the gap']);
	});

	it('reports what n8n finds missing before the first node runs', async () => {
		const result = await run(workflowWith(tiny('')));
		expect(result.status).toBe('error');
		expect(nodeError(result)?.message).toContain('issues');
	});

	it('stops a running node by its cancel signal', async () => {
		const running = engine.startWorkflow({
			workflow: workflowWith(tiny('waitForStop')),
			credentials: {},
			onNodeStart: (name) => {
				if (name === 'Tiny') setImmediate(() => running.cancel());
			},
		});
		const result = await running.finished;

		expect(result.status).toBe('canceled');
		expect(nodeError(result)?.message).toContain('task-1');
		await expect(
			engine.retryExecution(result, { workflow: workflowWith(tiny('rows')), credentials: {} }),
		).rejects.toThrow('stopped');
	});

	it('ends at once when it is stopped before it has started', async () => {
		const running = engine.startWorkflow({
			workflow: workflowWith(tiny('waitForStop')),
			credentials: {},
		});
		running.cancel();
		const result = await running.finished;
		expect(result.status).toBe('canceled');
	});

	it('stops the workflow at its time-out', async () => {
		const running = engine.startWorkflow({
			workflow: workflowWith(tiny('waitForStop')),
			credentials: {},
			executionTimeoutSeconds: 1,
		});
		const result = await running.finished;

		expect(result.status).toBe('canceled');
		expect(result.finished).not.toBe(true);
	});

	it('runs several workflows side by side', async () => {
		const results = await Promise.all(
			[1, 2, 3].map(async (a) => await run(workflowWith(tiny('rows')), items({ a }))),
		);
		expect(results.map((result) => outputItems(result, 'After')[0].json.a)).toEqual([1, 2, 3]);
	});

	it('stores binary data on disk and reads it back', async () => {
		const data = await engine.storeBinary(Buffer.from('abc'), 'abc.jpg', 'image/jpeg');
		expect(data).toMatchObject({ fileName: 'abc.jpg', fileExtension: 'jpg', fileType: 'image' });
		const result = await run(workflowWith(tiny('reverseFile')), [{ json: {}, binary: { data } }]);

		const { binary } = outputItems(result, 'After')[0];
		expect(binary?.data.id).toMatch(/^filesystem-v2:/);
		expect((await engine.readBinary(binary!.data)).toString()).toBe('cba');
		expect(readdirSync(join(storagePath, 'binary-data'), { recursive: true })).not.toHaveLength(0);
	});

	it("sends requests with the credential class's own header, expressions resolved", async () => {
		const credentials = { tinyApi: { id: 'placeholder', name: 'Tiny account' } };
		const workflow = workflowWith(tiny('request', { credentials }));
		const result = await engine.runWorkflow({
			workflow,
			credentials: { tinyApi: { apiKey: '={{ "k" + "ey" }}', url: serverUrl } },
		});

		expect(nodeError(result)).toBeUndefined();
		expect(outputItems(result, 'Tiny')[0].json.answer).toBe('Bearer key');
		expect(requests).toHaveLength(1);
	});

	it('fails as n8n does when the credential does not exist', async () => {
		const credentials = { tinyApi: { id: 'placeholder', name: 'Tiny account' } };
		const result = await run(workflowWith(tiny('request', { credentials })));
		expect(nodeError(result)?.message).toContain('does not exist');
		expect(requests).toHaveLength(0);
	});

	// Up to 2.8 and later, n8n-workflow loses the cause of a NodeApiError, and n8n's tester with it
	// the status code: the key is refused all the same, but in n8n's own words.
	const knowsStatus =
		new NodeApiError(tiny(''), new Error('x') as unknown as JsonObject).cause !== undefined;
	const stockMessage = 'Authorization failed - please check your credentials';

	it.each([
		['tinyApi', 'new', { status: 'OK', message: 'Connection successful!' }],
		['tinyApi', 'old', { status: 'Error', message: 'The key has expired' }],
		[
			'tinyApi',
			'unknown',
			{ status: 'Error', message: knowsStatus ? 'Unauthorized' : stockMessage },
		],
		[
			'tinyByStatusApi',
			'unknown',
			{ status: 'Error', message: knowsStatus ? 'The key is not known' : stockMessage },
		],
		['tinyByStatusApi', 'new', { status: 'OK', message: 'Connection successful!' }],
	])('tests a credential by its request and rules: %s, key "%s"', async (type, apiKey, verdict) => {
		expect(await engine.testCredential(type, { apiKey, url: serverUrl })).toEqual(verdict);
		// One request, but two for a 401: n8n's authenticated request then tries once more by itself.
		expect(requests).toHaveLength(apiKey === 'unknown' ? 2 : 1);
		for (const { url, headers } of requests) {
			expect([url, headers.authorization]).toEqual(['/test', `Bearer ${apiKey}`]);
		}
	});

	it('reports a credential whose server cannot be reached', async () => {
		const unreachable = { apiKey: 'new', url: 'http://127.0.0.1:1' };
		const { status, message } = await engine.testCredential('tinyApi', unreachable);
		expect(status).toBe('Error');
		expect(message).toMatch(/ECONNREFUSED|refused/);
	});

	it('keeps what the engine and the nodes log, with the metadata', async () => {
		const running = engine.startWorkflow({
			workflow: workflowWith(tiny('waitForStop')),
			credentials: {},
			onNodeStart: (name) => {
				if (name === 'Tiny') setImmediate(() => running.cancel());
			},
		});
		await running.finished;
		const log = engine.logLines().join('\n');
		expect(log).toContain('Workflow execution started');
		expect(log).toMatch(/info: waiting for the stop .*secretOfTheLog: 'kept'/);
	});
});
