import {
	answerFailure,
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
	/** What goes wrong, for somebody who has never heard of HTTP. */
	what: string;
	/** The same for technicians. */
	technically: string;
	obstacle: Obstacle;
	/** What the node does without any retry of n8n's. */
	firstTry: { submissions: number; ending: Ending };
	/** The second try under Retry On Fail. */
	retryOnFail: RetryEffect;
	/** "Retry execution" after the first try. */
	retryExecution: RetryEffect;
	/** How many videos Evolink charges for this one item. */
	charged: { firstTry: number; afterRetry: number };
}

/** Cases that belong together. */
export interface SubmissionFaultGroup {
	/** Names the group's table in the documentation. */
	name: string;
	title: string;
	cases: SubmissionFaultCase[];
}

/** What a submission leaves behind when a video was started, or not, before the fault. */
type Start = 'started' | 'notStarted';

const LOST_MESSAGE = lostSubmissionFailure('').details.message;

const delivered: Ending = { kind: 'delivered' };

function failed(message: string): Ending {
	return { kind: 'failed', message };
}

function messageOf(status: number): string {
	return answerFailure({ status, json: undefined }, 'submission').details.message;
}

/** The node submits a second time by itself, after a pause. */
function repeatedByTheNode(
	what: string,
	technically: string,
	fault: FaultAction,
): SubmissionFaultCase {
	return {
		what,
		technically,
		obstacle: { kind: 'fault', fault },
		firstTry: { submissions: 2, ending: delivered },
		retryOnFail: 'notNeeded',
		retryExecution: 'notNeeded',
		charged: { firstTry: 1, afterRetry: 1 },
	};
}

/** An error answer: the node reports it, and a retry of n8n's submits again. */
function reported(what: string, status: number, start: Start = 'notStarted'): SubmissionFaultCase {
	const startedCount = start === 'started' ? 1 : 0;
	return {
		what,
		technically: `HTTP ${status}${start === 'started' ? ' after the video was started' : ''}`,
		obstacle: {
			kind: 'fault',
			fault: { kind: 'status', status, afterAcceptance: start === 'started' },
		},
		firstTry: { submissions: 1, ending: failed(messageOf(status)) },
		retryOnFail: 'delivers',
		retryExecution: 'delivers',
		charged: { firstTry: startedCount, afterRetry: startedCount + 1 },
	};
}

function redirected(what: string, status: number): SubmissionFaultCase {
	return {
		what,
		technically: `HTTP ${status}`,
		obstacle: { kind: 'redirect', status },
		firstTry: {
			submissions: 1,
			ending: failed(redirectFailure(status, undefined).details.message),
		},
		retryOnFail: 'delivers',
		retryExecution: 'delivers',
		charged: { firstTry: 0, afterRetry: 1 },
	};
}

/** Nobody knows whether a video was started, so the item is not submitted again. */
function lost(
	what: string,
	technically: string,
	obstacle: Obstacle,
	start: Start,
): SubmissionFaultCase {
	const charged = start === 'started' ? 1 : 0;
	return {
		what,
		technically,
		obstacle,
		firstTry: {
			submissions: 1,
			ending: failed(LOST_MESSAGE),
		},
		retryOnFail: 'staysOut',
		retryExecution: 'staysOut',
		charged: { firstTry: charged, afterRetry: charged },
	};
}

/** An answer that is lost in the same way whether a video was started before it or not. */
function lostEitherWay(
	what: string,
	technically: string,
	fault: Extract<FaultAction, { afterAcceptance?: boolean }>,
): SubmissionFaultCase[] {
	return (['notStarted', 'started'] as const).map((start) =>
		lost(
			`${what}; a video was ${start === 'started' ? '' : 'not '}started`,
			technically,
			{ kind: 'fault', fault: { ...fault, afterAcceptance: start === 'started' } },
			start,
		),
	);
}

function stopped(
	what: string,
	technically: string,
	fault: FaultAction,
	charged: 0 | 1,
	isTaskLogged: boolean,
): SubmissionFaultCase {
	return {
		what,
		technically,
		obstacle: { kind: 'stop', fault },
		firstTry: { submissions: 1, ending: { kind: 'stopped', isTaskLogged } },
		retryOnFail: 'none',
		retryExecution: 'none',
		charged: { firstTry: charged, afterRetry: charged },
	};
}

/** How often the node submits by itself before it gives up. Source: docs/decisions.md, 5. */
const MOST_SUBMISSIONS = { unreachable: 4, rateLimited: 6 };

