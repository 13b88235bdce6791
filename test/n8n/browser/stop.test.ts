import { setTimeout as delay } from 'node:timers/promises';

import type { N8nEditor } from '../../../tools/n8n/browser/editor';
import { EVOLINK, evolinkWorkflow } from '../evolink-workflow';
import { useEditor } from './editor-bench';

const bench = useEditor('stop', { generationSeconds: 600 });

/** The contract: no request after this. */
const OBEYED_WITHIN_MS = 1_000;
/** A node that had not stopped would poll four times in this time. */
const WATCHED_MS = 5_000;

interface Way {
	place: string;
	start(editor: N8nEditor): Promise<void>;
	stop(editor: N8nEditor): Promise<void>;
}

const WAYS: Way[] = [
	{
		place: "the canvas's",
		start: async (editor) => await editor.executeWorkflow(),
		stop: async (editor) => await editor.stopExecution(),
	},
	{
		place: "the node's",
		async start(editor) {
			await editor.openNode(EVOLINK);
			await editor.nodeView.executeStep();
		},
		stop: async (editor) => await editor.nodeView.stop(),
	},
];

it.each(WAYS)('$place stop button ends all requests within one second', async (way) => {
	const { api, editor, sandbox, credential } = bench;
	const file = evolinkWorkflow({
		startedBy: 'hand',
		items: [{ prompt: 'Waves' }, { prompt: 'Clouds' }],
		parameters: { options: { pollInterval: 1 } },
	});
	const workflow = await api.createWorkflow(file, [credential]);
	await editor.openWorkflow(workflow.id);
	await way.start(editor);
	// Both items are in their wait by then.
	await sandbox.waitForRequests('read', 4);
	await bench.step(`${way.place} running`);

	await way.stop(editor);
	const stoppedAtMs = Date.now();
	await editor.waitForNote('Execution stopped');
	await bench.step(`${way.place} stopped`);
	// That nothing comes can only be seen by waiting for it.
	await delay(stoppedAtMs + WATCHED_MS - Date.now());

	const [{ id }] = await api.executionsOf(workflow);
	expect((await api.waitForExecution(id)).status).toBe('canceled');
	const late = sandbox.requests.filter(
		({ receivedAtMs }) => receivedAtMs > stoppedAtMs + OBEYED_WITHIN_MS,
	);
	expect(late).toEqual([]);
	expect(sandbox.bill).toHaveLength(2);
});
