import { EvolinkFailure, quotedName, quotedWords } from './failure';
import type { FailureDetails } from './failure';
import { errorIn, statusOf } from './response';
import type { NoResponseReason, Response } from './response';
import { isKnownStatus, taskIdIn } from './task';
import type { EvolinkTask } from './task';
import { Stopped } from '../time/stop';

/** Where the account's charges are listed. Source: the API's answer to an empty account (402). */
export const BILLING_URL = 'https://evolink.ai/dashboard/billing';

/** Where API keys are made. Source: the API's description of its authentication. */
const API_KEYS_URL = 'https://evolink.ai/dashboard/keys';

const ISSUES_URL = 'https://github.com/n8n-nodes-evolink/n8n-nodes-evolink/issues';

/** What the node was doing when the API answered. */
export type Step = 'submission' | 'statusRead' | 'upload' | 'balance';

/** Makes a failure whose description is the sentences that there are. */
function apiFailure(
	message: string,
	sentences: readonly string[],
	more: Partial<FailureDetails> = {},
): EvolinkFailure {
	const description = sentences.filter((sentence) => sentence !== '').join(' ');
	return new EvolinkFailure({ kind: 'api', message, description, ...more });
}

/** Returns the readable words of a page as a sentence; nothing when there are none. */
function pageSentence(text: string): string {
	const start = text.slice(0, 20_000);
	// Half a JSON text is no help to a reader.
	if (/^\s*[{[]/.test(start)) return '';
	const words = quotedWords(
		start.replace(/<(script|style)[^>]*>[^]*?(<\/\1>|$)/gi, ' ').replace(/<[^>]*(>|$)/g, ' '),
	);
	return words === '' ? '' : `The response reads: "${words}".`;
}

/**
 * Returns the failure for an error response that is not the API's own: a page of a proxy, a firewall
 * or a CDN, which says nothing about the key or the request.
 */
export function inBetweenFailure({ status, text }: Response): EvolinkFailure {
	return apiFailure(
		`Something between n8n and Evolink refused the request (HTTP ${status})`,
		[
			pageSentence(text),
			'It does not come from Evolink itself, but from a proxy, firewall or gateway in between. Ask whoever runs your network whether it allows Evolink, then run the workflow again.',
		],
		{ httpCode: String(status) },
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
		`Choose another model, ask the owner of the account to allow this one for the key, or use another key from ${API_KEYS_URL}.`,
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
		'Evolink received too many requests',
		"Wait a minute, then run the workflow again, and lower 'Max Concurrent Videos' if it happens often.",
	],
	500: ['Evolink had an internal error', WAIT_MINUTES],
	502: ['The service behind Evolink did not answer', WAIT_MINUTES],
	503: ['Evolink is not available right now', WAIT_MINUTES],
	504: ['Evolink took too long to answer', WAIT_MINUTES],
};

const UNKNOWN_ID =
	'Check it for typing mistakes. Evolink forgets old tasks after a while, and a task is only known to the account that created it.';

/** Whether the API objects to the model: it was withdrawn, or the key may not use it. */
function isAboutModel(
	status: number,
	{ code, message, param }: ReturnType<typeof errorIn>,
): boolean {
	return param === 'model' || /model/i.test(code) || (status === 404 && /model/i.test(message));
}

function wordsFor(
	status: number,
	error: ReturnType<typeof errorIn>,
	step: Step,
): [what: string, nextStep: string] {
	const { param } = error;
	if (step === 'submission' && isAboutModel(status, error)) {
		return [
			'Evolink did not accept the model',
			'Choose another model. This one may no longer be offered, or the API key may not be allowed to use it.',
		];
	}
	if (step === 'statusRead') {
		if (status === 404) return ['Evolink does not know a task with this ID', UNKNOWN_ID];
		const isAboutId = status === 400 && /^$|id$/i.test(param);
		if (isAboutId) return ['Evolink did not accept this task ID', UNKNOWN_ID];
	}
	const [what, nextStep] = WORDS_BY_STATUS[status] ?? [
		'Evolink gave a response that was not expected',
		status >= 500 ? WAIT_MINUTES : CHECK_ADDRESSES,
	];
	if (step === 'statusRead' && status === 403) {
		return [what, 'Use the API key of the account that created the task.'];
	}
	if (nextStep !== CHECK_FIELDS || param === '') return [what, nextStep];
	return [what, `Check the field '${param}', then run the workflow again.`];
}

/** Returns the failure for an error response of the API, after its HTTP status or the one it names. */
export function answerFailure(response: Response, step: Step): EvolinkFailure {
	const status = statusOf(response);
	const error = errorIn(response.json);
	const { message } = error;
	const [what, nextStep] = wordsFor(status, error, step);
	return apiFailure(
		status >= 400 ? `${what} (HTTP ${status})` : 'Evolink refused the request',
		[message === '' ? '' : `Evolink says: "${message}".`, nextStep],
		{ httpCode: String(status), isByApi: true },
	);
}

/** Returns the failure for a response that redirects: the key must not follow to another host. */
export function redirectFailure({ status, headers }: Response): EvolinkFailure {
	const location = quotedWords(headers.location);
	const target = location === '' ? 'another address' : `"${location}"`;
	return apiFailure(
		`The API address in the credential points elsewhere (HTTP ${status})`,
		[
			`It redirects to ${target}. The API key is not sent there. Put the final address into the Evolink API credential.`,
		],
		{ httpCode: String(status) },
	);
}

const WORDS_BY_REASON: Record<NoResponseReason, [what: string, nextStep: string]> = {
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

/** Returns the failure for a request that got no response. */
export function noResponseFailure(reason: NoResponseReason): EvolinkFailure {
	const [what, nextStep] = WORDS_BY_REASON[reason];
	return apiFailure(what, [nextStep]);
}

/** Returns the failure for a response that is not what the API promises (a page, half a text). */
export function unreadableFailure({ status }: Response): EvolinkFailure {
	return apiFailure(
		"Evolink's response could not be read",
		[
			`Something between n8n and Evolink may have changed the response, such as a proxy. ${WAIT_MINUTES}`,
		],
		{ httpCode: String(status) },
	);
}

/**
 * Returns the failure for a submission whose outcome is unknown: a task may exist and be charged.
 * The text must not depend on chance or time, since n8n's retries repeat it word by word.
 *
 * @param why how the response was lost, half a sentence that follows "because"
 * @param response what came in its place, if anything did
 */
export function unknownOutcomeFailure(why: string, response?: Response): EvolinkFailure {
	const taskId = taskIdIn(response?.text ?? '');
	return apiFailure(
		"The video may have been started, but Evolink's response was lost",
		[
			`It was lost because ${why}.`,
			response === undefined ? '' : pageSentence(response.text),
			'So that nothing is paid twice, this item is not submitted again by a retry.',
		],
		{
			mayBePaid: true,
			httpCode: response === undefined ? undefined : String(response.status),
			taskId,
		},
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
		'The image could not be opened. Check that its link works without a login and that it is a JPEG, PNG or WebP.',
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

/** The image could not be opened; a link is the same at a retry, a file is uploaded again. */
const IMAGE_CODE = 'image_processing_error';

/** Returns whether making the failed task's video again would fail again, and be paid again. */
export function isHopeless({ failure }: EvolinkTask, hasOnlyLinks: boolean): boolean {
	const code = failure?.code ?? '';
	return HOPELESS_CODES.includes(code) || (code === IMAGE_CODE && hasOnlyLinks);
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
	const code = quotedName(task.failure?.code) || codeUnsaid;
	return {
		code,
		message: quotedWords(task.failure?.message) || messageUnsaid,
		nextStep: FAILURE_CODES.includes(code)
			? NEXT_STEP_BY_FAILURE_CODE[code]
			: 'Change the prompt or the image and run the workflow again; if it fails once more, ask Evolink about the task ID.',
	};
}

/**
 * Returns the failure of an item whose task failed or was cancelled.
 *
 * @param imageAdvice what else to do where the image could not be opened
 */
export function failedTaskFailure(task: EvolinkTask, imageAdvice = ''): EvolinkFailure {
	const { code, message, nextStep } = describeFailedTask(task);
	// The API's own words mostly end with a full stop, which would stand before the bracket.
	const words = message.replace(/\.$/, '');
	const advice = code === IMAGE_CODE ? imageAdvice : '';
	return apiFailure(`Evolink could not make the video: ${words} (${code})`, [nextStep, advice], {
		taskId: task.id,
		status: task.status,
		failureCode: code,
	});
}

/**
 * Returns the failure of a wait that ended before the task did.
 *
 * @param task as last read, if it could be read at all
 * @param trouble what went wrong with the last read, if something did
 */
export function timeoutFailure(
	timeoutSeconds: number,
	task: EvolinkTask | undefined,
	trouble: EvolinkFailure | undefined,
): EvolinkFailure {
	const isKnown = task === undefined || isKnownStatus(task.status);
	const status = quotedName(task?.status);
	const statusSentence = isKnown
		? `Its last known status is '${status}'.`
		: `Evolink reports the status '${status}', which this node does not know.`;
	const unfinished =
		task === undefined ? 'The status of the task could not be read' : 'The video was not finished';
	return apiFailure(
		task?.status === 'completed'
			? `The video is finished, but Evolink gave no link to it within ${timeoutSeconds} seconds`
			: `${unfinished} within ${timeoutSeconds} seconds`,
		[
			task === undefined ? '' : statusSentence,
			trouble === undefined ? '' : `The last attempt to read it ended with: ${trouble.message}.`,
			isKnown
				? "To wait longer, raise 'Timeout (Seconds)' in the options."
				: `Waiting longer does not help: report the status at ${ISSUES_URL}.`,
		],
		{
			kind: trouble === undefined ? 'timeout' : 'api',
			timedOut: true,
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
	link: string,
	what: string,
	advice: string,
	{ httpCode, timedOut = false }: { httpCode?: number; timedOut?: boolean } = {},
): EvolinkFailure {
	return apiFailure(
		`The video is finished, but could not be downloaded: ${what}`,
		[
			advice,
			`Its link is ${quotedWords(link)} (links work for 24 hours from the start of the task).`,
		],
		{
			status: 'completed',
			timedOut,
			httpCode: httpCode === undefined ? undefined : String(httpCode),
		},
	);
}

/** Returns the failure of a finished task that has no result link although one is wanted. */
export function noLinkFailure(): EvolinkFailure {
	return apiFailure(
		'The video is finished, but Evolink gives no link to it',
		['Wait a while and check again.'],
		{ status: 'completed' },
	);
}

/** Returns the failure of something that should not happen: an error of the node, not of its user. */
export function internalFailure(error: unknown): EvolinkFailure {
	const words = quotedWords(error instanceof Error ? error.message : String(error));
	const { details } = apiFailure(
		`The Evolink node had an internal error: ${words || 'unknown'}`,
		[
			`Your fields are not the cause. Run the workflow again; if it happens again, report it at ${ISSUES_URL}.`,
		],
		{ kind: 'internal' },
	);
	return new EvolinkFailure(details, error);
}

/** Returns a failure, such as a limit's, with what had failed before: the item's video may be paid for. */
export function afterFailure(error: unknown, before: FailureDetails): unknown {
	if (!(error instanceof EvolinkFailure)) return error;
	const { taskId, status, failureCode } = before;
	const description = `It had failed before: ${before.message}. ${error.details.description}`;
	return new EvolinkFailure({ ...error.details, description, taskId, status, failureCode });
}

/**
 * Returns a failure that names the task it is about. What is neither a failure nor a stop is an error
 * of the node, and must not hide the paid task.
 */
export function ofTask(error: unknown, taskId: string): Error {
	if (error instanceof Stopped) return error;
	const { details, cause } = error instanceof EvolinkFailure ? error : internalFailure(error);
	return new EvolinkFailure({ ...details, taskId }, cause);
}
