import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { INodeExecutionData } from 'n8n-workflow';

import type { MediaOverrides } from '../../sandbox';
import { PICTURE_LINK, useEvolink } from './evolink-workflow';
import { startOddHost } from './odd-host';

const evolink = useEvolink();

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const ONE_DAY_MS = 24 * 60 * 60 * 1000;

const FIELDS_OF_EVERY_TASK = [
	'taskId',
	'model',
	'status',
	'progress',
	'isFinished',
	'isSuccess',
	'createdAt',
	'videoUrl',
	'results',
	'expiresAt',
];

const FIELDS_OF_CREATE = [
	...FIELDS_OF_EVERY_TASK,
	'prompt',
	'imageUrl',
	'lastImageUrl',
	'quality',
	'duration',
];

/** Reads finished tasks with Task > Get, which takes the same way to the output without a wait. */
async function getFinished(
	taskIds: string[],
	parameters: Record<string, unknown> = {},
): Promise<INodeExecutionData[]> {
	const { rows, error } = await evolink.run({
		parameters: {
			resource: 'task',
			operation: 'get',
			taskId: '={{ $json.taskId }}',
			downloadVideo: true,
			...parameters,
		},
		items: taskIds.map((taskId) => ({ json: { taskId } })),
	});
	expect(error).toBeUndefined();
	expect(rows).toHaveLength(taskIds.length);
	return rows;
}

function addFinishedTask(media: MediaOverrides = {}): string {
	return evolink.sandbox.addTask({
		generationSeconds: 0,
		outcome: { status: 'completed', media },
	});
}

/** When the sandbox created the task, as the API says it: in whole seconds. */
function createdMsOf(taskId: unknown): number {
	const createdAtMs = evolink.sandbox.task(String(taskId))?.createdAtMs ?? Number.NaN;
	return Math.floor(createdAtMs / 1000) * 1000;
}

afterEach(() => {
	expect(evolink.sandbox.violations).toEqual([]);
});

describe('The simplified row of a finished video', () => {
	it('has exactly the promised fields, with what was sent and what came back', async () => {
		const { rows, error } = await evolink.run({
			parameters: {
				prompt: 'A cat',
				cameraCommands: ['Push in'],
				quality: '1080p',
			},
		});

		expect(error).toBeUndefined();
		const [{ json }] = rows;
		expect(Object.keys(json).sort()).toEqual([...FIELDS_OF_CREATE].sort());
		const [{ taskId }] = evolink.sandbox.bill;
		const link = evolink.sandbox.task(taskId)?.mediaUrl;
		expect(link).toMatch(/^http/);
		expect(json).toEqual({
			taskId,
			model: 'MiniMax-Hailuo-2.3-Fast',
			status: 'completed',
			progress: 100,
			isFinished: true,
			isSuccess: true,
			createdAt: new Date(createdMsOf(taskId)).toISOString(),
			videoUrl: link,
			results: [link],
			expiresAt: new Date(createdMsOf(taskId) + ONE_DAY_MS).toISOString(),
			prompt: 'A cat [Push in]',
			imageUrl: PICTURE_LINK,
			lastImageUrl: null,
			quality: '1080p',
			duration: 6,
		});
		expect(json.createdAt).toMatch(ISO_TIME);
		expect(json.expiresAt).toMatch(ISO_TIME);
	});

	it('names the first of several results as the video, and all of them as results', async () => {
		const taskId = evolink.sandbox.addTask({ generationSeconds: 0 });
		const link = evolink.sandbox.task(taskId)?.mediaUrl ?? '';
		const results = [link, 'https://media.example.com/second.mp4'];
		const several = evolink.sandbox.addTask({
			generationSeconds: 0,
			outcome: { status: 'completed', results },
		});
		const [row] = await getFinished([several]);

		expect(row.json).toMatchObject({ videoUrl: link, results });
		expect(evolink.sandbox.requestsOf('media')).toHaveLength(1);
	});

	it('holds no key "error", and neither does any other row of success', async () => {
		const failed = evolink.sandbox.addTask({
			generationSeconds: 0,
			outcome: { status: 'failed', code: 'service_error' },
		});
		const finished = addFinishedTask();
		const rows = [
			...(await getFinished([failed, finished])),
			...(await getFinished([failed, finished], { simplify: false })),
			...(await evolink.run({ parameters: { waitForCompletion: false } })).rows,
		];

		expect(rows).toHaveLength(5);
		for (const { json } of rows) expect(json).not.toHaveProperty('error');
	});
});

