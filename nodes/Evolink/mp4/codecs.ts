import { box, boxesIn, findBox } from './boxes';
import { boxColors, PROFILES_WITH_CHROMA, streamColors, UNREAD } from './colors';
import type { Movie, Track } from './readMovie';
import { damaged, unsuitable } from './refusal';

/** Offset of the boxes in a visual sample entry (ISO/IEC 14496-12, 12.1.3). */
const VISUAL_HEADER_BYTES = 78;

/** Names of codecs, by their sample entries and by MPEG-4's numbers for audio, in hex. */
const NAMES: Readonly<Record<string, string | undefined>> = {
	...{ avc1: 'H.264', avc3: 'H.264 (avc3)', hvc1: 'H.265', hev1: 'H.265 (hev1)' },
	...{ av01: 'AV1', vp09: 'VP9', mp4v: 'MPEG-4 Visual', mp4a: 'QuickTime', encv: 'encrypted' },
	...{ '.mp3': 'MP3', '6b': 'MP3', '69': 'MP3', Opus: 'Opus', lpcm: 'PCM', sowt: 'PCM' },
};

function otherCodec(type: string, what: string, wanted: string) {
	return unsuitable(`has ${NAMES[type] ?? 'an unknown kind of'} ${what} instead of ${wanted}`);
}

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
	return { sets, depth, lengthBytes };
}

function readHevcConfig(config: Buffer) {
	const sets: Buffer[] = [];
	const lengthBytes = (config.readUInt8(21) & 3) + 1;
	let at = 23;
	for (let arrays = config.readUInt8(22); arrays > 0; arrays--) {
		at = readSets(config, at + 3, config.readUInt16BE(at + 1), lengthBytes, sets);
	}
	return { sets, depth: [config[16] & 3, config[17] & 7, config[18] & 7], lengthBytes };
}

/**
 * Returns what a player must know to decode a video track: its size; what must be the same in all
 * clips, by the words for it (undefined goes with any); and what need not, since each clip keeps its
 * own: the decoder's settings, and their parameter sets as they can stand in front of a sync sample.
 *
 * @throws Refusal for another codec than H.264 and H.265, and for what is encrypted
 */
export function videoFormat({ header: movieHeader, video: { entryType, entry, header } }: Movie) {
	const isAvc = /^avc[13]$/.test(entryType);
	if (!isAvc && !/^h[ve][cv]1$/.test(entryType)) {
		throw otherCodec(entryType, 'video', 'H.264 or H.265');
	}
	// Some writers leave the size to the track's header, which has it in 65,536ths.
	if (entry.readUInt32BE(24) === 0) {
		entry.writeUInt16BE(header.readUInt16BE(52), 24);
		entry.writeUInt16BE(header.readUInt16BE(56), 26);
	}
	const [widthPx, heightPx] = [entry.readUInt16BE(24), entry.readUInt16BE(26)];
	const boxes = new Map<string, Buffer>();
	for (const { type, content } of boxesIn(entry.subarray(VISUAL_HEADER_BYTES))) {
		// Colors can be there twice: in numbers, and as a profile.
		boxes.set(type === 'colr' ? content.toString('latin1', 0, 3) : type, content);
	}
	const config = boxes.get(isAvc ? 'avcC' : 'hvcC');
	if (config === undefined) throw damaged();
	const { sets, depth, lengthBytes } = isAvc ? readAvcConfig(config) : readHevcConfig(config);
	const pasp = boxes.get('pasp');
	const pixelRatio = pasp === undefined ? 1 : pasp.readUInt32BE(0) / pasp.readUInt32BE(4);
	const named = boxColors(boxes.get('ncl'));
	const profile = (boxes.get('pro') ?? boxes.get('rIC'))?.toString('hex');
	const inStream = isAvc && sets.length > 0 ? streamColors(sets[1]) : UNREAD;
	const colors = inStream.map((color, index) => (named[index] ?? color)?.toString());
	const mustMatch: ReadonlyArray<readonly [string, string | undefined]> = [
		['codec', NAMES[entryType]],
		['size in pixels', `${widthPx} × ${heightPx}`],
		// Chromium stops where it changes.
		['NAL length', `${lengthBytes} bytes`],
		['color depth', depth.join()],
		['shape of pixels', `${pixelRatio || 1}`],
		...colors.map((color) => ['colors', color] as const),
		['colors', profile],
		['rotation', [movieHeader, header].map((one) => one.toString('hex', 16, 52)).join()],
	];
	return {
		widthPx,
		heightPx,
		mustMatch,
		/** What players must be told again where it changes. */
		entryKey: [config.toString('hex'), ...named, profile].join(),
		parameterSets: Buffer.concat(sets),
	};
}

