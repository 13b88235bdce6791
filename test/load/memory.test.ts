import type { INodeExecutionData } from 'n8n-workflow';

import { useEvolink } from '../engine/evolink-workflow';
import { imageBytes } from '../engine/image-bytes';
import { startEngineProcess } from './engine-process';
import type { EngineProcess } from './engine-process';
import type { MemoryUse } from './process-load-meter';

const MIB = 1024 * 1024;
const LARGE_VIDEO_BYTES = 300 * MIB;
/** The largest picture that the API takes. */
const LARGE_PICTURE_BYTES = 20 * MIB;
const SMALL_PICTURE_BYTES = 20_000;
const PICTURE_SIDE_PX = 1000;
const MOST_ADDED_BYTES = 64 * MIB;

// The sandbox runs in the test's process; the engine that is measured has one to itself.
const evolink = useEvolink({ generationSeconds: 0 });
let engine: EngineProcess;
let executionCount = 0;
let pictureCount = 0;

beforeEach(() => {
	engine = startEngineProcess();
});
afterEach(async () => await engine.close());

/** Runs Video > Create in the engine's process. */
async function create(
	parameters: Record<string, unknown>,
	items: INodeExecutionData[] = [{ json: {} }],
): ReturnType<EngineProcess['run']> {
	const { apiKey, url } = evolink.sandbox;
	return await engine.run(`execution ${++executionCount}`, {
		workflow: evolink.workflow({ parameters }),
		items,
		credentials: { evolinkApi: { apiKey, baseUrl: url, filesBaseUrl: url } },
	});
}

const BY_UPLOAD = { imageSource: 'binary', downloadVideo: false };

/** Stores a picture that differs from all others; the engine that is measured never holds it. */
async function pictureItem(sizeBytes: number): Promise<INodeExecutionData> {
	const bytes = imageBytes('png', PICTURE_SIDE_PX, PICTURE_SIDE_PX, sizeBytes);
	bytes.writeUInt32BE(++pictureCount, sizeBytes - 4);
	return {
		json: {},
		binary: { data: await evolink.engine.storeBinary(bytes, 'picture.png', 'image/png') },
	};
}

function inMib(bytes: number): string {
	return (bytes / MIB).toFixed(1);
}

function report(what: string, { startRssBytes, peakRssBytes }: MemoryUse): number {
	const addedBytes = peakRssBytes - startRssBytes;
	process.stdout.write(
		`${what}: adds ${inMib(addedBytes)} MiB of resident memory to ${inMib(startRssBytes)} MiB\n`,
	);
	return addedBytes;
}

it('a video of 300 MB goes to disk without passing through the memory', async () => {
	// The first video loads code and fills caches, which stay.
	expect(await create({})).toMatchObject({ status: 'success', rowCount: 1 });

	evolink.sandbox.planTask({
		outcome: { status: 'completed', mediaPaddingBytes: LARGE_VIDEO_BYTES },
	});
	const endOfWatch = await engine.watchMemory();
	const end = await create({});
	const addedBytes = report('a video of 300 MiB', await endOfWatch());

	expect(end).toMatchObject({ status: 'success', rowCount: 1 });
	const downloads = evolink.sandbox.requestsOf('media');
	expect(downloads.map(({ status }) => status)).toEqual([200, 200]);
	expect(addedBytes).toBeLessThanOrEqual(MOST_ADDED_BYTES);
});

it('five images of 20 MB that are uploaded at the same time are held in memory once each', async () => {
	const small = await create(BY_UPLOAD, [await pictureItem(SMALL_PICTURE_BYTES)]);
	expect(small).toMatchObject({ status: 'success', rowCount: 1 });

	const items: INodeExecutionData[] = [];
	while (items.length < 5) items.push(await pictureItem(LARGE_PICTURE_BYTES));
	const endOfWatch = await engine.watchMemory();
	const end = await create(BY_UPLOAD, items);
	const addedBytes = report('five pictures of 20 MiB at the same time', await endOfWatch());

	expect(end).toMatchObject({ status: 'success', rowCount: 5 });
	expect(evolink.sandbox.requestsOf('upload')).toHaveLength(1 + 5);
	expect(addedBytes).toBeLessThanOrEqual(MOST_ADDED_BYTES + 5 * LARGE_PICTURE_BYTES);
});
