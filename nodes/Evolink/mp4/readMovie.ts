import { BoxReader, boxAt, boxesIn, damaged, fullBoxAt, Mp4Refusal } from './boxes';
import type { Boxes } from './boxes';

/** One picture or one packet of sound, in the order of decoding. */
export interface Sample {
	/** Where it lies in the file. */
	offset: number;
	sizeBytes: number;
	/** When it is decoded and when it is shown, in units of the track's time scale. */
	decodeTime: number;
	shownAt: number;
	duration: number;
	isKeyFrame: boolean;
}

/** One track with what joining needs to know. */
export interface Track {
	timescale: number;
	samples: readonly Sample[];
	/** Its one sample entry, such as `avc1` with all that lies in it. */
	entryType: string;
	entry: Buffer;
	/** How much of the beginning is not shown (the edit list's media time), in its time scale. */
	hidden: number;
	/** How long it is shown, in seconds, where an edit list says so. */
	editSeconds: number | undefined;
	/** How much later than the movie it begins, in seconds. */
	delaySeconds: number;
	/** Rotation and place, as the track header has them. */
	matrix: Buffer;
}

/** What was read out of a file's index. */
export interface Movie {
	picture: Track;
	sound: Track | undefined;
}

/** More would be hours; a table of that many rows is no clip's. */
const MOST_SAMPLES = 1_000_000;

/** Reads pairs of a count and a value, one value for each sample. */
function runLengths(reader: BoxReader, sampleCount: number, read: () => number): number[] {
	const values: number[] = [];
	for (let rows = reader.rows(8); rows > 0; rows--) {
		const count = reader.uint(4);
		const value = read();
		if (values.length + count > sampleCount) throw damaged();
		for (let index = 0; index < count; index++) values.push(value);
	}
	if (values.length !== sampleCount) throw damaged();
	return values;
}

function readSizes(table: Boxes, fileBytes: number): number[] {
	const { reader } = fullBoxAt(table, 'stsz');
	const constant = reader.uint(4);
	const count = constant === 0 ? reader.rows(4) : reader.uint(4);
	// A constant size needs no row for each sample, so its count can claim anything.
	if (count === 0 || count > MOST_SAMPLES || constant * count > fileBytes) throw damaged();
	return Array.from({ length: count }, () => constant || reader.uint(4));
}

function readChunkOffsets(table: Boxes): number[] {
	const isLong = table.has('co64');
	const { reader } = fullBoxAt(table, isLong ? 'co64' : 'stco');
	const count = reader.rows(isLong ? 8 : 4);
	return Array.from({ length: count }, () => (isLong ? reader.uint64() : reader.uint(4)));
}

/** Returns where each sample lies; samples of a chunk follow one another. */
function readOffsets(table: Boxes, sizes: readonly number[], fileBytes: number): number[] {
	const chunks = readChunkOffsets(table);
	const { reader } = fullBoxAt(table, 'stsc');
	const runCount = reader.rows(12);
	if (runCount > chunks.length) throw damaged();
	const runs = Array.from({ length: runCount }, () => {
		const [firstChunk, samplesPerChunk] = [reader.uint(4), reader.uint(4)];
		// Several descriptions in one clip mean that it was joined before, from different ones.
		if (reader.uint(4) !== 1) throw unsupported('more than one kind of picture or sound');
		return { firstChunk, samplesPerChunk };
	});
	const offsets: number[] = [];
	for (const [index, { firstChunk, samplesPerChunk }] of runs.entries()) {
		const nextChunk = runs[index + 1]?.firstChunk ?? chunks.length + 1;
		if (firstChunk < 1 || nextChunk <= firstChunk || nextChunk > chunks.length + 1) throw damaged();
		for (const start of chunks.slice(firstChunk - 1, nextChunk - 1)) {
			if (offsets.length + samplesPerChunk > sizes.length) throw damaged();
			let offset = start;
			for (let count = 0; count < samplesPerChunk; count++) {
				offsets.push(offset);
				offset += sizes[offsets.length - 1];
			}
			if (offset > fileBytes) {
				throw new Mp4Refusal('is cut short', 'Get the video once more, e.g. with Task > Get.');
			}
		}
	}
	if (offsets.length !== sizes.length) throw damaged();
	return offsets;
}

function readKeyFrames(table: Boxes, sampleCount: number): (index: number) => boolean {
	if (!table.has('stss')) return () => true;
	const { reader } = fullBoxAt(table, 'stss');
	const count = reader.rows(4);
	if (count > sampleCount) throw damaged();
	const numbers = new Set(Array.from({ length: count }, () => reader.uint(4)));
	return (index) => numbers.has(index + 1);
}

