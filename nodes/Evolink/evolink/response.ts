import { quotedName, quotedWords } from './failure';
import { isJsonObject } from './task';

/** A response of whatever HTTP status, by whoever gave it. */
export interface Response {
	status: number;
	/** With lower-case names. */
	headers: Record<string, string>;
	text: string;
	/** The parsed text; undefined where it is no JSON. */
	json: unknown;
}

/**
 * Why no response came. Only `timedOut` and `broken` can follow a request that went out; `notSent`
 * is one that trying again does not change.
 */
export type NoResponseReason =
	'dns' | 'refused' | 'proxy' | 'handshake' | 'notSent' | 'timedOut' | 'broken';

/** How a request ended that got no response. */
export interface NoResponse {
	noResponse: NoResponseReason;
}

/** Returns whether the status is one of success. */
export function isOk({ status }: Pick<Response, 'status'>): boolean {
	return status >= 200 && status < 300;
}

/** Returns whether the status is one that passes: a slow line, too many requests, a fault there. */
export function isTemporary(status: number): boolean {
	return status === 408 || status === 429 || status >= 500;
}

/**
 * Reads the error body of a response: `{ error: { code, message, type, param } }` of the main API,
 * `{ success: false, code, msg }` of the File API, or neither (a proxy's page). Empty: not said.
 *
 * @returns `code` is an integer (the HTTP status) in older responses, a word in newer ones; `param`
 * is the field of the request that the API objects to
 */
export function errorIn(json: unknown): { code: string; message: string; param: string } {
	const body = isJsonObject(json) ? json : {};
	const { code, message, param } = isJsonObject(body.error)
		? body.error
		: { code: body.code, message: body.msg ?? body.message ?? body.error, param: '' };
	return { code: quotedName(code), message: quotedWords(message), param: quotedName(param) };
}

/**
 * Returns whether the response is an error of the API itself, by its documented shapes: an `error`
 * object with `message` and `type`; `success: false` with `msg` or `message`; and, below 500, also an
 * `error` object with `message` or `code`, or a `code` from 400 to 499 with words. Pages and all
 * other JSON come from something in between.
 */
export function isApiError({ status, json }: Pick<Response, 'status' | 'json'>): boolean {
	if (!isJsonObject(json)) return false;
	const { code, message } = errorIn(json);
	if (isJsonObject(json.error)) {
		if (message !== '' && typeof json.error.type === 'string') return true;
		return status < 500 && (message !== '' || code !== '');
	}
	if (message === '') return false;
	return json.success === false || (status < 500 && Number(code) >= 400 && Number(code) < 500);
}

/** Returns the status that an error body names, or the HTTP status where it names none. */
export function statusOf({ status, json }: Pick<Response, 'status' | 'json'>): number {
	const named = Number(errorIn(json).code);
	const isNamed = Number.isInteger(named) && named >= 400 && named < 600;
	return status < 400 && isNamed ? named : status;
}

/**
 * Returns how long a server asks to wait, in milliseconds, or undefined when it does not say.
 *
 * @param headers with Retry-After: whole seconds or an HTTP date (RFC 9110, 10.2.3)
 * @param nowMs the time now, in milliseconds since 1970
 */
export function retryAfterMs(
	headers: Readonly<Record<string, string>>,
	nowMs: number,
): number | undefined {
	const text = headers['retry-after']?.trim() ?? '';
	if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
	// Date.parse takes much that is no date; an HTTP date starts with the day's name.
	if (!/^[A-Za-z]{3}/.test(text)) return undefined;
	const dateMs = Date.parse(text);
	return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
