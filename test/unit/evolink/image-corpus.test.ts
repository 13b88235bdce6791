import { readdirSync } from 'node:fs';

import { readImage } from '../../../nodes/Evolink/evolink/image';
import { jpegSegment, pngChunk } from '../../engine/image-bytes';
import { CORPUS, corpusFile, takenAs, verdictOn } from './image-verdict';

const CUT_SHORT = 'The image is cut short: its end is missing';
const DAMAGED = 'The file is not a JPEG, PNG or WebP image, or it is damaged';
const isNo = (what: string) => `The file is ${what}, not a JPEG, PNG or WebP image`;

/** By the file's name, which is not always true. */
const VERDICTS: Record<string, string> = {
	'jpeg-arithmetic.jpg': 'jpeg, 480 × 360',
	'jpeg-baseline.jpg': 'jpeg, 480 × 360',
	'jpeg-cmyk.jpg': 'jpeg, 480 × 360',
	// Turned by a quarter for the viewer; the limits are the same both ways.
	'jpeg-exif-rotated.jpg': 'jpeg, 480 × 360',
	'jpeg-progressive.jpg': 'jpeg, 480 × 360',
	'jpeg-restart-markers.jpg': 'jpeg, 480 × 360',
	'png-16-bit.png': 'png, 480 × 360',
	'png-alpha.png': 'png, 480 × 360',
	'png-animated.png': 'png, 480 × 360',
	'png-interlaced.png': 'png, 480 × 360',
	'png-named.jpg': 'png, 480 × 360',
	'webp-alpha.webp': 'webp, 480 × 360',
	'webp-animated.webp': 'webp, 480 × 360',
	'webp-lossless.webp': 'webp, 480 × 360',
	'webp-lossy.webp': 'webp, 480 × 360',
	'avif.avif': isNo('an AVIF image'),
	'gif-animated.gif': isNo('a GIF image'),
	'heic.heic': isNo('a HEIC image'),
	'jpeg-2000.jp2': isNo('a JPEG 2000 image'),
	'tiff.tiff': isNo('a TIFF image'),
	'video.mov': isNo('a video'),
	'video.mp4': isNo('a video'),
};

const TAKEN = Object.keys(VERDICTS).filter((name) => VERDICTS[name].endsWith('480 × 360'));

describe('a real file', () => {
	it.each(Object.entries(VERDICTS))('%s: %s', (name, verdict) => {
		expect(verdictOn(corpusFile(name))).toBe(verdict);
	});

	it('is judged for each file of the corpus', () => {
		const files = readdirSync(CORPUS).filter((name) => !/\.(md|sh)$/.test(name));
		expect(files.sort()).toEqual(Object.keys(VERDICTS).sort());
	});

	it.each(TAKEN)('is refused wherever it ends too early: %s', (name) => {
		const file = corpusFile(name);
		for (let length = 0; length < file.length; length += length < 64 ? 1 : 13) {
			const verdict = verdictOn(file.subarray(0, length));
			if (length >= 12) expect(verdict).toBe(CUT_SHORT);
			else expect(verdict).toMatch(/empty|damaged|cut short/);
		}
	});

	it('has transparency only where it says so', () => {
		const transparent = TAKEN.filter((name) => readImage(corpusFile(name))?.hasTransparency);
		expect(transparent).toEqual(['png-alpha.png', 'webp-alpha.webp']);
	});
});

