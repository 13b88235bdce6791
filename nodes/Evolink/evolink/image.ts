import { inputFailure, quotedWords } from './failure';
import type { EvolinkFailure } from './failure';
import type { ImageFormat, ImageRules } from './models';

/** What the fields and messages of one frame call it. */
export interface FrameWords {
	/** The fields as the editor shows them. */
	sourceField: string;
	urlField: string;
	fileField: string;
	image: string;
	file: string;
}

/** The words of the first frame, which is the only image of most videos. */
export const FIRST_FRAME_WORDS: FrameWords = {
	sourceField: 'Image Source',
	urlField: 'Image URL',
	fileField: 'Input Data Field Name',
	image: 'The image',
	file: 'The file',
};

/** The words of the last frame. */
export const LAST_FRAME_WORDS: FrameWords = {
	sourceField: 'Last Frame',
	urlField: 'Last Frame URL',
	fileField: 'Last Frame Field Name',
	image: 'The last frame',
	file: 'The file of the last frame',
};

/** What the first bytes of an image say about it, whatever its file name claims. */
export interface ImageHeader {
	format: ImageFormat;
	widthPx: number;
	heightPx: number;
}

const PNG_SIGNATURE = '\x89PNG\r\n\x1a\n';

/** PNG (ISO/IEC 15948): the first chunk is always IHDR, and starts with width and height. */
function readPng(bytes: Buffer): ImageHeader | undefined {
	if (bytes.toString('latin1', 12, 16) !== 'IHDR') return undefined;
	return { format: 'png', widthPx: bytes.readUInt32BE(16), heightPx: bytes.readUInt32BE(20) };
}

/**
 * The frame headers of JPEG (ITU-T T.81, table B.1: SOF0 to SOF15) lie between 0xC0 and 0xCF;
 * three codes in that range mean something else (DHT, JPG, DAC).
 */
function isJpegFrameHeader(marker: number): boolean {
	return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** JPEG (ITU-T T.81, B.1): segments follow one another until the frame header gives the size. */
function readJpeg(bytes: Buffer): ImageHeader | undefined {
	let offset = 2;
	for (;;) {
		// Some cameras leave stray bytes between segments; every common decoder skips them.
		while (bytes[offset] !== 0xff && offset < bytes.length) offset++;
		while (bytes[offset] === 0xff) offset++;
		const marker = bytes.readUInt8(offset++);
		// These stand alone, without a length: a stuffed byte, TEM and the restart markers.
		if (marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd7)) continue;
		// A second start, the end, or the image data came before any frame header.
		if (marker >= 0xd8 && marker <= 0xda) return undefined;
		const segmentLength = bytes.readUInt16BE(offset);
		if (isJpegFrameHeader(marker)) {
			if (segmentLength < 8) return undefined;
			const [heightPx, widthPx] = [bytes.readUInt16BE(offset + 3), bytes.readUInt16BE(offset + 5)];
			return { format: 'jpeg', widthPx, heightPx };
		}
		if (segmentLength < 2) return undefined;
		offset += segmentLength;
	}
}

/** WebP (RFC 9649): lossy (VP8), lossless (VP8L) and extended (VP8X) files say the size early. */
function readWebp(bytes: Buffer): ImageHeader | undefined {
	switch (bytes.toString('latin1', 12, 16)) {
		case 'VP8 ': {
			if (bytes.readUIntBE(23, 3) !== 0x9d012a) return undefined;
			// The two highest bits of each are a scaling hint, not part of the size.
			const [widthPx, heightPx] = [26, 28].map((offset) => bytes.readUInt16LE(offset) & 0x3fff);
			return { format: 'webp', widthPx, heightPx };
		}
		case 'VP8L': {
			if (bytes.readUInt8(20) !== 0x2f) return undefined;
			const size = bytes.readUInt32LE(21);
			const [widthPx, heightPx] = [size, size >> 14].map((bits) => 1 + (bits & 0x3fff));
			return { format: 'webp', widthPx, heightPx };
		}
		case 'VP8X': {
			const [widthPx, heightPx] = [24, 27].map((offset) => 1 + bytes.readUIntLE(offset, 3));
			return { format: 'webp', widthPx, heightPx };
		}
		default:
			return undefined;
	}
}

