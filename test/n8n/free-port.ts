/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { createServer } from 'node:net';

/**
 * Returns a port of 127.0.0.1 that nobody listens on: the wished one, or any.
 * @throws Error when the wished port is taken (`code` is `EADDRINUSE`)
 */
export async function findFreePort(wished = 0): Promise<number> {
	const server = createServer();
	return await new Promise((resolve, reject) => {
		server.once('error', reject);
		server.listen(wished, '127.0.0.1', () => {
			const address = server.address();
			const port = typeof address === 'object' && address !== null ? address.port : wished;
			server.close(() => resolve(port));
		});
	});
}
