/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { nodeError, outputItems } from '../../../tools/engine/run-results';
import { EXAMPLES_FOLDER, readExample } from '../chains/examples';
import { fillInForm, fillInTestForm, type ChosenFile } from '../chains/form';
import {
	attachedFiles,
	startMailCatcher,
	type MailCatcher,
} from '../../../tools/editor/mail-catcher';
import type { N8nExecution } from '../../../tools/n8n/n8n-answers';
import { sandboxCredentialData } from '../../../tools/n8n/n8n-bench';
import { OLDEST_N8N } from '../../../tools/n8n/n8n-releases';
import {
	EVOLINK,
	evolinkWorkflow,
	FAILED,
	NEXT,
	startWorkflow,
	type EvolinkWorkflowOptions,
} from '../survival/evolink-workflow';
import { startOwnN8n, type OwnN8n } from '../survival/own-n8n';
import { expectVideo } from '../survival/video-check';

/** How long the sandbox is watched after a stop. */
const OBSERVED_MS = 3_000;

let own: OwnN8n;
let mailCatcher: MailCatcher;
let picture: ChosenFile;

beforeAll(async () => {
	own = await startOwnN8n({ release: OLDEST_N8N });
	mailCatcher = await startMailCatcher();
	const bytes = await readFile(path.join(EXAMPLES_FOLDER, 'images', 'lighthouse.jpg'));
	picture = { fileName: 'lighthouse.jpg', mimeType: 'image/jpeg', bytes };
}, 180_000);
beforeEach(() => own.sandbox.reset());
afterAll(async () => {
	await own?.close();
	await mailCatcher?.close();
});

async function run(options: Partial<EvolinkWorkflowOptions>): Promise<N8nExecution> {
	const file = evolinkWorkflow({
		startedBy: 'form',
		parameters: {
			imageUrl: 'https://example.com/harbour.jpg',
			prompt: '={{ $json.prompt }}',
			options: { pollInterval: 1 },
		},
		items: [{ prompt: 'A boat' }],
		...options,
	});
	const workflow = await own.api.createWorkflow(file, [own.credential]);
	const executionId = await startWorkflow(own.api, workflow);
	return await own.api.waitForExecution(executionId);
}

function expectSuccess(execution: N8nExecution): void {
	expect(nodeError(execution)).toBeUndefined();
	expect(execution.status).toBe('success');
}

