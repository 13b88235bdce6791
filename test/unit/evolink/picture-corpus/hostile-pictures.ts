import { imageBytes } from '../../../engine/image-bytes';
import {
	frameHeader,
	jpegOf,
	JPEG_MARKER,
	LONGEST_PAYLOAD_BYTES,
	marker,
	segment,
} from './jpeg-segments';

/** The size that all made pictures say of themselves, where nothing else is said. */
export const MADE_WIDTH_PX = 640;
export const MADE_HEIGHT_PX = 400;

const DNL = 0xdc;
const SOF3_LOSSLESS = 0xc3;
const SOF9_ARITHMETIC = 0xc9;

const FRAME = frameHeader(JPEG_MARKER.SOF0_BASELINE, MADE_WIDTH_PX, MADE_HEIGHT_PX);
const APP0 = segment(JPEG_MARKER.APP0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1'));
const END = marker(JPEG_MARKER.EOI);
const PNG = imageBytes('png', MADE_WIDTH_PX, MADE_HEIGHT_PX);
const PNG_SIGNATURE_BYTES = 8;

/** A JPEG with these parts between its first segment and its frame header. */
function jpegWith(...parts: Uint8Array[]): Buffer {
	return jpegOf(APP0, ...parts, FRAME, END);
}

/** A segment that says another length than it has. */
function lyingSegment(saidLength: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
	const head = Buffer.from([0xff, JPEG_MARKER.APP1_EXIF, 0, 0]);
	head.writeUInt16BE(saidLength, 2);
	return Buffer.concat([head, payload]);
}

/** That many segments, each as short as a segment can be. */
function emptySegments(count: number): Buffer {
	const empty = segment(JPEG_MARKER.APP0, Buffer.alloc(0));
	return Buffer.alloc(count * empty.length, empty);
}

/** A PNG chunk with a checksum of zeros, which no reader of headers looks at. */
function pngChunk(type: string, payload: Uint8Array): Buffer {
	const head = Buffer.alloc(8);
	head.writeUInt32BE(payload.length);
	head.write(type, 4, 'latin1');
	return Buffer.concat([head, payload, Buffer.alloc(4)]);
}

/** The made PNG with these chunks before its IHDR, or behind it. */
function pngWith(before: Uint8Array[], behind: Uint8Array[] = []): Buffer {
	return Buffer.concat([
		PNG.subarray(0, PNG_SIGNATURE_BYTES),
		...before,
		PNG.subarray(PNG_SIGNATURE_BYTES),
		...behind,
	]);
}

/** A WebP of that kind whose numbers of that kind were overwritten. */
function webpWith(
	format: 'webp-lossy' | 'webp-lossless' | 'webp-extended',
	sizes: { riff?: number; chunk?: number },
): Buffer {
	const file = imageBytes(format, MADE_WIDTH_PX, MADE_HEIGHT_PX, 64);
	if (sizes.riff !== undefined) file.writeUInt32LE(sizes.riff, 4);
	if (sizes.chunk !== undefined) file.writeUInt32LE(sizes.chunk, 16);
	return file;
}

/** An archive without files: all that a ZIP reader needs at the end of a file. */
function emptyZip(): Buffer {
	return Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]);
}

/**
 * A lossless WebP of one colour: five Huffman codes of one symbol each, after which no pixel needs
 * a bit. The decoder of the WebP tools opens it.
 */
function smallestWebp(widthPx: number, heightPx: number): Buffer {
	const file = imageBytes('webp-lossless', widthPx, heightPx).subarray(0, 28);
	file.writeUInt32LE(20, 4);
	file.writeUInt32LE(8, 16);
	file.set([0x88, 0x88, 0x08], 25);
	return file;
}

/** Makes the file anew for each use, so that no test can spoil it for another. */
export type Maker = () => Buffer;

