import { nodeError, outputItems } from '../../../tools/engine/run-results';
import { isRecord, readText } from '../../../tools/n8n/n8n-answers';
import type { SavedWorkflow } from '../../../tools/n8n/n8n-api';
import { useN8n } from '../../../tools/n8n/n8n-bench';
import {
	startChatModelServer,
	textOf,
	type ChatModelServer,
	type ModelAnswer,
	type ModelRequest,
} from './chat-model-server';
import { readExample } from './examples';

const PICTURE_URL = 'https://pictures.example/lighthouse.jpg';

const bench = useN8n();
let chatModel: ChatModelServer;
let workflow: SavedWorkflow;

/** Asks for the offered tool first, then tells the user what the tool's answer says. */
function answer({ messages, tools }: ModelRequest): ModelAnswer {
	const toolAnswer = messages.filter(({ role }) => role === 'tool').at(-1);
	if (toolAnswer !== undefined) {
		const text = textOf(toolAnswer);
		const link = /"videoUrl":"([^"]+)"/.exec(text)?.[1];
		return { text: link === undefined ? `It did not work: ${text}` : `Here it is: ${link}` };
	}
	const wish = textOf(messages[messages.length - 1]);
	return { tool: tools[0].name, arguments: { imageUrl: PICTURE_URL, prompt: wish } };
}

beforeAll(async () => {
	chatModel = await startChatModelServer(answer);
	const openAi = await bench.api.createCredential({
		name: 'OpenAI account',
		type: 'openAiApi',
		data: chatModel.credential,
	});
	const credentials = [bench.credential, openAi];
	workflow = await bench.api.createWorkflow(readExample('agent-makes-video.json'), credentials);
});
beforeEach(() => chatModel.clear());
afterAll(async () => await chatModel.close());

/** Writes into the editor's chat. @returns the execution and the agent's answer */
async function chat(chatInput: string) {
	const json = { sessionId: 'a-session', action: 'sendMessage', chatInput };
	const started = await bench.api.session.send('POST', `/workflows/${workflow.id}/run`, {
		body: {
			workflowData: { ...workflow.file, id: workflow.id, active: false },
			triggerToStartFrom: {
				name: 'When chat message received',
				data: {
					startTime: Date.now(),
					executionTime: 0,
					executionIndex: 0,
					executionStatus: 'success',
					source: [null],
					data: { main: [[{ json }]] },
				},
			},
		},
	});
	const execution = await bench.api.waitForExecution(readText(started, 'executionId'));
	expect(nodeError(execution)).toBeUndefined();
	const [row] = outputItems(execution, 'AI Agent');
	return { execution, output: row.json.output };
}

describe('examples/agent-makes-video.json', () => {
	it('answers with the link of the video that its tool made, and pays once', async () => {
		const { execution, output } = await chat('Waves roll in');

		expect(execution.status).toBe('success');
		const [task] = bench.sandbox.tasks();
		expect(output).toBe(`Here it is: ${task.mediaUrl}`);
		expect(task).toMatchObject({
			prompt: 'Waves roll in',
			imageUrl: PICTURE_URL,
			quality: '768p',
			durationSeconds: 6,
		});
		expect(bench.sandbox.bill).toHaveLength(1);
		expect(bench.sandbox.violations).toEqual([]);
	});

	it('offers one tool that says what it does and costs, and asks for image and prompt only', async () => {
		await chat('Waves roll in');

		const [{ tools }] = chatModel.requests;
		expect(tools).toHaveLength(1);
		expect(tools[0].description).toMatch(/image into a video.*costs money/is);
		const { properties } = tools[0].parameters;
		expect(Object.keys(isRecord(properties) ? properties : {}).sort()).toEqual([
			'imageUrl',
			'prompt',
		]);
	});

	it('does not download the file, which an agent cannot use', async () => {
		await chat('Waves roll in');

		expect(bench.sandbox.requestsOf('media')).toHaveLength(0);
	});

	it('tells the user why a video failed', async () => {
		const { output } = await chat('#sandbox-fail:content_policy_violation');

		expect(output).toContain('It did not work');
		expect(output).toContain('content_policy_violation');
		expect(bench.sandbox.bill).toHaveLength(1);
	});
});
