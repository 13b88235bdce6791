import type { GenericValue } from 'n8n-workflow';

import { useEvolink, wordsOf } from './evolink-workflow';
import type { EvolinkRun } from './evolink-workflow';
import { imageBytes } from './image-bytes';
import { startOddHost } from './odd-host';
import { expectRefusal, expectRefusedRow } from './refusals';

const evolink = useEvolink();

const GET = { resource: 'task', operation: 'get' };

const UNKNOWN_ID = 'task-unified-1757169743-7cvnl5zw';

/** A run of Task > Get with one item for each task. */
function getRun(taskIds: string[], parameters: Record<string, unknown> = {}): EvolinkRun {
	return {
		parameters: { ...GET, taskId: '={{ $json.id }}', ...parameters },
		items: taskIds.map((id) => ({ json: { id } })),
	};
}

function requestKinds(): string[] {
	return evolink.sandbox.requests.map(({ kind }) => kind);
}

afterEach(() => {
	expect(evolink.sandbox.violations).toEqual([]);
	expect(evolink.sandbox.bill).toEqual([]);
});

describe('Task > Get without waiting', () => {
	it.each([
		['processing', false],
		['completed', true],
		['failed', true],
		['cancelled', true],
	])(
		'reads a task that is %s with one request and puts it out as it is',
		async (status, isFinished) => {
			const taskId = evolink.sandbox.addTask({ generationSeconds: 0, outcome: { status } });
			const { rows, error } = await evolink.run(getRun([taskId]));

			expect(error).toBeUndefined();
			expect(requestKinds()).toEqual(['read']);
			expect(rows).toHaveLength(1);
			expect(rows[0].pairedItem).toEqual({ item: 0 });
			expect(rows[0].binary).toBeUndefined();
			const isSuccess = status === 'completed';
			const link = evolink.sandbox.task(taskId)?.mediaUrl ?? null;
			expect(rows[0].json).toMatchObject({
				taskId,
				status,
				isFinished,
				isSuccess,
				videoUrl: link,
				results: link === null ? [] : [link],
				expiresAt: isSuccess ? expect.stringMatching(/Z$/) : null,
			});
		},
	);

	it('says of a failed task why it failed, in a row of success', async () => {
		const failed = evolink.sandbox.addTask({
			generationSeconds: 0,
			outcome: { status: 'failed', code: 'image_processing_error', message: 'HEIC is not read' },
		});
		const withoutReason = evolink.sandbox.addTask({
			generationSeconds: 0,
			outcome: { status: 'failed', withoutErrorObject: true },
		});
		const cancelled = evolink.sandbox.addTask({
			generationSeconds: 0,
			outcome: { status: 'cancelled' },
		});
		const { rows, error } = await evolink.run({
			...getRun([failed, withoutReason, cancelled], { downloadVideo: true }),
			node: { onError: 'continueErrorOutput' },
		});

		expect(error).toBeUndefined();
		expect(rows).toHaveLength(3);
		expect(rows[0].json).toMatchObject({
			status: 'failed',
			failureCode: 'image_processing_error',
			failureMessage: 'HEIC is not read',
		});
		for (const { json } of rows) {
			expect(json).not.toHaveProperty('error');
			expect(json.failureCode).toMatch(/^[a-z_]+$/);
			expect(json.failureMessage).toMatch(/\w/);
			expect(json).toMatchObject({ isFinished: true, isSuccess: false, videoUrl: null });
		}
	});

	it('downloads the file of a completed task where it is wanted, and nothing of an unfinished one', async () => {
		const completed = evolink.sandbox.addTask({ generationSeconds: 0 });
		const running = evolink.sandbox.addTask({ generationSeconds: 600 });
		const { rows, error } = await evolink.run(
			getRun([running, completed], {
				downloadVideo: true,
				options: { outputPropertyName: 'video', fileName: 'cat' },
			}),
		);

		expect(error).toBeUndefined();
		expect(rows[0].binary).toBeUndefined();
		expect(rows[0].json).toMatchObject({ taskId: running, isFinished: false });
		expect(Object.keys(rows[1].binary ?? {})).toEqual(['video']);
		expect(rows[1].binary?.video.fileName).toBe('cat.mp4');
		const bytes = await evolink.engine.readBinary(rows[1].binary!.video);
		expect(bytes.equals(evolink.sandbox.mediaOf(completed).bytes())).toBe(true);
		expect(evolink.sandbox.requestsOf('media')).toHaveLength(1);
	});

	it("puts out the API's task object without Simplify", async () => {
		const running = evolink.sandbox.addTask({
			generationSeconds: 600,
			estimatedTimeSeconds: 600,
			durationSeconds: 10,
		});
		const { rows } = await evolink.run(getRun([running], { simplify: false }));

		const created = expect.any(Number);
		expect(rows[0].json).toEqual({
			id: running,
			created,
			model: 'MiniMax-Hailuo-2.3-Fast',
			object: 'video.generation.task',
			progress: 0,
			status: 'pending',
			type: 'video',
			task_info: { can_cancel: false, estimated_time: 600, video_duration: 10 },
		});
	});

	it('reads tasks of other kinds, such as an image, and names the file by what it is', async () => {
		const host = await startOddHost((res) => res.end(imageBytes('png', 64, 64)));
		const taskId = evolink.sandbox.addTask({
			generationSeconds: 0,
			outcome: { status: 'completed', results: [host.url] },
			rawTask: {
				object: 'image.generation.task',
				type: 'image',
				model: 'some-image-model',
				task_info: undefined,
			},
		});
		const { rows, error } = await evolink.run(getRun([taskId], { downloadVideo: true }));
		await host.close();

		expect(error).toBeUndefined();
		expect(rows[0].json).toMatchObject({ taskId, model: 'some-image-model', isSuccess: true });
		expect(rows[0].binary?.data).toMatchObject({
			mimeType: 'image/png',
			fileName: `${taskId}.png`,
		});
	});

	it('reads a task of which the API says no more than its id and status', async () => {
		const taskId = evolink.sandbox.addTask({
			generationSeconds: 600,
			rawTask: {
				created: undefined,
				model: undefined,
				object: undefined,
				progress: undefined,
				task_info: undefined,
				type: undefined,
			},
		});
		const { rows, error } = await evolink.run(getRun([taskId]));

		expect(error).toBeUndefined();
		expect(rows[0].json).toEqual({
			taskId,
			model: null,
			status: 'pending',
			progress: null,
			isFinished: false,
			isSuccess: false,
			createdAt: null,
			videoUrl: null,
			results: [],
			expiresAt: null,
		});
	});
});

