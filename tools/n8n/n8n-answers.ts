import { parse } from 'flatted';
import {
	createRunExecutionData,
	ExecutionStatusList,
	WorkflowExecuteModeList,
	type ExecutionStatus,
	type INodeTypeDescription,
	type IRun,
	type IRunExecutionData,
	type WorkflowExecuteMode,
} from 'n8n-workflow';

/** One execution as n8n keeps it. The functions of tools/engine/run-results read it too. */
export interface N8nExecution extends IRun {
	id: string;
	workflowId: string;
}

/** One execution in n8n's list: without its data. */
export interface ExecutionSummary {
	id: string;
	workflowId: string;
	status: ExecutionStatus;
	mode: WorkflowExecuteMode;
}

/** Whether the value is an object whose fields can be looked at. */
export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns a text field of an answer. @throws Error when it is not there */
export function readText(answer: unknown, field: string): string {
	const value = isRecord(answer) ? answer[field] : undefined;
	if (typeof value !== 'string') throw new Error(`n8n's answer has no text "${field}"`);
	return value;
}

/** @throws Error when the answer is no execution with its data */
export function readExecution(answer: unknown): N8nExecution {
	const summary = readExecutionSummary(answer);
	if (!isRecord(answer)) throw new Error("n8n's answer is no execution");
	return {
		...summary,
		data: readRunData(answer.data),
		startedAt: readDate(answer.startedAt) ?? new Date(NaN),
		stoppedAt: readDate(answer.stoppedAt),
		waitTill: readDate(answer.waitTill),
		finished: answer.finished === true,
		// Only n8n 2.x says where; in the database is what it was before.
		storedAt: answer.storedAt === 'fs' ? 'fs' : 'db',
	};
}

/** @throws Error when the answer is no execution */
export function readExecutionSummary(answer: unknown): ExecutionSummary {
	const status = ExecutionStatusList.find((known) => known === readText(answer, 'status'));
	const mode = WorkflowExecuteModeList.find((known) => known === readText(answer, 'mode'));
	if (status === undefined || mode === undefined) {
		throw new Error("n8n's answer has a status or mode that this n8n-workflow does not know");
	}
	return {
		id: readText(answer, 'id'),
		workflowId: readText(answer, 'workflowId'),
		status,
		mode,
	};
}

/** n8n sends what nodes put out in a form that can hold references. */
function readRunData(flattened: unknown): IRunExecutionData {
	if (typeof flattened !== 'string') throw new Error("n8n's answer holds no execution data");
	const data: unknown = parse(flattened);
	// n8n saves an execution before any of its nodes has run, and then without results.
	return isRunExecutionData(data) ? data : createRunExecutionData();
}

function isRunExecutionData(data: unknown): data is IRunExecutionData {
	return isRecord(data) && isRecord(data.resultData) && isRecord(data.resultData.runData);
}

function readDate(value: unknown): Date | undefined {
	return typeof value === 'string' ? new Date(value) : undefined;
}

/** @throws Error when the answer is no list of node types */
export function readNodeTypes(answer: unknown): INodeTypeDescription[] {
	if (!Array.isArray(answer) || !answer.every(isNodeType)) {
		throw new Error("n8n's answer is no list of node types");
	}
	return answer;
}

function isNodeType(value: unknown): value is INodeTypeDescription {
	return isRecord(value) && typeof value.name === 'string' && Array.isArray(value.properties);
}
