import { setTimeout as sleep } from 'node:timers/promises';
import type { INodeExecutionData } from 'n8n-workflow';

import { withBox, withTable } from '../film/changed-clips';
import { clip } from '../film/clips';
import { joinBytes } from '../film/join-bytes';
import { NODE_NAME, useEvolink } from './evolink-workflow';
import type { EvolinkRun } from './evolink-workflow';
import { expectRefusal } from './refusals';

const evolink = useEvolink();

/** Nobody may read it: Join needs no credential. */
const UNREADABLE = { baseUrl: 'no address' };

async function itemOf(bytes: Buffer, field = 'data'): Promise<INodeExecutionData> {
	const stored = await evolink.engine.storeBinary(bytes, 'clip.mp4', 'video/mp4');
	return { json: {}, binary: { [field]: stored } };
}

/** The same file inside the item, as n8n keeps it in memory. */
function inMemory(bytes: Buffer): INodeExecutionData {
	const data = { data: bytes.toString('base64'), mimeType: 'video/mp4', fileName: 'clip.mp4' };
	return { json: {}, binary: { data } };
}

function join(items: INodeExecutionData[], more: Partial<EvolinkRun> = {}): EvolinkRun {
	return {
		items,
		credential: UNREADABLE,
		...more,
		parameters: { resource: 'video', operation: 'join', ...more.parameters },
	};
}

const INDEX_BYTES = 60 * 1024 * 1024;
/** Without bounds, each of them takes two seconds and more. */
const MOST_CPU_SECONDS = 1.5;

/** By what is in them: the clip, the box, and its new content. */
const HUGE_INDEXES: Record<string, [string, string, (content: Buffer) => Buffer]> = {
	'boxes of 8 bytes': [
		'beep',
		'moov',
		(content) => Buffer.concat([Buffer.alloc(INDEX_BYTES, '\0\0\0\x08free', 'latin1'), content]),
	],
	chunks: [
		'beep',
		'moov trak mdia minf stbl stco',
		() => Buffer.alloc(INDEX_BYTES, '\0\xe0\0\0', 'latin1'),
	],
	'parameter sets': [
		'hevc',
		'moov trak mdia minf stbl stsd hvc1 hvcC',
		(content) => {
			const sets = Buffer.alloc(3 + 65_535 * 2);
			sets.writeUInt16BE(65_535, 1);
			const all = Buffer.concat([content.subarray(0, 23), ...Array(255).fill(sets)]);
			all.writeUInt8(255, 22);
			return all;
		},
	],
	'the length of a descriptor': [
		'beep',
		'moov trak:1 mdia minf stbl stsd mp4a esds',
		() => Buffer.concat([Buffer.from([0, 0, 0, 0, 3]), Buffer.alloc(INDEX_BYTES, 128)]),
	],
};

/** Each sample is a chunk of its own, a byte behind the one before. */
function withOverlappingChunks(): Buffer {
	const stbl = 'moov trak mdia minf stbl';
	const offsets = Array.from({ length: 24 }, (_, index) => 48 + index);
	const oneEach = withTable(clip('index-at-end'), `${stbl} stsc`, [1, 1, 1, 1]);
	return withTable(oneEach, `${stbl} stco`, [offsets.length, ...offsets]);
}

/** A packet of audio begins with the last byte of a frame. */
function withEarlyPacket(): Buffer {
	return withBox(clip('beep'), 'moov trak:1 mdia minf stbl stco', (stco) => {
		stco.writeUInt32BE(stco.readUInt32BE(12) - 1, 12);
		return stco;
	});
}

afterEach(() => expect(evolink.sandbox.requests).toEqual([]));

