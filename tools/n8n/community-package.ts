import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { withPackedProject } from '../package/packed-project';

const run = promisify(execFile);

const PACKAGE_NAME = 'n8n-nodes-evolink';

/**
 * Packs this project as publishing would and puts the tarball into the folder.
 * @returns the tarball's path
 * @throws Error when nothing was built yet, or when npm fails
 */
export async function packPackage(folder: string): Promise<string> {
	return await withPackedProject(async ({ directory }) => {
		const packedInto = path.dirname(directory);
		const tarball = (await readdir(packedInto)).find((name) => name.endsWith('.tgz'));
		if (tarball === undefined) throw new Error(`npm pack left no tarball in ${packedInto}`);
		const copy = path.join(folder, tarball);
		await mkdir(folder, { recursive: true });
		await cp(path.join(packedInto, tarball), copy);
		return copy;
	});
}

/**
 * Installs this package's tarball into an n8n user folder, where n8n loads community packages from when
 * it starts; an older copy is replaced. As n8n does it itself: copied, never linked,
 * without install scripts and without the package's peers (n8n brings those).
 * @throws Error when npm fails
 */
export async function installCommunityPackage(tarball: string, userFolder: string): Promise<void> {
	const folder = path.join(userFolder, '.n8n', 'nodes');
	await mkdir(folder, { recursive: true });
	await writeLedger(path.join(folder, 'package.json'));
	// npm notes where a tarball came from, and looks there again: it must stay with the installation.
	const copy = path.join(folder, path.basename(tarball));
	await cp(tarball, copy);
	// A tarball of the same name and version may hold newer code, which npm does not look for.
	await rm(path.join(folder, 'node_modules', PACKAGE_NAME), { recursive: true, force: true });
	const flags = ['--ignore-scripts', '--legacy-peer-deps', '--no-package-lock', '--no-audit'];
	await run('npm', ['install', copy, ...flags, '--no-fund', '--loglevel', 'error'], {
		cwd: folder,
	});
}

/** Without a package.json npm would install into a folder further up. */
async function writeLedger(file: string): Promise<void> {
	const ledger = { name: 'installed-nodes', private: true, dependencies: {} };
	try {
		await writeFile(file, JSON.stringify(ledger, null, 2), { flag: 'wx' });
	} catch (error) {
		const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
		if (!isThere) throw error;
	}
}
