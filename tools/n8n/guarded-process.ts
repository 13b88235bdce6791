import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const GUARD_SCRIPT = path.join(__dirname, 'orphan-guard.js');

/** What a server of a test is started with. */
export interface GuardedProcessOptions {
	command: string;
	args: readonly string[];
	/** The complete environment: nothing of this process's own reaches the server. */
	environment: Readonly<Record<string, string>>;
	workingDirectory: string;
	/** Whom it runs as. Default: as this process. */
	user?: { userId: number; groupId: number };
	/** Removed if this process dies without having ended the server. */
	folderToRemoveWithUs?: string;
	/** Gets what the server prints, as it comes. */
	onOutput: (text: string) => void;
}

/** How a process ended, e.g. `exit code 1` or `SIGKILL`. */
export type ProcessEnd = string;

/** A running server. It cannot outlive the process that started it. */
export interface GuardedProcess {
	readonly processId: number;
	/** Resolves when it has ended, for whatever reason. */
	readonly ended: Promise<ProcessEnd>;
	/** Sends the signal to the server alone or, for SIGKILL, to all its processes. */
	signal(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): void;
}

/** @throws Error when the process cannot be started at all */
export async function startGuardedProcess(options: GuardedProcessOptions): Promise<GuardedProcess> {
	const child = spawn(options.command, options.args, {
		cwd: options.workingDirectory,
		env: options.environment,
		stdio: ['ignore', 'pipe', 'pipe'],
		// A process group of its own: Ctrl-C must reach us alone, and SIGKILL all of its processes.
		detached: true,
		...(options.user === undefined ? {} : { uid: options.user.userId, gid: options.user.groupId }),
	});
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding('utf8').on('data', options.onOutput);
	}
	const ended = new Promise<ProcessEnd>((resolve) => {
		child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
	});
	const processId = await new Promise<number>((resolve, reject) => {
		child.once('error', reject);
		child.once('spawn', () => resolve(child.pid ?? 0));
	});

	endWithUs(processId, ended, options.folderToRemoveWithUs);
	return {
		processId,
		ended,
		signal: (signal) => sendSignal(signal === 'SIGKILL' ? -processId : processId, signal),
	};
}

/**
 * Sees to it that a process group ends with this process, however this process ends: also by SIGKILL,
 * when it can do nothing anymore. Waiting for that is the job of a small process of its own.
 */
function endWithUs(groupId: number, ended: Promise<ProcessEnd>, folder?: string): void {
	const parameters = [GUARD_SCRIPT, String(groupId), ...(folder === undefined ? [] : [folder])];
	const guard = spawn(process.execPath, parameters, {
		stdio: ['pipe', 'ignore', 'ignore'],
		detached: true,
	});
	// It must not keep this process alive.
	guard.unref();
	void ended.then(() => guard.kill('SIGKILL'));
}

function sendSignal(target: number, signal: NodeJS.Signals): void {
	try {
		process.kill(target, signal);
	} catch (error) {
		// Not "instanceof Error": the tests see another Error than Node.js throws.
		const hasEnded =
			typeof error === 'object' && error !== null && 'code' in error && error.code === 'ESRCH';
		if (!hasEnded) throw error;
	}
}

const SERVER_START_TIMEOUT_MS = 60_000;
const SERVER_CHECK_INTERVAL_MS = 50;

/**
 * Starts a server and returns when it accepts connections on that port of 127.0.0.1.
 * @throws Error when it does not within a minute; the message holds what it has printed
 */
export async function startGuardedServer(
	options: Omit<GuardedProcessOptions, 'onOutput'>,
	port: number,
): Promise<GuardedProcess> {
	let log = '';
	const server = await startGuardedProcess({
		...options,
		onOutput: (text) => {
			log += text;
		},
	});
	const deadlineMs = Date.now() + SERVER_START_TIMEOUT_MS;
	while (!(await acceptsConnections(port))) {
		if (Date.now() > deadlineMs) {
			server.signal('SIGKILL');
			throw new Error(`${options.command} does not start:\n${log}`);
		}
		await delay(SERVER_CHECK_INTERVAL_MS);
	}
	return server;
}

async function acceptsConnections(port: number): Promise<boolean> {
	return await new Promise((resolve) => {
		const socket = connect(port, '127.0.0.1');
		socket.once('connect', () => {
			socket.destroy();
			resolve(true);
		});
		socket.once('error', () => resolve(false));
	});
}
