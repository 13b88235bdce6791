import fc from 'fast-check';

import { readImageHeader } from '../../../nodes/Evolink/evolink/image';
import { imageBytes } from '../../engine/image-bytes';
import {
	frameHeader,
	jpegOf,
	JPEG_MARKER,
	LONGEST_PAYLOAD_BYTES,
	marker,
	segment,
} from './picture-corpus/jpeg-segments';
import { runs } from '../../random';

const headerOf = (bytes: Buffer) => readImageHeader(bytes) ?? 'unreadable';

describe('a file that is no picture', () => {
	it.each([
		'',
		'x',
		'<!doctype html><html></html>',
		'{"error":"not found"}',
		'RIFF\0\0\0\0WAVEfmt ',
		'\xff\xd8\xfe this is no JPEG',
	])('is not %j', (text) => {
		expect(headerOf(Buffer.from(text, 'latin1'))).toBe('unreadable');
	});
});

describe('a picture that is only begun', () => {
	it.each<[string, Buffer, number]>([
		['png', imageBytes('png', 640, 480), 24],
		['webp-lossy', imageBytes('webp-lossy', 640, 480), 30],
		['webp-lossless', imageBytes('webp-lossless', 640, 480), 25],
		['webp-extended', imageBytes('webp-extended', 640, 480), 30],
		[
			'jpeg',
			jpegOf(
				segment(JPEG_MARKER.APP0, Buffer.alloc(0)),
				frameHeader(JPEG_MARKER.SOF0_BASELINE, 640, 480),
			),
			15,
		],
	])('says its size as soon as it is there: %s', (_format, file, lengthBytes) => {
		expect(headerOf(file.subarray(0, lengthBytes))).toMatchObject({ widthPx: 640, heightPx: 480 });
		expect(headerOf(file.subarray(0, lengthBytes - 1))).toBe('unreadable');
	});

	it.each<[string, Buffer, number]>([
		['JPEG', jpegOf(frameHeader(JPEG_MARKER.SOF0_BASELINE, 640, 480)), 0],
		['JPEG', jpegOf(frameHeader(JPEG_MARKER.SOF0_BASELINE, 640, 480)), 1],
		['JPEG', jpegOf(frameHeader(JPEG_MARKER.SOF0_BASELINE, 640, 480)), 2],
		['WebP', imageBytes('webp-lossy', 640, 480), 0],
		['WebP', imageBytes('webp-lossy', 640, 480), 8],
		['PNG', imageBytes('png', 640, 480), 7],
	])('almost like a %s is none (byte %#)', (_format, file, offset) => {
		file[offset] ^= 0x01;
		expect(headerOf(file)).toBe('unreadable');
	});
});

describe('a JPEG', () => {
	const SIZE = { format: 'jpeg', widthPx: 1234, heightPx: 567 };
	const frame = frameHeader(JPEG_MARKER.SOF0_BASELINE, 1234, 567);
	const junk = (length: number) => Buffer.alloc(length, 0xab);

	it.each([
		['baseline', frame],
		['progressive', frameHeader(JPEG_MARKER.SOF2_PROGRESSIVE, 1234, 567)],
		['grey', frameHeader(JPEG_MARKER.SOF0_BASELINE, 1234, 567, 1)],
		['CMYK', frameHeader(JPEG_MARKER.SOF0_BASELINE, 1234, 567, 4)],
		...[0xc1, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf].map(
			(code): [string, Buffer] => [
				`of the rare kind 0x${code.toString(16)}`,
				frameHeader(code, 1234, 567),
			],
		),
	])('that is %s says its size', (_kind, header) => {
		expect(headerOf(jpegOf(segment(JPEG_MARKER.APP0, junk(14)), header))).toEqual(SIZE);
	});

	it.each([
		['a large EXIF segment', segment(JPEG_MARKER.APP1_EXIF, junk(LONGEST_PAYLOAD_BYTES))],
		[
			'100 KB of application segments',
			Buffer.concat([1, 2].map(() => segment(JPEG_MARKER.APP1_EXIF, junk(52_000)))),
		],
		['a segment of the kind that is kept for extensions', segment(0xc8, junk(20))],
		['an empty segment', segment(JPEG_MARKER.APP0, junk(0))],
		['quantization tables', segment(JPEG_MARKER.DQT, junk(65))],
		['Huffman tables', segment(JPEG_MARKER.DHT, junk(29))],
		['arithmetic coding conditions', segment(JPEG_MARKER.DAC, junk(4))],
		['fill bytes', Buffer.alloc(100_000, 0xff)],
		['stray bytes between segments', Buffer.from([0, 0, 1, 2, 3])],
		['stuffed bytes', Buffer.from([0xff, 0x00, 0xff, 0x00])],
		['a restart marker', marker(JPEG_MARKER.RST0)],
		['the last restart marker', marker(0xd7)],
		['a marker for the coder alone', marker(0x01)],
		[
			'a thumbnail inside of EXIF',
			segment(JPEG_MARKER.APP1_EXIF, jpegOf(frameHeader(JPEG_MARKER.SOF0_BASELINE, 160, 120))),
		],
	])('says its size behind %s', (_what, before) => {
		const file = jpegOf(segment(JPEG_MARKER.APP14_ADOBE, junk(12)), before, frame);
		expect(headerOf(file)).toEqual(SIZE);
	});

	it.each([
		['image data before any frame header', segment(JPEG_MARKER.SOS, junk(10))],
		['an end before any frame header', marker(JPEG_MARKER.EOI)],
		['a second start', marker(JPEG_MARKER.SOI)],
		['a segment shorter than its own length', Buffer.from([0xff, 0xe0, 0, 1])],
		['a frame header that is too short', segment(JPEG_MARKER.SOF0_BASELINE, junk(5))],
		['no width', frameHeader(JPEG_MARKER.SOF0_BASELINE, 0, 567)],
		['no height', frameHeader(JPEG_MARKER.SOF0_BASELINE, 1234, 0)],
	])('is unreadable with %s', (_what, part) => {
		const file = jpegOf(segment(JPEG_MARKER.APP0, junk(14)), part, frame);
		expect(headerOf(file)).toBe('unreadable');
	});

	it('may have a frame header that says no more than the size', () => {
		expect(headerOf(jpegOf(frameHeader(JPEG_MARKER.SOF0_BASELINE, 1234, 567, 0)))).toEqual(SIZE);
	});

	it('may be as large as its header can say', () => {
		const file = jpegOf(frameHeader(JPEG_MARKER.SOF0_BASELINE, 0xffff, 0xffff));
		expect(headerOf(file)).toEqual({ format: 'jpeg', widthPx: 65_535, heightPx: 65_535 });
	});
});

