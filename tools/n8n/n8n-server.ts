import axios from 'axios';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { installCommunityPackage } from './community-package';
import getPort from 'get-port';
import { startGuardedProcess, type GuardedProcess } from './guarded-process';
import type { N8nInstallation } from './n8n-installation';

/**
 * Where n8n keeps files. `default` is memory (gone in n8n 3); `database` exists since 2.x. The modes
 * with a cloud's storage need a licence.
 */
export type BinaryDataMode = 'default' | 'filesystem' | 'database';

/** What an n8n is started with. */
export interface N8nServerOptions {
	installation: N8nInstallation;
	/** Tarball of this package, to be installed before the first start. Default: not installed. */
	tarball?: string;
	/** Default: a free one. */
	port?: number;
	/** Default `filesystem`. */
	binaryDataMode?: BinaryDataMode;
	/**
	 * Starts a worker of queue mode instead of n8n's main process; the port is then that of its
	 * health check. Which queue and database it works on is set in `environment`.
	 */
	worker?: {
		/** How many executions it runs at the same time. */
		concurrency: number;
	};
	/** More of n8n's environment variables; they win over those that the server sets. */
	environment?: Readonly<Record<string, string>>;
	/** Gets everything that n8n prints, in order and at once. */
	onOutput?: (text: string) => void;
}

/** All of n8n, running in a process of its own. It ends with the process that started it. */
export interface N8nServer {
	/** Without a slash at the end. */
	readonly url: string;
	readonly port: number;
	/** Id of the first of n8n's processes, or undefined while it does not run. */
	readonly processId: number | undefined;
	/** Everything that n8n has printed since the first start, over all restarts. */
	readonly log: string;
	/** Resolves when the n8n that runs now has ended, with how, e.g. `exit code 1`. */
	waitForEnd(): Promise<string>;
	/** Ends n8n in order, as a service manager does (SIGTERM), and returns when it has ended. */
	stop(): Promise<void>;
	/** Ends n8n and its helpers as a crash does (SIGKILL): nothing gets to save anything. */
	kill(): Promise<void>;
	/** Starts n8n again with the same home and port, after ending it in order if it still runs. */
	restart(): Promise<void>;
	/** Ends n8n and removes its home. Harmless when repeated. */
	close(): Promise<void>;
}

/** Start-up takes 8 to 15 s on two idle cores; the first one also makes the database. */
const START_TIMEOUT_MS = 180_000;
const READY_CHECK_INTERVAL_MS = 200;
const READY_CHECK_TIMEOUT_MS = 5_000;
/** n8n gives running executions 30 s by default; a test that stops it does not want to wait. */
const SHUTDOWN_SECONDS = 10;
const STOP_TIMEOUT_MS = 20_000;
const LOG_TAIL_CHARACTERS = 3_000;

