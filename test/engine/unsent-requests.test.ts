/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { createServer } from 'node:net';
import type { Socket } from 'node:net';

import { testsSideBySide } from './concurrent-tests';
import type { OwnBench } from './concurrent-tests';
import { useEvolink } from './evolink-workflow';
import { addressOf, listenOnLoopback } from './loopback-server';

// The pauses between four attempts pass in a moment.
const evolink = useEvolink({ generationSeconds: 0 });
const itSideBySide = testsSideBySide(evolink);

/** A server that speaks in its own way to whoever connects, and counts them. */
async function withServer(
	greet: (socket: Socket) => void,
	test: (url: string, connectionCount: () => number) => Promise<void>,
): Promise<void> {
	let connections = 0;
	const server = createServer((socket) => {
		connections++;
		socket.on('error', () => {});
		socket.once('data', () => greet(socket));
	});
	const close = await listenOnLoopback(server);
	try {
		await test(addressOf(server), () => connections);
	} finally {
		await close();
	}
}

/** A fatal alert of TLS 1.2, as its record layer writes it (RFC 5246, 6.2.1 and 7.2). */
const tlsAlert = (description: number) => Buffer.from([0x15, 3, 3, 0, 2, 2, description]);

/** The submission never went out, so n8n's retry may submit, and is paid once. */
async function expectNotSent(
	{ sandbox, run, retry }: OwnBench,
	baseUrl: string,
	message: RegExp,
): Promise<void> {
	const failed = await run({ credential: { baseUrl } });
	expect(failed.error?.message).toMatch(message);
	expect(failed.error?.message).not.toMatch(/may have been started/);
	expect(sandbox.bill).toEqual([]);

	const retried = await retry(failed, {});
	expect(retried.error).toBeUndefined();
	expect(sandbox.bill).toHaveLength(1);
}

describe('a submission whose TLS handshake fails', () => {
	for (const [name, greet] of Object.entries<(socket: Socket) => void>({
		'because the connection is closed': (socket) => socket.destroy(),
		'because the connection is ended': (socket) => socket.end(),
		'because the connection is reset': (socket) => socket.resetAndDestroy(),
		'with the alert handshake_failure': (socket) => socket.end(tlsAlert(40)),
		'with the alert internal_error': (socket) => socket.end(tlsAlert(80)),
		'with the alert unrecognized_name': (socket) => socket.end(tlsAlert(112)),
		'because nobody speaks TLS there': (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
	})) {
		// Older engines drop what tells the phase of a connection that was reset.
		if (name.endsWith('is reset') && process.env.EVOLINK_ENGINE_VERSION !== undefined) continue;
		itSideBySide(
			`was not sent, and is repeated like a refused connection: ${name}`,
			async (bench) =>
				await withServer(greet, async (url, connectionCount) => {
					const baseUrl = url.replace('http:', 'https:');
					await expectNotSent(bench, baseUrl, /could not be sent: no secure connection/);
					expect(connectionCount()).toBe(4);
				}),
		);
	}
});

describe('a submission through a proxy', () => {
	const proxyNames = ['HTTPS_PROXY', 'https_proxy'];
	afterEach(() => {
		for (const name of proxyNames) delete process.env[name];
	});

	it.each<[string, (socket: Socket) => void]>([
		['hangs up on CONNECT', (socket) => socket.destroy()],
		['answers CONNECT with 407', (socket) => socket.end('HTTP/1.1 407 Who are you\r\n\r\n')],
	])('that %s was not sent, and the message names the proxy', async (_what, greet) => {
		await withServer(greet, async (proxyUrl) => {
			for (const name of proxyNames) process.env[name] = proxyUrl;
			const { error } = await evolink.run({
				credential: { baseUrl: 'https://api.evolink.invalid' },
			});
			expect(error?.message).toMatch(/could not be sent.*proxy/);
			expect(error?.message).not.toMatch(/may have been started/);
		});
	});

	it('that answers CONNECT with a page of 403 is told as something in between', async () => {
		const page = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\n<p>No</p>';
		await withServer(
			(socket) => socket.end(page),
			async (proxyUrl) => {
				for (const name of proxyNames) process.env[name] = proxyUrl;
				const { error } = await evolink.run({
					credential: { baseUrl: 'https://api.evolink.invalid' },
				});
				expect(error?.message).toMatch(/Something between n8n and Evolink refused|proxy/);
				expect(`${error?.message} ${String(error?.description)}`).not.toMatch(/API key/);
			},
		);
	});
});
