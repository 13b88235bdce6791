import { isApiError, statusOfApiError } from './apiError';
import {
	answerFailure,
	inBetweenFailure,
	lostSubmissionFailure,
	noAnswerFailure,
	redirectFailure,
	unreadableAnswerFailure,
} from './failures';
import type { NoAnswerReason, Step } from './failures';
import type { EvolinkFailure } from './failure';
import type { VideoSettings } from './models';
import { retryAfterMs } from '../time/retry';
import type { Repeatable, Throttle } from '../time/retry';
import { finiteNumber, isJsonObject, parseTask } from './task';
import type { EvolinkTask, JsonObject } from './task';

/** One HTTP request to the API, which the transport authenticates. */
export interface HttpRequest {
	method: 'GET' | 'POST';
	host: ApiHost;
	path: string;
	headers?: Record<string, string>;
	/** An object is sent as JSON; a form as multipart/form-data. */
	body?: Record<string, unknown> | FormData;
	/** The whole exchange, answer included, takes no longer than this. */
	timeoutMs: number;
	/**
	 * What a stop of the execution does to the exchange: `abort` ends it at once; `letFinish` is
	 * for a request whose answer is worth money.
	 */
	onStop: 'abort' | 'letFinish';
}

/** An answer with any HTTP status, or the reason why there is none. */
export type HttpOutcome =
	| {
			kind: 'answer';
			status: number;
			headers: Record<string, string>;
			text: string;
			/** The parsed text; undefined where it is no JSON. */
			json: unknown;
	  }
	| { kind: 'noAnswer'; reason: NoAnswerReason };

/**
 * Sends a request with the user's API key. Never throws for anything that the network or the server
 * does; throws only when the execution was stopped.
 */
export type ApiTransport = (request: HttpRequest) => Promise<HttpOutcome>;

/** Body of `POST /v1/videos/generations`; the model's schema knows no other field. */
export interface VideoRequestBody {
	model: string;
	/** The first frame, then the last; left out when there is none. */
	image_urls?: readonly string[];
	/** Left out when it would be empty. */
	prompt?: string;
	quality: string;
	duration: number;
	model_params: { prompt_optimizer: boolean; fast_pretreatment?: boolean };
}

/** Returns the body of the submission; what there is not is left out. */
export function requestBody(
	settings: VideoSettings,
	imageUrls: readonly string[],
): VideoRequestBody {
	const { model, prompt, quality, durationSeconds, promptOptimizer, fastPretreatment } = settings;
	return {
		model,
		...(imageUrls.length === 0 ? {} : { image_urls: imageUrls }),
		...(prompt === '' ? {} : { prompt }),
		quality,
		duration: durationSeconds,
		model_params: {
			prompt_optimizer: promptOptimizer,
			...(fastPretreatment === undefined ? {} : { fast_pretreatment: fastPretreatment }),
		},
	};
}

/**
 * What became of a submission. `accepted`: a task exists. `notAccepted`: it certainly does not,
 * and the same request may be sent again. `refused`: the API answered with an error. `lost`:
 * nobody knows, so the request must not be sent again.
 */
export type SubmissionOutcome =
	| { kind: 'accepted'; task: EvolinkTask }
	| {
			kind: 'notAccepted';
			failure: EvolinkFailure;
			reason: 'unreachable' | 'rateLimited';
			retryAfterMs?: number;
	  }
	| { kind: 'refused'; failure: EvolinkFailure }
	| { kind: 'lost'; failure: EvolinkFailure };

/** The API's hosts. */
export type ApiHost = 'api' | 'files';

/** What the account and the key have left and have used, in credits; null where the API is silent. */
export interface Balance {
	remainingCredits: number;
	usedCredits: number | null;
	keyRemainingCredits: number | null;
	keyUsedCredits: number | null;
	keyIsUnlimited: boolean;
	/** The API's own `data`. */
	raw: JsonObject;
}

/** A submission is answered within seconds; after two minutes its answer counts as lost. */
const SUBMISSION_TIMEOUT_MS = 120_000;

/** A status read is small; one that takes longer is given up and tried again. */
const STATUS_READ_TIMEOUT_MS = 30_000;

/** Enough for 20 MB over a slow line (about 1 Mbit/s). */
const UPLOAD_TIMEOUT_MS = 180_000;

