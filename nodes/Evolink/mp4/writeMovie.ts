import { box, fullBox, uint } from './boxes';
import type { Chunk, JoinedMovie, JoinedTrack, Piece } from './joinMovies';

/** Header of `mdat` with a 64-bit size, which every player reads. */
const MDAT_HEADER_BYTES = 16;

const FTYP = box('ftyp', Buffer.from('isom'), uint(4, 512), Buffer.from('isomiso2avc1mp41'));

/** Returns how many bytes a piece takes in the joined file. */
export function pieceBytes({ sizeBytes, before }: Piece): number {
	return sizeBytes + (before?.length ?? 0);
}

function rows(values: ReadonlyArray<readonly number[]>): Buffer {
	const numbers = values.flat();
	const bytes = Buffer.alloc(4 + numbers.length * 4);
	bytes.writeUInt32BE(values.length, 0);
	numbers.forEach((value, index) => bytes.writeUInt32BE(value, 4 + index * 4));
	return bytes;
}

/** Returns a table of runs: how often each value comes in a row, and the value. */
function runTable(values: readonly number[]): Buffer {
	const runs: Array<[count: number, value: number]> = [];
	for (const value of values) {
		const last = runs.at(-1);
		if (last?.[1] === value) last[0]++;
		else runs.push([1, value]);
	}
	return rows(runs);
}

/** Returns which chunks hold how many samples, with which sample entry. */
function chunkTable(chunks: readonly Chunk[]): Buffer {
	const runs: number[][] = [];
	for (const [index, { pieces, entryIndex }] of chunks.entries()) {
		const row = [index + 1, pieces.length, entryIndex + 1];
		const last = runs.at(-1);
		if (last?.[1] !== row[1] || last[2] !== row[2]) runs.push(row);
	}
	return rows(runs);
}

function offsetTable(offsets: readonly number[]): Buffer {
	return Buffer.concat([uint(4, offsets.length), ...offsets.map((offset) => uint(8, offset))]);
}

function sampleTable(track: JoinedTrack, chunks: readonly Chunk[], offsets: readonly number[]) {
	const sizes = chunks.flatMap(({ pieces }) => pieces.map(pieceBytes));
	const parts = [
		fullBox('stsd', 0, 0, uint(4, track.entries.length), ...track.entries),
		fullBox('stts', 0, 0, runTable(track.durations)),
		fullBox('stsc', 0, 0, chunkTable(chunks)),
		fullBox('stsz', 0, 0, uint(4, 0), rows(sizes.map((size) => [size]))),
		fullBox('co64', 0, 0, offsetTable(offsets)),
	];
	if (track.delays.some((delay) => delay !== 0)) {
		parts.push(fullBox('ctts', 0, 0, runTable(track.delays)));
	}
	if (track.keyFrames !== undefined) {
		parts.push(fullBox('stss', 0, 0, rows(track.keyFrames.map((number) => [number]))));
	}
	return box('stbl', ...parts);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Creation and change: not known. */
const NO_TIMES = Buffer.alloc(16);

/** `und`, as three letters of five bits each. */
const UNDETERMINED_LANGUAGE = uint(4, 0x55c40000);

function trackBox(
	movie: JoinedMovie,
	kind: 'picture' | 'sound',
	trackId: number,
	chunkOffsets: readonly number[],
): Buffer {
	const track = kind === 'picture' ? movie.picture : movie.sound;
	if (track === undefined) return Buffer.alloc(0);
	const isPicture = kind === 'picture';
	const shown = Math.round(track.shownSeconds * movie.picture.timescale);
	const indexes = [...movie.chunks.keys()].filter((index) => movie.chunks[index].track === kind);
	const size = isPicture ? [movie.widthPx, movie.heightPx] : [0, 0];
	return box(
		'trak',
		fullBox(
			'tkhd',
			1,
			3,
			NO_TIMES,
			uint(4, trackId),
			uint(4, 0),
			uint(8, shown),
			Buffer.alloc(12),
			uint(4, isPicture ? 0 : 0x01000000),
			track.matrix,
			...size.map((pixels) => uint(4, pixels * 0x10000)),
		),
		box(
			'edts',
			fullBox('elst', 1, 0, uint(4, 1), uint(8, shown), uint(8, track.hidden), uint(4, 0x10000)),
		),
		box(
			'mdia',
			fullBox(
				'mdhd',
				1,
				0,
				NO_TIMES,
				uint(4, track.timescale),
				uint(8, sum(track.durations)),
				UNDETERMINED_LANGUAGE,
			),
			fullBox('hdlr', 0, 0, uint(4, 0), Buffer.from(isPicture ? 'vide' : 'soun'), Buffer.alloc(13)),
			box(
				'minf',
				isPicture ? fullBox('vmhd', 0, 1, Buffer.alloc(8)) : fullBox('smhd', 0, 0, uint(4, 0)),
				box('dinf', fullBox('dref', 0, 0, uint(4, 1), fullBox('url ', 0, 1))),
				sampleTable(
					track,
					indexes.map((index) => movie.chunks[index]),
					indexes.map((index) => chunkOffsets[index]),
				),
			),
		),
	);
}

function moovBox(movie: JoinedMovie, chunkOffsets: readonly number[]): Buffer {
	const { timescale } = movie.picture;
	const mvhd = fullBox(
		'mvhd',
		1,
		0,
		NO_TIMES,
		uint(4, timescale),
		uint(8, Math.round(movie.durationSeconds * timescale)),
		uint(4, 0x10000),
		uint(4, 0x01000000),
		Buffer.alloc(8),
		IDENTITY,
		Buffer.alloc(24),
		uint(4, 3),
	);
	return box(
		'moov',
		mvhd,
		trackBox(movie, 'picture', 1, chunkOffsets),
		trackBox(movie, 'sound', 2, chunkOffsets),
	);
}

const IDENTITY = Buffer.concat(
	[0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000].map((value) => uint(4, value)),
);

/**
 * Returns all that comes before the first sample. The index stands first, so that the film plays
 * while it loads.
 */
export function writeHead(movie: JoinedMovie): Buffer {
	const chunkBytes = movie.chunks.map(({ pieces }) => sum(pieces.map(pieceBytes)));
	// Its size does not depend on the offsets in it, only on how many there are.
	const moovBytes = moovBox(movie, chunkBytes).length;
	let offset = FTYP.length + moovBytes + MDAT_HEADER_BYTES;
	const offsets = chunkBytes.map((bytes) => {
		offset += bytes;
		return offset - bytes;
	});
	const mdatBytes = MDAT_HEADER_BYTES + sum(chunkBytes);
	const mdat = [uint(4, 1), Buffer.from('mdat'), uint(8, mdatBytes)];
	return Buffer.concat([FTYP, moovBox(movie, offsets), ...mdat]);
}
