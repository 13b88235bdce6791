import { box, boxesIn, findBox } from './boxes';
import type { Movie, Track } from './readMovie';
import { damaged, unsuitable } from './refusal';

/** Offset of the boxes in a visual sample entry (ISO/IEC 14496-12, 12.1.3). */
const VISUAL_HEADER_BYTES = 78;

/** H.264 profiles whose settings also say chroma and bit depth (ISO/IEC 14496-15, 5.3.3.1). */
const PROFILES_WITH_CHROMA = [100, 110, 122, 244];

/** Reads a list of parameter sets from there on, each into `sets`; returns where the list ends. */
function readSets(
	config: Buffer,
	start: number,
	count: number,
	lengthBytes: number,
	sets: Buffer[],
) {
	let at = start;
	for (let left = count; left > 0; left--) {
		const end = at + 2 + config.readUInt16BE(at);
		const length = Buffer.alloc(lengthBytes);
		length.writeUIntBE(end - at - 2, 0, lengthBytes);
		sets.push(length, config.subarray(at + 2, end));
		at = end;
	}
	if (at > config.length) throw damaged();
	return at;
}

function readAvcConfig(config: Buffer) {
	const sets: Buffer[] = [];
	const lengthBytes = (config.readUInt8(4) & 3) + 1;
	const between = readSets(config, 6, config.readUInt8(5) & 31, lengthBytes, sets);
	const end = readSets(config, between + 1, config.readUInt8(between), lengthBytes, sets);
	const hasChroma = PROFILES_WITH_CHROMA.includes(config[1]) && config.length >= end + 3;
	const depth = hasChroma ? [config[end] & 3, config[end + 1] & 7, config[end + 2] & 7] : [1, 0, 0];
	return { sets, depth };
}

function readHevcConfig(config: Buffer) {
	const sets: Buffer[] = [];
	const lengthBytes = (config.readUInt8(21) & 3) + 1;
	let at = 23;
	for (let arrays = config.readUInt8(22); arrays > 0; arrays--) {
		at = readSets(config, at + 3, config.readUInt16BE(at + 1), lengthBytes, sets);
	}
	return { sets, depth: [config[16] & 3, config[17] & 7, config[18] & 7] };
}

/**
 * Returns what a player must know to decode a video track: its size, what must be the same in all
 * clips, by the words for it, and the decoder's settings, which need not: where they differ, each
 * clip keeps its own, and their parameter sets as they can stand in front of a sync sample.
 *
 * @throws Refusal for another codec than H.264 and H.265, and for what is encrypted
 */
export function videoFormat({ header: movieHeader, video: { entryType, entry, header } }: Movie) {
	const isAvc = /^avc[13]$/.test(entryType);
	if (!isAvc && !/^h[ve][cv]1$/.test(entryType)) {
		throw unsuitable('has video that is not H.264 or H.265');
	}
	const [widthPx, heightPx] = [entry.readUInt16BE(24), entry.readUInt16BE(26)];
	const boxes = new Map<string, Buffer>();
	for (const { type, content } of boxesIn(entry.subarray(VISUAL_HEADER_BYTES))) {
		boxes.set(type, content);
	}
	const config = boxes.get(isAvc ? 'avcC' : 'hvcC');
	if (config === undefined) throw damaged();
	const { sets, depth } = isAvc ? readAvcConfig(config) : readHevcConfig(config);
	return {
		widthPx,
		heightPx,
		mustMatch: [
			['codec', entryType],
			['size in pixels', `${widthPx} × ${heightPx}`],
			['color depth', depth.join()],
			['shape of pixels', boxes.get('pasp')?.toString('hex') ?? '0000000100000001'],
			['colors', boxes.get('colr')?.toString('hex') ?? ''],
			['rotation', [movieHeader, header].map((one) => one.toString('hex', 16, 52)).join()],
		],
		config,
		parameterSets: Buffer.concat(sets),
	};
}

/** Silent packets of AAC-LC for one and for two channels, as an encoder makes them. */
const SILENCE_BY_CHANNELS: ReadonlyMap<number, Buffer> = new Map([
	[1, Buffer.from('01182007', 'hex')],
	[2, Buffer.from('211004608c1c', 'hex')],
]);

const AAC_LC = 2;

/**
 * MPEG-4's descriptors up to the length of the AudioSpecificConfig, in hex (ISO/IEC 14496-1, 7.2.6): a
 * stream (3), without options, as MP4 has it; in it a decoder (4) of MPEG-4 audio (40); in it the
 * config (5). Bytes of 80 can fill up the length of each.
 */
const BEFORE_CONFIG = /^.{8}03(?:80)*.{6}[01].04(?:80)*.{2}40.{24}05(?:80)*([0-7].)/;

/** Offset of the boxes in an audio sample entry (ISO/IEC 14496-12, 12.2.3). */
const AUDIO_HEADER_BYTES = 28;

/**
 * Returns what a player must know to decode an audio track: the AudioSpecificConfig, the sample entry
 * as an MP4 has it, and a packet of silence, where there is one for that kind.
 *
 * @throws Refusal for other audio than AAC
 */
export function audioFormat({ entryType, entry, samples }: Track) {
	// QuickTime's entries say by a version that they are longer, and pack the settings once more.
	const version = entry.readUInt16BE(8);
	if (version > 1) throw unsuitable('has sound as only QuickTime describes it');
	const boxes = entry.subarray(version === 1 ? 44 : AUDIO_HEADER_BYTES);
	const esds = findBox(boxes, 'esds') ?? findBox(boxes, 'wave', 'esds') ?? Buffer.alloc(0);
	const found = BEFORE_CONFIG.exec(esds.toString('hex'));
	if (entryType !== 'mp4a' || found === null) throw unsuitable('has sound that is not AAC');
	const start = found[0].length / 2;
	const config = esds.subarray(start, start + Number.parseInt(found[1], 16));
	const bits = config.readUInt16BE(0);
	const silence = bits >> 11 === AAC_LC ? SILENCE_BY_CHANNELS.get((bits >> 3) & 15) : undefined;
	// Version, vendor and packing are QuickTime's; channels and rate stand where MP4 has them.
	const header = Buffer.from(entry.subarray(0, AUDIO_HEADER_BYTES)).fill(0, 8, 16).fill(0, 20, 24);
	const joinedEntry = box('mp4a', header, box('esds', esds));
	return { config, silence, joinedEntry, packetDuration: samples[0].duration };
}