/** JPEGs that are odd, damaged or made to do harm. */
export const MADE_JPEGS = {
	largest: () => jpegOf(APP0, frameHeader(JPEG_MARKER.SOF0_BASELINE, 65_535, 65_535), END),
	lossless: () => jpegOf(APP0, frameHeader(SOF3_LOSSLESS, MADE_WIDTH_PX, MADE_HEIGHT_PX), END),
	arithmetic: () => jpegOf(APP0, frameHeader(SOF9_ARITHMETIC, MADE_WIDTH_PX, MADE_HEIGHT_PX), END),
	zeroHeightAndDnl: () =>
		jpegOf(
			APP0,
			frameHeader(JPEG_MARKER.SOF0_BASELINE, MADE_WIDTH_PX, 0),
			segment(JPEG_MARKER.SOS, Buffer.alloc(10)),
			segment(DNL, Buffer.from([MADE_HEIGHT_PX >> 8, MADE_HEIGHT_PX & 0xff])),
			END,
		),
	frameBehind200KilobytesOfExif: () =>
		jpegWith(
			...Array.from({ length: 3 }, () =>
				segment(JPEG_MARKER.APP1_EXIF, Buffer.alloc(LONGEST_PAYLOAD_BYTES, 0xab)),
			),
		),
	exifWithThumbnail: () =>
		jpegWith(
			segment(
				JPEG_MARKER.APP1_EXIF,
				jpegOf(frameHeader(JPEG_MARKER.SOF0_BASELINE, 160, 120), Buffer.alloc(40_000, 0xff), END),
			),
		),
	commentFullOfFrameHeaders: () =>
		jpegWith(
			segment(
				0xfe,
				Buffer.concat(
					Array.from({ length: 100 }, () => frameHeader(JPEG_MARKER.SOF0_BASELINE, 1, 1)),
				),
			),
		),
	twoFrameHeaders: () => jpegOf(APP0, FRAME, frameHeader(JPEG_MARKER.SOF0_BASELINE, 9_999, 1), END),
	fillBytes: () => jpegWith(Buffer.alloc(7, 0xff)),
	manyFillBytes: () => jpegWith(Buffer.alloc(1_024, 0xff)),
	manyMarkers: () => jpegWith(emptySegments(9_999)),
	endlessFillBytes: () => jpegOf(Buffer.alloc(100_000, 0xff)),
	segmentOfLength0: () => jpegWith(lyingSegment(0)),
	segmentOfLength1: () => jpegWith(lyingSegment(1)),
	segmentPastTheEnd: () => jpegOf(APP0, lyingSegment(0xffff, Buffer.alloc(100))),
	segmentThatSwallowsTheFrameHeader: () => jpegWith(lyingSegment(2 + FRAME.length)),
	frameHeaderCutOff: () => jpegOf(APP0, FRAME.subarray(0, 8)),
	frameHeaderOfLength2: () => jpegOf(APP0, segment(JPEG_MARKER.SOF0_BASELINE, Buffer.alloc(0))),
	startAndEnd: () => jpegOf(END, Buffer.alloc(20)),
	scanBeforeFrameHeader: () => jpegWith(segment(JPEG_MARKER.SOS, Buffer.alloc(10))),
	twoStarts: () => jpegOf(jpegWith()),
	behindJunk: () => Buffer.concat([Buffer.from('\r\n\r\n', 'latin1'), jpegWith()]),
	behindByteOrderMark: () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), jpegWith()]),
	withZipAppended: () => Buffer.concat([jpegWith(), emptyZip()]),
	withPageAppended: () => Buffer.concat([jpegWith(), Buffer.from('<script>alert(1)</script>')]),
	withPageInComment: () => jpegWith(segment(0xfe, Buffer.from('<script>alert(1)</script>'))),
	readAsText: () => Buffer.from(jpegWith().toString('utf8')),
	swappedBytes: () => jpegWith(Buffer.from([0xff])).swap16(),
} satisfies Record<string, Maker>;

/** PNGs that are odd, damaged or made to do harm. */
export const MADE_PNGS = {
	sidesOf2To31: () => imageBytes('png', 2 ** 31, 2 ** 31),
	largestSides: () => imageBytes('png', 2 ** 32 - 1, 2 ** 32 - 1),
	onePixelHigh: () => imageBytes('png', 2 ** 31 - 1, 1),
	withoutWidth: () => imageBytes('png', 0, 400),
	withoutHeight: () => imageBytes('png', 640, 0),
	headerNotFirst: () => pngWith([pngChunk('tEXt', Buffer.from('Comment\0first'))]),
	ofApple: () => pngWith([pngChunk('CgBI', Buffer.from([0x50, 0, 0x20, 2]))]),
	headerInSmallLetters: () => {
		const file = Buffer.from(PNG);
		file.write('ihdr', 12, 'latin1');
		return file;
	},
	headerThatSaysItIsEmpty: () => {
		const file = Buffer.from(PNG);
		file.writeUInt32BE(0, 8);
		return file;
	},
	badChecksum: () => {
		const file = Buffer.from(PNG);
		file.writeUInt32BE(0xdeadbeef, 29);
		return file;
	},
	chunkPastTheEnd: () => {
		const chunk = pngChunk('IDAT', Buffer.alloc(10));
		chunk.writeUInt32BE(0xffffffff);
		return pngWith([], [chunk]);
	},
	withPageInText: () =>
		pngWith([], [pngChunk('tEXt', Buffer.from('Comment\0<script>alert(1)</script>'))]),
	withZipAppended: () => Buffer.concat([PNG, emptyZip()]),
	sentAsText: () => {
		const lineEndsChanged = PNG.toString('latin1').replaceAll('\r\n', '\n');
		return Buffer.from(lineEndsChanged, 'latin1');
	},
	signatureOnly: () => PNG.subarray(0, PNG_SIGNATURE_BYTES),
	oneByteShort: () => PNG.subarray(0, 23),
} satisfies Record<string, Maker>;

