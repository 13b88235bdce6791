import fc from 'fast-check';

import { runs } from '../random';
import {
	withColors,
	withEndlessLastFrame,
	withNalLength,
	withoutEntrySize,
	withPacketTicks,
	withPause,
	withPixels,
	withSoundConfig,
	withSoundScale,
} from './changed-clips';
import { clip } from './clips';
import { useFilms } from './expect-film';
import { complaintsAbout, framesOf } from './judge';
import { refusalOf } from './refusal-of';

const { expectBeeps, expectFrames, join } = useFilms();

/** By two encoders, with and without B-frames and sound; their indexes stand behind their data. */
const CLIPS = [
	...['index-at-end', 'baseline', 'ntsc', 'fine-scale', 'thirty', 'minih264'],
	...['beep', 'beep', 'beep-again', 'beep-again'],
];

type Change = (bytes: Buffer) => Buffer;
type Changes = Readonly<Record<string, Change>>;
const same: Change = (bytes) => bytes;

/** What any clip may have, by its name: none of it changes what is seen and heard. */
const HARMLESS: Changes = {
	nothing: same,
	'a last frame without duration': withEndlessLastFrame,
	'an entry without a size': withoutEntrySize,
	'a pause before it': (bytes) => withPause(bytes, 0.5),
};
const PIXELS: Changes = {
	'1:1': same,
	'9:9': (bytes) => withPixels(bytes, 9, 9),
	'65536:65536': (bytes) => withPixels(bytes, 65_536, 65_536),
};
/** What clips with sound may have. */
const SOUND_CONFIGS = ['1210', '121056e500', '12100000'];
const SOUND_TIMES: Changes = {
	even: same,
	'long at first': (bytes) => withPacketTicks(bytes, (packet) => (packet === 0 ? 1354 : 1024)),
	jittering: (bytes) => withPacketTicks(bytes, (packet) => 1024 + ((packet * 7) % 15) - 7),
	'in another scale': (bytes) => withSoundScale(bytes, 90_000),
};
/** They go together only where they are the same, or one of them is not said. */
const COLORS: Changes = {
	'none at all': (bytes) => withColors(bytes, undefined),
	'none in numbers': (bytes) => withColors(bytes, ['nclx', '00020002000200']),
	'709': (bytes) => withColors(bytes, ['nclx', '00010001000100']),
	'709 of QuickTime': (bytes) => withColors(bytes, ['nclc', '000100010001']),
	'601 of QuickTime': (bytes) => withColors(bytes, ['nclc', '000600060006']),
};
const COMMON_COLORS = Object.keys(COLORS).slice(0, 4);

const oneOf = (changes: Changes) => fc.constantFrom(...Object.keys(changes));
const often = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>) =>
	fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: rare });

const anyClip = fc.record({
	name: fc.constantFrom(...CLIPS),
	harmless: oneOf(HARMLESS),
	pixels: oneOf(PIXELS),
	sound: fc.constantFrom(...SOUND_CONFIGS),
	times: oneOf(SOUND_TIMES),
	colors: often(fc.constantFrom(...COMMON_COLORS), oneOf(COLORS)),
	nalBytes: often(fc.constant(4), fc.constant(2)),
});
type AnyClip = typeof anyClip extends fc.Arbitrary<infer Clip> ? Clip : never;

function changed({ name, harmless, pixels, sound, times, colors, nalBytes }: AnyClip): Buffer {
	const original = clip(name);
	const forSound = [(bytes: Buffer) => withSoundConfig(bytes, sound), SOUND_TIMES[times]];
	const changes = [PIXELS[pixels], COLORS[colors], HARMLESS[harmless]];
	const all = original.includes('soun') ? [...forSound, ...changes] : changes;
	return all.reduce((bytes, change) => change(bytes), withNalLength(original, nalBytes));
}

/** Which of them is the first that does not go with those before it, or -1. */
function firstUnsuitable(clips: readonly AnyClip[]): number {
	const numbers = clips.map(({ colors }) => /^\d+/.exec(colors)?.[0]);
	return clips.findIndex(({ nalBytes }, index) => {
		const own = numbers[index];
		const before = numbers.slice(0, index).find((one) => one !== undefined);
		const hasOtherColors = own !== undefined && before !== undefined && own !== before;
		return hasOtherColors || nalBytes !== clips[0].nalBytes;
	});
}

it('clips of any kinds are a film of their frames and sounds, or the right one is refused', async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(anyClip, { minLength: 2, maxLength: 4 }), async (clips) => {
			// In none of them, lengths are really of two bytes: nothing could decode a film of them.
			if (clips[0].nalBytes === 2) return;
			const unsuitable = firstUnsuitable(clips);
			const files = clips.map(changed);
			if (unsuitable >= 0) {
				const words = new RegExp(`^${unsuitable} .*(colors|NAL length)`);
				expect(await refusalOf(...files)).toMatch(words);
				return;
			}
			const originals = clips.map(({ name }) => clip(name));
			const file = await join(files);
			expectFrames(framesOf(file), originals);
			expectBeeps(file, originals);
			expect(complaintsAbout(file)).toBe('');
		}),
		runs(200),
	);
}, 600_000);
