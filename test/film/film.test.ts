/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { runs } from '../random';
import { drawClip, FILMS, RECIPES } from './clips';
import { joinBytes } from './join-bytes';
import { beepsOf, copyWithFfmpeg, cutWithFfmpeg, framesOf, tracksOf } from './judge';
import type { Frame } from './judge';

/** `npm run test:film -- --update` keeps the clips and what was judged, for `npm test`. */
const KEEPS = process.env.EVOLINK_FILM === 'update';
const KEPT_FOLDER = path.join(__dirname, 'clips');
const LONGEST_OFFSET_SECONDS = 0.03;

let folder = '';
const clips = new Map<string, { file: string; bytes: Buffer; frames: Frame[]; seconds: number }>();
const judged: Record<string, { sha256: string; frames: Frame[] }> = {};

beforeAll(() => {
	folder = mkdtempSync(path.join(tmpdir(), 'evolink-film-'));
	for (const recipe of RECIPES) {
		const file = drawClip(folder, recipe);
		const bytes = readFileSync(file);
		clips.set(recipe.name, { file, bytes, frames: framesOf(file), seconds: recipe.seconds });
	}
}, 120_000);
afterAll(() => {
	if (KEEPS) {
		for (const name of new Set(Object.values(FILMS).flat())) {
			copyFileSync(clipOf(name).file, path.join(KEPT_FOLDER, `${name}.mp4`));
		}
		writeFileSync(path.join(KEPT_FOLDER, 'judged.json'), `${JSON.stringify(judged, null, '\t')}\n`);
	}
	rmSync(folder, { recursive: true, force: true });
});

function clipOf(name: string) {
	const clip = clips.get(name);
	if (clip === undefined) throw new Error(`There is no clip ${name}`);
	return clip;
}

function join(names: readonly string[], fileName: string): string {
	const file = path.join(folder, `${fileName.replace(/\W+/g, '-')}.mp4`);
	writeFileSync(file, joinBytes(names.map((name) => clipOf(name).bytes)).bytes);
	return file;
}

/** The decoded frames are those of the clips, one after another, each at its own time. */
function expectFrames(frames: readonly Frame[], names: readonly string[], toleranceSeconds = 1e-4) {
	let startSeconds = 0;
	const expected = names.flatMap((name) => {
		const { frames: own } = clipOf(name);
		const [first] = own;
		const spaced = own.length > 1 ? own[own.length - 1].seconds - own[own.length - 2].seconds : 0;
		const begin = startSeconds;
		startSeconds += own[own.length - 1].seconds - first.seconds + spaced;
		return own.map(({ seconds, md5 }) => ({ md5, seconds: begin + seconds - first.seconds }));
	});
	expect(frames.map(({ md5 }) => md5)).toEqual(expected.map(({ md5 }) => md5));
	const latest = Math.max(
		...frames.map(({ seconds }, index) => Math.abs(seconds - expected[index].seconds)),
	);
	expect(latest).toBeLessThan(toleranceSeconds);
}

describe('a film, as ffmpeg decodes it', () => {
	it.each(Object.entries(FILMS))('has each frame at its time: %s', (name, names) => {
		const file = join(names, name);
		const frames = framesOf(file);
		expectFrames(frames, names);
		judged[name] = {
			sha256: createHash('sha256').update(readFileSync(file)).digest('hex'),
			frames,
		};
	});

	it.each(Object.entries(FILMS))('survives a copy without encoding: %s', (name, names) => {
		const copy = path.join(folder, 'copy.mp4');
		copyWithFfmpeg(join(names, name), copy);
		expect(framesOf(copy).map(({ md5 }) => md5)).toEqual(
			names.flatMap((clip) => clipOf(clip).frames.map(({ md5 }) => md5)),
		);
		const hasSound = names.some((clip) => /beep|mono/.test(clip));
		expect(tracksOf(copy)).toHaveLength(hasSound ? 2 : 1);
	});

	it('keeps sound and picture together over a dozen clips, two of them silent', () => {
		const names = [
			...['plain', 'beep', 'beep-again', 'beep', 'beep-again', 'index-at-end'],
			...['beep', 'beep-again', 'beep', 'beep-again', 'beep', 'beep-again'],
		];
		const file = join(names, 'dozen');
		const frames = framesOf(file);
		expectFrames(frames, names);
		let index = 0;
		const starts = names.flatMap((name) => {
			const start = frames[index].seconds;
			index += clipOf(name).frames.length;
			return name.startsWith('beep') ? [start] : [];
		});
		const beeps = beepsOf(file);
		expect(beeps).toHaveLength(starts.length);
		for (const [beep, start] of starts.entries()) {
			expect(Math.abs(beeps[beep] - start)).toBeLessThan(LONGEST_OFFSET_SECONDS);
		}
	});

	it('can be made of clips in any order', () => {
		const alike = [
			'plain',
			'index-at-end',
			'thirty',
			'baseline',
			'ntsc',
			'fine-scale',
			'beep',
			'mov',
			'variable',
		];
		fc.assert(
			fc.property(fc.array(fc.constantFrom(...alike), { minLength: 1, maxLength: 5 }), (names) => {
				expectFrames(framesOf(join(names, 'any')), names);
			}),
			runs(100),
		);
	}, 300_000);
});

describe('what cannot be joined', () => {
	it.each([
		[['plain', 'large'], 'size in pixels: 192 × 128 instead of 96 × 64'],
		[['plain', 'hevc'], 'codec: hvc1 instead of avc1'],
		[['beep', 'mono'], 'another kind of sound'],
		[['fragmented'], 'its index in pieces'],
	])('%j is refused', (names, words) => {
		expect(() => joinBytes(names.map((name) => clipOf(name).bytes))).toThrow(words);
	});

	it('a clip whose beginning was cut off without encoding is refused, at any place', () => {
		const file = path.join(folder, 'cut.mp4');
		cutWithFfmpeg(clipOf('plain').file, 0.4, file);
		const cut = readFileSync(file);
		const { bytes } = clipOf('index-at-end');
		for (const files of [[cut], [bytes, cut], [cut, bytes]]) {
			expect(() => joinBytes(files)).toThrow('cuts that were not encoded');
		}
	});
});
