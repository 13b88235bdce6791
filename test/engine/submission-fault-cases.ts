import {
	answerFailure,
	inBetweenFailure,
	lostSubmissionFailure,
	noAnswerFailure,
	redirectFailure,
} from '../../nodes/Evolink/evolink/failures';
import type { FaultAction } from '../../sandbox';

/** What stands in the way of a submission, and for how many submissions. */
export type Obstacle =
	/** The first submissions of the item meet this fault, `times` of them (default 1). */
	| { kind: 'fault'; fault: FaultAction; times?: number }
	/** The API's address answers with this status and names another address. */
	| { kind: 'redirect'; status: number }
	/** The credential holds an address that nobody knows, or at which nobody listens. */
	| { kind: 'address'; is: 'unknown' | 'closed' }
	/** The connection ends in the middle of the first answer, whose length was said or was not. */
	| { kind: 'cutAnswer'; framing: 'contentLength' | 'chunked' }
	/** The user stops the execution while the first submission meets this fault. */
	| { kind: 'stop'; fault: FaultAction };

/** How the node's run ends: with the video, with an error of this message, or by the user. */
export type Ending =
	| { kind: 'delivered' }
	| { kind: 'failed'; message: string }
	| { kind: 'stopped'; isTaskLogged: boolean };

/**
 * What a retry of n8n's does. `delivers`: the item is submitted again, which works. `failsAgain`:
 * it is submitted again and meets the same obstacle. `staysOut`: nothing is submitted, and the
 * error is the same. `notNeeded`: there is nothing to retry. `none`: n8n does not retry.
 */
export type RetryEffect = 'delivers' | 'failsAgain' | 'staysOut' | 'notNeeded' | 'none';

/** One fault that a submission can meet, what the node does about it, and what is paid for. */
export interface SubmissionFaultCase {
	name: string;
	obstacle: Obstacle;
	/** How often the node submits without any retry of n8n's, and how that ends. */
	submissions: number;
	ending: Ending;
	/** The second try under Retry On Fail. */
	retryOnFail: RetryEffect;
	/** "Retry execution" after the first try; the trouble is over then, but for a fault for ever. */
	retryExecution: RetryEffect;
	/** How many videos Evolink charges for this one item. */
	charged: { firstTry: number; afterRetry: number };
}

function failed(message: string): Ending {
	return { kind: 'failed', message };
}

function messageOf(status: number): string {
	return answerFailure({ status, json: undefined }, 'submission').details.message;
}

/** The request certainly was not taken, or the API itself said no: a retry submits again. */
function refused(
	name: string,
	obstacle: Obstacle,
	message: string,
	more: Partial<SubmissionFaultCase> = {},
): SubmissionFaultCase {
	return {
		name,
		obstacle,
		submissions: 1,
		ending: failed(message),
		retryOnFail: 'delivers',
		retryExecution: 'delivers',
		charged: { firstTry: 0, afterRetry: 1 },
		...more,
	};
}

/** Nobody knows whether a video was started, so no retry submits the item again. */
function lost(name: string, obstacle: Obstacle, charged: 0 | 1): SubmissionFaultCase {
	return {
		name,
		obstacle,
		submissions: 1,
		ending: failed(lostSubmissionFailure('').details.message),
		retryOnFail: 'staysOut',
		retryExecution: 'staysOut',
		charged: { firstTry: charged, afterRetry: charged },
	};
}

/** An answer that is lost in the same way whether a video was started before it or not. */
function lostEitherWay(
	fault: Extract<FaultAction, { afterAcceptance?: boolean }>,
): SubmissionFaultCase[] {
	const words = Object.entries(fault).map(([key, value]) => (value === true ? key : value));
	const name = words.join(' ');
	return [
		lost(`${name}, nothing started`, { kind: 'fault', fault }, 0),
		lost(`${name}, started`, { kind: 'fault', fault: { ...fault, afterAcceptance: true } }, 1),
	];
}

/** The API's own error; `started`: it had started the video all the same. */
function apiError(status: number, started = false): SubmissionFaultCase {
	const charged = started ? 1 : 0;
	return refused(
		`HTTP ${status}${started ? ', started all the same' : ''}`,
		{ kind: 'fault', fault: { kind: 'status', status, afterAcceptance: started } },
		messageOf(status),
		{ charged: { firstTry: charged, afterRetry: charged + 1 } },
	);
}

/** "Too many requests" once: the node waits and submits again by itself. */
function passing(
	name: string,
	answer: { retryAfter?: number; html?: boolean },
): SubmissionFaultCase {
	return {
		name,
		obstacle: { kind: 'fault', fault: { kind: 'status', status: 429, ...answer } },
		submissions: 2,
		ending: { kind: 'delivered' },
		retryOnFail: 'notNeeded',
		retryExecution: 'notNeeded',
		charged: { firstTry: 1, afterRetry: 1 },
	};
}

