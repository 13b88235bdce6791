/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import express, { type Response } from 'express';

import { isRecord } from '../../../tools/n8n/n8n-answers';

/** A message of a chat, as the chat completions protocol has it. */
export interface ChatMessage {
	role: string;
	/** Text, or parts that each hold a text. */
	content: unknown;
}

/** A function that the model may ask for. */
export interface OfferedTool {
	name: string;
	description: string;
	/** JSON schema of its arguments. */
	parameters: Record<string, unknown>;
}

/** What a client asked the model. */
export interface ModelRequest {
	model: string;
	messages: ChatMessage[];
	tools: OfferedTool[];
}

/** The next thing that the model says: text, or a wish for a tool. */
export type ModelAnswer =
	{ text: string } | { tool: string; arguments: Readonly<Record<string, unknown>> };

/** A server that speaks the chat completions protocol, whose answers a test decides. */
export interface ChatModelServer {
	/** Fields of an `openAiApi` credential that reaches it. */
	readonly credential: ICredentialDataDecryptedObject;
	readonly requests: readonly ModelRequest[];
	clear(): void;
	close(): Promise<void>;
}

/**
 * Starts a chat model on a free port of 127.0.0.1.
 * @param answer called for every request that carries the right key
 */
export async function startChatModelServer(
	answer: (request: ModelRequest) => ModelAnswer,
): Promise<ChatModelServer> {
	const apiKey = randomUUID();
	const requests: ModelRequest[] = [];
	const app = express();
	app.use(express.json({ limit: '10mb' }));
	app.post('/v1/chat/completions', (req, res) => {
		if (req.headers.authorization !== `Bearer ${apiKey}`) {
			res.status(401).json({ error: { message: 'Wrong key', type: 'invalid_request_error' } });
			return;
		}
		const body: unknown = req.body;
		const request = readRequest(body);
		requests.push(request);
		const isStream = isRecord(body) && body.stream === true;
		sendAnswer(res, request.model, answer(request), isStream);
	});
	const server = createServer(app);
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('No TCP address');

	return {
		credential: { apiKey, organizationId: '', url: `http://127.0.0.1:${address.port}/v1` },
		requests,
		clear: () => {
			requests.length = 0;
		},
		close: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

/** The text of a message, whichever of its two forms it has. */
export function textOf({ content }: ChatMessage): string {
	if (typeof content === 'string') return content;
	if (!Array.isArray(content)) return '';
	return content
		.map((part: unknown) => (isRecord(part) && typeof part.text === 'string' ? part.text : ''))
		.join('');
}

function readRequest(body: unknown): ModelRequest {
	if (!isRecord(body) || typeof body.model !== 'string' || !Array.isArray(body.messages)) {
		throw new Error('This is no request for a chat completion');
	}
	const tools = Array.isArray(body.tools) ? body.tools.map(readTool) : [];
	return { model: body.model, messages: body.messages.map(readMessage), tools };
}

function readMessage(message: unknown): ChatMessage {
	if (!isRecord(message) || typeof message.role !== 'string') throw new Error('No chat message');
	return { role: message.role, content: message.content };
}

function readTool(tool: unknown): OfferedTool {
	const description = isRecord(tool) ? tool.function : undefined;
	if (!isRecord(description) || typeof description.name !== 'string') throw new Error('No tool');
	return {
		name: description.name,
		description: typeof description.description === 'string' ? description.description : '',
		parameters: isRecord(description.parameters) ? description.parameters : {},
	};
}

function sendAnswer(res: Response, model: string, answer: ModelAnswer, isStream: boolean): void {
	const message = messageOf(answer);
	const finishReason = 'text' in answer ? 'stop' : 'tool_calls';
	const common = {
		id: `chatcmpl-${randomUUID()}`,
		created: Math.floor(Date.now() / 1000),
		model,
	};
	const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
	if (!isStream) {
		res.json({
			...common,
			object: 'chat.completion',
			choices: [{ index: 0, message, finish_reason: finishReason }],
			usage,
		});
		return;
	}
	res.setHeader('Content-Type', 'text/event-stream');
	for (const choice of [
		{ index: 0, delta: message, finish_reason: null },
		{ index: 0, delta: {}, finish_reason: finishReason },
	]) {
		const chunk = { ...common, object: 'chat.completion.chunk', choices: [choice] };
		res.write(`data: ${JSON.stringify(chunk)}\n\n`);
	}
	res.end('data: [DONE]\n\n');
}

function messageOf(answer: ModelAnswer) {
	if ('text' in answer) return { role: 'assistant', content: answer.text };
	const call = { name: answer.tool, arguments: JSON.stringify(answer.arguments) };
	return {
		role: 'assistant',
		content: null,
		tool_calls: [{ index: 0, id: `call_${randomUUID()}`, type: 'function', function: call }],
	};
}
