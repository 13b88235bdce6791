/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import type { WorkflowFile } from '../../tools/engine/workflow-file';
import { outputItems } from '../../tools/engine/run-results';
import { sandboxCredentialData, useN8n } from '../../tools/n8n/n8n-bench';

const ICON_FOLDER = path.resolve(__dirname, '../../nodes/Evolink');

/** "When clicking Execute workflow" and one Evolink node. */
function createVideoWorkflow(prompt: string): WorkflowFile {
	return {
		name: 'Create video by hand',
		nodes: [
			{
				id: '3a0f6f0e-56a4-4d2b-8a0c-1f6a3c8e0001',
				name: 'When clicking Execute workflow',
				type: 'n8n-nodes-base.manualTrigger',
				typeVersion: 1,
				position: [0, 0],
				parameters: {},
			},
			{
				id: '3a0f6f0e-56a4-4d2b-8a0c-1f6a3c8e0002',
				name: 'Evolink',
				type: 'n8n-nodes-evolink.evolink',
				typeVersion: 1,
				position: [220, 0],
				parameters: { imageUrl: 'https://example.com/cat.jpg', prompt },
			},
		],
		connections: {
			'When clicking Execute workflow': { main: [[{ node: 'Evolink', type: 'main', index: 0 }]] },
		},
	};
}

const bench = useN8n();

describe('the installed package', () => {
	it('is in the nodes panel, for workflows and as a tool for AI agents', async () => {
		const nodeTypes = await bench.api.nodeTypes();

		const own = nodeTypes.filter(({ name }) => name.startsWith('n8n-nodes-evolink.'));
		expect(own.map(({ name, displayName }) => [name, displayName])).toEqual([
			['n8n-nodes-evolink.evolink', 'Evolink'],
			['n8n-nodes-evolink.evolinkTool', 'Evolink Tool'],
		]);
		expect(own[0].codex?.alias).toContain('image to video');
	});

	it('brings its icon for light and for dark', async () => {
		const nodeTypes = await bench.api.nodeTypes();
		const evolink = nodeTypes.find(({ name }) => name === 'n8n-nodes-evolink.evolink');
		const icons = evolink?.iconUrl;
		if (typeof icons !== 'object') throw new Error('n8n lists no pair of icons');

		const [light, dark] = [
			await bench.api.readIcon(icons.light),
			await bench.api.readIcon(icons.dark),
		];

		expect(light).toEqual(await readFile(path.join(ICON_FOLDER, 'evolink.svg')));
		expect(dark).toEqual(await readFile(path.join(ICON_FOLDER, 'evolink.dark.svg')));
	});
});

describe('the credential test', () => {
	it('succeeds with the right key and costs nothing', async () => {
		const data = sandboxCredentialData(bench.sandbox);

		const result = await bench.api.testCredential(bench.credential, data);

		expect(result.status).toBe('OK');
		expect(bench.sandbox.requestsOf('credits')).toHaveLength(1);
		expect(bench.sandbox.bill).toEqual([]);
	});

	it('fails with a wrong key and does not show it', async () => {
		const data = { ...sandboxCredentialData(bench.sandbox), apiKey: 'a-wrong-key' };

		const result = await bench.api.testCredential(bench.credential, data);

		expect(result.status).toBe('Error');
		expect(result.message).not.toBe('');
		expect(result.message).not.toContain('a-wrong-key');
		expect(bench.sandbox.requestsOf('credits').map(({ status }) => status)).toContain(401);
	});
});

describe('Video > Create in a manual execution', () => {
	it('charges once and puts out the video, byte for byte', async () => {
		const prompt = 'A cat looks up';
		const workflow = await bench.api.createWorkflow(createVideoWorkflow(prompt), [
			bench.credential,
		]);

		const execution = await bench.api.runToEnd(workflow);

		expect(execution.status).toBe('success');
		expect(bench.sandbox.bill).toHaveLength(1);
		const [{ taskId }] = bench.sandbox.bill;
		const [row] = outputItems(execution, 'Evolink');
		expect(row.json).toMatchObject({ taskId, status: 'completed', prompt });
		const video = row.binary?.data;
		if (video === undefined) throw new Error('The row has no file');
		expect(video).toMatchObject({ mimeType: 'video/mp4', fileName: `${taskId}.mp4` });
		const bytes = await bench.api.readBinary(video);
		expect(bytes.equals(bench.sandbox.mediaOf(taskId).bytes())).toBe(true);
		expect(bench.sandbox.violations).toEqual([]);
	});

	it("leaves no trace of the API key in n8n's log", async () => {
		const workflow = await bench.api.createWorkflow(
			createVideoWorkflow('#sandbox-fail:content_policy_violation'),
			[bench.credential],
		);

		const execution = await bench.api.runToEnd(workflow);

		expect(execution.status).toBe('error');
		const log = await readFile(bench.n8n.logFile, 'utf8');
		expect(log).toContain('Editor is now accessible');
		expect(log).not.toContain(bench.sandbox.apiKey);
		expect(JSON.stringify(execution.data)).not.toContain(bench.sandbox.apiKey);
	});
});
