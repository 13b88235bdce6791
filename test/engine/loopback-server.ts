import { once } from 'node:events';
import type { Server, Socket } from 'node:net';

/**
 * Lets a server of a test's own listen on a free port of 127.0.0.1.
 *
 * @returns ends it, and every connection with it
 */
export async function listenOnLoopback(server: Server): Promise<() => Promise<void>> {
	const sockets = new Set<Socket>();
	server.on('connection', (socket) => {
		sockets.add(socket);
		// A client that breaks off is part of the tests, and nobody else would listen.
		socket.on('error', () => {});
		socket.once('close', () => sockets.delete(socket));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return async () => {
		server.close();
		for (const socket of sockets) socket.destroy();
		await once(server, 'close');
	};
}

/** The address of a server that listens, e.g. `http://127.0.0.1:4711`. */
export function addressOf(server: Server, scheme = 'http'): string {
	const address = server.address();
	if (address === null || typeof address === 'string')
		throw new Error('The server does not listen');
	return `${scheme}://127.0.0.1:${address.port}`;
}
