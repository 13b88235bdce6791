/** `npm run editor`: n8n in the browser with this node, a sandbox behind it and the examples in it. */
import { rmSync } from 'node:fs';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import getPort from 'get-port';
import { startSandbox, type Sandbox } from '../../sandbox';
import { readWorkflowFile } from '../engine/workflow-file';
import { packPackage } from '../n8n/community-package';
import { N8nApi, SANDBOX_OWNER } from '../n8n/n8n-api';
import { createSandboxCredential } from '../n8n/n8n-bench';
import { installN8n } from '../n8n/n8n-installation';
import { CURRENT_N8N } from '../n8n/n8n-releases';
import { startN8nServer, type N8nServer } from '../n8n/n8n-server';
import { startMailCatcher, type MailCatcher } from './mail-catcher';

const EXAMPLES_FOLDER = path.resolve(__dirname, '../../examples');

const EXIT_FAILED = 1;
const EXIT_INTERRUPTED = 130;

const USAGE = `usage: npm run editor [-- --port <number>] [--generation-seconds <seconds>]

Opens an n8n of your own on this computer, with this node and the examples in it. The node works with
a local sandbox instead of Evolink: nothing costs anything.

  --port                where n8n listens on 127.0.0.1 (default 5678; 0 takes a free one)
  --generation-seconds  how long a video takes (default 20; fractions and 0 are allowed)
  --help                this text
`;

function readArguments() {
	return parseArgs({
		options: {
			port: { type: 'string', default: '5678' },
			'generation-seconds': { type: 'string', default: '20' },
			help: { type: 'boolean' },
		},
	}).values;
}

/** @throws Error when the text is not a number of 0 or more */
function readNumber(name: string, text: string): number {
	if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
	throw new Error(`--${name} cannot be "${text}"`);
}

/** What runs and must be ended, in the order in which it was started. */
interface Running {
	sandbox?: Sandbox;
	mails?: MailCatcher;
	server?: N8nServer;
	/** Whether the user has ended it. */
	isEnding: boolean;
}

function say(text: string): void {
	process.stdout.write(`${text}\n`);
}

/** After a Stop, n8n's log alone names the tasks that go on. */
function sayPaidTasks(text: string): void {
	for (const [line] of text.matchAll(/Evolink started a paid task: \S+/g)) say(line);
}

function welcome(server: N8nServer, sandboxUrl: string, mailsUrl: string): string {
	return `
n8n is ready, with the node and all examples in it. Open it in your browser:

  Workflows  ${server.url}/home/workflows
  Email      ${SANDBOX_OWNER.email}
  Password   ${SANDBOX_OWNER.password}

The node works with a local sandbox: a video is a test clip and costs nothing.

  Videos     ${sandboxUrl}/
  Emails     ${mailsUrl}

In a prompt, #sandbox-seconds:60 makes a video take a minute, and
#sandbox-fail:content_policy_violation makes it fail with that code.

Everything in this n8n is gone when it ends. The IDs of paid tasks follow here, also those of
executions that you stop. Ctrl-C ends all of it.
`;
}

async function start(running: Running, wantedPort: number, generationSeconds: number) {
	// Before the installation, which may take minutes.
	const port = await getPort({ host: '127.0.0.1', port: wantedPort });
	if (wantedPort !== 0 && port !== wantedPort) {
		throw new Error(
			`Another program uses port ${wantedPort}. Choose another one: npm run editor -- --port 5679`,
		);
	}
	const installation = await installN8n(CURRENT_N8N);

	endOnSignal(running);
	const sandbox = await startSandbox({ generationSeconds });
	running.sandbox = sandbox;
	const mails = await startMailCatcher();
	running.mails = mails;

	say(`Starting ${CURRENT_N8N.title} with the node (about 15 s) ...`);
	const packFolder = await mkdtemp(path.join(tmpdir(), 'evolink-editor-'));
	process.once('exit', () => rmSync(packFolder, { recursive: true, force: true }));
	const tarball = await packPackage(packFolder);
	const server = await startN8nServer({ installation, tarball, port, onOutput: sayPaidTasks });
	running.server = server;
	await fill(new N8nApi(server.url), sandbox, mails);
	say(welcome(server, sandbox.url, mails.url));
}

/** Sets the fresh n8n up: its owner, the credentials, and the examples with them. */
async function fill(api: N8nApi, sandbox: Sandbox, mails: MailCatcher): Promise<void> {
	await api.setUpOwner();
	const credentials = [
		await createSandboxCredential(api, sandbox),
		await api.createCredential({
			name: 'Email (mail catcher)',
			type: 'smtp',
			data: mails.credential,
		}),
	];
	for (const file of (await readdir(EXAMPLES_FOLDER)).sort()) {
		if (!file.endsWith('.json')) continue;
		await api.createWorkflow(readWorkflowFile(path.join(EXAMPLES_FOLDER, file)), credentials);
	}
}

async function end({ server, sandbox, mails }: Running): Promise<void> {
	await server?.close();
	await mails?.close();
	await sandbox?.close();
}

/** The first signal ends all in order; while n8n is starting, or for the second one, all at once. */
function endOnSignal(running: Running): void {
	const onSignal = () => {
		// What runs is ended with this process, by the guard beside n8n.
		if (running.isEnding || running.server === undefined) process.exit(EXIT_INTERRUPTED);
		running.isEnding = true;
		say('Ending n8n and the sandbox ...');
		void end(running).then(() => process.exit(0));
	};
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
}

/** @throws Error when n8n ends by itself */
async function endWithN8n(running: Running): Promise<void> {
	const { server } = running;
	if (server === undefined) return;
	const reason = await server.waitForEnd();
	if (running.isEnding) return;
	throw new Error(`n8n has ended (${reason}). The end of its log:\n${server.log.slice(-2_000)}`);
}

async function main(): Promise<void> {
	const running: Running = { isEnding: false };
	try {
		const { port, help, 'generation-seconds': generationSeconds } = readArguments();
		if (help) {
			say(USAGE);
			return;
		}
		await start(
			running,
			readNumber('port', port),
			readNumber('generation-seconds', generationSeconds),
		);
		await endWithN8n(running);
	} catch (error) {
		process.stderr.write(`${error instanceof Error ? error.message : 'unknown fault'}\n`);
		process.exitCode = EXIT_FAILED;
		await end(running);
	}
}

void main();
