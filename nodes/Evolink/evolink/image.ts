import type { ImageFormat } from './models';

/** What the bytes of an image say about it, whatever its file name claims. */
export interface Image {
	format: ImageFormat;
	/** Zero where the file ends before it says so. */
	widthPx: number;
	heightPx: number;
	hasTransparency: boolean;
	/** Whether the file goes on to the end of the image. */
	isWhole: boolean;
	/** What makes it one that hardly any program reads, such as "a lossless JPEG". */
	rareKind?: string;
}

/**
 * Fills in what a file says of itself: true at the end of the image, false where it is damaged.
 * Where the file ends before, it throws, as a buffer refuses to read past its end.
 */
type Reader = (bytes: Buffer, image: Image) => boolean;

/** PNG (ISO/IEC 15948): chunks from IHDR, which says the size, to IEND. */
function readPng(bytes: Buffer, image: Image): boolean {
	let offset = 8;
	for (;;) {
		const length = bytes.readUInt32BE(offset);
		const type = bytes.toString('latin1', offset + 4, offset + 8);
		// The checksum is read only to see that it is there.
		bytes.readUInt32BE(offset + 8 + length);
		if (offset === 8) {
			if (type !== 'IHDR' || length < 13) return false;
			[image.widthPx, image.heightPx] = [16, 20].map((place) => bytes.readUInt32BE(place));
			// Color types 4 and 6 have an alpha channel; others can list transparent colors.
			image.hasTransparency = (bytes[25] & 4) !== 0;
		}
		if (type === 'tRNS') image.hasTransparency = true;
		if (type === 'IEND') return true;
		offset += 12 + length;
	}
}

/** The kinds of JPEG that libjpeg reads: baseline, extended, progressive; the same, arithmetic. */
const USUAL_FRAMES = [0xc0, 0xc1, 0xc2, 0xc9, 0xca];

/** Codes between 0xC0 and 0xCF that mark no frame: DHT, JPG, DAC. */
const NO_FRAMES = [0xc4, 0xc8, 0xcc];

/** JPEG (ITU-T T.81, B.1): segments, one of which is the frame with the size, up to EOI. */
function readJpeg(bytes: Buffer, image: Image): boolean {
	let offset = 2;
	for (;;) {
		// The data of a scan, or stray bytes of a camera, which every common decoder skips.
		while (bytes[offset] !== 0xff && offset < bytes.length) offset++;
		while (bytes[offset] === 0xff) offset++;
		const marker = bytes.readUInt8(offset++);
		// These stand alone, without a length: stuffed bytes, reserved codes, restart markers.
		if (marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd7)) continue;
		const hasFrame = image.widthPx > 0;
		if (marker === 0xd9) return hasFrame;
		// A second start, or a scan before its frame.
		if (marker === 0xd8 || (marker === 0xda && !hasFrame)) return false;
		const length = bytes.readUInt16BE(offset);
		if (length < 2) return false;
		if (marker <= 0xcf && !NO_FRAMES.includes(marker) && !hasFrame) {
			if (length < 8) return false;
			const bits = bytes.readUInt8(offset + 2);
			[image.heightPx, image.widthPx] = [3, 5].map((place) => bytes.readUInt16BE(offset + place));
			if (bits !== 8) image.rareKind = `a JPEG with ${bits} bits per color`;
			if (!USUAL_FRAMES.includes(marker)) image.rareKind = 'a lossless or hierarchical JPEG';
		}
		offset += length;
	}
}

/** WebP (RFC 9649): lossy (VP8), lossless (VP8L) and extended (VP8X) files say the size early. */
function readWebp(bytes: Buffer, image: Image): boolean {
	const [fileEnd, chunkEnd] = [8 + bytes.readUInt32LE(4), 20 + bytes.readUInt32LE(16)];
	switch (bytes.toString('latin1', 12, 16)) {
		case 'VP8 ':
			if (bytes.readUIntBE(23, 3) !== 0x9d012a) return false;
			// The two highest bits of each are a scaling hint, not part of the size.
			[image.widthPx, image.heightPx] = [26, 28].map((place) => bytes.readUInt16LE(place) & 0x3fff);
			break;
		case 'VP8L': {
			if (bytes.readUInt8(20) !== 0x2f) return false;
			const bits = bytes.readUInt32LE(21);
			[image.widthPx, image.heightPx] = [bits, bits >> 14].map((size) => 1 + (size & 0x3fff));
			image.hasTransparency = (bits & 0x10000000) !== 0;
			break;
		}
		case 'VP8X':
			[image.widthPx, image.heightPx] = [24, 27].map((place) => 1 + bytes.readUIntLE(place, 3));
			image.hasTransparency = (bytes[20] & 0x10) !== 0;
			break;
		default:
			return false;
	}
	bytes.readUInt8(Math.max(fileEnd, chunkEnd) - 1);
	return true;
}

