import { oneLine, quotableName, quotableWords } from './failure';
import { isJsonObject } from './task';

/**
 * Reads the error body of an answer: `{ error: { code, message, type, param } }` of the main API,
 * `{ success: false, code, msg }` of the File API, or neither (a proxy's page).
 *
 * @returns `code` is an integer (the HTTP status) in older answers, a word in newer ones; `param` is
 * the field of the request that the API objects to
 */
export function parseErrorBody(json: unknown): { code?: string; message?: string; param?: string } {
	if (!isJsonObject(json)) return {};
	const { code, message, param } = isJsonObject(json.error)
		? json.error
		: { code: json.code, message: json.msg ?? json.message ?? json.error };
	return {
		code: quotableName(code),
		message: quotableWords(message),
		param: quotableName(param),
	};
}

/**
 * Returns whether the answer is an error of the API itself, whatever its HTTP status: JSON with an
 * `error` object that has `message` or `code`; `success: false` with `msg` or `message`; or, without
 * a task id, a `code` with `msg` or `message`. Pages and all other JSON come from something in between.
 */
export function isApiError(json: unknown): boolean {
	if (!isJsonObject(json)) return false;
	const { error, code, msg, message, success, id } = json;
	if (isJsonObject(error)) return oneLine(error.message) !== '' || oneLine(error.code) !== '';
	const hasWords = oneLine(msg) !== '' || oneLine(message) !== '';
	return hasWords && (success === false || (oneLine(code) !== '' && id === undefined));
}

/** Returns the status that an error body names, or the HTTP status where it names none. */
export function statusOfApiError(httpStatus: number, json: unknown): number {
	const status = Number(parseErrorBody(json).code);
	const isNamed = Number.isInteger(status) && status >= 400 && status < 600;
	return httpStatus < 400 && isNamed ? status : httpStatus;
}
