import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeConnectionTypes } from 'n8n-workflow';
import type { INode, INodeType } from 'n8n-workflow';

import { EvolinkApi } from '../../credentials/EvolinkApi.credentials';
import { Evolink } from '../../nodes/Evolink/Evolink.node';
import { startSandbox } from '../../sandbox';
import type { Sandbox } from '../../sandbox';
import { outputItems, startEngine } from '../../tools/engine';
import type { Engine } from '../../tools/engine';

const TOOL_TYPE = 'n8n-nodes-evolink.evolinkTool';

/** The node as n8n offers it to agents: the same code, with a tool's output in place of its own. */
function toolNode(): INodeType {
	const { description, execute } = new Evolink();
	const outputs = [NodeConnectionTypes.AiTool];
	return { description: { ...description, name: 'evolinkTool', inputs: [], outputs }, execute };
}

/** Calls its tool, and learns of a failure what n8n passes on of it: the message. */
const agentNode: INodeType = {
	description: {
		name: 'agent',
		displayName: 'Agent',
		group: ['transform'],
		version: 1,
		description: 'Calls its tool once',
		defaults: { name: 'Agent' },
		inputs: [NodeConnectionTypes.Main, { type: NodeConnectionTypes.AiTool, required: true }],
		outputs: [NodeConnectionTypes.Main],
		properties: [],
	},
	async execute() {
		const given: unknown = await this.getInputConnectionData(NodeConnectionTypes.AiTool, 0);
		const tool: unknown = Array.isArray(given) ? given[0] : given;
		const { input } = this.getInputData()[0].json;
		const invoke: unknown = Reflect.get(Object(tool), 'invoke');
		if (typeof invoke !== 'function') throw new Error('No tool is connected');
		try {
			return [[{ json: { answer: String(await Reflect.apply(invoke, tool, [input])) } }]];
		} catch (error) {
			return [[{ json: { told: error instanceof Error ? error.message : String(error) } }]];
		}
	},
};

let engine: Engine;
let sandbox: Sandbox;
let storagePath = '';

beforeAll(async () => {
	storagePath = await mkdtemp(join(tmpdir(), 'evolink-engine-'));
	sandbox = await startSandbox({ generationSeconds: 0 });
	engine = await startEngine({
		storagePath,
		binaryDataMode: 'filesystem',
		extraNodeTypes: { [TOOL_TYPE]: toolNode(), 'test.agent': agentNode },
		extraCredentialTypes: { evolinkApi: new EvolinkApi() },
	});
});
beforeEach(() => sandbox.reset());
afterAll(async () => {
	await sandbox?.close();
	await rm(storagePath, { recursive: true, force: true });
});

/** Returns what the agent is told of a call that fails. */
async function toldOf(parameters: INode['parameters'], input = {}): Promise<string> {
	const place = (name: string, type: string, more: Partial<INode> = {}): INode => ({
		id: name,
		name,
		type,
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
		...more,
	});
	const run = await engine.runWorkflow({
		workflow: {
			nodes: [
				place('Trigger', 'n8n-nodes-base.manualTrigger'),
				place('Agent', 'test.agent'),
				place('Evolink', TOOL_TYPE, {
					parameters: { imageUrl: 'https://example.com/cat.jpg', ...parameters },
					credentials: { evolinkApi: { id: '1', name: 'Evolink account' } },
				}),
			],
			connections: {
				Trigger: { main: [[{ node: 'Agent', type: 'main', index: 0 }]] },
				Evolink: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
			},
		},
		triggerItems: [{ json: { input } }],
		credentials: {
			evolinkApi: { apiKey: sandbox.apiKey, baseUrl: sandbox.url, filesBaseUrl: sandbox.url },
		},
	});
	const { json } = outputItems(run, 'Agent')[0];
	expect(Object.keys(json)).toEqual(['told']);
	// n8n's own agent keeps the first line only.
	return String(json.told).split('\n')[0];
}

const DO_NOT_CALL_AGAIN = /(do not|don't|never) call[^.]* again/i;

describe('an agent is told in the first line of the message', () => {
	const paidFor: Array<[string, () => void, INode['parameters']]> = [
		[
			'when the status cannot be read',
			() => sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } }),
			{},
		],
		[
			'when the video takes too long',
			() => sandbox.planTask({ generationSeconds: 3_600 }),
			{ options: { timeout: 20 } },
		],
		[
			'when the API does not know the task',
			() => sandbox.addFault({ on: 'read', times: 9, fault: { kind: 'status', status: 404 } }),
			{},
		],
	];
	for (const [name, prepare, parameters] of paidFor) {
		it(`the ID of the paid task, and not to call again: ${name}`, async () => {
			prepare();
			const told = await toldOf({ prompt: 'A cat', ...parameters });

			expect(told).toContain(sandbox.bill[0].taskId);
			expect(told).toMatch(/\bpaid\b/i);
			expect(told).toMatch(DO_NOT_CALL_AGAIN);
			expect(told).toContain('Task > Get');
		});
	}

	it('that a video may have been started, and not to call again', async () => {
		sandbox.addFault({ on: 'submit', fault: { kind: 'reset-after-acceptance' } });
		const told = await toldOf({ prompt: 'A cat' });

		expect(told).toMatch(/may have been started/);
		expect(told).toMatch(DO_NOT_CALL_AGAIN);
	});

	it('the ID and the code of a task that failed for good', async () => {
		sandbox.planTask({ outcome: { status: 'failed', code: 'content_policy_violation' } });
		const told = await toldOf({ prompt: 'A cat' });

		expect(told).toContain(sandbox.bill[0].taskId);
		expect(told).toContain('content_policy_violation');
	});

	it('that nothing was paid for what was refused, and may call again', async () => {
		const told = await toldOf({ prompt: 'A cat', duration: 7 });

		expect(told).toMatch(/nothing[^.]* paid|not(hing)? [^.]*(paid|charged)/i);
		expect(told).not.toMatch(DO_NOT_CALL_AGAIN);
		expect(sandbox.bill).toEqual([]);
	});

	it('that nothing was paid where the account has too few credits', async () => {
		sandbox.addFault({ on: 'submit', fault: { kind: 'status', status: 402 } });
		const told = await toldOf({ prompt: 'A cat' });

		expect(told).toMatch(/nothing[^.]* paid|not(hing)? [^.]*(paid|charged)/i);
	});
});
