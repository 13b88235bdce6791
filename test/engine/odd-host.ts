import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';

import { addressOf, listenOnLoopback } from './loopback-server';

/** What a link does with a request. */
export type OddAnswer = (res: ServerResponse, req: IncomingMessage) => void;

/** A server of a test's own, on which result links lie. */
export interface OddHost {
	/** `http://127.0.0.1:PORT`. */
	readonly url: string;
	readonly requests: ReadonlyArray<{ path: string; headers: IncomingHttpHeaders }>;
	/** How many connections were ever made. */
	connectionCount(): number;
	openConnectionCount(): number;
	close(): Promise<void>;
}

/** Starts a host whose every path gives the same answer. */
export async function startOddHost(answer: OddAnswer): Promise<OddHost> {
	const requests: Array<{ path: string; headers: IncomingHttpHeaders }> = [];
	let connectionCount = 0;
	let openCount = 0;
	const server = createServer((req, res) => {
		requests.push({ path: req.url ?? '', headers: req.headers });
		answer(res, req);
	});
	server.on('connection', (socket) => {
		connectionCount++;
		openCount++;
		socket.once('close', () => openCount--);
	});
	const close = await listenOnLoopback(server);
	return {
		url: addressOf(server),
		requests,
		connectionCount: () => connectionCount,
		openConnectionCount: () => openCount,
		close,
	};
}

/** Does the work again and again until what it is done to has ended. */
export function forEver(stream: Writable, everyMs: number, work: () => void): void {
	const timer = setInterval(() => {
		// What the client does not take in time must not pile up here.
		if (!stream.writableNeedDrain) work();
	}, everyMs);
	stream.once('close', () => clearInterval(timer));
}
