import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { useEvolink } from './evolink-workflow';

const evolink = useEvolink();
const CLIP = readFileSync(join(__dirname, '../../sandbox/clips/first-frame-768p-6s.mp4'));

function box(type: string, ...content: Uint8Array[]): Buffer {
	const body = Buffer.concat([Buffer.from(`\0\0\0\0${type}`, 'latin1'), ...content]);
	body.writeUInt32BE(body.length, 0);
	return body;
}

/** The boxes in a part of an MP4, in order. */
function boxesIn(bytes: Buffer): Array<{ type: string; bytes: Buffer }> {
	const boxes: Array<{ type: string; bytes: Buffer }> = [];
	for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
		const one = bytes.subarray(at, at + bytes.readUInt32BE(at));
		boxes.push({ type: one.toString('latin1', 4, 8), bytes: one });
	}
	return boxes;
}

/** The clip with another index behind the old one, which becomes free space. */
function withInIndex(more: (track: Buffer) => Buffer[]): Buffer {
	const file = boxesIn(CLIP);
	const index = file.find(({ type }) => type === 'moov')!.bytes;
	const parts = boxesIn(index.subarray(8)).filter(({ type }) => type !== 'udta');
	const track = parts.find(({ type }) => type === 'trak')!.bytes;
	return Buffer.concat([
		...file.map(({ type, bytes }) => (type === 'moov' ? box('free', bytes.subarray(8)) : bytes)),
		box('moov', ...parts.map(({ bytes }) => bytes), ...more(track)),
	]);
}

const PLAIN = withInIndex(() => []);
const C2PA = Buffer.from('d8fec3d61b0e483c92975828877ec481', 'hex');
const tag = (text: string) => () => [box('udta', box('\xa9nam', Buffer.from(text)))];

function subtitles(track: Buffer): Buffer[] {
	const copy = Buffer.from(track);
	copy.write('sbtl', copy.indexOf('vide'), 'latin1');
	copy.writeUInt32BE(2, copy.indexOf('tkhd') + 16);
	return [copy];
}

async function joined(clips: Buffer[], fileName = '') {
	const items = clips.map(async (bytes) => ({
		json: {},
		binary: { data: await evolink.file(bytes, 'clip.mp4', 'video/mp4') },
	}));
	const result = await evolink.run({
		items: await Promise.all(items),
		parameters: { resource: 'video', operation: 'join', options: { fileName } },
	});
	expect(result.error).toBeUndefined();
	return result;
}

describe('Video > Join', () => {
	it.each([
		['a title', withInIndex(tag('My holiday'))],
		['a mark in the index (AIGC)', withInIndex(tag('AIGC: {"Label":"1"}'))],
		['a mark beside the index (C2PA)', Buffer.concat([PLAIN, box('uuid', C2PA, Buffer.alloc(64))])],
		['subtitles', withInIndex(subtitles)],
	])('says in a hint that it leaves out %s', async (_what, bytes) => {
		const { hints } = await joined([PLAIN, bytes]);

		expect(hints).toHaveLength(1);
		expect(hints[0].message).toMatch(/left out|not carried over|not kept/i);
	});

	it('says nothing where it leaves nothing out, and cuts a long File Name', async () => {
		const { hints, rows } = await joined([PLAIN, PLAIN], '猫'.repeat(371));

		expect(hints).toEqual([]);
		const name = String(rows[0].binary?.data.fileName);
		expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
		expect(name).toMatch(/^猫+\.mp4$/);
	});
});
