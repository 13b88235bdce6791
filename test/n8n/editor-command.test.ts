import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import axios from 'axios';

import { N8nApi } from '../../tools/n8n/n8n-api';
import { EXAMPLES_FOLDER, readExample } from './examples';

const START_TIMEOUT_MS = 120_000;

let temporaryFolder: string;
let editor: ChildProcess | undefined;
let output = '';

beforeAll(async () => {
	temporaryFolder = await mkdtemp(path.join(tmpdir(), 'editor-test-'));
	// As in package.json: the tsx command would pass a second SIGINT on to a process that is slow to
	// answer the first.
	const started = spawn(
		process.execPath,
		['--import', 'tsx', 'tools/editor/cli.ts', '--port', '0'],
		{
			cwd: path.resolve(EXAMPLES_FOLDER, '..'),
			env: { ...process.env, TMPDIR: temporaryFolder },
			stdio: ['ignore', 'pipe', 2],
			// A process group of its own, as a terminal gives to a command: Ctrl-C reaches all of it.
			detached: true,
		},
	);
	editor = started;
	await new Promise<void>((resolve, reject) => {
		started.stdout?.setEncoding('utf8').on('data', (text: string) => {
			output += text;
			if (output.includes('Ctrl-C ends')) resolve();
		});
		started.once('exit', () => reject(new Error(`It ended early:\n${output}`)));
	});
}, START_TIMEOUT_MS);
afterAll(async () => {
	if (editor?.pid !== undefined && editor.exitCode === null && editor.signalCode === null) {
		process.kill(-editor.pid, 'SIGKILL');
	}
	await rm(temporaryFolder, { recursive: true, force: true, maxRetries: 5 });
});

function readPrinted(name: string): string {
	const value = new RegExp(`^ *${name} +(\\S+)$`, 'm').exec(output)?.[1];
	if (value === undefined) throw new Error(`It printed no ${name}:\n${output}`);
	return value;
}

it('npm run editor opens an n8n with the node and all examples, and Ctrl-C leaves nothing behind', async () => {
	const api = new N8nApi(new URL(readPrinted('Workflows')).origin);
	await api.logIn({ email: readPrinted('Email'), password: readPrinted('Password') });
	const names = (await api.nodeTypes()).map(({ name }) => name);
	expect(names).toContain('n8n-nodes-evolink.evolink');
	const files = (await readdir(EXAMPLES_FOLDER)).filter((name) => name.endsWith('.json'));
	const examples = files.map((file) => readExample(file).name);
	expect((await api.workflowNames()).sort()).toEqual(examples.sort());
	for (const page of ['Videos', 'Emails']) {
		expect((await axios.get(readPrinted(page), { proxy: false })).status).toBe(200);
	}

	if (editor?.pid === undefined) throw new Error('The command does not run');
	const ended = once(editor, 'exit');
	process.kill(-editor.pid, 'SIGINT');

	expect(await ended).toEqual([0, null]);
	await expect(api.logIn()).rejects.toThrow('ECONNREFUSED');
	const left = await readdir(temporaryFolder);
	expect(left.filter((name) => /^(n8n-home|evolink-editor|packed-project)-/.test(name))).toEqual(
		[],
	);
});
