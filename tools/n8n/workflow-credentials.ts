import type { INode } from 'n8n-workflow';

import type { WorkflowFile } from '../engine/workflow-file';

/** A credential that is saved in n8n. */
export interface SavedCredential {
	id: string;
	name: string;
	/** Name of the credential type, e.g. `evolinkApi`. */
	type: string;
}

/** The node, and the tool for AI agents that n8n makes of it. */
const EVOLINK_NODE_TYPES = ['n8n-nodes-evolink.evolink', 'n8n-nodes-evolink.evolinkTool'];

/**
 * Returns the workflow with its nodes' credentials replaced by the saved ones of the same type; every
 * Evolink node gets the Evolink one, also where it names none. The ids in a workflow file are those
 * of the n8n that it was exported from.
 */
export function withCredentials(
	workflow: WorkflowFile,
	credentials: readonly SavedCredential[],
): WorkflowFile {
	return { ...workflow, nodes: workflow.nodes.map((node) => nodeWith(node, credentials)) };
}

function nodeWith(node: INode, credentials: readonly SavedCredential[]): INode {
	const wanted = new Set(Object.keys(node.credentials ?? {}));
	if (EVOLINK_NODE_TYPES.includes(node.type)) wanted.add('evolinkApi');
	const replaced = credentials
		.filter(({ type }) => wanted.has(type))
		.map(({ id, name, type }) => [type, { id, name }] as const);
	if (replaced.length === 0) return node;
	return { ...node, credentials: { ...node.credentials, ...Object.fromEntries(replaced) } };
}
