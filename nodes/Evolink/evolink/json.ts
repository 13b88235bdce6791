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

/** Returns the parsed text, or undefined when it is not JSON, or too deeply nested to be used. */
export function parseJson(text: string): unknown {
	try {
		const json: unknown = JSON.parse(text);
		return hasMoreLevelsThan(MOST_LEVELS, json) ? undefined : json;
	} catch {
		return undefined;
	}
}
