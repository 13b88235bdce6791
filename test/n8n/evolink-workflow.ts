import axios from 'axios';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';

import { findStartNode, type WorkflowFile } from '../../tools/engine/workflow-file';
import { readText } from '../../tools/n8n/n8n-answers';
import type { N8nApi, SavedWorkflow } from '../../tools/n8n/n8n-api';

/** A workflow with one Evolink node; what is left out keeps its default. */
export interface EvolinkWorkflowOptions {
	name?: string;
	/** `hand`: "Execute workflow" in the editor; `webhook`: a call of the active workflow. */
	startedBy: 'hand' | 'webhook';
	/** What the Evolink node gets. Default: what the trigger returns. */
	items?: IDataObject[];
	/** Of the Evolink node, beside an image. */
	parameters?: INodeParameters;
	/** Of the Evolink node. */
	settings?: Partial<Pick<INode, 'retryOnFail' | 'onError'>>;
}

/** Name of the Evolink node. */
export const EVOLINK = 'Evolink';

const WEBHOOK_TIMEOUT_MS = 15_000;
const WEBHOOK_RETRY_INTERVAL_MS = 100;

/** Trigger, the items, and Evolink, which makes a video of each item's `prompt`. */
export function evolinkWorkflow(options: EvolinkWorkflowOptions): WorkflowFile {
	const { startedBy, items, parameters, settings } = options;
	const evolink = node(EVOLINK, 'n8n-nodes-evolink.evolink', 1, {
		imageUrl: 'https://example.com/lighthouse.jpg',
		prompt: '={{ $json.prompt }}',
		...parameters,
	});
	const chain = [
		triggerNode(startedBy),
		...(items === undefined ? [] : itemNodes(items)),
		{ ...evolink, ...settings },
	];
	return {
		name: options.name ?? `Evolink, started by ${startedBy}`,
		nodes: chain.map((one, index) => ({ ...one, position: [index * 220, 0] })),
		connections: Object.fromEntries(
			chain
				.slice(1)
				.map(({ name }, index) => [
					chain[index].name,
					{ main: [[{ node: name, type: 'main' as const, index: 0 }]] },
				]),
		),
		settings: { executionOrder: 'v1' },
	};
}

/** The production address of a workflow that is started by a webhook. */
export function webhookUrl({ session }: N8nApi, { file }: SavedWorkflow): string {
	return `${session.baseUrl}/webhook/${readText(findStartNode(file).parameters, 'path')}`;
}

/** Calls a webhook until n8n accepts it: a workflow is not yet reachable when it is switched on. */
export async function callWebhook(url: string, body: object = {}): Promise<void> {
	const deadlineMs = Date.now() + WEBHOOK_TIMEOUT_MS;
	for (;;) {
		const { status } = await axios.post(url, body, { proxy: false, validateStatus: () => true });
		if (status === 200) return;
		if (status !== 404 || Date.now() > deadlineMs) {
			throw new Error(`n8n answers the webhook with ${status}`);
		}
		await delay(WEBHOOK_RETRY_INTERVAL_MS);
	}
}

function triggerNode(startedBy: EvolinkWorkflowOptions['startedBy']): INode {
	if (startedBy === 'hand') return node('Start', 'n8n-nodes-base.manualTrigger', 1, {});
	const path = randomUUID();
	const parameters = { httpMethod: 'POST', path, responseMode: 'onReceived', options: {} };
	return { ...node('Start', 'n8n-nodes-base.webhook', 2, parameters), webhookId: path };
}

function itemNodes(items: IDataObject[]): INode[] {
	const jsonOutput = JSON.stringify({ items });
	return [
		node('List', 'n8n-nodes-base.set', 3.4, { mode: 'raw', jsonOutput, options: {} }),
		node('Items', 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'items', options: {} }),
	];
}

function node(name: string, type: string, typeVersion: number, parameters: INodeParameters): INode {
	return { id: randomUUID(), name, type, typeVersion, position: [0, 0], parameters };
}
