/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import getPort from 'get-port';
import { startRestartableServer, type RestartableServer } from './restartable-server';

/** Debian's place for it; `apt-get install redis-server` brings it. */
const REDIS_SERVER = '/usr/bin/redis-server';
const PING_TIMEOUT_MS = 1_000;

/** n8n's queue. It keeps what was queued over a restart, as the compose file has it too. */
export interface RedisServer extends RestartableServer {
	readonly port: number;
}

/**
 * Starts Redis on a free port of 127.0.0.1.
 * @throws Error when it is not installed or does not start
 */
export async function startRedisServer(): Promise<RedisServer> {
	if (!existsSync(REDIS_SERVER)) {
		throw new Error(`${REDIS_SERVER} is missing: apt-get install redis-server`);
	}
	const folder = await mkdtemp(path.join(tmpdir(), 'redis-'));
	const port = await getPort({ host: '127.0.0.1' });
	const server = await startRestartableServer({
		title: 'Redis',
		command: REDIS_SERVER,
		args: [
			...['--bind', '127.0.0.1', '--port', String(port), '--dir', folder],
			...['--appendonly', 'yes', '--save', ''],
		],
		folder,
		stopSignal: 'SIGTERM',
		isReady: async () => await answersPing(port),
	});
	return Object.assign(server, { port });
}

/** Redis takes connections before it has read its data; it answers PING after that. */
async function answersPing(port: number): Promise<boolean> {
	return await new Promise((resolve) => {
		const socket = connect(port, '127.0.0.1');
		const end = (isReady: boolean) => {
			socket.destroy();
			resolve(isReady);
		};
		socket.setTimeout(PING_TIMEOUT_MS, () => end(false));
		socket.once('connect', () => socket.write('PING\r\n'));
		socket.once('data', (answer) => end(answer.toString('latin1').startsWith('+PONG')));
		socket.once('error', () => end(false));
	});
}
