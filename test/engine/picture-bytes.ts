/** Formats that {@link pictureBytes} can start a file with. */
export type MadeFormat = 'jpeg' | 'png' | 'webp-lossy' | 'webp-lossless' | 'webp-extended' | 'gif';

function png(widthPx: number, heightPx: number): Buffer {
	const header = Buffer.alloc(33);
	Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]).copy(header);
	header.writeUInt32BE(13, 8);
	header.write('IHDR', 12, 'latin1');
	header.writeUInt32BE(widthPx, 16);
	header.writeUInt32BE(heightPx, 20);
	header.set([8, 2, 0, 0, 0], 24);
	return header;
}

function jpeg(widthPx: number, heightPx: number): Buffer {
	const app0 = Buffer.from([
		0xff,
		0xd8,
		0xff,
		0xe0,
		0,
		16,
		...Buffer.from('JFIF\0'),
		1,
		1,
		0,
		0,
		1,
		0,
		1,
		0,
		0,
	]);
	const frame = Buffer.from([
		0xff, 0xc0, 0, 17, 8, 0, 0, 0, 0, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1,
	]);
	frame.writeUInt16BE(heightPx, 5);
	frame.writeUInt16BE(widthPx, 7);
	return Buffer.concat([app0, frame, Buffer.from([0xff, 0xd9])]);
}

function riff(fourCc: string, payload: Buffer): Buffer {
	const head = Buffer.alloc(20);
	head.write('RIFF', 0, 'latin1');
	head.writeUInt32LE(12 + payload.length, 4);
	head.write('WEBP', 8, 'latin1');
	head.write(fourCc, 12, 'latin1');
	head.writeUInt32LE(payload.length, 16);
	return Buffer.concat([head, payload]);
}

function webpLossy(widthPx: number, heightPx: number): Buffer {
	const payload = Buffer.from([0, 0, 0, 0x9d, 0x01, 0x2a, 0, 0, 0, 0]);
	payload.writeUInt16LE(widthPx, 6);
	payload.writeUInt16LE(heightPx, 8);
	return riff('VP8 ', payload);
}

function webpLossless(widthPx: number, heightPx: number): Buffer {
	const payload = Buffer.alloc(10);
	payload[0] = 0x2f;
	payload.writeUInt32LE(((heightPx - 1) * 0x4000 + (widthPx - 1)) >>> 0, 1);
	return riff('VP8L', payload);
}

function webpExtended(widthPx: number, heightPx: number): Buffer {
	const payload = Buffer.alloc(10);
	payload.writeUIntLE(widthPx - 1, 4, 3);
	payload.writeUIntLE(heightPx - 1, 7, 3);
	return riff('VP8X', payload);
}

function gif(widthPx: number, heightPx: number): Buffer {
	const head = Buffer.from('GIF89a\0\0\0\0\0\0\0;', 'latin1');
	head.writeUInt16LE(widthPx, 6);
	head.writeUInt16LE(heightPx, 8);
	return head;
}

/**
 * Returns a file that says of itself that it has this format and pixel size. It holds no image
 * beyond its header, which is all that the node looks at.
 *
 * @param sizeBytes pads the file with zeros to that length
 */
export function pictureBytes(
	format: MadeFormat,
	widthPx: number,
	heightPx: number,
	sizeBytes = 0,
): Buffer {
	const makers = {
		jpeg,
		png,
		'webp-lossy': webpLossy,
		'webp-lossless': webpLossless,
		'webp-extended': webpExtended,
		gif,
	};
	const file = makers[format](widthPx, heightPx);
	const missing = Math.max(0, sizeBytes - file.length);
	return Buffer.concat([file, Buffer.alloc(missing)]);
}
