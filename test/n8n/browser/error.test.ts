import { EVOLINK, evolinkWorkflow } from '../evolink-workflow';
import { useEditor } from './editor-bench';

const bench = useEditor('error');

it("a failed task is shown in the error panel: the reason, the next step and the task's ID", async () => {
	const { api, editor, sandbox, credential } = bench;
	const items = [{ prompt: 'A famous face #sandbox-fail:content_policy_violation' }];
	const file = evolinkWorkflow({ startedBy: 'hand', items });
	const workflow = await api.createWorkflow(file, [credential]);
	await editor.openWorkflow(workflow.id);
	await editor.openNode(EVOLINK);
	await editor.nodeView.executeStep();
	await editor.nodeView.errorMessage.waitFor();
	await bench.step('failed task');

	const [{ taskId }, ...others] = sandbox.bill;
	expect(others).toEqual([]);
	expect(await editor.nodeView.errorMessage.innerText()).toContain('content_policy_violation');
	const description = await editor.nodeView.errorDescription.innerText();
	expect(description).toContain('change the prompt or the image');
	expect(description).toContain(taskId);
});
