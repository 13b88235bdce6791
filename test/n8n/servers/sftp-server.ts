import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';

import getPort from 'get-port';
import { startGuardedServer } from '../../../tools/n8n/guarded-process';

const run = promisify(execFile);

/** Debian's place for it; `apt-get install openssh-server` brings it. */
const SSHD = '/usr/sbin/sshd';
/** OpenSSH refuses to start as root without this folder, which a service manager would make. */
const PRIVILEGE_SEPARATION_FOLDER = '/run/sshd';

/** OpenSSH's SFTP server, for one user with one key. */
export interface SftpServer {
	/** Fields of an `sftp` credential that reaches it. */
	readonly credential: ICredentialDataDecryptedObject;
	/** Names of the files in a folder of the account, sorted. @throws Error when there is no such folder */
	fileNames(folder: string): Promise<string[]>;
	/** @throws Error when there is no such file */
	readFile(filePath: string): Promise<Buffer>;
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
	const server = await startGuardedServer(
		{
			command: SSHD,
			args: ['-D', '-e', '-f', configFile],
			environment: { PATH: process.env.PATH ?? '' },
			workingDirectory: folder,
			folderToRemoveWithUs: folder,
		},
		port,
	);
	return {
		credential: {
			host: '127.0.0.1',
			port,
			username: userInfo().username,
			privateKey: await readFile(userKey, 'utf8'),
		},
		fileNames: async (folderName) => (await readdir(path.join(account, folderName))).sort(),
		readFile: async (filePath) => await readFile(path.join(account, filePath)),
		async close() {
			server.signal('SIGTERM');
			await server.ended;
			await rm(folder, { recursive: true, force: true });
		},
	};
}
