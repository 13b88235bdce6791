import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { INodeExecutionData } from 'n8n-workflow';

import { joinBytes } from '../film/join-bytes';
import { useEvolink } from './evolink-workflow';
import type { EvolinkRun } from './evolink-workflow';
import { expectRefusal } from './refusals';

const evolink = useEvolink();
const FOLDER = path.join(__dirname, '..', 'film', 'clips');
const clip = (name: string) => readFileSync(path.join(FOLDER, `${name}.mp4`));

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
		[
			'differs from the first',
			async () => await itemOf(clip('hevc')),
			/^Item 1 \(counted from 0\) .*differs from the first clip in its codec/,
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
});
