/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { nodeError, outputItems } from '../../../tools/engine/run-results';
import { EXAMPLES_FOLDER, readExample } from '../chains/examples';
import { readText, type N8nExecution } from '../../../tools/n8n/n8n-answers';
import type { SavedWorkflow } from '../../../tools/n8n/n8n-api';
import { useN8n } from '../../../tools/n8n/n8n-bench';
import {
	evolinkWorkflow,
	NEXT,
	startWorkflow,
	type EvolinkWorkflowOptions,
} from './evolink-workflow';
import { expectVideo } from './video-check';

/** The two entries of the menu beside "Retry execution". */
type RetriedWorkflow = 'original workflow' | 'currently saved workflow';

const BOTH_WORKFLOWS: RetriedWorkflow[] = ['original workflow', 'currently saved workflow'];
const PARAMETERS = { imageUrl: 'https://example.com/harbour.jpg', prompt: '={{ $json.prompt }}' };
const ONE_VIDEO = [{ prompt: 'A boat' }];
const THREE_VIDEOS = [{ prompt: 'A boat' }, { prompt: 'A brand' }, { prompt: 'A beach' }];
const TASK_CHECK_INTERVAL_MS = 50;

const bench = useN8n();

/** Runs the workflow as its form does in production, and expects that it fails. */
async function fail(
	options: Partial<EvolinkWorkflowOptions>,
): Promise<{ workflow: SavedWorkflow; failed: N8nExecution }> {
	const file = evolinkWorkflow({
		startedBy: 'form',
		items: ONE_VIDEO,
		parameters: { ...PARAMETERS, options: { pollInterval: 1 } },
		...options,
	});
	const workflow = await bench.api.createWorkflow(file, [bench.credential]);
	const executionId = await startWorkflow(bench.api, workflow);
	const failed = await bench.api.waitForExecution(executionId);
	expect(failed.status).toBe('error');
	return { workflow, failed };
}

async function retry(
	failed: N8nExecution,
	retriedWorkflow: RetriedWorkflow = 'original workflow',
): Promise<N8nExecution> {
	const body = { loadWorkflow: retriedWorkflow === 'currently saved workflow' };
	const route = `/executions/${failed.id}/retry`;
	const id = readText(await bench.api.session.send('POST', route, { body }), 'id');
	expect(id).not.toBe(failed.id);
	const retried = await bench.api.execution(id);
	expect(retried).toMatchObject({ mode: 'retry', retryOf: failed.id });
	return retried;
}

/** Saves the workflow with other parameters of the Evolink node. */
async function changeParameters(
	{ id, versionId, file }: SavedWorkflow,
	parameters: EvolinkWorkflowOptions['parameters'],
): Promise<void> {
	const nodes = file.nodes.map((node) =>
		node.type === 'n8n-nodes-evolink.evolink' ? { ...node, parameters } : node,
	);
	const { name, connections, settings } = file;
	const body = { name, nodes, connections, settings, versionId };
	await bench.api.session.send('PATCH', `/workflows/${id}`, { body });
}

function expectSuccess(execution: N8nExecution): void {
	expect(nodeError(execution)).toBeUndefined();
	expect(execution.status).toBe('success');
}

async function expectVideosOfBill(execution: N8nExecution, prompts: string[]): Promise<void> {
	const rows = outputItems(execution, NEXT);
	expect(rows).toHaveLength(prompts.length);
	expect(bench.sandbox.bill).toHaveLength(prompts.length);
	for (const [index, prompt] of prompts.entries()) {
		const paid = bench.sandbox.bill.find((entry) => entry.prompt === prompt);
		await expectVideo(bench, rows[index], paid?.taskId ?? `no task for ${prompt}`);
	}
	expect(bench.sandbox.violations).toEqual([]);
}

async function waitUntilCompleted(taskId: string): Promise<void> {
	while (bench.sandbox.task(taskId)?.status !== 'completed') await delay(TASK_CHECK_INTERVAL_MS);
}

