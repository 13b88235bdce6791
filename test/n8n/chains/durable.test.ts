/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { nodeError, outputItems } from '../../../tools/engine/run-results';
import type { WorkflowFile } from '../../../tools/engine/workflow-file';
import type { SavedWorkflow } from '../../../tools/n8n/n8n-api';
import { useN8n } from '../../../tools/n8n/n8n-bench';
import { EXAMPLES_FOLDER, readExample } from './examples';
import { fillInForm, type ChosenFile } from './form';

/** Two pauses of 70 s and what n8n needs to wake the execution up. */
const TWO_ROUNDS_MS = 200_000;

const bench = useN8n();
let picture: ChosenFile;

beforeAll(async () => {
	const bytes = await readFile(path.join(EXAMPLES_FOLDER, 'images', 'lighthouse.jpg'));
	picture = { fileName: 'lighthouse.jpg', mimeType: 'image/jpeg', bytes };
});

async function withActive<Result>(
	file: WorkflowFile,
	work: (workflow: SavedWorkflow) => Promise<Result>,
): Promise<Result> {
	const workflow = await bench.api.createWorkflow(file, [bench.credential]);
	await bench.api.activate(workflow);
	try {
		return await work(workflow);
	} finally {
		await bench.api.deactivate(workflow);
	}
}

async function start(workflow: SavedWorkflow, wish: string): Promise<string> {
	const answers = { Image: picture, 'What should happen?': wish };
	return await fillInForm(bench.api, workflow, answers);
}

/** Number of times that n8n's engine ran the node. */
function runsOf(execution: Awaited<ReturnType<typeof bench.api.execution>>, node: string): number {
	return execution.data.resultData.runData[node]?.length ?? 0;
}

describe('examples/durable.json', () => {
	it(
		'waits outside of memory, looks again until the task has ended, and pays once',
		async () => {
			await withActive(readExample('durable.json'), async (workflow) => {
				const ids = {
					// Longer than the first pause and shorter than two: the loop has to go round.
					good: await start(workflow, '#sandbox-seconds:90'),
					bad: await start(workflow, '#sandbox-seconds:1 #sandbox-fail:content_policy_violation'),
				};
				for (const id of Object.values(ids)) {
					const waiting = await bench.api.waitForExecution(id, { until: 'waiting' });
					expect(waiting.status).toBe('waiting');
					const sleepMs = (waiting.waitTill?.getTime() ?? 0) - Date.now();
					expect(sleepMs).toBeGreaterThan(60_000);
				}
				expect(bench.sandbox.requestsOf('read')).toHaveLength(0);

				const bad = await bench.api.waitForExecution(ids.bad, { timeoutMs: TWO_ROUNDS_MS });
				const again = await bench.api.waitForExecution(ids.good, { until: 'waiting' });
				const good = await bench.api.waitForExecution(ids.good, { timeoutMs: TWO_ROUNDS_MS });

				expect(again.status).toBe('waiting');
				expect(nodeError(good)).toBeUndefined();
				expect(good.status).toBe('success');
				expect(runsOf(good, 'Check the task')).toBe(2);
				const [row] = outputItems(good, 'Fetch the video');
				const task = bench.sandbox.tasks().find(({ prompt }) => prompt?.includes(':90'));
				if (task === undefined || row.binary === undefined) throw new Error('There is no video');
				expect(row.json.taskId).toBe(task.taskId);
				const bytes = await bench.api.readBinary(row.binary.data);
				expect(bytes.equals(bench.sandbox.mediaOf(task.taskId).bytes())).toBe(true);

				expect(bad.status).toBe('error');
				const failed = bench.sandbox.tasks().find(({ prompt }) => prompt?.includes('fail'));
				expect(nodeError(bad)?.message).toContain(failed?.taskId);
				expect(nodeError(bad)?.message).toContain('content_policy_violation');

				expect(bench.sandbox.bill).toHaveLength(2);
				expect(bench.sandbox.violations).toEqual([]);
			});
		},
		2 * TWO_ROUNDS_MS,
	);

	it('gives up after 30 rounds and names the task (with pauses of a moment)', async () => {
		const example = readExample('durable.json');
		const pause = example.nodes.find(({ name }) => name === 'Pause');
		if (pause === undefined) throw new Error('There is no pause');
		pause.parameters.amount = 0.1;

		await withActive(example, async (workflow) => {
			const executionId = await start(workflow, '#sandbox-seconds:3600');
			const execution = await bench.api.waitForExecution(executionId, { timeoutMs: 90_000 });

			expect(execution.status).toBe('error');
			expect(nodeError(execution)?.message).toContain(bench.sandbox.bill[0].taskId);
			expect(nodeError(execution)?.message).toContain('Task > Get');
			expect(runsOf(execution, 'Check the task')).toBe(30);
			expect(bench.sandbox.bill).toHaveLength(1);
		});
	}, 120_000);
});