function stopped(
	name: string,
	fault: FaultAction,
	charged: 0 | 1,
	isTaskLogged = false,
): SubmissionFaultCase {
	return {
		name,
		obstacle: { kind: 'stop', fault },
		submissions: 1,
		ending: { kind: 'stopped', isTaskLogged },
		retryOnFail: 'none',
		retryExecution: 'none',
		charged: { firstTry: charged, afterRetry: charged },
	};
}

/** How often the node submits by itself before it gives up. */
const UNREACHABLE = { submissions: 4, retryOnFail: 'failsAgain' } as const;
const RATE_LIMITED_SUBMISSIONS = 6;

const tooMany = (retryAfter?: number, times = 1): Obstacle => ({
	kind: 'fault',
	fault: { kind: 'status', status: 429, retryAfter },
	times,
});

/** Every kind of fault that a submission can meet, in groups. */
export const SUBMISSION_FAULTS: Record<string, SubmissionFaultCase[]> = {
	'Evolink cannot be reached': [
		refused(
			'name not found',
			{ kind: 'address', is: 'unknown' },
			noAnswerFailure('dns').details.message,
			UNREACHABLE,
		),
		refused(
			'connection refused',
			{ kind: 'address', is: 'closed' },
			noAnswerFailure('refused').details.message,
			UNREACHABLE,
		),
	],
	'Evolink asks for patience': [
		passing('429 once', {}),
		passing('429 once, with Retry-After', { retryAfter: 2 }),
		passing('429 once, as a page', { html: true }),
		refused('Retry-After beyond the timeout', tooMany(3600), messageOf(429)),
		refused(
			'429 for as long as the first try lasts',
			tooMany(undefined, RATE_LIMITED_SUBMISSIONS),
			messageOf(429),
			{ submissions: RATE_LIMITED_SUBMISSIONS },
		),
		refused('429 for ever', tooMany(1, Infinity), messageOf(429), {
			submissions: RATE_LIMITED_SUBMISSIONS,
			retryOnFail: 'failsAgain',
			retryExecution: 'failsAgain',
			charged: { firstTry: 0, afterRetry: 0 },
		}),
	],
	'Evolink says no': [400, 401, 402, 403, 404, 408, 409, 413, 422].map((status) =>
		apiError(status),
	),
	'The address points elsewhere': [
		...[301, 302, 307, 308].map((status) =>
			refused(
				`HTTP ${status}`,
				{ kind: 'redirect', status },
				redirectFailure(status, undefined).details.message,
			),
		),
		lost('HTTP 303', { kind: 'redirect', status: 303 }, 0),
	],
	'Evolink has a fault': [500, 502, 503].flatMap((status) => [
		apiError(status),
		apiError(status, true),
	]),
	'Something on the way refuses': [400, 401, 402, 403, 404].flatMap((status) =>
		[{ html: true }, { empty: true }].map((body) =>
			refused(
				`HTTP ${status}, ${Object.keys(body).join()}`,
				{ kind: 'fault', fault: { kind: 'status', status, ...body } },
				inBetweenFailure({ status, text: '' }).details.message,
			),
		),
	),
	'Something on the way has a fault': [
		...[408, 500, 501, 502, 503, 504, 520, 524].map((status) => ({ status, html: true })),
		{ status: 599, empty: true },
	].flatMap((answer) => lostEitherWay({ kind: 'status', ...answer })),
	'The answer gets lost': [
		lost('reset before it', { kind: 'fault', fault: { kind: 'reset-before-acceptance' } }, 0),
		lost('reset after it', { kind: 'fault', fault: { kind: 'reset-after-acceptance' } }, 1),
		lost('cut off', { kind: 'cutAnswer', framing: 'contentLength' }, 1),
		lost('cut off, length unknown', { kind: 'cutAnswer', framing: 'chunked' }, 1),
		...(['stall', 'trickle', 'html', 'empty', 'truncated-json'] as const).flatMap((kind) =>
			lostEitherWay({ kind }),
		),
		...[
			'}{ok',
			'null',
			'{"error":"no"}',
			'{"object":"video.generation.task","status":"pending","progress":0}',
			'{"id":17,"status":"pending"}',
			'{"id":"../credits","status":"pending"}',
		].flatMap((body) => lostEitherWay({ kind: 'garbage', body })),
	],
	'The user presses Stop': [
		stopped('the answer comes within half a second', { kind: 'stall', seconds: 0.3 }, 1, true),
		stopped('started, and no answer', { kind: 'stall', afterAcceptance: true }, 1),
		stopped('nothing started', { kind: 'stall' }, 0),
		stopped('while it waits', { kind: 'status', status: 429, retryAfter: 60 }, 0),
	],
};
