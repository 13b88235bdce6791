import { box, boxAt, BoxReader, boxesIn, damaged } from './boxes';
import { unsupported } from './readMovie';
import type { Track } from './readMovie';

/** What a player must know to decode a picture track. */
export interface PictureFormat {
	widthPx: number;
	heightPx: number;
	/** What must be the same in all clips, by the words for it. */
	mustMatch: ReadonlyArray<[what: string, value: string]>;
	/** The decoder's settings: where they differ, each clip keeps its own. */
	config: Buffer;
	/** The parameter sets in them, as they can stand before a key frame. */
	parameterSets: Buffer;
}

/** Offset of the boxes in a visual sample entry (ISO/IEC 14496-12, 12.1.3). */
const VISUAL_HEADER_BYTES = 78;

/** H.264 profiles whose settings also say chroma and bit depth (ISO/IEC 14496-15, 5.3.3.1). */
const PROFILES_WITH_CHROMA = [100, 110, 122, 244];

function takeSets(reader: BoxReader, count: number, lengthBytes: number): Buffer[] {
	return Array.from({ length: count }, () => {
		const set = reader.take(reader.uint(2));
		if (set.length >= 256 ** lengthBytes) throw damaged();
		const length = Buffer.alloc(lengthBytes);
		length.writeUIntBE(set.length, 0, lengthBytes);
		return Buffer.concat([length, set]);
	});
}

function readAvcConfig(config: Buffer) {
	const reader = new BoxReader(config).skip(1);
	const profile = reader.uint(1);
	const lengthBytes = (reader.skip(2).uint(1) & 3) + 1;
	const sets = takeSets(reader, reader.uint(1) & 31, lengthBytes);
	sets.push(...takeSets(reader, reader.uint(1), lengthBytes));
	const hasChroma = PROFILES_WITH_CHROMA.includes(profile) && reader.remaining >= 3;
	const depth = hasChroma
		? [reader.uint(1) & 3, reader.uint(1) & 7, reader.uint(1) & 7]
		: [1, 0, 0];
	return { sets, depth };
}

function readHevcConfig(config: Buffer) {
	const reader = new BoxReader(config).skip(16);
	const depth = [reader.uint(1) & 3, reader.uint(1) & 7, reader.uint(1) & 7];
	const lengthBytes = (reader.skip(2).uint(1) & 3) + 1;
	const sets: Buffer[] = [];
	for (let arrays = reader.uint(1); arrays > 0; arrays--) {
		sets.push(...takeSets(reader.skip(1), reader.uint(2), lengthBytes));
	}
	return { sets, depth };
}

/** @throws Mp4Refusal for another codec than H.264 and H.265, and for what is encrypted */
export function pictureFormat({ entryType, entry, matrix }: Track): PictureFormat {
	const isAvc = entryType.startsWith('avc');
	if (!isAvc && !/^h[ve][cv]1$/.test(entryType)) {
		throw unsupported(`pictures of the kind '${entryType.trim()}'`);
	}
	const reader = new BoxReader(entry);
	const [widthPx, heightPx] = [reader.skip(24).uint(2), reader.uint(2)];
	const boxes = boxesIn(entry.subarray(VISUAL_HEADER_BYTES));
	const config = boxes.get(isAvc ? 'avcC' : 'hvcC')?.[0];
	if (config === undefined) throw damaged();
	const { sets, depth } = isAvc ? readAvcConfig(config) : readHevcConfig(config);
	const text = (type: string) => boxes.get(type)?.[0].toString('hex') ?? '';
	return {
		widthPx,
		heightPx,
		mustMatch: [
			['codec', entryType],
			['size in pixels', `${widthPx} × ${heightPx}`],
			['color depth', depth.join()],
			['shape of pixels', text('pasp') || '0000000100000001'],
			['colors', text('colr')],
			['rotation', matrix.toString('hex')],
		],
		config,
		parameterSets: Buffer.concat(sets),
	};
}

/** What a player must know to decode a sound track. */
export interface SoundFormat {
	/** MPEG-4's AudioSpecificConfig; it must be the same in all clips. */
	config: Buffer;
	/** The sample entry as an MP4 has it. */
	entry: Buffer;
	/** One packet of silence; undefined for kinds of sound that have none here. */
	silence: Buffer | undefined;
}

/** Silent packets of AAC-LC for one and for two channels, as an encoder makes them. */
const SILENCE_BY_CHANNELS: ReadonlyMap<number, Buffer> = new Map([
	[1, Buffer.from('01182007', 'hex')],
	[2, Buffer.from('211004608c1c', 'hex')],
]);

const AAC_LC = 2;

/** Offset of the boxes in an audio sample entry (ISO/IEC 14496-12, 12.2.3). */
const SOUND_HEADER_BYTES = 28;

/** Returns what lies in an MPEG-4 descriptor of that tag (ISO/IEC 14496-1, 8.3.3). */
function descriptor(reader: BoxReader, tag: number): BoxReader {
	if (reader.uint(1) !== tag) throw unsupported('sound that is not AAC');
	let length = 0;
	for (let more = true; more;) {
		const byte = reader.uint(1);
		length = length * 128 + (byte & 127);
		more = byte >= 128;
	}
	return new BoxReader(reader.take(length));
}

/** @throws Mp4Refusal for other sound than AAC */
export function soundFormat({ entryType, entry }: Track): SoundFormat {
	if (entryType !== 'mp4a') throw unsupported('sound that is not AAC');
	// QuickTime's entries say by a version that they are longer, and pack the settings once more.
	const version = new BoxReader(entry).skip(8).uint(2);
	if (version > 1) throw unsupported('sound as only QuickTime describes it');
	const boxes = boxesIn(entry.subarray(version === 1 ? 44 : SOUND_HEADER_BYTES));
	const esds = boxAt(boxes, 'esds') ?? boxAt(boxes, 'wave', 'esds');
	if (esds === undefined) throw unsupported('sound that is not AAC');
	const stream = descriptor(new BoxReader(esds).skip(4), 3);
	const flags = stream.skip(2).uint(1);
	if (flags & 0x80) stream.skip(2);
	if (flags & 0x40) stream.skip(stream.uint(1));
	if (flags & 0x20) stream.skip(2);
	const decoder = descriptor(stream, 4);
	if (decoder.uint(1) !== 0x40) throw unsupported('sound that is not AAC');
	const specific = descriptor(decoder.skip(12), 5);
	const config = specific.take(specific.remaining);
	const bits = config.length >= 2 ? config.readUInt16BE(0) : 0;
	const silence = bits >> 11 === AAC_LC ? SILENCE_BY_CHANNELS.get((bits >> 3) & 15) : undefined;
	// Version, vendor and packing are QuickTime's; channels and rate stand where MP4 has them.
	const header = Buffer.from(entry.subarray(0, SOUND_HEADER_BYTES)).fill(0, 8, 16).fill(0, 20, 24);
	return { config, silence, entry: box('mp4a', header, box('esds', esds)) };
}

/** Returns the sample entry of a picture track. */
export function entryBox({ entryType, entry }: Track): Buffer {
	return box(entryType, entry);
}
