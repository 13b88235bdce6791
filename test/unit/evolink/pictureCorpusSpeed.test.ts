/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs beside n8n, never inside it */
import { createHash } from 'node:crypto';

import { CORPUS } from './picture-corpus/corpus';
import { verdictOn } from './image-verdict';

/*
 * Apart from the corpus' other tests, since code that is being measured (mutation tests) is many
 * times slower and would fail these.
 */

const TWENTY_MB = 20 * 1024 * 1024;

/** How long the work keeps the processor busy when nothing else gets in its way: the best of three. */
function quickestMs(work: () => unknown): number {
	const runsMs = [1, 2, 3].map(() => {
		const before = process.cpuUsage();
		work();
		const { user, system } = process.cpuUsage(before);
		return (user + system) / 1000;
	});
	return Math.min(...runsMs);
}

/**
 * Longer than some readings of a whole file, a file that somebody sends in would hold up everything
 * else in n8n. A ratio, since machines differ, and the same one is not always as quick.
 */
const LONGEST_MS =
	10 * quickestMs(() => createHash('sha256').update(Buffer.alloc(TWENTY_MB)).digest());

describe('The verdict takes no time worth mentioning', () => {
	it.each(CORPUS.map(({ name, bytes }) => ({ name, bytes })))('on $name', ({ bytes }) => {
		const file = bytes();
		expect(quickestMs(() => verdictOn(file))).toBeLessThan(LONGEST_MS);
	});

	/** A JPEG of 20 MB that goes on like this behind its first marker. */
	function jpegFilledWith(...filling: number[]): Buffer {
		const file = Buffer.alloc(TWENTY_MB, Buffer.from(filling));
		file.set([0xff, 0xd8]);
		return file;
	}

	it.each<[string, () => Buffer]>([
		['20 MB of ones', () => Buffer.alloc(TWENTY_MB, 0xff)],
		['20 MB of zeros', () => Buffer.alloc(TWENTY_MB)],
		['a JPEG of fill bytes', () => jpegFilledWith(0xff)],
		['a JPEG of stray bytes', () => jpegFilledWith(0xff, ...Array<number>(1023).fill(0))],
		['a JPEG of nothing behind its start', () => jpegFilledWith(0).fill(0xff, 2, 3)],
		['a JPEG of empty segments', () => jpegFilledWith(0xff, 0xe0, 0, 2)],
		['a JPEG of short segments', () => jpegFilledWith(0xff, 0xe0, 0, 6, 1, 2, 3, 4)],
		['a JPEG of restart markers', () => jpegFilledWith(0xff, 0xd0)],
		['a JPEG of stuffed bytes', () => jpegFilledWith(0xff, 0x00)],
		[
			'a JPEG of long segments',
			() => jpegFilledWith(0xff, 0xe1, 0xff, 0xfe, ...Array<number>(65_532).fill(7)),
		],
	])('on %s', (_what, bytes) => {
		const file = bytes();
		expect(quickestMs(() => verdictOn(file))).toBeLessThan(LONGEST_MS);
	});
});
