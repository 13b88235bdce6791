import { crc32, deflateSync } from 'node:zlib';

/** Formats that {@link imageBytes} can make. */
export type MadeFormat = 'jpeg' | 'png' | 'webp-lossless' | 'gif';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** Returns a PNG chunk with its checksum. */
export function pngChunk(type: string, data: Uint8Array): Buffer {
	const chunk = Buffer.alloc(12 + data.length);
	chunk.writeUInt32BE(data.length);
	chunk.write(type, 4, 'latin1');
	chunk.set(data, 8);
	chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), 8 + data.length);
	return chunk;
}

/** Black, one bit for each pixel. */
function png(widthPx: number, heightPx: number, sizeBytes: number): Buffer {
	const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
	header.writeUInt32BE(widthPx);
	header.writeUInt32BE(heightPx, 4);
	const rows = Buffer.alloc(heightPx * (1 + Math.ceil(widthPx / 8)));
	const parts = [
		SIGNATURE,
		pngChunk('IHDR', header),
		pngChunk('IDAT', deflateSync(rows)),
		pngChunk('IEND', Buffer.alloc(0)),
	];
	const missing = sizeBytes - Buffer.concat(parts).length;
	if (missing > 0) parts.splice(2, 0, pngChunk('teSt', Buffer.alloc(Math.max(0, missing - 12))));
	return Buffer.concat(parts);
}

/** Returns a JPEG segment: marker, length, payload. */
export function jpegSegment(marker: number, payload: Uint8Array): Buffer {
	const segment = Buffer.alloc(4 + payload.length);
	segment.set([0xff, marker]);
	segment.writeUInt16BE(payload.length + 2, 2);
	segment.set(payload, 4);
	return segment;
}

function jpeg(widthPx: number, heightPx: number, sizeBytes: number): Buffer {
	const frame = Buffer.from([8, 0, 0, 0, 0, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
	frame.writeUInt16BE(heightPx, 1);
	frame.writeUInt16BE(widthPx, 3);
	const head = Buffer.concat([
		Buffer.from([0xff, 0xd8]),
		jpegSegment(0xe0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1')),
		jpegSegment(0xc0, frame),
		jpegSegment(0xda, Buffer.from([3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0])),
	]);
	const scan = Buffer.alloc(Math.max(0, sizeBytes - head.length - 2));
	return Buffer.concat([head, scan, Buffer.from([0xff, 0xd9])]);
}

function webpLossless(widthPx: number, heightPx: number, sizeBytes: number): Buffer {
	const bytes = Buffer.alloc(Math.max(30, sizeBytes));
	bytes.write('RIFF', 0, 'latin1');
	bytes.writeUInt32LE(bytes.length - 8, 4);
	bytes.write('WEBPVP8L', 8, 'latin1');
	bytes.writeUInt32LE(bytes.length - 20, 16);
	bytes[20] = 0x2f;
	bytes.writeUInt32LE(((heightPx - 1) * 0x4000 + (widthPx - 1)) >>> 0, 21);
	return bytes;
}

function gif(widthPx: number, heightPx: number): Buffer {
	const head = Buffer.from('GIF89a\0\0\0\0\0\0\0;', 'latin1');
	head.writeUInt16LE(widthPx, 6);
	head.writeUInt16LE(heightPx, 8);
	return head;
}

const MAKERS = {
	jpeg,
	png,
	'webp-lossless': webpLossless,
	gif,
};

/**
 * Returns a file of this format and pixel size, complete from its beginning to its end.
 *
 * @param sizeBytes fills the file up to that length, with zeros inside
 */
export function imageBytes(
	format: MadeFormat,
	widthPx: number,
	heightPx: number,
	sizeBytes = 0,
): Buffer {
	return MAKERS[format](widthPx, heightPx, sizeBytes);
}