describe('a JPEG of a camera or an editor', () => {
	const file = corpusFile('jpeg-baseline.jpg');
	const behindStart = (...parts: Buffer[]) =>
		Buffer.concat([file.subarray(0, 2), ...parts, file.subarray(2)]);
	const segment = (code: number, payloadBytes: number) =>
		jpegSegment(code, Buffer.alloc(payloadBytes, 0xab));

	it.each([
		['an empty segment', segment(0xe0, 0)],
		['a long comment', segment(0xfe, 65_533)],
		['fill bytes', Buffer.alloc(100_000, 0xff)],
		['stray bytes', Buffer.from([0xff, 0x00, 0x00, 0x01, 0x02])],
		['markers that stand alone', Buffer.from([0xff, 0x01, 0xff, 0xd0, 0xff, 0xd7])],
		['tables between C0 and CF', Buffer.concat([0xc4, 0xc8, 0xcc].map((code) => segment(code, 9)))],
	])('is read behind %s', (_what, before) => {
		expect(verdictOn(behindStart(before))).toBe('jpeg, 480 × 360');
	});

	it.each([
		['lossless', 0xc3, 8, /lossless or hierarchical JPEG/],
		['lossless, of 16 bits', 0xc3, 16, /JPEG/],
		['lossless and arithmetic', 0xcb, 8, /lossless or hierarchical JPEG/],
		['hierarchical', 0xc5, 8, /lossless or hierarchical JPEG/],
		['of 12 bits', 0xc1, 12, /JPEG with 12 bits/],
		['progressive, of 12 bits', 0xc2, 12, /JPEG with 12 bits/],
	])('is refused where no model reads it: %s', (_what, marker, bits, message) => {
		const changed = Buffer.from(file);
		const frame = changed.indexOf(Buffer.from([0xff, 0xc0]));
		changed[frame + 1] = marker;
		changed[frame + 4] = bits;
		expect(verdictOn(changed)).toMatch(message);
	});

	it('ends with the image, not with a thumbnail or an appendix', () => {
		const photo = behindStart(jpegSegment(0xe1, corpusFile('jpeg-exif-rotated.jpg')));
		const withoutEnd = photo.subarray(0, -2);
		for (const appendix of [Buffer.alloc(5_000, 0xff), photo.subarray(0, 900)]) {
			expect(verdictOn(Buffer.concat([photo, appendix]))).toBe('jpeg, 480 × 360');
		}
		expect(verdictOn(withoutEnd)).toBe(CUT_SHORT);
		expect(verdictOn(Buffer.concat([withoutEnd, Buffer.alloc(5_000)]))).toBe(CUT_SHORT);
	});

	it.each([
		['a second start', behindStart(Buffer.from([0xff, 0xd8]))],
		['an end before its frame', behindStart(Buffer.from([0xff, 0xd9]))],
		['image data before its frame', behindStart(segment(0xda, 10))],
		['a segment shorter than its own length', behindStart(Buffer.from([0xff, 0xe0, 0, 1]))],
		['a frame shorter than what it must say', behindStart(segment(0xc0, 5))],
		['line breaks before it', Buffer.concat([Buffer.from('\r\n\r\n'), file])],
		['its bytes read as text', Buffer.from(file.toString('utf8'))],
	])('is damaged: %s', (_what, damaged) => {
		expect(verdictOn(damaged)).toBe(DAMAGED);
	});
});

describe('a PNG or WebP that was changed', () => {
	const changed = (name: string, offset: number, bytes: number[]) => {
		const file = corpusFile(name);
		file.set(bytes, offset);
		return file;
	};

	it.each([
		['a PNG without width', changed('png-16-bit.png', 16, [0, 0, 0, 0])],
		['a PNG without height', changed('png-16-bit.png', 20, [0, 0, 0, 0])],
		['a PNG whose first chunk is another', changed('png-16-bit.png', 12, [0x74, 0x45])],
		['a WebP without its start code', changed('webp-lossy.webp', 23, [0, 0, 0])],
		['a WebP without its signature', changed('webp-lossless.webp', 20, [0])],
		['a WebP whose first chunk is another', changed('webp-alpha.webp', 12, [0x41])],
		[
			'a PNG sent as text',
			Buffer.from(corpusFile('png-16-bit.png').toString('latin1').replace('\r\n', '\n'), 'latin1'),
		],
	])('is damaged: %s', (_what, file) => {
		expect(verdictOn(file)).toBe(DAMAGED);
	});

	it('needs its last chunk, or the length that it says, and no more', () => {
		const png = corpusFile('png-alpha.png');
		const text = pngChunk('tEXt', Buffer.from('Comment\0IEND'));
		expect(verdictOn(png.subarray(0, -12))).toBe(CUT_SHORT);
		expect(verdictOn(Buffer.concat([png.subarray(0, -12), text]))).toBe(CUT_SHORT);
		for (const file of [png, corpusFile('webp-lossy.webp')]) {
			expect(verdictOn(Buffer.concat([file, Buffer.alloc(99)]))).toMatch(/480 × 360$/);
		}
	});

	it('has a size without the scaling hints of a lossy WebP', () => {
		const file = corpusFile('webp-lossy.webp');
		file[27] |= 0xc0;
		file[29] |= 0x40;
		expect(takenAs(file)).toBe('webp');
		expect(verdictOn(file)).toBe('webp, 480 × 360');
	});
});
