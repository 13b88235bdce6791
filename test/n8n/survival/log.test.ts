/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readFile } from 'node:fs/promises';

import { useN8n } from '../../../tools/n8n/n8n-bench';
import { evolinkWorkflow, startWorkflow } from './evolink-workflow';

const bench = useN8n({ generationSeconds: 600 });

async function linesOfLog(): Promise<string[]> {
	return (await readFile(bench.n8n.logFile, 'utf8')).split('\n');
}

it("n8n's log names a task as soon as it is paid for, and nothing secret or private", async () => {
	const file = evolinkWorkflow({
		startedBy: 'hand',
		parameters: {
			imageUrl: 'https://example.com/private-picture.jpg',
			prompt: 'A private wish',
		},
	});
	const workflow = await bench.api.createWorkflow(file, [bench.credential]);
	const linesBefore = (await linesOfLog()).length;

	const executionId = await startWorkflow(bench.api, workflow);
	await bench.sandbox.waitForRequests('read', 1);

	// The video is still being made: if n8n ended now, this line would be all that is left of it.
	expect((await bench.api.execution(executionId)).status).toBe('running');
	const written = (await linesOfLog()).slice(linesBefore - 1);
	const [{ taskId }] = bench.sandbox.bill;
	expect(written.filter((line) => line.includes(taskId))).toEqual([
		expect.stringContaining('Evolink started a paid task'),
	]);
	await bench.api.stopExecution(executionId);
	await bench.api.waitForExecution(executionId);
	const log = (await linesOfLog()).slice(linesBefore - 1).join('\n');
	expect(log).not.toContain(bench.sandbox.apiKey);
	expect(log).not.toContain('private');
});
