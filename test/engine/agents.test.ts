import { NodeConnectionTypes } from 'n8n-workflow';
import type { INode, INodeType, IRun } from 'n8n-workflow';

import { EvolinkApi } from '../../credentials/EvolinkApi.credentials';
import { Evolink } from '../../nodes/Evolink/Evolink.node';
import type { Sandbox } from '../../sandbox';
import { nodeError, outputItems } from '../../tools/engine';
import { PICTURE_LINK, credentialsFor, useEvolink } from './evolink-workflow';

const TOOL_TYPE = 'n8n-nodes-evolink.evolinkTool';

/** The node as n8n offers it to agents: the same code, with a tool's output in place of its own. */
function toolNode(): INodeType {
	const { description, execute } = new Evolink();
	return {
		description: {
			...description,
			name: 'evolinkTool',
			inputs: [],
			outputs: [NodeConnectionTypes.AiTool],
		},
		execute,
	};
}

interface Tool {
	description: string;
	invoke(input: unknown): Promise<unknown>;
}

function isTool(value: unknown): value is Tool {
	return typeof value === 'object' && value !== null && 'invoke' in value && 'description' in value;
}

/** Stands for an agent's language model: calls its one tool once for each entry of `calls`. */
const agentNode: INodeType = {
	description: {
		name: 'agent',
		displayName: 'Agent',
		group: ['transform'],
		version: 1,
		description: 'Calls its tool with the inputs that the item names',
		defaults: { name: 'Agent' },
		inputs: [
			NodeConnectionTypes.Main,
			{ type: NodeConnectionTypes.AiTool, displayName: 'Tool', required: true },
		],
		outputs: [NodeConnectionTypes.Main],
		properties: [],
	},
	async execute() {
		const tools: unknown = await this.getInputConnectionData(NodeConnectionTypes.AiTool, 0);
		const [tool]: unknown[] = Array.isArray(tools) ? tools : [tools];
		if (!isTool(tool)) throw new Error('No tool is connected');
		const { calls } = this.getInputData()[0].json;
		const answers: string[] = [];
		for (const input of Array.isArray(calls) ? calls : []) {
			try {
				answers.push(String(await tool.invoke(input)));
			} catch (error) {
				// n8n's own agent keeps the first line of the message only.
				const { message } = Object(error);
				answers.push(JSON.stringify({ told: String(message).split('\n')[0] }));
			}
		}
		return [[{ json: { description: tool.description, answers } }]];
	},
};

const evolink = useEvolink({
	nodeTypes: { [TOOL_TYPE]: toolNode(), 'test.agent': agentNode },
	credentialTypes: { evolinkApi: new EvolinkApi() },
});

/** Lets the agent call the Evolink tool, once for each input. */
async function runAgent(
	sandbox: Sandbox,
	calls: Array<Record<string, string>>,
	parameters: INode['parameters'],
	settings: Partial<INode> = {},
): Promise<IRun> {
	const place = (name: string, type: string, more: Partial<INode> = {}): INode => ({
		id: name,
		name,
		type,
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
		...more,
	});
	return await evolink.engine.runWorkflow({
		workflow: {
			nodes: [
				place('Trigger', 'n8n-nodes-base.manualTrigger'),
				place('Agent', 'test.agent'),
				place('Evolink', TOOL_TYPE, {
					parameters: { imageUrl: PICTURE_LINK, ...parameters },
					credentials: { evolinkApi: { id: '1', name: 'Evolink account' } },
					...settings,
				}),
			],
			connections: {
				Trigger: { main: [[{ node: 'Agent', type: 'main', index: 0 }]] },
				Evolink: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
			},
		},
		triggerItems: [{ json: { calls } }],
		credentials: credentialsFor(sandbox),
	});
}

/** What the tool answered to each call, as n8n hands it to the model: JSON text; or what failed. */
function answersOf(run: IRun): unknown[] {
	const { answers } = outputItems(run, 'Agent')[0].json;
	return (Array.isArray(answers) ? answers : []).map((answer) => JSON.parse(String(answer)));
}

