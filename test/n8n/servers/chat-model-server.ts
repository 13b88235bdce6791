import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import express from 'express';

import { isRecord } from '../../../tools/n8n/n8n-answers';

/** A server that speaks the chat completions protocol. */
export interface ChatModelServer {
	/** Fields of an `openAiApi` credential that reaches it. */
	readonly credential: ICredentialDataDecryptedObject;
	close(): Promise<void>;
}

/**
 * Starts a chat model on a free port of 127.0.0.1. It calls the tool that it is offered with what the
 * user says as `prompt`, then repeats to the user what the tool returned.
 * @param toolArguments what else it passes to the tool
 */
export async function startChatModelServer(
	toolArguments: Readonly<Record<string, string>>,
): Promise<ChatModelServer> {
	const apiKey = randomUUID();
	const app = express();
	app.use(express.json({ limit: '10mb' }));
	app.post('/v1/chat/completions', (req, res) => {
		if (req.headers.authorization !== `Bearer ${apiKey}`) {
			res.status(401).json({ error: { message: 'Wrong key', type: 'invalid_request_error' } });
			return;
		}
		const body: unknown = req.body;
		if (!isRecord(body)) throw new Error('The request has no body');
		const message = replyTo(body, toolArguments);
		const finishReason = 'tool_calls' in message ? 'tool_calls' : 'stop';
		const common = { id: `chatcmpl-${randomUUID()}`, created: 0, model: body.model };
		if (body.stream !== true) {
			const choices = [{ index: 0, message, finish_reason: finishReason }];
			const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
			res.json({ ...common, object: 'chat.completion', choices, usage });
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
	});
	const server = createServer(app);
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('No TCP address');
	return {
		credential: { apiKey, organizationId: '', url: `http://127.0.0.1:${address.port}/v1` },
		close: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

function replyTo({ messages, tools }: Record<string, unknown>, toolArguments: object) {
	const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
	const tool: unknown = Array.isArray(tools) ? tools[0] : undefined;
	if (!isRecord(last) || !isRecord(tool) || !isRecord(tool.function)) {
		throw new Error('The request has no message or no tool');
	}
	const text = textOf(last.content);
	if (last.role === 'tool') return { role: 'assistant', content: text };
	const call = {
		name: tool.function.name,
		arguments: JSON.stringify({ ...toolArguments, prompt: text }),
	};
	const id = `call_${randomUUID()}`;
	const calls = [{ index: 0, id, type: 'function', function: call }];
	return { role: 'assistant', content: null, tool_calls: calls };
}

/** The text of a message, which can come as a whole or in parts. */
function textOf(content: unknown): string {
	if (typeof content === 'string') return content;
	if (!Array.isArray(content)) return '';
	return content.map((part: unknown) => (isRecord(part) ? String(part.text) : '')).join('');
}
