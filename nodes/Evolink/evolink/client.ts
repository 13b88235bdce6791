import {
	answerFailure,
	lostSubmissionFailure,
	noAnswerFailure,
	parseErrorBody,
	redirectFailure,
	unreadableAnswerFailure,
} from './errors';
import type { Step } from './errors';
import type { EvolinkFailure } from './failure';
import { isJsonObject, parseJson } from './json';
import { retryAfterMs } from './retryAfter';
import { parseTask } from './task';
import type { EvolinkTask } from './task';
import type { ApiTransport, HttpOutcome, HttpRequest } from './transport';

/** Body of `POST /v1/videos/generations`; the model's schema knows no other field. */
export interface VideoRequestBody {
	model: string;
	image_urls: [string];
	/** Left out when it would be empty. */
	prompt?: string;
	quality: string;
	duration: number;
	model_params: { prompt_optimizer: boolean };
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

/**
 * What became of a request that may be repeated (a status read, an upload). `tryAgain`: a
 * moment of bad luck; `failed`: repeating would not help. `expired` says that the API itself
 * answered that there is no such task, which a proxy's 404 page does not.
 */
export type Repeatable<T> =
	| { kind: 'done'; value: T }
	| {
			kind: 'tryAgain';
			failure: EvolinkFailure;
			reason: 'unreachable' | 'busy';
			retryAfterMs?: number;
	  }
	| { kind: 'failed'; failure: EvolinkFailure; expired: boolean };

/** A picture to upload. `form` makes the multipart body anew for each attempt. */
export interface PictureUpload {
	form(): Promise<FormData>;
}

/** The API's hosts, without a slash at the end. */
export interface ApiHosts {
	apiUrl: string;
	filesUrl: string;
}

/** The calls that the node makes with the user's API key. */
export interface EvolinkClient {
	submitVideo(body: VideoRequestBody, idempotencyKey: string): Promise<SubmissionOutcome>;
	readTask(taskId: string, budgetMs: number): Promise<Repeatable<EvolinkTask>>;
	uploadPicture(picture: PictureUpload, budgetMs: number): Promise<Repeatable<string>>;
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

function isRedirect(answer: Answer): boolean {
	return answer.status >= 300 && answer.status < 400;
}

/** A request that is to be sent elsewhere was not taken; other redirects can follow work done. */
function isMovedAddress(answer: Answer): boolean {
	return [301, 302, 307, 308].includes(answer.status);
}

/** A slow line (408), too many requests and server-side trouble pass; other errors stay. */
function isTemporary(status: number): boolean {
	return status === 408 || status === 429 || status >= 500;
}

/**
 * Error statuses that say for certain that the API itself answered the submission. Everything
 * else from 500 up, such as a gateway's 504, leaves open whether a task was started.
 */
function isReportedRefusal(status: number): boolean {
	return (status >= 400 && status < 500) || [500, 502, 503].includes(status);
}

/** The API's own answer for an unknown or expired task id; a proxy's 404 page is not one. */
function isUnknownTask(answer: Answer): boolean {
	const json = parseJson(answer.text);
	return answer.status === 404 && isJsonObject(json) && isJsonObject(json.error);
}

/**
 * Makes the client: the one place that knows the API's paths, what its answers mean, and what may
 * be repeated. It never repeats anything itself.
 *
 * Source: the API's description of both endpoints, and the File API's for uploads.
 */
export function createClient(
	transport: ApiTransport,
	hosts: ApiHosts,
	nowMs: () => number,
): EvolinkClient {
	const waitAskedBy = (answer: Answer) => {
		const asked = retryAfterMs(answer.headers['retry-after'], nowMs());
		return asked === undefined ? {} : { retryAfterMs: asked };
	};

	async function submitVideo(
		body: VideoRequestBody,
		idempotencyKey: string,
	): Promise<SubmissionOutcome> {
		const outcome = await transport.send({
			method: 'POST',
			url: `${hosts.apiUrl}/v1/videos/generations`,
			headers: { 'Idempotency-Key': idempotencyKey },
			body: { ...body },
			timeoutMs: SUBMISSION_TIMEOUT_MS,
			onStop: 'letFinish',
		});
		if (outcome.kind === 'noAnswer') {
			switch (outcome.reason) {
				case 'dns':
				case 'refused':
					return {
						kind: 'notAccepted',
						failure: noAnswerFailure(outcome.reason),
						reason: 'unreachable',
					};
				case 'notSent':
					return { kind: 'refused', failure: noAnswerFailure(outcome.reason) };
				case 'timedOut':
					return {
						kind: 'lost',
						failure: lostSubmissionFailure('no answer came in time'),
					};
				case 'broken':
					return {
						kind: 'lost',
						failure: lostSubmissionFailure('the connection broke off before the answer came'),
					};
			}
		}
		if (isOk(outcome)) {
			const task = parseTask(parseJson(outcome.text), 'pending');
			if (task !== undefined) return { kind: 'accepted', task };
			return {
				kind: 'lost',
				failure: lostSubmissionFailure(
					'what came back could not be read as a task',
					String(outcome.status),
				),
			};
		}
		if (isMovedAddress(outcome)) {
			return {
				kind: 'refused',
				failure: redirectFailure(outcome.status, outcome.headers.location),
			};
		}
		if (outcome.status === 429) {
			return {
				kind: 'notAccepted',
				failure: failureOf(outcome, 'submission'),
				reason: 'rateLimited',
				...waitAskedBy(outcome),
			};
		}
		if (isReportedRefusal(outcome.status)) {
			return { kind: 'refused', failure: failureOf(outcome, 'submission') };
		}
		return {
			kind: 'lost',
			failure: lostSubmissionFailure(
				`the answer was HTTP ${outcome.status}`,
				String(outcome.status),
			),
		};
	}

	function failureOf(answer: Answer, step: Step, taskId?: string): EvolinkFailure {
		return answerFailure({ status: answer.status, json: parseJson(answer.text) }, step, taskId);
	}

	/** Sends a request that may be repeated; `read` judges an answer with a status of success. */
	async function sendRepeatable<T>(
		request: HttpRequest,
		step: Step,
		taskId: string | undefined,
		read: (answer: Answer) => Repeatable<T>,
	): Promise<Repeatable<T>> {
		const outcome = await transport.send(request);
		if (outcome.kind === 'noAnswer') {
			const failure = noAnswerFailure(outcome.reason, taskId);
			if (outcome.reason === 'notSent') return { kind: 'failed', failure, expired: false };
			const neverReached = outcome.reason === 'dns' || outcome.reason === 'refused';
			return { kind: 'tryAgain', failure, reason: neverReached ? 'unreachable' : 'busy' };
		}
		if (isOk(outcome)) return read(outcome);
		if (isRedirect(outcome)) {
			const failure = redirectFailure(outcome.status, outcome.headers.location, taskId);
			return { kind: 'failed', failure, expired: false };
		}
		const failure = failureOf(outcome, step, taskId);
		return isTemporary(outcome.status)
			? { kind: 'tryAgain', failure, reason: 'busy', ...waitAskedBy(outcome) }
			: { kind: 'failed', failure, expired: isUnknownTask(outcome) };
	}

	async function readTask(taskId: string, budgetMs: number): Promise<Repeatable<EvolinkTask>> {
		const request: HttpRequest = {
			method: 'GET',
			url: `${hosts.apiUrl}/v1/tasks/${encodeURIComponent(taskId)}`,
			timeoutMs: Math.min(STATUS_READ_TIMEOUT_MS, budgetMs),
			onStop: 'abort',
		};
		return await sendRepeatable(request, 'statusRead', taskId, (answer) => {
			const task = parseTask(parseJson(answer.text));
			if (task !== undefined) return { kind: 'done', value: task };
			const failure = unreadableAnswerFailure(answer.status, taskId);
			return { kind: 'tryAgain', failure, reason: 'busy' };
		});
	}

	async function uploadPicture(
		picture: PictureUpload,
		budgetMs: number,
	): Promise<Repeatable<string>> {
		const request: HttpRequest = {
			method: 'POST',
			url: `${hosts.filesUrl}/api/v1/files/upload/stream`,
			body: await picture.form(),
			timeoutMs: Math.min(UPLOAD_TIMEOUT_MS, budgetMs),
			onStop: 'abort',
		};
		return await sendRepeatable(request, 'upload', undefined, (answer) => {
			const json = parseJson(answer.text);
			// The File API can report a refusal in an answer with HTTP 200.
			if (isJsonObject(json) && json.success === false) {
				const status = statusInBody(parseErrorBody(json).code) ?? answer.status;
				const failure = answerFailure({ status, json }, 'upload');
				return isTemporary(status)
					? { kind: 'tryAgain', failure, reason: 'busy', ...waitAskedBy(answer) }
					: { kind: 'failed', failure, expired: false };
			}
			const data = isJsonObject(json) && isJsonObject(json.data) ? json.data : {};
			if (typeof data.file_url === 'string' && /^https?:\/\//i.test(data.file_url)) {
				return { kind: 'done', value: data.file_url };
			}
			const failure = unreadableAnswerFailure(answer.status);
			return { kind: 'tryAgain', failure, reason: 'busy' };
		});
	}

	return { submitVideo, readTask, uploadPicture };
}

function statusInBody(code: string | undefined): number | undefined {
	const status = Number(code);
	return Number.isInteger(status) && status >= 400 && status < 600 ? status : undefined;
}
