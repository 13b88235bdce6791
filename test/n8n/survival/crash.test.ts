/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { INodeParameters } from 'n8n-workflow';

import { nodeError, outputItems } from '../../../tools/engine/run-results';
import { openTasks } from '../chains/data-table';
import { EXAMPLES_FOLDER, readExample } from '../chains/examples';
import { fillInForm, type ChosenFile } from '../chains/form';
import { startMailCatcher, type MailCatcher } from '../../../tools/editor/mail-catcher';
import { startSftpServer, type SftpServer } from '../chains/sftp-server';
import type { N8nExecution } from '../../../tools/n8n/n8n-answers';
import type { SavedWorkflow } from '../../../tools/n8n/n8n-api';
import { describeBinaryMode } from './binary-mode-cases';
import { EVOLINK, evolinkWorkflow } from './evolink-workflow';
import { startOwnN8n, type OwnN8n } from './own-n8n';
import { expectVideo } from './video-check';

/** One pause of examples/durable.json, and what n8n needs to wake the execution up. */
const ONE_ROUND_MS = 120_000;

const WISHES = {
	durable: 'Waves roll in #sandbox-seconds:30',
	submitNow: 'Clouds pass #sandbox-seconds:3',
	inMemory: 'The light goes round',
};
/** Longer than n8n needs to be killed and started again. */
const IN_MEMORY_SECONDS = 20;
/** When the node gives up a download from which nothing comes, with time to spare. */
const STALLED_DOWNLOAD_MS = 90_000;

let own: OwnN8n;
let mailCatcher: MailCatcher;
let storage: SftpServer;
let collectLater: SavedWorkflow;
const executionIds = { durable: '', submitNow: '', inMemory: '' };

/** The tasks that were paid for with the wish. */
function tasksOf(wish: keyof typeof WISHES): string[] {
	return own.sandbox.bill
		.filter(({ prompt }) => prompt?.startsWith(WISHES[wish]))
		.map(({ taskId }) => taskId);
}

function onlyTaskOf(wish: keyof typeof WISHES): string {
	const tasks = tasksOf(wish);
	expect(tasks).toHaveLength(1);
	return tasks[0];
}

async function runByHand(parameters: INodeParameters, timeoutMs?: number): Promise<N8nExecution> {
	const file = evolinkWorkflow({ startedBy: 'hand', parameters });
	const workflow = await own.api.createWorkflow(file, [own.credential]);
	const execution = await own.api.runToEnd(workflow, { timeoutMs });
	expect(nodeError(execution)).toBeUndefined();
	expect(execution.status).toBe('success');
	return execution;
}

async function activate(fileName: string): Promise<SavedWorkflow> {
	const workflow = await own.api.createWorkflow(readExample(fileName), [own.credential]);
	await own.api.activate(workflow);
	return workflow;
}

beforeAll(async () => {
	own = await startOwnN8n({ binaryDataMode: 'database' });
	const { api, server, sandbox } = own;
	[mailCatcher, storage] = await Promise.all([startMailCatcher(), startSftpServer()]);
	collectLater = await api.createWorkflow(readExample('collect-later.json'), [
		own.credential,
		await api.createCredential({ name: 'SMTP', type: 'smtp', data: mailCatcher.credential }),
		await api.createCredential({ name: 'SFTP', type: 'sftp', data: storage.credential }),
	]);
	const bytes = await readFile(path.join(EXAMPLES_FOLDER, 'images', 'lighthouse.jpg'));
	const picture: ChosenFile = { fileName: 'lighthouse.jpg', mimeType: 'image/jpeg', bytes };
	const answers = (wish: keyof typeof WISHES) => ({
		Image: picture,
		'What should happen?': WISHES[wish],
	});

	executionIds.durable = await fillInForm(api, await activate('durable.json'), answers('durable'));
	executionIds.submitNow = await fillInForm(api, await activate('submit-now.json'), {
		...answers('submitNow'),
		'File name': 'clouds',
	});
	sandbox.planTask({
		match: { promptIncludes: WISHES.inMemory },
		generationSeconds: IN_MEMORY_SECONDS,
	});
	const inMemory = await activate('image-to-video.json');
	executionIds.inMemory = await fillInForm(api, inMemory, answers('inMemory'));
	await api.waitForExecution(executionIds.durable, { until: 'waiting' });
	await api.waitForExecution(executionIds.submitNow);
	// The last one waits in memory only: the form answers as soon as its workflow has begun.
	await sandbox.waitForRequests('submit', 3);
	await sandbox.waitForRequests('read', 1);

	await server.kill();
	await server.restart();
}, 240_000);
afterAll(async () => {
	await own?.close();
	await mailCatcher?.close();
	await storage?.close();
});

