import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { joinBytes } from './join-bytes';
import { beepsOf, framesOf } from './judge';
import type { Frame } from './judge';

const LONGEST_FRAME_OFFSET_SECONDS = 1e-4;

/** Less than anybody notices, and what a decoder takes to become loud. */
const LONGEST_BEEP_OFFSET_SECONDS = 0.025 + 0.005;

/** Joins clips to films in a folder of their own, for all tests of a file. */
export function useFilms() {
	let folder = '';
	const framesOfClips = new Map<string, Frame[]>();
	beforeAll(() => {
		folder = mkdtempSync(path.join(tmpdir(), 'evolink-film-'));
	});
	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	const fileIn = (name: string) => path.join(folder, name);

	function framesOfClip(clip: Buffer): Frame[] {
		const key = clip.toString('latin1');
		const file = fileIn('clip.mp4');
		if (!framesOfClips.has(key)) writeFileSync(file, clip);
		const frames = framesOfClips.get(key) ?? framesOf(file);
		framesOfClips.set(key, frames);
		return frames;
	}

	async function join(clips: readonly Buffer[]): Promise<string> {
		const file = fileIn('film.mp4');
		writeFileSync(file, (await joinBytes(clips)).bytes);
		return file;
	}

	/** The decoded frames are those of the clips, one after another, each at its own time. */
	function expectFrames(frames: readonly Frame[], clips: readonly Buffer[]) {
		let startSeconds = 0;
		const expected = clips.flatMap((clip) => {
			const own = framesOfClip(clip);
			const [beforeLast, last] = own.slice(-2);
			const begin = startSeconds - own[0].seconds;
			startSeconds = begin + last.seconds + (last.seconds - beforeLast.seconds);
			return own.map(({ seconds, md5 }) => ({ md5, seconds: begin + seconds }));
		});
		expect(frames.map(({ md5 }) => md5)).toEqual(expected.map(({ md5 }) => md5));
		const offsets = frames.map(({ seconds }, index) => Math.abs(seconds - expected[index].seconds));
		expect(Math.max(...offsets)).toBeLessThan(LONGEST_FRAME_OFFSET_SECONDS);
	}

	/** Each clip with sound is heard to begin with its first frame. */
	function expectBeeps(file: string, clips: readonly Buffer[]) {
		const frames = framesOf(file);
		let index = 0;
		const starts = clips.flatMap((clip) => {
			const start = frames[index].seconds;
			index += framesOfClip(clip).length;
			return clip.includes('soun') ? [start] : [];
		});
		const beeps = starts.length === 0 ? [] : beepsOf(file);
		expect(beeps).toHaveLength(starts.length);
		for (const [beep, start] of starts.entries()) {
			expect(Math.abs(beeps[beep] - start)).toBeLessThan(LONGEST_BEEP_OFFSET_SECONDS);
		}
	}

	return { expectBeeps, expectFrames, fileIn, framesOfClip, join };
}
