import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { startSandbox, type Sandbox } from '../../sandbox';
import { packPackage } from '../../tools/n8n/community-package';
import { N8nApi } from '../../tools/n8n/n8n-api';
import { createSandboxCredential } from '../../tools/n8n/n8n-bench';
import { installN8n } from '../../tools/n8n/n8n-installation';
import { CURRENT_N8N } from '../../tools/n8n/n8n-releases';
import { startN8nServer, type N8nServer } from '../../tools/n8n/n8n-server';
import type { SavedCredential } from '../../tools/n8n/workflow-credentials';
import { startPostgresServer, startRedisServer, type PostgresServer } from './backing-servers';
import { composeEnvironment } from './compose-environment';

/** Executions that one worker runs at the same time: n8n's own default. */
export const WORKER_CONCURRENCY = 10;

const START_TIMEOUT_MS = 300_000;

/** n8n in queue mode, with everything that it needs, and the sandbox behind it. */
export interface QueueCluster {
	readonly postgres: PostgresServer;
	readonly main: N8nServer;
	readonly workers: readonly [N8nServer, N8nServer];
	/** Logged in to the main process. */
	readonly api: N8nApi;
	readonly sandbox: Sandbox;
	/** A saved credential that points at the sandbox. */
	readonly credential: SavedCredential;
}

/** Starts n8n in queue mode for the tests of a file, and ends it after them. */
export function useQueueCluster(): () => QueueCluster {
	const closers: Array<() => Promise<void>> = [];
	let cluster: QueueCluster;
	beforeAll(async () => {
		cluster = await startQueueCluster((close) => closers.unshift(close));
	}, START_TIMEOUT_MS);
	afterAll(async () => {
		for (const close of closers) await close();
		expect(cluster?.sandbox.violations).toEqual([]);
	}, START_TIMEOUT_MS);
	return () => cluster;
}

/**
 * Starts Redis, PostgreSQL, n8n's main process and two workers on 127.0.0.1, all with this package
 * installed, and a sandbox. Takes about a minute.
 * @param atEnd gets what ends each part, in the order in which they were started
 */
async function startQueueCluster(
	atEnd: (close: () => Promise<void>) => void,
): Promise<QueueCluster> {
	const toClose = <Server extends { close(): Promise<void> }>(server: Server): Server => {
		atEnd(async () => await server.close());
		return server;
	};
	const folder = await mkdtemp(path.join(tmpdir(), 'evolink-queue-tests-'));
	atEnd(async () => await rm(folder, { recursive: true, force: true }));
	const secret = async (name: string) => {
		const file = path.join(folder, name);
		await writeFile(file, randomBytes(24).toString('hex'));
		return file;
	};
	const installation = await installN8n(CURRENT_N8N);
	const tarball = await packPackage(folder);
	const redis = toClose(await startRedisServer());
	const postgres = toClose(await startPostgresServer());
	// All that the compose file recommends; what differs here is where things are.
	const environment = {
		...composeEnvironment(),
		QUEUE_BULL_REDIS_HOST: '127.0.0.1',
		QUEUE_BULL_REDIS_PORT: String(redis.port),
		DB_POSTGRESDB_HOST: '127.0.0.1',
		DB_POSTGRESDB_PORT: String(postgres.port),
		DB_POSTGRESDB_DATABASE: postgres.name,
		DB_POSTGRESDB_USER: postgres.name,
		DB_POSTGRESDB_PASSWORD_FILE: await secret('postgres-password'),
		N8N_ENCRYPTION_KEY_FILE: await secret('n8n-encryption-key'),
		// No test waits for a worker that still runs something.
		N8N_GRACEFUL_SHUTDOWN_TIMEOUT: '5',
	};
	const shared = { installation, tarball, environment } as const;
	// The first one makes the tables; the workers may start when they are there.
	const main = toClose(await startN8nServer(shared));
	const startWorker = async () =>
		toClose(await startN8nServer({ ...shared, worker: { concurrency: WORKER_CONCURRENCY } }));
	const workers = await Promise.all([startWorker(), startWorker()]);

	const sandbox = toClose(await startSandbox());
	const api = new N8nApi(main.url);
	await api.setUpOwner();
	const credential = await createSandboxCredential(api, sandbox);
	return { postgres, main, workers, api, sandbox, credential };
}
