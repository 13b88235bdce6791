/** What can come along when a key is copied: white space, line breaks and what cannot be seen. */
const NOT_IN_A_KEY = /[\s\p{Cc}\p{Cf}\u2800\u3164]+/gu;

/** What cannot be seen, though it is no white space. */
const INVISIBLE = /[\p{Cf}\u2800\u3164]/gu;

/**
 * Returns the key as it is sent and redacted: without what was pasted along with it, be it inside or
 * around, a leading `Bearer` and quotes included.
 */
export function cleanApiKey(value: unknown): string {
	const text = typeof value === 'string' ? value : '';
	const quotes = /^["'`„“”‘’]+|["'`“”‘’]+$/g;
	return text
		.replace(INVISIBLE, ' ')
		.trim()
		.replace(quotes, '')
		.replace(/^\s*bearer[\s:]+/i, '')
		.replace(NOT_IN_A_KEY, '')
		.replace(quotes, '');
}

/** Shorter keys do not exist, and would be found in the middle of ordinary words. */
const SHORTEST_KEY_CHARACTERS = 6;

/**
 * Returns a function that replaces the key in a text: as it is, as JSON writes it, and as a URL does.
 *
 * @param apiKey as {@link cleanApiKey} returns it
 */
export function redactorOf(apiKey: string): (text: string) => string {
	if (apiKey.length < SHORTEST_KEY_CHARACTERS) return (text) => text;
	const inUrl = encodeURIComponent(apiKey.replace(/\p{Cs}/gu, ''));
	const inJson = JSON.stringify(apiKey).slice(1, -1);
	const spellings = [
		apiKey,
		inJson,
		inJson.replace(/\//g, '\\/'),
		inUrl,
		inUrl.replace(/%../g, (byte) => byte.toLowerCase()),
	];
	return (text) => spellings.reduce((rest, one) => rest.split(one).join('[API key]'), text);
}
