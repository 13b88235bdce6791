import { boxHeader, MOST_BOXES } from './boxes';
import { cutShort, damaged, Refusal } from './refusal';

/** A file that hands out its bytes in order, as often as it is asked to. */
export interface Mp4File {
	sizeBytes: number;
	pieces(): AsyncGenerator<Uint8Array>;
}

/** An index is far smaller; without a limit, a hostile file could fill the memory. */
const LARGEST_INDEX_BYTES = 64 * 1024 * 1024;

/** Reads a file in order, no byte twice, one piece of it in memory at a time. */
export class FileReader {
	private readonly pieces: AsyncGenerator<Uint8Array>;

	private piece: Uint8Array = new Uint8Array();

	/** Where the piece lies in the file. */
	private position = 0;

	constructor(file: Mp4File) {
		this.pieces = file.pieces();
	}

	/** @throws Refusal where the file ends before */
	async read(offset: number, sizeBytes: number): Promise<Buffer> {
		const end = offset + sizeBytes;
		const parts: Uint8Array[] = [];
		while (this.position + this.piece.length < end) {
			const part = this.piece.subarray(Math.max(0, offset - this.position));
			// An empty view would keep the whole piece in memory.
			if (part.length > 0) parts.push(part);
			this.position += this.piece.length;
			const next = await this.pieces.next();
			if (next.done === true) throw cutShort();
			this.piece = next.value;
		}
		parts.push(this.piece.subarray(Math.max(0, offset - this.position), end - this.position));
		return Buffer.concat(parts);
	}

	async close(): Promise<void> {
		await this.pieces.return(undefined);
	}
}

/** What a joined file has, too: its own index, the data, and free space. */
const KEPT_BOXES = ['ftyp', 'moov', 'mdat', 'free', 'skip', 'wide'];

/**
 * Finds the index (`moov`) of a file, wherever it stands.
 *
 * @returns its content, and whether the file has more boxes than a joined one
 * @throws Refusal
 */
export async function readIndex(file: Mp4File): Promise<{ moov: Buffer; hasMore: boolean }> {
	const reader = new FileReader(file);
	try {
		let moov: Buffer | undefined;
		let hasMore = false;
		let offset = 0;
		for (let count = 0; offset + 8 <= file.sizeBytes; count++) {
			const left = file.sizeBytes - offset;
			let start = await reader.read(offset, 8);
			const isLong = start.readUInt32BE(0) === 1;
			if (isLong) start = Buffer.concat([start, await reader.read(offset + 8, 8)]);
			const header = boxHeader(start);
			if (offset === 0 && header.type !== 'ftyp')
				throw new Refusal('notMp4', 'is not an MP4 video');
			// A box that says nothing of its size goes to the end.
			const sizeBytes = header.sizeBytes || left;
			if (sizeBytes < header.headerBytes || count === MOST_BOXES) throw damaged();
			if (sizeBytes > left) throw cutShort();
			if (header.type === 'moov') {
				if (sizeBytes > LARGEST_INDEX_BYTES) throw damaged();
				const { headerBytes } = header;
				moov = await reader.read(offset + headerBytes, sizeBytes - headerBytes);
			}
			hasMore ||= !KEPT_BOXES.includes(header.type);
			offset += sizeBytes;
		}
		if (moov !== undefined) return { moov, hasMore };
		throw offset === 0 ? new Refusal('notMp4', 'is not an MP4 video') : cutShort();
	} finally {
		await reader.close();
	}
}