describe.each(BOTH_WORKFLOWS)('"Retry execution" with the %s', (retriedWorkflow) => {
	it('takes up the task after a status read that failed', async () => {
		bench.sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });
		const { failed } = await fail({});
		expect(nodeError(failed)?.description).toContain(bench.sandbox.bill[0].taskId);

		const retried = await retry(failed, retriedWorkflow);

		expectSuccess(retried);
		expect(bench.sandbox.requestsOf('submit')).toHaveLength(1);
		await expectVideosOfBill(retried, ['A boat']);
	});

	it('pays for none of several items again when one of them failed', async () => {
		bench.sandbox.addFault({
			on: 'read',
			match: { promptIncludes: 'A brand' },
			fault: { kind: 'status', status: 404 },
		});
		const { failed } = await fail({ items: THREE_VIDEOS });
		expect(bench.sandbox.bill).toHaveLength(3);

		const retried = await retry(failed, retriedWorkflow);

		expectSuccess(retried);
		expect(bench.sandbox.requestsOf('submit')).toHaveLength(3);
		await expectVideosOfBill(retried, ['A boat', 'A brand', 'A beach']);
	});

	it('goes on in the middle of a loop', async () => {
		bench.sandbox.addFault({
			on: 'read',
			match: { promptIncludes: 'A brand' },
			fault: { kind: 'status', status: 403 },
		});
		const { failed } = await fail({ items: THREE_VIDEOS, inLoop: true });
		expect(bench.sandbox.bill).toHaveLength(2);

		const retried = await retry(failed, retriedWorkflow);

		expectSuccess(retried);
		expect(bench.sandbox.requestsOf('submit')).toHaveLength(3);
		await expectVideosOfBill(retried, ['A boat', 'A brand', 'A beach']);
	});
});

describe('"Retry execution" after a timeout that was too short', () => {
	const parameters = { ...PARAMETERS, options: { timeout: 1, pollInterval: 1 } };

	it('fetches the video that is finished by then', async () => {
		bench.sandbox.planTask({ generationSeconds: 2.5 });
		const { failed } = await fail({ parameters });
		const [{ taskId }] = bench.sandbox.bill;
		expect(nodeError(failed)?.message).toMatch(/not finished within 1 second/);
		await waitUntilCompleted(taskId);

		const retried = await retry(failed);

		expectSuccess(retried);
		await expectVideosOfBill(retried, ['A boat']);
	});

	it('waits on with the timeout that was set in the workflow meanwhile', async () => {
		bench.sandbox.planTask({ generationSeconds: 5 });
		const { workflow, failed } = await fail({ parameters });
		const [{ taskId }] = bench.sandbox.bill;
		await changeParameters(workflow, { ...PARAMETERS, options: { timeout: 60, pollInterval: 1 } });
		expect(bench.sandbox.task(taskId)?.status).not.toBe('completed');

		const retried = await retry(failed, 'currently saved workflow');

		expectSuccess(retried);
		await expectVideosOfBill(retried, ['A boat']);
	});
});

describe('"Retry execution"', () => {
	it('can be repeated until it succeeds, and pays once', async () => {
		const fault = { kind: 'status', status: 403 } as const;
		bench.sandbox.addFault({ on: 'read', fault, times: 3 });
		const { failed } = await fail({});

		const second = await retry(failed);
		const third = await retry(second);
		const fourth = await retry(third);

		expect([second.status, third.status]).toEqual(['error', 'error']);
		expectSuccess(fourth);
		await expectVideosOfBill(fourth, ['A boat']);
	});

	it('does not submit again when the answer to the submission was lost', async () => {
		bench.sandbox.addFault({ on: 'submit', fault: { kind: 'reset-after-acceptance' } });
		const { failed } = await fail({});

		const retried = await retry(failed);

		expect(retried.status).toBe('error');
		expect(nodeError(failed)?.message).toMatch(/may have been started/);
		expect(nodeError(retried)?.message).toBe(nodeError(failed)?.message);
		expect(bench.sandbox.requestsOf('submit')).toHaveLength(1);
		expect(bench.sandbox.bill).toHaveLength(1);
	});

	it('orders another video when the saved workflow asks for another one by now', async () => {
		bench.sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });
		const { workflow, failed } = await fail({});
		await changeParameters(workflow, { ...PARAMETERS, quality: '1080p' });

		const retried = await retry(failed, 'currently saved workflow');

		expectSuccess(retried);
		expect(bench.sandbox.bill.map(({ quality }) => quality)).toEqual(['768p', '1080p']);
		await expectVideo(bench, outputItems(retried, NEXT)[0], bench.sandbox.bill[1].taskId);
	});

	it('of examples/image-to-video.json uses the picture of the form again', async () => {
		const bytes = await readFile(path.join(EXAMPLES_FOLDER, 'images', 'lighthouse.jpg'));
		bench.sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });
		const file = readExample('image-to-video.json');
		const workflow = await bench.api.createWorkflow(file, [bench.credential]);
		const executionId = await startWorkflow(bench.api, workflow, {
			Image: { fileName: 'lighthouse.jpg', mimeType: 'image/jpeg', bytes },
			'What should happen?': 'Waves roll in',
		});
		const failed = await bench.api.waitForExecution(executionId);
		expect(failed.status).toBe('error');

		const retried = await retry(failed);

		expectSuccess(retried);
		expect(bench.sandbox.bill).toHaveLength(1);
		expect(bench.sandbox.requestsOf('upload')).toHaveLength(1);
		const [{ taskId }] = bench.sandbox.bill;
		await expectVideo(bench, outputItems(retried, 'Evolink')[0], taskId);
	});
});
