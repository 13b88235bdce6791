/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error -- runs beside n8n, never inside it */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';

import { EvolinkFailure } from '../../../nodes/Evolink/evolink/failure';
import { VIDEO_MODELS } from '../../../nodes/Evolink/evolink/models';
import {
	inspectPicture,
	mediaTypeOf,
	pictureRefusal,
	uploadFileName,
} from '../../../nodes/Evolink/evolink/picture';
import { pictureBytes } from '../../engine/picture-bytes';
import {
	frameHeader,
	jpegOf,
	JPEG_MARKER,
	LONGEST_PAYLOAD_BYTES,
	segment,
} from '../../pictures/jpeg-segments';
import { expectPlainWords, failureOf } from './failure-of';

const RULES = VIDEO_MODELS[0].picture;
const TWENTY_MB = 20 * 1024 * 1024;
const PICTURES = join(__dirname, '../../pictures');

/** What the inspector says to a file that arrives in pieces of that length. */
function verdict(bytes: Uint8Array, pieceBytes = bytes.length || 1, rules = RULES) {
	const inspector = inspectPicture(rules);
	try {
		for (let offset = 0; offset < bytes.length; offset += pieceBytes) {
			inspector.take(bytes.subarray(offset, offset + pieceBytes));
		}
		return inspector.end();
	} catch (error) {
		if (error instanceof EvolinkFailure) return error.details;
		throw error;
	}
}

function refusal(bytes: Uint8Array, pieceBytes?: number) {
	const details = verdict(bytes, pieceBytes);
	if ('format' in details) throw new Error('The picture was taken');
	expect(details.kind).toBe('input');
	expectPlainWords(details);
	return details;
}

describe('a picture that is taken', () => {
	it.each(['jpeg', 'png', 'webp-lossy', 'webp-lossless', 'webp-extended'] as const)(
		'may be a %s file',
		(format) => {
			expect(verdict(pictureBytes(format, 640, 480))).toEqual({
				format: format.split('-')[0],
				widthPx: 640,
				heightPx: 480,
			});
		},
	);

	it.each([
		[301, 301],
		[302, 755],
		[755, 302],
		[400, 1000],
		[1000, 400],
		[65_535, 65_535],
	])('may have %d × %d pixels', (widthPx, heightPx) => {
		expect(verdict(pictureBytes('png', widthPx, heightPx))).toEqual({
			format: 'png',
			widthPx,
			heightPx,
		});
	});

	it('may have 20 MB, to the byte', () => {
		expect(verdict(pictureBytes('png', 640, 480, TWENTY_MB), 65_536)).toMatchObject({
			widthPx: 640,
		});
	});

	it.each([
		['jpeg', 'image/jpeg', 'picture.jpg'],
		['png', 'image/png', 'picture.png'],
		['webp', 'image/webp', 'picture.webp'],
	] as const)('is uploaded as what it is, whatever it was called: %s', (format, type, name) => {
		expect(mediaTypeOf(format)).toBe(type);
		expect(uploadFileName(format)).toBe(name);
	});
});

describe('a picture that is refused', () => {
	it.each([
		[300, 301],
		[301, 300],
		[300, 300],
		[1, 1],
		[299, 10_000],
	])('has a short side of 300 pixels or less: %d × %d', (widthPx, heightPx) => {
		const { message, description } = refusal(pictureBytes('png', widthPx, heightPx));
		expect(message).toBe(`The picture is too small: ${widthPx} × ${heightPx} pixels`);
		expect(description).toContain('longer than 300 pixels');
	});

	it.each([
		[1001, 400, 'wide'],
		[400, 1001, 'tall'],
		[16_383, 301, 'wide'],
		[301, 65_535, 'tall'],
	])('is too long for its width: %d × %d', (widthPx, heightPx, word) => {
		const { message, description } = refusal(pictureBytes('jpeg', widthPx, heightPx));
		expect(message).toBe(`The picture is too ${word}: ${widthPx} × ${heightPx} pixels`);
		expect(description).toContain('between 2:5 and 5:2');
	});

	it.each([
		['one byte more than 20 MB', pictureBytes('png', 640, 480, TWENTY_MB + 1)],
		[
			'one byte more, and no size in it',
			Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(TWENTY_MB - 2)]),
		],
	])('has %s', (_what, bytes) => {
		for (const pieceBytes of [bytes.length, 65_536, 1_000_003]) {
			const { message } = refusal(bytes, pieceBytes);
			expect(message).toBe('The picture is larger than 20 MB');
		}
	});

	it('is over 20 MB, and that is said before the rest has arrived', () => {
		const inspector = inspectPicture(RULES);
		inspector.take(pictureBytes('png', 640, 480, TWENTY_MB));
		const { message } = failureOf(() => inspector.take(Buffer.from([0])));
		expect(message).toContain('20 MB');
	});

	it.each([
		['gif.gif', 'GIF'],
		['heic.heic', 'HEIC'],
		['avif.avif', 'AVIF'],
		['bmp.bmp', 'BMP'],
		['tiff-little-endian.tiff', 'TIFF'],
		['mp4.mp4', 'MP4'],
	])('is of another kind, and the refusal names it: %s', (file, formatName) => {
		const { message, description } = refusal(readFileSync(join(PICTURES, file)));
		expect(message).toBe(`The file's format is ${formatName}; a picture must be JPEG, PNG or WebP`);
		expect(description).toContain("file's content, not its name");
	});

	it.each([
		['nothing', Buffer.alloc(0)],
		['one byte', Buffer.alloc(1)],
		['a page', Buffer.from('<!doctype html><title>Not found</title>')],
		['a JPEG that ends early', readFileSync(join(PICTURES, 'jpeg-baseline.jpg')).subarray(0, 100)],
		['a PNG without pixels', pictureBytes('png', 0, 0)],
	])('holds %s', (_what, bytes) => {
		expect(refusal(bytes).message).toBe(
			'The file is not a JPEG, PNG or WebP picture, or it is damaged',
		);
	});

	it('has a format that another model may take, but this one does not', () => {
		const details = failureOf(() => {
			const refused = pictureRefusal(
				{ format: 'webp', widthPx: 640, heightPx: 480 },
				{ ...RULES, formats: ['jpeg', 'png'] },
			);
			if (refused !== undefined) throw refused;
		});
		expect(details.message).toBe("The file's format is WebP; a picture must be JPEG or PNG");
	});

	it.each([
		[1, 3 / 2, 'between 1:1 and 3:2'],
		[9 / 16, 16 / 9, 'between 9:16 and 16:9'],
		[Math.SQRT1_2, Math.SQRT2, 'between 0.71:1 and 1.41:1'],
	])('is told the limits of the model in words: %d to %d', (min, max, words) => {
		const rules = { ...RULES, minAspectRatio: min, maxAspectRatio: max };
		const refused = pictureRefusal({ format: 'png', widthPx: 2000, heightPx: 500 }, rules);
		expect(refused?.details.description).toContain(words);
	});
});