describe('Task > Get with waiting', () => {
	it('waits until each task is finished and downloads where it is wanted', async () => {
		const taskIds = [0.4, 0].map((generationSeconds) =>
			evolink.sandbox.addTask({ generationSeconds }),
		);
		const { rows, error } = await evolink.run(
			getRun(taskIds, { waitForCompletion: true, downloadVideo: '={{ $itemIndex === 0 }}' }),
		);

		expect(error).toBeUndefined();
		expect(rows.map(({ json }) => [json.taskId, json.status])).toEqual(
			taskIds.map((taskId) => [taskId, 'completed']),
		);
		const bytes = await evolink.engine.readBinary(rows[0].binary!.data);
		expect(bytes.equals(evolink.sandbox.mediaOf(taskIds[0]).bytes())).toBe(true);
		expect(rows[1].binary).toBeUndefined();
		expect(evolink.sandbox.task(taskIds[1])?.readCount).toBe(1);
	});
});

describe('The task ID', () => {
	it.each<[string, GenericValue | object, string]>([
		['another path of the API', '../credits', "'Task ID' is not an ID"],
		['a whole link', `https://evil.example.com/${UNKNOWN_ID}`, "'Task ID' is not an ID"],
		['empty', '', "'Task ID' is empty"],
		['an object', { id: UNKNOWN_ID }, "'Task ID' must be text"],
	])('is refused before anything is sent when it is %s', async (_case, value, message) => {
		const good = evolink.sandbox.addTask();
		const items = [good, good, value].map((id) => ({ json: { id: id as GenericValue } }));
		const run = { parameters: { ...GET, taskId: '={{ $json.id }}' }, items };
		expectRefusal(await evolink.run(run), { itemIndex: 2, message });
		expect(evolink.sandbox.requests).toEqual([]);

		const node = { onError: 'continueRegularOutput' } as const;
		const { rows } = await evolink.run({ ...run, node });
		expect(rows.map(({ json }) => json.taskId)).toEqual([good, good, undefined]);
		expectRefusedRow(rows[2], { itemIndex: 2, message });
		expect(requestKinds()).toEqual(['read', 'read']);
	});

	it.each(['video.2026:07:a~b', '.hidden', '-1:2', 'a'.repeat(128)])(
		'may be any text of 1 to 128 characters that a URL can take: %s',
		async (taskId) => {
			const json = JSON.stringify({ id: taskId, status: 'completed', results: [] });
			const host = await startOddHost((res) =>
				res.writeHead(200, { 'content-type': 'application/json' }).end(json),
			);
			const { rows } = await evolink.run({
				parameters: { ...GET, taskId },
				credential: { baseUrl: host.url },
			});
			await host.close();

			expect(rows[0]?.json.taskId).toBe(taskId);
			const paths = host.requests.map(({ path }) => decodeURIComponent(path));
			expect(paths).toEqual([`/v1/tasks/${taskId}`]);
		},
	);

	it.each([
		['does not know', { kind: 'status', status: 404, code: 'task_not_found' }],
		['finds malformed', { kind: 'status', status: 400, code: 'invalid_task_id', param: 'task_id' }],
	] as const)(
		'is said to be wrong, and not to be paid for, when the API %s it',
		async (_what, fault) => {
			evolink.sandbox.addFault({ on: 'read', fault });
			const { error } = await evolink.run(getRun([UNKNOWN_ID]));

			expect(error?.message).toMatch(/\bID\b/);
			expect(wordsOf(error)).toContain(UNKNOWN_ID);
			expect(wordsOf(error)).not.toMatch(/paid|Task > Get with this ID/);
		},
	);
});
