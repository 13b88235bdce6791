/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { executionHints, nodeError, outputItems, readWorkflowFile } from '../../tools/engine';
import { useEvolink } from './evolink-workflow';

const evolink = useEvolink();

const EXAMPLES = join(__dirname, '..', '..', 'examples');

describe('The example that turns an uploaded picture into a video', () => {
	it('runs as it lies there, from the filled-in form to the video', async () => {
		const picture = readFileSync(join(EXAMPLES, 'images', 'lighthouse.jpg'));
		const { url, apiKey } = evolink.sandbox;
		const run = await evolink.engine.runWorkflow({
			workflow: readWorkflowFile(join(EXAMPLES, 'image-to-video.json')),
			triggerItems: [
				{
					json: { 'What should happen?': 'Waves roll in' },
					binary: {
						Image: await evolink.engine.storeBinary(picture, 'lighthouse.jpg', 'image/jpeg'),
					},
				},
			],
			credentials: { evolinkApi: { apiKey, baseUrl: url, filesBaseUrl: url } },
		});

		expect(nodeError(run)).toBeUndefined();
		expect(evolink.sandbox.requestsOf('upload')[0].upload?.sha256).toBe(
			createHash('sha256').update(picture).digest('hex'),
		);
		const [{ taskId, prompt }] = evolink.sandbox.bill;
		expect(prompt).toMatch(/^Waves roll in \[[A-Z]/);
		expect(executionHints(run, 'Evolink')).toEqual([]);
		const rows = outputItems(run, 'Evolink');
		expect(rows).toHaveLength(1);
		expect(rows[0].json).toMatchObject({ taskId, isSuccess: true });
		const video = await evolink.engine.readBinary(rows[0].binary!.data);
		expect(video.equals(evolink.sandbox.mediaOf(taskId).bytes())).toBe(true);
		expect(evolink.sandbox.violations).toEqual([]);
	});
});
