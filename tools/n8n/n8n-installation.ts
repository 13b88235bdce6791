/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions, @n8n/community-nodes/require-node-api-error -- runs beside n8n, never inside it */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { access, cp, mkdir, readdir, readFile, rename, rm, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

import lockfile from 'proper-lockfile';

import { nodePackageOfThisMachine, type N8nRelease } from './n8n-releases';
import { guardProcessGroup } from './process-group-guard';

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

/** What an installation does at the moment. */
export interface InstallProgress {
	/** A new step has begun, e.g. "Downloading n8n 2.41.1". */
	startStep(name: string): void;
	/** Part of the step's work that is done. */
	update(done: number, total: number): void;
	/** Something to know that ends no step. */
	note(text: string): void;
	/** The step that was begun last has ended well. */
	endStep(): void;
	/** The step that was begun last, if it has not ended, has failed. */
	fail(): void;
}

/** Something is missing on this machine; the message says what, and what to do. */
export class CannotInstall extends Error {}

/**
 * Takes the lock, however long another process holds it; one whose holder is gone counts for a minute.
 * It only saves double work: what is done under it is safe all the same.
 */
const LOCK = {
	realpath: false,
	stale: 60_000,
	retries: { forever: true, minTimeout: 1_000, maxTimeout: 1_000 },
};
const PACKAGE_FILES = ['package.json', 'package-lock.json', '.npmrc'];
const PROGRESS_INTERVAL_MS = 2_000;
/** A mirror of prebuilt binaries that cannot be reached must not hold up the installation. */
const PREBUILT_TIMEOUT_MS = 45_000;
const KEPT_OUTPUT_CHARACTERS = 2_000;

/** The folder that all installations lie in: outside the project, shared by all its clones. */
export function n8nCacheFolder(): string {
	const cacheHome = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
	return path.join(cacheHome, 'n8n-nodes-evolink', 'n8n');
}

/** Returns the installation of that release, or undefined if it is not complete yet. */
export async function findN8n(release: N8nRelease): Promise<N8nInstallation | undefined> {
	const installation = describeInstallation(release, await targetFolder(release));
	return existsSync(installation.directory) ? installation : undefined;
}

/**
 * Returns the installation of that release and makes it first if it is not there: a Node.js, n8n and
 * its packages, and its SQLite binding as a prebuilt binary or compiled. Whatever ends it early, the
 * next call starts anew; an installation is there completely or not at all.
 *
 * @throws CannotInstall when this machine lacks something (disk, compiler, platform)
 * @throws Error when npm fails; the message holds npm's own words
 */
export async function installN8n(
	release: N8nRelease,
	progress: InstallProgress,
): Promise<N8nInstallation> {
	const target = await targetFolder(release);
	const finished = describeInstallation(release, target);
	if (existsSync(target)) return finished;

	await mkdir(path.dirname(target), { recursive: true });
	if (await lockfile.check(target, LOCK)) {
		progress.note(`Another process is installing ${release.title} already: waiting for it`);
	}
	const unlock = await lockfile.lock(target, LOCK);
	try {
		if (existsSync(target)) return finished;
		await removeLeftovers(target, progress);
		await requireDiskSpace(release, path.dirname(target));
		await installInto(target, release, progress);
		return finished;
	} finally {
		await unlock();
	}
}

async function targetFolder({ name, packageFolder }: N8nRelease): Promise<string> {
	const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
	for (const file of PACKAGE_FILES) hash.update(await readFile(path.join(packageFolder, file)));
	return path.join(n8nCacheFolder(), `${name}-${hash.digest('hex').slice(0, 12)}`);
}

function describeInstallation(release: N8nRelease, directory: string): N8nInstallation {
	const nodePackage = nodePackageOfThisMachine();
	if (nodePackage === undefined) {
		throw new CannotInstall(
			`There is no Node.js package for ${process.platform} on ${process.arch}. ` +
				'Use Linux or macOS; on Windows, the Linux subsystem (WSL).',
		);
	}
	const modules = path.join(directory, 'node_modules');
	return {
		release,
		directory,
		nodeBinary: path.join(modules, nodePackage, 'bin', 'node'),
		n8nScript: path.join(modules, 'n8n', 'bin', 'n8n'),
	};
}

/** Folders of installations that were ended early; nobody else works in them while we hold the lock. */
async function removeLeftovers(target: string, progress: InstallProgress): Promise<void> {
	const folder = path.dirname(target);
	const prefix = `${path.basename(target)}.installing-`;
	const leftovers = (await readdir(folder)).filter((name) => name.startsWith(prefix));
	if (leftovers.length === 0) return;
	progress.startStep('Removing what an interrupted installation left');
	for (const name of leftovers) await removeFolder(path.join(folder, name));
	progress.endStep();
}

async function requireDiskSpace(release: N8nRelease, folder: string): Promise<void> {
	const { bavail, bsize } = await statfs(folder);
	const freeBytes = bavail * bsize;
	// npm keeps the compressed packages in a cache of its own, about a fifth of the unpacked size.
	const neededBytes = release.installedBytes * 1.2;
	if (freeBytes >= neededBytes) return;
	throw new CannotInstall(
		`${release.title} needs ${inGigabytes(neededBytes)} of disk, and ${folder} has ${inGigabytes(freeBytes)} left. ` +
			'Make room there, or set XDG_CACHE_HOME to a folder on a larger disk.',
	);
}

function inGigabytes(bytes: number): string {
	return `${(bytes / 1e9).toFixed(1)} GB`;
}

async function installInto(
	target: string,
	release: N8nRelease,
	progress: InstallProgress,
): Promise<void> {
	const workFolder = `${target}.installing-${process.pid}`;
	const running = new RunningCommands(workFolder);
	const removeOnSignal = (signal: NodeJS.Signals) => {
		progress.note(`${signal}: removing the unfinished installation`);
		void running.endAll().then(async () => {
			await removeFolder(workFolder);
			process.exit(signal === 'SIGINT' ? 130 : 143);
		});
	};
	process.once('SIGINT', removeOnSignal);
	process.once('SIGTERM', removeOnSignal);
	try {
		await mkdir(workFolder);
		for (const file of PACKAGE_FILES) {
			await cp(path.join(release.packageFolder, file), path.join(workFolder, file));
		}
		const unfinished = describeInstallation(release, workFolder);
		const missingTools = await findMissingTools(running);
		if (missingTools.length > 0) {
			progress.note(
				`This machine lacks ${missingTools.join(', ')}: it can go on only with a prebuilt SQLite binding`,
			);
		}
		await downloadPackages(unfinished, running, progress);
		if (!existsSync(unfinished.nodeBinary)) {
			throw new CannotInstall(
				`${release.title} comes without a Node.js for ${process.platform} on ${process.arch}`,
			);
		}
		await provideSqliteBinding(unfinished, missingTools, running, progress);

		await moveIntoPlace(workFolder, target);
	} catch (error) {
		// A signal ends the commands: its own ending is on the way, and this failure is no news.
		if (running.isEnding) await new Promise<never>(() => {});
		progress.fail();
		await running.endAll();
		await removeFolder(workFolder);
		throw error;
	} finally {
		process.off('SIGINT', removeOnSignal);
		process.off('SIGTERM', removeOnSignal);
	}
}

async function downloadPackages(
	{ directory, release }: N8nInstallation,
	running: RunningCommands,
	progress: InstallProgress,
): Promise<void> {
	const folders = await packageFoldersOfLockFile(path.join(directory, 'package-lock.json'));
	progress.startStep(`Downloading ${release.title} and its packages`);
	const watch = setInterval(() => {
		void countExisting(directory, folders).then((done) => progress.update(done, folders.length));
	}, PROGRESS_INTERVAL_MS);
	try {
		// Not "npm ci": the lock file holds only those optional packages of other platforms that the
		// registry of its maker had, and "npm ci" refuses a lock file that lacks one.
		const flags = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', ...QUIET];
		await running.run('npm', ['install', ...flags], { cwd: directory, env: process.env });
	} finally {
		clearInterval(watch);
	}
	progress.endStep();
}

const QUIET = ['--loglevel', 'error'];

/**
 * n8n keeps its data in SQLite, and that package's binding is a binary. The publisher's prebuilt one
 * is taken where it can be downloaded; elsewhere it is compiled for the Node.js that n8n runs on.
 */
async function provideSqliteBinding(
	{ directory, nodeBinary }: N8nInstallation,
	missingTools: string[],
	running: RunningCommands,
	progress: InstallProgress,
): Promise<void> {
	const sqliteFolder = path.join(directory, 'node_modules', 'sqlite3');
	const nodeFolder = path.dirname(path.dirname(nodeBinary));
	const env = {
		...process.env,
		PATH: [path.dirname(nodeBinary), process.env.PATH].join(path.delimiter),
		// The headers of n8n's Node.js, not those that the user's npm settings may point at.
		npm_config_nodedir: nodeFolder,
	};
	const loadBinding = ['-e', 'require("sqlite3")'];

	progress.startStep('Looking for a prebuilt SQLite binding');
	const prebuildInstall = path.join(directory, 'node_modules', 'prebuild-install', 'bin.js');
	try {
		await running.run(nodeBinary, [prebuildInstall, '--runtime', 'napi'], {
			cwd: sqliteFolder,
			env,
			timeoutMs: PREBUILT_TIMEOUT_MS,
		});
		await running.run(nodeBinary, loadBinding, { cwd: directory, env });
		progress.endStep();
		return;
	} catch {
		if (running.isEnding) throw new Error('Interrupted');
		progress.note('None can be had here');
		progress.endStep();
	}

	if (missingTools.length > 0) {
		throw new CannotInstall(
			`Compiling n8n's SQLite binding needs ${missingTools.join(', ')}, which this machine lacks. ` +
				'On Debian or Ubuntu: apt-get install python3 make g++',
		);
	}
	progress.startStep('Compiling the SQLite binding (1 to 3 minutes)');
	// The project's own npm settings switch install scripts off and reach this command too.
	await running.run('npm', ['rebuild', 'sqlite3', '--ignore-scripts=false', ...QUIET], {
		cwd: directory,
		env: { ...env, npm_config_build_from_source: 'true' },
	});
	await running.run(nodeBinary, loadBinding, { cwd: directory, env });
	progress.endStep();
}

/** Names of those commands that a compilation needs and that do not run here. */
async function findMissingTools(running: RunningCommands): Promise<string[]> {
	const missing: string[] = [];
	for (const tool of ['python3', 'make', 'g++']) {
		try {
			await running.run(tool, ['--version'], { cwd: n8nCacheFolder(), env: process.env });
		} catch {
			missing.push(tool);
		}
	}
	return missing;
}

async function moveIntoPlace(workFolder: string, target: string): Promise<void> {
	try {
		await rename(workFolder, target);
	} catch (error) {
		// Another process finished the same installation first: one is as good as the other.
		if (!existsSync(target)) throw error;
		await removeFolder(workFolder);
	}
}

async function packageFoldersOfLockFile(lockFile: string): Promise<string[]> {
	const content: unknown = JSON.parse(await readFile(lockFile, 'utf8'));
	if (typeof content !== 'object' || content === null || !('packages' in content)) {
		throw new Error(`${lockFile} lists no packages`);
	}
	const { packages } = content;
	return typeof packages === 'object' && packages !== null
		? Object.keys(packages).filter((folder) => folder !== '')
		: [];
}

async function countExisting(directory: string, folders: string[]): Promise<number> {
	let count = 0;
	for (const folder of folders) {
		try {
			await access(path.join(directory, folder, 'package.json'));
			count += 1;
		} catch {
			// Not there yet, or for another platform.
		}
	}
	return count;
}

async function removeFolder(folder: string): Promise<void> {
	await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** The commands of one installation, each in a process group of its own so that all of it can be ended. */
class RunningCommands {
	isEnding = false;

	private readonly running = new Map<ChildProcess, Promise<unknown>>();

	/** @param workFolder removed if this process dies while a command runs */
	constructor(private readonly workFolder: string) {}

	/** @throws Error when the command does not end with 0; the message holds the end of its output */
	async run(
		command: string,
		args: string[],
		options: { cwd: string; env: NodeJS.ProcessEnv; timeoutMs?: number },
	): Promise<void> {
		if (this.isEnding) throw new Error('Interrupted');
		const child = spawn(command, args, {
			cwd: options.cwd,
			env: options.env,
			stdio: ['ignore', 'pipe', 'pipe'],
			detached: true,
		});
		const guard =
			child.pid === undefined ? undefined : guardProcessGroup(child.pid, this.workFolder);
		let output = '';
		for (const stream of [child.stdout, child.stderr]) {
			stream.setEncoding('utf8').on('data', (text: string) => {
				output += text;
			});
		}
		const timer =
			options.timeoutMs === undefined
				? undefined
				: setTimeout(() => signalGroup(child, 'SIGKILL'), options.timeoutMs);
		const ended = new Promise<void>((resolve, reject) => {
			child.once('error', reject);
			child.once('close', (code, signal) => {
				if (code === 0) return resolve();
				const reason = signal ?? `exit code ${code}`;
				reject(new Error(`${path.basename(command)} ${args[0]}: ${reason}\n${shortened(output)}`));
			});
		});
		this.running.set(
			child,
			ended.catch(() => undefined),
		);
		try {
			await ended;
		} finally {
			clearTimeout(timer);
			guard?.release();
			this.running.delete(child);
		}
	}

	async endAll(): Promise<void> {
		this.isEnding = true;
		for (const child of this.running.keys()) signalGroup(child, 'SIGKILL');
		await Promise.all(this.running.values());
	}
}

/** The beginning, where npm says what is wrong, and the end, where compilers do. */
function shortened(output: string): string {
	const text = output.trim();
	if (text.length <= 2 * KEPT_OUTPUT_CHARACTERS) return text;
	return `${text.slice(0, KEPT_OUTPUT_CHARACTERS)}\n...\n${text.slice(-KEPT_OUTPUT_CHARACTERS)}`;
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
	if (child.pid === undefined) return;
	try {
		process.kill(-child.pid, signal);
	} catch {
		// It has ended by itself.
	}
}
