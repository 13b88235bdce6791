/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { nodeError } from '../../../tools/engine/run-results';
import type { SavedWorkflow } from '../../../tools/n8n/n8n-api';
import { useN8n } from '../../../tools/n8n/n8n-bench';
import { EXAMPLES_FOLDER, readExample } from './examples';
import { fillInForm } from './form';
import { startMailCatcher, type MailCatcher } from '../../../tools/editor/mail-catcher';
import { startSftpServer, type SftpServer } from './sftp-server';

const HEADER = 'Image URL,Prompt,Quality,File name';
const REFUSED_PROMPT = '#sandbox-fail:content_policy_violation';

const bench = useN8n();
let mailCatcher: MailCatcher;
let storage: SftpServer;
let workflow: SavedWorkflow;

// Each test has an account of its own, so that what one stores says nothing about the other.
beforeEach(async () => {
	[mailCatcher, storage] = await Promise.all([startMailCatcher(), startSftpServer()]);
	const smtp = { name: 'SMTP account', type: 'smtp', data: mailCatcher.credential };
	const sftp = { name: 'SFTP account', type: 'sftp', data: storage.credential };
	workflow = await bench.api.createWorkflow(readExample('image-list-to-storage.json'), [
		bench.credential,
		await bench.api.createCredential(smtp),
		await bench.api.createCredential(sftp),
	]);
	await bench.api.activate(workflow);
});
afterEach(async () => {
	await bench.api.deactivate(workflow);
	await Promise.all([mailCatcher.close(), storage.close()]);
});

async function sendList(list: string) {
	const executionId = await fillInForm(bench.api, workflow, {
		'List of images': {
			fileName: 'pictures.csv',
			mimeType: 'text/csv',
			bytes: Buffer.from(list),
		},
		'Send the report to': 'maria@example.com',
	});
	const execution = await bench.api.waitForExecution(executionId);
	expect(nodeError(execution)).toBeUndefined();
	expect(execution.status).toBe('success');
	expect(bench.sandbox.violations).toEqual([]);
}

/** The one report that came, as its subject, the stored and the failed part. */
function readReport() {
	expect(mailCatcher.mails).toHaveLength(1);
	const [{ recipients, email }] = mailCatcher.mails;
	expect(recipients).toEqual(['maria@example.com']);
	const [stored, failed] = (email.text ?? '').split('Failed:\n');
	return { subject: email.subject, stored: stored.replace('Stored:\n', '').trim(), failed };
}

function taskOf(prompt: string) {
	const task = bench.sandbox.tasks().find((candidate) => candidate.prompt === prompt);
	if (task === undefined) throw new Error(`No task with the prompt ${prompt}`);
	return task;
}

async function expectStored(fileName: string, prompt: string) {
	const bytes = await storage.readFile(`videos/${fileName}`);
	expect(bytes.equals(bench.sandbox.mediaOf(taskOf(prompt).taskId).bytes())).toBe(true);
}

describe('examples/image-list-to-storage.json', () => {
	it('stores each video under the name in its row, byte for byte, and reports the rows that failed', async () => {
		const list = [
			HEADER,
			'https://pictures.example/beach.jpg,"Waves roll in, slowly",768p,beach',
			`https://pictures.example/face.jpg,${REFUSED_PROMPT},768p,face`,
			'https://pictures.example/forest.jpg,Leaves move,1080p,forest.mp4',
			'https://pictures.example/city.jpg,Cars drive,4k,city',
			'not an address,Nothing,768p,nowhere',
			'https://pictures.example/lake.jpg,,,lake at night',
		];

		await sendList(list.join('\n'));

		expect(await storage.fileNames('videos')).toEqual([
			'beach.mp4',
			'forest.mp4',
			'lake at night.mp4',
		]);
		await expectStored('beach.mp4', 'Waves roll in, slowly');
		await expectStored('forest.mp4', 'Leaves move');
		const report = readReport();
		expect(report.subject).toBe('3 of 6 videos are stored');
		expect(report.stored.split('\n')).toEqual([
			'- videos/beach.mp4',
			'- videos/forest.mp4',
			'- videos/lake at night.mp4',
		]);
		const failed = report.failed.split('\n').filter((line) => line.startsWith('- '));
		expect(failed).toEqual([
			expect.stringContaining('- face (https://pictures.example/face.jpg): '),
			expect.stringContaining('- city (https://pictures.example/city.jpg): '),
			expect.stringContaining('- nowhere (not an address): '),
		]);
		expect(report.failed).toContain(taskOf(REFUSED_PROMPT).taskId);
		expect(failed[1]).toContain('4k');
		// Only what could work was sent; each was paid for once.
		expect(bench.sandbox.bill.map(({ quality }) => quality).sort()).toEqual([
			'1080p',
			'768p',
			'768p',
			'768p',
		]);
	});

	it('sends one report when every row works, with the list as Excel saves it', async () => {
		const list = `\uFEFF${HEADER}\r\nhttps://pictures.example/a.jpg,First,768p,a\r\nhttps://pictures.example/b.jpg,Second,768p,b\r\n`;

		await sendList(list);

		const report = readReport();
		expect(report.subject).toBe('2 of 2 videos are stored');
		expect(report.stored).toBe('- videos/a.mp4\n- videos/b.mp4');
		expect(report.failed.trim()).toBe('(none)');
		await expectStored('a.mp4', 'First');
		await expectStored('b.mp4', 'Second');
	});

	it('reads the list that lies beside it to be filled in', async () => {
		await sendList(await readFile(path.join(EXAMPLES_FOLDER, 'image-list.csv'), 'utf8'));

		expect(readReport().subject).toBe('2 of 2 videos are stored');
		expect(await storage.fileNames('videos')).toEqual(['beach.mp4', 'forest.mp4']);
		expect(bench.sandbox.bill.map(({ quality }) => quality).sort()).toEqual(['1080p', '768p']);
	});

	it('sends one report when every row fails', async () => {
		const list = `${HEADER}\nhttps://pictures.example/a.jpg,${REFUSED_PROMPT},768p,a\nhttps://pictures.example/b.jpg,${REFUSED_PROMPT},768p,b\n`;

		await sendList(list);

		const report = readReport();
		expect(report.subject).toBe('0 of 2 videos are stored');
		expect(report.stored).toBe('(none)');
		expect(report.failed).toMatch(/^- a .*\n(.*\n)*- b /);
		expect(await storage.fileNames('videos')).toEqual([]);
	});

	it('reports every video with its link when the storage cannot be reached', async () => {
		await storage.stop();

		await sendList(
			`${HEADER}\nhttps://pictures.example/a.jpg,First,768p,a\nhttps://pictures.example/b.jpg,Second,768p,b\n`,
		);

		const report = readReport();
		expect(report.subject).toBe('0 of 2 videos are stored');
		expect(report.failed).toContain('- a.mp4: the video was made, but could not be stored.');
		expect(report.failed).toContain('- b.mp4: the video was made, but could not be stored.');
		for (const prompt of ['First', 'Second']) {
			expect(report.failed).toContain(taskOf(prompt).mediaUrl);
		}
	});

	it('sends a report for a list without rows', async () => {
		await sendList(`${HEADER}\n`);

		expect(readReport().subject).toBe('0 of 1 videos are stored');
		expect(bench.sandbox.bill).toEqual([]);
	});
});
