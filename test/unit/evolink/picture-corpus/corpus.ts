/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ImageHeader } from '../../../../nodes/Evolink/evolink/image';
import {
	MADE_HEIGHT_PX,
	MADE_JPEGS,
	MADE_PNGS,
	MADE_WEBPS,
	MADE_WIDTH_PX,
	OTHER_FILES,
} from './hostile-pictures';
import type { Maker } from './hostile-pictures';

/** What the node must say to a picture: that it takes it as this, or the message of the refusal. */
export type ExpectedVerdict = ImageHeader | { refused: string };

/** One file of the corpus. */
export interface CorpusPicture {
	/** The file's name, or what the made file is. */
	name: string;
	bytes(): Buffer;
	expected: ExpectedVerdict;
}

const DAMAGED = { refused: 'The file is not a JPEG, PNG or WebP image, or it is damaged' };

function wrongFormat(formatName: string): ExpectedVerdict {
	return { refused: `The file is ${formatName}, not a JPEG, PNG or WebP image` };
}

/** A picture of this format; all real ones measure the same. */
function real(format: ImageHeader['format']): ImageHeader {
	return { format, widthPx: 480, heightPx: 360 };
}

function made(format: ImageHeader['format']): ImageHeader {
	return { format, widthPx: MADE_WIDTH_PX, heightPx: MADE_HEIGHT_PX };
}

function square(format: ImageHeader['format'], sidePx: number): ImageHeader {
	return { format, widthPx: sidePx, heightPx: sidePx };
}

const REAL: Record<string, ExpectedVerdict> = {
	'jpeg-baseline.jpg': real('jpeg'),
	'jpeg-progressive.jpg': real('jpeg'),
	'jpeg-cmyk.jpg': real('jpeg'),
	'jpeg-arithmetic.jpg': real('jpeg'),
	'jpeg-restart-markers.jpg': real('jpeg'),
	// Turned by a quarter for the viewer; the limits are the same both ways.
	'jpeg-exif-rotated.jpg': real('jpeg'),
	'png-16-bit.png': real('png'),
	'png-alpha.png': real('png'),
	'png-animated.png': real('png'),
	'png-interlaced.png': real('png'),
	'png-named.jpg': real('png'),
	'webp-lossy.webp': real('webp'),
	'webp-lossless.webp': real('webp'),
	'webp-alpha.webp': real('webp'),
	'webp-animated.webp': real('webp'),
	'gif-animated.gif': wrongFormat('a GIF image'),
	'heic.heic': wrongFormat('a HEIC image'),
	'avif.avif': wrongFormat('an AVIF image'),
	'tiff.tiff': wrongFormat('a TIFF image'),
	'jpeg-2000.jp2': DAMAGED,
	'video.mp4': wrongFormat('a video'),
	'video.mov': wrongFormat('a video'),
};

const JPEGS: Record<keyof typeof MADE_JPEGS, ExpectedVerdict> = {
	largest: square('jpeg', 65_535),
	lossless: made('jpeg'),
	arithmetic: made('jpeg'),
	zeroHeightAndDnl: DAMAGED,
	frameBehind200KilobytesOfExif: made('jpeg'),
	exifWithThumbnail: made('jpeg'),
	commentFullOfFrameHeaders: made('jpeg'),
	twoFrameHeaders: made('jpeg'),
	fillBytes: made('jpeg'),
	manyFillBytes: made('jpeg'),
	manyMarkers: made('jpeg'),
	endlessFillBytes: DAMAGED,
	segmentOfLength0: DAMAGED,
	segmentOfLength1: DAMAGED,
	segmentPastTheEnd: DAMAGED,
	segmentThatSwallowsTheFrameHeader: DAMAGED,
	frameHeaderCutOff: DAMAGED,
	frameHeaderOfLength2: DAMAGED,
	startAndEnd: DAMAGED,
	scanBeforeFrameHeader: DAMAGED,
	twoStarts: DAMAGED,
	behindJunk: DAMAGED,
	behindByteOrderMark: DAMAGED,
	withZipAppended: made('jpeg'),
	withPageAppended: made('jpeg'),
	withPageInComment: made('jpeg'),
	readAsText: DAMAGED,
	swappedBytes: DAMAGED,
};