type Answer = Extract<HttpOutcome, { kind: 'answer' }>;

function isOk(answer: Answer): boolean {
	return answer.status >= 200 && answer.status < 300;
}

/** A slow line (408), too many requests and server-side trouble pass; other errors stay. */
function isTemporary(status: number): boolean {
	return status === 408 || status === 429 || status >= 500;
}

/** "Too many requests", by whoever answered, or by the API's own error under another status. */
function isTooManyRequests({ status, json }: Answer): boolean {
	// The error of a failed task is about that task.
	if (status === 429 || parseTask(json) !== undefined) return status === 429;
	return isApiError(json) && statusOfApiError(status, json) === 429;
}

/** How long the server asks to be left alone, in milliseconds. */
function waitAskedBy(answer: Answer): number | undefined {
	return retryAfterMs(answer.headers['retry-after'], Date.now());
}

function failureOf({ status, json }: Answer, step: Step, taskId?: string): EvolinkFailure {
	return answerFailure({ status: statusOfApiError(status, json), json }, step, taskId);
}

function judgeUnanswered(reason: NoAnswerReason): SubmissionOutcome {
	const failure = noAnswerFailure(reason);
	switch (reason) {
		case 'timedOut':
			return { kind: 'lost', failure: lostSubmissionFailure('no answer came in time') };
		case 'broken':
			return {
				kind: 'lost',
				failure: lostSubmissionFailure('the connection broke off before the answer came'),
			};
		case 'notSent':
			return { kind: 'refused', failure };
		default:
			return { kind: 'notAccepted', failure, reason: 'unreachable' };
	}
}

/** Who answered decides, then the status: only the API itself can refuse what has reached it. */
function judgeSubmission(answer: Answer): SubmissionOutcome {
	const { status, json } = answer;
	const task = isOk(answer) ? parseTask(json, 'pending') : undefined;
	if (task !== undefined) return { kind: 'accepted', task };
	if (isTooManyRequests(answer)) {
		const failure = failureOf(answer, 'submission');
		return {
			kind: 'notAccepted',
			failure,
			reason: 'rateLimited',
			retryAfterMs: waitAskedBy(answer),
		};
	}
	// A proxy asks who is there, so it has passed nothing on.
	if (status === 407) return judgeUnanswered('proxy');
	if (isApiError(json)) return { kind: 'refused', failure: failureOf(answer, 'submission') };
	// A request that is to be sent elsewhere was not taken; other redirects can follow work done.
	if ([301, 302, 307, 308].includes(status)) {
		return { kind: 'refused', failure: redirectFailure(status, answer.headers.location) };
	}
	if (status >= 400 && status < 500 && status !== 408) {
		return { kind: 'refused', failure: inBetweenFailure(answer) };
	}
	const why = isOk(answer)
		? 'what came back could not be read as a task'
		: `the answer was HTTP ${status}`;
	return { kind: 'lost', failure: lostSubmissionFailure(why, answer) };
}

/** @param read takes what is wanted from an answer of success, or returns undefined */
function judgeRepeatable<T>(
	outcome: HttpOutcome,
	step: Step,
	taskId: string | undefined,
	read: (json: unknown) => T | undefined,
): Repeatable<T, EvolinkFailure> {
	if (outcome.kind === 'noAnswer') {
		const failure = noAnswerFailure(outcome.reason, taskId);
		if (outcome.reason === 'notSent') return { kind: 'failed', failure, expired: false };
		const isUnreachable = outcome.reason !== 'timedOut' && outcome.reason !== 'broken';
		return { kind: 'tryAgain', failure, isUnreachable };
	}
	const { status, json } = outcome;
	const value = isOk(outcome) ? read(json) : undefined;
	if (value !== undefined) return { kind: 'done', value };
	if (isApiError(json)) {
		const failure = failureOf(outcome, step, taskId);
		const named = statusOfApiError(status, json);
		return isTemporary(named)
			? { kind: 'tryAgain', failure, retryAfterMs: waitAskedBy(outcome) }
			: { kind: 'failed', failure, expired: step === 'statusRead' && named === 404 };
	}
	if (status >= 300 && status < 400) {
		const failure = redirectFailure(status, outcome.headers.location, taskId);
		return { kind: 'failed', failure, expired: false };
	}
	const failure = isOk(outcome)
		? unreadableAnswerFailure(status, taskId)
		: inBetweenFailure(outcome, taskId);
	return { kind: 'tryAgain', failure, retryAfterMs: waitAskedBy(outcome) };
}

