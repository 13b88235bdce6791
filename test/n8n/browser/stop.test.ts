/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { setTimeout as delay } from 'node:timers/promises';

import type { N8nEditor } from '../../../tools/n8n/browser/editor';
import { useEditor } from './editor-bench';
import { EVOLINK_NODE, videosWorkflow } from './videos-workflow';

const bench = useEditor('stop', { generationSeconds: 600 });

/** The contract: no request after this. */
const OBEYED_WITHIN_MS = 1_000;
/** A node that had not stopped would read four times in this time. */
const WATCHED_MS = 5_000;

const WAYS: ReadonlyArray<
	[string, (editor: N8nEditor) => Promise<void>, (editor: N8nEditor) => Promise<void>]
> = [
	[
		"the canvas's",
		async (editor) => await editor.executeWorkflow(),
		async (editor) => await editor.stopExecution(),
	],
	[
		"the node's",
		async (editor) => {
			await editor.openNode(EVOLINK_NODE);
			await editor.nodeView.executeStep();
		},
		async (editor) => await editor.nodeView.stop(),
	],
];

it.each(WAYS)('%s stop button ends all requests within one second', async (place, start, stop) => {
	const { api, editor, sandbox, credential } = bench;
	const file = videosWorkflow(`Stop with ${place} button`, ['Waves', 'Clouds'], {
		options: { pollInterval: 1 },
	});
	const workflow = await api.createWorkflow(file, [credential]);
	await editor.openWorkflow(workflow.id);
	await start(editor);
	// Both items are in their wait by then.
	await sandbox.waitForRequests('read', 4);
	await bench.step(`${place} running`);

	await stop(editor);
	const stoppedAtMs = Date.now();
	await editor.waitForNote('Execution stopped');
	await bench.step(`${place} stopped`);
	// That nothing comes can only be seen by waiting for it.
	await delay(stoppedAtMs + WATCHED_MS - Date.now());

	const [{ id }] = await api.executionsOf(workflow);
	expect((await api.waitForExecution(id)).status).toBe('canceled');
	const lateRequests = sandbox.requests.filter(
		({ receivedAtMs }) => receivedAtMs > stoppedAtMs + OBEYED_WITHIN_MS,
	);
	expect(lateRequests).toEqual([]);
	expect(sandbox.bill).toHaveLength(2);
	expect(sandbox.violations).toEqual([]);
});
