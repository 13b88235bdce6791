/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { nodeError } from '../../../tools/engine/run-results';
import { useN8n } from '../../../tools/n8n/n8n-bench';
import { EXAMPLES_FOLDER, readExample } from './examples';
import { fillInForm } from './form';
import { startSftpServer } from './sftp-server';

const bench = useN8n();

async function sendList(bytes: Buffer) {
	const storage = await startSftpServer();
	const sftp = { name: 'SFTP account', type: 'sftp', data: storage.credential };
	const workflow = await bench.api.createWorkflow(readExample('storyboard.json'), [
		bench.credential,
		await bench.api.createCredential(sftp),
	]);
	await bench.api.activate(workflow);
	try {
		const list = { fileName: 'list.csv', mimeType: 'text/csv', bytes };
		const executionId = await fillInForm(bench.api, workflow, { 'List of images': list });
		const execution = await bench.api.waitForExecution(executionId);
		expect(nodeError(execution)).toBeUndefined();
		const names = await storage.fileNames('storyboard');
		const files = names.map(async (name) => await storage.readFile(`storyboard/${name}`));
		return { names, files: await Promise.all(files) };
	} finally {
		await bench.api.deactivate(workflow);
		await storage.close();
	}
}

describe('examples/storyboard.json', () => {
	it('makes clips that meet: each starts on one image and ends on the next, stored in order', async () => {
		const images = ['a', 'b', 'c', 'd'].map((name) => `https://images.example/${name}.jpg`);
		const rows = images.map((image, index) => `${image},Scene ${index}`);

		const { names, files } = await sendList(Buffer.from(['Image URL,Prompt', ...rows].join('\n')));

		const bill = [...bench.sandbox.bill].sort((a, b) => (a.prompt! < b.prompt! ? -1 : 1));
		expect(bill.map((entry) => [entry.prompt, entry.imageUrl, entry.lastImageUrl])).toEqual([
			['Scene 0', images[0], images[1]],
			['Scene 1', images[1], images[2]],
			['Scene 2', images[2], images[3]],
		]);
		expect(new Set(bill.map(({ model }) => model))).toEqual(new Set(['MiniMax-Hailuo-02']));
		expect(names).toEqual(['clip-01.mp4', 'clip-02.mp4', 'clip-03.mp4']);
		for (const [index, file] of files.entries()) {
			expect(file.equals(bench.sandbox.mediaOf(bill[index].taskId).bytes())).toBe(true);
		}
		expect(bench.sandbox.violations).toEqual([]);
	});

	it('reads the list that lies beside it to be filled in', async () => {
		const { names } = await sendList(await readFile(path.join(EXAMPLES_FOLDER, 'storyboard.csv')));
		expect(names).toEqual(['clip-01.mp4', 'clip-02.mp4']);
	});
});
