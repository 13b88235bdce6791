import { outputItems } from '../../../tools/engine/run-results';
import type { SavedWorkflow } from '../../../tools/n8n/n8n-api';
import { useEditor } from './editor-bench';
import { EVOLINK_NODE, videosWorkflow } from './videos-workflow';

const bench = useEditor('errors');

const GOOD = 'Waves roll against the rocks';
const REFUSED = 'A famous face #sandbox-fail:content_policy_violation';

/** Saves a workflow with a video for each prompt, and opens its Evolink node. */
async function openNodeWith(...prompts: string[]): Promise<SavedWorkflow> {
	const { currentTestName = 'errors' } = expect.getState();
	const workflow = await bench.api.createWorkflow(videosWorkflow(currentTestName, prompts), [
		bench.credential,
	]);
	await bench.editor.openWorkflow(workflow.id);
	await bench.editor.openNode(EVOLINK_NODE);
	return workflow;
}

/** The one execution of the workflow, when it has ended. */
async function endedExecution(workflow: SavedWorkflow) {
	const executions = await bench.api.executionsOf(workflow);
	expect(executions).toHaveLength(1);
	return await bench.api.waitForExecution(executions[0].id);
}

function expectNoViolations(): void {
	expect(bench.sandbox.violations).toEqual([]);
}

describe('a failed task', () => {
	it("is shown in the error panel, with the reason, the next step and the task's ID", async () => {
		const { nodeView } = bench.editor;
		await openNodeWith(REFUSED);
		await nodeView.executeStep();
		await nodeView.errorMessage.waitFor();
		await bench.step('failed task');

		const [{ taskId }] = bench.sandbox.bill;
		const message = await nodeView.errorMessage.innerText();
		expect(message).toContain('Evolink could not make the video');
		expect(message).toContain('content_policy_violation');
		const description = await nodeView.errorDescription.innerText();
		expect(description).toContain('change the prompt or the image, then run the workflow again');
		expect(description).toContain(taskId);
		expect(bench.sandbox.bill).toHaveLength(1);
		expectNoViolations();
	});
});

describe("'Retry On Fail', switched on in the Settings tab", () => {
	it('takes up the task that was paid for when its status could not be read', async () => {
		const { nodeView } = bench.editor;
		const { sandbox } = bench;
		sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 401 } });
		const workflow = await openNodeWith(GOOD);
		await nodeView.openSettings();
		await nodeView.flip('retryOnFail');
		await nodeView.parameter('maxTries').waitFor();
		expect(await nodeView.parameter('maxTries').locator('input').inputValue()).toBe('3');
		await nodeView.executeStep();
		await nodeView.waitForSuccess();
		await bench.step('retry took the task up');

		expect(sandbox.bill).toHaveLength(1);
		const [row] = outputItems(await endedExecution(workflow), EVOLINK_NODE);
		expect(row.json).toMatchObject({ taskId: sandbox.bill[0].taskId, status: 'completed' });
		expectNoViolations();
	});
});

describe("'On Error', chosen in the Settings tab", () => {
	async function continueWith(choice: string): Promise<SavedWorkflow> {
		const { nodeView } = bench.editor;
		const workflow = await openNodeWith(REFUSED, GOOD);
		await nodeView.openSettings();
		await nodeView.choose('onError', choice);
		await nodeView.executeStep();
		await nodeView.waitForSuccess();
		return workflow;
	}

	it("'Continue' puts the failed item's row beside the others, in the order of the input", async () => {
		const { sandbox } = bench;
		const workflow = await continueWith('Continue');
		await bench.editor.nodeView.showOutputAs('table');
		await bench.step('continue');

		const execution = await endedExecution(workflow);
		expect(execution.status).toBe('success');
		const rows = outputItems(execution, EVOLINK_NODE);
		const taskIdOf = (prompt: string) =>
			sandbox.bill.find((entry) => entry.prompt === prompt)?.taskId;
		expect(rows.map(({ json }) => json)).toEqual([
			{
				error: {
					message: expect.stringContaining('Evolink could not make the video'),
					description: expect.stringContaining('change the prompt or the image'),
					taskId: taskIdOf(REFUSED),
					status: 'failed',
					failureCode: 'content_policy_violation',
				},
			},
			expect.objectContaining({ taskId: taskIdOf(GOOD), isSuccess: true }),
		]);
		expect(await bench.editor.nodeView.output.innerText()).toContain('2 items');
		expect(sandbox.bill).toHaveLength(2);
		expectNoViolations();
	});

	it("'Continue (using error output)' sends the failed item to the error branch", async () => {
		const { nodeView } = bench.editor;
		const workflow = await continueWith('Continue (using error output)');
		await bench.step('success branch');
		expect(await nodeView.branches()).toEqual(['Success Branch (1 item)', 'Error Branch (1 item)']);

		await nodeView.openBranch(1);
		await nodeView.showOutputAs('table');
		await nodeView.output.getByText('content_policy_violation').first().waitFor();
		await bench.step('error branch');

		const execution = await endedExecution(workflow);
		expect(execution.status).toBe('success');
		const [good] = outputItems(execution, EVOLINK_NODE, 0);
		expect(good.json).toMatchObject({ isSuccess: true });
		const [failed] = outputItems(execution, EVOLINK_NODE, 1);
		// n8n lays the fields of the input item over the row.
		expect(failed.json).toMatchObject({
			prompt: REFUSED,
			error: { failureCode: 'content_policy_violation', status: 'failed' },
		});
		expect(bench.sandbox.bill).toHaveLength(2);
		expectNoViolations();
	});
});