/** GIF 89a: no model reads it, but the File API stores it. */
function readGif(bytes: Buffer, image: Image): boolean {
	[image.widthPx, image.heightPx] = [6, 8].map((place) => bytes.readUInt16LE(place));
	return true;
}

const READERS: ReadonlyArray<[begins: RegExp, ImageFormat, Reader]> = [
	[/^\x89PNG\r\n[^]\n/, 'png', readPng],
	[/^\xff\xd8\xff/, 'jpeg', readJpeg],
	[/^RIFF[^]{4}WEBP/, 'webp', readWebp],
	[/^GIF8/, 'gif', readGif],
];

/** Returns what an image says of itself, or undefined for another or a damaged file. */
export function readImage(bytes: Buffer): Image | undefined {
	const beginning = bytes.toString('latin1', 0, 12);
	const reader = READERS.find(([begins]) => begins.test(beginning));
	if (reader === undefined) return undefined;
	const [, format, read] = reader;
	const image = { format, widthPx: 0, heightPx: 0, hasTransparency: false, isWhole: false };
	try {
		image.isWhole = read(bytes, image);
		return image.isWhole && image.widthPx > 0 && image.heightPx > 0 ? image : undefined;
	} catch {
		return image;
	}
}

/** What people hand in by mistake, by the first bytes, read as Latin-1, or the brands of a HEIF. */
const OTHER_FILES = [
	[/^(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body)/i, 'a web page'],
	[/^(\xef\xbb\xbf)?\s*(<\?xml[^]*)?<svg/i, 'an SVG drawing'],
	[/^(\xef\xbb\xbf)?\s*[{[]/, 'JSON'],
	[/^(data:image\/|\/9j\/|iVBORw0KGgo|UklGR)/, 'base64 text'],
	[/^ftyp.* avi[fs]/s, 'an AVIF image'],
	[/^ftyp.* he(i[cmsx]|v[cmsx])/s, 'a HEIC image'],
	[/^ftyp.* (mif\d|miaf|msf1|avc[is]|vvi[cs]|evb[is]|jpeg|jpgs|j2ki|j2is)/s, 'a HEIF image'],
	[/^ftyp crx /, 'a camera raw image'],
	[/^(ftyp|[^]E\xdf\xa3)/, 'a video'],
	[/^\0\0\0[^]jP {2}/, 'a JPEG 2000 image'],
	[/^(\xff\n|\0\0\0[^]JXL )/, 'a JPEG XL image'],
	[/^8BPS/, 'a Photoshop file'],
	[/^BM/, 'a BMP image'],
	[/^(II[*+]\0|MM\0[*+])/, 'a TIFF image'],
	[/^%PDF/, 'a PDF document'],
	[/^PK/, 'a ZIP archive'],
] as const;

/** What a file is that is no image of a known format. */
export type OtherFile = (typeof OTHER_FILES)[number][1];

/** Returns what a file is that is no image of a known format, or undefined. */
export function otherFileOf(bytes: Buffer): OtherFile | undefined {
	const beginning = bytes.toString('latin1', 0, 512);
	// The box at the start of HEIF and MP4 lists the kinds that the file is of, four letters each.
	const brands = beginning.slice(4, 8) === 'ftyp' ? beginning.slice(8, bytes.readUInt32BE(0)) : '';
	const text = brands === '' ? beginning : `ftyp ${brands.match(/[^]{4}/g)?.join(' ')}`;
	return OTHER_FILES.find(([begins]) => begins.test(text))?.[1];
}
