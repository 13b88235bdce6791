/** H.264 profiles that also say chroma and bit depth (ITU-T H.264, 7.3.2.1.1; ISO/IEC 14496-15, 5.3.3.1). */
export const PROFILES_WITH_CHROMA = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/** Primaries, transfer, matrix, and whether the range is full; undefined where nothing says it. */
export type Colors = ReadonlyArray<number | undefined>;

/** Of a stream that is not read: its colors are like no others, unless the index says them. */
export const UNREAD: Colors = [-1, -1, -1, undefined];

/** Codes that mean the same as primaries 6, as transfer 1, and as matrix 5 (ITU-T H.273, 8). */
const SAME = [[7], [6, 14, 15], [6]];
const AS = [6, 1, 5];

function colorsOf(codes: readonly number[], range: number | undefined): Colors {
	const meant = codes.map((code, at) => (SAME[at].includes(code) ? AS[at] : code));
	// A code of 2 means that it is not specified.
	return [...meant.map((code) => (code === 2 ? undefined : code)), range];
}

/** Reads a `colr` box that has numbers; QuickTime's kind has no range, as have some of the other. */
export function boxColors(colr: Buffer | undefined): Colors {
	if (colr === undefined) return [];
	const codes = [4, 6, 8].map((at) => colr.readUInt16BE(at));
	return colorsOf(codes, colr.length > 10 ? colr[10] >> 7 : undefined);
}

/** In bits: a number that says its length by zeros in front of it (ITU-T H.264, 9.1). */
const NUMBER = `(?:${Array.from({ length: 32 }, (_, zeros) => `0{${zeros}}1.{${zeros}}`).join('|')})`;

/** In bits: chroma, bit depths, and no scaling matrices. */
const CHROMA = `(?:00100.|(?!00100)${NUMBER})${NUMBER}{2}.0`;

/** A parameter set in bits up to range and colors, after what its profile has (7.3.2.1.1, E.1.1). */
function parameterSetPattern(chroma: string): RegExp {
	const order = `${NUMBER}(?:1${NUMBER}|011)${NUMBER}.`;
	const size = `${NUMBER}{2}(?:1|0.).(?:0|1${NUMBER}{4})`;
	const pixelsAndOverscan = '(?:0|1(?:1{8}.{32}|(?!1{8}).{8}))(?:0|1.)';
	const colors = '(?:0|1.{3}(.)(?:0|1(.{8})(.{8})(.{8})))';
	return new RegExp(`^.{32}${NUMBER}${chroma}${order}${size}(?:0|1${pixelsAndOverscan}${colors})`);
}

/** Reads what an H.264 stream itself says of its colors; without a word, their range is limited. */
export function streamColors(parameterSet: Buffer): Colors {
	// Some bytes only keep a start code from appearing.
	const text = parameterSet.toString('latin1').split('\0\0\x03').join('\0\0');
	const bits = [...Buffer.from(text, 'latin1')].map((byte) => byte.toString(2).padStart(8, '0'));
	const hasChroma = PROFILES_WITH_CHROMA.includes(parameterSet[1]);
	const found = parameterSetPattern(hasChroma ? CHROMA : '').exec(bits.join(''));
	if (found === null) return UNREAD;
	const [, range, ...codes] = found;
	const numbers = codes.map((code) => Number.parseInt(code ?? '10', 2));
	return colorsOf(numbers, Number(range ?? 0));
}
