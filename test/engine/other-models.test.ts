import { useEvolink } from './evolink-workflow';
import type { EvolinkResult } from './evolink-workflow';
import { imageBytes } from './image-bytes';
import { bodyField } from './traffic';

const evolink = useEvolink();

const BY_ID = { model: 'other', modelId: 'kling-v3-text-to-video', waitForCompletion: false };

const refusalOf = ({ error }: EvolinkResult) => `${error?.message} ${error?.description}`;

describe('a model by its ID', () => {
	it('gets its parameters as they are, the prompt as text, and nothing else', async () => {
		const prompt = 'A "cat"\nlooks up \\ [Push In]';
		const parameters = { duration: 5, quality: '720p', aspect_ratio: '9:16', sound: 'on' };
		const { rows, error } = await evolink.run({
			parameters: { ...BY_ID, prompt, parameters: JSON.stringify(parameters) },
		});

		expect(error).toBeUndefined();
		const [request] = evolink.sandbox.requestsOf('submit');
		expect(request.body).toEqual({ model: BY_ID.modelId, prompt, ...parameters });
		expect(rows[0].json).toMatchObject({
			...{ prompt, imageUrl: null, quality: '720p', duration: 5 },
			...{ aspectRatio: '9:16', generateAudio: true },
		});
		expect(evolink.sandbox.bill).toHaveLength(1);
	});

	it('takes an object by expression, and an emptied field as none', async () => {
		for (const parameters of ['={{ { "duration": 5 } }}', '', '{}']) {
			const { error } = await evolink.run({
				parameters: { ...BY_ID, prompt: 'A cat', parameters },
			});
			expect(error).toBeUndefined();
		}
		const sent = evolink.sandbox.requestsOf('submit');
		expect(sent.map((request) => bodyField(request, 'duration'))).toEqual([
			5,
			undefined,
			undefined,
		]);
	});

	it('is resumed by a retry, and paid once', async () => {
		const parameters = { ...BY_ID, prompt: 'A cat', waitForCompletion: true };
		evolink.sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });
		const failed = await evolink.run({ parameters });
		const { rows } = await evolink.retry(failed, { parameters });

		expect(rows[0].json.status).toBe('completed');
		expect(rows[0].binary?.data.mimeType).toBe('video/mp4');
		expect(evolink.sandbox.bill).toHaveLength(1);
	});

	it('is rehearsed without a request', async () => {
		const { rows } = await evolink.run({
			parameters: { ...BY_ID, prompt: 'A cat', options: { rehearse: true } },
		});

		expect(rows[0].json).toMatchObject({ rehearsal: true, model: BY_ID.modelId });
		expect(evolink.sandbox.requests).toEqual([]);
	});

	for (const [name, given, words] of [
		['no JSON', { parameters: '{ duration: 5' }, /'Parameters \(JSON\)' must be a JSON object/],
		['an array', { parameters: '[1]' }, /'Parameters \(JSON\)' must be a JSON object/],
		['text', { parameters: '"5"' }, /'Parameters \(JSON\)' must be a JSON object/],
		['a model in it', { parameters: '{"model":"x"}' }, /must not contain 'model'.*'Model ID'/],
		['a callback', { parameters: '{"callback_url":"x"}' }, /must not contain 'callback_url'/],
		['two prompts', { prompt: 'A', parameters: '{"prompt":"B"}' }, /must not contain 'prompt'/],
		['no ID', { modelId: '={{ "" }}', prompt: 'A cat' }, /'Model ID' is empty/],
	] as const) {
		it(`is refused before anything is sent with ${name}`, async () => {
			const result = await evolink.run({ parameters: { ...BY_ID, ...given } });

			expect(result.error?.name).toBe('NodeOperationError');
			expect(refusalOf(result)).toMatch(words);
			expect(evolink.sandbox.requests).toEqual([]);
		});
	}

	it("is refused by the API in the API's words", async () => {
		const result = await evolink.run({
			parameters: { ...BY_ID, prompt: 'A cat', parameters: '{"duration": 99}' },
		});

		expect(result.error?.httpCode).toBe('400');
		expect(refusalOf(result)).toContain('duration');
		expect(evolink.sandbox.bill).toEqual([]);
	});
});

