/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error -- runs beside n8n, never inside it */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import getPort from 'get-port';
import { isRecord } from '../../tools/n8n/n8n-answers';
import { startRestartableServer, type RestartableServer } from './restartable-server';

const run = promisify(execFile);

/** Debian's place for all its versions; `apt-get install postgresql` brings the current one. */
const VERSIONS_FOLDER = '/usr/lib/postgresql';
/** PostgreSQL refuses to run as root; Debian's package makes this account for it. */
const SERVICE_ACCOUNT = 'postgres';
const LARGEST_ANSWER_BYTES = 256 * 1024 * 1024;

/** One row of an answer, by the names of the columns. */
export type DatabaseRow = Record<string, unknown>;

/** n8n's database. */
export interface PostgresServer extends RestartableServer {
	readonly port: number;
	/** Name of the database, and of its owner, who needs no password from this machine. */
	readonly databaseName: string;
	/** @throws Error when the query cannot be answered */
	rows(query: string): Promise<DatabaseRow[]>;
}

const DATABASE_NAME = 'n8n';

/**
 * Starts PostgreSQL on a free port of 127.0.0.1 with an empty database, and with the settings that
 * it comes with: what n8n has saved is on the disk.
 * @throws Error when it is not installed or does not start
 */
export async function startPostgresServer(): Promise<PostgresServer> {
	const programs = await programsFolder();
	const user = await userOfServer();
	const folder = await mkdtemp(path.join(tmpdir(), 'postgres-'));
	if (user !== undefined) await chown(folder, user.userId, user.groupId);
	const port = await getPort({ host: '127.0.0.1' });
	const program = (name: string) => path.join(programs, name);
	const reach = ['-h', '127.0.0.1', '-p', String(port), '-U', DATABASE_NAME];
	const dataFolder = path.join(folder, 'data');
	try {
		await run(
			program('initdb'),
			['-D', dataFolder, '-U', DATABASE_NAME, '--auth=trust', '--encoding=UTF8', '--locale=C'],
			{ cwd: folder, ...(user === undefined ? {} : { uid: user.userId, gid: user.groupId }) },
		);
	} catch (error) {
		await rm(folder, { recursive: true, force: true });
		throw error;
	}
	const server = await startRestartableServer({
		title: 'PostgreSQL',
		command: program('postgres'),
		args: [
			...['-D', dataFolder, '-p', String(port)],
			...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
		],
		user,
		folder,
		// "Fast": it ends open connections instead of waiting for them.
		stopSignal: 'SIGINT',
		isReady: async () => {
			try {
				await run(program('pg_isready'), reach);
				return true;
			} catch {
				return false;
			}
		},
	});
	await run(program('createdb'), [...reach, DATABASE_NAME]);
	return Object.assign(server, {
		port,
		databaseName: DATABASE_NAME,
		async rows(query: string) {
			const { stdout } = await run(
				program('psql'),
				[...reach, '-d', DATABASE_NAME, '-XAtq', '-v', 'ON_ERROR_STOP=1'].concat(
					'-c',
					`SELECT row_to_json(found) FROM (${query}) AS found`,
				),
				{ maxBuffer: LARGEST_ANSWER_BYTES },
			);
			return stdout.split('\n').filter(Boolean).map(readRow);
		},
	});
}

function readRow(line: string): DatabaseRow {
	const row: unknown = JSON.parse(line);
	if (!isRecord(row)) throw new Error('PostgreSQL answered a row that is no object');
	return row;
}

/** The programs of the newest version that is installed. */
async function programsFolder(): Promise<string> {
	const versions = existsSync(VERSIONS_FOLDER) ? await readdir(VERSIONS_FOLDER) : [];
	const newest = Math.max(...versions.map(Number).filter((version) => !Number.isNaN(version)));
	const folder = path.join(VERSIONS_FOLDER, String(newest), 'bin');
	if (!existsSync(path.join(folder, 'postgres'))) {
		throw new Error('PostgreSQL is missing: apt-get install postgresql');
	}
	return folder;
}

async function userOfServer(): Promise<{ userId: number; groupId: number } | undefined> {
	if (userInfo().uid !== 0) return undefined;
	const [userId, groupId] = await Promise.all(
		['-u', '-g'].map(async (flag) => Number((await run('id', [flag, SERVICE_ACCOUNT])).stdout)),
	);
	return { userId, groupId };
}
