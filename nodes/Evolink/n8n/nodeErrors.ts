import { ExpressionError, NodeApiError, NodeError, NodeOperationError } from 'n8n-workflow';
import type { IDataObject, INode, INodeExecutionData } from 'n8n-workflow';

import { BILLING_URL, internalFailure } from '../evolink/failures';
import { EvolinkFailure, quotedWords } from '../evolink/failure';
import type { FailureDetails } from '../evolink/failure';
import type { StartedTasks } from '../money/paidTasks';

/** More task IDs or items than this would bury the message. */
const MOST_NAMED = 20;

function listInWords(entries: readonly unknown[]): string {
	const more = entries.length - MOST_NAMED;
	return `${entries.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Returns the items as a list in words, the first of them by number; n8n counts them from 0. */
export function itemWords(items: readonly number[]): string {
	return `${items.length === 1 ? 'item' : 'items'} ${listInWords(items)}, counted from 0`;
}

/** Returns what to know about videos that may have been started, or nothing. */
export function unknownOutcomes({ unknownCount }: StartedTasks, whose: 'this' | 'other'): string {
	if (unknownCount === 0) return '';
	const videos = unknownCount === 1 ? 'One video' : `${unknownCount} videos`;
	return `${videos}${whose === 'other' ? ' of other items' : ''} may have been started, but no response came: check ${BILLING_URL} for a charge at this time before you run the workflow again from the start.`;
}

function joined(sentences: readonly string[]): string {
	return sentences.filter((sentence) => sentence !== '').join(' ');
}

/**
 * Returns the error of an execution that the user stopped.
 *
 * @param started by it; n8n offers no retry for it, so the tasks are named. Undefined where the
 * operation starts none
 */
export function stoppedError(node: INode, started?: StartedTasks): NodeOperationError {
	const message = 'The execution was stopped';
	if (started === undefined) return new NodeOperationError(node, message);
	const { taskIds } = started;
	const paid =
		taskIds.length === 0
			? ''
			: `Videos that were already started go on at Evolink and stay paid for. Task > Get fetches them: ${listInWords(taskIds)}.`;
	const description =
		joined([paid, unknownOutcomes(started, 'this')]) || 'No video had been started.';
	return new NodeOperationError(node, message, { description });
}

/**
 * Returns the failure as n8n's error: NodeApiError with its HTTP code for what the API or the
 * network answered, NodeOperationError for everything else.
 *
 * @param failed the failure, and the error that was thrown for it
 * @param others what other items of the same run have started
 */
export function toNodeError(
	node: INode,
	{ details, error: cause }: { details: FailureDetails; error?: unknown },
	itemIndex: number,
	others: StartedTasks = { taskIds: [], unknownCount: 0 },
): NodeApiError | NodeOperationError {
	const { message } = details;
	const paid =
		others.taskIds.length === 0
			? ''
			: `Other items had already started these tasks, which stay paid for: ${listInWords(others.taskIds)}. A retry of this execution resumes them; Task > Get shows what became of them.`;
	const description = joined([details.description, unknownOutcomes(others, 'other'), paid]);
	const error =
		details.kind === 'api'
			? new NodeApiError(
					node,
					{ message },
					{ message, description, itemIndex, httpCode: details.httpCode },
				)
			: new NodeOperationError(node, message, { description, itemIndex });
	// n8n replaces messages in which it finds the name of a network error.
	error.message = message;
	// For workflows that an error starts: n8n hands on the context, and no other field of its own.
	const { taskId, status, failureCode } = details;
	Object.assign(error.context, { taskId, status, failureCode });
	if (details.kind === 'internal' && cause instanceof Error) {
		error.cause = cause.cause instanceof Error ? cause.cause : cause;
	}
	return error;
}

/**
 * Returns the output row of an item that failed while the node continues: one key, an object,
 * which every n8n since 1.x sends to the error output and leaves as it is.
 */
export function failedItemRow(details: FailureDetails, itemIndex: number): INodeExecutionData {
	const { message, description, taskId, status, failureCode, httpCode } = details;
	const optional = Object.entries({ taskId, status, failureCode, httpCode }).filter(
		([, value]) => value !== undefined,
	);
	const error: IDataObject = { message, description, ...Object.fromEntries(optional) };
	return { json: { error }, pairedItem: { item: itemIndex } };
}

/** What the border knows of an item beside its failure. */
interface ItemFacts {
	/** Removes the API key from texts. */
	redact?(text: string): string;
	/** The task that the item itself has started. */
	ownTaskId?: string;
	/** Whether an AI agent is told, which gets the message alone. */
	isAgentCall?: boolean;
	/** Whether the operation pays for videos; false: it only reads. */
	isPaidOperation?: boolean;
}

/**
 * Returns what went wrong, whoever threw it, with the way on wherever there is a task. n8n's own
 * errors, such as an expression that cannot be resolved, keep their words; anything else is an error
 * of this node.
 */
export function toFailureDetails(
	error: unknown,
	{ redact = (text) => text, ownTaskId, isAgentCall, isPaidOperation = true }: ItemFacts = {},
): FailureDetails {
	const { details } = failureOf(error);
	const isOwn = ownTaskId !== undefined && ownTaskId === details.taskId;
	const next = wayOn(details, isOwn, isPaidOperation);
	const advice = isPaidOperation ? adviceForAgent(details) : '';
	const message = isAgentCall ? joined([`${details.message}.`, next, advice]) : details.message;
	const description = joined([details.description, next]);
	return { ...details, message: redact(message), description: redact(description) };
}

/** Returns what an agent should know before it calls again. */
function adviceForAgent({ kind, taskId, status, httpCode, mayBePaid }: FailureDetails): string {
	if (status === 'failed' || status === 'cancelled') return 'Another call is another paid task.';
	if (taskId !== undefined || mayBePaid === true) {
		return 'It may be paid for already, so do not call this tool again for the same video.';
	}
	const isRefused = kind === 'input' || Number(httpCode) < 500;
	return isRefused ? 'Nothing was paid for.' : '';
}

/** Returns the way on to a task that was paid for, or may have been. */
function wayOn(
	{ taskId, status, httpCode = '', timedOut, mayBePaid }: FailureDetails,
	isOwn: boolean,
	isPaidOperation: boolean,
): string {
	const id = `Task ID: ${taskId}.`;
	if (mayBePaid === true) {
		return taskId === undefined
			? `Check ${BILLING_URL} for a charge at this time: if there is one, the video was started, and its ID works with Task > Get; if there is none, run the workflow again from the start.`
			: `${id} Task > Get with this ID shows whether the video was started.`;
	}
	if (taskId === undefined) return '';
	if (status === 'failed' || status === 'cancelled') {
		return `Making it again is a new paid task, so the node does not do that by itself. ${id} Task > Get with this ID shows the details.`;
	}
	// The ID itself was refused.
	const isUnread = status === undefined && timedOut !== true;
	if (isUnread && ['400', '404'].includes(httpCode)) {
		return isOwn ? `${id} Task > Get with this ID shows whether it is there after all.` : id;
	}
	if (status === undefined && !isPaidOperation) return id;
	return `${id} The video is paid for: use Task > Get with this ID, with Download Video turned on, to get it.`;
}

function failureOf(error: unknown): EvolinkFailure {
	if (error instanceof EvolinkFailure) return error;
	const isOfN8n =
		error instanceof NodeError || error instanceof ExpressionError || isNamedError(error);
	if (!isOfN8n) return internalFailure(error);
	const description: unknown = Reflect.get(error, 'description');
	return new EvolinkFailure({
		kind: 'input',
		message: quotedWords(error.message) || 'n8n could not read a field',
		description:
			quotedWords(description) ||
			"Check this item's fields and expressions, then run the workflow again.",
	});
}

/** Errors of n8n's engine, whose classes differ from version to version, come with a level. */
function isNamedError(error: unknown): error is Error {
	return error instanceof Error && 'level' in error;
}
