/** Bytes of a box's size and type (ISO/IEC 14496-12, 4.2); a long size follows in as many. */
const HEADER_BYTES = 8;

/**
 * Follows the top boxes of a file while its bytes pass by, to tell whether it is whole: it has an
 * index, and its last box ends where the file ends.
 */
export class BoxWalk {
	/** The beginning of a box whose size is not known yet. */
	private header = Buffer.alloc(0);

	/** How many bytes of the last box are still to come; infinite where it goes to the end. */
	private remainingBytes = 0;

	private hasIndex = false;

	private isBroken = false;

	/** Takes the next bytes of the file. */
	push(piece: Uint8Array): void {
		let rest = piece;
		while (rest.length > 0) {
			const taken = Math.min(rest.length, this.remainingBytes);
			this.remainingBytes -= taken;
			rest = rest.subarray(taken);
			if (rest.length > 0) rest = this.takeHeader(rest);
		}
	}

	get isWhole(): boolean {
		const isAtEnd = this.remainingBytes === 0 || this.remainingBytes === Infinity;
		return this.hasIndex && isAtEnd && !this.isBroken && this.header.length === 0;
	}

	/** Returns what follows the header, which may be complete or not. */
	private takeHeader(bytes: Uint8Array): Uint8Array {
		const isLong = this.header.length >= HEADER_BYTES;
		const missing = (isLong ? 2 * HEADER_BYTES : HEADER_BYTES) - this.header.length;
		this.header = Buffer.concat([this.header, bytes.subarray(0, missing)]);
		if (bytes.length < missing) return new Uint8Array();
		const size = isLong
			? Number(this.header.readBigUInt64BE(HEADER_BYTES))
			: this.header.readUInt32BE(0);
		// A size of 1 says that the real one follows.
		if (isLong || size !== 1) {
			this.hasIndex ||= this.header.toString('latin1', 4, HEADER_BYTES) === 'moov';
			// A box that says nothing of its size goes to the end.
			const isWrong = size !== 0 && size < this.header.length;
			this.remainingBytes = size === 0 || isWrong ? Infinity : size - this.header.length;
			this.isBroken ||= isWrong;
			this.header = Buffer.alloc(0);
		}
		return bytes.subarray(missing);
	}
}
