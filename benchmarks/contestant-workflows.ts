import { randomUUID } from 'node:crypto';
import type { IConnections, INode, INodeParameters } from 'n8n-workflow';

import type { WorkflowFile } from '../workflow-engine/workflow-file';

/** A workflow that can be imported into n8n, and which part of it a user has to build for the job. */
export interface ContestantWorkflow {
	file: WorkflowFile;
	/** The nodes that do the job: all but the trigger and the list of pictures. */
	ownNodes: INode[];
	/** Name of the node that puts out the files. */
	lastNode: string;
}

/** The one model that all three ways know. */
export const MODEL = 'MiniMax-Hailuo-2.3-Fast';

/** How many videos the Evolink node has in work at once unless it is told otherwise. */
const EVOLINK_DEFAULT_CONCURRENCY = 5;

const LOOP_WAIT_SECONDS = 10;

/** Stands in the workflows until n8n's id of a saved credential is known. */
const ANY_CREDENTIAL = { id: 'placeholder', name: 'placeholder' };

/** The list of pictures, the Evolink node. */
export function evolinkWorkflow(videos: number): ContestantWorkflow {
	const evolink = node('Evolink', 'n8n-nodes-evolink.evolink', 1, {
		imageUrl: '={{ $json.imageUrl }}',
		prompt: '={{ $json.prompt }}',
		...(videos > EVOLINK_DEFAULT_CONCURRENCY ? { options: { maxConcurrent: videos } } : {}),
	});
	return chain('Benchmark: Evolink node', videos, [evolink]);
}

/** The list of pictures, the MiniMax node that comes with n8n. */
export function minimaxWorkflow(videos: number): ContestantWorkflow {
	const minimax = node(
		'MiniMax',
		'@n8n/n8n-nodes-langchain.minimax',
		1.2,
		{
			resource: 'video',
			operation: 'imageToVideo',
			modelId: MODEL,
			imageUrl: '={{ $json.imageUrl }}',
			prompt: '={{ $json.prompt }}',
		},
		'minimaxApi',
	);
	return chain('Benchmark: MiniMax node', videos, [minimax]);
}

/**
 * The list of pictures, then what is built without a node for the service: submit, wait, read the
 * status, download what is finished, and send the rest round again.
 *
 * @param apiUrl base address of the Evolink API, without a slash at the end
 */
export function httpLoopWorkflow(videos: number, apiUrl: string): ContestantWorkflow {
	const authentication = {
		authentication: 'genericCredentialType',
		genericAuthType: 'httpHeaderAuth',
	};
	const submit = node(
		'Submit',
		'n8n-nodes-base.httpRequest',
		4.5,
		{
			method: 'POST',
			url: `${apiUrl}/v1/videos/generations`,
			...authentication,
			sendBody: true,
			specifyBody: 'json',
			jsonBody: `={{ { model: '${MODEL}', image_urls: [$json.imageUrl], prompt: $json.prompt } }}`,
		},
		'httpHeaderAuth',
	);
	const wait = {
		...node('Wait', 'n8n-nodes-base.wait', 1.1, { amount: LOOP_WAIT_SECONDS }),
		webhookId: randomUUID(),
	};
	const read = node(
		'Read status',
		'n8n-nodes-base.httpRequest',
		4.5,
		{ url: `=${apiUrl}/v1/tasks/{{ $json.id }}`, ...authentication },
		'httpHeaderAuth',
	);
	const isCompleted = node('Completed?', 'n8n-nodes-base.if', 2.3, {
		conditions: {
			options: { caseSensitive: true, leftValue: '', typeValidation: 'strict', version: 3 },
			conditions: [
				{
					id: randomUUID(),
					leftValue: '={{ $json.status }}',
					rightValue: 'completed',
					operator: { type: 'string', operation: 'equals' },
				},
			],
			combinator: 'and',
		},
	});
	const download = node('Download', 'n8n-nodes-base.httpRequest', 4.5, {
		url: '={{ $json.results[0] }}',
		options: { response: { response: { responseFormat: 'file' } } },
	});
	const workflow = chain('Benchmark: HTTP Request + Wait loop', videos, [
		submit,
		wait,
		read,
		isCompleted,
		download,
	]);
	workflow.file.connections[isCompleted.name].main.push([
		{ node: wait.name, type: 'main', index: 0 },
	]);
	return workflow;
}

function chain(name: string, videos: number, ownNodes: INode[]): ContestantWorkflow {
	const nodes = [...pictureList(videos), ...ownNodes].map((one, index): INode => ({
		...one,
		position: [index * 220, 0],
	}));
	const connections: IConnections = {};
	nodes.slice(1).forEach((next, index) => {
		connections[nodes[index].name] = { main: [[{ node: next.name, type: 'main', index: 0 }]] };
	});
	return {
		file: { name, nodes, connections, settings: { executionOrder: 'v1' } },
		ownNodes,
		lastNode: ownNodes[ownNodes.length - 1].name,
	};
}

function pictureList(videos: number): INode[] {
	const pictures = Array.from({ length: videos }, (_, index) => ({
		imageUrl: `https://pictures.example/picture-${index + 1}.jpg`,
		prompt: `Waves roll in, picture ${index + 1}`,
	}));
	return [
		node('Start', 'n8n-nodes-base.manualTrigger', 1, {}),
		node('List', 'n8n-nodes-base.set', 3.4, {
			mode: 'raw',
			jsonOutput: JSON.stringify({ pictures }),
			options: {},
		}),
		node('Pictures', 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'pictures', options: {} }),
	];
}

function node(
	name: string,
	type: string,
	typeVersion: number,
	parameters: INodeParameters,
	credentialType?: string,
): INode {
	return {
		id: randomUUID(),
		name,
		type,
		typeVersion,
		position: [0, 0],
		parameters,
		...(credentialType === undefined ? {} : { credentials: { [credentialType]: ANY_CREDENTIAL } }),
	};
}
