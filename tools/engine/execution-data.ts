import { parse, stringify } from 'flatted';
import {
	createRunExecutionData,
	type INode,
	type INodeExecutionData,
	type IRun,
	type IRunExecutionData,
} from 'n8n-workflow';

/**
 * What a new execution starts from: the trigger is next, and the items wait as its input. n8n
 * starts its webhooks and forms the same way.
 */
export function startData(startNode: INode, items: INodeExecutionData[]): IRunExecutionData {
	return createRunExecutionData({
		executionData: {
			nodeExecutionStack: [{ node: startNode, data: { main: [items] }, source: null }],
		},
	});
}

/**
 * What "Retry execution" starts from: the stored data of the failed execution, without its error
 * and without the failed run, whose node is still next on the stack.
 *
 * n8n stores execution data as `flatted` text: only what survives that reaches the retry.
 *
 * @throws Error when the execution succeeded, or ended before any node ran (n8n refuses both), or
 * was stopped (the editor offers a retry only for failed executions; what n8n stores at a stop has
 * no waiting node to resume at).
 */
export function retryData(previous: IRun): IRunExecutionData {
	if (previous.finished) throw new Error('The execution succeeded, so it cannot be retried.');
	if (previous.status === 'canceled') throw new Error('The execution was stopped, not failed.');
	const data: IRunExecutionData = parse(stringify(previous.data));
	if (!data.executionData) throw new Error('The execution was aborted before it could start.');

	const { lastNodeExecuted, runData } = data.resultData;
	if (lastNodeExecuted !== undefined) {
		delete data.resultData.error;
		const runs = runData[lastNodeExecuted];
		if (runs?.at(-1)?.error !== undefined) runs.pop();
	}
	return data;
}

/**
 * What a waiting execution goes on from, once its time has come: its stored data.
 * @throws Error when the execution does not wait.
 */
export function wokenData(previous: IRun): IRunExecutionData {
	if (previous.data.waitTill === undefined) throw new Error('The execution does not wait.');
	return parse(stringify(previous.data));
}

/**
 * "Retry with currently saved workflow": the waiting nodes take the settings they have now.
 * @throws Error when a waiting node is no longer in the workflow.
 */
export function replaceWaitingNodes(data: IRunExecutionData, nodes: Record<string, INode>): void {
	for (const waiting of data.executionData?.nodeExecutionStack ?? []) {
		const current = nodes[waiting.node.name];
		if (!current) throw new Error(`The workflow has no node "${waiting.node.name}" any more`);
		waiting.node = current;
	}
}