/** WebPs that are odd, damaged or made to do harm. */
export const MADE_WEBPS = {
	largestCanvas: () => imageBytes('webp-extended', 2 ** 24, 2 ** 24),
	largestLossy: () => imageBytes('webp-lossy', 16_383, 16_383),
	largestLossless: () => imageBytes('webp-lossless', 16_384, 16_384),
	ofOneColour: () => smallestWebp(MADE_WIDTH_PX, MADE_HEIGHT_PX),
	riffOfSize0: () => webpWith('webp-lossy', { riff: 0 }),
	riffOfLargestSize: () => webpWith('webp-lossless', { riff: 0xffffffff }),
	riffOfSizeBeforeItsChunk: () => webpWith('webp-extended', { riff: 4 }),
	chunkOfSize0: () => webpWith('webp-lossy', { chunk: 0 }),
	chunkPastTheEnd: () => webpWith('webp-lossless', { chunk: 0x7fffffff }),
	/** Added to its own place, such a size leads back to where the chunk begins. */
	chunkThatLeadsBack: () => webpWith('webp-extended', { chunk: 0xfffffff8 }),
	alphaFirst: () => {
		const file = imageBytes('webp-extended', MADE_WIDTH_PX, MADE_HEIGHT_PX);
		file.write('ALPH', 12, 'latin1');
		return file;
	},
	withoutChunk: () => Buffer.from('RIFF\x04\0\0\0WEBP', 'latin1'),
	lossyWithoutStartCode: () => {
		const file = imageBytes('webp-lossy', MADE_WIDTH_PX, MADE_HEIGHT_PX);
		file[24] = 0;
		return file;
	},
	losslessWithoutSignature: () => {
		const file = imageBytes('webp-lossless', MADE_WIDTH_PX, MADE_HEIGHT_PX);
		file[20] = 0;
		return file;
	},
	lossyCutOff: () => imageBytes('webp-lossy', MADE_WIDTH_PX, MADE_HEIGHT_PX).subarray(0, 29),
	losslessCutOff: () =>
		imageBytes('webp-lossless', MADE_WIDTH_PX, MADE_HEIGHT_PX).subarray(0, 24),
	sound: () => Buffer.from('RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\0\0\0\0', 'latin1'),
} satisfies Record<string, Maker>;

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="400"/>';

/** Files that are no picture at all, or none that a model reads; some of them hold one. */
export const OTHER_FILES = {
	empty: () => Buffer.alloc(0),
	oneByte: () => Buffer.from([0xff]),
	elevenBytesOfPng: () => PNG.subarray(0, 11),
	zeros: () => Buffer.alloc(4_096),
	ones: () => Buffer.alloc(4_096, 0xff),
	text: () => Buffer.from('This is not a picture, but long enough to be one.'),
	page: () => Buffer.from('<!doctype html><title>Log in</title><img src="data:image/png;base64,">'),
	json: () => Buffer.from('{"error":{"code":404,"message":"There is no such picture"}}'),
	base64OfPng: () => Buffer.from(PNG.toString('base64')),
	dataUrl: () => Buffer.from(`data:image/png;base64,${PNG.toString('base64')}`),
	zip: () => emptyZip(),
	svg: () => Buffer.from(SVG),
	svgWithDeclaration: () => Buffer.from(`<?xml version="1.0"?>\n${SVG}`),
	svgBehindComment: () => Buffer.from(`<!-- Made by hand -->${SVG}`),
	pdfWithJpeg: () =>
		Buffer.concat([Buffer.from('%PDF-1.4\n1 0 obj<</Filter/DCTDecode>>stream\n'), jpegWith()]),
	gifWithScript: () => Buffer.from('GIF89a/*\0\0\0\0\0\0*/=1;alert(1);', 'latin1'),
	heicByItsBrandAlone: () => Buffer.from('\0\0\0\x18ftypmif1\0\0\0\0mif1heic', 'latin1'),
} satisfies Record<string, Maker>;
