import { readFileSync } from 'node:fs';

import {
	withColors,
	withEndlessLastFrame,
	withNalLength,
	withoutEntrySize,
	withPacketTicks,
	withPixels,
	withSoundConfig,
	withSoundScale,
} from './changed-clips';
import { clip, drawClip } from './clips';
import type { ClipRecipe } from './clips';
import { useFilms } from './expect-film';
import { joinBytes } from './join-bytes';
import { complaintsAbout, framesOf } from './judge';
import { refusalOf } from './refusal-of';

const { expectBeeps, expectFrames, fileIn, join } = useFilms();

/** Clips whose index stands behind their data, so that it may change its length. */
const [PLAIN, BEEP, AGAIN] = ['index-at-end', 'beep', 'beep-again'].map(clip);

const BT709 = '000100010001';
const BT601 = '000600060006';
const BT2020 = '0009000e0009';
const nclx = (values: string, range = '00') => ['nclx', values + range] as const;

function drawn(recipe: ClipRecipe): Buffer {
	const file = fileIn('drawn.mp4');
	drawClip(recipe, file);
	return readFileSync(file);
}

/** @param alike the clips that show what the film should, where a clip itself does not */
async function expectFilm(clips: readonly Buffer[], alike = clips) {
	const file = await join(clips);
	expectFrames(framesOf(file), alike);
	expectBeeps(file, alike);
	expect(complaintsAbout(file)).toBe('');
}

describe('the film is right', () => {
	it.each([
		['with B-frames', PLAIN],
		['without them', clip('baseline')],
	])('where the last frame of a clip has no duration, %s', async (_frames, silent) => {
		const changed = [silent, BEEP, silent].map(withEndlessLastFrame);
		await expectFilm([...changed, AGAIN], [silent, BEEP, silent, AGAIN]);
	});

	it('where the sample entry says no size', async () => {
		await expectFilm([withoutEntrySize(PLAIN), PLAIN, withoutEntrySize(BEEP)]);
		const { bytes } = await joinBytes([withoutEntrySize(PLAIN)]);
		expect(bytes.equals((await joinBytes([PLAIN])).bytes)).toBe(true);
	});

	it.each<[string, Buffer[]]>([
		['in one clip only', [withColors(PLAIN, nclx(BT709)), PLAIN, BEEP]],
		['as QuickTime has them', [withColors(PLAIN, nclx(BT709)), withColors(BEEP, ['nclc', BT709])]],
		['of one byte less', [withColors(PLAIN, nclx(BT709)), withColors(BEEP, ['nclx', BT709])]],
		[
			'under other numbers',
			[withColors(PLAIN, nclx(BT601)), withColors(BEEP, nclx('000700010005'))],
		],
		['unspecified', [withColors(PLAIN, nclx('000200020002')), withColors(BEEP, nclx(BT2020))]],
	])('where colors are given %s', async (_how, clips) => await expectFilm(clips));

	it('where colors are given, and the bitstream agrees', async () => {
		const inStream = drawn({ hue: 5, more: colors('bt709') });
		await expectFilm([withColors(inStream, undefined), withColors(PLAIN, nclx(BT709)), inStream]);
	});

	it.each<[string, (packet: number) => number]>([
		['a long first packet', (packet) => (packet === 0 ? 1354 : 1024)],
		['packets that jitter', (packet) => 1024 + ((packet * 5) % 17) - 8],
		['a scale of its own', () => 1024],
	])('where sound has %s', async (what, ticksOf) => {
		const changed = what.includes('scale')
			? withSoundScale(BEEP, 90_000)
			: withPacketTicks(BEEP, ticksOf);
		await expectFilm([changed, AGAIN, changed, PLAIN, changed], [BEEP, AGAIN, BEEP, PLAIN, BEEP]);
		await expectFilm([AGAIN, changed], [AGAIN, BEEP]);
	});

	it('where pixels of one shape are said in other numbers', async () => {
		await expectFilm([PLAIN, withPixels(BEEP, 65_536, 65_536), withPixels(AGAIN, 0, 0)]);
		await expectFilm([withPixels(PLAIN, 4, 2), withPixels(BEEP, 2, 1)]);
	});

	it.each(['1210', '121056e500', '121056e50000', '12100000000000'])(
		'where one sound is described in several ways: %s',
		async (hex) => await expectFilm([BEEP, withSoundConfig(AGAIN, hex), PLAIN, BEEP]),
	);

	it('where surround sound is longer than its video, or the last to be heard', async () => {
		const [long, short] = surround();
		await expectFilm([long, long, short]);
	});

	it('where long packets fall into step', async () => {
		const clip = telephone(1.28);
		await expectFilm([clip, clip, clip]);
	});
});

function colors(space: string): string[] {
	return [
		...['-colorspace', space, '-color_primaries', space, '-color_trc', space],
		...['-vf', `setparams=colorspace=${space}:color_primaries=${space}:color_trc=${space}`],
	];
}

/** Six channels, one of them silent before its end. */
function surround(): Buffer[] {
	const long = { hue: 15, soundHz: 880, channels: 6 };
	return [long, { ...long, more: ['-af', 'atrim=duration=0.4'] }].map(drawn);
}

/** At 8 kHz, a packet takes 128 milliseconds. */
function telephone(seconds: number): Buffer {
	return drawn({ hue: 25, seconds, framesPerSecond: 25, soundHz: 880, more: ['-ar', '8000'] });
}

describe('a clip is refused', () => {
	it('whose surround sound ends before its video', async () => {
		const [long, short] = surround();
		expect(await refusalOf(long, short, long)).toMatch(/^1 .*ends before its video/);
	});

	it('whose long packets would be out of step', async () => {
		const clip = telephone(1.2);
		expect(await refusalOf(clip, clip, clip)).toMatch(/^1 .*low a sample rate/);
	});

	it('with NAL units whose length takes other bytes', async () => {
		expect(await refusalOf(PLAIN, withNalLength(BEEP, 2))).toMatch(
			/^1 .*NAL.*2 bytes instead of 4/,
		);
	});

	it.each<[string, string, Buffer[]]>([
		['other colors', '1', [withColors(PLAIN, nclx(BT709)), withColors(BEEP, nclx(BT601))]],
		[
			'other colors than one before it',
			'2',
			[PLAIN, withColors(PLAIN, nclx(BT709)), withColors(BEEP, nclx(BT2020))],
		],
		['another range', '1', [withColors(PLAIN, nclx(BT709)), withColors(BEEP, nclx(BT709, '80'))]],
	])('with %s', async (_what, which, clips) => {
		expect(await refusalOf(...clips)).toMatch(new RegExp(`^${which} .*colors`));
	});

	it('with other colors in its bitstream', async () => {
		const inStream = withColors(drawn({ hue: 5, more: colors('smpte170m') }), undefined);
		expect(await refusalOf(withColors(PLAIN, nclx(BT709)), inStream)).toMatch(/^1 .*colors/);
		expect(await refusalOf(inStream, withColors(PLAIN, nclx(BT709)))).toMatch(/^1 .*colors/);
	});

	it('with pixels of another shape', async () => {
		expect(await refusalOf(PLAIN, withPixels(BEEP, 2, 1))).toMatch(/^1 .*shape of pixels/);
	});

	it('with a gap that can be heard', async () => {
		const gap = withPacketTicks(BEEP, (packet) => (packet === 9 ? 2_300 : 1024));
		expect(await refusalOf(BEEP, gap)).toMatch(/^1 .*gaps/);
	});
});
