/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { nodeError } from '../../../tools/engine/run-results';
import type { SavedWorkflow } from '../../../tools/n8n/n8n-api';
import { useN8n } from '../../../tools/n8n/n8n-bench';
import { EXAMPLES_FOLDER, readExample } from './examples';
import { fillInForm } from './form';
import {
	attachedFiles,
	startMailCatcher,
	type MailCatcher,
} from '../../../tools/editor/mail-catcher';

const bench = useN8n();
let mailCatcher: MailCatcher;
let workflow: SavedWorkflow;
let picture: Buffer;

beforeAll(async () => {
	picture = await readFile(path.join(EXAMPLES_FOLDER, 'images', 'lighthouse.jpg'));
	mailCatcher = await startMailCatcher();
	const smtp = await bench.api.createCredential({
		name: 'SMTP account',
		type: 'smtp',
		data: mailCatcher.credential,
	});
	const credentials = [bench.credential, smtp];
	workflow = await bench.api.createWorkflow(readExample('form-to-email.json'), credentials);
	await bench.api.activate(workflow);
});
beforeEach(() => mailCatcher.clear());
afterAll(async () => {
	await bench.api.deactivate(workflow);
	await mailCatcher.close();
});

async function send(wish: string) {
	const executionId = await fillInForm(bench.api, workflow, {
		Image: { fileName: 'lighthouse.jpg', mimeType: 'image/jpeg', bytes: picture },
		'What should happen?': wish,
		'Your email address': 'maria@example.com',
	});
	return await bench.api.waitForExecution(executionId);
}

describe('examples/form-to-email.json', () => {
	it('mails the video, byte for byte, to whoever filled in the form', async () => {
		const execution = await send('Waves roll in');

		expect(nodeError(execution)).toBeUndefined();
		expect(execution.status).toBe('success');
		expect(mailCatcher.mails).toHaveLength(1);
		const [mail] = mailCatcher.mails;
		expect(mail.recipients).toEqual(['maria@example.com']);
		expect(mail.email.subject).toBe('Your video is ready');
		const [{ taskId, prompt }] = bench.sandbox.bill;
		expect(mail.email.text).toContain('Waves roll in');
		expect(mail.email.text).toContain(taskId);
		const files = attachedFiles(mail);
		expect(Object.keys(files)).toEqual([`${taskId}.mp4`]);
		expect(files[`${taskId}.mp4`].equals(bench.sandbox.mediaOf(taskId).bytes())).toBe(true);
		expect(mail.email.attachments[0]).toMatchObject({
			mimeType: 'video/mp4',
			disposition: 'attachment',
		});
		expect(prompt).toBe('Waves roll in [Push in]');
	});

	it('uploads the picture as it was sent, and pays for one video', async () => {
		await send('');

		expect(bench.sandbox.bill).toHaveLength(1);
		const [{ upload }] = bench.sandbox.requestsOf('upload');
		expect(upload?.sha256).toBe(createHash('sha256').update(picture).digest('hex'));
		expect(bench.sandbox.violations).toEqual([]);
	});

	it('sends no mail when the video fails, and the execution says why', async () => {
		const execution = await send('#sandbox-fail:content_policy_violation');

		expect(execution.status).toBe('error');
		expect(nodeError(execution)?.description).toContain(bench.sandbox.tasks()[0].taskId);
		expect(mailCatcher.mails).toEqual([]);
	});
});