/** Silent packets of AAC-LC for one and for two channels, as an encoder makes them. */
const SILENCE_BY_CHANNELS: ReadonlyMap<number, Buffer> = new Map([
	[1, Buffer.from('01182007', 'hex')],
	[2, Buffer.from('211004608c1c', 'hex')],
]);

/** By their number in an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.3.4). */
const SAMPLE_RATES = [
	96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
];

/** In hex: AAC of two bytes, where some writers add that it is not HE-AAC, or fill up with zeros. */
const PLAIN_CONFIG = /^(.{4})(56e500)?(00)*$/;

/** Reads an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1); timescale is that of its track. */
function readAudioConfig(config: Buffer, timescale: number) {
	const [hex, bits] = [config.toString('hex'), config.readUInt16BE(0)];
	// Kinds up to 4 are AAC, of which 2 is the usual one; 5 and 29 are HE-AAC.
	const [kind, channels] = [bits >> 11, (bits >> 3) & 15];
	if (kind > 4 && kind !== 5 && kind !== 29) throw unsuitable('has a rare kind of AAC sound');
	const codedRate = SAMPLE_RATES[(bits >> 7) & 15] ?? timescale;
	const packetSamples = kind <= 4 && (bits & 4) !== 0 ? 960 : 1024;
	// HE-AAC plays more samples than are coded, and its tracks count those; others count anything.
	const rate = (packetSamples * timescale) % codedRate === 0 ? timescale : codedRate;
	return {
		/** The same for clips of the same sound. */
		sameConfig: hex.replace(PLAIN_CONFIG, '$1'),
		rate,
		packetTicks: (packetSamples * rate) / codedRate,
		silence: kind === 2 && PLAIN_CONFIG.test(hex) ? SILENCE_BY_CHANNELS.get(channels) : undefined,
	};
}

/**
 * MPEG-4's descriptors up to the length of the AudioSpecificConfig, in hex (ISO/IEC 14496-1, 7.2.6): a
 * stream (3), without options, as MP4 has it; in it a decoder (4) of MPEG-4 audio (40); in it the
 * config (5). Bytes of 80 can fill up the length of each. Or up to the number of other audio.
 */
const BEFORE_CONFIG = /^.{8}03(?:80)*.{6}[01].04(?:80)*.{2}(?:40.{24}05(?:80)*([0-7].)|(..))/;

/** Offset of the boxes in an audio sample entry (ISO/IEC 14496-12, 12.2.3). */
const AUDIO_HEADER_BYTES = 28;

/**
 * Returns what a player must know to decode an audio track, a packet of silence, where there is one for
 * its kind, and the sample entry as an MP4 has it.
 *
 * @throws Refusal for other audio than AAC
 */
export function audioFormat({ entryType, entry, timescale }: Track) {
	// QuickTime's entries say by a version that they are longer, and pack the settings once more.
	const version = entry.readUInt16BE(8);
	const boxes = entry.subarray(version === 1 ? 44 : AUDIO_HEADER_BYTES);
	const hasEsds = entryType === 'mp4a' && version <= 1;
	const esds = hasEsds ? (findBox(boxes, 'esds') ?? findBox(boxes, 'wave', 'esds')) : undefined;
	const found = BEFORE_CONFIG.exec(esds?.toString('hex') ?? '');
	if (esds === undefined || found?.[1] === undefined) {
		throw otherCodec(found?.[2] ?? entryType, 'sound', 'AAC');
	}
	const start = found[0].length / 2;
	const config = esds.subarray(start, start + Number.parseInt(found[1], 16));
	// Version, vendor and packing are QuickTime's; channels and rate stand where MP4 has them.
	const header = Buffer.from(entry.subarray(0, AUDIO_HEADER_BYTES)).fill(0, 8, 16).fill(0, 20, 24);
	const joinedEntry = box('mp4a', header, box('esds', esds));
	return { ...readAudioConfig(config, timescale), joinedEntry };
}