describe('File > Upload', () => {
	const UPLOAD = { resource: 'file', operation: 'upload' };
	const itemWith = async (bytes: Buffer) => ({
		json: {},
		binary: { data: await evolink.engine.storeBinary(bytes, 'a.jpg', 'image/jpeg') },
	});

	it('gives an image a link, once for all items that share it', async () => {
		const item = await itemWith(imageBytes('gif', 40, 30));
		const { rows, error } = await evolink.run({ parameters: UPLOAD, items: [item, item] });

		expect(error).toBeUndefined();
		expect(evolink.sandbox.requestsOf('upload')).toHaveLength(1);
		const [{ upload }] = evolink.sandbox.requestsOf('upload');
		for (const { json } of rows) {
			expect(json).toMatchObject({ fileUrl: upload?.fileUrl, mimeType: 'image/gif' });
			expect(json.expiresAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
			expect(json.fileId).toEqual(expect.any(String));
			expect(json.sizeBytes).toEqual(expect.any(Number));
		}
	});

	it("returns the API's own data without Simplify, and tries again like every upload", async () => {
		evolink.sandbox.addFault({ on: 'upload', fault: { kind: 'status', status: 503 } });
		const items = [await itemWith(imageBytes('png', 40, 30))];
		const { rows } = await evolink.run({ parameters: { ...UPLOAD, simplify: false }, items });

		expect(rows[0].json).toHaveProperty('file_url');
		expect(evolink.sandbox.requestsOf('upload')).toHaveLength(2);
	});

	it('refuses what is no image, and what is too large', async () => {
		const page = await itemWith(Buffer.from('<!doctype html><title>Sign in</title>'));
		const large = await itemWith(imageBytes('jpeg', 400, 300, 21 * 1024 * 1024));
		for (const [item, words] of [
			[page, /a web page/],
			[large, /larger than 20 MB/],
		] as const) {
			const result = await evolink.run({ parameters: UPLOAD, items: [item] });
			expect(refusalOf(result)).toMatch(words);
		}
		expect(evolink.sandbox.requests).toEqual([]);
	});
});

describe('Include Other Input Fields', () => {
	const json = { row: 7, error: 'old', taskId: 'old', json: { deep: 1 } };

	it('begins the row with the input, whose names give way, and keeps its files', async () => {
		const file = await evolink.engine.storeBinary(Buffer.from('x'), 'note.txt', 'text/plain');
		for (const simplify of [true, false]) {
			const { rows, error } = await evolink.run({
				items: [{ json, binary: { note: file } }],
				parameters: { simplify, options: { includeOtherFields: true } },
				node: { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 },
			});

			expect(error).toBeUndefined();
			expect(rows[0].json).toMatchObject({ row: 7, json: { deep: 1 }, status: 'completed' });
			expect(rows[0].json).not.toHaveProperty('error');
			expect(Object.keys(rows[0].binary ?? {}).sort()).toEqual(['data', 'note']);
			const { taskId } = evolink.sandbox.bill.at(-1)!;
			expect(simplify ? rows[0].json.taskId : rows[0].json.id).toBe(taskId);
		}
		expect(evolink.sandbox.bill).toHaveLength(2);
	});

	it('does the same on Task > Get, and nothing where it is off', async () => {
		await evolink.run({ parameters: { waitForCompletion: false } });
		const [{ taskId }] = evolink.sandbox.bill;
		const get = { resource: 'task', operation: 'get', taskId };
		const on = await evolink.run({
			items: [{ json }],
			parameters: { ...get, options: { includeOtherFields: true } },
		});
		const off = await evolink.run({ items: [{ json }], parameters: get });

		expect(on.rows[0].json).toMatchObject({ row: 7, taskId });
		expect(off.rows[0].json).not.toHaveProperty('row');
	});
});