describe('The row without waiting', () => {
	it('is made from the submission alone: no file, no further request, no result yet', async () => {
		const { rows, error } = await evolink.run({
			parameters: { waitForCompletion: false, downloadVideo: true, prompt: 'A cat' },
		});

		expect(error).toBeUndefined();
		const [{ taskId }] = evolink.sandbox.bill;
		expect(rows).toHaveLength(1);
		expect(rows[0].binary).toBeUndefined();
		expect(Object.keys(rows[0].json).sort()).toEqual([...FIELDS_OF_CREATE].sort());
		expect(rows[0].json).toMatchObject({
			taskId,
			status: 'pending',
			progress: 0,
			isFinished: false,
			isSuccess: false,
			createdAt: new Date(createdMsOf(taskId)).toISOString(),
			videoUrl: null,
			results: [],
			expiresAt: null,
			prompt: 'A cat',
			duration: 6,
		});
		expect(evolink.sandbox.requests.map(({ kind }) => kind)).toEqual(['submit']);
	});
});

describe('The row without Simplify', () => {
	it("is the API's last task object, untouched, also with fields that nobody knows yet", async () => {
		evolink.sandbox.planTask({
			rawTask: { usage: { credits: 1.5 }, tags: ['a', null], 'x-new': { deep: [true] } },
		});
		const { rows, error } = await evolink.run({ parameters: { simplify: false } });

		expect(error).toBeUndefined();
		const [{ taskId }] = evolink.sandbox.bill;
		expect(rows[0].json).toEqual({
			created: createdMsOf(taskId) / 1000,
			id: taskId,
			model: 'MiniMax-Hailuo-2.3-Fast',
			object: 'video.generation.task',
			progress: 100,
			status: 'completed',
			results: [evolink.sandbox.task(taskId)?.mediaUrl],
			task_info: { can_cancel: false },
			type: 'video',
			usage: { credits: 1.5 },
			tags: ['a', null],
			'x-new': { deep: [true] },
		});
		expect(rows[0].binary?.data.mimeType).toBe('video/mp4');
	});

	it('renames the error of a failed task to "failure" and changes nothing else', async () => {
		const taskId = evolink.sandbox.addTask({
			generationSeconds: 0,
			outcome: { status: 'failed', code: 'content_policy_violation', message: 'No faces' },
		});
		const [row] = await getFinished([taskId], { simplify: false });

		expect(row.json).toEqual({
			created: createdMsOf(taskId) / 1000,
			id: taskId,
			model: 'MiniMax-Hailuo-2.3-Fast',
			object: 'video.generation.task',
			progress: expect.any(Number),
			status: 'failed',
			task_info: { can_cancel: false },
			type: 'video',
			failure: { code: 'content_policy_violation', message: 'No faces', type: 'task_error' },
		});
	});
});

