/** Markers of JPEG segments (ITU-T T.81, table B.1) that the tests put together. */
export const JPEG_MARKER = {
	SOF0_BASELINE: 0xc0,
	SOF2_PROGRESSIVE: 0xc2,
	DHT: 0xc4,
	DAC: 0xcc,
	RST0: 0xd0,
	SOI: 0xd8,
	EOI: 0xd9,
	SOS: 0xda,
	DQT: 0xdb,
	APP0: 0xe0,
	APP1_EXIF: 0xe1,
	APP14_ADOBE: 0xee,
} as const;

/** The longest payload of one segment: its length, two bytes of 16 bits, counts itself. */
export const LONGEST_PAYLOAD_BYTES = 0xffff - 2;

/** Returns a marker that stands alone. */
export function marker(code: number): Buffer {
	return Buffer.from([0xff, code]);
}

/** Returns a segment: marker, length, payload. */
export function segment(code: number, payload: Uint8Array): Buffer {
	const length = Buffer.alloc(2);
	length.writeUInt16BE(payload.length + 2);
	return Buffer.concat([marker(code), length, payload]);
}

/** Returns a frame header with that many colour components (1 grey, 3 colour, 4 CMYK). */
export function frameHeader(
	code: number,
	widthPx: number,
	heightPx: number,
	components = 3,
): Buffer {
	const payload = Buffer.alloc(6 + 3 * components);
	payload[0] = 8;
	payload.writeUInt16BE(heightPx, 1);
	payload.writeUInt16BE(widthPx, 3);
	payload[5] = components;
	return segment(code, payload);
}

/** Returns the start of a JPEG file with these parts after its first marker. */
export function jpegOf(...parts: Uint8Array[]): Buffer {
	return Buffer.concat([marker(JPEG_MARKER.SOI), ...parts]);
}
