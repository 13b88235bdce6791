import { appendFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { packPackage } from './community-package';
import { isRecord, readText } from './n8n-answers';
import { N8nApi } from './n8n-api';
import { installN8n } from './n8n-installation';
import { CURRENT_N8N } from './n8n-releases';
import { startN8nServer, type N8nServer } from './n8n-server';

/** Names the file that tells the test files about the n8n that runs for all of them. */
const FILE_VARIABLE = 'EVOLINK_SHARED_N8N';

/** The n8n that runs for all test files, as they can read it. */
export interface SharedN8n {
	/** Without a slash at the end. */
	url: string;
	/** The package as n8n got it, for tests that start an n8n of their own. */
	tarball: string;
	/** Everything that this n8n has printed. */
	logFile: string;
}

interface Running {
	server: N8nServer;
	folder: string;
}

// The setup and the teardown are two files for jest, but one process.
let running: Running | undefined;

/** Installs n8n where needed, packs this package, and starts an n8n with it and with an owner. */
export async function startSharedN8n(): Promise<void> {
	const installation = await installN8n(CURRENT_N8N);
	const folder = await mkdtemp(path.join(tmpdir(), 'evolink-n8n-tests-'));
	try {
		const logFile = path.join(folder, 'n8n.log');
		const tarball = await packPackage(folder);
		const server = await startN8nServer({
			installation,
			tarball,
			onOutput: (text) => appendFileSync(logFile, text),
		});
		running = { server, folder };
		await new N8nApi(server.url).setUpOwner();
		const shared: SharedN8n = { url: server.url, tarball, logFile };
		const file = path.join(folder, 'shared-n8n.json');
		await writeFile(file, JSON.stringify(shared));
		process.env[FILE_VARIABLE] = file;
	} catch (error) {
		await endSharedN8n();
		await rm(folder, { recursive: true, force: true });
		throw error;
	}
}

/** Ends what {@link startSharedN8n} started and removes its files. */
export async function endSharedN8n(): Promise<void> {
	if (running === undefined) return;
	const { server, folder } = running;
	running = undefined;
	await server.close();
	await rm(folder, { recursive: true, force: true });
}

/** @throws Error when none runs: the test was started with another jest configuration */
export async function readSharedN8n(): Promise<SharedN8n> {
	const file = process.env[FILE_VARIABLE];
	if (file === undefined) throw new Error('No n8n runs for this test: use "npm run test:n8n"');
	const content: unknown = JSON.parse(await readFile(file, 'utf8'));
	if (!isRecord(content)) throw new Error(`${file} tells of no n8n`);
	return {
		url: readText(content, 'url'),
		tarball: readText(content, 'tarball'),
		logFile: readText(content, 'logFile'),
	};
}
