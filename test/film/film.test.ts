import fc from 'fast-check';

import { runs } from '../random';
import { clip, FILMS } from './clips';
import { useFilms } from './expect-film';
import { copyWithFfmpeg, framesOf, tracksOf } from './judge';

const { expectBeeps, expectFrames, fileIn, framesOfClip, join } = useFilms();

describe('a film, as ffmpeg decodes it', () => {
	it.each(Object.entries(FILMS))(
		'has each frame at its time, and survives a copy without encoding: %s',
		async (_name, names) => {
			const file = await join(names.map(clip));
			expectFrames(framesOf(file), names.map(clip));

			const copy = fileIn('copy.mp4');
			copyWithFfmpeg(file, copy);
			expect(framesOf(copy).map(({ md5 }) => md5)).toEqual(
				names.flatMap((name) => framesOfClip(clip(name)).map(({ md5 }) => md5)),
			);
			const hasSound = names.some((name) => /beep|mono/.test(name));
			expect(tracksOf(copy)).toHaveLength(hasSound ? 2 : 1);
		},
	);

	it('keeps audio and video together over a dozen clips, two of them silent', async () => {
		const names = [
			...['plain', 'beep', 'beep-again', 'beep', 'beep-again', 'index-at-end'],
			...['beep', 'beep-again', 'beep', 'beep-again', 'beep', 'beep-again'],
		];
		const file = await join(names.map(clip));
		expectFrames(framesOf(file), names.map(clip));
		expectBeeps(file, names.map(clip));
	});

	it('can be made of clips in any order', async () => {
		const alike = [
			...['plain', 'index-at-end', 'thirty', 'baseline', 'ntsc'],
			...['fine-scale', 'beep', 'mov', 'variable'],
		];
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.constantFrom(...alike), { minLength: 1, maxLength: 5 }),
				async (names) => expectFrames(framesOf(await join(names.map(clip))), names.map(clip)),
			),
			runs(100),
		);
	}, 300_000);
});
