import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import type { IDataObject, INode, INodeExecutionData } from 'n8n-workflow';

import { EvolinkFailure } from '../evolink/failure';
import type { FailureDetails } from '../evolink/failure';

/** More task ids than this would bury the message. */
const MOST_TASK_IDS_NAMED = 20;

/** Returns the ids as a list in words, the first of them by name. */
function listOfTasks(taskIds: readonly string[]): string {
	const named = taskIds.slice(0, MOST_TASK_IDS_NAMED).join(', ');
	const more = taskIds.length - MOST_TASK_IDS_NAMED;
	return `${named}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Returns a sentence that names the tasks which other items had started, or an empty text. */
export function otherTasksSentence(taskIds: readonly string[]): string {
	if (taskIds.length === 0) return '';
	return `Other items had already started these tasks, which stay paid for and can be fetched with Task > Get: ${listOfTasks(taskIds)}. A retry of this execution takes them up again.`;
}

/**
 * Returns the error of an execution that the user stopped.
 *
 * @param taskIds tasks that it had started; n8n offers no retry for it, so they are named
 */
export function stoppedError(node: INode, taskIds: readonly string[]): NodeOperationError {
	const description =
		taskIds.length === 0
			? 'No video had been started.'
			: `Videos that were already started go on at Evolink and stay paid for. Task > Get fetches them: ${listOfTasks(taskIds)}.`;
	return new NodeOperationError(node, 'The execution was stopped', { description });
}

/**
 * Returns the failure as n8n's error: NodeOperationError for invalid input and a wait that ran
 * out, NodeApiError with its HTTP code for what the API or the network answered.
 *
 * @param otherTaskIds tasks that other items of the same run had started
 */
export function toNodeError(
	node: INode,
	details: FailureDetails,
	itemIndex: number,
	otherTaskIds: readonly string[],
): NodeApiError | NodeOperationError {
	const { message } = details;
	const description = [details.description, otherTasksSentence(otherTaskIds)]
		.filter((sentence) => sentence !== '')
		.join(' ');
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

/**
 * Returns what went wrong, whoever threw it. n8n's own errors, such as an expression that cannot
 * be resolved, keep their words.
 *
 * @param redact removes the API key from texts
 */
export function toFailureDetails(error: unknown, redact: (text: string) => string): FailureDetails {
	if (error instanceof EvolinkFailure) {
		const { message, description } = error.details;
		return { ...error.details, message: redact(message), description: redact(description) };
	}
	const message = error instanceof Error && error.message !== '' ? error.message : String(error);
	const description: unknown =
		typeof error === 'object' && error !== null ? Reflect.get(error, 'description') : undefined;
	return {
		kind: 'input',
		message: redact(message),
		description:
			typeof description === 'string' && description !== ''
				? redact(description)
				: "Check this item's fields and expressions, then run the workflow again.",
	};
}
