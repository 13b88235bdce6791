import { EvolinkFailure, quotedName, quotedWords } from './failure';
import { isJsonObject } from './task';
import type { EvolinkTask } from './task';

/** Where the account's charges are listed. Source: the API's answer to an empty account (402). */
export const BILLING_URL = 'https://evolink.ai/dashboard/billing';

/** Where API keys are made. Source: the API's description of its authentication. */
export const API_KEYS_URL = 'https://evolink.ai/dashboard/keys';

/** What the node was doing when the API answered. */
export type Step = 'submission' | 'statusRead' | 'upload';

/**
 * Why no answer came. Only `timedOut` and `broken` can follow a request that went out; `notSent`
 * is one that trying again does not change.
 */
export type NoAnswerReason =
	'dns' | 'refused' | 'proxy' | 'handshake' | 'notSent' | 'timedOut' | 'broken';

/** What an error body says, in either of the API's two generations. */
export interface ApiErrorBody {
	/** An integer (the HTTP status) in older answers, a word in newer ones. */
	code?: string;
	message?: string;
	/** The field of the request that the API objects to. */
	param?: string;
}

function oneLine(value: unknown): string | undefined {
	if (typeof value === 'number') return String(value);
	const line = typeof value === 'string' ? value.replace(/\s+/g, ' ').trim() : '';
	return line === '' ? undefined : line;
}

/** Returns the value as words for a message, on one line, shortened; undefined without any. */
export function quotableWords(value: unknown): string | undefined {
	const line = oneLine(value);
	return line === undefined ? undefined : quotedWords(line);
}

function quotableName(value: unknown): string | undefined {
	const line = oneLine(value);
	return line === undefined ? undefined : quotedName(line);
}

/**
 * Reads the error body of an answer: `{ error: { code, message, type, param } }` of the main API,
 * `{ success: false, code, msg }` of the File API, or neither (a proxy's page), which yields
 * an empty object.
 */
export function parseErrorBody(json: unknown): ApiErrorBody {
	if (!isJsonObject(json)) return {};
	if (isJsonObject(json.error)) {
		const { code, message, param } = json.error;
		return {
			code: quotableName(code),
			message: quotableWords(message),
			param: quotableName(param),
		};
	}
	return {
		code: quotableName(json.code),
		message: quotableWords(json.msg ?? json.message ?? json.error),
	};
}

/**
 * Returns whether the answer is an error of the API itself, whatever its HTTP status: JSON with an
 * `error` object that has `message` or `code`; `success: false` with `msg` or `message`; or, without
 * a task id, a `code` with `msg` or `message`. Pages and all other JSON come from something in between.
 */
export function isApiError(json: unknown): boolean {
	if (!isJsonObject(json)) return false;
	const isSaid = (value: unknown) => quotableWords(value) !== undefined;
	const { error, code, msg, message, success, id } = json;
	if (isJsonObject(error)) return isSaid(error.message) || isSaid(error.code);
	const hasWords = isSaid(msg) || isSaid(message);
	return hasWords && (success === false || (isSaid(code) && id === undefined));
}

/** Returns the status that an error body names, or the HTTP status where it names none. */
export function statusOfApiError(httpStatus: number, json: unknown): number {
	if (httpStatus >= 400) return httpStatus;
	const status = Number(parseErrorBody(json).code);
	return Number.isInteger(status) && status >= 400 && status < 600 ? status : httpStatus;
}

