import { randomUUID } from 'node:crypto';
import type { INode } from 'n8n-workflow';

import { findStartNode, type WorkflowFile } from '../../tools/engine/workflow-file';
import { readExample } from '../n8n/chains/examples';
import { evolinkWorkflow, NEXT } from '../n8n/survival/evolink-workflow';

const PICTURE_URL = 'https://example.com/lighthouse.jpg';
/** The text that was sent to the webhook. */
const PROMPT = '={{ $json.body.prompt }}';

/**
 * The example's. n8n keeps pauses below 65 seconds in memory, and with them a place on a worker; a
 * pause of 65 seconds exactly counts now and then as one of them, by a millisecond.
 */
export const DURABLE_PAUSE_SECONDS = 70;

/**
 * How a workflow waits for its video: inside the Evolink node, in memory or asleep in n8n's database;
 * or with Create, Wait and Task > Get, asleep there as well.
 */
export type WaitPattern = 'builtIn' | 'sleep' | 'durable';

/** Video > Create waits by itself. */
export function builtInWaitWorkflow(): WorkflowFile {
	const file = evolinkWorkflow({
		startedBy: 'hand',
		parameters: { imageUrl: PICTURE_URL, prompt: PROMPT },
	});
	return startedByWebhook({ ...file, name: 'Built-in wait' });
}

/** Video > Create sleeps: the option "While Waiting". */
export function sleepWorkflow(): WorkflowFile {
	const options = { whileWaiting: 'sleep' };
	const file = evolinkWorkflow({
		startedBy: 'hand',
		parameters: { imageUrl: PICTURE_URL, prompt: PROMPT, options },
	});
	return startedByWebhook({ ...file, name: 'Sleep' });
}

/** examples/durable.json: Create, Wait, Task > Get, and round again until the task has ended. */
export function durableWorkflow(): WorkflowFile {
	const example = readExample('durable.json');
	const nodes = example.nodes.map((node): INode => {
		switch (node.name) {
			case 'Start the video': {
				const parameters = { ...node.parameters, imageSource: 'url', imageUrl: PICTURE_URL };
				return { ...node, parameters: { ...parameters, prompt: PROMPT } };
			}
			case 'Pause':
				return {
					...node,
					parameters: { ...node.parameters, amount: DURABLE_PAUSE_SECONDS },
				};
			default:
				return node;
		}
	});
	return startedByWebhook({ ...example, nodes, name: 'Durable wait' });
}

/** Video > Create waits and fetches the video; after a pause, it goes to storage by SFTP. */
export function storageWorkflow(): WorkflowFile {
	const pause = {
		type: 'n8n-nodes-base.wait',
		typeVersion: 1.1,
		parameters: { resume: 'timeInterval', amount: DURABLE_PAUSE_SECONDS, unit: 'seconds' },
	};
	const file = evolinkWorkflow({
		startedBy: 'hand',
		parameters: { imageUrl: PICTURE_URL, prompt: PROMPT },
		next: pause,
	});
	const store: INode = {
		id: randomUUID(),
		name: 'Store the video',
		type: 'n8n-nodes-base.ftp',
		typeVersion: 1,
		position: [1100, 0],
		parameters: {
			protocol: 'sftp',
			operation: 'upload',
			path: '=videos/{{ $binary.data.fileName }}',
			binaryData: true,
			binaryPropertyName: 'data',
			options: {},
		},
		// Says which kind of credential it needs; the saved one takes its place.
		credentials: { sftp: { id: null, name: 'SFTP' } },
	};
	const toStore = { node: store.name, type: 'main' as const, index: 0 };
	return startedByWebhook({
		...file,
		name: 'To storage, after a pause',
		nodes: [...file.nodes, store],
		connections: { ...file.connections, [NEXT]: { main: [[toStore]] } },
	});
}

/** The workflow with a webhook in the place of its trigger; it answers as soon as it is called. */
export function startedByWebhook(file: WorkflowFile): WorkflowFile {
	const trigger = findStartNode(file);
	const path = randomUUID();
	const webhook: INode = {
		...trigger,
		type: 'n8n-nodes-base.webhook',
		typeVersion: 2,
		parameters: { httpMethod: 'POST', path, responseMode: 'onReceived', options: {} },
		webhookId: path,
	};
	return { ...file, nodes: file.nodes.map((node) => (node === trigger ? webhook : node)) };
}
