import { quotedName, quotedWords } from '../../../nodes/Evolink/evolink/failure';

describe('a text in a message', () => {
	it.each([
		[quotedName, 100],
		[quotedWords, 500],
	])('is shown up to its limit, and never cut in the middle of a character', (quoted, limit) => {
		const text = 'x'.repeat(limit);
		expect(quoted('')).toBe('');
		expect(quoted(text)).toBe(text);
		expect(quoted(`${text}y`)).toBe(`${text}…`);
		expect(quoted(`${text.slice(1)}🎬`)).toBe(`${text.slice(1)}…`);
		expect(quoted(`${text.slice(2)}🎬`)).toBe(`${text.slice(2)}🎬`);
	});
});
