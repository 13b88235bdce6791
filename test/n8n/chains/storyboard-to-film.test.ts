/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { nodeError } from '../../../tools/engine/run-results';
import { useN8n } from '../../../tools/n8n/n8n-bench';
import { joinBytes } from '../../film/join-bytes';
import { EXAMPLES_FOLDER, readExample } from './examples';
import { fillInForm } from './form';
import { attachedFiles, startMailCatcher } from '../../../tools/editor/mail-catcher';

const bench = useN8n();

describe('examples/storyboard-to-film.json', () => {
	it('mails one film of all clips, in the order of the list', async () => {
		const mailCatcher = await startMailCatcher();
		const smtp = { name: 'SMTP account', type: 'smtp', data: mailCatcher.credential };
		const workflow = await bench.api.createWorkflow(readExample('storyboard-to-film.json'), [
			bench.credential,
			await bench.api.createCredential(smtp),
		]);
		await bench.api.activate(workflow);
		try {
			const bytes = await readFile(path.join(EXAMPLES_FOLDER, 'storyboard.csv'));
			const executionId = await fillInForm(bench.api, workflow, {
				'List of images': { fileName: 'list.csv', mimeType: 'text/csv', bytes },
				'Your email address': 'maria@example.com',
			});
			const execution = await bench.api.waitForExecution(executionId);
			expect(nodeError(execution)).toBeUndefined();
		} finally {
			await bench.api.deactivate(workflow);
			await mailCatcher.close();
		}

		const [{ email }, ...others] = mailCatcher.mails;
		expect(others).toEqual([]);
		expect(email.text).toContain('your film of 2 clips, 12 seconds long');
		const inOrder = bench.sandbox.bill[0].imageUrl?.includes('harbor')
			? bench.sandbox.bill
			: [...bench.sandbox.bill].reverse();
		expect(inOrder).toHaveLength(2);
		const film = await joinBytes(
			inOrder.map(({ taskId }) => bench.sandbox.mediaOf(taskId).bytes()),
		);
		expect(attachedFiles({ recipients: [], email })['film.mp4'].equals(film.bytes)).toBe(true);
	});
});
