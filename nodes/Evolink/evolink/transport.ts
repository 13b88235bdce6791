import type { NoAnswerReason } from './errors';

/** One HTTP request to the API, which the transport authenticates. */
export interface HttpRequest {
	method: 'GET' | 'POST';
	url: string;
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
	| { kind: 'answer'; status: number; headers: Record<string, string>; text: string }
	| { kind: 'noAnswer'; reason: NoAnswerReason };

/**
 * Sends requests with the user's API key. Never throws for anything that the network or the
 * server does; throws only when the execution was stopped.
 */
export interface ApiTransport {
	send(request: HttpRequest): Promise<HttpOutcome>;
}
