import { boxesIn, findBox, getBox } from './boxes';
import { cutShort, damaged, tooLong, TRIMMED, unsuitable } from './refusal';

/** One frame or one packet of audio, in the order of decoding. */
export interface Sample {
	/** Where it lies in the file. */
	offset: number;
	sizeBytes: number;
	/** When it is decoded, and how much later it is shown, in units of the track's time scale. */
	decodeTime: number;
	delay: number;
	duration: number;
	isSync: boolean;
	/** Bytes of our own in front of it: parameter sets, or silence. */
	before: Buffer | undefined;
}

/** One track with what joining needs to know. */
export interface Track {
	timescale: number;
	samples: readonly Sample[];
	/** Its one sample entry, such as `avc1` with all that lies in it. */
	entryType: string;
	entry: Buffer;
	/** How much of the beginning its edit list leaves out, in its time scale. */
	mediaTime: number;
	/** How long it is shown, in seconds, where an edit list says so. */
	editSeconds: number | undefined;
	/** How much later than the movie it begins, in seconds. */
	delaySeconds: number;
	/** The track header from its layer on: volume, matrix, width and height. */
	header: Buffer;
}

/** What was read out of a file's index. */
export interface Movie {
	/** The movie header from its rate on, up to the next track's ID. */
	header: Buffer;
	video: Track;
	audio: Track | undefined;
	/** What is in it beside the two, in words. */
	others: string[];
}

/** A sample entry takes some hundred bytes, a few thousand with the profile of its colors. */
const LARGEST_ENTRY_BYTES = 256 * 1024;

/** A pause at the beginning, and the stretch that is shown. */
const MOST_EDITS = 2;

/** Returns how many rows a table has, which are no more than there are samples. */
function rowCount(table: Buffer, sampleCount: number): number {
	const count = table.readUInt32BE(4);
	if (count > sampleCount) throw damaged();
	return count;
}

/** Returns one number for each sample from a table that says how often each comes in a row. */
function runLengths(table: Buffer, sampleCount: number): Int32Array {
	const values = new Int32Array(sampleCount);
	const rows = rowCount(table, sampleCount);
	let filled = 0;
	for (let row = 0; row < rows; row++) {
		const end = filled + table.readUInt32BE(8 + 8 * row);
		// Some writers put negative delays into the unsigned version of `ctts`, too.
		values.fill(table.readInt32BE(12 + 8 * row), filled, end);
		filled = end;
	}
	if (filled !== sampleCount) throw damaged();
	return values;
}

/** Hands out where each chunk begins, and how many samples follow one another in it. */
function* readChunks(stbl: Buffer, sampleCount: number) {
	const co64 = findBox(stbl, 'co64');
	const offsets = co64 ?? getBox(stbl, 'stco');
	const stsc = getBox(stbl, 'stsc');
	const chunks = rowCount(offsets, sampleCount);
	const runs = rowCount(stsc, chunks);
	if (stsc.readUInt32BE(8) !== 1) throw damaged();
	let run = 0;
	for (let chunk = 0; chunk < chunks; chunk++) {
		if (run + 1 < runs && stsc.readUInt32BE(8 + 12 * (run + 1)) === chunk + 1) run++;
		const length = stsc.readUInt32BE(12 + 12 * run);
		// Several descriptions in one clip mean that it was joined before, from different ones.
		if (stsc.readUInt32BE(16 + 12 * run) !== 1) throw unsuitable('changes its format midway');
		const offset = co64
			? Number(co64.readBigUInt64BE(8 + 8 * chunk))
			: offsets.readUInt32BE(8 + 4 * chunk);
		yield { offset, length };
	}
	if (run + 1 !== runs) throw damaged();
}

function readSyncs(stbl: Buffer, sampleCount: number): Uint8Array {
	const stss = findBox(stbl, 'stss');
	if (stss === undefined) return new Uint8Array(sampleCount).fill(1);
	const isSync = new Uint8Array(sampleCount);
	const rows = rowCount(stss, sampleCount);
	for (let row = 0; row < rows; row++) isSync[stss.readUInt32BE(8 + 4 * row) - 1] = 1;
	return isSync;
}

function readSamples(stbl: Buffer, fileBytes: number, mostSamples: number): Sample[] {
	const stsz = getBox(stbl, 'stsz');
	const constantBytes = stsz.readUInt32BE(4);
	// A constant size needs no row for each sample, so its count can claim anything.
	const count = stsz.readUInt32BE(8);
	if (count === 0) throw damaged();
	if (count > mostSamples) throw tooLong();
	const durations = runLengths(getBox(stbl, 'stts'), count);
	// Some recorders do not know how long the last one lasts, but it is shown as long as others.
	if (count > 1) durations[count - 1] ||= durations[count - 2];
	const ctts = findBox(stbl, 'ctts');
	const delays = ctts === undefined ? new Int32Array(count) : runLengths(ctts, count);
	const syncs = readSyncs(stbl, count);
	const samples: Sample[] = [];
	let decodeTime = 0;
	for (const chunk of readChunks(stbl, count)) {
		const end = samples.length + chunk.length;
		if (end > count) throw damaged();
		let { offset } = chunk;
		for (let index = samples.length; index < end; index++) {
			const sizeBytes = constantBytes || stsz.readUInt32BE(12 + 4 * index);
			const duration = durations[index];
			if (duration < 0) throw damaged();
			const [delay, isSync] = [delays[index], syncs[index] === 1];
			const times = { decodeTime, delay, duration };
			samples.push({ offset, sizeBytes, ...times, isSync, before: undefined });
			offset += sizeBytes;
			decodeTime += duration;
		}
		if (offset > fileBytes) throw cutShort();
	}
	if (samples.length !== count) throw damaged();
	return samples;
}