describe('a PNG', () => {
	it.each([
		[1, 1],
		[300, 301],
		[0xffffffff, 0x80000000],
	])('says a size of %d × %d', (widthPx, heightPx) => {
		expect(headerOf(imageBytes('png', widthPx, heightPx))).toEqual({
			format: 'png',
			widthPx,
			heightPx,
		});
	});

	it('is unreadable without a size, or when another chunk comes first', () => {
		expect(headerOf(imageBytes('png', 0, 400))).toBe('unreadable');
		expect(headerOf(imageBytes('png', 400, 0))).toBe('unreadable');
		const file = imageBytes('png', 400, 400);
		file.write('tEXt', 12, 'latin1');
		expect(headerOf(file)).toBe('unreadable');
	});
});

describe('a WebP', () => {
	it.each([
		['webp-lossy', 1, 1],
		['webp-lossy', 16_383, 16_383],
		['webp-lossless', 1, 16_384],
		['webp-lossless', 16_384, 1],
		['webp-lossless', 257, 4_097],
		['webp-extended', 1, 1],
		['webp-extended', 70_000, 300],
		['webp-extended', 16_777_216, 16_777_216],
	] as const)('of the kind %s says a size of %d × %d', (kind, widthPx, heightPx) => {
		expect(headerOf(imageBytes(kind, widthPx, heightPx))).toEqual({
			format: 'webp',
			widthPx,
			heightPx,
		});
	});

	it('that is lossy leaves the scaling hints out of its size', () => {
		expect(headerOf(imageBytes('webp-lossy', 0x4000 + 640, 0xc000 + 480))).toEqual({
			format: 'webp',
			widthPx: 640,
			heightPx: 480,
		});
	});

	it('is unreadable without its start code, its signature or a known first chunk', () => {
		const lossyWithout = (offset: number) => {
			const lossy = imageBytes('webp-lossy', 400, 400);
			lossy[offset] = 0;
			return lossy;
		};
		const lossless = imageBytes('webp-lossless', 400, 400);
		lossless[20] = 0;
		const unknown = imageBytes('webp-extended', 400, 400);
		unknown.write('ALPH', 12, 'latin1');
		const empty = imageBytes('webp-lossy', 0, 0);
		for (const file of [...[23, 24, 25].map(lossyWithout), lossless, unknown, empty]) {
			expect(headerOf(file)).toBe('unreadable');
		}
	});
});

describe('whatever the bytes are', () => {
	/** Starts that lead the reader into each of its branches. */
	const starts = [
		[],
		[0xff, 0xd8, 0xff],
		[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52],
		...['VP8 ', 'VP8L', 'VP8X', ''].map((chunk) => [
			...Buffer.from(`RIFF\x01\x02\x03\x04WEBP${chunk}`, 'latin1'),
		]),
		[...Buffer.from('\0\0\0\x20ftyp', 'latin1')],
	];
	const anyBytes = fc
		.tuple(
			fc.constantFrom(...starts),
			fc.oneof(
				fc.uint8Array({ maxLength: 400 }),
				// Mostly markers and short lengths, so that the walk through a JPEG goes on for long.
				fc
					.array(fc.constantFrom(0xff, 0x00, 0x01, 0x02, 0x09, 0xc0, 0xc4, 0xd0, 0xe1), {
						maxLength: 400,
					})
					.map((bytes) => Uint8Array.from(bytes)),
			),
		)
		.map(([start, rest]) => Buffer.from([...start, ...rest]));

	it('the reader gives an answer', () => {
		fc.assert(
			fc.property(anyBytes, (bytes) => {
				const header = readImageHeader(bytes);
				if (header === undefined) return;
				expect(header.widthPx).toBeGreaterThan(0);
				expect(header.heightPx).toBeGreaterThan(0);
			}),
			runs(3_000),
		);
	});
});