const NOBODY_THERE: SubmissionFaultCase[] = [
	{
		what: 'The address in the credential does not exist, or there is no internet',
		technically: 'host name not found (DNS)',
		obstacle: { kind: 'address', is: 'unknown' },
		firstTry: {
			submissions: MOST_SUBMISSIONS.unreachable,
			ending: failed(noAnswerFailure('dns').details.message),
		},
		retryOnFail: 'failsAgain',
		retryExecution: 'delivers',
		charged: { firstTry: 0, afterRetry: 1 },
	},
	{
		what: 'The address exists, but no service answers there',
		technically: 'connection refused',
		obstacle: { kind: 'address', is: 'closed' },
		firstTry: {
			submissions: MOST_SUBMISSIONS.unreachable,
			ending: failed(noAnswerFailure('refused').details.message),
		},
		retryOnFail: 'failsAgain',
		retryExecution: 'delivers',
		charged: { firstTry: 0, afterRetry: 1 },
	},
];

const TOO_MANY_REQUESTS: SubmissionFaultCase[] = [
	repeatedByTheNode(
		'Evolink is asked too often, and does not say how long to wait',
		'HTTP 429 once, without Retry-After',
		{ kind: 'status', status: 429 },
	),
	repeatedByTheNode(
		'Evolink is asked too often, and says how long to wait',
		'HTTP 429 once, with Retry-After',
		{ kind: 'status', status: 429, retryAfter: 2 },
	),
	{
		what: "Evolink asks for a longer wait than 'Timeout (Seconds)' leaves",
		technically: 'HTTP 429 with a Retry-After beyond the timeout',
		obstacle: { kind: 'fault', fault: { kind: 'status', status: 429, retryAfter: 3600 } },
		firstTry: { submissions: 1, ending: failed(messageOf(429)) },
		retryOnFail: 'delivers',
		retryExecution: 'delivers',
		charged: { firstTry: 0, afterRetry: 1 },
	},
	{
		what: 'Evolink is asked too often for as long as the first try lasts',
		technically: `HTTP 429, ${MOST_SUBMISSIONS.rateLimited} times in a row`,
		obstacle: {
			kind: 'fault',
			fault: { kind: 'status', status: 429 },
			times: MOST_SUBMISSIONS.rateLimited,
		},
		firstTry: { submissions: MOST_SUBMISSIONS.rateLimited, ending: failed(messageOf(429)) },
		retryOnFail: 'delivers',
		retryExecution: 'delivers',
		charged: { firstTry: 0, afterRetry: 1 },
	},
	{
		what: 'Evolink is asked too often, and that never ends',
		technically: 'HTTP 429 for ever',
		obstacle: {
			kind: 'fault',
			fault: { kind: 'status', status: 429, retryAfter: 1 },
			times: Infinity,
		},
		firstTry: { submissions: MOST_SUBMISSIONS.rateLimited, ending: failed(messageOf(429)) },
		retryOnFail: 'failsAgain',
		retryExecution: 'failsAgain',
		charged: { firstTry: 0, afterRetry: 0 },
	},
];

const REFUSED: SubmissionFaultCase[] = [
	reported('Evolink finds a field of the request wrong', 400),
	reported('The API key is wrong', 401),
	reported('The account has too few credits', 402),
	reported('The key may not use this model', 403),
	reported('The address leads to no such service', 404),
	reported('The line was so slow that the request did not arrive in time', 408),
	reported('Evolink finds the request in conflict with something', 409),
	reported('Evolink finds the request too large', 413),
	reported('Evolink does not want the values of the request', 422),
];

const POINTS_ELSEWHERE: SubmissionFaultCase[] = [
	...[301, 302, 307, 308].map((status) =>
		redirected('The address says that the service has moved', status),
	),
	lost(
		'The address says that the answer to look at lies elsewhere',
		'HTTP 303',
		{ kind: 'redirect', status: 303 },
		'notStarted',
	),
];

const EVOLINK_IN_TROUBLE: SubmissionFaultCase[] = [
	reported('Evolink reports a fault of its own', 500),
	reported('Evolink reports that the service behind it did not answer', 502),
	reported('Evolink reports that it is not available', 503),
	reported('The same, but Evolink had started the video all the same', 500, 'started'),
	reported('The same, but Evolink had started the video all the same', 502, 'started'),
	reported('The same, but Evolink had started the video all the same', 503, 'started'),
];

