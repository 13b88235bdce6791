/** What JSON can hold. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/** A JSON object: not null, not an array. */
export interface JsonObject {
	[key: string]: JsonValue;
}

/** Returns whether a value that came out of JSON is an object (not null, not an array). */
export function isJsonObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Returns the parsed text, or undefined when it is not JSON.
 *
 * @param redact removes what must not be seen, however the text has spelled it
 */
export function parseJson(
	text: string,
	redact: (text: string) => string = (same) => same,
): unknown {
	try {
		return JSON.parse(redact(JSON.stringify(JSON.parse(text))));
	} catch {
		return undefined;
	}
}

/** A task as the API describes it, read with care: only `id` and `status` are certain. */
export interface EvolinkTask {
	id: string;
	/** `pending`, `processing`, `completed`, `failed`, `cancelled`, or one not known yet. */
	status: string;
	/** 0 to 100, where the API says it as a number. */
	progress?: number;
	/** When the task was created, in milliseconds since 1970. */
	createdMs?: number;
	/** How long the API expects the whole generation to take. */
	estimatedSeconds?: number;
	/** How many credits the API has set aside for it. */
	creditsReserved?: number;
	/** Links to the results; empty until there are any. */
	results: string[];
	/** Why a failed task failed, where the API says so. */
	failure?: { code?: string; message?: string };
	/** The task's own object in the response, untouched. */
	raw: JsonObject;
}

/** Result links stop working 24 hours later; counted from creation, so never said too late. */
export const RESULT_LIFETIME_MS = 24 * 60 * 60 * 1000;

/**
 * What a task ID may look like: `task-unified-<unix seconds>-<8 characters>`, and whatever other
 * kinds of task use. Dots alone would lead to another place in a URL.
 */
const TASK_ID = /^(?!\.{1,2}$)[A-Za-z0-9._:~-]{1,128}$/;

/** Source: the API's description of a task; `cancelled` is seen in the vendor's clients only. */
const KNOWN_STATUSES = ['pending', 'processing', 'completed', 'failed', 'cancelled'];

/** Returns whether the status is one that the API is known to use. */
export function isKnownStatus(status: string): boolean {
	return KNOWN_STATUSES.includes(status);
}

/** Larger than any plausible number of seconds since 1970: then it must be milliseconds. */
const SMALLEST_MILLISECONDS = 1e11;

/** Returns whether the text can be a task ID; anything else never becomes part of a URL. */
export function isTaskId(value: unknown): value is string {
	return typeof value === 'string' && TASK_ID.test(value);
}

/** Returns a number that came out of JSON, or undefined. */
export function finiteNumber(value: unknown): number | undefined {
	return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function text(value: unknown): string | undefined {
	if (typeof value === 'number') return String(value);
	return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

function createdMs(value: unknown): number | undefined {
	const created = finiteNumber(value);
	if (created === undefined || created <= 0) return undefined;
	const ms = created < SMALLEST_MILLISECONDS ? created * 1000 : created;
	// A time that cannot be written down, or whose links' end cannot, is none.
	return Number.isNaN(new Date(ms + RESULT_LIFETIME_MS).getTime()) ? undefined : ms;
}

/** Returns a known status in lower case, however it is written; any other as it is. */
function statusIn(value: unknown): string | undefined {
	const status = text(value);
	const known = status?.trim().toLowerCase() ?? '';
	return isKnownStatus(known) ? known : status;
}

/** A task is not wrapped deeper than this. */
const MOST_WRAPPINGS = 3;

function objectsIn(json: unknown, depth = 0): JsonObject[] {
	if (typeof json !== 'object' || json === null || depth > MOST_WRAPPINGS) return [];
	const inner = Object.values(json).flatMap((value) => objectsIn(value, depth + 1));
	return isJsonObject(json) ? [json, ...inner] : inner;
}

/** Returns what has an ID in a response: rather what names a status, too, or calls it a task's. */
function taskObject(json: unknown): { id: string; raw: JsonObject } | undefined {
	const found = objectsIn(json).flatMap((raw) => {
		const id = [raw.task_id, raw.id].map(text).find(isTaskId);
		return id === undefined ? [] : [{ id, raw }];
	});
	return (
		found.find(({ raw }) => text(raw.status) !== undefined) ??
		found.find(({ raw }) => raw.task_id !== undefined) ??
		found[0]
	);
}

/** A failed task has an error, too, but beside its status. */
function isRefusal(json: unknown): boolean {
	if (!isJsonObject(json)) return false;
	return json.success === false || (isJsonObject(json.error) && text(json.status) === undefined);
}

/**
 * Reads a task from a response of the API. It may come wrapped: what has an ID is one, unless it is
 * an error.
 *
 * @param json the parsed body of the response to a submission or a status read
 * @param statusWhenAbsent a fresh task that names no status is waiting to be started
 * @returns the task, or undefined when the response is not one (no usable ID, no status)
 */
export function parseTask(json: unknown, statusWhenAbsent?: string): EvolinkTask | undefined {
	const found = taskObject(json);
	if (found === undefined || isRefusal(json)) return undefined;
	const { id, raw } = found;
	const status = statusIn(raw.status) ?? statusWhenAbsent;
	if (status === undefined) return undefined;
	const info = isJsonObject(raw.task_info) ? raw.task_info : {};
	const usage = isJsonObject(raw.usage) ? raw.usage : {};
	const results: unknown[] = Array.isArray(raw.results) ? raw.results : [];
	const failure = isJsonObject(raw.error)
		? { code: text(raw.error.code), message: text(raw.error.message) }
		: { message: text(raw.error) };
	return {
		id,
		status,
		progress: finiteNumber(raw.progress),
		createdMs: createdMs(raw.created),
		estimatedSeconds: finiteNumber(info.estimated_time),
		creditsReserved: finiteNumber(usage.credits_reserved),
		results: results.filter((link): link is string => typeof link === 'string' && link !== ''),
		...(failure.code !== undefined || failure.message !== undefined ? { failure } : {}),
		raw,
	};
}

/** Returns the task ID that stands in a response, however damaged it is. */
export function taskIdIn(damaged: string): string | undefined {
	const found = /"(?:task_)?id"\s*:\s*"?([^"\s,}]+)/i.exec(damaged)?.[1];
	return isTaskId(found) ? found : undefined;
}

/** Returns whether the task succeeded. */
export function isSuccess(task: EvolinkTask): boolean {
	return task.status === 'completed';
}

/** Returns whether the task ended without a result. */
export function isFailure(task: EvolinkTask): boolean {
	return task.status === 'failed' || task.status === 'cancelled';
}

/** Returns whether nothing will happen to the task any more. */
export function isFinished(task: EvolinkTask): boolean {
	return isSuccess(task) || isFailure(task);
}
