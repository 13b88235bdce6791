/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { nodeError } from '../../../tools/engine/run-results';
import type { N8nExecution } from '../../../tools/n8n/n8n-answers';
import type { SavedWorkflow } from '../../../tools/n8n/n8n-api';
import { useN8n } from '../../../tools/n8n/n8n-bench';
import { openTasks, emptyTaskTable } from './data-table';
import { EXAMPLES_FOLDER, readExample } from './examples';
import { fillInForm, type ChosenFile } from './form';
import { startMailCatcher, type MailCatcher } from '../../../tools/editor/mail-catcher';
import { startSftpServer, type SftpServer } from './sftp-server';

const HOUR_MS = 60 * 60 * 1000;

/** How old the tasks are that are submitted next, by the sandbox's clock. */
let ageMs = 0;

const bench = useN8n({ nowMs: () => Date.now() - ageMs });
let mailCatcher: MailCatcher;
let storage: SftpServer;
let submitNow: SavedWorkflow;
let collectLater: SavedWorkflow;
let picture: ChosenFile;

beforeAll(async () => {
	const bytes = await readFile(path.join(EXAMPLES_FOLDER, 'images', 'lighthouse.jpg'));
	picture = { fileName: 'lighthouse.jpg', mimeType: 'image/jpeg', bytes };
	[mailCatcher, storage] = await Promise.all([startMailCatcher(), startSftpServer()]);
	const smtp = { name: 'SMTP account', type: 'smtp', data: mailCatcher.credential };
	const sftp = { name: 'SFTP account', type: 'sftp', data: storage.credential };
	const credentials = [
		bench.credential,
		await bench.api.createCredential(smtp),
		await bench.api.createCredential(sftp),
	];
	submitNow = await bench.api.createWorkflow(readExample('submit-now.json'), credentials);
	collectLater = await bench.api.createWorkflow(readExample('collect-later.json'), credentials);
	await bench.api.activate(submitNow);
});
beforeEach(async () => {
	ageMs = 0;
	await emptyTaskTable(bench.api);
	mailCatcher.clear();
	await storage.start();
});
afterAll(async () => {
	await bench.api.deactivate(submitNow);
	await Promise.all([mailCatcher.close(), storage.close()]);
});

function expectSuccess(execution: N8nExecution) {
	expect(nodeError(execution)).toBeUndefined();
	expect(execution.status).toBe('success');
}

/** @returns the task's id */
async function submit(wish: string, fileName: string): Promise<string> {
	const executionId = await fillInForm(bench.api, submitNow, {
		Image: picture,
		'What should happen?': wish,
		'File name': fileName,
	});
	expectSuccess(await bench.api.waitForExecution(executionId));
	const task = bench.sandbox.tasks().find(({ prompt }) => prompt === wish);
	if (task === undefined) throw new Error('Nothing was submitted');
	return task.taskId;
}

/** Runs the second workflow once, as its schedule would. */
async function collect(): Promise<void> {
	expectSuccess(await bench.api.runToEnd(collectLater));
}

describe('examples/submit-now.json', () => {
	it('makes the table, notes the task in it and ends without waiting for the video', async () => {
		const taskId = await submit('#sandbox-seconds:3600', 'beach');

		expect(await openTasks(bench.api)).toEqual([
			{ taskId, fileName: 'beach', wish: '#sandbox-seconds:3600' },
		]);
		expect(bench.sandbox.requestsOf('read')).toHaveLength(0);
		expect(bench.sandbox.bill).toHaveLength(1);
	});

	it('uses the table again', async () => {
		const first = await submit('#sandbox-seconds:3600', 'first');
		const second = await submit('#sandbox-seconds:3601', 'second');

		expect((await openTasks(bench.api)).map((row) => row.taskId)).toEqual([first, second]);
	});
});

describe('examples/collect-later.json', () => {
	it('stores what is finished, byte for byte, strikes its row, and leaves the rest', async () => {
		const ready = await submit('#sandbox-seconds:0', 'beach');
		const unnamed = await submit('#sandbox-seconds:0.1', '');
		const running = await submit('#sandbox-seconds:3600', 'later');

		await collect();

		expect(await storage.fileNames('videos')).toEqual(['beach.mp4', `${unnamed}.mp4`]);
		for (const [taskId, name] of [
			[ready, 'beach.mp4'],
			[unnamed, `${unnamed}.mp4`],
		]) {
			const bytes = await storage.readFile(`videos/${name}`);
			expect(bytes.equals(bench.sandbox.mediaOf(taskId).bytes())).toBe(true);
		}
		expect((await openTasks(bench.api)).map((row) => row.taskId)).toEqual([running]);
		expect(mailCatcher.mails).toEqual([]);
		expect(bench.sandbox.bill).toHaveLength(3);
		expect(bench.sandbox.violations).toEqual([]);
	});

	it('does nothing while no task is open', async () => {
		await submit('#sandbox-seconds:0', 'once');
		await collect();
		const readsBefore = bench.sandbox.requestsOf('read').length;

		await collect();

		expect(bench.sandbox.requestsOf('read')).toHaveLength(readsBefore);
	});

	it('tells about a video that failed, and strikes its row', async () => {
		const failed = await submit(
			'#sandbox-seconds:0 #sandbox-fail:content_policy_violation',
			'face',
		);
		const running = await submit('#sandbox-seconds:3600', 'later');

		await collect();

		expect((await openTasks(bench.api)).map((row) => row.taskId)).toEqual([running]);
		expect(mailCatcher.mails).toHaveLength(1);
		const [{ email, recipients }] = mailCatcher.mails;
		expect(recipients).toEqual(['you@example.com']);
		expect(email.subject).toContain(failed);
		expect(email.text).toMatch(/Reason: \S/);
	});

	it('tries a task again next time when Evolink or the storage cannot be reached', async () => {
		const taskId = await submit('#sandbox-seconds:0', 'patience');
		bench.sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 404 } });

		await collect();

		expect((await openTasks(bench.api)).map((row) => row.taskId)).toEqual([taskId]);

		await storage.stop();
		await collect();

		expect((await openTasks(bench.api)).map((row) => row.taskId)).toEqual([taskId]);
		expect(mailCatcher.mails).toEqual([]);

		await storage.start();
		await collect();

		expect(await openTasks(bench.api)).toEqual([]);
		const bytes = await storage.readFile('videos/patience.mp4');
		expect(bytes.equals(bench.sandbox.mediaOf(taskId).bytes())).toBe(true);
	});

	it('gives up what is not to be had after 24 hours, says why and strikes it', async () => {
		ageMs = 25 * HOUR_MS;
		const endless = await submit('#sandbox-seconds:999999', 'endless');
		const forgotten = await submit('#sandbox-seconds:0', 'forgotten');
		bench.sandbox.expireTask(forgotten);
		ageMs = 23 * HOUR_MS;
		const patient = await submit('#sandbox-seconds:888888', 'patient');

		await collect();

		expect((await openTasks(bench.api)).map((row) => row.taskId)).toEqual([patient]);
		const reasons = new Map(
			mailCatcher.mails.map(({ email }) => [
				/task-\S+/.exec(email.subject ?? '')?.[0],
				/Reason: (.*)/.exec(email.text ?? '')?.[1],
			]),
		);
		expect([...reasons.keys()].sort()).toEqual([endless, forgotten].sort());
		expect(reasons.get(endless)).toMatch(/^It is \w+ after 24 hours\.$/);
		expect(reasons.get(forgotten)).toMatch(/\S/);
	});
});
