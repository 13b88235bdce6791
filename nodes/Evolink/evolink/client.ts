import type { Attempt } from '../time/repeat';
import type { Throttle } from '../time/throttle';
import {
	answerFailure,
	inBetweenFailure,
	noResponseFailure,
	redirectFailure,
	unknownOutcomeFailure,
	unreadableFailure,
} from './failures';
import type { Step } from './failures';
import type { EvolinkFailure } from './failure';
import type { RequestBody } from './requestBody';
import { isApiError, isOk, isTemporary, retryAfterMs, statusOf } from './response';
import type { NoResponse, NoResponseReason, Response } from './response';
import { finiteNumber, isJsonObject, parseTask } from './task';
import type { EvolinkTask, JsonObject } from './task';

/** The API's hosts. */
export type ApiHost = 'api' | 'files';

/** One HTTP request to the API, which the transport authenticates. */
export interface ApiRequest {
	method: 'GET' | 'POST';
	host: ApiHost;
	path: string;
	headers?: Record<string, string>;
	/** An object is sent as JSON; a form as multipart/form-data. */
	body?: Record<string, unknown> | FormData;
	/** The whole exchange, response included, takes no longer than this. */
	timeoutMs: number;
	/**
	 * For a request whose response is worth money: called when it goes out, and a stop of the execution
	 * lets it finish. Without it, a stop ends the request at once.
	 */
	onSend?(): void;
}

/** Sends a request with the user's API key. @throws Stopped when the execution was stopped */
export type ApiTransport = (request: ApiRequest) => Promise<Response | NoResponse>;

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

/** An uploaded image. */
export interface UploadedFile {
	/** Where the API can fetch it. */
	url: string;
	/** The API's own `data`. */
	raw: JsonObject;
}

/** A submission is answered within seconds; after two minutes its response counts as lost. */
const SUBMISSION_TIMEOUT_MS = 120_000;

/** A status read is small; one that takes longer is given up and tried again. */
const READ_TIMEOUT_MS = 30_000;

/** Enough for 20 MB over a slow line (about 1 Mbit/s). */
const UPLOAD_TIMEOUT_MS = 180_000;

/** An address that does not answer is mostly a typing mistake; the user should hear of it soon. */
const LONGEST_UNREACHABLE_MS = 15_000;

/** "Too many requests", by whoever answered, or by the API's own error under another status. */
function isTooManyRequests(response: Response): boolean {
	return response.status === 429 || (isApiError(response) && statusOf(response) === 429);
}

/** How long the server asks to be left alone, in milliseconds. */
function askedMs({ headers }: Response): number | undefined {
	return retryAfterMs(headers, Date.now());
}

/** How an attempt at a request ended; what trying again does not change is thrown. */
export type Attempted<Done> = Attempt<Done, EvolinkFailure>;

/** @throws EvolinkFailure where the request may have gone out, or never can */
function judgeUnanswered(reason: NoResponseReason): Attempted<never> {
	const trouble = noResponseFailure(reason);
	switch (reason) {
		case 'timedOut':
			throw unknownOutcomeFailure('no response came in time');
		case 'broken':
			throw unknownOutcomeFailure('the connection broke off before the response came');
		case 'notSent':
			throw trouble;
		default:
			return { trouble, patienceMs: LONGEST_UNREACHABLE_MS };
	}
}

/**
 * Who answered decides, then the status: only the API itself can refuse what has reached it.
 *
 * @throws EvolinkFailure where the submission was refused, or its outcome is unknown
 */
function judgeSubmission(response: Response): Attempted<EvolinkTask> {
	const { status, json } = response;
	const task = isOk(response) ? parseTask(json, 'pending') : undefined;
	if (task !== undefined) return { done: task };
	if (isTooManyRequests(response)) {
		return { trouble: answerFailure(response, 'submission'), askedMs: askedMs(response) };
	}
	// A proxy asks who is there, so it has passed nothing on.
	if (status === 407) return judgeUnanswered('proxy');
	if (isApiError(response)) throw answerFailure(response, 'submission');
	// A request that is to be sent elsewhere was not taken; other redirects can follow work done.
	if ([301, 302, 307, 308].includes(status)) throw redirectFailure(response);
	if (status >= 400 && status < 500 && status !== 408) throw inBetweenFailure(response);
	const why = isOk(response)
		? 'what came back could not be read as a task'
		: `the response was HTTP ${status}`;
	throw unknownOutcomeFailure(why, response);
}