/** Reads the address of an uploaded image; the File API can report a refusal with HTTP 200. */
function uploadedUrl(json: unknown): string | undefined {
	if (!isJsonObject(json) || json.success === false || !isJsonObject(json.data)) return undefined;
	const { file_url: url } = json.data;
	return typeof url === 'string' && /^https?:\/\//i.test(url) ? url : undefined;
}

/** Reads the credits of the account and of the key. */
function balanceIn(json: unknown): Balance | undefined {
	if (!isJsonObject(json) || json.success === false || !isJsonObject(json.data)) return undefined;
	const user = isJsonObject(json.data.user) ? json.data.user : {};
	const token = isJsonObject(json.data.token) ? json.data.token : {};
	const remainingCredits = finiteNumber(user.remaining_credits);
	return remainingCredits === undefined
		? undefined
		: {
				remainingCredits,
				usedCredits: finiteNumber(user.used_credits) ?? null,
				keyRemainingCredits: finiteNumber(token.remaining_credits) ?? null,
				keyUsedCredits: finiteNumber(token.used_credits) ?? null,
				keyIsUnlimited: token.unlimited_credits === true,
				raw: json.data,
			};
}

/**
 * The calls that the node makes with the user's API key: the one place that knows the API's paths,
 * what its answers mean, and what may be repeated. It never repeats anything itself.
 *
 * Source: the API's description of both endpoints, and the File API's for uploads.
 */
export class EvolinkClient {
	/** @param throttle what the API's "too many requests" do to all items of the execution */
	constructor(
		private readonly transport: ApiTransport,
		readonly throttle: Throttle,
	) {}

	async submitVideo(body: VideoRequestBody, idempotencyKey: string): Promise<SubmissionOutcome> {
		const outcome = await this.send({
			method: 'POST',
			host: 'api',
			path: '/v1/videos/generations',
			headers: { 'Idempotency-Key': idempotencyKey },
			body: { ...body },
			timeoutMs: SUBMISSION_TIMEOUT_MS,
			onStop: 'letFinish',
		});
		return outcome.kind === 'noAnswer' ? judgeUnanswered(outcome.reason) : judgeSubmission(outcome);
	}

	/** @param timeoutMs how long the answer may take; never more than an ordinary time-out */
	async readTask(
		taskId: string,
		timeoutMs: number,
	): Promise<Repeatable<EvolinkTask, EvolinkFailure>> {
		const outcome = await this.send({
			method: 'GET',
			host: 'api',
			path: `/v1/tasks/${encodeURIComponent(taskId)}`,
			timeoutMs: Math.min(STATUS_READ_TIMEOUT_MS, timeoutMs),
			onStop: 'abort',
		});
		return judgeRepeatable(outcome, 'statusRead', taskId, (json) => parseTask(json));
	}

	/** @returns the address under which the API can fetch the image */
	async uploadImage(
		form: () => Promise<FormData>,
		timeoutMs: number,
	): Promise<Repeatable<string, EvolinkFailure>> {
		const outcome = await this.send({
			method: 'POST',
			host: 'files',
			path: '/api/v1/files/upload/stream',
			body: await form(),
			timeoutMs: Math.min(UPLOAD_TIMEOUT_MS, timeoutMs),
			onStop: 'abort',
		});
		return judgeRepeatable(outcome, 'upload', undefined, uploadedUrl);
	}

	async readBalance(timeoutMs: number): Promise<Repeatable<Balance, EvolinkFailure>> {
		const outcome = await this.send({
			method: 'GET',
			host: 'api',
			path: '/v1/credits',
			timeoutMs: Math.min(STATUS_READ_TIMEOUT_MS, timeoutMs),
			onStop: 'abort',
		});
		return judgeRepeatable(outcome, 'balance', undefined, balanceIn);
	}

	private async send(request: HttpRequest): Promise<HttpOutcome> {
		const outcome = await this.transport(request);
		if (outcome.kind === 'answer' && isTooManyRequests(outcome)) {
			this.throttle.tooManyRequests(waitAskedBy(outcome));
		}
		return outcome;
	}
}
