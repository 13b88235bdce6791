import fc from 'fast-check';

import { countCharacters } from '../../../nodes/Evolink/evolink/camera';
import { runs } from '../../random';

describe('The length of a prompt', () => {
	it('is counted as its Unicode characters are listed, halves of pairs included', () => {
		const halves = fc.constantFrom('\ud83d', '\ude00', '😀', 'a', 'ä', '\u0301');
		const text = fc.oneof(
			fc.string({ unit: 'binary' }),
			fc.array(halves).map((list) => list.join('')),
		);
		fc.assert(
			fc.property(text, (prompt) => {
				expect(countCharacters(prompt)).toBe([...prompt].length);
			}),
			runs(2_000),
		);
	});
});
