import { nodeError, outputItems } from '../../../tools/engine/run-results';
import type { N8nExecution } from '../../../tools/n8n/n8n-answers';
import { useN8n } from '../../../tools/n8n/n8n-bench';
import {
	EVOLINK,
	evolinkWorkflow,
	FAILED,
	NEXT,
	startWorkflow,
	type EvolinkWorkflowOptions,
	type StartedBy,
} from './evolink-workflow';
import { expectVideo } from './video-check';

const RETRY_ON_FAIL = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1000 };
const ONE_VIDEO = [{ prompt: 'A boat' }];
/** The second one of three fails. */
const THREE_VIDEOS = [
	{ prompt: 'A boat', number: 1 },
	{ prompt: 'A brand', number: 2 },
	{ prompt: 'A beach', number: 3 },
];

const bench = useN8n();

async function run(
	startedBy: StartedBy,
	options: Pick<EvolinkWorkflowOptions, 'items' | 'settings'>,
): Promise<N8nExecution> {
	const file = evolinkWorkflow({
		startedBy,
		parameters: {
			imageUrl: 'https://example.com/harbour.jpg',
			prompt: '={{ $json.prompt }}',
			options: { pollInterval: 1 },
		},
		...options,
	});
	const workflow = await bench.api.createWorkflow(file, [bench.credential]);
	const executionId = await startWorkflow(bench.api, workflow);
	return await bench.api.waitForExecution(executionId);
}

function expectSuccess(execution: N8nExecution): void {
	expect(nodeError(execution)).toBeUndefined();
	expect(execution.status).toBe('success');
}

/** The task that was paid for with this prompt. */
function taskOf(prompt: string): string {
	const paid = bench.sandbox.bill.filter((entry) => entry.prompt === prompt);
	expect(paid).toHaveLength(1);
	return paid[0].taskId;
}

function failBrand(): void {
	bench.sandbox.planTask({
		match: { promptIncludes: 'A brand' },
		outcome: { status: 'failed', code: 'content_policy_violation', message: 'No brands' },
	});
}

/** What the row of a brand's item holds under `error`. */
function brandError(): unknown {
	return {
		message: expect.stringMatching(/No brands \(content_policy_violation\)/),
		description: expect.stringContaining('Task > Get'),
		taskId: taskOf('A brand'),
		status: 'failed',
		failureCode: 'content_policy_violation',
	};
}

describe.each<StartedBy>(['form', 'hand'])('in a workflow that was started by %s', (startedBy) => {
	describe('Retry On Fail', () => {
		it('takes up the task that a failed try has started', async () => {
			bench.sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });

			const execution = await run(startedBy, { items: ONE_VIDEO, settings: RETRY_ON_FAIL });

			expectSuccess(execution);
			expect(bench.sandbox.requestsOf('read')[0].status).toBe(403);
			expect(bench.sandbox.requestsOf('submit')).toHaveLength(1);
			await expectVideo(bench, outputItems(execution, NEXT)[0], taskOf('A boat'));
			expect(bench.sandbox.violations).toEqual([]);
		});

		it('does not submit again when the answer to the submission was lost', async () => {
			bench.sandbox.addFault({ on: 'submit', fault: { kind: 'reset-after-acceptance' } });

			const execution = await run(startedBy, { items: ONE_VIDEO, settings: RETRY_ON_FAIL });

			expect(execution.status).toBe('error');
			expect(nodeError(execution)?.message).toMatch(/may have been started/);
			expect(bench.sandbox.requestsOf('submit')).toHaveLength(1);
			expect(bench.sandbox.bill).toHaveLength(1);
		});

		it('submits a task anew that failed for good, with another key', async () => {
			bench.sandbox.planTask({ outcome: { status: 'failed', code: 'service_error' } });

			const execution = await run(startedBy, { items: ONE_VIDEO, settings: RETRY_ON_FAIL });

			expectSuccess(execution);
			const [failed, good] = bench.sandbox.bill;
			expect(bench.sandbox.bill).toHaveLength(2);
			expect(good.idempotencyKey).not.toBe(failed.idempotencyKey);
			await expectVideo(bench, outputItems(execution, NEXT)[0], good.taskId);
		});

		it('pays once for each item when the node also continues', async () => {
			const match = { promptIncludes: 'A boat' };
			bench.sandbox.addFault({ on: 'read', match, fault: { kind: 'status', status: 403 } });
			const settings = { ...RETRY_ON_FAIL, onError: 'continueErrorOutput' as const };

			const execution = await run(startedBy, { items: THREE_VIDEOS, settings });

			expectSuccess(execution);
			const rows = outputItems(execution, NEXT);
			expect(rows).toHaveLength(3);
			expect(bench.sandbox.requestsOf('submit')).toHaveLength(3);
			for (const [index, { prompt }] of THREE_VIDEOS.entries()) {
				await expectVideo(bench, rows[index], taskOf(prompt));
			}
		});
	});

	describe('On Error', () => {
		it('"Stop Workflow" ends it with the reason and names the other tasks', async () => {
			failBrand();

			const execution = await run(startedBy, { items: THREE_VIDEOS });

			expect(execution.status).toBe('error');
			const error = nodeError(execution);
			expect(error?.message).toMatch(/No brands/);
			expect(error?.description).toContain(taskOf('A boat'));
			expect(error?.description).toContain(taskOf('A beach'));
			expect(() => outputItems(execution, NEXT)).toThrow('has no run');
			expect(bench.sandbox.requestsOf('submit')).toHaveLength(3);
		});

		it('"Continue" puts the reason in the place of the failed item', async () => {
			failBrand();

			const execution = await run(startedBy, {
				items: THREE_VIDEOS,
				settings: { onError: 'continueRegularOutput' },
			});

			expectSuccess(execution);
			const rows = outputItems(execution, NEXT);
			expect(rows).toHaveLength(3);
			await expectVideo(bench, rows[0], taskOf('A boat'));
			expect(rows[1].json).toStrictEqual({ error: brandError() });
			await expectVideo(bench, rows[2], taskOf('A beach'));
			expect(bench.sandbox.requestsOf('submit')).toHaveLength(3);
		});

		it('"Continue (using error output)" sends it there, with what went in', async () => {
			failBrand();

			const execution = await run(startedBy, {
				items: THREE_VIDEOS,
				settings: { onError: 'continueErrorOutput' },
			});

			expectSuccess(execution);
			const rows = outputItems(execution, NEXT);
			expect(rows).toHaveLength(2);
			await expectVideo(bench, rows[0], taskOf('A boat'));
			await expectVideo(bench, rows[1], taskOf('A beach'));
			const failedRows = outputItems(execution, FAILED);
			expect(failedRows.map(({ json }) => json)).toStrictEqual([
				{ error: brandError(), prompt: 'A brand', number: 2 },
			]);
			expect(outputItems(execution, EVOLINK, 1)).toHaveLength(1);
			expect(bench.sandbox.requestsOf('submit')).toHaveLength(3);
		});
	});
});
