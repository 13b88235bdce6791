import { randomUUID } from 'crypto';
import type {
	EngineRequest,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	ISourceData,
} from 'n8n-workflow';

import type { FailureDetails } from '../evolink/failure';
import { isJsonObject } from '../evolink/task';
import { isCalledByAgent } from '../n8n/parameters';

/**
 * Hands the execution back to n8n while videos are made: n8n stores it as "waiting" and lets go of it,
 * so that it takes no memory and survives a restart.
 *
 * n8n lets only a node that ends be continued, not one that waits. So the node asks the engine to run
 * itself once more (an EngineRequest, made for AI agents), and puts the execution to sleep in that
 * second call, "the sleeper". On waking, n8n disables what had called for the wait, passes nothing
 * on, and calls the node again, as the request demands: that third call finishes the work.
 *
 * It rests on the engine's behavior, not on documented promises. So its shape is checked first;
 * where anything is not as expected, the node waits in memory instead.
 */

/** n8n looks for executions to wake once a minute; a shorter sleep could end a minute late. */
const SHORTEST_SLEEP_MS = 70_000;

const ENTRY_NAME = 'sleep';
const TOKEN_NAME = 'evolinkSleeper';

/** What is kept over the sleep, in n8n's context of the node. */
export interface SleepNote {
	/** Tells the sleeper's call from all others: its input alone could be anybody's. */
	token: string;
	run: number;
	wakeAtMs: number;
	taskIds: string[];
	/** When the wait for each item began, in milliseconds since 1970, by item. */
	startedAtMs: Record<string, number>;
	/** Items that failed before the sleep. */
	failures: Record<string, FailureDetails>;
	/** Where the input came from; the engine forgets it over the sleep. */
	source: Array<ISourceData | null>;
	isOver: boolean;
}

function isSleepNote(value: unknown): value is SleepNote {
	return (
		isJsonObject(value) &&
		typeof value.token === 'string' &&
		typeof value.wakeAtMs === 'number' &&
		typeof value.isOver === 'boolean' &&
		Array.isArray(value.taskIds) &&
		Array.isArray(value.source) &&
		isJsonObject(value.startedAtMs) &&
		isJsonObject(value.failures)
	);
}

/** One run of the node sleeps once; an execution keeps the note of its last sleep. */
function noteIn(context: IExecuteFunctions): SleepNote | undefined {
	const note: unknown = context.getContext('node')[ENTRY_NAME];
	return isSleepNote(note) ? note : undefined;
}

/** Returns why this execution cannot be put to sleep, half a sentence; undefined where it can. */
export function whyNoSleep(context: IExecuteFunctions, response: unknown): string | undefined {
	if (isCalledByAgent(context)) return 'an AI agent waits for the answer';
	if (context.getWorkflowSettings().executionOrder !== 'v1') {
		return "the workflow is set to n8n's old execution order";
	}
	const executeData: unknown = context.getExecuteData();
	const source = isJsonObject(executeData) ? sourceOf(executeData) : [];
	const isAsExpected =
		isJsonObject(response) &&
		Array.isArray(response.actionResponses) &&
		isJsonObject(response.metadata) &&
		typeof context.putExecutionToWait === 'function' &&
		isJsonObject(executeData) &&
		isJsonObject(executeData.node) &&
		isJsonObject(executeData.data) &&
		Array.isArray(executeData.data.main) &&
		isJsonObject(source[0]) &&
		typeof source[0].previousNode === 'string';
	return isAsExpected ? undefined : 'this n8n does not offer what that takes';
}

function sourceOf(executeData: Record<string, unknown>): unknown[] {
	const { source } = executeData;
	return isJsonObject(source) && Array.isArray(source.main) ? source.main : [];
}

/** Returns what makes the engine call this node as the sleeper, and once more after that. */
export function requestSleep(
	context: IExecuteFunctions,
	note: Omit<SleepNote, 'token' | 'source' | 'isOver'>,
): EngineRequest {
	const token = randomUUID();
	const source = (context.getExecuteData().source?.main ?? []).map((one) => one && { ...one });
	context.getContext('node')[ENTRY_NAME] = { ...note, token, source, isOver: false };
	const input: IDataObject = { [TOKEN_NAME]: token };
	return {
		actions: [
			{
				actionType: 'ExecutionNodeAction',
				nodeName: context.getNode().name,
				input,
				type: 'main',
				id: token,
				metadata: {},
			},
		],
		// Comes back with the call after the sleep, and with no other.
		metadata: { [TOKEN_NAME]: token },
	};
}

/** Puts the execution to sleep and returns the row that is shown meanwhile, if this call is the sleeper. */
export async function sleepIfAsked(
	context: IExecuteFunctions,
): Promise<INodeExecutionData[][] | undefined> {
	const note = noteIn(context);
	const isSleeper =
		note !== undefined && context.getInputData()[0]?.json[TOKEN_NAME] === note.token;
	if (!isSleeper) return undefined;
	const executeData = context.getExecuteData();
	// n8n disables the node of a sleeping call, and the one it has asked for is this node itself.
	executeData.node = { ...executeData.node };
	Reflect.deleteProperty(executeData.node, 'rewireOutputLogTo');
	// What a disabled node is given, it passes on.
	executeData.data = { main: [[]] };
	await context.putExecutionToWait(new Date(note.wakeAtMs));
	return [[{ json: { status: 'waiting', taskIds: note.taskIds } }]];
}

/** Returns what was noted before the sleep, if this call is the one after it; a later one is a retry. */
export function wakeUp(context: IExecuteFunctions, response: unknown): SleepNote | undefined {
	const note = noteIn(context);
	const metadata = isJsonObject(response) ? response.metadata : undefined;
	const isWaking = isJsonObject(metadata) && metadata[TOKEN_NAME] === note?.token;
	if (note === undefined || note.isOver || !isWaking) return undefined;
	context.getContext('node')[ENTRY_NAME] = { ...note, isOver: true };
	const executeData = context.getExecuteData();
	const source = executeData.source?.main;
	// In place, since n8n's record of the run shares the list.
	note.source.forEach((one, index) => {
		if (source !== undefined) source[index] = one;
	});
	Reflect.deleteProperty(executeData.node, 'rewireOutputLogTo');
	return note;
}

/** Returns whether this run of the node has slept already: it does so once. */
export function hasSlept(context: IExecuteFunctions, run: number): boolean {
	const note = noteIn(context);
	return note?.run === run && note.isOver;
}

/** What a video takes where the API gives no estimate. */
const USUAL_GENERATION_SECONDS = 90;

/** A task to sleep for; times are by the execution's clock. */
interface WaitingTask {
	startedMs: number;
	timeoutSeconds: number;
	task?: { estimatedSeconds?: number };
}

/**
 * Returns how long to sleep: until the earliest moment at which a task can sensibly be finished.
 * Undefined where there is nothing to wait for, or a task's time would be over before.
 */
export function sleepMs(tasks: readonly WaitingTask[], nowMs: number): number | undefined {
	const expectedMs = tasks.map(
		({ startedMs, task }) =>
			startedMs + (task?.estimatedSeconds ?? USUAL_GENERATION_SECONDS) * 1000,
	);
	const wakeMs = Math.max(nowMs + SHORTEST_SLEEP_MS, Math.min(...expectedMs));
	const canAllWait = tasks.every(
		({ startedMs, timeoutSeconds }) => startedMs + timeoutSeconds * 1000 > wakeMs,
	);
	return tasks.length > 0 && canAllWait ? wakeMs - nowMs : undefined;
}
