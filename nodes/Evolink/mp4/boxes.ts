import { damaged } from './refusal';

/** No real box has as many others in it; without a limit, they would take seconds. */
export const MOST_BOXES = 500;

/** Reads what a box begins with (ISO/IEC 14496-12, 4.2). */
export function boxHeader(bytes: Buffer, at = 0) {
	const type = bytes.toString('latin1', at + 4, at + 8);
	const sizeBytes = bytes.readUInt32BE(at);
	if (sizeBytes !== 1) return { type, sizeBytes, headerBytes: 8 };
	return { type, sizeBytes: Number(bytes.readBigUInt64BE(at + 8)), headerBytes: 16 };
}

/** Hands out the boxes that stand one after another in a box that holds nothing else. */
export function* boxesIn(bytes: Buffer): Generator<{ type: string; content: Buffer }, void> {
	let at = 0;
	for (let count = 0; at + 8 <= bytes.length; count++) {
		const { type, sizeBytes, headerBytes } = boxHeader(bytes, at);
		const end = at + sizeBytes;
		if (sizeBytes < headerBytes || end > bytes.length || count === MOST_BOXES) throw damaged();
		yield { type, content: bytes.subarray(at + headerBytes, end) };
		at = end;
	}
}

/** Returns the content of the first box at a path of types, or undefined. */
export function findBox(bytes: Buffer, ...path: string[]): Buffer | undefined {
	const [wanted, ...rest] = path;
	for (const { type, content } of boxesIn(bytes)) {
		if (type === wanted) return rest.length === 0 ? content : findBox(content, ...rest);
	}
	return undefined;
}

/** Like findBox. @throws Refusal where there is none */
export function getBox(bytes: Buffer, ...path: string[]): Buffer {
	const found = findBox(bytes, ...path);
	if (found === undefined) throw damaged();
	return found;
}

/** Returns a number in eight bytes, the highest first. */
export function uint64(value: number): Buffer {
	const bytes = Buffer.alloc(8);
	bytes.writeBigUInt64BE(BigInt(value));
	return bytes;
}

/** Returns a box of that type around the parts; a number takes four bytes, the highest first. */
export function box(type: string, ...parts: ReadonlyArray<number | Uint8Array>): Buffer {
	const bytes = parts.map((part) => {
		if (typeof part !== 'number') return part;
		const four = Buffer.alloc(4);
		four.writeUInt32BE(part);
		return four;
	});
	const header = Buffer.alloc(8);
	header.writeUInt32BE(bytes.reduce((sum, { length }) => sum + length, 8));
	header.write(type, 4, 'latin1');
	return Buffer.concat([header, ...bytes]);
}
