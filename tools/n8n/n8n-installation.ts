import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

import lockfile from 'proper-lockfile';

import { nodePackageOfThisMachine, type N8nRelease } from './n8n-releases';

/** An n8n that is ready to be started. */
export interface N8nInstallation {
	release: N8nRelease;
	/** Folder with n8n's package.json and node_modules. */
	directory: string;
	/** The Node.js that this n8n runs on. */
	nodeBinary: string;
	/** n8n's start script. */
	n8nScript: string;
}

/** Waits however long another process installs; a lock whose holder is gone counts for a minute. */
const LOCK = {
	realpath: false,
	stale: 60_000,
	retries: { forever: true, minTimeout: 1_000, maxTimeout: 1_000 },
};
const PACKAGE_FILES = ['package.json', 'package-lock.json', '.npmrc'];
const QUIET = ['--no-audit', '--no-fund', '--loglevel', 'error'];

/** The folder that all installations lie in: outside the project, shared by all its clones. */
export function n8nCacheFolder(): string {
	const cacheHome = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
	return path.join(cacheHome, 'n8n-nodes-evolink', 'n8n');
}

/**
 * Returns the installation of that release and makes it first if it is not there: a Node.js, n8n and
 * its packages. It is there completely or not at all; what was interrupted starts over.
 *
 * @throws Error when there is no Node.js for this machine, or npm fails, which says itself why
 */
export async function installN8n(release: N8nRelease): Promise<N8nInstallation> {
	const target = await targetFolder(release);
	const installation = installationIn(target, release);
	if (existsSync(target)) return installation;
	await mkdir(path.dirname(target), { recursive: true });
	const unlock = await lockfile.lock(target, LOCK);
	try {
		if (!existsSync(target)) await installInto(target, release);
		return installation;
	} finally {
		await unlock();
	}
}

/** Another lock file is another installation. */
async function targetFolder({ name, packageFolder }: N8nRelease): Promise<string> {
	const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
	for (const file of PACKAGE_FILES) hash.update(await readFile(path.join(packageFolder, file)));
	return path.join(n8nCacheFolder(), `${name}-${hash.digest('hex').slice(0, 12)}`);
}

function installationIn(directory: string, release: N8nRelease): N8nInstallation {
	const modules = path.join(directory, 'node_modules');
	return {
		release,
		directory,
		nodeBinary: path.join(modules, nodePackageOfThisMachine(), 'bin', 'node'),
		n8nScript: path.join(modules, 'n8n', 'bin', 'n8n'),
	};
}

async function installInto(target: string, release: N8nRelease): Promise<void> {
	const folder = path.dirname(target);
	const prefix = `${path.basename(target)}.installing-`;
	for (const name of await readdir(folder)) {
		if (name.startsWith(prefix)) await rm(path.join(folder, name), { recursive: true });
	}
	const workFolder = await mkdtemp(path.join(folder, prefix));
	for (const file of PACKAGE_FILES) {
		await cp(path.join(release.packageFolder, file), path.join(workFolder, file));
	}
	say(`Installing ${release.title} and its Node.js, which takes a few minutes and up to 3.5 GB`);
	// Not "npm ci": the lock file holds only those optional packages of other platforms that the
	// registry of its maker had, and "npm ci" refuses a lock file that lacks one.
	await npm(['install', '--no-save', '--ignore-scripts', ...QUIET], workFolder, {});

	say("Getting n8n's SQLite binding, or compiling it (needs python3, make and g++)");
	const nodeFolder = path.dirname(installationIn(workFolder, release).nodeBinary);
	await npm(['rebuild', 'sqlite3', '--ignore-scripts=false', ...QUIET], workFolder, {
		PATH: [nodeFolder, process.env.PATH].join(path.delimiter),
		// The headers of n8n's Node.js, not those that the user's npm settings may point at.
		npm_config_nodedir: path.dirname(nodeFolder),
	});
	await rename(workFolder, target);
}

function say(text: string): void {
	process.stderr.write(`${text} ...\n`);
}

async function npm(args: string[], cwd: string, environment: NodeJS.ProcessEnv): Promise<void> {
	const env = { ...process.env, ...environment };
	// What it prints is for whoever waits; standard output may belong to somebody else.
	const child = spawn('npm', args, { cwd, env, stdio: ['ignore', 2, 2] });
	const exitCode = await new Promise((resolve, reject) => {
		child.once('error', reject);
		child.once('close', resolve);
	});
	if (exitCode !== 0) throw new Error(`"npm ${args[0]}" failed in ${cwd}. Run the command again.`);
}
