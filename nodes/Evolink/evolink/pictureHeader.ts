/** What the first bytes of a picture say about it, whatever its file name claims. */
export interface PictureHeader {
	format: 'jpeg' | 'png' | 'webp';
	widthPx: number;
	heightPx: number;
}

/**
 * What could be learned so far: the header; `needsMore` when the answer lies beyond the bytes at
 * hand; or `unreadable` with the name of a format that is known but not accepted, if it is one.
 */
export type PictureReading =
	| { kind: 'header'; header: PictureHeader }
	| { kind: 'needsMore' }
	| { kind: 'unreadable'; formatName?: string };

const NEEDS_MORE: PictureReading = { kind: 'needsMore' };
const UNREADABLE: PictureReading = { kind: 'unreadable' };

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Long enough to tell every format below apart. */
const SIGNATURE_LENGTH = 12;

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

function header(
	format: PictureHeader['format'],
	widthPx: number,
	heightPx: number,
): PictureReading {
	if (widthPx === 0 || heightPx === 0) return UNREADABLE;
	return { kind: 'header', header: { format, widthPx, heightPx } };
}

/** PNG (ISO/IEC 15948): the first chunk is always IHDR, and starts with width and height. */
function readPng(bytes: Uint8Array): PictureReading {
	if (bytes.length < 24) return NEEDS_MORE;
	if (ascii(bytes, 12, 4) !== 'IHDR') return UNREADABLE;
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
function readJpeg(bytes: Uint8Array): PictureReading {
	let offset = 2;
	for (let markers = 0; markers < MOST_MARKERS; markers++) {
		if (offset >= bytes.length) return NEEDS_MORE;
		// Some cameras leave stray bytes between segments; every common decoder skips them.
		const fillStart = bytes.indexOf(0xff, offset);
		if (fillStart < 0) return NEEDS_MORE;
		offset = fillStart;
		while (offset < bytes.length && bytes[offset] === 0xff) {
			if (++offset - fillStart > MOST_FILL_BYTES) return UNREADABLE;
		}
		if (offset >= bytes.length) return NEEDS_MORE;
		const marker = bytes[offset++];
		if (isJpegMarkerWithoutLength(marker)) continue;
		// A second start, the end, or the image data came before any frame header.
		if (marker === 0xd8 || marker === 0xd9 || marker === 0xda) return UNREADABLE;
		if (offset + 2 > bytes.length) return NEEDS_MORE;
		const segmentLength = uint16BigEndian(bytes, offset);
		if (segmentLength < 2) return UNREADABLE;
		if (isJpegFrameHeader(marker)) {
			if (segmentLength < 8) return UNREADABLE;
			if (offset + 7 > bytes.length) return NEEDS_MORE;
			return header('jpeg', uint16BigEndian(bytes, offset + 5), uint16BigEndian(bytes, offset + 3));
		}
		offset += segmentLength;
	}
	return UNREADABLE;
}

/** WebP (RFC 9649): lossy (VP8), lossless (VP8L) and extended (VP8X) files say the size early. */
function readWebp(bytes: Uint8Array): PictureReading {
	if (bytes.length < 16) return NEEDS_MORE;
	const kind = ascii(bytes, 12, 4);
	// A lossless picture of one colour is a whole file of 28 bytes, whatever its size.
	if (bytes.length < (kind === 'VP8L' ? 25 : 30)) return NEEDS_MORE;
	switch (kind) {
		case 'VP8 ': {
			const hasStartCode = bytes[23] === 0x9d && bytes[24] === 0x01 && bytes[25] === 0x2a;
			if (!hasStartCode) return UNREADABLE;
			// The two highest bits of each are a scaling hint, not part of the size.
			return header(
				'webp',
				uint16LittleEndian(bytes, 26) & 0x3fff,
				uint16LittleEndian(bytes, 28) & 0x3fff,
			);
		}
		case 'VP8L': {
			if (bytes[20] !== 0x2f) return UNREADABLE;
			const widthPx = 1 + (((bytes[22] & 0x3f) << 8) | bytes[21]);
			const heightPx = 1 + (((bytes[24] & 0x0f) << 10) | (bytes[23] << 2) | (bytes[22] >> 6));
			return header('webp', widthPx, heightPx);
		}
		case 'VP8X':
			return header('webp', 1 + uint24LittleEndian(bytes, 24), 1 + uint24LittleEndian(bytes, 27));
		default:
			return UNREADABLE;
	}
}

/** Formats that people upload by mistake, named so that the message can say what to do. */
function nameOfOtherFormat(bytes: Uint8Array): string | undefined {
	const start = ascii(bytes, 0, SIGNATURE_LENGTH);
	if (start.startsWith('GIF8')) return 'GIF';
	if (start.startsWith('BM')) return 'BMP';
	if (start.startsWith('II*\0') || start.startsWith('MM\0*')) return 'TIFF';
	if (start.startsWith('%PDF')) return 'PDF';
	if (start.startsWith('<svg') || start.startsWith('<?xml')) return 'SVG';
	if (start.slice(4, 8) === 'ftyp') {
		const brand = start.slice(8, 12);
		if (['heic', 'heix', 'hevc', 'heim', 'heis', 'mif1', 'msf1'].includes(brand)) return 'HEIC';
		if (['avif', 'avis'].includes(brand)) return 'AVIF';
		return 'MP4';
	}
	return undefined;
}

/**
 * Reads format and pixel size from the first bytes of a file. Never reads past what it is given.
 *
 * @param bytes the file from its first byte on, as much of it as is at hand
 * @param isWholeFile whether more bytes could follow; without them `needsMore` is not an answer
 * @returns see {@link PictureReading}
 */
export function readPictureHeader(bytes: Uint8Array, isWholeFile: boolean): PictureReading {
	const reading = readBySignature(bytes);
	return reading.kind === 'needsMore' && isWholeFile ? UNREADABLE : reading;
}

function readBySignature(bytes: Uint8Array): PictureReading {
	if (bytes.length < SIGNATURE_LENGTH) return NEEDS_MORE;
	if (PNG_SIGNATURE.every((byte, index) => bytes[index] === byte)) return readPng(bytes);
	if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return readJpeg(bytes);
	if (ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 4) === 'WEBP') return readWebp(bytes);
	return { kind: 'unreadable', formatName: nameOfOtherFormat(bytes) };
}
