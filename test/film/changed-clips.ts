/** What stands before the boxes inside of these. */
const HEADER_BYTES = new Map([
	['stsd', 8],
	['avc1', 78],
	['hvc1', 78],
	['mp4a', 28],
]);

/**
 * The bytes with other content in one box, e.g. at `moov trak:1 tkhd` (the second track). What lies
 * behind the box moves: only the content of `mdat` before it stays where the index says.
 */
export function withBox(
	bytes: Buffer,
	address: string,
	change: (content: Buffer) => Buffer,
): Buffer {
	const [step, ...rest] = address.split(' ');
	const [type, number = '0'] = step.split(':');
	let at = 0;
	let left = Number(number);
	for (;;) {
		if (bytes.toString('latin1', at + 4, at + 8) === type && left-- === 0) break;
		at += bytes.readUInt32BE(at);
	}
	const end = at + bytes.readUInt32BE(at);
	const headerBytes = HEADER_BYTES.get(type) ?? 0;
	const content = bytes.subarray(at + 8, end);
	const changed =
		rest.length === 0
			? change(content)
			: Buffer.concat([
					content.subarray(0, headerBytes),
					withBox(content.subarray(headerBytes), rest.join(' '), change),
				]);
	return Buffer.concat([bytes.subarray(0, at), box(type, changed), bytes.subarray(end)]);
}

function box(type: string, content: Buffer): Buffer {
	const header = Buffer.alloc(8);
	header.writeUInt32BE(content.length + 8);
	header.write(type, 4, 'latin1');
	return Buffer.concat([header, content]);
}

/** The bytes with other numbers in one table, behind its version. */
export function withTable(bytes: Buffer, address: string, numbers: readonly number[]): Buffer {
	const content = Buffer.alloc(4 + 4 * numbers.length);
	for (const [index, number] of numbers.entries()) content.writeUInt32BE(number, 4 + 4 * index);
	return withBox(bytes, address, () => content);
}
