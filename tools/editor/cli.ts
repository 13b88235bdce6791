/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error -- runs beside n8n, never inside it */
/** `npm run editor`: n8n in the browser with this node, a sandbox behind it and the examples in it. */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { startSandbox, type Sandbox } from '../../sandbox';
import { packPackage } from '../n8n/community-package';
import getPort from 'get-port';
import { createInstallProgress } from '../n8n/install-progress';
import { N8nApi, SANDBOX_OWNER } from '../n8n/n8n-api';
import { installN8n } from '../n8n/n8n-installation';
import { CURRENT_N8N } from '../n8n/n8n-releases';
import { N8nAnswerError } from '../n8n/n8n-session';
import { startN8nServer, type N8nServer } from '../n8n/n8n-server';
import { BadArguments, readEditorSettings, USAGE, type EditorSettings } from './editor-settings';
import { startMailCatcher, type MailCatcher } from './mail-catcher';
import { importExamples, logInAsOwner, provideCredential } from './n8n-content';

const EXIT_FAILED = 1;
const EXIT_BAD_ARGUMENTS = 2;
const EXIT_INTERRUPTED = 130;

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

function welcome(
	server: N8nServer,
	sandboxUrl: string,
	mailsUrl: string,
	{ generationSeconds, keptFolder }: EditorSettings,
): string {
	const kept =
		keptFolder === undefined
			? 'Everything in this n8n is gone when it ends; --keep <folder> keeps it.'
			: `Workflows and executions are kept in ${path.resolve(keptFolder)}`;
	return `
n8n is ready, with the node and all examples in it. Open it in your browser:

  Workflows  ${server.url}/home/workflows
  Email      ${SANDBOX_OWNER.email}
  Password   ${SANDBOX_OWNER.password}

The node works with a local sandbox: a video takes ${generationSeconds} s, is a test clip, and costs nothing.

  Videos     ${sandboxUrl}/
  Emails     ${mailsUrl}

In a prompt, #sandbox-seconds:60 makes a video take a minute, and
#sandbox-fail:content_policy_violation makes it fail with that code.

${kept}
The IDs of paid tasks follow here, also those of executions that you stop. Ctrl-C ends all of it.
`;
}

async function start(settings: EditorSettings, running: Running): Promise<void> {
	const { generationSeconds, keptFolder } = settings;
	// Before the installation, which may take minutes.
	const port = await getPort({ host: '127.0.0.1', port: settings.port });
	if (settings.port !== 0 && port !== settings.port) {
		throw new Error(
			`Another program uses port ${settings.port}. Choose another one: npm run editor -- --port 5679`,
		);
	}
	const installation = await installN8n(CURRENT_N8N, createInstallProgress());

	endOnSignal(running);
	running.sandbox = await startSandbox({ generationSeconds });
	running.mails = await startMailCatcher();

	say(`Starting ${CURRENT_N8N.title} with the node (about 15 s) ...`);
	const packFolder = await mkdtemp(path.join(tmpdir(), 'evolink-editor-'));
	process.once('exit', () => rmSync(packFolder, { recursive: true, force: true }));
	running.server = await startN8nServer({
		installation,
		tarball: await packPackage(packFolder),
		port,
		onOutput: sayPaidTasks,
		...(keptFolder === undefined ? {} : { userFolder: path.resolve(keptFolder) }),
	});

	const api = new N8nApi(running.server.url);
	await logInAsOwner(api);
	const { apiKey, url } = running.sandbox;
	await importExamples(api, [
		await provideCredential(api, {
			name: 'Evolink account (sandbox)',
			type: 'evolinkApi',
			data: { apiKey, baseUrl: url, filesBaseUrl: url },
		}),
		await provideCredential(api, {
			name: 'Email (mail catcher)',
			type: 'smtp',
			data: running.mails.credential,
		}),
	]);
	say(welcome(running.server, url, running.mails.url, settings));
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

function explain(error: unknown, settings: EditorSettings): string {
	if (error instanceof N8nAnswerError && error.status === 401 && settings.keptFolder) {
		return `The n8n in ${settings.keptFolder} has another owner or password than this command uses. Give --keep another folder.`;
	}
	return error instanceof Error ? error.message : 'The editor did not start';
}

async function main(): Promise<void> {
	let settings;
	try {
		settings = readEditorSettings(process.argv.slice(2));
	} catch (error) {
		if (!(error instanceof BadArguments)) throw error;
		process.stderr.write(`${error.message}\n\n${USAGE}`);
		process.exitCode = EXIT_BAD_ARGUMENTS;
		return;
	}
	if (settings === null) {
		process.stdout.write(USAGE);
		return;
	}

	const running: Running = { isEnding: false };
	try {
		await start(settings, running);
		await endWithN8n(running);
	} catch (error) {
		process.stderr.write(`${explain(error, settings)}\n`);
		process.exitCode = EXIT_FAILED;
		await end(running);
	}
}

/** @throws Error when n8n ends by itself */
async function endWithN8n(running: Running): Promise<void> {
	const { server } = running;
	if (server === undefined) return;
	const reason = await server.waitForEnd();
	if (running.isEnding) return;
	throw new Error(`n8n has ended (${reason}). The end of its log:\n${server.log.slice(-2_000)}`);
}

void main();