const GATEWAY_TROUBLE: SubmissionFaultCase[] = [
	...lostEitherWay('A gateway on the way waited in vain for Evolink', 'HTTP 504', {
		kind: 'status',
		status: 504,
		html: true,
	}),
	...[500, 502, 503].flatMap((status) =>
		lostEitherWay(`A gateway shows a page in place of Evolink's answer`, `HTTP ${status}, page`, {
			kind: 'status',
			status,
			html: true,
		}),
	),
	...lostEitherWay('A server says that it cannot do this', 'HTTP 501, page', {
		kind: 'status',
		status: 501,
		html: true,
	}),
	...lostEitherWay('A server answers with an unusual fault', 'HTTP 520', {
		kind: 'status',
		status: 520,
		html: true,
	}),
	...lostEitherWay('A server answers with an unusual fault', 'HTTP 599', {
		kind: 'status',
		status: 599,
		empty: true,
	}),
];

const ANSWER_LOST: SubmissionFaultCase[] = [
	lost(
		'The connection breaks before Evolink has taken the request, which n8n cannot know',
		'connection reset before acceptance',
		{ kind: 'fault', fault: { kind: 'reset-before-acceptance' } },
		'notStarted',
	),
	lost(
		'The connection breaks after Evolink has started the video',
		'connection reset after acceptance',
		{ kind: 'fault', fault: { kind: 'reset-after-acceptance' } },
		'started',
	),
	...lostEitherWay('No answer comes within two minutes', 'stall until the time-out', {
		kind: 'stall',
	}),
	...lostEitherWay('The answer drips in and is not whole within two minutes', 'trickle', {
		kind: 'trickle',
	}),
	lost(
		'The connection breaks in the middle of the answer',
		'body shorter than its Content-Length, after acceptance',
		{ kind: 'cutAnswer', framing: 'contentLength' },
		'started',
	),
	lost(
		'The connection breaks in the middle of the answer, whose length was not said',
		'chunked body without its end, after acceptance',
		{ kind: 'cutAnswer', framing: 'chunked' },
		'started',
	),
	...lostEitherWay('Success with a web page in place of an answer', 'HTTP 200, HTML page', {
		kind: 'html',
	}),
	...lostEitherWay('Success with nothing in it', 'HTTP 200, empty body', { kind: 'empty' }),
	...lostEitherWay('Success with half an answer', 'HTTP 200, truncated JSON', {
		kind: 'truncated-json',
	}),
	...lostEitherWay('Success with a text that makes no sense', 'HTTP 200, no JSON', {
		kind: 'garbage',
		body: '}{ok',
	}),
	...lostEitherWay('Success, but no task ID in the answer', 'HTTP 200, task without id', {
		kind: 'garbage',
		body: '{"object":"video.generation.task","status":"pending","progress":0}',
	}),
];

const STOPPED: SubmissionFaultCase[] = [
	stopped(
		'You press Stop, and the answer comes within half a second',
		'answer 0.3 seconds after the request',
		{ kind: 'stall', seconds: 0.3 },
		1,
		true,
	),
	stopped(
		'You press Stop, the video was started, and its answer does not come in time',
		'stall after acceptance',
		{ kind: 'stall', afterAcceptance: true },
		1,
		false,
	),
	stopped(
		'You press Stop before Evolink has started anything',
		'stall before acceptance',
		{ kind: 'stall' },
		0,
		false,
	),
	stopped(
		'You press Stop while the node waits because Evolink was asked too often',
		'HTTP 429 with Retry-After',
		{ kind: 'status', status: 429, retryAfter: 60 },
		0,
		false,
	),
];

/**
 * Every kind of fault that a submission can meet. The documentation's tables and the engine tests
 * are both made from this. Unless `times` says otherwise, the trouble is over when n8n retries.
 */
export const SUBMISSION_FAULTS: SubmissionFaultGroup[] = [
	{ name: 'nobody-there', title: 'Evolink cannot be reached', cases: NOBODY_THERE },
	{ name: 'too-many-requests', title: 'Evolink asks for patience', cases: TOO_MANY_REQUESTS },
	{ name: 'refused', title: 'Evolink says no', cases: REFUSED },
	{ name: 'points-elsewhere', title: 'The address points elsewhere', cases: POINTS_ELSEWHERE },
	{ name: 'evolink-in-trouble', title: 'Evolink has a fault', cases: EVOLINK_IN_TROUBLE },
	{ name: 'gateway-trouble', title: 'Something on the way has a fault', cases: GATEWAY_TROUBLE },
	{ name: 'answer-lost', title: 'The answer gets lost', cases: ANSWER_LOST },
	{ name: 'stopped', title: 'You press Stop', cases: STOPPED },
];