describe('Video > Join', () => {
	it('makes one item with one video of all items, in their order', async () => {
		const clips = ['plain', 'beep', 'thirty'].map(clip);
		const { rows, error } = await evolink.run(
			join(await Promise.all(clips.map((one) => itemOf(one)))),
		);

		expect(error).toBeUndefined();
		expect(rows).toHaveLength(1);
		const [{ json, binary, pairedItem }] = rows;
		const bytes = await evolink.engine.readBinary(binary!.data);
		expect(bytes.equals((await joinBytes(clips)).bytes)).toBe(true);
		expect(json).toEqual({
			clips: 3,
			durationSeconds: expect.closeTo(3, 1),
			width: 96,
			height: 64,
			hasAudio: true,
			sizeBytes: bytes.length,
		});
		expect(pairedItem).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
		expect(binary?.data).toMatchObject({ fileName: 'joined.mp4', mimeType: 'video/mp4' });
	});

	it('reads files that lie in memory, by the names in the fields', async () => {
		const clips = ['plain', 'index-at-end'].map(clip);
		const { rows, error } = await evolink.run(
			join(clips.map(inMemory), {
				parameters: { options: { fileName: 'film', outputPropertyName: 'movie' } },
			}),
		);

		expect(error).toBeUndefined();
		const bytes = await evolink.engine.readBinary(rows[0].binary!.movie);
		expect(bytes.equals((await joinBytes(clips)).bytes)).toBe(true);
		expect(rows[0].binary?.movie.fileName).toBe('film.mp4');
	});

	it('joins what rehearsals return', async () => {
		const rehearsal = await evolink.run({
			items: [{ json: {} }, { json: {} }],
			parameters: { options: { rehearse: true } },
		});
		const { rows, error } = await evolink.run(join(rehearsal.rows));

		expect(error).toBeUndefined();
		expect(rows[0].json).toMatchObject({ clips: 2, durationSeconds: 4, width: 640, height: 360 });
	});

	it.each([
		['anywhere', {}, /^Export it once with the same settings/],
		[
			'Evolink',
			{ taskId: 'task-unified-1757169743-7cvnl5zw' },
			/same model, quality and image shape/,
		],
	])('says what helps with a clip from %s', async (_where, json, description) => {
		const items = [await itemOf(clip('plain')), { ...(await itemOf(clip('hevc'))), json }];
		expectRefusal(await evolink.run(join(items)), {
			itemIndex: 1,
			message: /differs/,
			description,
		});
	});

	it.each([
		['trimmed', /trimmed without being saved as a new video/],
		['fragmented', /is a fragmented MP4/],
	])('says what helps with a clip that is %s', async (name, message) => {
		const items = [await itemOf(clip('plain')), await itemOf(clip(name))];
		const description = /^Export it once \(QuickTime, Photos or any editor\)/;
		expectRefusal(await evolink.run(join(items)), { itemIndex: 1, message, description });
	});

	it.each([
		[
			'differs from the first',
			async () => await itemOf(clip('hevc')),
			/^Item 1 \(counted from 0\) .* differs from item 0 in its codec/,
		],
		[
			'is cut short',
			async () => await itemOf(clip('plain').subarray(0, 3_000)),
			/^Item 1 \(counted from 0\) is cut short/,
		],
		[
			'is no video',
			async () => await itemOf(Buffer.from('<html>')),
			/^Item 1 \(counted from 0\) is not an MP4/,
		],
		[
			'is empty',
			async () => await itemOf(Buffer.alloc(0)),
			/^Item 1 \(counted from 0\) is not an MP4/,
		],
		['has no file', async () => ({ json: {} }), /There is no file in the field 'data'/],
		[
			'has several files',
			async () => ({
				json: {},
				binary: {
					a: inMemory(clip('plain')).binary!.data,
					b: inMemory(clip('plain')).binary!.data,
				},
			}),
			/There is no file in the field 'data'/,
		],
	])('refuses an item that %s', async (_what, secondItem, message) => {
		const items = [await itemOf(clip('plain')), await secondItem()];
		expectRefusal(await evolink.run(join(items)), { itemIndex: 1, message });

		const continued = await evolink.run(
			join(items, { node: { onError: 'continueRegularOutput' } }),
		);
		expect(continued.rows).toMatchObject([
			{ json: { error: { message: expect.stringMatching(message) } }, pairedItem: { item: 1 } },
		]);
		expect(continued.rows).toHaveLength(1);
	});

	it.each([
		['before anything is written', 'index-at-end', 3_000],
		['only while the video is written', 'plain', 3_000],
	])('names the item of which n8n has less than it says: %s', async (_when, name, bytes) => {
		const short = await itemOf(clip(name).subarray(0, bytes));
		short.binary!.data.bytes = clip(name).length;
		const items = [await itemOf(clip('plain')), short, await itemOf(clip('plain'))];
		expectRefusal(await evolink.run(join(items)), {
			itemIndex: 1,
			message: /^Item 1 \(counted from 0\) is cut short/,
		});
	});

	it.each([
		['of one track', withOverlappingChunks()],
		['of two tracks', withEarlyPacket()],
	])('refuses an item whose index lets samples %s overlap', async (_what, overlapping) => {
		const items = [await itemOf(clip('beep')), await itemOf(overlapping)];
		expectRefusal(await evolink.run(join(items)), {
			itemIndex: 1,
			message: /^Item 1 \(counted from 0\) .*overlap/,
		});
	});

	it.each(Object.entries(HUGE_INDEXES))(
		'refuses an index of 64 MB within a moment, and without filling the memory: %s',
		async (_what, [name, address, content]) => {
			const items = [await itemOf(clip(name))];
			items.push(await itemOf(withBox(clip(name), address, content)));
			const { maxRSS } = process.resourceUsage();
			const cpu = process.cpuUsage();
			const result = await evolink.run(join(items));
			const { user } = process.cpuUsage(cpu);

			expectRefusal(result, { itemIndex: 1, message: /^Item 1 \(counted from 0\) is damaged/ });
			expect(user / 1e6).toBeLessThan(MOST_CPU_SECONDS);
			expect((process.resourceUsage().maxRSS - maxRSS) * 1024).toBeLessThan(4 * INDEX_BYTES);
		},
	);

	it('says that it was stopped, and nothing of videos that were started', async () => {
		const item = await itemOf(clip('beep'));
		const linesBefore = evolink.engine.logLines().length;
		const running = evolink.start(join(Array.from({ length: 2_000 }, () => item)));
		const isRunning = (line: string) => line.includes(`"${NODE_NAME}" started`);
		while (!evolink.engine.logLines().slice(linesBefore).some(isRunning)) await sleep(5);
		running.cancel();
		const { run, error } = await running.finished;

		expect(run.status).toBe('canceled');
		expect(error?.message).toBe('The execution was stopped');
		expect(error?.description ?? '').toBe('');
	});
});
