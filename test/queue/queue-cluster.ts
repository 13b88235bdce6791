/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error -- runs beside n8n, never inside it */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { startSandbox, type RecordedRequest, type Sandbox } from '../../sandbox';
import { packPackage } from '../../tools/n8n/community-package';
import { N8nApi } from '../../tools/n8n/n8n-api';
import { sandboxCredentialData } from '../../tools/n8n/n8n-bench';
import { installN8n } from '../../tools/n8n/n8n-installation';
import { CURRENT_N8N } from '../../tools/n8n/n8n-releases';
import { startN8nServer, type N8nServer } from '../../tools/n8n/n8n-server';
import type { SavedCredential } from '../../tools/n8n/workflow-credentials';
import { composeEnvironment } from './compose-environment';
import { EndWatch } from './end-watch';
import { startPostgresServer, type PostgresServer } from './postgres-server';
import { startRedisServer, type RedisServer } from './redis-server';

/** Executions that one worker runs at the same time: n8n's own default. */
export const WORKER_CONCURRENCY = 10;

/** Names of n8n's processes, as the tests' messages and results use them. */
export type N8nName = 'main' | 'worker 1' | 'worker 2';

/** n8n in queue mode, with everything that it needs, and the sandbox behind it. */
export interface QueueCluster {
	readonly redis: RedisServer;
	readonly postgres: PostgresServer;
	readonly main: N8nServer;
	readonly workers: readonly [N8nServer, N8nServer];
	/** All of n8n's processes by name. */
	readonly n8n: ReadonlyArray<readonly [N8nName, N8nServer]>;
	/** Logged in to the main process. */
	readonly api: N8nApi;
	readonly sandbox: Sandbox;
	/** The sandbox's requests that are not over: neither answered nor given up by the node. */
	openRequests(): RecordedRequest[];
	/** A saved credential that points at the sandbox. */
	readonly credential: SavedCredential;
	/** Which servers ended although nobody told them to. */
	readonly unexpectedEnds: readonly string[];
	/** Lets a server end, and watches it again when the work has started it again. */
	interrupt(server: Interruptible, work: () => Promise<void>): Promise<void>;
	/** Ends everything and removes all data. */
	close(): Promise<void>;
}

/** The servers that a test can end. */
export type Interruptible = N8nServer | RedisServer | PostgresServer;

/**
 * Starts Redis, PostgreSQL, n8n's main process and two workers on 127.0.0.1, all with this package
 * installed, and a sandbox. Takes 1 to 2 minutes.
 * @throws Error when one of them does not start; the others are ended then
 */
export async function startQueueCluster(): Promise<QueueCluster> {
	const folder = await mkdtemp(path.join(tmpdir(), 'evolink-queue-tests-'));
	const closers: Array<() => Promise<void>> = [
		async () => await rm(folder, { recursive: true, force: true }),
	];
	const close = async () => {
		const failures: unknown[] = [];
		for (const closeOne of closers.splice(0).reverse()) {
			await closeOne().catch((error: unknown) => failures.push(error));
		}
		if (failures.length > 0) throw failures[0];
	};
	const toClose = <Server extends { close(): Promise<void> }>(server: Server): Server => {
		closers.push(async () => await server.close());
		return server;
	};
	try {
		const watch = new EndWatch();
		const names = new Map<Interruptible, string>();
		const watched = <Server extends Interruptible>(name: string, server: Server): Server => {
			names.set(server, name);
			watch.watch(name, server);
			closers.push(async () => watch.allowEnd(server));
			return server;
		};

		const installation = await installN8n(CURRENT_N8N);
		const tarball = await packPackage(folder);
		const redis = watched('Redis', toClose(await startRedisServer()));
		const postgres = watched('PostgreSQL', toClose(await startPostgresServer()));
		const secret = async (name: string) => {
			const file = path.join(folder, name);
			await writeFile(file, randomBytes(24).toString('hex'));
			return file;
		};
		// All that the compose file recommends; what is other here is where things are.
		const environment = {
			...composeEnvironment(),
			QUEUE_BULL_REDIS_HOST: '127.0.0.1',
			QUEUE_BULL_REDIS_PORT: String(redis.port),
			DB_POSTGRESDB_HOST: '127.0.0.1',
			DB_POSTGRESDB_PORT: String(postgres.port),
			DB_POSTGRESDB_DATABASE: postgres.databaseName,
			DB_POSTGRESDB_USER: postgres.databaseName,
			DB_POSTGRESDB_PASSWORD_FILE: await secret('postgres-password'),
			N8N_ENCRYPTION_KEY_FILE: await secret('n8n-encryption-key'),
			// Long enough for the videos of the tests.
			N8N_GRACEFUL_SHUTDOWN_TIMEOUT: '15',
		};
		const shared = { installation, tarball, environment } as const;
		// The first one makes the tables; the workers may start when they are there.
		const main = watched('main', toClose(await startN8nServer(shared)));
		const startWorker = async (name: N8nName) => {
			const worker = { concurrency: WORKER_CONCURRENCY };
			return watched(name, toClose(await startN8nServer({ ...shared, worker })));
		};
		const workers = [await startWorker('worker 1'), await startWorker('worker 2')] as const;

		const endedRequests = new WeakSet<RecordedRequest>();
		const sandbox = toClose(
			await startSandbox({ onRequestEnd: (request) => endedRequests.add(request) }),
		);
		const api = new N8nApi(main.url);
		await api.setUpOwner();
		const credential = await api.createCredential({
			name: 'Evolink account (sandbox)',
			type: 'evolinkApi',
			data: sandboxCredentialData(sandbox),
		});
		return {
			redis,
			postgres,
			main,
			workers,
			n8n: [
				['main', main],
				['worker 1', workers[0]],
				['worker 2', workers[1]],
			],
			api,
			sandbox,
			openRequests: () => sandbox.requests.filter((request) => !endedRequests.has(request)),
			credential,
			unexpectedEnds: watch.unexpectedEnds,
			async interrupt(server, work) {
				watch.allowEnd(server);
				await work();
				watch.watchAgain(names.get(server) ?? 'a server', server);
			},
			close,
		};
	} catch (error) {
		await close();
		throw error;
	}
}
