import { crc32, deflateSync } from 'node:zlib';

/** What is odd about a JPEG; without any of it, every decoder reads it. */
export interface JpegOddity {
	/** Whole segments between the start and the frame, e.g. those of {@link jpegSegment}. */
	beforeFrame?: Buffer;
	/** Bytes behind the end marker. */
	afterEnd?: Buffer;
	/** The second byte of the frame's marker: 0xc0 is baseline, 0xc3 lossless. Default 0xc0. */
	frameMarker?: number;
	bitsPerSample?: number;
}

/** A segment of a JPEG, such as a camera's notes (marker 0xe1). */
export function jpegSegment(marker: number, content: Uint8Array): Buffer {
	const head = Buffer.from([0xff, marker, 0, 0]);
	head.writeUInt16BE(content.length + 2, 2);
	return Buffer.concat([head, content]);
}

/** A gray JPEG (ITU-T T.81) with all that belongs to one, pixels included. */
export function wholeJpeg(widthPx: number, heightPx: number, oddity: JpegOddity = {}): Buffer {
	const { beforeFrame = Buffer.alloc(0), afterEnd = Buffer.alloc(0) } = oddity;
	const { frameMarker = 0xc0, bitsPerSample = 8 } = oddity;
	const frame = Buffer.from([bitsPerSample, 0, 0, 0, 0, 1, 1, 0x11, 0]);
	frame.writeUInt16BE(heightPx, 1);
	frame.writeUInt16BE(widthPx, 3);
	// One code of one bit each: "no difference" (DC) and "end of block" (AC).
	const huffman = (tableClass: number) =>
		jpegSegment(0xc4, Buffer.from([tableClass, 1, ...Array(15).fill(0), 0]));
	const blocks = Math.ceil(widthPx / 8) * Math.ceil(heightPx / 8);
	return Buffer.concat([
		Buffer.from([0xff, 0xd8]),
		jpegSegment(0xe0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1')),
		beforeFrame,
		jpegSegment(0xdb, Buffer.from([0, ...Array(64).fill(1)])),
		jpegSegment(frameMarker, frame),
		huffman(0x00),
		huffman(0x10),
		jpegSegment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
		Buffer.alloc(Math.ceil(blocks / 4)),
		Buffer.from([0xff, 0xd9]),
		afterEnd,
	]);
}

function pngChunk(type: string, content: Uint8Array): Buffer {
	const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
	const length = Buffer.alloc(4);
	length.writeUInt32BE(content.length);
	const sum = Buffer.alloc(4);
	sum.writeUInt32BE(crc32(body));
	return Buffer.concat([length, body, sum]);
}

/** A gray PNG (ISO/IEC 15948) with all that belongs to one, pixels included. */
export function wholePng(widthPx: number, heightPx: number): Buffer {
	const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]);
	header.writeUInt32BE(widthPx, 0);
	header.writeUInt32BE(heightPx, 4);
	return Buffer.concat([
		Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
		pngChunk('IHDR', header),
		pngChunk('IDAT', deflateSync(Buffer.alloc((widthPx + 1) * heightPx), { level: 0 })),
		pngChunk('IEND', Buffer.alloc(0)),
	]);
}

/** A red WebP of 400 × 320 pixels, as libwebp writes it, lossless or lossy. */
export function wholeWebp(kind: 'lossless' | 'lossy'): Buffer {
	return Buffer.from(
		kind === 'lossless'
			? 'UklGRiYAAABXRUJQVlA4TBkAAAAvj8FPAAcQ9Y/+BwAU6f9/iuh/6n//+z9QAA=='
			: 'UklGRloBAABXRUJQVlA4IE4BAACwHgCdASqQAUABPpFIoU0lpCMiICgAsBIJaW7hd2EaHAAAE94JyHvtk5D32ych77ZOQ99snIe+2TkPfbJyHvtk5D32ygZeLk5D32ych77ZjLT2ych77ZOQ99uZfp7ZOQ99snIe/AEA99snIe+2TkPgP0u14uTkPfbJyH0L6Xa8XJyHvtk5EQPJyHvtk5D32ycj/nk5D32ych77ZOcRFych77ZOQ99soGXi5OQ99snIe+2Yy09snIe+2TkPfbmX6e2TkPfbJyHvwBAPfbJyHvtk5D4D9LteLk5D32ych9C+l2vFych77ZOREDych77ZOQ99snI/55OQ99snIe+1YAD+/6/rn//Ys5bAvH//+5wP+5wP+5wP424WMlNoJsPWwECbz5pF82c+bOfNnPmznzZz5s582c+bOfNnPmznzZz5s582c+bOfNnPmznzAAAA',
		'base64',
	);
}