describe(`in ${OLDEST_N8N.title}, the oldest supported one`, () => {
	it('the installed package is there, with its credential', async () => {
		const nodeTypes = (await own.api.nodeTypes()).map(({ name }) => name);
		expect(nodeTypes).toEqual(
			expect.arrayContaining(['n8n-nodes-evolink.evolink', 'n8n-nodes-evolink.evolinkTool']),
		);
		const credentialTypes = (await own.api.credentialTypes()).map(({ name }) => name);
		expect(credentialTypes).toContain('evolinkApi');
	});

	it('the credential test tells the right key from a wrong one, and costs nothing', async () => {
		const data = sandboxCredentialData(own.sandbox);
		const wrong = { ...data, apiKey: 'a-wrong-key' };

		const right = await own.api.testCredential(own.credential, data);
		const refused = await own.api.testCredential(own.credential, wrong);

		expect(right.status).toBe('OK');
		expect(refused.status).toBe('Error');
		expect(refused.message).not.toContain('a-wrong-key');
		expect(own.sandbox.bill).toEqual([]);
	});

	it.each([
		['in production', fillInForm],
		['from "Execute workflow"', fillInTestForm],
	])('examples/image-to-video.json makes a video of the picture, %s', async (_, fillIn) => {
		const { api, sandbox } = own;
		const file = readExample('image-to-video.json');
		const workflow = await api.createWorkflow(file, [own.credential]);
		if (fillIn === fillInForm) await api.activate(workflow);

		const executionId = await fillIn(api, workflow, {
			Image: picture,
			'What should happen?': 'Waves roll in',
		});
		const execution = await api.waitForExecution(executionId);
		await api.deactivate(workflow);

		expectSuccess(execution);
		const [{ taskId, prompt }, ...others] = sandbox.bill;
		expect(others).toEqual([]);
		expect(prompt).toBe('Waves roll in [Push in]');
		const [{ upload }] = sandbox.requestsOf('upload');
		expect(upload?.sha256).toBe(createHash('sha256').update(picture.bytes).digest('hex'));
		await expectVideo(own, outputItems(execution, 'Evolink')[0], taskId);
		expect(sandbox.violations).toEqual([]);
	});

	it('examples/form-to-email.json mails the video, byte for byte', async () => {
		const { api, sandbox } = own;
		const smtp = { name: 'SMTP account', type: 'smtp', data: mailCatcher.credential };
		const credentials = [own.credential, await api.createCredential(smtp)];
		const workflow = await api.createWorkflow(readExample('form-to-email.json'), credentials);
		await api.activate(workflow);

		const executionId = await fillInForm(api, workflow, {
			Image: picture,
			'What should happen?': 'Waves roll in',
			'Your email address': 'maria@example.com',
		});
		const execution = await api.waitForExecution(executionId);
		await api.deactivate(workflow);

		expectSuccess(execution);
		const [{ taskId }, ...others] = sandbox.bill;
		expect(others).toEqual([]);
		const [mail, ...moreMails] = mailCatcher.mails;
		expect(moreMails).toEqual([]);
		expect(mail.recipients).toEqual(['maria@example.com']);
		const files = attachedFiles(mail);
		expect(Object.keys(files)).toEqual([`${taskId}.mp4`]);
		expect(files[`${taskId}.mp4`].equals(sandbox.mediaOf(taskId).bytes())).toBe(true);
	});

	it('Retry On Fail takes up the task that a failed try has started', async () => {
		own.sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });

		const execution = await run({
			settings: { retryOnFail: true, maxTries: 3, waitBetweenTries: 1000 },
		});

		expectSuccess(execution);
		expect(own.sandbox.requestsOf('submit')).toHaveLength(1);
		await expectVideo(own, outputItems(execution, NEXT)[0], own.sandbox.bill[0].taskId);
	});

	it('"Retry execution" takes up the task of the failed execution', async () => {
		own.sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });
		const failed = await run({});
		expect(failed.status).toBe('error');

		const retried = await own.api.retryExecution(failed.id);

		expectSuccess(retried);
		expect(own.sandbox.requestsOf('submit')).toHaveLength(1);
		await expectVideo(own, outputItems(retried, NEXT)[0], own.sandbox.bill[0].taskId);
	});

	it('"Continue (using error output)" sends a failed item there, with what went in', async () => {
		own.sandbox.planTask({
			match: { promptIncludes: 'A brand' },
			outcome: { status: 'failed', code: 'content_policy_violation', message: 'No brands' },
		});

		const execution = await run({
			items: [{ prompt: 'A brand' }, { prompt: 'A boat' }],
			settings: { onError: 'continueErrorOutput' },
		});

		expectSuccess(execution);
		expect(outputItems(execution, EVOLINK, 1)).toHaveLength(1);
		const [failedRow] = outputItems(execution, FAILED);
		expect(failedRow.json).toMatchObject({
			prompt: 'A brand',
			error: { failureCode: 'content_policy_violation', status: 'failed' },
		});
		expect(outputItems(execution, NEXT).map(({ json }) => json.prompt)).toEqual(['A boat']);
	});

	it('"Stop" ends an execution, and no request follows after a second', async () => {
		own.sandbox.planTask({ generationSeconds: 600 });
		const file = evolinkWorkflow({
			startedBy: 'hand',
			parameters: {
				imageUrl: 'https://example.com/harbour.jpg',
				options: { pollInterval: 1 },
			},
		});
		const workflow = await own.api.createWorkflow(file, [own.credential]);
		const executionId = await startWorkflow(own.api, workflow);
		await own.sandbox.waitForRequests('read', 1);

		const stoppedMs = Date.now();
		await own.api.stopExecution(executionId);
		const execution = await own.api.waitForExecution(executionId);
		await delay(OBSERVED_MS);

		expect(execution.status).toBe('canceled');
		const late = own.sandbox.requests.filter(({ receivedAtMs }) => receivedAtMs > stoppedMs + 1000);
		expect(late).toEqual([]);
		// n8n's log is all that is left of the video.
		expect(own.server.log).toContain(own.sandbox.bill[0].taskId);
		expect(own.server.log).not.toContain(own.sandbox.apiKey);
	});
});
