/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error -- runs beside n8n, never inside it */
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { boxesIn, Mp4Refusal } from '../../../nodes/Evolink/mp4/boxes';
import { ClipRefusal } from '../../../nodes/Evolink/mp4/joinMovies';
import { readMovie } from '../../../nodes/Evolink/mp4/readMovie';
import { FILMS } from '../../film/clips';
import { joinBytes } from '../../film/join-bytes';
import { runs } from '../../random';

const FOLDER = path.join(__dirname, '..', '..', 'film', 'clips');
const clip = (name: string) => readFileSync(path.join(FOLDER, `${name}.mp4`));

/** What ffmpeg has decoded of each film; made by `npm run test:film -- --update`. */
const judged: Record<string, { sha256: string; frames: Array<{ seconds: number }> }> = JSON.parse(
	readFileSync(path.join(FOLDER, 'judged.json'), 'utf8'),
);

describe('a film', () => {
	it.each(Object.entries(FILMS))('is the one that ffmpeg has judged: %s', (name, names) => {
		const { bytes, seconds } = joinBytes(names.map(clip));
		expect(createHash('sha256').update(bytes).digest('hex')).toBe(judged[name].sha256);
		expect(seconds).toBeGreaterThan(judged[name].frames.at(-1)!.seconds);
	});

	it('starts with its index, so that it plays while it loads', () => {
		const { bytes } = joinBytes([clip('plain'), clip('beep')]);
		expect([...boxesIn(bytes).keys()]).toEqual(['ftyp', 'moov', 'mdat']);
	});

	it('can be joined again', () => {
		const { bytes } = joinBytes([clip('beep'), clip('beep')]);
		expect(joinBytes([bytes, bytes]).seconds).toBeCloseTo(4, 1);
	});
});

/** The clip with its chunks' places in 64 bits, as files over 4 GB have them; its index is at the end. */
function withLongOffsets(file: Buffer): Buffer {
	const stco = file.indexOf('stco', 0, 'latin1') - 4;
	const oldBytes = file.readUInt32BE(stco);
	const offsets = file.subarray(stco + 16, stco + oldBytes);
	const co64 = Buffer.concat([file.subarray(stco, stco + 16), Buffer.alloc(2 * offsets.length)]);
	co64.writeUInt32BE(co64.length);
	co64.write('co64', 4, 'latin1');
	for (let at = 0; at < offsets.length; at += 4) {
		co64.writeUInt32BE(offsets.readUInt32BE(at), 16 + 2 * at + 4);
	}
	const longer = Buffer.concat([file.subarray(0, stco), co64, file.subarray(stco + oldBytes)]);
	for (const parent of ['moov', 'trak', 'mdia', 'minf', 'stbl']) {
		const at = longer.lastIndexOf(parent, stco, 'latin1') - 4;
		longer.writeUInt32BE(longer.readUInt32BE(at) + offsets.length, at);
	}
	return longer;
}

it('is the same film, whether the places in its clips have 32 or 64 bits', () => {
	const file = clip('index-at-end');
	const { bytes } = joinBytes([withLongOffsets(file), file]);
	expect(bytes.equals(joinBytes([file, file]).bytes)).toBe(true);
});

/** The clip with other bytes in its index, in the first box of that type. */
function patched(name: string, type: string, offset: number, bytes: number[]): Buffer {
	const copy = Buffer.from(clip(name));
	copy.set(bytes, copy.indexOf(type, copy.indexOf('moov'), 'latin1') + 4 + offset);
	return copy;
}

function refusal(...files: Buffer[]): string {
	try {
		joinBytes(files);
	} catch (error) {
		if (error instanceof ClipRefusal) return `${error.clip}: ${error.refusal.what}`;
		if (error instanceof Mp4Refusal) return error.what;
		throw error;
	}
	return 'joined';
}

describe('a clip is refused', () => {
	it.each([
		[
			'turned',
			patched('plain', 'tkhd', 40, [0, 0, 0, 0]),
			'1: differs from the first clip in its rotation',
		],
		[
			'encrypted',
			patched('plain', 'avc1', -4, [...Buffer.from('encv')]),
			"1: cannot be joined, because it has pictures of the kind 'encv'",
		],
		[
			'of four billion samples',
			patched('plain', 'stsz', 4, [0, 0, 0, 1, 255, 255, 255, 255]),
			'is damaged',
		],
		[
			'with more rows than its box holds',
			patched('plain', 'stts', 4, [255, 255, 255, 255]),
			'is damaged',
		],
		['with a time scale of nothing', patched('plain', 'mdhd', 12, [0, 0, 0, 0]), 'is damaged'],
		[
			'with a chunk behind its end',
			patched('plain', 'stco', 8, [127, 255, 255, 255]),
			'is cut short',
		],
		['at another speed', patched('plain', 'elst', 16, [0, 2, 0, 0]), 'it has a changed speed'],
		[
			'in more than one kind',
			patched('plain', 'stsd', 4, [0, 0, 0, 2]),
			'more than one kind of picture',
		],
	])('that is %s', (_what, file, words) => {
		expect(refusal(clip('index-at-end'), file)).toContain(words);
	});

	it('within a second, however many boxes its index claims to have', () => {
		const tiny = Buffer.alloc(1_000_000);
		for (let at = 0; at < tiny.length; at += 8) tiny.set([0, 0, 0, 8, 102, 114, 101, 101], at);
		const startedMs = performance.now();
		expect(() => readMovie(tiny, tiny.length)).toThrow('is damaged');
		expect(performance.now() - startedMs).toBeLessThan(1_000);
	});

	it('within a moment and in plain words, whatever is changed in its index', () => {
		const file = clip('beep');
		const moov = file.indexOf('moov', 0, 'latin1');
		const change = fc.tuple(fc.integer({ min: moov + 4, max: file.length - 1 }), fc.nat(255));
		fc.assert(
			fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
				const copy = Buffer.from(file);
				for (const [at, byte] of changes) copy[at] = byte;
				expect(refusal(copy, file)).not.toBe('');
			}),
			runs(3_000),
		);
	});
});
