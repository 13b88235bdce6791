import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import getPort from 'get-port';
import { isRecord } from '../../tools/n8n/n8n-answers';
import { startGuardedServer, type GuardedProcessOptions } from '../../tools/n8n/guarded-process';

const run = promisify(execFile);

/** Debian's places; `apt-get install redis-server postgresql` brings both. */
const REDIS_SERVER = '/usr/bin/redis-server';
const POSTGRES_VERSIONS = '/usr/lib/postgresql';
/** PostgreSQL refuses to run as root; Debian's package makes this account for it. */
const POSTGRES_ACCOUNT = 'postgres';

const START_TIMEOUT_MS = 60_000;
const RETRY_INTERVAL_MS = 100;
const LARGEST_ANSWER_BYTES = 256 * 1024 * 1024;

/** Redis or PostgreSQL, with an empty folder of its own, on 127.0.0.1. */
export interface BackingServer {
	readonly port: number;
	/** Ends it and removes its data. */
	close(): Promise<void>;
}

/** n8n's database; no password is asked for on this machine. */
export interface PostgresServer extends BackingServer {
	/** Name of the database, and of its owner. */
	readonly name: string;
	/** Rows by the names of the columns. @throws Error when the query cannot be answered */
	rows(query: string): Promise<Array<Record<string, unknown>>>;
}

type User = GuardedProcessOptions['user'];

/** @throws Error when it is not installed or does not start */
export async function startRedisServer(): Promise<BackingServer> {
	if (!existsSync(REDIS_SERVER)) throw new Error('Redis is missing: apt-get install redis-server');
	const folder = await mkdtemp(path.join(tmpdir(), 'redis-'));
	const port = await getPort({ host: '127.0.0.1' });
	const args = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder];
	return await startServer(REDIS_SERVER, args, folder, port, undefined, 'SIGTERM');
}

/** @throws Error when it is not installed or does not start */
export async function startPostgresServer(): Promise<PostgresServer> {
	const name = 'n8n';
	const programs = await postgresPrograms();
	const user = await postgresUser();
	const folder = await mkdtemp(path.join(tmpdir(), 'postgres-'));
	if (user !== undefined) await chown(folder, user.userId, user.groupId);
	const port = await getPort({ host: '127.0.0.1' });
	const data = path.join(folder, 'data');
	const asUser = user === undefined ? {} : { uid: user.userId, gid: user.groupId };
	const format = ['-D', data, '-U', name, '--auth=trust', '--encoding=UTF8', '--locale=C'];
	await run(path.join(programs, 'initdb'), format, { cwd: folder, ...asUser });
	const server = await startServer(
		path.join(programs, 'postgres'),
		[
			...['-D', data, '-p', String(port)],
			...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
		],
		folder,
		port,
		user,
		'SIGINT',
	);
	const ask = async (database: string, query: string) => {
		const reach = ['-h', '127.0.0.1', '-p', String(port), '-U', name, '-d', database];
		const flags = ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', query];
		const options = { maxBuffer: LARGEST_ANSWER_BYTES };
		return (await run(path.join(programs, 'psql'), [...reach, ...flags], options)).stdout;
	};
	const deadlineMs = Date.now() + START_TIMEOUT_MS;
	const isMade = async () =>
		await ask('postgres', `CREATE DATABASE ${name}`).then(
			() => true,
			() => false,
		);
	// It accepts connections a moment before it answers them.
	while (!(await isMade())) {
		if (Date.now() > deadlineMs) throw new Error('PostgreSQL does not answer');
		await delay(RETRY_INTERVAL_MS);
	}
	return {
		...server,
		name,
		async rows(query) {
			const answer = await ask(name, `SELECT row_to_json(found) FROM (${query}) AS found`);
			return answer.split('\n').filter(Boolean).map(readRow);
		},
	};
}

async function startServer(
	command: string,
	args: string[],
	folder: string,
	port: number,
	user: User,
	stopSignal: 'SIGTERM' | 'SIGINT',
): Promise<BackingServer> {
	const environment = { PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8' };
	const places = { workingDirectory: folder, folderToRemoveWithUs: folder };
	const server = await startGuardedServer({ command, args, user, environment, ...places }, port);
	return {
		port,
		async close() {
			server.signal(stopSignal);
			await server.ended;
			await rm(folder, { recursive: true, force: true, maxRetries: 5 });
		},
	};
}

function readRow(line: string): Record<string, unknown> {
	const row: unknown = JSON.parse(line);
	if (!isRecord(row)) throw new Error('PostgreSQL answered a row that is no object');
	return row;
}

/** The programs of the newest version that is installed. */
async function postgresPrograms(): Promise<string> {
	const versions = existsSync(POSTGRES_VERSIONS) ? await readdir(POSTGRES_VERSIONS) : [];
	const newest = Math.max(...versions.map(Number).filter((version) => !Number.isNaN(version)));
	const folder = path.join(POSTGRES_VERSIONS, String(newest), 'bin');
	if (!existsSync(path.join(folder, 'postgres'))) {
		throw new Error('PostgreSQL is missing: apt-get install postgresql');
	}
	return folder;
}

async function postgresUser(): Promise<User> {
	if (userInfo().uid !== 0) return undefined;
	const [userId, groupId] = await Promise.all(
		['-u', '-g'].map(async (flag) => Number((await run('id', [flag, POSTGRES_ACCOUNT])).stdout)),
	);
	return { userId, groupId };
}