describe('after n8n was killed (SIGKILL) and started again', () => {
	it('examples/collect-later.json fetches what examples/submit-now.json had started', async () => {
		const taskId = onlyTaskOf('submitNow');
		expect((await own.api.execution(executionIds.submitNow)).status).toBe('success');
		expect((await openTasks(own.api)).map((row) => row.taskId)).toEqual([taskId]);

		const execution = await own.api.runToEnd(collectLater);

		expect(nodeError(execution)).toBeUndefined();
		expect(execution.status).toBe('success');
		expect(await openTasks(own.api)).toEqual([]);
		const bytes = await storage.readFile('videos/clouds.mp4');
		expect(bytes.equals(own.sandbox.mediaOf(taskId).bytes())).toBe(true);
	});

	it('an execution that waited in memory is lost, but the log has the ID of its video', async () => {
		const crashed = await own.api.execution(executionIds.inMemory);
		expect(crashed.status).toBe('crashed');
		const taskId = onlyTaskOf('inMemory');
		expect(own.server.log).toContain(`Evolink started a paid task: ${taskId}`);

		const execution = await runByHand({
			resource: 'task',
			operation: 'get',
			taskId,
			waitForCompletion: true,
			downloadVideo: true,
		});

		await expectVideo(own, outputItems(execution, EVOLINK)[0], taskId);
		expect(tasksOf('inMemory')).toEqual([taskId]);
	});

	it('"Retry execution" of it begins at the trigger and orders another video', async () => {
		const [firstTaskId] = tasksOf('inMemory');

		const retried = await own.api.retryExecution(executionIds.inMemory);

		// n8n saves what a node remembers when the node ends. A crash leaves nothing of it, so this is
		// what examples/durable.json is for.
		expect(retried.status).toBe('success');
		const [, secondTaskId, ...more] = tasksOf('inMemory');
		expect(more).toEqual([]);
		expect(secondTaskId).not.toBe(firstTaskId);
		await expectVideo(own, outputItems(retried, EVOLINK)[0], secondTaskId);
	});

	// The rest runs here, because n8n has nothing else to do until examples/durable.json wakes up.
	it(
		'a download that falls silent is begun anew after a minute',
		async () => {
			const prompt = 'A silent download';
			const match = { promptIncludes: prompt };
			own.sandbox.addFault({ on: 'media', match, fault: { kind: 'stalled-media' } });

			const execution = await runByHand(
				{ imageUrl: 'https://example.com/harbour.jpg', prompt },
				STALLED_DOWNLOAD_MS,
			);

			const [{ taskId }] = own.sandbox.bill.filter((entry) => entry.prompt === prompt);
			expect(own.sandbox.requests.filter(({ fault }) => fault === 'stalled-media')).toHaveLength(1);
			await expectVideo(own, outputItems(execution, EVOLINK)[0], taskId);
		},
		2 * STALLED_DOWNLOAD_MS,
	);

	describeBinaryMode('database', () => own);

	it(
		'examples/durable.json goes on when its pause is over, and pays once',
		async () => {
			const execution = await own.api.waitForExecution(executionIds.durable, {
				timeoutMs: ONE_ROUND_MS,
			});

			expect(nodeError(execution)).toBeUndefined();
			expect(execution.status).toBe('success');
			const [row] = outputItems(execution, 'Fetch the video');
			await expectVideo(own, row, onlyTaskOf('durable'));
			expect(own.sandbox.violations).toEqual([]);
		},
		ONE_ROUND_MS + 10_000,
	);
});
