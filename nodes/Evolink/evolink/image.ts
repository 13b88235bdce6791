import { inputFailure, quotedWords } from './failure';
import type { EvolinkFailure } from './failure';
import type { ImageFormat, ImageRules } from './models';

/** What the first bytes of an image say about it, whatever its file name claims. */
export interface ImageHeader {
	format: ImageFormat;
	widthPx: number;
	heightPx: number;
}

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

function ascii(bytes: Uint8Array, start: number, length: number): string {
	return String.fromCharCode(...bytes.subarray(start, start + length));
}

function uint16BigEndian(bytes: Uint8Array, offset: number): number {
	return bytes[offset] * 0x100 + bytes[offset + 1];
}

function uint32BigEndian(bytes: Uint8Array, offset: number): number {
	return uint16BigEndian(bytes, offset) * 0x10000 + uint16BigEndian(bytes, offset + 2);
}

function uint16LittleEndian(bytes: Uint8Array, offset: number): number {
	return bytes[offset] + bytes[offset + 1] * 0x100;
}

function uint24LittleEndian(bytes: Uint8Array, offset: number): number {
	return uint16LittleEndian(bytes, offset) + bytes[offset + 2] * 0x10000;
}

function header(format: ImageFormat, widthPx: number, heightPx: number): ImageHeader | undefined {
	return widthPx > 0 && heightPx > 0 ? { format, widthPx, heightPx } : undefined;
}

/** PNG (ISO/IEC 15948): the first chunk is always IHDR, and starts with width and height. */
function readPng(bytes: Uint8Array): ImageHeader | undefined {
	if (bytes.length < 24) return undefined;
	if (ascii(bytes, 12, 4) !== 'IHDR') return undefined;
	return header('png', uint32BigEndian(bytes, 16), uint32BigEndian(bytes, 20));
}

/**
 * The frame headers of JPEG (ITU-T T.81, table B.1: SOF0 to SOF15) lie between 0xC0 and 0xCF;
 * three codes in that range mean something else (DHT, JPG, DAC).
 */
function isJpegFrameHeader(marker: number): boolean {
	return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** Codes that stand alone, without a length: a stuffed byte, TEM and the restart markers. */
function isJpegMarkerWithoutLength(marker: number): boolean {
	return marker === 0x00 || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
}

/**
 * A marker may be preceded by any number of fill bytes. No camera writes more than a handful; a
 * file that is full of them is made to keep the reader busy.
 */
const MOST_FILL_BYTES = 1024;

/**
 * So many markers may come before the frame header. Even a preview that fills the whole file, in
 * segments of 64 KB, needs a few hundred; millions of empty ones would keep the reader busy.
 */
const MOST_MARKERS = 10_000;

/** JPEG (ITU-T T.81, B.1): segments follow one another until the frame header gives the size. */
function readJpeg(bytes: Uint8Array): ImageHeader | undefined {
	let offset = 2;
	for (let markers = 0; markers < MOST_MARKERS; markers++) {
		if (offset >= bytes.length) return undefined;
		// Some cameras leave stray bytes between segments; every common decoder skips them.
		const fillStart = bytes.indexOf(0xff, offset);
		if (fillStart < 0) return undefined;
		offset = fillStart;
		while (offset < bytes.length && bytes[offset] === 0xff) {
			if (++offset - fillStart > MOST_FILL_BYTES) return undefined;
		}
		if (offset >= bytes.length) return undefined;
		const marker = bytes[offset++];
		if (isJpegMarkerWithoutLength(marker)) continue;
		// A second start, the end, or the image data came before any frame header.
		if (marker === 0xd8 || marker === 0xd9 || marker === 0xda) return undefined;
		if (offset + 2 > bytes.length) return undefined;
		const segmentLength = uint16BigEndian(bytes, offset);
		if (segmentLength < 2) return undefined;
		if (isJpegFrameHeader(marker)) {
			if (segmentLength < 8) return undefined;
			if (offset + 7 > bytes.length) return undefined;
			return header('jpeg', uint16BigEndian(bytes, offset + 5), uint16BigEndian(bytes, offset + 3));
		}
		offset += segmentLength;
	}
	return undefined;
}

/** WebP (RFC 9649): lossy (VP8), lossless (VP8L) and extended (VP8X) files say the size early. */
function readWebp(bytes: Uint8Array): ImageHeader | undefined {
	if (bytes.length < 16) return undefined;
	const kind = ascii(bytes, 12, 4);
	// A lossless image of one colour is a whole file of 28 bytes, whatever its size.
	if (bytes.length < (kind === 'VP8L' ? 25 : 30)) return undefined;
	switch (kind) {
		case 'VP8 ': {
			const hasStartCode = bytes[23] === 0x9d && bytes[24] === 0x01 && bytes[25] === 0x2a;
			if (!hasStartCode) return undefined;
			// The two highest bits of each are a scaling hint, not part of the size.
			return header(
				'webp',
				uint16LittleEndian(bytes, 26) & 0x3fff,
				uint16LittleEndian(bytes, 28) & 0x3fff,
			);
		}
		case 'VP8L': {
			if (bytes[20] !== 0x2f) return undefined;
			const widthPx = 1 + (((bytes[22] & 0x3f) << 8) | bytes[21]);
			const heightPx = 1 + (((bytes[24] & 0x0f) << 10) | (bytes[23] << 2) | (bytes[22] >> 6));
			return header('webp', widthPx, heightPx);
		}
		case 'VP8X':
			return header('webp', 1 + uint24LittleEndian(bytes, 24), 1 + uint24LittleEndian(bytes, 27));
		default:
			return undefined;
	}
}

/**
 * Reads format and pixel size of an image, or returns undefined when it is none that the models
 * read, or is cut short. Never reads past what it is given.
 */
export function readImageHeader(bytes: Uint8Array): ImageHeader | undefined {
	if (bytes.length < 12) return undefined;
	if (PNG_SIGNATURE.every((byte, index) => bytes[index] === byte)) return readPng(bytes);
	if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return readJpeg(bytes);
	if (ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 4) === 'WEBP') return readWebp(bytes);
	return undefined;
}

