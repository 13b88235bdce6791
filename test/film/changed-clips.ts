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
	return withBox(bytes, address, () => table(numbers));
}

const STBL = 'mdia minf stbl';
const VISUAL_ENTRY = `moov trak ${STBL} stsd avc1`;
const AUDIO_TRACK = 'moov trak:1';

/** The bytes with a sample entry's boxes of one type replaced: `undefined` leaves none. */
function withEntryBox(bytes: Buffer, type: string, content: Buffer | undefined): Buffer {
	return withBox(bytes, VISUAL_ENTRY, (entry) => {
		const parts = [entry.subarray(0, 78)];
		for (let at = 78; at < entry.length; at += entry.readUInt32BE(at)) {
			const part = entry.subarray(at, at + entry.readUInt32BE(at));
			if (part.toString('latin1', 4, 8) !== type) parts.push(part);
		}
		if (content !== undefined) parts.push(box(type, content));
		return Buffer.concat(parts);
	});
}

/** @param colors `nclx` or `nclc`, and its values in hex; undefined: none */
export function withColors(bytes: Buffer, colors: readonly [string, string] | undefined): Buffer {
	const [kind, values] = colors ?? ['', ''];
	const content = Buffer.concat([Buffer.from(kind), Buffer.from(values, 'hex')]);
	return withEntryBox(bytes, 'colr', colors && content);
}

/** With pixels that are so many times as wide as high. */
export function withPixels(bytes: Buffer, width: number, height: number): Buffer {
	const content = Buffer.alloc(8);
	content.writeUInt32BE(width, 0);
	content.writeUInt32BE(height, 4);
	return withEntryBox(bytes, 'pasp', content);
}

/** With that many bytes for the length of each NAL unit, says the index. */
export function withNalLength(bytes: Buffer, lengthBytes: number): Buffer {
	return withBox(bytes, `${VISUAL_ENTRY} avcC`, (avcC) => {
		const changed = Buffer.from(avcC);
		changed.writeUInt8((changed[4] & 0xfc) | (lengthBytes - 1), 4);
		return changed;
	});
}

/** With a sample entry that says nothing of the size. */
export function withoutEntrySize(bytes: Buffer): Buffer {
	return withBox(bytes, VISUAL_ENTRY, (entry) => Buffer.from(entry).fill(0, 24, 28));
}

/** With a last frame that lasts for no time at all, as some recorders write. */
export function withEndlessLastFrame(bytes: Buffer): Buffer {
	return withBox(bytes, `moov trak ${STBL} stts`, (stts) => {
		const [frames, duration] = [stts.readUInt32BE(8), stts.readUInt32BE(12)];
		return table([2, frames - 1, duration, 1, 0]);
	});
}

/** With another AudioSpecificConfig, or another kind of sound than MPEG-4's (64). */
export function withSoundConfig(bytes: Buffer, hex: string, kind = 64): Buffer {
	const config = Buffer.from(hex, 'hex');
	const decoder = [kind, 0x15, ...Array(11).fill(0), 5, config.length, ...config];
	const stream = [0, 2, 0, 4, decoder.length, ...decoder, 6, 1, 2];
	const esds = Buffer.from([0, 0, 0, 0, 3, stream.length, ...stream]);
	return withBox(bytes, `${AUDIO_TRACK} ${STBL} stsd mp4a esds`, () => esds);
}

/** The durations of the packets, in the order of the file; the last one keeps its own. */
export function withPacketTicks(bytes: Buffer, ticksOf: (packet: number) => number): Buffer {
	return withBox(bytes, `${AUDIO_TRACK} ${STBL} stts`, (stts) => {
		const runs: number[] = [];
		for (let packet = 0; packet < stts.readUInt32BE(8); packet++) runs.push(1, ticksOf(packet));
		return table([runs.length / 2 + 1, ...runs, stts.readUInt32BE(16), stts.readUInt32BE(20)]);
	});
}

/** With times of the sound in another scale, in which they are no whole numbers. */
export function withSoundScale(bytes: Buffer, timescale: number): Buffer {
	const scaled = (ticks: number) => Math.round((ticks * timescale) / 44_100);
	const ticksOf = (packet: number) => scaled(1024 * (packet + 1)) - scaled(1024 * packet);
	const withScale = withBox(bytes, `${AUDIO_TRACK} mdia mdhd`, (mdhd) => {
		const changed = Buffer.from(mdhd);
		changed.writeUInt32BE(timescale, 12);
		return changed;
	});
	return withBox(withPacketTicks(withScale, ticksOf), `${AUDIO_TRACK} edts elst`, (elst) => {
		const changed = Buffer.from(elst);
		changed.writeUInt32BE(scaled(elst.readUInt32BE(12)), 12);
		return changed;
	});
}

function table(numbers: readonly number[]): Buffer {
	const content = Buffer.alloc(4 + 4 * numbers.length);
	for (const [index, number] of numbers.entries()) content.writeUInt32BE(number, 4 + 4 * index);
	return content;
}

/** With a pause of so many seconds before the first frame and sound, if there is an edit list. */
export function withPause(bytes: Buffer, seconds: number): Buffer {
	if (!bytes.includes('elst')) return bytes;
	const tracks = bytes.includes('soun') ? ['moov trak', AUDIO_TRACK] : ['moov trak'];
	return tracks.reduce(
		(changed, track) =>
			withBox(changed, `${track} edts elst`, (elst) =>
				// The movie counts in thousandths; nothing is shown where the time in the track is -1.
				table([
					2,
					seconds * 1000,
					0xffffffff,
					0x10000,
					...[8, 12, 16].map((at) => elst.readUInt32BE(at)),
				]),
			),
		bytes,
	);
}
