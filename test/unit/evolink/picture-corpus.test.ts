/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';

import { expectPlainWords } from './failure-of';
import { CORPUS, REAL_FILE_NAMES } from './picture-corpus/corpus';
import type { ExpectedVerdict } from './picture-corpus/corpus';
import { verdictOn } from './image-verdict';
import { runs } from '../../random';

const CORPUS_FOLDER = join(__dirname, 'picture-corpus');

function expectVerdict(verdict: ReturnType<typeof verdictOn>, expected: ExpectedVerdict) {
	if (!('refused' in expected)) {
		expect(verdict).toEqual(expected);
		return;
	}
	expect(verdict).toMatchObject({ kind: 'input', message: expected.refused });
	if (!('format' in verdict)) expectPlainWords(verdict);
}

const TABLE = CORPUS.map(({ name, bytes, expected }) => ({
	name,
	bytes,
	expected,
	verdict: 'refused' in expected ? 'refused' : 'taken',
}));

describe('The corpus of pictures', () => {
	it('names every file of its folder, in the table and in the README', () => {
		const files = readdirSync(CORPUS_FOLDER).filter((name) => !/\.(ts|md|sh)$/.test(name));
		expect(files.sort()).toEqual([...REAL_FILE_NAMES].sort());
		const readme = readFileSync(join(CORPUS_FOLDER, 'README.md'), 'utf8');
		const script = readFileSync(join(CORPUS_FOLDER, 'make-real-pictures.sh'), 'utf8');
		for (const name of files) {
			expect(readme).toContain(`\`${name}\``);
			expect(script).toContain(`$target/${name}`);
		}
	});

	it('is small', () => {
		const sizes = REAL_FILE_NAMES.map((name) => readFileSync(join(CORPUS_FOLDER, name)).length);
		expect(Math.max(...sizes)).toBeLessThan(20_000);
		expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(300_000);
	});

	it('holds pictures of both kinds', () => {
		const taken = TABLE.filter(({ verdict }) => verdict === 'taken');
		expect(taken.length).toBeGreaterThan(30);
		expect(TABLE.length - taken.length).toBeGreaterThan(30);
	});
});

describe('A picture of the corpus', () => {
	it.each(TABLE)('is $verdict: $name', ({ bytes, expected }) => {
		expectVerdict(verdictOn(bytes()), expected);
	});
});

describe('A real picture that was cut off', () => {
	const taken = TABLE.filter(
		({ name, verdict }) => REAL_FILE_NAMES.includes(name) && verdict === 'taken',
	);

	it.each(taken)('is damaged, or what it was: $name', ({ bytes, expected }) => {
		const file = bytes();
		const verdicts = Array.from({ length: file.length + 1 }, (_, length) =>
			verdictOn(file.subarray(0, length)),
		);
		const firstTaken = verdicts.findIndex((verdict) => 'format' in verdict);
		expect(firstTaken).toBeGreaterThan(0);
		for (const verdict of verdicts.slice(1, firstTaken)) {
			expect(verdict).toMatchObject({ message: expect.stringContaining('damaged') });
		}
		for (const verdict of verdicts.slice(firstTaken)) expect(verdict).toEqual(expected);
	});
});

describe('Any change to a picture', () => {
	const files = TABLE.map(({ bytes }) => bytes()).filter((file) => file.length < 20_000);

	/** Places near the start, where the headers are, more often than others. */
	const place = fc.oneof(
		{ weight: 4, arbitrary: fc.nat(64) },
		{ weight: 2, arbitrary: fc.nat(600) },
		{ weight: 1, arbitrary: fc.nat(20_000) },
	);
	const byte = fc.oneof(fc.constantFrom(0x00, 0x01, 0x7f, 0x80, 0xd8, 0xff), fc.nat(255));
	const bytes = fc.oneof(
		fc.array(byte, { maxLength: 8 }).map((list) => Buffer.from(list)),
		fc.constantFrom(...files).map((file) => file.subarray(0, 200)),
	);
	type Change = (file: Buffer) => Buffer;
	const change: fc.Arbitrary<Change> = fc.oneof(
		fc.tuple(place, bytes).map(([offset, text]): Change => (file) => {
			const changed = Buffer.from(file);
			text.copy(changed, Math.min(offset, file.length));
			return changed;
		}),
		fc.tuple(place, bytes).map(
			([offset, text]): Change =>
				(file) =>
					Buffer.concat([file.subarray(0, offset), text, file.subarray(offset)]),
		),
		fc.tuple(place, fc.nat(40)).map(
			([offset, length]): Change =>
				(file) =>
					Buffer.concat([file.subarray(0, offset), file.subarray(offset + length)]),
		),
		place.map(
			(length): Change =>
				(file) =>
					file.subarray(0, length),
		),
	);
	const changedFile = fc
		.tuple(fc.constantFrom(...files), fc.array(change, { maxLength: 4 }))
		.map(([file, changes]) => changes.reduce((changed, apply) => apply(changed), file));

	it('leads to a verdict in plain words', () => {
		const verdictCounts = { taken: 0, refused: 0 };
		fc.assert(
			fc.property(changedFile, (file) => {
				const verdict = verdictOn(file);
				if ('format' in verdict) {
					verdictCounts.taken++;
				} else {
					verdictCounts.refused++;
					expectPlainWords(verdict);
				}
			}),
			runs(4_000),
		);
		// Both are frequent, or the changes would be too wild or too tame.
		const { taken, refused } = verdictCounts;
		expect(taken / (taken + refused)).toBeGreaterThan(0.1);
		expect(refused / (taken + refused)).toBeGreaterThan(0.1);
	});
});
