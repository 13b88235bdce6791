import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { PROJECT_DIRECTORY, withPackedProject } from '../package/packed-project';

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
 * Installs this package's tarball as the README says to do it by hand, in the home of an n8n that does
 * not run; an older copy is replaced.
 * @param nodeBinary the Node.js of that n8n
 * @throws Error when the README does not say how, or npm fails
 */
export async function installCommunityPackage(
	tarball: string,
	{ userFolder, nodeBinary }: { userFolder: string; nodeBinary: string },
): Promise<void> {
	// npm notes where a tarball came from, and looks there again: it must stay with the installation.
	const copy = path.join(userFolder, path.basename(tarball));
	await cp(tarball, copy);
	// A tarball of the same name and version may hold newer code, which npm does not look for.
	const installed = path.join(userFolder, '.n8n', 'nodes', 'node_modules', PACKAGE_NAME);
	await rm(installed, { recursive: true, force: true });
	const readme = await readFile(path.join(PROJECT_DIRECTORY, 'README.md'), 'utf8');
	const [command] = /^npm install .*n8n-nodes-evolink$/m.exec(readme) ?? [];
	if (command === undefined) throw new Error('The README says nothing of "npm install"');
	const PATH = [path.dirname(nodeBinary), process.env.PATH].join(path.delimiter);
	const asWritten = command.replace(PACKAGE_NAME, `"${copy}"`);
	await run('sh', ['-c', asWritten], { env: { ...process.env, HOME: userFolder, PATH } });
}