describe('The node as the tool of an AI agent', () => {
	evolink.it(
		'makes the video that the model asks for, and answers with its link and no file',
		async ({ sandbox }) => {
			const run = await runAgent(sandbox, [{ prompt: 'A cat looks up' }], {
				prompt: "={{ $fromAI('prompt', 'What happens in the video', 'string') }}",
			});

			expect(nodeError(run)).toBeUndefined();
			expect(sandbox.bill.map(({ prompt }) => prompt)).toEqual(['A cat looks up']);
			const [{ taskId }] = sandbox.bill;
			const videoUrl = sandbox.task(taskId)?.mediaUrl;
			const [answer] = answersOf(run);
			expect(answer).toEqual([expect.objectContaining({ taskId, isSuccess: true, videoUrl })]);
			expect(JSON.stringify(answer)).not.toContain('binary');
			expect(JSON.stringify(answer)).not.toContain('filesystem');
		},
	);

	evolink.it(
		'pays for each call, also when the model asks for the same twice',
		async ({ sandbox }) => {
			const run = await runAgent(sandbox, [{}, {}], { prompt: 'A cat', waitForCompletion: false });

			expect(nodeError(run)).toBeUndefined();
			expect(sandbox.bill).toHaveLength(2);
			expect(new Set(sandbox.bill.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(2);
		},
	);

	evolink.it('takes up the paid task when n8n tries the same call again', async ({ sandbox }) => {
		sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });
		const run = await runAgent(
			sandbox,
			[{}],
			{ prompt: 'A cat' },
			{ retryOnFail: true, maxTries: 2, waitBetweenTries: 1 },
		);

		expect(nodeError(run)).toBeUndefined();
		expect(sandbox.bill).toHaveLength(1);
		const [{ taskId }] = sandbox.bill;
		expect(answersOf(run)).toEqual([[expect.objectContaining({ taskId, isSuccess: true })]]);
	});

	evolink.it('counts all calls against Max Videos per Execution', async ({ sandbox }) => {
		const run = await runAgent(sandbox, [{}, {}, {}], {
			prompt: 'A cat',
			waitForCompletion: false,
			options: { maxVideos: 2 },
		});

		expect(answersOf(run)[2]).toEqual({
			told: expect.stringContaining('this would start 1 more video after 2'),
		});
		expect(sandbox.bill).toHaveLength(2);
	});

	evolink.it(
		'waits in memory where it is asked to sleep, since the agent waits for the answer',
		async ({ sandbox }) => {
			const run = await runAgent(sandbox, [{}], {
				prompt: 'A cat',
				options: { whileWaiting: 'sleep' },
			});

			expect(nodeError(run)).toBeUndefined();
			expect(run.status).toBe('success');
			expect(answersOf(run)).toEqual([[expect.objectContaining({ isSuccess: true })]]);
			expect(sandbox.bill).toHaveLength(1);
		},
	);

	evolink.it('tells the model how a task is getting on', async ({ sandbox }) => {
		const taskId = sandbox.addTask({ generationSeconds: 0 });
		const run = await runAgent(sandbox, [{ id: taskId }], {
			resource: 'task',
			operation: 'get',
			taskId: "={{ $fromAI('id', 'ID of the task', 'string') }}",
		});

		expect(answersOf(run)).toEqual([[expect.objectContaining({ taskId, isSuccess: true })]]);
	});
});

const DO_NOT_CALL_AGAIN = /(do not|don't|never) call[^.]* again/i;
const NOTHING_PAID = /nothing[^.]* paid|not(hing)? [^.]*(paid|charged)/i;

/** What the agent is told of a call that fails. */
async function toldOf(sandbox: Sandbox, parameters: INode['parameters'], input = {}) {
	const run = await runAgent(sandbox, [input], { prompt: 'A cat', ...parameters });
	return String(Reflect.get(Object(answersOf(run)[0]), 'told'));
}

describe('an agent is told in the first line of the message', () => {
	const paidFor: Array<[string, (sandbox: Sandbox) => void, INode['parameters']]> = [
		[
			'when the status cannot be read',
			(sandbox) => sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } }),
			{},
		],
		[
			'when the video takes too long',
			(sandbox) => sandbox.planTask({ generationSeconds: 3_600 }),
			{ options: { timeout: 20 } },
		],
		[
			'when the API does not know the task',
			(sandbox) =>
				sandbox.addFault({ on: 'read', times: 9, fault: { kind: 'status', status: 404 } }),
			{},
		],
	];
	for (const [name, prepare, parameters] of paidFor) {
		evolink.it(`the ID of the paid task, and not to call again: ${name}`, async ({ sandbox }) => {
			prepare(sandbox);
			const told = await toldOf(sandbox, parameters);

			expect(told).toContain(sandbox.bill[0].taskId);
			expect(told).toMatch(/\bpaid\b/i);
			expect(told).toMatch(DO_NOT_CALL_AGAIN);
			expect(told).toContain('Task > Get');
		});
	}

	evolink.it('that a video may have been started, and not to call again', async ({ sandbox }) => {
		sandbox.addFault({ on: 'submit', fault: { kind: 'reset-after-acceptance' } });
		const told = await toldOf(sandbox, {});

		expect(told).toMatch(/may have been started/);
		expect(told).toMatch(DO_NOT_CALL_AGAIN);
	});

	evolink.it('the ID and the code of a task that failed for good', async ({ sandbox }) => {
		sandbox.planTask({ outcome: { status: 'failed', code: 'content_policy_violation' } });
		const told = await toldOf(sandbox, {});

		expect(told).toContain(sandbox.bill[0].taskId);
		expect(told).toContain('content_policy_violation');
	});

	evolink.it('what is impossible, that nothing was paid, and no more', async ({ sandbox }) => {
		const duration = "={{ $fromAI('duration', 'Seconds', 'string') }}";
		const told = await toldOf(sandbox, { duration }, { duration: '7' });

		expect(told).toContain("'Duration' cannot be 7 seconds");
		expect(told).toMatch(NOTHING_PAID);
		expect(told).not.toMatch(DO_NOT_CALL_AGAIN);
		expect(sandbox.requests).toEqual([]);
	});

	evolink.it('nothing of payment where it only asks for a task', async ({ sandbox }) => {
		const slow = sandbox.addTask({ generationSeconds: 3_600 });
		const failed = sandbox.addTask({ outcome: { status: 'failed', code: 'service_error' } });
		for (const taskId of [slow, failed, 'no-such-task']) {
			const get = { resource: 'task', operation: 'get', taskId, options: { timeout: 20 } };
			const told = await toldOf(sandbox, { ...get, waitForCompletion: true });

			expect(told).toContain(taskId);
			expect(told).not.toMatch(DO_NOT_CALL_AGAIN);
			expect(told).not.toContain('Another call');
		}
	});

	evolink.it('that nothing was paid where the account has too few credits', async ({ sandbox }) => {
		sandbox.addFault({ on: 'submit', fault: { kind: 'status', status: 402 } });

		expect(await toldOf(sandbox, {})).toMatch(NOTHING_PAID);
	});
});
