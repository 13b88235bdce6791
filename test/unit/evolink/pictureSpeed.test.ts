import fc from 'fast-check';

import { EvolinkFailure } from '../../../nodes/Evolink/evolink/failure';
import { VIDEO_MODELS } from '../../../nodes/Evolink/evolink/models';
import { inspectPicture } from '../../../nodes/Evolink/evolink/picture';
import { readPictureHeader } from '../../../nodes/Evolink/evolink/pictureHeader';
import { jpegOf } from '../../pictures/jpeg-segments';

/*
 * The tests that look at the watch. They have a file of their own, since code that is being measured
 * (mutation tests) is many times slower and would fail them.
 */

const TWENTY_MB = 20 * 1024 * 1024;

/** How long the work takes when nothing else on the machine gets in its way: the best of three. */
function quickestMs(work: () => unknown): number {
	const runsMs = [1, 2, 3].map(() => {
		const startMs = performance.now();
		work();
		return performance.now() - startMs;
	});
	return Math.min(...runsMs);
}

describe('a picture of any bytes', () => {
	it('is looked through at once', () => {
		const markers = fc.constantFrom(0xff, 0x00, 0x01, 0x02, 0x09, 0xc0, 0xc4, 0xd0, 0xe1);
		fc.assert(
			fc.property(fc.array(markers, { maxLength: 400 }), fc.boolean(), (rest, isWholeFile) => {
				const bytes = Uint8Array.from([0xff, 0xd8, 0xff, ...rest]);
				expect(quickestMs(() => readPictureHeader(bytes, isWholeFile))).toBeLessThan(50);
			}),
			{ numRuns: 3_000 },
		);
	});

	it.each([
		['fill bytes', 0xff],
		['stray bytes', 0x00],
	])('20 MB of %s in a JPEG are looked through in a moment', (_what, byte) => {
		const file = jpegOf(Buffer.alloc(TWENTY_MB, byte));
		file[2] = 0xff;
		expect(readPictureHeader(file, true)).toEqual({ kind: 'unreadable' });
		expect(quickestMs(() => readPictureHeader(file, true))).toBeLessThan(1_000);
	});

	it.each([
		['fill bytes', 0xff],
		['stray bytes', 0x11],
	])('20 MB of %s that arrive in pieces are refused in a moment', (_what, filling) => {
		const bytes = Buffer.alloc(TWENTY_MB, filling).fill(Buffer.from([0xff, 0xd8, 0xff]), 0, 3);
		const inspector = inspectPicture(VIDEO_MODELS[0].picture);
		const startMs = performance.now();
		expect(() => {
			for (let offset = 0; offset < bytes.length; offset += 65_536) {
				inspector.take(bytes.subarray(offset, offset + 65_536));
			}
			inspector.end();
		}).toThrow(EvolinkFailure);
		expect(performance.now() - startMs).toBeLessThan(500);
	});
});
