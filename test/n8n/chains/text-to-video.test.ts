/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import axios from 'axios';
import { setTimeout as delay } from 'node:timers/promises';

import { nodeError } from '../../../tools/engine/run-results';
import { useN8n } from '../../../tools/n8n/n8n-bench';
import { readExample } from './examples';
import { fillInForm } from './form';
import {
	attachedFiles,
	startMailCatcher,
	type MailCatcher,
} from '../../../tools/editor/mail-catcher';

const bench = useN8n();
const IDEA = 'A paper boat sails down a rainy street';
/** n8n ignores what looks like a mail program that only follows the link to preview it. */
const BROWSER =
	'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const MAIL_TIMEOUT_MS = 30_000;
/** n8n wakes an execution a moment after it has noted that it waits. */
const ASLEEP_MS = 1_000;

let mailCatcher: MailCatcher;
beforeEach(async () => {
	mailCatcher = await startMailCatcher();
});
afterEach(async () => await mailCatcher.close());

/** Fills in the form, and opens the link of a button in the email that asks for approval. */
async function decide(button: 'Make it' | 'Decline') {
	const smtp = { name: 'SMTP account', type: 'smtp', data: mailCatcher.credential };
	const workflow = await bench.api.createWorkflow(readExample('text-to-video.json'), [
		bench.credential,
		await bench.api.createCredential(smtp),
	]);
	await bench.api.activate(workflow);
	try {
		const executionId = await fillInForm(bench.api, workflow, {
			'What should the video show?': IDEA,
			'Your email address': 'maria@example.com',
		});
		const deadlineMs = Date.now() + MAIL_TIMEOUT_MS;
		while (mailCatcher.mails.length === 0 && Date.now() < deadlineMs) await delay(100);
		const [{ recipients, email }] = mailCatcher.mails;
		expect(recipients).toEqual(['approver@example.com']);
		expect(email.html).toContain(IDEA);
		expect(bench.sandbox.requests).toEqual([]);
		const links = [...(email.html ?? '').matchAll(/<a [^>]*href="([^"]+)"[^>]*>([^<]+)</g)];
		const link = links.find(([, , words]) => words.trim() === button)?.[1].replaceAll('&amp;', '&');
		await delay(ASLEEP_MS);
		await axios.get(link ?? '', { proxy: false, headers: { 'User-Agent': BROWSER } });
		return await bench.api.waitForExecution(executionId);
	} finally {
		await bench.api.deactivate(workflow);
	}
}

describe('examples/text-to-video.json', () => {
	it('makes the video from the words alone, once it is approved, and mails it', async () => {
		const execution = await decide('Make it');

		expect(nodeError(execution)).toBeUndefined();
		expect(bench.sandbox.bill).toMatchObject([
			{ prompt: IDEA, imageUrl: null, model: 'MiniMax-Hailuo-2.3' },
		]);
		const mail = mailCatcher.mails[1];
		expect(mail.recipients).toEqual(['maria@example.com']);
		const [{ taskId }] = bench.sandbox.bill;
		const files = attachedFiles(mail);
		expect(files[`${taskId}.mp4`].equals(bench.sandbox.mediaOf(taskId).bytes())).toBe(true);
	});

	it('pays for nothing when it is declined', async () => {
		const execution = await decide('Decline');

		expect(execution.status).toBe('success');
		expect(bench.sandbox.requests).toEqual([]);
		expect(mailCatcher.mails).toHaveLength(1);
	});
});
