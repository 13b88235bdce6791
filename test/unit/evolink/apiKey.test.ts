import { cleanApiKey, redactorOf } from '../../../nodes/Evolink/evolink/apiKey';

describe('the API key', () => {
	it.each([
		'sk-abc123',
		' sk-abc123\n',
		'sk-abc\r\n123',
		'sk-\u200babc\u2800123\u3164',
		'Bearer sk-abc123',
		'bearer: sk-abc123',
		'"sk-abc123"',
		"'sk-abc123'",
		'`Bearer sk-abc123`',
		'“sk-abc123”',
		'„sk-abc123“',
		'Bearer "sk-abc123"',
		'Bearer  sk-abc123',
		'" bearer sk-abc123"',
		' ""sk-abc123"" ',
	])('is sent without what was pasted along with it: %j', (pasted) => {
		expect(cleanApiKey(pasted)).toBe('sk-abc123');
	});

	it.each([
		['sk-a"b', 'sk-a"b'],
		['sk-bearer 123', 'sk-bearer123'],
		['sk-bearer:123', 'sk-bearer:123'],
	])('keeps what belongs to it: %s', (pasted, apiKey) => {
		expect(cleanApiKey(pasted)).toBe(apiKey);
	});

	it.each([undefined, null, 7, {}, '', ' "" '])('is empty where there is none: %j', (value) => {
		expect(cleanApiKey(value)).toBe('');
	});

	it.each(['sk-abc123', 'sk/a"b\\c', 'sk+ä%1'])('is replaced in each spelling: %s', (key) => {
		const redact = redactorOf(key);
		const inJson = JSON.stringify(key).slice(1, -1);
		for (const spelled of [
			key,
			inJson,
			inJson.replace(/\//g, '\\/'),
			encodeURIComponent(key),
			encodeURIComponent(key).replace(/%../g, (byte) => byte.toLowerCase()),
		]) {
			expect(redact(`${spelled} and "${spelled}"`)).toBe('[API key] and "[API key]"');
		}
		expect(redact('nothing of it')).toBe('nothing of it');
	});

	it('that holds half of a character can still be replaced', () => {
		const redact = redactorOf('sk-a/c\ud83d');
		expect(redact('x sk-a/c\ud83d x sk-a%2Fc x')).toBe('x [API key] x [API key] x');
	});

	it('that is too short to be one is not looked for in ordinary words', () => {
		expect(redactorOf('error')('an error')).toBe('an error');
		expect(redactorOf('errors')('errors')).toBe('[API key]');
	});
});
