/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { outputItems } from '../../../tools/engine/run-results';
import { useN8n } from '../../../tools/n8n/n8n-bench';
import { EXAMPLES_FOLDER, readExample } from './examples';
import { fillInTestForm } from './form';

const bench = useN8n();

describe('examples/image-to-video.json', () => {
	it('makes a video of the picture in the form that "Execute workflow" opens', async () => {
		const bytes = await readFile(path.join(EXAMPLES_FOLDER, 'images', 'lighthouse.jpg'));
		const file = readExample('image-to-video.json');
		const workflow = await bench.api.createWorkflow(file, [bench.credential]);

		const executionId = await fillInTestForm(bench.api, workflow, {
			Image: { fileName: 'lighthouse.jpg', mimeType: 'image/jpeg', bytes },
			'What should happen?': 'Waves roll in',
		});
		const execution = await bench.api.waitForExecution(executionId);

		expect(execution.status).toBe('success');
		expect(bench.sandbox.bill).toHaveLength(1);
		const [{ taskId, prompt }] = bench.sandbox.bill;
		expect(prompt).toBe('Waves roll in [Push in]');
		const [row] = outputItems(execution, 'Evolink');
		if (row.binary === undefined) throw new Error('The row has no file');
		const video = await bench.api.readBinary(row.binary.data);
		expect(video.equals(bench.sandbox.mediaOf(taskId).bytes())).toBe(true);
		expect(bench.sandbox.violations).toEqual([]);
	});
});