const CONVERT =
	'Convert it to JPEG first, for example with an image editor or an online converter.';

/** What people hand in by mistake, and the way out. By the first bytes, read as Latin-1. */
const OTHER_FILES: ReadonlyArray<[RegExp, string, string]> = [
	[
		/^(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body)/i,
		'a web page',
		'The node before this one has downloaded a page instead of the image, maybe a login or share page. Use the direct link of the image there.',
	],
	[/^(\xef\xbb\xbf)?\s*(<\?xml[^]*)?<svg/i, 'an SVG drawing', CONVERT],
	[
		/^(\xef\xbb\xbf)?\s*[{[]/,
		'JSON',
		'The node before this one has returned data instead of the image. Check its settings, such as its response format.',
	],
	[
		/^(data:image\/|\/9j\/|iVBORw0KGgo|UklGR)/,
		'base64 text',
		"Turn it into a file with n8n's 'Convert to File' node (Move Base64 String to File) before this one.",
	],
	[/^[^]{4}ftyp(hei|hev|mif1|msf1)/, 'a HEIC image', CONVERT],
	[/^[^]{4}ftypavi/, 'an AVIF image', CONVERT],
	[/^[^]{4}ftyp/, 'a video', 'Use an image: the video starts with it.'],
	[/^GIF8/, 'a GIF image', CONVERT],
	[/^BM/, 'a BMP image', CONVERT],
	[/^(II\*\0|MM\0\*)/, 'a TIFF image', CONVERT],
	[/^%PDF/, 'a PDF document', 'Save the image in it as JPEG.'],
	[/^PK/, 'a ZIP archive', "Take the image out of it first, e.g. with n8n's Compression node."],
];

const FORMAT_NAMES: Record<ImageFormat, string> = { jpeg: 'JPEG', png: 'PNG', webp: 'WebP' };

/** Returns the media type that the upload declares, by the file's bytes. */
export function mediaTypeOf(format: ImageFormat): string {
	return `image/${format}`;
}

/** Returns a file name whose extension tells the truth about the bytes. */
export function uploadFileName(format: ImageFormat): string {
	return `image.${format === 'jpeg' ? 'jpg' : format}`;
}

/** Returns the formats as a list in words: "JPEG, PNG or WebP". */
function listOfFormats(formats: readonly ImageFormat[]): string {
	return formats
		.map((format) => FORMAT_NAMES[format])
		.join(', ')
		.replace(/, ([^,]*)$/, ' or $1');
}

function notAnImageFailure(bytes: Uint8Array, rules: ImageRules): EvolinkFailure {
	const wanted = listOfFormats(rules.formats);
	if (bytes.length === 0) {
		return inputFailure(
			'The file is empty',
			`The node before this one must return a ${wanted} image.`,
		);
	}
	const beginning = Buffer.from(bytes.subarray(0, 512)).toString('latin1');
	const other = OTHER_FILES.find(([begins]) => begins.test(beginning));
	if (other !== undefined) {
		const [, what, advice] = other;
		return inputFailure(`The file is ${what}, not a ${wanted} image`, advice);
	}
	const words = beginning.slice(0, 40).replace(/\s+/g, ' ').trim();
	const isText = /^[\x20-\x7e]+$/.test(words);
	return inputFailure(
		`The file is not a ${wanted} image, or it is damaged`,
		`${isText ? `It begins with "${quotedWords(words)}". ` : ''}Save the image as ${wanted}. What counts is the content of the file, not its name.`,
	);
}

/** A ratio as people say it: 2.5 is 5:2, 0.4 is 2:5. */
function ratioWords(ratio: number): string {
	for (let height = 1; height <= 20; height++) {
		const width = ratio * height;
		if (Math.abs(width - Math.round(width)) < 1e-9) return `${Math.round(width)}:${height}`;
	}
	return `${Math.round(ratio * 100) / 100}:1`;
}

/**
 * Returns the format of an image that the model can use.
 *
 * @param bytes the whole file
 * @throws EvolinkFailure that says what is wrong with it and what to do
 */
export function checkImage(bytes: Uint8Array, rules: ImageRules): ImageFormat {
	const header = readImageHeader(bytes);
	if (header === undefined || !rules.formats.includes(header.format)) {
		throw notAnImageFailure(bytes, rules);
	}
	if (bytes.length > rules.maxBytes) {
		throw inputFailure(
			`The image is larger than ${rules.maxBytes / 1024 / 1024} MB`,
			'Make it smaller, for example by saving it as JPEG, then run the workflow again.',
		);
	}
	const { format, widthPx, heightPx } = header;
	const size = `${widthPx} × ${heightPx} pixels`;
	if (Math.min(widthPx, heightPx) <= rules.shortEdgeAbovePx) {
		throw inputFailure(
			`The image is too small: ${size}`,
			`Its shorter side must be longer than ${rules.shortEdgeAbovePx} pixels. Use a larger image.`,
		);
	}
	const ratio = widthPx / heightPx;
	if (ratio < rules.minAspectRatio || ratio > rules.maxAspectRatio) {
		throw inputFailure(
			`The image is too ${ratio > 1 ? 'wide' : 'tall'}: ${size}`,
			`Width to height must be between ${ratioWords(rules.minAspectRatio)} and ${ratioWords(rules.maxAspectRatio)}. Crop the image.`,
		);
	}
	return format;
}
