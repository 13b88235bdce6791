import { readFileSync } from 'node:fs';
import type { IConnections, INode, IWorkflowSettings } from 'n8n-workflow';

/** A workflow as n8n's editor exports it ("Download"); everything else in the file is ignored. */
export interface WorkflowFile {
	id?: string;
	name?: string;
	nodes: INode[];
	connections: IConnections;
	settings?: IWorkflowSettings;
}

/**
 * Reads a workflow that was exported from n8n's editor.
 * @throws Error when the file is missing, is not JSON, or has no nodes and connections.
 */
export function readWorkflowFile(path: string): WorkflowFile {
	const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
	if (!isWorkflowFile(content)) {
		throw new Error(
			`${path} is not a workflow exported from n8n: nodes or connections are missing`,
		);
	}
	return content;
}

function isWorkflowFile(content: unknown): content is WorkflowFile {
	return (
		typeof content === 'object' &&
		content !== null &&
		'nodes' in content &&
		Array.isArray(content.nodes) &&
		'connections' in content &&
		typeof content.connections === 'object' &&
		content.connections !== null
	);
}

// n8n's triggers end in "Trigger", all but the webhook and the start node of old workflows.
const TRIGGER_TYPE = /(trigger|\.webhook|\.start)$/i;

/** Whether a node type starts workflows, going by its name, e.g. `n8n-nodes-base.formTrigger`. */
export function isTriggerType(nodeType: string): boolean {
	return TRIGGER_TYPE.test(nodeType);
}

/**
 * The node that a run of the workflow starts from: the one named, else the only enabled trigger.
 * @throws Error when the named node does not exist, or no single trigger can be told.
 */
export function findStartNode(workflow: WorkflowFile, startNodeName?: string): INode {
	if (startNodeName !== undefined) {
		const named = workflow.nodes.find((node) => node.name === startNodeName);
		if (!named) throw new Error(`The workflow has no node named "${startNodeName}" to start from`);
		return named;
	}
	const triggers = workflow.nodes.filter((node) => isTriggerType(node.type) && !node.disabled);
	if (triggers.length !== 1) {
		const names = triggers.map((node) => `"${node.name}"`).join(', ') || 'none';
		throw new Error(`Name the trigger to start from: the workflow's triggers are ${names}`);
	}
	return triggers[0];
}