/** Returns the readable words of a page, for a message, or undefined when there are none. */
function wordsOfPage(text: string): string | undefined {
	const start = text.slice(0, 20_000);
	// Half a JSON text is no help to a reader.
	if (/^\s*[{[]/.test(start)) return undefined;
	return quotableWords(
		start.replace(/<(script|style)[^>]*>[^]*?(<\/\1>|$)/gi, ' ').replace(/<[^>]*(>|$)/g, ' '),
	);
}

/**
 * Returns the failure for an error answer that is not the API's own: a page of a proxy, a firewall
 * or a CDN, which says nothing about the key or the request.
 */
export function inBetweenFailure(
	{ status, text }: { status: number; text: string },
	taskId?: string,
): EvolinkFailure {
	const words = wordsOfPage(text);
	const sentences = [
		words === undefined ? '' : `The answer reads: "${words}".`,
		'It does not come from Evolink itself, but from a proxy, firewall or gateway in between. Ask whoever runs your network whether it allows Evolink, then run the workflow again.',
		taskId === undefined ? '' : wayOn(taskId),
	];
	return new EvolinkFailure({
		kind: 'api',
		message: `Something between n8n and Evolink refused the request (HTTP ${status})`,
		description: sentences.filter((sentence) => sentence !== '').join(' '),
		httpCode: String(status),
		taskId,
	});
}

/** Returns the way on to a task that was paid for. */
export function wayOn(taskId: string): string {
	return `Task ID: ${taskId}. The video is paid for: use Task > Get with this ID, with Download Video turned on, to get it.`;
}

const WHAT_HAPPENED: Record<string, string> = {
	'400': 'Evolink did not accept the request',
	'401': 'Evolink did not accept the API key',
	'402': 'The Evolink account has too few credits',
	'403': 'The API key is not allowed to do this',
	'404': 'There is nothing at this address of the Evolink API',
	'408': 'The request did not reach Evolink in time',
	'413': 'Evolink found the image too large',
	'415': 'Evolink did not accept the kind of file',
	'422': 'Evolink did not accept the request',
	'429': 'Evolink received too many requests at once',
	'500': 'Evolink had an internal fault',
	'502': 'The service behind Evolink did not answer',
	'503': 'Evolink is not available right now',
	'504': 'Evolink took too long to answer',
};

function whatHappened(status: number, step: Step): string {
	if (status === 404 && step === 'statusRead') return 'Evolink does not know a task with this ID';
	return WHAT_HAPPENED[String(status)] ?? 'Evolink gave an answer that was not expected';
}

function nextStepByStatus(status: number, step: Step, body: ApiErrorBody): string {
	switch (status) {
		case 400:
		case 422:
			return body.param === undefined
				? "Check this item's fields, then run the workflow again."
				: `Check the field '${body.param}', then run the workflow again.`;
		case 401:
			return `Open the Evolink API credential and check the API key. Keys are listed at ${API_KEYS_URL}.`;
		case 402:
			return `Top up the account at ${BILLING_URL}, then run the workflow again. Nothing is submitted again by itself.`;
		case 403:
			return step === 'statusRead'
				? 'Use the API key of the account that created the task.'
				: `Ask the owner of the account to allow this model for the key, or use another key from ${API_KEYS_URL}.`;
		case 404:
			return step === 'statusRead'
				? 'Check it for typing mistakes. Evolink forgets old tasks after a while, and a task is only known to the account that created it.'
				: 'Check the addresses in the Evolink API credential.';
		case 408:
			return "Check this computer's internet connection, then run the workflow again.";
		case 413:
		case 415:
			return 'Use a JPEG, PNG or WebP image of at most 20 MB.';
		case 429:
			return "Wait a minute, then run the workflow again, and lower 'Max Concurrent Videos' if it happens often.";
		default:
			return status >= 500
				? 'Wait a few minutes, then run the workflow again.'
				: 'Check the addresses in the Evolink API credential, then run the workflow again.';
	}
}

/**
 * Returns the failure for an answer with an HTTP error status.
 *
 * @param answer.status the HTTP status
 * @param answer.json the parsed body, or undefined when it was none
 * @param step what the node was doing
 * @param taskId the paid task that the answer is about, if there is one
 */
export function answerFailure(
	answer: { status: number; json: unknown },
	step: Step,
	taskId?: string,
): EvolinkFailure {
	const body = parseErrorBody(answer.json);
	const isErrorStatus = answer.status >= 400;
	const what = isErrorStatus ? whatHappened(answer.status, step) : 'Evolink refused the request';
	const sentences = [
		body.message === undefined ? '' : `Evolink says: "${body.message}".`,
		nextStepByStatus(answer.status, step, body),
		taskId === undefined
			? ''
			: answer.status === 404
				? `Task ID: ${taskId}. Task > Get with this ID shows whether it is there after all.`
				: wayOn(taskId),
	];
	return new EvolinkFailure({
		kind: 'api',
		message: isErrorStatus ? `${what} (HTTP ${answer.status})` : what,
		description: sentences.filter((sentence) => sentence !== '').join(' '),
		httpCode: String(answer.status),
		taskId,
	});
}

/** Returns the failure for an answer that redirects: the key must not follow to another host. */
export function redirectFailure(
	status: number,
	location: string | undefined,
	taskId?: string,
): EvolinkFailure {
	const target = location === undefined ? 'another address' : `"${quotableWords(location) ?? ''}"`;
	const description = `It redirects to ${target}. The API key is not sent there. Put the final address into the Evolink API credential.`;
	return new EvolinkFailure({
		kind: 'api',
		message: `The API address in the credential points elsewhere (HTTP ${status})`,
		description: taskId === undefined ? description : `${description} ${wayOn(taskId)}`,
		httpCode: String(status),
		taskId,
	});
}

const NO_ANSWER: Record<NoAnswerReason, { message: string; description: string }> = {
	dns: {
		message: 'The address of the Evolink API could not be found',
		description:
			"Check the addresses in the Evolink API credential and this computer's internet connection.",
	},
	refused: {
		message: 'Nothing answers at the address of the Evolink API',
		description:
			'Check the addresses in the Evolink API credential. If they are right, the service is down: try again later.',
	},
	proxy: {
		message: 'The request to Evolink could not be sent: the proxy did not let it through',
		description: 'Ask whoever runs n8n to check the proxy and whether it allows Evolink.',
	},
	handshake: {
		message: 'The request to Evolink could not be sent: no secure connection could be made',
		description:
			'Check the addresses in the Evolink API credential and whether the certificate there is valid. If they are right, try again later.',
	},
	notSent: {
		message: 'The request to Evolink could not be sent',
		description:
			'Check the API key and the addresses in the Evolink API credential for stray characters.',
	},
	timedOut: {
		message: 'Evolink did not answer in time',
		description: 'Wait a few minutes, then run the workflow again.',
	},
	broken: {
		message: 'The connection to Evolink broke off',
		description:
			"Check this computer's internet connection, wait a few minutes, then run the workflow again.",
	},
};

/** Returns the failure for a request that got no answer. Source of the reasons: the client. */
export function noAnswerFailure(reason: NoAnswerReason, taskId?: string): EvolinkFailure {
	const { message, description } = NO_ANSWER[reason];
	return new EvolinkFailure({
		kind: 'api',
		message,
		description: taskId === undefined ? description : `${description} ${wayOn(taskId)}`,
		taskId,
	});
}

/** Returns the failure for an answer that is not what the API promises (a page, half a text). */
export function unreadableAnswerFailure(status: number, taskId?: string): EvolinkFailure {
	const description =
		'Something between n8n and Evolink may have changed the answer, such as a proxy. Wait a few minutes, then run the workflow again.';
	return new EvolinkFailure({
		kind: 'api',
		message: 'The answer of Evolink could not be read',
		description: taskId === undefined ? description : `${description} ${wayOn(taskId)}`,
		httpCode: String(status),
		taskId,
	});
}

/**
 * Returns the failure for a submission whose answer was lost: a task may exist and be charged.
 * The text must not depend on chance or time, since n8n's retries repeat it word by word.
 *
 * @param why how the answer was lost, half a sentence that follows "because"
 */
export function lostSubmissionFailure(
	why: string,
	httpCode?: string,
	answerText = '',
): EvolinkFailure {
	const words = wordsOfPage(answerText);
	const quote = words === undefined ? '' : ` It reads: "${words}".`;
	return new EvolinkFailure({
		kind: 'api',
		message: 'The video may have been started, but the answer of Evolink was lost',
		description: `It was lost because ${why}.${quote} So that nothing is paid twice, this item is not submitted again by a retry. Check ${BILLING_URL} for a charge at this time: if there is one, the video was started, and its ID works with Task > Get; if there is none, run the workflow again from the start.`,
		httpCode,
	});
}

/** What to do about a failed task, by the API's code. Source: the API's list of task errors. */
const NEXT_STEP_BY_FAILURE_CODE: Record<string, string> = {
	content_policy_violation:
		'The content was refused. Real faces, brands, violence, nudity and minors are common reasons: change the prompt or the image, then run the workflow again.',
	invalid_parameters:
		'A field has a value that the model does not accept: change it, then run again.',
	image_processing_error:
		"The image could not be opened. Check that its link works without a login and that it is a JPEG, PNG or WebP, or load the image in an earlier node and set 'Image Source' to 'Binary File'.",
	image_dimension_mismatch: 'The image has the wrong size: resize it, then run again.',
	request_cancelled: 'The task was cancelled. Run the workflow again to submit a new one.',
	generation_failed_no_content:
		'The model returned no video. Change the prompt, then run the workflow again.',
	service_error: 'This is temporary. Wait a while, then run the workflow again.',
	service_unavailable: 'This is temporary. Wait a while, then run the workflow again.',
	generation_timeout: 'This is temporary. Wait a while, then run the workflow again.',
	resource_exhausted: 'This is temporary. Wait a while, then run the workflow again.',
	quota_exceeded: `Wait a while or top up the account at ${BILLING_URL}, then run the workflow again.`,
	resource_not_found:
		'Something that the request refers to does not exist or has expired. Check the image, then run again.',
};

/** The codes of failed tasks that the API documents. */
export const FAILURE_CODES: readonly string[] = Object.keys(NEXT_STEP_BY_FAILURE_CODE);

/** Failures that another try with the same request does not change. Source: the same list. */
const HOPELESS_CODES = [
	'content_policy_violation',
	'invalid_parameters',
	'image_dimension_mismatch',
];

/** Returns whether making the failed task's video again would fail again, and be paid again. */
export function isHopeless(task: EvolinkTask): boolean {
	return HOPELESS_CODES.includes(task.failure?.code ?? '');
}

/** Returns code, message and next step of a task that failed or was cancelled. */
export function describeFailedTask(task: EvolinkTask): {
	code: string;
	message: string;
	nextStep: string;
} {
	const cancelled = task.status === 'cancelled';
	const code =
		quotableName(task.failure?.code) ?? (cancelled ? 'request_cancelled' : 'unknown_error');
	return {
		code,
		message:
			quotableWords(task.failure?.message) ??
			(cancelled ? 'The task was cancelled' : 'Evolink gave no reason'),
		nextStep: FAILURE_CODES.includes(code)
			? NEXT_STEP_BY_FAILURE_CODE[code]
			: 'Change the prompt or the image and run the workflow again; if it fails once more, ask Evolink about the task ID.',
	};
}

/** Returns the failure of an item whose task failed or was cancelled. */
export function failedTaskFailure(task: EvolinkTask): EvolinkFailure {
	const { code, message, nextStep } = describeFailedTask(task);
	return new EvolinkFailure({
		kind: 'api',
		// The API's own words mostly end with a full stop, which would stand before the bracket.
		message: `Evolink could not make the video: ${message.replace(/\.$/, '')} (${code})`,
		description: `${nextStep} Making it again is a new paid task, so the node does not do that by itself. Task ID: ${task.id}; Task > Get with this ID shows the details.`,
		taskId: task.id,
		status: task.status,
		failureCode: code,
	});
}

/**
 * Returns the failure of a wait that ended before the task did.
 *
 * @param taskId the task that was waited for
 * @param timeoutSeconds how long the wait was allowed to take
 * @param task the task as last read, if it could be read at all
 * @param trouble what went wrong with the last read, if something did
 */
export function timeoutFailure(
	taskId: string,
	timeoutSeconds: number,
	task: EvolinkTask | undefined,
	trouble: EvolinkFailure | undefined,
): EvolinkFailure {
	const statusWords =
		task === undefined
			? 'Its status could not be read'
			: ['pending', 'processing', 'completed'].includes(task.status)
				? `Its last known status is '${task.status}'`
				: `Evolink reports the status '${quotableName(task.status) ?? ''}', which this node does not know`;
	const troubleWords =
		trouble === undefined ? '' : ` The last attempt to read it ended with: ${trouble.message}.`;
	return new EvolinkFailure({
		kind: trouble === undefined ? 'timeout' : 'api',
		timedOut: true,
		message:
			task?.status === 'completed'
				? `The video is finished, but Evolink gave no link to it within ${timeoutSeconds} seconds`
				: `The video was not finished within ${timeoutSeconds} seconds`,
		description: `${statusWords}.${troubleWords} ${wayOn(taskId)} To wait longer, raise 'Timeout (Seconds)' in the options.`,
		taskId,
		status: task?.status,
		httpCode: trouble?.details.httpCode,
	});
}

/** A finished task's link. */
export interface ResultLink {
	link: string;
	taskId: string;
}

/**
 * Returns the failure of a finished video that could not be fetched.
 *
 * @param what half a sentence that follows a colon
 * @param advice the next step
 */
export function downloadFailure(
	{ link, taskId }: ResultLink,
	what: string,
	advice: string,
	more: { httpCode?: number; timedOut?: boolean } = {},
): EvolinkFailure {
	const { httpCode, timedOut = false } = more;
	return new EvolinkFailure({
		kind: 'api',
		message: `The video is finished, but could not be downloaded: ${what}`,
		description: `${advice} Its link is ${quotedWords(link)} (links work for 24 hours from the start of the task). ${wayOn(taskId)}`,
		taskId,
		status: 'completed',
		timedOut,
		httpCode: httpCode === undefined ? undefined : String(httpCode),
	});
}

/** Returns the failure of a finished task that has no result link although one is wanted. */
export function noLinkFailure(taskId: string): EvolinkFailure {
	return new EvolinkFailure({
		kind: 'api',
		message: 'The video is finished, but Evolink gives no link to it',
		description: `Wait a while and check again. ${wayOn(taskId)}`,
		taskId,
		status: 'completed',
	});
}

const ISSUES_URL = 'https://github.com/n8n-nodes-evolink/n8n-nodes-evolink/issues';

/** Returns the failure of something that should not happen: a fault of the node, not of its user. */
export function internalFailure(error: unknown, taskId?: string): EvolinkFailure {
	const words = quotableWords(error instanceof Error ? error.message : String(error));
	return new EvolinkFailure(
		{
			kind: 'internal',
			message: `The Evolink node has an internal fault: ${words ?? 'unknown'}`,
			description: `Your fields are not the cause. Run the workflow again; if it happens again, report it at ${ISSUES_URL}.${taskId === undefined ? '' : ` ${wayOn(taskId)}`}`,
			taskId,
		},
		error,
	);
}
