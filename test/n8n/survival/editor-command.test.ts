/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions -- runs beside n8n, never inside it */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import axios from 'axios';

import { EXAMPLES_FOLDER, readExample } from '../chains/examples';
import { fillInTestForm } from '../chains/form';
import { readText } from '../../../tools/n8n/n8n-answers';
import { N8nApi, SANDBOX_OWNER } from '../../../tools/n8n/n8n-api';

const run = promisify(execFile);

const PROJECT_FOLDER = path.resolve(EXAMPLES_FOLDER, '..');
const START_TIMEOUT_MS = 120_000;

let temporaryFolder: string;
let editor: ChildProcess | undefined;
let output = '';

/** Resolves with what was printed when it contains the text. */
async function printed(text: string): Promise<string> {
	return await new Promise((resolve, reject) => {
		const look = () => {
			if (output.includes(text)) resolve(output);
		};
		editor?.stdout?.on('data', look);
		editor?.once('exit', () => reject(new Error(`It ended without "${text}":\n${output}`)));
		look();
	});
}

function readPrinted(name: string): string {
	const value = new RegExp(`^ *${name} +(\\S+)$`, 'm').exec(output)?.[1];
	if (value === undefined) throw new Error(`It printed no ${name}:\n${output}`);
	return value;
}

/** Ids of a process and of all that it has started, over any number of generations. */
async function withDescendants(processId: number): Promise<number[]> {
	const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=']);
	const pairs = stdout
		.trim()
		.split('\n')
		.map((line) => line.trim().split(/\s+/).map(Number));
	const found = [processId];
	for (const parent of found) {
		found.push(...pairs.filter(([, ppid]) => ppid === parent).map(([pid]) => pid));
	}
	return found;
}

/** Those of the processes that still run; one that is dead but not yet buried does not. */
async function stillRunning(processIds: number[]): Promise<string[]> {
	const { stdout } = await run('ps', ['-A', '-o', 'pid=,stat=,args=']);
	return stdout
		.split('\n')
		.map((line) => line.trim())
		.filter((line) => processIds.includes(Number.parseInt(line, 10)))
		.filter((line) => !/^\d+\s+Z/.test(line));
}

beforeAll(async () => {
	temporaryFolder = await mkdtemp(path.join(tmpdir(), 'editor-test-'));
	editor = spawn(
		process.execPath,
		// As in package.json. The tsx command would pass a second SIGINT on to a process that is slow to answer the first.
		['--import', 'tsx', 'tools/editor/cli.ts', '--port', '0', '--generation-seconds', '0.3'],
		{
			cwd: PROJECT_FOLDER,
			env: { ...process.env, TMPDIR: temporaryFolder },
			stdio: ['ignore', 'pipe', 'pipe'],
			// A process group of its own, as a terminal gives to a command: Ctrl-C reaches all of it.
			detached: true,
		},
	);
	for (const stream of [editor.stdout, editor.stderr]) {
		stream?.setEncoding('utf8').on('data', (text: string) => {
			output += text;
		});
	}
	await printed('Ctrl-C ends');
}, START_TIMEOUT_MS);
afterAll(async () => {
	if (editor?.pid !== undefined && editor.exitCode === null && editor.signalCode === null) {
		process.kill(-editor.pid, 'SIGKILL');
	}
	await rm(temporaryFolder, { recursive: true, force: true, maxRetries: 5 });
});

/** The folders of its own that the command has in the folder for temporary files. */
async function ownFolders(): Promise<string[]> {
	const names = await readdir(temporaryFolder);
	return names.filter((name) => /^(n8n-home|evolink-editor|packed-project)-/.test(name));
}

async function logIn(): Promise<N8nApi> {
	const api = new N8nApi(new URL(readPrinted('Workflows')).origin);
	const [email, password] = [readPrinted('Email'), readPrinted('Password')];
	await api.logIn({ ...SANDBOX_OWNER, email, password });
	return api;
}

describe('npm run editor', () => {
	it('opens an n8n with the node and all examples, and prints how to log in', async () => {
		const api = await logIn();

		const nodeTypes = (await api.nodeTypes()).map(({ name }) => name);
		expect(nodeTypes).toContain('n8n-nodes-evolink.evolink');
		const files = (await readdir(EXAMPLES_FOLDER)).filter((name) => name.endsWith('.json'));
		const names = files.map((file) => readExample(file).name ?? '');
		expect((await api.workflowNames()).sort()).toEqual([...names].sort());
	});

	it('has examples ready to run: the video is on the page of the sandbox, the email on that of the mail catcher', async () => {
		const api = await logIn();
		const file = readExample('form-to-email.json');
		const workflows = await api.session.send('GET', '/workflows');
		const imported: unknown = Array.isArray(workflows)
			? workflows.find((workflow: unknown) => readText(workflow, 'name') === file.name)
			: undefined;
		// n8n 2.x runs what was imported; only the address of the form is taken from the file.
		const workflow = {
			id: readText(imported, 'id'),
			versionId: readText(imported, 'versionId'),
			file,
		};
		const bytes = await readFile(path.join(EXAMPLES_FOLDER, 'images', 'lighthouse.jpg'));

		const executionId = await fillInTestForm(api, workflow, {
			Image: { fileName: 'lighthouse.jpg', mimeType: 'image/jpeg', bytes },
			'What should happen?': 'Waves roll in',
			'Your email address': 'maria@example.com',
		});
		const execution = await api.waitForExecution(executionId);

		expect(execution.status).toBe('success');
		expect(output).toMatch(/^Evolink started a paid task: task-unified-/m);
		const { data: videos } = await axios.get<string>(readPrinted('Videos'));
		expect(videos).toMatch(/<img src="http:\/\/127\.0\.0\.1:\d+\/files\//);
		expect(videos).toMatch(/<video src="http:\/\/127\.0\.0\.1:\d+\/media\//);
		const { data: emails } = await axios.get<string>(readPrinted('Emails'));
		expect(emails).toContain('Your video is ready');
		const attachment = await axios.get<ArrayBuffer>(new URL('0/0', readPrinted('Emails')).href, {
			responseType: 'arraybuffer',
		});
		expect(attachment.headers['content-type']).toBe('video/mp4');
		expect(attachment.data.byteLength).toBeGreaterThan(1_000);
	});

	it('ends with Ctrl-C and leaves no process, port or file behind', async () => {
		const processId = editor?.pid;
		if (processId === undefined) throw new Error('The command does not run');
		const processIds = await withDescendants(processId);
		// The command itself, n8n, its task runner, and the guard that ends n8n with the command.
		expect(processIds.length).toBeGreaterThanOrEqual(4);
		expect(await stillRunning(processIds)).toHaveLength(processIds.length);
		expect(await ownFolders()).not.toEqual([]);
		const ended = new Promise((resolve) => editor?.once('exit', resolve));

		process.kill(-processId, 'SIGINT');

		expect(await ended).toBe(0);
		expect(await stillRunning(processIds)).toEqual([]);
		await expect(logIn()).rejects.toThrow('ECONNREFUSED');
		expect(await ownFolders()).toEqual([]);
	});
});
