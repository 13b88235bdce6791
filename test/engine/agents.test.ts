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
			answers.push(String(await tool.invoke(input)));
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

/** What the tool answered to each call, as n8n hands it to the model: JSON text. */
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

		expect(nodeError(run)?.message).toContain('this would start 1 more video after 2');
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

	evolink.it(
		'fails with the reason and the next step when the model asks for the impossible',
		async ({ sandbox }) => {
			const run = await runAgent(sandbox, [{ duration: '7' }], {
				duration: "={{ $fromAI('duration', 'Seconds', 'string') }}",
				waitForCompletion: false,
			});

			expect(nodeError(run)?.message).toContain("'Duration' cannot be 7 seconds");
			expect(sandbox.requests).toEqual([]);
		},
	);
});
