import { createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

import type { Sandbox } from '../../sandbox';
import { addressOf, listenOnLoopback } from './loopback-server';

/** A server between the node and a sandbox. */
export interface CuttingProxy {
	readonly url: string;
	/** Has it cut the next answer to a submission. */
	cutNext(): void;
	close(): Promise<void>;
}

/**
 * Starts a proxy that hands every request on, and cuts the connection in the middle of an answer
 * to a submission where it was told to, when the sandbox has accepted it.
 *
 * @param framing whether the answer says its length beforehand or comes in chunks
 */
export async function startCuttingProxy(
	target: Sandbox,
	framing: 'contentLength' | 'chunked',
): Promise<CuttingProxy> {
	let isToCut = false;

	async function handOn(req: IncomingMessage, res: ServerResponse): Promise<void> {
		const answer = await new Promise<IncomingMessage>((resolve, reject) => {
			const onward = request(new URL(req.url ?? '/', target.url), {
				method: req.method,
				headers: req.headers,
			});
			onward.once('response', resolve).once('error', reject);
			req.pipe(onward);
		});
		const body = await buffer(answer);
		const headers = { 'content-type': answer.headers['content-type'] ?? '' };
		if (!isToCut || req.method !== 'POST') {
			res.writeHead(answer.statusCode ?? 502, headers).end(body);
			return;
		}
		isToCut = false;
		res.writeHead(
			answer.statusCode ?? 502,
			framing === 'chunked' ? headers : { ...headers, 'content-length': body.length },
		);
		// Only when this piece has left is it the answer, and not its absence, that is cut.
		res.write(body.subarray(0, body.length / 2), () => res.socket?.destroySoon());
	}

	const server = createServer((req, res) => {
		handOn(req, res).catch(() => res.destroy());
	});
	const close = await listenOnLoopback(server);
	return { url: addressOf(server), cutNext: () => (isToCut = true), close };
}