describe('The file', () => {
	it('is the video of the task, as video/mp4 and named after the task, in the field "data"', async () => {
		const taskId = addFinishedTask();
		const [{ binary }] = await getFinished([taskId]);

		expect(Object.keys(binary ?? {})).toEqual(['data']);
		expect(binary?.data).toMatchObject({
			mimeType: 'video/mp4',
			fileType: 'video',
			fileExtension: 'mp4',
			fileName: `${taskId}.mp4`,
		});
		const bytes = await evolink.engine.readBinary(binary!.data);
		expect(bytes.equals(evolink.sandbox.mediaOf(taskId).bytes())).toBe(true);
	});

	it('lies in the field that the options name, also by expression', async () => {
		const [first, second] = await getFinished([addFinishedTask(), addFinishedTask()], {
			options: { outputPropertyName: '={{ "video" + $itemIndex }}' },
		});

		expect(Object.keys(first.binary ?? {})).toEqual(['video0']);
		expect(Object.keys(second.binary ?? {})).toEqual(['video1']);
	});

	it('has the media type that its bytes say, and the name that the options say', async () => {
		const webm = Buffer.concat([Buffer.from('1a45dfa39f428681', 'hex'), Buffer.alloc(255)]);
		const host = await startOddHost((res) =>
			res.writeHead(200, { 'content-type': 'video/mp4' }).end(webm),
		);
		const taskId = evolink.sandbox.addTask({
			generationSeconds: 0,
			outcome: { status: 'completed', results: [host.url] },
		});
		const [{ binary }] = await getFinished([taskId], { options: { fileName: '../cat' } });
		await host.close();

		expect(binary?.data).toMatchObject({ mimeType: 'video/webm', fileName: '_cat.webm' });
	});

	it('has a name of at most 200 bytes, cut between characters', async () => {
		const [{ binary }] = await getFinished([addFinishedTask()], {
			options: { fileName: `x${'🎬'.repeat(371)}` },
		});

		expect(binary?.data.fileName).toBe(`x${'🎬'.repeat(48)}.mp4`);
	});

	it('is left out without Download Video, and nothing asks for the link', async () => {
		const { rows, error } = await evolink.run({ parameters: { downloadVideo: false } });

		expect(error).toBeUndefined();
		expect(rows[0].binary).toBeUndefined();
		expect(rows[0].json).toMatchObject({ isSuccess: true });
		expect(rows[0].json.videoUrl).toMatch(/^http/);
		expect(evolink.sandbox.requestsOf('media')).toEqual([]);
	});
});

describe('The hints beside the output', () => {
	it('name a bracket in the prompt that is none of the camera commands, whatever its case', async () => {
		const { hints, rows } = await evolink.run({
			parameters: { waitForCompletion: false, prompt: 'A cat [flies away] and [Push In]' },
		});

		expect(rows[0].json.prompt).toBe('A cat [flies away] and [Push in]');
		expect(hints).toHaveLength(1);
		expect(hints[0].message).toContain('[flies away]');
	});
});

/** Puts a file where n8n wants to make its folder for the binary data of all workflows. */
async function takePlaceOfBinaryData(): Promise<void> {
	const { N8N_USER_FOLDER: userFolder = '' } = process.env;
	const storages = (await readdir(userFolder, { recursive: true, withFileTypes: true }))
		.filter((entry) => entry.isDirectory() && entry.name === 'workflows')
		.map((entry) => join(entry.parentPath, entry.name));
	for (const folder of storages) {
		await rm(folder, { recursive: true });
		await writeFile(folder, '');
	}
}

// The last test of the file: n8n can keep no file after it.
it('says why n8n has no place for a finished video, whom to ask, and how to fetch it', async () => {
	await evolink.run({ parameters: { waitForCompletion: true } });
	await takePlaceOfBinaryData();
	const { sandbox } = evolink;
	const downloads = sandbox.requestsOf('media').length;
	const { error, rows } = await evolink.run({ parameters: { waitForCompletion: true } });

	expect(rows).toEqual([]);
	expect(error?.message).toMatch(/n8n could not store it: .*ENOTDIR/);
	expect(error?.description).toMatch(/whoever runs n8n.*Task ID: task-/s);
	// Another try would meet the same trouble.
	expect(sandbox.requestsOf('media')).toHaveLength(downloads + 1);
});