/** Returns whether times in a box take 64 bits. */
function isLong(box: Buffer): boolean {
	return box.readUInt8(0) === 1;
}

/** Reads an edit list of at most one pause at the beginning and one stretch of the track. */
function readEdits(trak: Buffer, movieTimescale: number) {
	const elst = findBox(trak, 'edts', 'elst') ?? Buffer.alloc(8);
	const count = elst.readUInt32BE(4);
	if (count > MOST_EDITS) throw unsuitable(...TRIMMED);
	const edits = Array.from({ length: count }, (_, edit) => {
		const at = 8 + edit * (isLong(elst) ? 20 : 12);
		const [duration, mediaTime, rate] = isLong(elst)
			? [elst.readBigUInt64BE(at), elst.readBigInt64BE(at + 8), elst.readUInt32BE(at + 16)]
			: [elst.readUInt32BE(at), elst.readInt32BE(at + 4), elst.readUInt32BE(at + 8)];
		if (rate !== 0x10000) throw unsuitable('plays at a changed speed');
		return { seconds: Number(duration) / movieTimescale, mediaTime: Number(mediaTime) };
	});
	// A media time of -1 means that nothing is shown for so long.
	const delaySeconds = edits.length > 0 && edits[0].mediaTime < 0 ? edits[0].seconds : 0;
	const [shown, ...others] = edits.filter(({ mediaTime }) => mediaTime >= 0);
	if (others.length > 0) throw unsuitable(...TRIMMED);
	return {
		mediaTime: shown?.mediaTime ?? 0,
		editSeconds: shown?.seconds || undefined,
		delaySeconds,
	};
}

/** Returns the time scale in `mvhd` or `mdhd`. */
function timescaleOf(header: Buffer): number {
	const timescale = header.readUInt32BE(isLong(header) ? 20 : 12);
	if (timescale === 0) throw damaged();
	return timescale;
}

/** Returns so many bytes in a buffer of their own, since the index itself is not kept. */
function copyOf(bytes: Buffer, start: number, length: number): Buffer {
	if (bytes.length < start + length) throw damaged();
	return Buffer.from(bytes.subarray(start, start + length));
}

/** Returns whether an index has tags, but for the encoder's name, which nearly every file has. */
function hasTags(moov: Buffer): boolean {
	if (findBox(moov, 'meta') !== undefined) return true;
	const udta = findBox(moov, 'udta') ?? Buffer.alloc(0);
	return [...boxesIn(udta)].some(({ type, content }) => {
		if (type !== 'meta') return true;
		const tags = findBox(content.subarray(4), 'ilst') ?? Buffer.alloc(0);
		return [...boxesIn(tags)].some((tag) => tag.type !== '\xa9too');
	});
}

/** What a track is that is left out, by its kind. */
const OTHER_TRACKS: Readonly<Record<string, string | undefined>> = {
	...{ soun: 'further sound tracks', vide: 'further video tracks' },
	...{ sbtl: 'subtitles', subt: 'subtitles', clcp: 'subtitles', text: 'chapters or subtitles' },
};

/**
 * Reads a movie's index.
 *
 * @param moov the content of its box
 * @param fileBytes how long the file is, so that no table can point behind its end
 * @param mostSamples of both tracks
 * @throws Refusal for what cannot be joined, RangeError for what cannot be read
 */
export function readMovie(moov: Buffer, fileBytes: number, mostSamples: number): Movie {
	if (findBox(moov, 'mvex') !== undefined) throw unsuitable('is a fragmented MP4', 'needsExport');
	const mvhd = getBox(moov, 'mvhd');
	const traks = [...boxesIn(moov)].filter(({ type }) => type === 'trak');
	const handlers = traks.map(({ content }) => getBox(content, 'mdia', 'hdlr'));
	const kinds = handlers.map((handler) => handler.toString('latin1', 8, 12));
	const readTrack = (kind: 'vide' | 'soun', most: number): Track | undefined => {
		const index = kinds.indexOf(kind);
		if (index < 0) return undefined;
		kinds[index] = '';
		const trak = traks[index].content;
		const stbl = getBox(trak, 'mdia', 'minf', 'stbl');
		const stsd = getBox(stbl, 'stsd');
		if (stsd.readUInt32BE(4) !== 1) throw unsuitable('changes its format midway');
		const [entry] = boxesIn(stsd.subarray(8, LARGEST_ENTRY_BYTES));
		if (entry === undefined) throw damaged();
		const tkhd = getBox(trak, 'tkhd');
		return {
			timescale: timescaleOf(getBox(trak, 'mdia', 'mdhd')),
			samples: readSamples(stbl, fileBytes, most),
			entryType: entry.type,
			entry: Buffer.from(entry.content),
			...readEdits(trak, timescaleOf(mvhd)),
			header: copyOf(tkhd, isLong(tkhd) ? 36 : 24, 60),
		};
	};
	const video = readTrack('vide', mostSamples);
	if (video === undefined) throw unsuitable('has no video track');
	const audio = readTrack('soun', mostSamples - video.samples.length);
	const others = kinds.filter(Boolean).map((kind) => OTHER_TRACKS[kind] ?? 'further tracks');
	if (hasTags(moov)) others.push('tags such as titles and chapters');
	return { header: copyOf(mvhd, isLong(mvhd) ? 32 : 20, 76), video, audio, others };
}
