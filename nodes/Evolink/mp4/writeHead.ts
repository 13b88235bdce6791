import { box, boxesIn, getBox, uint64 } from './boxes';
import { joinedBytes } from './layOut';
import type { Chunk, Layout } from './layOut';
import type { Sample } from './readMovie';

const FTYP = box('ftyp', Buffer.from('isom'), 512, Buffer.from('isomiso2avc1mp41'));

/** Header of `mdat` with a 64-bit size, which every player reads. */
const MDAT_HEADER_BYTES = 16;

/** Version 1 of a box, which has times of 64 bits, without flags. */
const LONG = 0x01000000;

/** When it was made and changed, in 64 bits each: not known. */
const NO_DATES = [0, 0, 0, 0];

/** `und`, as three letters of five bits each. */
const UNDETERMINED_LANGUAGE = 0x55c40000;

const NOTHING = Buffer.alloc(0);

/** All samples are in this file. */
const DATA_REFERENCE = box('dinf', box('dref', 0, 1, box('url ', 1)));

/** Returns a table of so many columns, whose values stand row after row. */
function table(type: string, columns: number, values: readonly number[], ...before: number[]) {
	const bytes = Buffer.alloc(4 * values.length);
	for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
	return box(type, 0, ...before, values.length / columns, bytes);
}

/** Returns a table of how often each value comes in a row. */
function runTable(type: string, samples: readonly Sample[], field: 'duration' | 'delay'): Buffer {
	const runs: number[] = [];
	for (const { [field]: value } of samples) {
		if (runs.at(-1) === value) runs[runs.length - 2]++;
		else runs.push(1, value);
	}
	return table(type, 2, runs);
}

/** Returns the table of which chunks hold how many samples, with which sample entry. */
function chunkTable(chunks: readonly Chunk[]): Buffer {
	const runs: number[] = [];
	for (const [index, { samples, entryNumber }] of chunks.entries()) {
		if (runs.at(-2) === samples.length && runs.at(-1) === entryNumber) continue;
		runs.push(index + 1, samples.length, entryNumber);
	}
	return table('stsc', 3, runs);
}

function sampleTable(entries: readonly Buffer[], chunks: readonly Chunk[], isVideo: boolean) {
	const samples = chunks.flatMap((chunk) => chunk.samples);
	const syncs: number[] = [];
	for (const [index, { isSync }] of samples.entries()) if (isSync) syncs.push(index + 1);
	return box(
		'stbl',
		box('stsd', 0, entries.length, ...entries),
		runTable('stts', samples, 'duration'),
		isVideo ? runTable('ctts', samples, 'delay') : NOTHING,
		syncs.length < samples.length ? table('stss', 1, syncs) : NOTHING,
		chunkTable(chunks),
		table('stsz', 1, samples.map(joinedBytes), 0),
		box('co64', 0, chunks.length, Buffer.concat(chunks.map(({ offset }) => uint64(offset)))),
	);
}

function trak(
	id: number,
	track: Layout['video'],
	chunks: readonly Chunk[],
	movieTimescale: number,
) {
	const isVideo = id === 1;
	const shown = uint64(Math.round(track.shownSeconds * movieTimescale));
	let decoded = 0;
	for (const { samples } of chunks) for (const { duration } of samples) decoded += duration;
	const times = [track.timescale, uint64(decoded)];
	const mediaHeader = isVideo ? box('vmhd', 1, 0, 0) : box('smhd', 0, 0);
	return box(
		'trak',
		box('tkhd', 0x01000003, ...NO_DATES, id, 0, shown, track.header),
		box('edts', box('elst', LONG, 1, shown, uint64(track.mediaTime), 0x10000)),
		box(
			'mdia',
			box('mdhd', LONG, ...NO_DATES, ...times, UNDETERMINED_LANGUAGE),
			box('hdlr', 0, 0, Buffer.from(isVideo ? 'vide' : 'soun'), Buffer.alloc(13)),
			box('minf', mediaHeader, DATA_REFERENCE, sampleTable(track.entries, chunks, isVideo)),
		),
	);
}

/**
 * Returns all that comes before the first sample. The index stands first, so that the video plays
 * while it loads.
 */
export function writeHead({ header, video, audio, chunks, dataBytes }: Layout): Buffer {
	const { timescale, shownSeconds } = video;
	const shown = uint64(Math.round(shownSeconds * timescale));
	const traks = [video, audio].map((track, index) => {
		const own = chunks.filter(({ isVideo }) => isVideo === (index === 0));
		return track === undefined ? NOTHING : trak(index + 1, track, own, timescale);
	});
	const mvhd = box('mvhd', LONG, ...NO_DATES, timescale, shown, header, 3);
	const moov = box('moov', mvhd, ...traks);
	const mdat = [Buffer.from('\0\0\0\x01mdat'), uint64(dataBytes + MDAT_HEADER_BYTES)];
	const head = Buffer.concat([FTYP, moov, ...mdat]);
	// Only now it is known how far behind the beginning the samples lie.
	for (const { type, content } of boxesIn(getBox(head, 'moov'))) {
		if (type !== 'trak') continue;
		const co64 = getBox(content, 'mdia', 'minf', 'stbl', 'co64');
		for (let at = 8; at < co64.length; at += 8) {
			co64.writeBigUInt64BE(co64.readBigUInt64BE(at) + BigInt(head.length), at);
		}
	}
	return head;
}