/** What a program needs of its surroundings; everything else could change n8n's behavior. */
const INHERITED_VARIABLES = ['HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];

/**
 * Starts n8n and returns when it answers.
 *
 * @throws Error when n8n ends or does not answer within three minutes; the message holds the end of
 * its log
 */
export async function startN8nServer(options: N8nServerOptions): Promise<N8nServer> {
	const port = options.port ?? (await getPort({ host: '127.0.0.1' }));
	const userFolder = await mkdtemp(path.join(tmpdir(), 'n8n-home-'));
	const server = new ServerOfOneHome(options, port, userFolder);
	try {
		if (options.tarball !== undefined) {
			const { nodeBinary } = options.installation;
			await installCommunityPackage(options.tarball, { userFolder, nodeBinary });
		}
		await server.start();
	} catch (error) {
		await server.close();
		throw error;
	}
	return server;
}

class ServerOfOneHome implements N8nServer {
	readonly url: string;

	private process: GuardedProcess | undefined;

	private output = '';

	constructor(
		private readonly options: N8nServerOptions,
		readonly port: number,
		private readonly userFolder: string,
	) {
		this.url = `http://127.0.0.1:${port}`;
	}

	get processId() {
		return this.process?.processId;
	}

	get log() {
		return this.output;
	}

	async start(): Promise<void> {
		const { nodeBinary, n8nScript } = this.options.installation;
		const { worker } = this.options;
		const command =
			worker === undefined ? ['start'] : ['worker', `--concurrency=${worker.concurrency}`];
		const started = await startGuardedProcess({
			command: nodeBinary,
			args: [n8nScript, ...command],
			environment: await this.environment(),
			workingDirectory: this.userFolder,
			folderToRemoveWithUs: this.userFolder,
			onOutput: (text) => {
				this.output += text;
				this.options.onOutput?.(text);
			},
		});
		this.process = started;
		void started.ended.then(() => {
			if (this.process === started) this.process = undefined;
		});
		await this.waitUntilReady(started);
	}

	async waitForEnd(): Promise<string> {
		return (await this.process?.ended) ?? 'not running';
	}

	async stop(): Promise<void> {
		const running = this.process;
		if (running === undefined) return;
		running.signal('SIGTERM');
		const timeOut = new AbortController();
		await Promise.race([
			running.ended,
			delay(STOP_TIMEOUT_MS, undefined, { signal: timeOut.signal }).catch(() => undefined),
		]);
		timeOut.abort();
		// Also when it has ended in order: none of its helpers may stay.
		running.signal('SIGKILL');
		await running.ended;
	}

	async kill(): Promise<void> {
		const running = this.process;
		if (running === undefined) return;
		running.signal('SIGKILL');
		await running.ended;
	}

	async restart(): Promise<void> {
		await this.stop();
		await this.start();
	}

	async close(): Promise<void> {
		await this.stop();
		await rm(this.userFolder, { recursive: true, force: true, maxRetries: 5 });
	}

	private async environment(): Promise<Record<string, string>> {
		const { installation, binaryDataMode, worker, environment } = this.options;
		const inherited: Record<string, string> = {};
		for (const name of INHERITED_VARIABLES) {
			const value = process.env[name];
			if (value !== undefined) inherited[name] = value;
		}
		return {
			...inherited,
			// n8n starts its task runner as "node": it must find the Node.js that n8n itself runs on.
			PATH: [path.dirname(installation.nodeBinary), process.env.PATH].join(path.delimiter),
			N8N_USER_FOLDER: this.userFolder,
			N8N_HOST: '127.0.0.1',
			N8N_LISTEN_ADDRESS: '127.0.0.1',
			N8N_PORT: String(this.port),
			// Two n8n on one machine would both want the default port for their task runners.
			N8N_RUNNERS_BROKER_PORT: String(await getPort({ host: '127.0.0.1' })),
			N8N_DEFAULT_BINARY_DATA_MODE: binaryDataMode ?? 'filesystem',
			N8N_GRACEFUL_SHUTDOWN_TIMEOUT: String(SHUTDOWN_SECONDS),
			N8N_ENFORCE_SETTINGS_FILE_PERMISSIONS: 'true',
			// Off by default from n8n 3 on; this package is not verified.
			N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
			// The browser is on this machine and there is no https.
			N8N_SECURE_COOKIE: 'false',
			// Nothing here needs n8n's own servers, and a machine without network must not wait for them.
			N8N_DIAGNOSTICS_ENABLED: 'false',
			N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
			N8N_DYNAMIC_BANNERS_ENABLED: 'false',
			N8N_TEMPLATES_ENABLED: 'false',
			N8N_PERSONALIZATION_ENABLED: 'false',
			N8N_HIRING_BANNER_ENABLED: 'false',
			N8N_VERIFIED_PACKAGES_ENABLED: 'false',
			N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
			...(worker === undefined ? {} : this.workerEnvironment()),
			...installation.release.environment,
			...environment,
		};
	}

	/** A worker serves nothing but its health, and that only if it is told to. */
	private workerEnvironment(): Record<string, string> {
		return {
			QUEUE_HEALTH_CHECK_ACTIVE: 'true',
			QUEUE_HEALTH_CHECK_PORT: String(this.port),
			N8N_WORKER_SERVER_ADDRESS: '127.0.0.1',
		};
	}

	private async waitUntilReady(started: GuardedProcess): Promise<void> {
		let end: string | undefined;
		void started.ended.then((reason) => {
			end = reason;
		});
		const { title } = this.options.installation.release;
		const deadlineMs = Date.now() + START_TIMEOUT_MS;
		while (!(await this.isReady())) {
			if (end !== undefined) {
				throw new Error(`${title} ended while starting (${end}):\n${this.logTail()}`);
			}
			if (Date.now() > deadlineMs) {
				throw new Error(`${title} did not answer in time:\n${this.logTail()}`);
			}
			await delay(READY_CHECK_INTERVAL_MS);
		}
	}

	/** The editor asks for its settings first; n8n answers that when all its routes are there. */
	private async isReady(): Promise<boolean> {
		const isWorker = this.options.worker !== undefined;
		for (const route of ['/healthz/readiness', ...(isWorker ? [] : ['/rest/settings'])]) {
			try {
				const { headers } = await axios.get(`${this.url}${route}`, {
					timeout: READY_CHECK_TIMEOUT_MS,
					proxy: false,
				});
				// While it starts, n8n answers everything with a page of text.
				if (!String(headers['content-type']).includes('json')) return false;
			} catch {
				return false;
			}
		}
		return true;
	}

	private logTail(): string {
		return this.output.slice(-LOG_TAIL_CHARACTERS);
	}
}