/**
 * @param read takes what is wanted from a response of success, or returns undefined
 * @throws EvolinkFailure where trying again does not help
 */
function judgeRepeatable<T>(
	response: Response,
	step: Step,
	read: (json: unknown) => T | undefined,
): Attempted<T> {
	const value = isOk(response) ? read(response.json) : undefined;
	if (value !== undefined) return { done: value };
	const { status } = response;
	if (isApiError(response)) {
		const failure = answerFailure(response, step);
		if (!isTemporary(statusOf(response))) throw failure;
		return { trouble: failure, askedMs: askedMs(response) };
	}
	if (status >= 300 && status < 400) throw redirectFailure(response);
	const trouble = isOk(response) ? unreadableFailure(response) : inBetweenFailure(response);
	return { trouble, askedMs: askedMs(response) };
}

/** Reads an uploaded image; the File API can report a refusal with HTTP 200. */
function uploadedFile(json: unknown): UploadedFile | undefined {
	if (!isJsonObject(json) || json.success === false || !isJsonObject(json.data)) return undefined;
	const { file_url: url } = json.data;
	const isLink = typeof url === 'string' && /^https?:\/\//i.test(url);
	return isLink ? { url, raw: json.data } : undefined;
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
 * what its responses mean, and what may be repeated. It never repeats anything itself. What
 * repeating does not change is thrown as an EvolinkFailure; Stopped when the execution is stopped.
 *
 * Source: the API's description of both endpoints, and the File API's for uploads.
 */
export class EvolinkClient {
	/** @param throttle what the API's "too many requests" do to all items of the execution */
	constructor(
		private readonly transport: ApiTransport,
		readonly throttle: Throttle,
	) {}

	/** @param onSend called when the request goes out: from then on, the video may be paid for */
	async submitVideo(
		body: RequestBody,
		idempotencyKey: string,
		onSend: () => void,
	): Promise<Attempted<EvolinkTask>> {
		const response = await this.send({
			method: 'POST',
			host: 'api',
			path: '/v1/videos/generations',
			headers: { 'Idempotency-Key': idempotencyKey },
			body: { ...body },
			timeoutMs: SUBMISSION_TIMEOUT_MS,
			onSend,
		});
		return 'noResponse' in response
			? judgeUnanswered(response.noResponse)
			: judgeSubmission(response);
	}

	/** @param allowedMs how long the response may take; never more than an ordinary time-out */
	async readTask(taskId: string, allowedMs: number): Promise<Attempted<EvolinkTask>> {
		const path = `/v1/tasks/${encodeURIComponent(taskId)}`;
		return await this.read('statusRead', path, allowedMs, (json) => parseTask(json));
	}

	async readBalance(allowedMs: number): Promise<Attempted<Balance>> {
		return await this.read('balance', '/v1/credits', allowedMs, balanceIn);
	}

	async uploadImage(form: FormData, allowedMs: number): Promise<Attempted<UploadedFile>> {
		return await this.repeatable('upload', uploadedFile, {
			method: 'POST',
			host: 'files',
			path: '/api/v1/files/upload/stream',
			body: form,
			timeoutMs: Math.min(UPLOAD_TIMEOUT_MS, allowedMs),
		});
	}

	private async read<T>(
		step: Step,
		path: string,
		allowedMs: number,
		read: (json: unknown) => T | undefined,
	): Promise<Attempted<T>> {
		const timeoutMs = Math.min(READ_TIMEOUT_MS, allowedMs);
		return await this.repeatable(step, read, { method: 'GET', host: 'api', path, timeoutMs });
	}

	private async repeatable<T>(
		step: Step,
		read: (json: unknown) => T | undefined,
		request: ApiRequest,
	): Promise<Attempted<T>> {
		const response = await this.send(request);
		if (!('noResponse' in response)) return judgeRepeatable(response, step, read);
		const { noResponse: reason } = response;
		const trouble = noResponseFailure(reason);
		if (reason === 'notSent') throw trouble;
		const mayBeMistyped = step === 'upload' && reason !== 'timedOut' && reason !== 'broken';
		return { trouble, patienceMs: mayBeMistyped ? LONGEST_UNREACHABLE_MS : undefined };
	}

	private async send(request: ApiRequest): Promise<Response | NoResponse> {
		const response = await this.transport(request);
		if ('noResponse' in response) return response;
		// The error of a failed task is about that task.
		const isTask = isOk(response) && parseTask(response.json) !== undefined;
		if (!isTask && isTooManyRequests(response)) this.throttle.beQuiet(askedMs(response));
		return response;
	}
}
