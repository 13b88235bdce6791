import { shortened } from '../../../nodes/Evolink/evolink/shortened';

describe('a text in a message', () => {
	it.each([
		['', 3, ''],
		['abc', 3, 'abc'],
		['abcd', 3, 'abc…'],
		['abcd', 0, '…'],
	])('%j of at most %d characters reads %j', (text, longestCharacters, shown) => {
		expect(shortened(text, longestCharacters)).toBe(shown);
	});

	it('is never cut in the middle of a character', () => {
		expect(shortened('ab🎬🎬', 3)).toBe('ab…');
		expect(shortened('ab🎬🎬', 4)).toBe('ab🎬…');
		expect(shortened('🎬🎬ab', 5)).toBe('🎬🎬a…');
		expect(shortened('ab🎬', 4)).toBe('ab🎬');
	});
});
