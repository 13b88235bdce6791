import { createHash } from 'node:crypto';
import type { INodeExecutionData } from 'n8n-workflow';

import { useEvolink } from './evolink-workflow';
import { pictureBytes } from './picture-bytes';
import { expectRefusal } from './refusals';

const evolink = useEvolink();

const TWENTY_MB = 20 * 1024 * 1024;

const UPLOAD_AND_SUBMIT = { imageSource: 'binary', waitForCompletion: false };

function sha256(bytes: Buffer): string {
	return createHash('sha256').update(bytes).digest('hex');
}

/** An item with a file, as a form or a download node puts it out. */
async function itemWith(
	bytes: Buffer,
	{ field = 'data', name = 'image.jpg', type = 'image/jpeg' } = {},
): Promise<INodeExecutionData> {
	return { json: {}, binary: { [field]: await evolink.engine.storeBinary(bytes, name, type) } };
}

afterEach(() => {
	expect(evolink.sandbox.violations).toEqual([]);
});

describe('An image from an earlier node', () => {
	it('is uploaded as it is, and its address stands in the submission and in the output', async () => {
		const bytes = pictureBytes('jpeg', 800, 600, 123_457);
		const { rows, error } = await evolink.run({
			parameters: UPLOAD_AND_SUBMIT,
			// Its bytes tell what it is, whatever its name and type claim.
			items: [await itemWith(bytes, { name: 'scan.pdf', type: 'application/pdf' })],
		});

		expect(error).toBeUndefined();
		expect(evolink.sandbox.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
			'POST /api/v1/files/upload/stream',
			'POST /v1/videos/generations',
		]);
		const [{ headers, upload }] = evolink.sandbox.requests;
		expect(headers.authorization).toBe(`Bearer ${evolink.sandbox.apiKey}`);
		expect(upload).toMatchObject({
			sha256: sha256(bytes),
			sizeBytes: bytes.length,
			mimeType: 'image/jpeg',
			claimedMimeType: 'image/jpeg',
			fileName: expect.stringMatching(/\.jpe?g$/),
			hasContentLength: true,
		});
		expect(upload?.fileUrl).toMatch(/^http/);
		expect(evolink.sandbox.bill[0].imageUrl).toBe(upload?.fileUrl);
		expect(rows[0].json.imageUrl).toBe(upload?.fileUrl);
	});

	it('can be of every format that the model takes, up to its limits', async () => {
		const images = [
			pictureBytes('jpeg', 4000, 3000, TWENTY_MB),
			pictureBytes('png', 301, 400),
			pictureBytes('webp-lossy', 1000, 400),
			pictureBytes('webp-lossless', 400, 1000),
			pictureBytes('webp-extended', 640, 480),
		];
		const { error } = await evolink.run({
			parameters: UPLOAD_AND_SUBMIT,
			items: await Promise.all(images.map(async (bytes) => await itemWith(bytes))),
		});

		expect(error).toBeUndefined();
		const uploads = evolink.sandbox.requestsOf('upload').map(({ upload }) => upload?.sha256);
		expect(uploads.sort()).toEqual(images.map(sha256).sort());
	});

	it('may lie in another field, named in the node or by an expression', async () => {
		const bytes = pictureBytes('jpeg', 640, 480, 2000);
		const items = [await itemWith(bytes, { field: 'photo' })];
		for (const binaryPropertyName of [
			' photo ',
			'={{ Object.keys($binary)[0] }}',
			'={{ $binary.photo }}',
		]) {
			const { error } = await evolink.run({
				parameters: { ...UPLOAD_AND_SUBMIT, binaryPropertyName },
				items,
			});
			expect(error).toBeUndefined();
		}
		expect(evolink.sandbox.requestsOf('upload').map(({ upload }) => upload?.sha256)).toEqual(
			Array(3).fill(sha256(bytes)),
		);
	});

	it('goes to the File API and the submission to the API, where their addresses differ', async () => {
		const files = await evolink.ownSandbox({});
		const { rows, error } = await evolink.run({
			parameters: UPLOAD_AND_SUBMIT,
			items: [await itemWith(pictureBytes('jpeg', 640, 480, 2000))],
			credential: { filesBaseUrl: `${files.url}/` },
		});

		expect(error).toBeUndefined();
		expect(files.requests.map(({ kind }) => kind)).toEqual(['upload']);
		expect(evolink.sandbox.requests.map(({ kind }) => kind)).toEqual(['submit']);
		expect(rows[0].json.imageUrl).toBe(files.requests[0].upload?.fileUrl);
	});

	it('is uploaded once when several items share it, and each item has its own video', async () => {
		const shared = pictureBytes('jpeg', 800, 600, 5000);
		const other = pictureBytes('png', 800, 600, 5000);
		const { rows, error } = await evolink.run({
			parameters: UPLOAD_AND_SUBMIT,
			items: [
				await itemWith(shared),
				await itemWith(shared, { name: 'the same under another name.jpg' }),
				await itemWith(other),
				await itemWith(shared),
			],
		});

		expect(error).toBeUndefined();
		const uploads = evolink.sandbox.requestsOf('upload').map(({ upload }) => upload);
		expect(uploads.map((upload) => upload?.sha256).sort()).toEqual(
			[sha256(shared), sha256(other)].sort(),
		);
		const addressOf = (bytes: Buffer) =>
			uploads.find((upload) => upload?.sha256 === sha256(bytes))?.fileUrl;
		expect(rows.map(({ json }) => json.imageUrl)).toEqual([
			addressOf(shared),
			addressOf(shared),
			addressOf(other),
			addressOf(shared),
		]);
		expect(new Set(rows.map(({ json }) => json.taskId)).size).toBe(4);
	});
});

