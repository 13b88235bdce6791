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
 * The API's answers are nested 4 levels deep. Thousands of levels can be parsed, but neither written
 * again nor stored by n8n, which would lose the execution and the paid task with it.
 */
const MOST_LEVELS = 100;

function hasMoreLevelsThan(levels: number, json: unknown): boolean {
	let values: unknown[] = [json];
	for (let level = 0; level <= levels; level++) {
		const containers = values.filter((value) => typeof value === 'object' && value !== null);
		if (containers.length === 0) return false;
		values = containers.flatMap((container) => Object.values(Object(container)));
	}
	return true;
}

/**
 * Returns the parsed text, or undefined when it is not JSON, or too deeply nested to be used.
 *
 * @param redact is applied to every text in it, since JSON can spell the same text in many ways
 */
export function parseJson(
	text: string,
	redact: (text: string) => string = (value) => value,
): unknown {
	try {
		const json: unknown = JSON.parse(text, (_name, value: unknown) => {
			if (typeof value === 'string') return redact(value);
			if (!isJsonObject(value)) return value;
			return Object.fromEntries(Object.entries(value).map(([name, one]) => [redact(name), one]));
		});
		return hasMoreLevelsThan(MOST_LEVELS, json) ? undefined : json;
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
	/** Links to the results; empty until there are any. */
	results: string[];
	/** Why a failed task failed, where the API says so. */
	failure?: { code?: string; message?: string };
	/** The answer itself, untouched. */
	raw: JsonObject;
}

/** Result links stop working 24 hours later; counted from creation, so never said too late. */
export const RESULT_LIFETIME_MS = 24 * 60 * 60 * 1000;

/**
 * What a task id may look like: `task-unified-<unix seconds>-<8 characters>`, and whatever other
 * kinds of task use, as long as it cannot leave its place in a URL.
 */
const TASK_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,199}$/;

/** Larger than any plausible number of seconds since 1970: then it must be milliseconds. */
const SMALLEST_MILLISECONDS = 1e11;

/** Returns whether the text can be a task id; anything else never becomes part of a URL. */
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

/**
 * Reads a task from an API answer.
 *
 * @param json the parsed body of a submission's or a status read's answer
 * @param statusWhenAbsent a fresh task that names no status is waiting to be started
 * @returns the task, or undefined when the answer is not one (no usable id, no status)
 */
export function parseTask(json: unknown, statusWhenAbsent?: string): EvolinkTask | undefined {
	if (!isJsonObject(json) || !isTaskId(json.id)) return undefined;
	const status = text(json.status) ?? statusWhenAbsent;
	if (status === undefined) return undefined;
	const info = isJsonObject(json.task_info) ? json.task_info : {};
	const results: unknown[] = Array.isArray(json.results) ? json.results : [];
	const failure = isJsonObject(json.error)
		? { code: text(json.error.code), message: text(json.error.message) }
		: { message: text(json.error) };
	return {
		id: json.id,
		status,
		progress: finiteNumber(json.progress),
		createdMs: createdMs(json.created),
		estimatedSeconds: finiteNumber(info.estimated_time),
		results: results.filter((link): link is string => typeof link === 'string' && link !== ''),
		...(failure.code !== undefined || failure.message !== undefined ? { failure } : {}),
		raw: json,
	};
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
