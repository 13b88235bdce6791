import { randomUUID } from 'node:crypto';
import type { IConnections, INode, INodeParameters } from 'n8n-workflow';

import type { Sandbox } from '../../sandbox';
import type { WorkflowFile } from '../engine/workflow-file';
import type { NewCredential } from '../n8n/n8n-api';
import { sandboxCredentialData } from '../n8n/n8n-bench';

/** One way to make videos: what logs in, and the workflow for that many in one execution. */
export interface Contestant {
	name: string;
	credential: NewCredential;
	workflow(videos: number): WorkflowFile;
}

/** Videos that the Evolink node makes in parallel unless it is told otherwise. */
const DEFAULT_MAX_CONCURRENT = 5;

const LOOP_WAIT_SECONDS = 10;

/** The node, and what people build without a node: submit, wait, check the status, download. */
export function contestantsFor(sandbox: Sandbox): Contestant[] {
	return [
		{
			name: 'Evolink node',
			credential: {
				name: 'Benchmark: Evolink',
				type: 'evolinkApi',
				data: sandboxCredentialData(sandbox),
			},
			workflow: (videos) =>
				workflowOf('Benchmark: Evolink node', videos, [
					node('Evolink', 'n8n-nodes-evolink.evolink', 1, 'evolinkApi', {
						imageUrl: '={{ $json.imageUrl }}',
						options: videos > DEFAULT_MAX_CONCURRENT ? { maxConcurrent: videos } : {},
					}),
				]),
		},
		{
			name: 'HTTP Request + Wait loop',
			credential: {
				name: 'Benchmark: header',
				type: 'httpHeaderAuth',
				data: { name: 'Authorization', value: `Bearer ${sandbox.apiKey}` },
			},
			workflow: (videos) => {
				const workflow = workflowOf('Benchmark: loop', videos, loopNodes(sandbox.url));
				workflow.connections['Completed?'].main.push([{ node: 'Wait', type: 'main', index: 0 }]);
				return workflow;
			},
		},
	];
}

function loopNodes(apiUrl: string): INode[] {
	const authentication = {
		authentication: 'genericCredentialType',
		genericAuthType: 'httpHeaderAuth',
	};
	const isCompleted = {
		id: randomUUID(),
		leftValue: '={{ $json.status }}',
		rightValue: 'completed',
		operator: { type: 'string', operation: 'equals' },
	};
	return [
		node('Submit', 'n8n-nodes-base.httpRequest', 4.5, 'httpHeaderAuth', {
			method: 'POST',
			url: `${apiUrl}/v1/videos/generations`,
			...authentication,
			sendBody: true,
			specifyBody: 'json',
			jsonBody: "={{ { model: 'MiniMax-Hailuo-2.3-Fast', image_urls: [$json.imageUrl] } }}",
		}),
		{
			...node('Wait', 'n8n-nodes-base.wait', 1.1, undefined, { amount: LOOP_WAIT_SECONDS }),
			webhookId: randomUUID(),
		},
		node('Check status', 'n8n-nodes-base.httpRequest', 4.5, 'httpHeaderAuth', {
			url: `=${apiUrl}/v1/tasks/{{ $json.id }}`,
			...authentication,
		}),
		node('Completed?', 'n8n-nodes-base.if', 2.3, undefined, {
			conditions: {
				options: { caseSensitive: true, leftValue: '', typeValidation: 'strict', version: 3 },
				conditions: [isCompleted],
				combinator: 'and',
			},
		}),
		node('Download', 'n8n-nodes-base.httpRequest', 4.5, undefined, {
			url: '={{ $json.results[0] }}',
			options: { response: { response: { responseFormat: 'file' } } },
		}),
	];
}

/** A workflow that makes a list of images, then does the job. */
function workflowOf(name: string, videos: number, ownNodes: INode[]): WorkflowFile {
	const images = Array.from({ length: videos }, (_, index) => ({
		imageUrl: `https://images.example/image-${index + 1}.jpg`,
	}));
	const nodes = [
		node('Start', 'n8n-nodes-base.manualTrigger', 1, undefined, {}),
		node('List', 'n8n-nodes-base.set', 3.4, undefined, {
			mode: 'raw',
			jsonOutput: JSON.stringify({ images }),
			options: {},
		}),
		node('Images', 'n8n-nodes-base.splitOut', 1, undefined, {
			fieldToSplitOut: 'images',
			options: {},
		}),
		...ownNodes,
	].map((one, index): INode => ({ ...one, position: [index * 220, 0] }));
	const connections: IConnections = {};
	nodes.slice(1).forEach((next, index) => {
		connections[nodes[index].name] = { main: [[{ node: next.name, type: 'main', index: 0 }]] };
	});
	return { name, nodes, connections, settings: { executionOrder: 'v1' } };
}

function node(
	name: string,
	type: string,
	typeVersion: number,
	credentialType: string | undefined,
	parameters: INodeParameters,
): INode {
	const credentials =
		credentialType === undefined
			? undefined
			: { [credentialType]: { id: 'placeholder', name: 'placeholder' } };
	return { id: randomUUID(), name, type, typeVersion, position: [0, 0], parameters, credentials };
}
