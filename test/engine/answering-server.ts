/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Sandbox } from '../../sandbox';
import type { GeneratedAnswer } from './generated-answers';
import { addressOf, listenOnLoopback } from './loopback-server';

/** What one place on the server does: some requests get the answer, the sandbox gets the others. */
export interface AnsweringPlace {
	answer: GeneratedAnswer;
	answers: (method: string) => boolean;
	sandbox: Sandbox;
}

/** A server that gives answers which no well-behaved one would give. */
export interface AnsweringServer {
	/** Opens a place, whose address serves as a base URL or as a result link. */
	open(place: AnsweringPlace): { url: string; hits: () => number; close(): void };
	close(): Promise<void>;
}

/**
 * Writes the answer as it is, byte by byte, since Node's own server would refuse some of it. Unless
 * the headers say how long the body is, the end of the connection does.
 */
function write(answer: GeneratedAnswer, res: ServerResponse): void {
	const head = [
		`HTTP/1.1 ${answer.status} Generated`,
		...answer.headers.map(([name, value]) => `${name}: ${value}`),
		'Connection: close',
		'',
		'',
	].join('\r\n');
	res.socket?.end(Buffer.concat([Buffer.from(head, 'latin1'), answer.body]));
}

function handOn(req: IncomingMessage, res: ServerResponse, url: URL): void {
	const onward = request(url, { method: req.method, headers: req.headers }, (answer) => {
		res.writeHead(answer.statusCode ?? 502, answer.headers);
		answer.pipe(res);
	});
	onward.once('error', () => res.destroy());
	req.pipe(onward);
}

/** Starts the server on a free port of 127.0.0.1. */
export async function startAnsweringServer(): Promise<AnsweringServer> {
	const places = new Map<string, AnsweringPlace & { hits: number }>();
	let opened = 0;

	const server = createServer((req, res) => {
		const [, name, rest] = /^\/([^/?]+)(.*)$/.exec(req.url ?? '') ?? [];
		const place = places.get(name);
		if (place === undefined) {
			res.writeHead(404).end();
			return;
		}
		if (!place.answers(req.method ?? '')) {
			handOn(req, res, new URL(rest, place.sandbox.url));
			return;
		}
		place.hits++;
		// An answer that comes before the request has arrived would be taken for a broken line.
		req.resume().once('end', () => write(place.answer, res));
	});
	const close = await listenOnLoopback(server);

	return {
		open(place) {
			const name = `place-${++opened}`;
			const entry = { ...place, hits: 0 };
			places.set(name, entry);
			return {
				url: `${addressOf(server)}/${name}`,
				hits: () => entry.hits,
				close: () => places.delete(name),
			};
		},
		close,
	};
}