function readSamples(table: Boxes, fileBytes: number): Sample[] {
	const sizes = readSizes(table, fileBytes);
	const offsets = readOffsets(table, sizes, fileBytes);
	const stts = fullBoxAt(table, 'stts').reader;
	const durations = runLengths(stts, sizes.length, () => stts.uint(4));
	let delays: number[] = [];
	if (table.has('ctts')) {
		const { reader, version } = fullBoxAt(table, 'ctts');
		// Some writers put negative numbers into the unsigned version, too.
		delays = runLengths(reader, sizes.length, () =>
			version === 0 ? reader.uint(4) | 0 : reader.int32(),
		);
	}
	const isKeyFrame = readKeyFrames(table, sizes.length);
	let decodeTime = 0;
	return sizes.map((sizeBytes, index) => {
		const at = decodeTime;
		decodeTime += durations[index];
		return {
			offset: offsets[index],
			sizeBytes,
			decodeTime: at,
			shownAt: at + (delays[index] ?? 0),
			duration: durations[index],
			isKeyFrame: isKeyFrame(index),
		};
	});
}

export function unsupported(what: string): Mp4Refusal {
	return new Mp4Refusal(
		`cannot be joined, because it has ${what}`,
		'Join clips as Evolink made them, all with the same model and quality.',
	);
}

/** A pause at the beginning, and the stretch that is shown. */
const MOST_EDITS = 2;

/** Reads an edit list of at most one pause at the beginning and one stretch of the track. */
function readEdits(track: Boxes, movieTimescale: number) {
	const none = { hidden: 0, editSeconds: undefined, delaySeconds: 0 };
	if (boxAt(track, 'edts', 'elst') === undefined) return none;
	const { reader, version } = fullBoxAt(track, 'edts', 'elst');
	const long = version === 1;
	const count = reader.rows(long ? 20 : 12);
	if (count > MOST_EDITS) throw unsupported('cuts that were not encoded');
	const edits = Array.from({ length: count }, () => {
		const seconds = (long ? reader.uint64() : reader.uint(4)) / movieTimescale;
		// A media time of -1 means that nothing is shown for so long.
		const isPause = reader.peek(long ? 8 : 4).every((byte) => byte === 0xff);
		if (isPause) reader.skip(long ? 8 : 4);
		const mediaTime = isPause ? -1 : long ? reader.uint64() : reader.uint(4);
		if (reader.uint(4) !== 0x10000) throw unsupported('a changed speed');
		return { seconds, mediaTime };
	});
	const delaySeconds = edits[0]?.mediaTime === -1 ? edits[0].seconds : 0;
	const shown = edits.filter(({ mediaTime }) => mediaTime !== -1);
	if (shown.length === 0) return { ...none, delaySeconds };
	if (shown.length > 1) throw unsupported('cuts that were not encoded');
	return { hidden: shown[0].mediaTime, editSeconds: shown[0].seconds || undefined, delaySeconds };
}

function kindOf(trak: Buffer): string {
	return fullBoxAt(boxesIn(trak), 'mdia', 'hdlr').reader.skip(4).type();
}

function readTrack(trak: Buffer, movieTimescale: number, fileBytes: number): Track {
	const track = boxesIn(trak);
	const media = boxesIn(boxAt(track, 'mdia') ?? Buffer.alloc(0));
	const mdhd = fullBoxAt(media, 'mdhd');
	const timescale = mdhd.reader.skip(mdhd.version === 1 ? 16 : 8).uint(4);
	const tkhd = fullBoxAt(track, 'tkhd');
	const matrix = tkhd.reader.skip(tkhd.version === 1 ? 48 : 36).take(36);
	const table = boxesIn(boxAt(media, 'minf', 'stbl') ?? Buffer.alloc(0));
	const stsd = fullBoxAt(table, 'stsd').reader;
	if (timescale === 0) throw damaged();
	if (stsd.uint(4) !== 1) throw unsupported('more than one kind of picture or sound');
	const [first] = boxesIn(stsd.take(stsd.remaining));
	if (first === undefined) throw damaged();
	const [entryType, [entry]] = first;
	return {
		timescale,
		samples: readSamples(table, fileBytes),
		entryType,
		entry,
		...readEdits(track, movieTimescale),
		matrix,
	};
}

/**
 * Reads a movie's index.
 *
 * @param moov the content of its box
 * @param fileBytes how long the file is, so that no table can point behind its end
 * @throws Mp4Refusal for what cannot be joined or read
 */
export function readMovie(moov: Buffer, fileBytes: number): Movie {
	const boxes = boxesIn(moov);
	if (boxes.has('mvex')) throw unsupported('its index in pieces (fragmented MP4)');
	const mvhd = fullBoxAt(boxes, 'mvhd');
	const timescale = mvhd.reader.skip(mvhd.version === 1 ? 16 : 8).uint(4);
	if (timescale === 0) throw damaged();
	const trackOf = (kind: string) => {
		const trak = (boxes.get('trak') ?? []).find((bytes) => kindOf(bytes) === kind);
		return trak && readTrack(trak, timescale, fileBytes);
	};
	const picture = trackOf('vide');
	if (picture === undefined) throw unsupported('no picture');
	return { picture, sound: trackOf('soun') };
}
