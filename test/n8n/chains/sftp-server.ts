/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions -- runs beside n8n, never inside it */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';

import getPort from 'get-port';
import { guardProcessGroup } from '../../../tools/n8n/process-group-guard';

const run = promisify(execFile);

/** Debian's place for it; `apt-get install openssh-server` brings it. */
const SSHD = '/usr/sbin/sshd';
/** OpenSSH refuses to start as root without this folder, which a service manager would make. */
const PRIVILEGE_SEPARATION_FOLDER = '/run/sshd';
const START_TIMEOUT_MS = 10_000;
const START_CHECK_INTERVAL_MS = 50;

/** OpenSSH's SFTP server, for one user with one key. */
export interface SftpServer {
	/** Fields of an `sftp` credential that reaches it. */
	readonly credential: ICredentialDataDecryptedObject;
	/** Names of the files in a folder of the account, sorted; none when there is no such folder. */
	fileNames(folder: string): Promise<string[]>;
	/** @throws Error when there is no such file */
	readFile(filePath: string): Promise<Buffer>;
	/** Refuses every connection from now on. */
	stop(): Promise<void>;
	/** Takes connections again, on the same port. Harmless when it runs. */
	start(): Promise<void>;
	/** Ends it and removes its files. */
	close(): Promise<void>;
}

/**
 * Starts OpenSSH on a free port of 127.0.0.1 with a folder, keys and settings of its own. Works as root
 * and as any other user.
 * @throws Error when OpenSSH's server is not installed or does not start
 */
export async function startSftpServer(): Promise<SftpServer> {
	if (!existsSync(SSHD)) throw new Error(`${SSHD} is missing: apt-get install openssh-server`);
	const folder = await mkdtemp(path.join(tmpdir(), 'sftp-server-'));
	const account = path.join(folder, 'account');
	await mkdir(account);
	const [hostKey, userKey] = [path.join(folder, 'host-key'), path.join(folder, 'user-key')];
	for (const key of [hostKey, userKey]) {
		await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
	}
	const port = await getPort({ host: '127.0.0.1' });
	const configFile = path.join(folder, 'sshd_config');
	await writeFile(
		configFile,
		[
			'ListenAddress 127.0.0.1',
			`Port ${port}`,
			`HostKey ${hostKey}`,
			`AuthorizedKeysFile ${userKey}.pub`,
			'PasswordAuthentication no',
			'KbdInteractiveAuthentication no',
			'PermitRootLogin prohibit-password',
			'UsePAM no',
			// The folder above is open to everybody.
			'StrictModes no',
			'PidFile none',
			'Subsystem sftp internal-sftp',
			`ForceCommand internal-sftp -d ${account}`,
			'',
		].join('\n'),
	);
	if (userInfo().uid === 0) await mkdir(PRIVILEGE_SEPARATION_FOLDER, { recursive: true });

	let end: (() => Promise<void>) | undefined;
	const start = async () => {
		end ??= await startOpenSsh(configFile, port, folder);
	};
	const stop = async () => {
		await end?.();
		end = undefined;
	};
	await start();

	return {
		credential: {
			host: '127.0.0.1',
			port,
			username: userInfo().username,
			privateKey: await readFile(userKey, 'utf8'),
		},
		async fileNames(folderName) {
			const directory = path.join(account, folderName);
			return existsSync(directory) ? (await readdir(directory)).sort() : [];
		},
		readFile: async (filePath) => await readFile(path.join(account, filePath)),
		stop,
		start,
		async close() {
			await stop();
			await rm(folder, { recursive: true, force: true });
		},
	};
}

/** Starts OpenSSH and returns, when it takes connections, what ends it. */
async function startOpenSsh(
	configFile: string,
	port: number,
	folderToRemoveWithUs: string,
): Promise<() => Promise<void>> {
	const server = spawn(SSHD, ['-D', '-e', '-f', configFile], {
		stdio: ['ignore', 'ignore', 'pipe'],
		detached: true,
	});
	await once(server, 'spawn');
	if (server.pid === undefined) throw new Error('OpenSSH has no process id');
	const guard = guardProcessGroup(server.pid, folderToRemoveWithUs);
	const ended = once(server, 'exit').then(() => guard.release());
	let log = '';
	server.stderr.setEncoding('utf8').on('data', (text: string) => {
		log += text;
	});
	const deadlineMs = Date.now() + START_TIMEOUT_MS;
	while (!(await takesConnections(port))) {
		if (server.exitCode !== null || Date.now() > deadlineMs) {
			server.kill('SIGKILL');
			throw new Error(`OpenSSH does not start:\n${log}`);
		}
		await delay(START_CHECK_INTERVAL_MS);
	}
	return async () => {
		server.kill('SIGTERM');
		await ended;
	};
}

async function takesConnections(port: number): Promise<boolean> {
	return await new Promise((resolve) => {
		const socket = connect(port, '127.0.0.1');
		socket.once('connect', () => {
			socket.destroy();
			resolve(true);
		});
		socket.once('error', () => resolve(false));
	});
}