const PNGS: Record<keyof typeof MADE_PNGS, ExpectedVerdict> = {
	sidesOf2To31: square('png', 2 ** 31),
	largestSides: square('png', 2 ** 32 - 1),
	onePixelHigh: { refused: 'The image is too small: 2147483647 × 1 pixels' },
	withoutWidth: DAMAGED,
	withoutHeight: DAMAGED,
	headerNotFirst: DAMAGED,
	ofApple: DAMAGED,
	headerInSmallLetters: DAMAGED,
	headerThatSaysItIsEmpty: made('png'),
	badChecksum: made('png'),
	chunkPastTheEnd: made('png'),
	withPageInText: made('png'),
	withZipAppended: made('png'),
	sentAsText: DAMAGED,
	signatureOnly: DAMAGED,
	oneByteShort: DAMAGED,
};

const WEBPS: Record<keyof typeof MADE_WEBPS, ExpectedVerdict> = {
	largestCanvas: square('webp', 2 ** 24),
	largestLossy: square('webp', 16_383),
	largestLossless: square('webp', 16_384),
	ofOneColour: made('webp'),
	// What the container says of its length is not looked at: the size stands in the first chunk.
	riffOfSize0: made('webp'),
	riffOfLargestSize: made('webp'),
	riffOfSizeBeforeItsChunk: made('webp'),
	chunkOfSize0: made('webp'),
	chunkPastTheEnd: made('webp'),
	chunkThatLeadsBack: made('webp'),
	alphaFirst: DAMAGED,
	withoutChunk: DAMAGED,
	lossyWithoutStartCode: DAMAGED,
	losslessWithoutSignature: DAMAGED,
	lossyCutOff: DAMAGED,
	losslessCutOff: DAMAGED,
	sound: DAMAGED,
};

const OTHERS: Record<keyof typeof OTHER_FILES, ExpectedVerdict> = {
	empty: { refused: 'The file is empty' },
	oneByte: DAMAGED,
	elevenBytesOfPng: DAMAGED,
	zeros: DAMAGED,
	ones: DAMAGED,
	text: DAMAGED,
	page: wrongFormat('a web page'),
	json: wrongFormat('JSON'),
	base64OfPng: wrongFormat('base64 text'),
	dataUrl: wrongFormat('base64 text'),
	zip: wrongFormat('a ZIP archive'),
	svg: wrongFormat('an SVG drawing'),
	svgWithDeclaration: wrongFormat('an SVG drawing'),
	svgBehindComment: DAMAGED,
	pdfWithJpeg: wrongFormat('a PDF document'),
	gifWithScript: wrongFormat('a GIF image'),
	heicByItsBrandAlone: wrongFormat('a HEIC image'),
};

function madePictures(
	format: string,
	makers: Record<string, Maker>,
	expected: Record<string, ExpectedVerdict>,
): CorpusPicture[] {
	return Object.entries(makers).map(([name, bytes]) => ({
		name: `${format}: ${name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`,
		bytes,
		expected: expected[name],
	}));
}

/** Names of the real files that lie in this folder. */
export const REAL_FILE_NAMES: readonly string[] = Object.keys(REAL);

/** All pictures, each with what must be said to it. The README tells where they come from. */
export const CORPUS: readonly CorpusPicture[] = [
	...Object.entries(REAL).map(([name, expected]) => ({
		name,
		bytes: () => readFileSync(join(__dirname, name)),
		expected,
	})),
	...madePictures('JPEG', MADE_JPEGS, JPEGS),
	...madePictures('PNG', MADE_PNGS, PNGS),
	...madePictures('WebP', MADE_WEBPS, WEBPS),
	...madePictures('other', OTHER_FILES, OTHERS),
];
