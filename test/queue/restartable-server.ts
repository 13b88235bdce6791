/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error -- runs beside n8n, never inside it */
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import { startGuardedProcess, type GuardedProcess } from '../../tools/n8n/guarded-process';

/** How a server of Debian's is run: in the foreground, with its data in a folder of its own. */
export interface RestartableServerOptions {
	/** For messages, e.g. `Redis`. */
	title: string;
	command: string;
	args: readonly string[];
	/** Whom it runs as. Default: as this process. */
	user?: { userId: number; groupId: number };
	/** Its data; removed when it is closed. */
	folder: string;
	/** The signal that ends it in order and at once. */
	stopSignal: 'SIGTERM' | 'SIGINT';
	/** Whether it answers by now. */
	isReady(): Promise<boolean>;
}

/** A server that can be ended and started again, with the same data and port. */
export interface RestartableServer {
	/** Id of its first process, or undefined while it does not run. */
	readonly processId: number | undefined;
	/** Resolves when the one that runs now has ended, with how. */
	waitForEnd(): Promise<string>;
	/** Ends it in order. */
	stop(): Promise<void>;
	/** Starts it again, after ending it in order if it still runs, and returns when it answers. */
	restart(): Promise<void>;
	/** Ends it and removes its data. Harmless when repeated. */
	close(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const READY_CHECK_INTERVAL_MS = 100;
const STOP_TIMEOUT_MS = 30_000;
const LOG_TAIL_CHARACTERS = 2_000;

/** @throws Error when it ends or does not answer within a minute; the message holds its log's end */
export async function startRestartableServer(
	options: RestartableServerOptions,
): Promise<RestartableServer> {
	const server = new ServerWithData(options);
	try {
		await server.start();
	} catch (error) {
		await server.close();
		throw error;
	}
	return server;
}

class ServerWithData implements RestartableServer {
	private process: GuardedProcess | undefined;

	private output = '';

	constructor(private readonly options: RestartableServerOptions) {}

	get processId() {
		return this.process?.processId;
	}

	async waitForEnd(): Promise<string> {
		return (await this.process?.ended) ?? 'not running';
	}

	async start(): Promise<void> {
		const { title, command, args, user, folder } = this.options;
		const started = await startGuardedProcess({
			command,
			args,
			user,
			environment: { PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8' },
			workingDirectory: folder,
			folderToRemoveWithUs: folder,
			onOutput: (text) => {
				this.output += text;
			},
		});
		this.process = started;
		void started.ended.then(() => {
			if (this.process === started) this.process = undefined;
		});
		const deadlineMs = Date.now() + START_TIMEOUT_MS;
		while (!(await this.options.isReady())) {
			if (this.process !== started || Date.now() > deadlineMs) {
				throw new Error(`${title} does not start:\n${this.output.slice(-LOG_TAIL_CHARACTERS)}`);
			}
			await delay(READY_CHECK_INTERVAL_MS);
		}
	}

	async stop(): Promise<void> {
		const running = this.process;
		if (running === undefined) return;
		running.signal(this.options.stopSignal);
		const killing = setTimeout(() => running.signal('SIGKILL'), STOP_TIMEOUT_MS);
		await running.ended;
		clearTimeout(killing);
	}

	async restart(): Promise<void> {
		await this.stop();
		await this.start();
	}

	async close(): Promise<void> {
		await this.stop();
		await rm(this.options.folder, { recursive: true, force: true, maxRetries: 5 });
	}
}
