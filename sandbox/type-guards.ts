/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value when it is a string, else undefined. */
export function optionalText(value: unknown): string | undefined {
	return typeof value === 'string' ? value : undefined;
}

/** The value when it is a number, else undefined. */
export function optionalNumber(value: unknown): number | undefined {
	return typeof value === 'number' ? value : undefined;
}
