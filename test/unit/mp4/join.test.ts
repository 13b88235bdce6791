import fc from 'fast-check';

import { withBox, withSoundConfig, withTable } from '../../film/changed-clips';
import { clip, FILMS } from '../../film/clips';
import { joinBytes } from '../../film/join-bytes';
import { refusalOf } from '../../film/refusal-of';
import { readFilm } from '../../film/samples';
import { runs } from '../../random';

const LONGEST_OFFSET_SECONDS = 1e-4;
/** Half a packet of AAC at 44,100 Hz, and what rounding adds. */
const LONGEST_AUDIO_OFFSET_SECONDS = 512 / 44_100 + 1e-3;

/** The clips of a film as mp4box reads them, with the times at which they begin in it. */
function clipsOf(names: readonly string[]) {
	let startSeconds = 0;
	return names.map((name) => {
		const film = readFilm(clip(name));
		const firstSeconds = Math.min(...film.video.map(({ seconds }) => seconds));
		const ends = film.video.map(({ seconds, durationSeconds }) => seconds + durationSeconds);
		const shiftSeconds = startSeconds - firstSeconds;
		startSeconds += Math.max(...ends) - firstSeconds;
		return { ...film, shiftSeconds };
	});
}

describe('a film', () => {
	it.each([1, 7, 40])('is the same from pieces of %d bytes', async (pieceBytes) => {
		const files = [clip('beep'), clip('index-at-end')];
		const { bytes } = await joinBytes(files, pieceBytes);
		expect(bytes.equals((await joinBytes(files)).bytes)).toBe(true);
	});

	it.each(Object.entries(FILMS))('has the frames of its clips: %s', async (_name, names) => {
		const clips = clipsOf(names);
		const wanted = clips.flatMap(({ video, shiftSeconds }) =>
			video.map((frame) => ({ ...frame, seconds: frame.seconds + shiftSeconds })),
		);
		const { bytes } = await joinBytes(names.map(clip));
		const { video } = readFilm(bytes);
		expect(video).toHaveLength(wanted.length);
		for (const [index, frame] of video.entries()) {
			const { bytes: own, seconds, isSync, config } = wanted[index];
			// Parameter sets can stand in front of it.
			expect(frame.bytes.subarray(-own.length).equals(own)).toBe(true);
			expect({ isSync: frame.isSync, config: frame.config }).toEqual({ isSync, config });
			expect(Math.abs(frame.seconds - seconds)).toBeLessThan(LONGEST_OFFSET_SECONDS);
		}
	});

	it.each(Object.entries(FILMS))('has their sound, without gaps: %s', async (_name, names) => {
		const clips = clipsOf(names);
		const { bytes, seconds } = await joinBytes(names.map(clip));
		const { audio } = readFilm(bytes);
		expect(new Set(audio.slice(1).map(({ durationSeconds }) => durationSeconds)).size).toBe(
			audio.length > 0 ? 1 : 0,
		);
		// The first packet is heard half; the second one is of the beep, and no other one is like it.
		const beeps = clips.flatMap(({ audio: [, beep], shiftSeconds }) =>
			beep === undefined ? [] : [{ bytes: beep.bytes, seconds: beep.seconds + shiftSeconds }],
		);
		const heard = audio.filter((packet) => beeps.some((beep) => beep.bytes.equals(packet.bytes)));
		expect(heard.map((packet) => packet.bytes)).toEqual(beeps.map((beep) => beep.bytes));
		for (const [index, beep] of beeps.entries()) {
			const offset = Math.abs(heard[index].seconds - beep.seconds);
			expect(offset).toBeLessThan(LONGEST_AUDIO_OFFSET_SECONDS);
		}
		const last = audio.at(-1);
		if (last !== undefined) {
			expect(last.seconds + last.durationSeconds).toBeGreaterThanOrEqual(seconds);
		}
	});

	it('starts with its index, so that it plays while it loads', async () => {
		const { bytes } = await joinBytes([clip('plain'), clip('beep')]);
		expect(readFilm(bytes).boxes).toEqual(['ftyp', 'moov', 'mdat']);
	});

	it('can be joined again', async () => {
		const { bytes } = await joinBytes([clip('beep'), clip('beep')]);
		expect((await joinBytes([bytes, bytes])).seconds).toBeCloseTo(4, 1);
	});
});

const STBL = 'moov trak mdia minf stbl';

it('is the same film, whether the places in its clips have 32 or 64 bits', async () => {
	const file = clip('index-at-end');
	const offset = file.readUInt32BE(file.indexOf('stco') + 12);
	const wide = withTable(file, `${STBL} stco`, [1, 0, offset]);
	wide.write('co64', wide.indexOf('stco'), 'latin1');
	const { bytes } = await joinBytes([wide, file]);
	expect(bytes.equals((await joinBytes([file, file])).bytes)).toBe(true);
});

