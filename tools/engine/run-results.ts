import type {
	ExecutionError,
	INodeExecutionData,
	IRun,
	ITaskData,
	NodeExecutionHint,
} from 'n8n-workflow';

/**
 * The items that a node put out.
 * @param outputIndex 0 is the first output; with an error output, that is the last one.
 * @param runIndex Which of the node's runs, where a loop ran it several times.
 * @throws Error when the node did not run that often (with the workflow's error, if it has one).
 */
export function outputItems(
	run: IRun,
	nodeName: string,
	outputIndex = 0,
	runIndex = 0,
): INodeExecutionData[] {
	const task = taskData(run, nodeName, runIndex);
	if (!task) {
		const reason = nodeError(run)?.message ?? `the execution's status is ${run.status}`;
		throw new Error(`"${nodeName}" has no run ${runIndex}: ${reason}`);
	}
	return task.data?.main?.[outputIndex] ?? [];
}

/**
 * The error that a node's last run ended with, or without a name the error that stopped the
 * workflow. Undefined where nothing failed, also where the node went on after a failure.
 */
export function nodeError(run: IRun, nodeName?: string): ExecutionError | undefined {
	const { error, runData } = run.data.resultData;
	return nodeName === undefined ? error : runData[nodeName]?.at(-1)?.error;
}

/** The hints that a node left for the user (`addExecutionHints`), in the order they were given. */
export function executionHints(run: IRun, nodeName: string, runIndex = 0): NodeExecutionHint[] {
	return taskData(run, nodeName, runIndex)?.hints ?? [];
}

function taskData(run: IRun, nodeName: string, runIndex: number): ITaskData | undefined {
	return run.data.resultData.runData[nodeName]?.[runIndex];
}
