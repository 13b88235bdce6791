import { randomUUID } from 'node:crypto';
import type {
	IConnections,
	IDataObject,
	INode,
	INodeParameters,
	NodeInputConnections,
} from 'n8n-workflow';

import type { WorkflowFile } from '../../../tools/engine/workflow-file';
import { fillInForm, type FormAnswers } from '../chains/form';
import type { N8nApi, SavedWorkflow } from '../../../tools/n8n/n8n-api';

/**
 * What starts the workflow: `hand` is "Execute workflow" in the editor, `form` somebody who fills in
 * the form of the active workflow, as in production.
 */
export type StartedBy = 'hand' | 'form';

/** The settings that n8n offers for every node. */
export type NodeSettings = Pick<
	INode,
	'retryOnFail' | 'maxTries' | 'waitBetweenTries' | 'onError' | 'executeOnce' | 'name'
>;

/** A workflow with one Evolink node; what is left out keeps its default. */
export interface EvolinkWorkflowOptions {
	startedBy: StartedBy;
	/** What the Evolink node gets. Default: what the trigger puts out. */
	items?: IDataObject[];
	/** Of the Evolink node. */
	parameters: INodeParameters;
	settings?: Partial<NodeSettings>;
	/** Evolink gets one item after the other, in a loop. Default: all at once. */
	inLoop?: boolean;
	/** Takes the place of the node after Evolink, which by default does nothing. */
	next?: Pick<INode, 'type' | 'typeVersion' | 'parameters'>;
}

/** Names of the nodes whose output the tests look at. */
export const EVOLINK = 'Evolink';
/** Gets what Evolink puts out. */
export const NEXT = 'Next';
/** Gets what Evolink puts out on its error output. */
export const FAILED = 'Failed';

const LOOP = 'Loop';
const LOOP_OVER_ITEMS = {
	type: 'n8n-nodes-base.splitInBatches',
	typeVersion: 3,
	parameters: { batchSize: 1, options: {} },
};
const NO_OPERATION = { type: 'n8n-nodes-base.noOp', typeVersion: 1, parameters: {} };

/** The node that works out the SHA-256 of the file in the field `data` and adds it as `sha256`. */
export const HASH_FILE: NonNullable<EvolinkWorkflowOptions['next']> = {
	type: 'n8n-nodes-base.crypto',
	typeVersion: 1,
	parameters: {
		action: 'hash',
		type: 'SHA256',
		binaryData: true,
		binaryPropertyName: 'data',
		dataPropertyName: 'sha256',
		encoding: 'hex',
	},
};

/** Trigger, the items, Evolink, and a node after each of its outputs. */
export function evolinkWorkflow(options: EvolinkWorkflowOptions): WorkflowFile {
	const { startedBy, items, parameters, settings = {}, inLoop, next = NO_OPERATION } = options;
	const chain = [
		triggerNode(startedBy),
		...(items === undefined ? [] : itemNodes(items)),
		...(inLoop ? [node(LOOP, LOOP_OVER_ITEMS)] : []),
		node(EVOLINK, {
			type: 'n8n-nodes-evolink.evolink',
			typeVersion: 1,
			parameters,
			...settings,
		}),
		node(NEXT, next),
	].map((one, index) => ({ ...one, position: [index * 220, 0] satisfies [number, number] }));
	const connections: IConnections = {};
	chain.slice(1).forEach(({ name }, index) => {
		connections[chain[index].name] = { main: [to(name)] };
	});
	connections[EVOLINK].main.push(to(FAILED));
	if (inLoop) {
		connections[LOOP].main = [to(NEXT), to(EVOLINK)];
		connections[EVOLINK].main[0] = to(LOOP);
	}
	return {
		name: `Evolink, started by ${startedBy}`,
		nodes: [...chain, { ...node(FAILED, NO_OPERATION), position: [880, 200] }],
		connections,
		settings: { executionOrder: 'v1' },
	};
}

function to(name: string): NodeInputConnections[number] {
	return [{ node: name, type: 'main', index: 0 }];
}

/**
 * Starts the workflow and returns the id of the execution, which runs on.
 * @param answers what is filled in, where it is started by its form
 */
export async function startWorkflow(
	api: N8nApi,
	workflow: SavedWorkflow,
	answers: FormAnswers = { Note: 'Go' },
): Promise<string> {
	const [trigger] = workflow.file.nodes;
	if (trigger.type === 'n8n-nodes-base.manualTrigger') {
		const run = await api.runManually(workflow);
		if (!('executionId' in run)) throw new Error('The trigger waits for somebody to call it');
		return run.executionId;
	}
	await api.activate(workflow);
	const executionId = await fillInForm(api, workflow, answers);
	await api.deactivate(workflow);
	return executionId;
}

function triggerNode(startedBy: StartedBy): INode {
	if (startedBy === 'hand') {
		return node('Start', {
			type: 'n8n-nodes-base.manualTrigger',
			typeVersion: 1,
			parameters: {},
		});
	}
	return node('Start', {
		type: 'n8n-nodes-base.formTrigger',
		typeVersion: 2.2,
		parameters: {
			formTitle: 'Start',
			formFields: {
				values: [
					{ fieldLabel: 'Note' },
					{ fieldLabel: 'Image', fieldType: 'file', multipleFiles: false },
				],
			},
			options: {},
		},
		webhookId: randomUUID(),
	});
}

function itemNodes(items: IDataObject[]): INode[] {
	return [
		node('List', {
			type: 'n8n-nodes-base.set',
			typeVersion: 3.4,
			parameters: { mode: 'raw', jsonOutput: JSON.stringify({ items }), options: {} },
		}),
		node('Items', {
			type: 'n8n-nodes-base.splitOut',
			typeVersion: 1,
			parameters: { fieldToSplitOut: 'items', options: {} },
		}),
	];
}

function node(name: string, rest: Omit<INode, 'id' | 'name' | 'position'>): INode {
	return { id: randomUUID(), position: [0, 0], ...rest, name };
}