describe('An image that the node refuses before it sends anything', () => {
	it.each<[string, () => Buffer, RegExp]>([
		['is a text', () => Buffer.from('This is not an image, but long enough to be one.'), /not a/],
		['is empty', () => Buffer.alloc(0), /The file is empty/],
		['is a GIF', () => pictureBytes('gif', 640, 480), /The file is a GIF image/],
		['has 20 MB and a byte', () => pictureBytes('jpeg', 640, 480, TWENTY_MB + 1), /20 MB/],
		['is 300 pixels high', () => pictureBytes('jpeg', 400, 300), /too small: 400 × 300 pixels/],
	])('%s', async (_case, bytesOf, message) => {
		const good = await itemWith(pictureBytes('jpeg', 640, 480, 2000));
		const items = [good, good, await itemWith(bytesOf())];
		const result = await evolink.run({ parameters: UPLOAD_AND_SUBMIT, items });

		expectRefusal(result, { itemIndex: 2, message });
		expect(evolink.sandbox.requests).toEqual([]);
	});

	it.each<[string, unknown, boolean, string]>([
		['is missing', 'data', false, "no file in the field 'data'"],
		['is in another field', 'photo', true, "no file in the field 'photo'"],
		['has a field name that resolves to nothing', '={{ $json.nothing }}', true, 'is empty'],
		['has a field name that is an object', '={{ { a: 1 } }}', true, 'must be a text'],
	])('%s', async (_case, binaryPropertyName, hasFile, message) => {
		const item = hasFile ? await itemWith(pictureBytes('jpeg', 640, 480)) : { json: {} };
		const result = await evolink.run({
			parameters: { ...UPLOAD_AND_SUBMIT, binaryPropertyName },
			items: [item],
		});

		expectRefusal(result, { itemIndex: 0, message });
		expect(evolink.sandbox.requests).toEqual([]);
	});

	it('has been deleted from where n8n keeps files', async () => {
		const item = await itemWith(pictureBytes('jpeg', 640, 480));
		const gone = { ...item.binary?.data, id: `${String(item.binary?.data.id)}-gone` };
		const result = await evolink.run({
			parameters: UPLOAD_AND_SUBMIT,
			items: [{ json: {}, binary: { data: { ...gone, data: '', mimeType: 'image/jpeg' } } }],
		});

		expectRefusal(result, { itemIndex: 0, message: 'could not be read' });
		expect(evolink.sandbox.requests).toEqual([]);
	});
});