function readerFor(beginning: string): ((bytes: Buffer) => ImageHeader | undefined) | undefined {
	if (beginning.startsWith(PNG_SIGNATURE)) return readPng;
	if (beginning.startsWith('\xff\xd8\xff')) return readJpeg;
	return /^RIFF[^]{4}WEBP/.test(beginning) ? readWebp : undefined;
}

/**
 * Reads format and pixel size of an image, or returns undefined when it is none that the models
 * read, or is cut short.
 */
export function readImageHeader(bytes: Buffer): ImageHeader | undefined {
	try {
		const header = readerFor(bytes.toString('latin1', 0, 12))?.(bytes);
		return header !== undefined && header.widthPx > 0 && header.heightPx > 0 ? header : undefined;
	} catch {
		// It is cut short: a buffer refuses to read past its end.
		return undefined;
	}
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

function notAnImageFailure(bytes: Buffer, rules: ImageRules, { file }: FrameWords): EvolinkFailure {
	const wanted = listOfFormats(rules.formats);
	if (bytes.length === 0) {
		return inputFailure(
			`${file} is empty`,
			`The node before this one must return a ${wanted} image.`,
		);
	}
	const beginning = bytes.toString('latin1', 0, 512);
	const other = OTHER_FILES.find(([begins]) => begins.test(beginning));
	if (other !== undefined) {
		const [, what, advice] = other;
		return inputFailure(`${file} is ${what}, not a ${wanted} image`, advice);
	}
	const words = beginning.slice(0, 40).replace(/\s+/g, ' ').trim();
	const isText = /^[\x20-\x7e]+$/.test(words);
	return inputFailure(
		`${file} is not a ${wanted} image, or it is damaged`,
		`${isText ? `It begins with "${quotedWords(words)}". ` : ''}Save the image as ${wanted}. What counts is the content of the file, not its name.`,
	);
}

/**
 * Returns the format of an image that the model can use.
 *
 * @param bytes the file, or its beginning
 * @param sizeBytes how long the file is
 * @throws EvolinkFailure that says what is wrong with it and what to do
 */
export function checkImage(
	bytes: Buffer,
	sizeBytes: number,
	rules: ImageRules,
	words: FrameWords = FIRST_FRAME_WORDS,
): ImageFormat {
	const header = readImageHeader(bytes);
	if (header === undefined || !rules.formats.includes(header.format)) {
		throw notAnImageFailure(bytes, rules, words);
	}
	if (sizeBytes > rules.maxBytes) {
		throw inputFailure(
			`${words.image} is larger than ${rules.maxBytes / 1024 / 1024} MB`,
			'Make it smaller, for example by saving it as JPEG, then run the workflow again.',
		);
	}
	const { format, widthPx, heightPx } = header;
	const size = `${widthPx} × ${heightPx} pixels`;
	if (Math.min(widthPx, heightPx) <= rules.shortEdgeAbovePx) {
		throw inputFailure(
			`${words.image} is too small: ${size}`,
			`Its shorter side must be longer than ${rules.shortEdgeAbovePx} pixels. Use a larger image.`,
		);
	}
	const { narrowest, widest } = rules;
	const ratio = widthPx / heightPx;
	const isTooTall = ratio < narrowest[0] / narrowest[1];
	if (isTooTall || ratio > widest[0] / widest[1]) {
		throw inputFailure(
			`${words.image} is too ${isTooTall ? 'tall' : 'wide'}: ${size}`,
			`Width to height must be between ${narrowest.join(':')} and ${widest.join(':')}. Crop the image.`,
		);
	}
	return format;
}