describe('a picture that arrives in pieces', () => {
	const files: Array<[string, Buffer]> = readdirSync(PICTURES)
		.filter((name) => !name.endsWith('.ts'))
		.map((name) => [name, readFileSync(join(PICTURES, name))]);

	it.each(files)('gets the verdict that it gets as a whole: %s', (_name, bytes) => {
		const whole = verdict(bytes);
		for (let pieceBytes = 1; pieceBytes <= bytes.length; pieceBytes++) {
			expect(verdict(bytes, pieceBytes)).toEqual(whole);
		}
	});

	it('gets the same verdict with empty pieces in between', () => {
		const inspector = inspectPicture(RULES);
		const bytes = pictureBytes('jpeg', 640, 480);
		inspector.take(Buffer.alloc(0));
		for (const byte of bytes) {
			inspector.take(Buffer.from([byte]));
			inspector.take(Buffer.alloc(0));
		}
		expect(inspector.end()).toMatchObject({ format: 'jpeg', widthPx: 640 });
	});

	it('gets a verdict or a refusal in plain words, whatever the bytes are', () => {
		const start = fc.constantFrom('', '\xff\xd8\xff', 'RIFF    WEBPVP8 ', '\x89PNG\r\n\x1a\n');
		fc.assert(
			fc.property(
				start,
				fc.uint8Array({ maxLength: 300 }),
				fc.integer({ min: 1, max: 300 }),
				(...[text, rest, pieceBytes]) => {
					const bytes = Buffer.concat([Buffer.from(text, 'latin1'), rest]);
					const whole = verdict(bytes);
					expect(verdict(bytes, pieceBytes)).toEqual(whole);
					if (!('format' in whole)) expectPlainWords(whole);
				},
			),
			{ numRuns: 2_000 },
		);
	});

	it.each([
		['at once', [pictureBytes('png', 640, 480)]],
		[
			'behind 6 MB of application segments',
			[
				jpegOf(),
				...Array.from({ length: 96 }, () =>
					segment(JPEG_MARKER.APP1_EXIF, new Uint8Array(LONGEST_PAYLOAD_BYTES)),
				),
				frameHeader(JPEG_MARKER.SOF0_BASELINE, 640, 480),
			],
		],
	])('is not kept in memory once its size is known: %s', async (_when, start) => {
		setFlagsFromString('--expose-gc');
		const collectGarbage: unknown = runInNewContext('gc');
		if (typeof collectGarbage !== 'function') throw new Error('No garbage collector at hand');
		const inspector = inspectPicture(RULES);
		collectGarbage();
		const beforeBytes = process.memoryUsage().arrayBuffers;
		for (const piece of start) inspector.take(Uint8Array.from(piece));
		for (let taken = 0; taken < 13; taken++) inspector.take(new Uint8Array(1024 * 1024));
		const keptBytes = () => process.memoryUsage().arrayBuffers - beforeBytes;
		// The engine gives memory back in the background, a moment after it was asked to.
		for (let turn = 0; turn < 100 && keptBytes() >= 3 * 1024 * 1024; turn++) {
			collectGarbage();
			await new Promise((resolve) => setImmediate(resolve));
		}
		expect(keptBytes()).toBeLessThan(3 * 1024 * 1024);
		expect(inspector.end()).toMatchObject({ widthPx: 640 });
	});
});
