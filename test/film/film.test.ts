import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { runs } from '../random';
import { clip, clipFile, FILMS } from './clips';
import { joinBytes } from './join-bytes';
import { beepsOf, copyWithFfmpeg, framesOf, tracksOf } from './judge';
import type { Frame } from './judge';

const LONGEST_OFFSET_SECONDS = 0.03;
const LONGEST_FRAME_OFFSET_SECONDS = 1e-4;

let folder = '';
const framesOfClips = new Map<string, Frame[]>();

beforeAll(() => {
	folder = mkdtempSync(path.join(tmpdir(), 'evolink-film-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function framesOfClip(name: string): Frame[] {
	const frames = framesOfClips.get(name) ?? framesOf(clipFile(name));
	framesOfClips.set(name, frames);
	return frames;
}

async function join(names: readonly string[]): Promise<string> {
	const file = path.join(folder, 'film.mp4');
	writeFileSync(file, (await joinBytes(names.map(clip))).bytes);
	return file;
}

/** The decoded frames are those of the clips, one after another, each at its own time. */
function expectFrames(frames: readonly Frame[], names: readonly string[]) {
	let startSeconds = 0;
	const expected = names.flatMap((name) => {
		const own = framesOfClip(name);
		const [beforeLast, last] = own.slice(-2);
		const begin = startSeconds - own[0].seconds;
		startSeconds = begin + last.seconds + (last.seconds - beforeLast.seconds);
		return own.map(({ seconds, md5 }) => ({ md5, seconds: begin + seconds }));
	});
	expect(frames.map(({ md5 }) => md5)).toEqual(expected.map(({ md5 }) => md5));
	const offsets = frames.map(({ seconds }, index) => Math.abs(seconds - expected[index].seconds));
	expect(Math.max(...offsets)).toBeLessThan(LONGEST_FRAME_OFFSET_SECONDS);
}

describe('a film, as ffmpeg decodes it', () => {
	it.each(Object.entries(FILMS))(
		'has each frame at its time, and survives a copy without encoding: %s',
		async (_name, names) => {
			const file = await join(names);
			expectFrames(framesOf(file), names);

			const copy = path.join(folder, 'copy.mp4');
			copyWithFfmpeg(file, copy);
			expect(framesOf(copy).map(({ md5 }) => md5)).toEqual(
				names.flatMap((name) => framesOfClip(name).map(({ md5 }) => md5)),
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
		const file = await join(names);
		const frames = framesOf(file);
		expectFrames(frames, names);
		let index = 0;
		const starts = names.flatMap((name) => {
			const start = frames[index].seconds;
			index += framesOfClip(name).length;
			return name.startsWith('beep') ? [start] : [];
		});
		const beeps = beepsOf(file);
		expect(beeps).toHaveLength(starts.length);
		for (const [beep, start] of starts.entries()) {
			expect(Math.abs(beeps[beep] - start)).toBeLessThan(LONGEST_OFFSET_SECONDS);
		}
	});

	it('can be made of clips in any order', async () => {
		const alike = [
			...['plain', 'index-at-end', 'thirty', 'baseline', 'ntsc'],
			...['fine-scale', 'beep', 'mov', 'variable'],
		];
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.constantFrom(...alike), { minLength: 1, maxLength: 5 }),
				async (names) => expectFrames(framesOf(await join(names)), names),
			),
			runs(100),
		);
	}, 300_000);
});
