import { parseErrorBody } from './apiError';
import { EvolinkFailure, quotableName, quotableWords, quotedWords } from './failure';
import type { FailureDetails } from './failure';
import type { EvolinkTask } from './task';

/** Where the account's charges are listed. Source: the API's answer to an empty account (402). */
export const BILLING_URL = 'https://evolink.ai/dashboard/billing';

/** Where API keys are made. Source: the API's description of its authentication. */
const API_KEYS_URL = 'https://evolink.ai/dashboard/keys';

const ISSUES_URL = 'https://github.com/n8n-nodes-evolink/n8n-nodes-evolink/issues';

/** What the node was doing when the API answered. */
export type Step = 'submission' | 'statusRead' | 'upload' | 'balance';

/**
 * Why no answer came. Only `timedOut` and `broken` can follow a request that went out; `notSent`
 * is one that trying again does not change.
 */
export type NoAnswerReason =
	'dns' | 'refused' | 'proxy' | 'handshake' | 'notSent' | 'timedOut' | 'broken';

/** Makes a failure whose description is the sentences that there are. */
function apiFailure(
	message: string,
	sentences: ReadonlyArray<string | undefined>,
	more: Partial<FailureDetails> = {},
): EvolinkFailure {
	const description = sentences.filter((sentence) => sentence !== undefined).join(' ');
	return new EvolinkFailure({ kind: 'api', message, description, ...more });
}

/** Returns the way on to a task that was paid for, where there is one. */
export function wayOn(taskId: string | undefined): string | undefined {
	return taskId === undefined
		? undefined
		: `Task ID: ${taskId}. The video is paid for: use Task > Get with this ID, with Download Video turned on, to get it.`;
}

