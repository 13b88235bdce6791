/**
 * Returns how long a server asks to wait, in milliseconds, or undefined when it does not say.
 *
 * @param header the Retry-After header: whole seconds or an HTTP date (RFC 9110, 10.2.3)
 * @param nowMs the time now, in milliseconds since 1970
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
	if (header === undefined) return undefined;
	const text = header.trim();
	if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
	// Date.parse takes much that is no date; an HTTP date starts with the day's name.
	if (!/^[A-Za-z]{3}/.test(text)) return undefined;
	const dateMs = Date.parse(text);
	return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
