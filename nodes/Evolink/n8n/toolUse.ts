import type { IExecuteFunctions } from 'n8n-workflow';

/**
 * Returns whether an AI agent called the node as its tool. n8n before 2.8 does not say so, but
 * counts the runs of a tool itself, which it does for nothing else.
 */
export function isCalledByAgent(
	context: Partial<Pick<IExecuteFunctions, 'isToolExecution'>>,
): boolean {
	return context.isToolExecution?.() ?? 'getNextRunIndex' in context;
}
