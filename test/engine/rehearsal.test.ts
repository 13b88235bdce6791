import { createFile } from 'mp4box';

import { CONTINUE_ON_FAIL, PICTURE_LINK, RETRY_ON_FAIL, useEvolink } from './evolink-workflow';
import { expectRefusal } from './refusals';

const evolink = useEvolink({ generationSeconds: 0 });

/** The credential is chosen, but nobody may read it: it would be refused. */
const UNREADABLE = { baseUrl: 'no address', filesBaseUrl: 'no address' };

function rehearsal(parameters: Record<string, unknown> = {}, options = {}) {
	return {
		credential: UNREADABLE,
		parameters: { prompt: 'A cat', ...parameters, options: { rehearse: true, ...options } },
	};
}

afterEach(() => {
	expect(evolink.sandbox.requests).toEqual([]);
});

describe('A rehearsal', () => {
	it('gives the row and the file of a finished video, and sends nothing', async () => {
		const { rows, error, hints } = await evolink.run(rehearsal());

		expect(error).toBeUndefined();
		const [{ json, binary }] = rows;
		expect(json).toEqual({
			taskId: expect.stringMatching(/^rehearsal-[a-z0-9]+$/),
			model: 'MiniMax-Hailuo-2.3-Fast',
			status: 'completed',
			progress: 100,
			isFinished: true,
			isSuccess: true,
			createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
			videoUrl: null,
			results: [],
			expiresAt: null,
			prompt: 'A cat',
			imageUrl: PICTURE_LINK,
			lastImageUrl: null,
			quality: '768p',
			duration: 6,
			rehearsal: true,
		});
		expect(binary?.data).toMatchObject({
			mimeType: 'video/mp4',
			fileName: `${String(json.taskId)}.mp4`,
		});
		expect(hints.map(({ message }) => message)).toEqual([
			expect.stringMatching(/^This was a rehearsal: no video was made and nothing was paid/),
		]);
	});

	it('brings an MP4 with one H.264 track, under 8 kB', async () => {
		const { rows } = await evolink.run(rehearsal({}, { outputPropertyName: 'film' }));
		const bytes = await evolink.engine.readBinary(rows[0].binary!.film);

		expect(bytes.length).toBeLessThan(8_000);
		const file = createFile();
		const ready = new Promise<Parameters<typeof file.onReady>[0]>((resolve, reject) => {
			file.onReady = resolve;
			file.onError = reject;
		});
		file.appendBuffer(Object.assign(new Uint8Array(bytes).buffer, { fileStart: 0 }));
		const { tracks } = await ready;
		expect(tracks).toMatchObject([{ codec: expect.stringMatching(/^avc1/), nb_samples: 20 }]);
	});

	it('is a task that has just begun, where nothing is waited for', async () => {
		const { rows } = await evolink.run(rehearsal({ waitForCompletion: false }));

		expect(rows[0].binary).toBeUndefined();
		expect(rows[0].json).toMatchObject({ status: 'pending', isFinished: false, rehearsal: true });
	});

	it('brings no file where none is wanted, and the task without Simplify', async () => {
		const { rows } = await evolink.run(rehearsal({ downloadVideo: false, simplify: false }));

		expect(rows[0].binary).toBeUndefined();
		expect(rows[0].json).toMatchObject({
			id: expect.stringMatching(/^rehearsal-/),
			object: 'video.generation.task',
			status: 'completed',
			rehearsal: true,
		});
	});

	it('checks everything that a real run would', async () => {
		const result = await evolink.run(rehearsal({ imageUrl: 'http://192.168.1.1/cat.jpg' }));
		expectRefusal(result, { itemIndex: 0, message: "'Image URL' is an address that Evolink" });
	});

	it('counts against Max Videos per Execution, but asks for no balance', async () => {
		const items = [{ json: {} }, { json: {} }];
		const limits = { maxVideos: 1, minBalance: 1e9 };
		const refused = await evolink.run({ ...rehearsal({}, limits), items });
		const fine = await evolink.run(rehearsal({}, limits));

		expectRefusal(refused, { itemIndex: 0, message: "'Max Videos per Execution' is 1" });
		expect(fine.error).toBeUndefined();
	});

	it('is found again by Task > Get', async () => {
		const [{ json }] = (await evolink.run(rehearsal({ waitForCompletion: false }))).rows;
		const { rows, error } = await evolink.run({
			credential: UNREADABLE,
			parameters: {
				resource: 'task',
				operation: 'get',
				taskId: json.taskId,
				waitForCompletion: true,
				downloadVideo: true,
			},
		});

		expect(error).toBeUndefined();
		expect(rows[0].json).toMatchObject({
			taskId: json.taskId,
			status: 'completed',
			videoUrl: null,
			rehearsal: true,
		});
		expect(rows[0].binary?.data.mimeType).toBe('video/mp4');
	});
});

/** Rehearses items, of which the first is refused, and returns how long that took. */
async function timeOfItems(count: number, node: Record<string, unknown> = {}): Promise<number> {
	const parameters = {
		waitForCompletion: false,
		duration: '={{ $json.number === 0 ? 7 : 6 }}',
	};
	const startedMs = Date.now();
	const { rows } = await evolink.run({
		...rehearsal(parameters, { maxConcurrent: 100 }),
		items: Array.from({ length: count }, (_, number) => ({ json: { number } })),
		node: { ...CONTINUE_ON_FAIL, ...node },
	});
	expect(rows).toHaveLength(count);
	expect(Object.keys(rows[0].json)).toEqual(['error']);
	return Date.now() - startedMs;
}

it('thousands of items do not take the second call of the node many times as long as the first', async () => {
	await timeOfItems(100);
	const onceMs = await timeOfItems(4_000);
	// A first row with an error makes n8n run the node again.
	const twiceMs = await timeOfItems(4_000, { ...RETRY_ON_FAIL, maxTries: 2 });

	expect(twiceMs).toBeLessThan(4 * onceMs);
}, 120_000);
