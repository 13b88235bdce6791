/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { setTimeout as delay } from 'node:timers/promises';

import { nodeError } from '../../tools/engine/run-results';
import type { N8nExecution } from '../../tools/n8n/n8n-answers';
import { EVOLINK, evolinkWorkflow } from '../n8n/survival/evolink-workflow';
import { activateWorkflow } from './active-workflow';
import { logsThatName } from './paid-tasks';
import type { QueueCluster } from './queue-cluster';
import { storedExecutions } from './stored-executions';
import { callWebhook } from './webhook-calls';
import { startedByWebhook } from './webhook-workflows';

/** The video is not finished during these tests. */
const VIDEO_SECONDS = 600;
const LONGEST_ENDING_MS = 2_000;
const OBSERVED_MS = 3_000;
const WORKFLOW_TIMEOUT_SECONDS = 5;
const NODE_TIMEOUT_SECONDS = 5;

/** Stop and time-outs, while a worker waits for the video. */
export function describeStop(cluster: () => QueueCluster): void {
	const waitingWorkflow = (timeout?: number) =>
		evolinkWorkflow({
			startedBy: 'hand',
			parameters: {
				imageUrl: 'https://example.com/harbour.jpg',
				prompt: "={{ $json.body?.prompt ?? 'A boat' }}",
				// Often, so that a request after the end would be noticed.
				options: { pollInterval: 1, ...(timeout === undefined ? {} : { timeout }) },
			},
		});

	/** Checks that the sandbox hears nothing any more from two seconds after that moment on. */
	const expectSilenceAfter = async (endedMs: number) => {
		await delay(endedMs + LONGEST_ENDING_MS - Date.now());
		const { sandbox, openRequests } = cluster();
		expect(openRequests()).toEqual([]);
		const requestsBefore = sandbox.requests.length;
		await delay(OBSERVED_MS);
		expect(sandbox.requests.length).toBe(requestsBefore);
	};

	/** n8n keeps nothing of what a stopped node says: the log is the only place. */
	const expectOneVideoInLog = () => {
		const { sandbox } = cluster();
		expect(sandbox.bill).toHaveLength(1);
		const [name, ...others] = logsThatName(cluster(), sandbox.bill[0].taskId);
		expect(name).toMatch(/^worker/);
		expect(others).toEqual([]);
	};

	const waitUntilStopped = async (executionId: string): Promise<N8nExecution> =>
		await cluster().api.waitForExecution(executionId, { until: 'canceled' });

	describe('an execution that runs on a worker', () => {
		beforeEach(() => {
			cluster().sandbox.reset();
			for (let video = 1; video <= 2; video++) {
				cluster().sandbox.planTask({ generationSeconds: VIDEO_SECONDS });
			}
		});

		it('is stopped from the editor ("Execute workflow"): no request follows', async () => {
			const { api, sandbox, credential } = cluster();
			const workflow = await api.createWorkflow(waitingWorkflow(), [credential]);
			const run = await api.runManually(workflow);
			if (!('executionId' in run)) throw new Error('The trigger waits for somebody to call it');
			await sandbox.waitForRequests('read', 2);

			const stoppedMs = Date.now();
			await api.stopExecution(run.executionId);

			await expectSilenceAfter(stoppedMs);
			expect((await waitUntilStopped(run.executionId)).status).toBe('canceled');
			expectOneVideoInLog();
		});

		it('is stopped from the list of executions: no request follows', async () => {
			const { api, sandbox, postgres } = cluster();
			const { workflow, url } = await activateWorkflow(
				cluster(),
				startedByWebhook(waitingWorkflow()),
			);
			await callWebhook(url, 'Stopped in the list');
			await sandbox.waitForRequests('read', 2);
			const [execution] = await storedExecutions(postgres, workflow);

			const stoppedMs = Date.now();
			await api.stopExecution(execution.id);

			await expectSilenceAfter(stoppedMs);
			expect((await waitUntilStopped(execution.id)).status).toBe('canceled');
			expectOneVideoInLog();
		});

		it("reaches the workflow's time-out: no request follows", async () => {
			const { sandbox, postgres } = cluster();
			const file = startedByWebhook(waitingWorkflow());
			const { workflow, url } = await activateWorkflow(cluster(), {
				...file,
				settings: { ...file.settings, executionTimeout: WORKFLOW_TIMEOUT_SECONDS },
			});
			await callWebhook(url, 'Out of time');
			await sandbox.waitForRequests('read', 1);
			const [{ id, startedAtMs = NaN }] = await storedExecutions(postgres, workflow);

			await expectSilenceAfter(startedAtMs + WORKFLOW_TIMEOUT_SECONDS * 1_000);

			expect((await waitUntilStopped(id)).status).toBe('canceled');
			expectOneVideoInLog();
		});

		it("reaches the node's own time-out: the message names the task, and no request follows", async () => {
			const { api, sandbox, credential } = cluster();
			const workflow = await api.createWorkflow(waitingWorkflow(NODE_TIMEOUT_SECONDS), [
				credential,
			]);

			const execution = await api.runToEnd(workflow);

			const endedMs = execution.stoppedAt?.getTime() ?? NaN;
			const [{ chargedAt, taskId }, ...others] = sandbox.bill;
			expect(others).toEqual([]);
			const waitedSeconds = (endedMs - Date.parse(chargedAt)) / 1_000;
			expect(waitedSeconds).toBeGreaterThan(NODE_TIMEOUT_SECONDS - 1);
			expect(waitedSeconds).toBeLessThan(NODE_TIMEOUT_SECONDS + 2);
			expect(execution.status).toBe('error');
			const error = nodeError(execution, EVOLINK);
			expect(`${error?.message} ${error?.description}`).toContain(taskId);
			await expectSilenceAfter(endedMs);
		});
	});
}
