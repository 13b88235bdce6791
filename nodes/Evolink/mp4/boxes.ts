/** Thrown for a file that cannot be joined; the words follow "Item 3 (counted from 0) ". */
export class Mp4Refusal extends Error {
	constructor(
		readonly what: string,
		readonly advice: string,
	) {
		super(what);
		this.name = 'Mp4Refusal';
	}
}

/** Returns the refusal of a file whose tables contradict themselves or end too early. */
export function damaged(): Mp4Refusal {
	return new Mp4Refusal(
		'is damaged: its index cannot be read',
		'Get the video once more, e.g. with Task > Get.',
	);
}

/** Reads big-endian numbers one after another, and never past the end. */
export class BoxReader {
	private position = 0;

	constructor(readonly bytes: Buffer) {}

	get remaining(): number {
		return this.bytes.length - this.position;
	}

	/** @throws Mp4Refusal where there are fewer bytes */
	take(count: number): Buffer {
		if (!(count >= 0 && count <= this.remaining)) throw damaged();
		this.position += count;
		return this.bytes.subarray(this.position - count, this.position);
	}

	/** The next bytes, which stay to be read. */
	peek(count: number): Buffer {
		return this.bytes.subarray(this.position, this.position + count);
	}

	skip(count: number): this {
		this.take(count);
		return this;
	}

	uint(byteCount: 1 | 2 | 4): number {
		return this.take(byteCount).readUIntBE(0, byteCount);
	}

	int32(): number {
		return this.take(4).readInt32BE(0);
	}

	/** @throws Mp4Refusal for what a number cannot hold exactly; no file is that long */
	uint64(): number {
		const value = Number(this.take(8).readBigUInt64BE(0));
		if (!Number.isSafeInteger(value)) throw damaged();
		return value;
	}

	type(): string {
		return this.take(4).toString('latin1');
	}

	/** A table's number of rows. @throws Mp4Refusal where the box is too short for them */
	rows(bytesPerRow: number): number {
		const count = this.uint(4);
		if (count * bytesPerRow > this.remaining) throw damaged();
		return count;
	}
}

/** The boxes inside of one, by their types; of several of a type, all in their order. */
export type Boxes = ReadonlyMap<string, readonly Buffer[]>;

/** Returns what lies in a box that holds nothing but boxes (ISO/IEC 14496-12, 4.2). */
export function boxesIn(bytes: Buffer): Boxes {
	const boxes = new Map<string, Buffer[]>();
	const reader = new BoxReader(bytes);
	while (reader.remaining >= 8) {
		const size = reader.uint(4);
		const type = reader.type();
		const content = reader.take(size === 1 ? reader.uint64() - 16 : size - 8);
		const others = boxes.get(type);
		if (others === undefined) boxes.set(type, [content]);
		else others.push(content);
	}
	return boxes;
}

/** Returns the first box at a path of types, or undefined. */
export function boxAt(boxes: Boxes, ...path: string[]): Buffer | undefined {
	const [type, ...rest] = path;
	const box = boxes.get(type)?.[0];
	return box === undefined || rest.length === 0 ? box : boxAt(boxesIn(box), ...rest);
}

/** Returns a reader of the first box at a path, behind its version and flags. */
export function fullBoxAt(boxes: Boxes, ...path: string[]): { reader: BoxReader; version: number } {
	const box = boxAt(boxes, ...path);
	if (box === undefined) throw damaged();
	const reader = new BoxReader(box);
	const version = reader.uint(1);
	return { reader: reader.skip(3), version };
}

/** Returns a number in so many bytes, the highest first. */
export function uint(byteCount: 1 | 2 | 4 | 8, value: number): Buffer {
	const bytes = Buffer.alloc(byteCount);
	if (byteCount === 8) bytes.writeBigUInt64BE(BigInt(value));
	else bytes.writeUIntBE(value, 0, byteCount);
	return bytes;
}

/** Returns a box of that type around the parts. */
export function box(type: string, ...parts: readonly Uint8Array[]): Buffer {
	const content = Buffer.concat(parts);
	return Buffer.concat([uint(4, content.length + 8), Buffer.from(type, 'latin1'), content]);
}

/** Returns a box with a version and flags. */
export function fullBox(
	type: string,
	version: number,
	flags: number,
	...parts: readonly Uint8Array[]
): Buffer {
	return box(type, uint(4, version * 0x1000000 + flags), ...parts);
}
