import type { INode } from 'n8n-workflow';

/** What n8n puts behind the type's name of a node that agents may use. */
const TOOL_TYPE_ENDING = 'Tool';

/**
 * Returns whether an AI agent called the node as its tool. The type's name tells it in every
 * version of n8n; `isToolExecution` is missing in old ones, and says no under newer agents.
 */
export function isCalledByAgent({ type }: Pick<INode, 'type'>): boolean {
	return type.endsWith(TOOL_TYPE_ENDING);
}