/** Returns the readable words of a page as a sentence, or undefined when there are none. */
function pageSentence(text: string): string | undefined {
	const start = text.slice(0, 20_000);
	// Half a JSON text is no help to a reader.
	if (/^\s*[{[]/.test(start)) return undefined;
	const words = quotableWords(
		start.replace(/<(script|style)[^>]*>[^]*?(<\/\1>|$)/gi, ' ').replace(/<[^>]*(>|$)/g, ' '),
	);
	return words === undefined ? undefined : `The answer reads: "${words}".`;
}

/**
 * Returns the failure for an error answer that is not the API's own: a page of a proxy, a firewall
 * or a CDN, which says nothing about the key or the request.
 */
export function inBetweenFailure(
	{ status, text }: { status: number; text: string },
	taskId?: string,
): EvolinkFailure {
	return apiFailure(
		`Something between n8n and Evolink refused the request (HTTP ${status})`,
		[
			pageSentence(text),
			'It does not come from Evolink itself, but from a proxy, firewall or gateway in between. Ask whoever runs your network whether it allows Evolink, then run the workflow again.',
			wayOn(taskId),
		],
		{ httpCode: String(status), taskId },
	);
}

const WAIT_MINUTES = 'Wait a few minutes, then run the workflow again.';
const CHECK_FIELDS = "Check this item's fields, then run the workflow again.";
const CHECK_ADDRESSES =
	'Check the addresses in the Evolink API credential, then run the workflow again.';
const USE_OTHER_IMAGE = 'Use a JPEG, PNG or WebP image of at most 20 MB.';

/** What an HTTP status means, and what to do about it. Source: the API's table of errors. */
const WORDS_BY_STATUS: Partial<Record<number, [what: string, nextStep: string]>> = {
	400: ['Evolink did not accept the request', CHECK_FIELDS],
	401: [
		'Evolink did not accept the API key',
		`Open the Evolink API credential and check the API key. Keys are listed at ${API_KEYS_URL}.`,
	],
	402: [
		'The Evolink account has too few credits',
		`Top up the account at ${BILLING_URL}, then run the workflow again. Nothing is submitted again by itself.`,
	],
	403: [
		'The API key is not allowed to do this',
		`Ask the owner of the account to allow this model for the key, or use another key from ${API_KEYS_URL}.`,
	],
	404: [
		'There is nothing at this address of the Evolink API',
		'Check the addresses in the Evolink API credential.',
	],
	408: [
		'The request did not reach Evolink in time',
		"Check this computer's internet connection, then run the workflow again.",
	],
	413: ['Evolink found the image too large', USE_OTHER_IMAGE],
	415: ['Evolink did not accept the kind of file', USE_OTHER_IMAGE],
	422: ['Evolink did not accept the request', CHECK_FIELDS],
	429: [
		'Evolink received too many requests at once',
		"Wait a minute, then run the workflow again, and lower 'Max Concurrent Videos' if it happens often.",
	],
	500: ['Evolink had an internal fault', WAIT_MINUTES],
	502: ['The service behind Evolink did not answer', WAIT_MINUTES],
	503: ['Evolink is not available right now', WAIT_MINUTES],
	504: ['Evolink took too long to answer', WAIT_MINUTES],
};

function wordsForStatus(status: number, step: Step): [what: string, nextStep: string] {
	const words = WORDS_BY_STATUS[status] ?? [
		'Evolink gave an answer that was not expected',
		status >= 500 ? WAIT_MINUTES : CHECK_ADDRESSES,
	];
	if (step !== 'statusRead') return words;
	if (status === 403) return [words[0], 'Use the API key of the account that created the task.'];
	if (status !== 404) return words;
	return [
		'Evolink does not know a task with this ID',
		'Check it for typing mistakes. Evolink forgets old tasks after a while, and a task is only known to the account that created it.',
	];
}

/**
 * Returns the failure for an error answer of the API.
 *
 * @param answer.status the HTTP status, or the one that the body names
 * @param answer.json the parsed body, or undefined when it was none
 * @param taskId the task that the answer is about, if there is one
 */
export function answerFailure(
	{ status, json }: { status: number; json: unknown },
	step: Step,
	taskId?: string,
): EvolinkFailure {
	const { message, param } = parseErrorBody(json);
	const [what, nextStep] = wordsForStatus(status, step);
	const isAboutField = nextStep === CHECK_FIELDS && param !== undefined;
	return apiFailure(
		status >= 400 ? `${what} (HTTP ${status})` : 'Evolink refused the request',
		[
			message === undefined ? undefined : `Evolink says: "${message}".`,
			isAboutField ? `Check the field '${param}', then run the workflow again.` : nextStep,
			taskId !== undefined && status === 404
				? `Task ID: ${taskId}. Task > Get with this ID shows whether it is there after all.`
				: wayOn(taskId),
		],
		{ httpCode: String(status), taskId },
	);
}

/** Returns the failure for an answer that redirects: the key must not follow to another host. */
export function redirectFailure(
	status: number,
	location: string | undefined,
	taskId?: string,
): EvolinkFailure {
	const target = location === undefined ? 'another address' : `"${quotableWords(location) ?? ''}"`;
	return apiFailure(
		`The API address in the credential points elsewhere (HTTP ${status})`,
		[
			`It redirects to ${target}. The API key is not sent there. Put the final address into the Evolink API credential.`,
			wayOn(taskId),
		],
		{ httpCode: String(status), taskId },
	);
}

const WORDS_BY_REASON: Record<NoAnswerReason, [what: string, nextStep: string]> = {
	dns: [
		'The address of the Evolink API could not be found',
		"Check the addresses in the Evolink API credential and this computer's internet connection.",
	],
	refused: [
		'Nothing answers at the address of the Evolink API',
		'Check the addresses in the Evolink API credential. If they are right, the service is down: try again later.',
	],
	proxy: [
		'The request to Evolink could not be sent: the proxy did not let it through',
		'Ask whoever runs n8n to check the proxy and whether it allows Evolink.',
	],
	handshake: [
		'The request to Evolink could not be sent: no secure connection could be made',
		'Check the addresses in the Evolink API credential and whether the certificate there is valid. If they are right, try again later.',
	],
	notSent: [
		'The request to Evolink could not be sent',
		'Check the API key and the addresses in the Evolink API credential for stray characters.',
	],
	timedOut: ['Evolink did not answer in time', WAIT_MINUTES],
	broken: [
		'The connection to Evolink broke off',
		"Check this computer's internet connection, wait a few minutes, then run the workflow again.",
	],
};

/** Returns the failure for a request that got no answer. */
export function noAnswerFailure(reason: NoAnswerReason, taskId?: string): EvolinkFailure {
	const [what, nextStep] = WORDS_BY_REASON[reason];
	return apiFailure(what, [nextStep, wayOn(taskId)], { taskId });
}

/** Returns the failure for an answer that is not what the API promises (a page, half a text). */
export function unreadableAnswerFailure(status: number, taskId?: string): EvolinkFailure {
	return apiFailure(
		'The answer of Evolink could not be read',
		[
			`Something between n8n and Evolink may have changed the answer, such as a proxy. ${WAIT_MINUTES}`,
			wayOn(taskId),
		],
		{ httpCode: String(status), taskId },
	);
}

/**
 * Returns the failure for a submission whose answer was lost: a task may exist and be charged.
 * The text must not depend on chance or time, since n8n's retries repeat it word by word.
 *
 * @param why how the answer was lost, half a sentence that follows "because"
 * @param answer what came in its place, if anything did
 */
export function lostSubmissionFailure(
	why: string,
	answer?: { status: number; text: string },
): EvolinkFailure {
	return apiFailure(
		'The video may have been started, but the answer of Evolink was lost',
		[
			`It was lost because ${why}.`,
			answer === undefined ? undefined : pageSentence(answer.text),
			'So that nothing is paid twice, this item is not submitted again by a retry.',
			`Check ${BILLING_URL} for a charge at this time: if there is one, the video was started, and its ID works with Task > Get; if there is none, run the workflow again from the start.`,
		],
		{ httpCode: answer === undefined ? undefined : String(answer.status) },
	);
}

const LATER = 'This is temporary. Wait a while, then run the workflow again.';

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
	service_error: LATER,
	service_unavailable: LATER,
	generation_timeout: LATER,
	resource_exhausted: LATER,
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
	const [codeUnsaid, messageUnsaid] =
		task.status === 'cancelled'
			? ['request_cancelled', 'The task was cancelled']
			: ['unknown_error', 'Evolink gave no reason'];
	const code = quotableName(task.failure?.code) ?? codeUnsaid;
	return {
		code,
		message: quotableWords(task.failure?.message) ?? messageUnsaid,
		nextStep: FAILURE_CODES.includes(code)
			? NEXT_STEP_BY_FAILURE_CODE[code]
			: 'Change the prompt or the image and run the workflow again; if it fails once more, ask Evolink about the task ID.',
	};
}

/** Returns the failure of an item whose task failed or was cancelled. */
export function failedTaskFailure(task: EvolinkTask): EvolinkFailure {
	const { code, message, nextStep } = describeFailedTask(task);
	return apiFailure(
		// The API's own words mostly end with a full stop, which would stand before the bracket.
		`Evolink could not make the video: ${message.replace(/\.$/, '')} (${code})`,
		[
			nextStep,
			`Making it again is a new paid task, so the node does not do that by itself. Task ID: ${task.id}; Task > Get with this ID shows the details.`,
		],
		{ taskId: task.id, status: task.status, failureCode: code },
	);
}

/**
 * Returns the failure of a wait that ended before the task did.
 *
 * @param task as last read, if it could be read at all
 * @param trouble what went wrong with the last read, if something did
 */
export function timeoutFailure(
	taskId: string,
	timeoutSeconds: number,
	task: EvolinkTask | undefined,
	trouble: EvolinkFailure | undefined,
): EvolinkFailure {
	const isKnown = ['pending', 'processing', 'completed'].includes(task?.status ?? '');
	const status = quotableName(task?.status) ?? '';
	const statusSentence = isKnown
		? `Its last known status is '${status}'.`
		: `Evolink reports the status '${status}', which this node does not know.`;
	return apiFailure(
		task?.status === 'completed'
			? `The video is finished, but Evolink gave no link to it within ${timeoutSeconds} seconds`
			: `The video was not finished within ${timeoutSeconds} seconds`,
		[
			task === undefined ? 'Its status could not be read.' : statusSentence,
			trouble && `The last attempt to read it ended with: ${trouble.message}.`,
			wayOn(taskId),
			"To wait longer, raise 'Timeout (Seconds)' in the options.",
		],
		{
			kind: trouble === undefined ? 'timeout' : 'api',
			timedOut: true,
			taskId,
			status: task?.status,
			httpCode: trouble?.details.httpCode,
		},
	);
}

/**
 * Returns the failure of a finished video that could not be fetched.
 *
 * @param what half a sentence that follows a colon
 * @param advice the next step
 */
export function downloadFailure(
	{ link, taskId }: { link: string; taskId: string },
	what: string,
	advice: string,
	{ httpCode, timedOut = false }: { httpCode?: number; timedOut?: boolean } = {},
): EvolinkFailure {
	return apiFailure(
		`The video is finished, but could not be downloaded: ${what}`,
		[
			advice,
			`Its link is ${quotedWords(link)} (links work for 24 hours from the start of the task).`,
			wayOn(taskId),
		],
		{
			taskId,
			status: 'completed',
			timedOut,
			httpCode: httpCode === undefined ? undefined : String(httpCode),
		},
	);
}

/** Returns the failure of a finished task that has no result link although one is wanted. */
export function noLinkFailure(taskId: string): EvolinkFailure {
	return apiFailure(
		'The video is finished, but Evolink gives no link to it',
		['Wait a while and check again.', wayOn(taskId)],
		{ taskId, status: 'completed' },
	);
}

/** Returns the failure of something that should not happen: a fault of the node, not of its user. */
export function internalFailure(error: unknown, taskId?: string): EvolinkFailure {
	const words = quotableWords(error instanceof Error ? error.message : String(error));
	const { details } = apiFailure(
		`The Evolink node has an internal fault: ${words ?? 'unknown'}`,
		[
			`Your fields are not the cause. Run the workflow again; if it happens again, report it at ${ISSUES_URL}.`,
			wayOn(taskId),
		],
		{ kind: 'internal', taskId },
	);
	return new EvolinkFailure(details, error);
}