it.each([
	['sbtl', 'subtitles'],
	['text', 'chapters or subtitles'],
	['vide', 'further video tracks'],
	['soun', 'further sound tracks'],
	['tmcd', 'further tracks'],
])('names a track that it leaves out: %s', async (kind, words) => {
	const more = withBox(clip('beep'), 'moov', (moov) => {
		const second = moov.subarray(moov.indexOf('trak', moov.indexOf('trak') + 4) - 4);
		const copy = Buffer.from(second.subarray(0, second.readUInt32BE(0)));
		copy.write(kind, copy.indexOf('soun'), 'latin1');
		return Buffer.concat([moov, copy]);
	});
	expect((await joinBytes([clip('beep'), more])).leavesOut).toEqual([words]);
});

/** The clip with other bytes in one box of its index. */
function patched(name: string, address: string, offset: number, bytes: number[]): Buffer {
	return withBox(clip(name), address, (content) => {
		const changed = Buffer.from(content);
		changed.set(bytes, offset);
		return changed;
	});
}

describe('a clip is refused', () => {
	it.each([
		['of another size', clip('large'), 'size in pixels: 192 × 128 instead of 96 × 64'],
		['in another codec', clip('hevc'), 'codec: H.265 instead of H.264'],
		['in fragments', clip('fragmented'), 'fragmented'],
		['turned', patched('plain', 'moov trak tkhd', 40, [0, 0, 0, 0]), 'rotation'],
		['turned as a whole', patched('plain', 'moov mvhd', 36, [0, 0, 0, 0]), 'rotation'],
		['encrypted', withBox(clip('plain'), `${STBL} stsd`, entry('encv')), 'encrypted video'],
		['in AV1', withBox(clip('plain'), `${STBL} stsd`, entry('av01')), 'AV1 video'],
		['in VP9', withBox(clip('plain'), `${STBL} stsd`, entry('vp09')), 'VP9 video'],
		['in MPEG-4', withBox(clip('plain'), `${STBL} stsd`, entry('mp4v')), 'MPEG-4 Visual video'],
		['with MP3 sound', withSoundConfig(clip('beep'), '1210', 0x6b), 'MP3 sound instead of AAC'],
		[
			'with sound of another codec',
			withBox(clip('beep'), `moov trak:1 mdia minf stbl stsd`, entry('.mp3')),
			'MP3 sound',
		],
		['with xHE-AAC sound', withSoundConfig(clip('beep'), 'f8e65000'), 'rare kind of AAC'],
		[
			'of four billion samples',
			patched('plain', `${STBL} stsz`, 4, [0, 0, 0, 1, 255, 255, 255, 255]),
			'too long',
		],
		[
			'with more rows than its box holds',
			patched('plain', `${STBL} stts`, 4, [255, 255, 255, 255]),
			'is damaged',
		],
		[
			'without a time scale',
			patched('plain', 'moov trak mdia mdhd', 12, [0, 0, 0, 0]),
			'is damaged',
		],
		[
			'with a chunk behind its end',
			patched('plain', `${STBL} stco`, 8, [127, 255, 255, 255]),
			'is cut short',
		],
		[
			'at another speed',
			patched('plain', 'moov trak edts elst', 16, [0, 2, 0, 0]),
			'plays at a changed speed',
		],
		['in two formats', patched('plain', `${STBL} stsd`, 4, [0, 0, 0, 2]), 'changes its format'],
	])('that is %s', async (_what, file, words) => {
		const refused = await refusalOf(clip('fine-scale'), file);
		expect(refused).toMatch(/^1 /);
		expect(refused).toContain(words);
	});

	it.each(['beep', 'index-at-end'])(
		'that would last for years, with and without sound: %s',
		async (name) => {
			const endless = withBox(
				withTable(clip('index-at-end'), `${STBL} stts`, [1, 24, 0x7fffffff]),
				'moov trak edts',
				() => Buffer.alloc(0),
			);
			expect(await refusalOf(clip(name), endless, clip('fine-scale'))).toMatch(/^1 .*too long/);
		},
	);

	it('with another kind of sound', async () => {
		expect(await refusalOf(clip('beep'), clip('plain'), clip('mono'))).toMatch(
			/^2 .*kind of sound/,
		);
	});

	it('that was trimmed without re-encoding, at any place', async () => {
		const [whole, trimmed] = [clip('index-at-end'), clip('trimmed')];
		expect(await refusalOf(trimmed)).toMatch(/^0 .*trimmed/);
		expect(await refusalOf(whole, trimmed)).toMatch(/^1 .*trimmed/);
		expect(await refusalOf(trimmed, whole)).toMatch(/^0 .*trimmed/);
	});

	it('within a moment and in plain words, whatever is changed in its index', async () => {
		const file = clip('beep');
		const moov = file.indexOf('moov', 0, 'latin1');
		const bytes = fc.uint8Array({ minLength: 1, maxLength: 4 });
		const change = fc.tuple(fc.integer({ min: moov + 4, max: file.length - 4 }), bytes);
		await fc.assert(
			fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
				const copy = Buffer.from(file);
				for (const [at, changed] of changes) copy.set(changed, at);
				expect(await refusalOf(copy, file)).not.toBe('');
			}),
			runs(3_000),
		);
	});
});

function entry(type: string): (stsd: Buffer) => Buffer {
	return (stsd) => {
		const changed = Buffer.from(stsd);
		changed.write(type, 12, 'latin1');
		return changed;
	};
}
