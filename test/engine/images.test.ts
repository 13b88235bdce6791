import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INodeExecutionData } from 'n8n-workflow';

import type { FaultAction } from '../../sandbox';
import { CONTINUE_ON_FAIL, useEvolink } from './evolink-workflow';
import { imageBytes, jpegSegment } from './image-bytes';
import { expectRefusal, expectRefusedRow } from './refusals';

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
	it('is uploaded as is, and its address is in the submission and in the output', async () => {
		const bytes = imageBytes('jpeg', 800, 600, 123_457);
		const { rows, error } = await evolink.run({
			parameters: UPLOAD_AND_SUBMIT,
			items: [await itemWith(bytes)],
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
			hasContentLength: true,
		});
		expect(upload?.fileUrl).toMatch(/^http/);
		expect(evolink.sandbox.bill[0].imageUrl).toBe(upload?.fileUrl);
		expect(rows[0].json.imageUrl).toBe(upload?.fileUrl);
	});

	it('is told by its bytes, whatever its name and type claim', async () => {
		const bytes = imageBytes('png', 640, 480, 2000);
		const { error } = await evolink.run({
			parameters: UPLOAD_AND_SUBMIT,
			items: [await itemWith(bytes, { name: 'scan.pdf', type: 'application/pdf' })],
		});

		expect(error).toBeUndefined();
		const [{ upload }] = evolink.sandbox.requestsOf('upload');
		expect(upload).toMatchObject({
			sha256: sha256(bytes),
			claimedMimeType: 'image/png',
			fileName: expect.stringMatching(/\.png$/),
		});
	});

	it('may be in another field, named in the node or by an expression', async () => {
		const bytes = imageBytes('jpeg', 640, 480, 2000);
		const items = [await itemWith(bytes, { field: 'photo' })];
		for (const binaryPropertyName of ['photo', ' photo ', '={{ Object.keys($binary)[0] }}']) {
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
			items: [await itemWith(imageBytes('jpeg', 640, 480, 2000))],
			credential: { filesBaseUrl: `${files.url}/` },
		});

		expect(error).toBeUndefined();
		expect(files.requests.map(({ kind }) => kind)).toEqual(['upload']);
		expect(evolink.sandbox.requests.map(({ kind }) => kind)).toEqual(['submit']);
		expect(rows[0].json.imageUrl).toBe(files.requests[0].upload?.fileUrl);
	});

	it('is uploaded once when several items share it, and each item has its own video', async () => {
		const shared = imageBytes('jpeg', 800, 600, 5000);
		const other = imageBytes('png', 800, 600, 5000);
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

	it('is uploaded again after a bad moment, and its video is paid once', async () => {
		const upstream = '"message":"upstream connect error"}';
		const faults: FaultAction[] = [
			{ kind: 'status', status: 503 },
			{ kind: 'garbage', body: '{"success":true,"data":{}}' },
			{ kind: 'html' },
			{ kind: 'garbage', body: `{"code":503,${upstream}` },
			{ kind: 'garbage', status: 404, body: `{"code":5,${upstream}` },
		];
		for (const fault of faults) evolink.sandbox.addFault({ on: 'upload', fault });
		const { error } = await evolink.run({
			parameters: UPLOAD_AND_SUBMIT,
			items: [await itemWith(imageBytes('jpeg', 640, 480))],
		});

		expect(error).toBeUndefined();
		const uploads = evolink.sandbox.requestsOf('upload');
		expect(uploads).toHaveLength(faults.length + 1);
		const { imageUrl } = evolink.sandbox.bill[0];
		expect(imageUrl).toBe(uploads.at(-1)?.upload?.fileUrl);
		expect(evolink.sandbox.bill).toHaveLength(1);
	});

	it('may have exactly 20 MB, and arrives complete with its length said beforehand', async () => {
		const bytes = imageBytes('jpeg', 4000, 3000, TWENTY_MB);
		const { error } = await evolink.run({
			parameters: UPLOAD_AND_SUBMIT,
			items: [await itemWith(bytes)],
		});

		expect(error).toBeUndefined();
		expect(evolink.sandbox.requestsOf('upload')[0].upload).toMatchObject({
			sizeBytes: TWENTY_MB,
			sha256: sha256(bytes),
			hasContentLength: true,
		});
	});
});

describe('An image that the node refuses before it sends anything', () => {
	it.each<[string, () => Buffer, RegExp]>([
		['is a text', () => Buffer.from('This is no image, but long enough to be one.'), /not a/],
		['is empty', () => Buffer.alloc(0), /The file is empty/],
		['has 20 MB and a byte', () => imageBytes('jpeg', 640, 480, TWENTY_MB + 1), /20 MB/],
		['is 300 pixels high', () => imageBytes('jpeg', 400, 300), /too small: 400 × 300 pixels/],
	])('%s', async (_case, bytesOf, message) => {
		const good = await itemWith(imageBytes('jpeg', 640, 480, 2000));
		const bad = await itemWith(bytesOf());
		const [alone, third] = await Promise.all([
			evolink.run({ parameters: UPLOAD_AND_SUBMIT, items: [bad] }),
			evolink.run({ parameters: UPLOAD_AND_SUBMIT, items: [good, good, bad] }),
		]);

		expectRefusal(alone, { itemIndex: 0, message });
		expectRefusal(third, { itemIndex: 2, message });
		expect(evolink.sandbox.requests).toEqual([]);
	});

	it.each<[string, unknown, INodeExecutionData['binary'] | 'a file in "data"', string]>([
		['is missing', 'data', undefined, "no file in the field 'data'"],
		['is in another field', 'photo', 'a file in "data"', "no file in the field 'photo'"],
		['has a field name that resolves to nothing', '={{ $json.nothing }}', undefined, 'is empty'],
		[
			'has a field name that is blank',
			'=  ',
			'a file in "data"',
			"'Input Data Field Name' is empty",
		],
		[
			'has a field name that is an object',
			'={{ { a: 1 } }}',
			'a file in "data"',
			"'Input Data Field Name' must be text",
		],
	])('%s', async (_case, binaryPropertyName, binary, message) => {
		const item =
			typeof binary === 'string'
				? await itemWith(imageBytes('jpeg', 640, 480))
				: { json: {}, ...(binary === undefined ? {} : { binary }) };
		const result = await evolink.run({
			parameters: { ...UPLOAD_AND_SUBMIT, binaryPropertyName },
			items: [item],
		});

		expectRefusal(result, { itemIndex: 0, message });
		expect(evolink.sandbox.requests).toEqual([]);
	});

	it('has been deleted from where n8n keeps files', async () => {
		const item = await itemWith(imageBytes('jpeg', 640, 480));
		const gone = { ...item.binary?.data, id: `${String(item.binary?.data.id)}-gone` };
		const result = await evolink.run({
			parameters: UPLOAD_AND_SUBMIT,
			items: [{ json: {}, binary: { data: { ...gone, data: '', mimeType: 'image/jpeg' } } }],
		});

		expectRefusal(result, { itemIndex: 0, message: 'could not be read' });
		expect(evolink.sandbox.requests).toEqual([]);
	});

	it('fails its own item only, in a node that continues on failure', async () => {
		const good = await itemWith(imageBytes('jpeg', 640, 480, 2000));
		const { rows, error } = await evolink.run({
			parameters: UPLOAD_AND_SUBMIT,
			items: [good, await itemWith(imageBytes('gif', 640, 480)), { json: {} }],
			node: CONTINUE_ON_FAIL,
		});

		expect(error).toBeUndefined();
		expect(rows[0].json).toMatchObject({ status: 'pending' });
		expectRefusedRow(rows[1], { itemIndex: 1, message: 'GIF' });
		expectRefusedRow(rows[2], { itemIndex: 2, message: "no file in the field 'data'" });
		expect(evolink.sandbox.requests.map(({ kind }) => kind)).toEqual(['upload', 'submit']);
	});
});

describe('Links and files in one run', () => {
	it('are told apart item by item', async () => {
		const { rows, error } = await evolink.run({
			parameters: {
				imageSource: '={{ $json.link ? "url" : "binary" }}',
				imageUrl: '={{ $json.link }}',
				waitForCompletion: false,
			},
			items: [
				{ json: { link: 'https://example.com/a.png' } },
				await itemWith(imageBytes('webp-lossless', 640, 480)),
			],
		});

		expect(error).toBeUndefined();
		const [{ upload }] = evolink.sandbox.requestsOf('upload');
		expect(rows.map(({ json }) => json.imageUrl)).toEqual([
			'https://example.com/a.png',
			upload?.fileUrl,
		]);
	});
});

/** What the node makes of each file: the address of its upload, or the message of its refusal. */
async function verdictsOn(files: Buffer[]): Promise<string[]> {
	const { rows, error } = await evolink.run({
		parameters: UPLOAD_AND_SUBMIT,
		items: await Promise.all(files.map(async (bytes) => await itemWith(bytes))),
		node: CONTINUE_ON_FAIL,
	});
	expect(error).toBeUndefined();
	return rows.map(({ json }, itemIndex) => {
		if (json.error === undefined) return String(json.imageUrl);
		expectRefusedRow(rows[itemIndex], { itemIndex, message: '' });
		return String(Object(json.error).message);
	});
}

async function expectVerdicts(table: Record<string, [file: Buffer, verdict: RegExp]>) {
	const verdicts = await verdictsOn(Object.values(table).map(([file]) => file));
	const wrong = Object.entries(table).flatMap(([name, [, verdict]], index) =>
		verdict.test(verdicts[index]) ? [] : [`${name}: ${verdicts[index]}`],
	);
	expect(wrong).toEqual([]);
	// Nothing is sent of what was refused.
	const taken = verdicts.filter((verdict) => TAKEN.test(verdict)).length;
	expect(evolink.sandbox.bill).toHaveLength(taken);
	expect(evolink.sandbox.requestsOf('upload').length).toBeLessThanOrEqual(taken);
}

const TAKEN = /^http/;
const CORPUS = join(__dirname, '../unit/evolink/image-corpus');
const realFile = (name: string) => readFileSync(join(CORPUS, name));

describe('A file is judged by all of its bytes', () => {
	const images = readdirSync(CORPUS).filter((name) =>
		/^(jpeg|png|webp)-.*\.(jpg|png|webp)$/.test(name),
	);

	it('every kind of JPEG, PNG and WebP is taken, and uploaded as what it is', async () => {
		expect(images).toHaveLength(15);
		await expectVerdicts(
			Object.fromEntries(images.map((name) => [name, [realFile(name), TAKEN] as const])),
		);
		for (const { upload } of evolink.sandbox.requestsOf('upload')) {
			expect(upload?.claimedMimeType).toBe(upload?.mimeType);
			expect(`image/${upload?.fileName.split('.')[1].replace('jpg', 'jpeg')}`).toBe(
				upload?.mimeType,
			);
		}
	});

	it('what is cut short, or no model reads, is refused, and a large head is not', async () => {
		const file = realFile('jpeg-baseline.jpg');
		const segment = jpegSegment(0xe1, Buffer.alloc(65_496, 0xab));
		const head = Buffer.concat(Array<Buffer>(300).fill(segment));
		await expectVerdicts({
			...Object.fromEntries(
				images.map((name) => [
					`${name}, cut short`,
					[realFile(name).subarray(0, -1), /^The image is cut short/],
				]),
			),
			'heic.heic': [realFile('heic.heic'), /is a HEIC image/],
			'a video of 25 MB': [
				Buffer.concat([realFile('video.mp4'), Buffer.alloc(25_000_000)]),
				/is a video/,
			],
			'a head of 19 MB': [Buffer.concat([file.subarray(0, 2), head, file.subarray(2)]), TAKEN],
		});
	});
});

/** What the node makes of each link: what it sends, or the refusal; and the hints, in one run. */
async function linksIn(links: string[]) {
	const { rows, error, hints } = await evolink.run({
		parameters: { imageUrl: '={{ $json.link }}', waitForCompletion: false },
		items: links.map((link) => ({ json: { link } })),
		node: CONTINUE_ON_FAIL,
	});
	expect(error).toBeUndefined();
	return {
		sent: rows.map(({ json }) => json.imageUrl),
		refusals: rows.map(({ json }) => Object(json.error) as Record<string, unknown>),
		hints: hints.map(({ message }) => String(message)),
	};
}

describe('A link to an image', () => {
	it('has & where a feed wrote it for a page', async () => {
		const { sent } = await linksIn([
			'https://example.com/a.jpg?fit=1200&amp;s=7495',
			'https://example.com/a.jpg?fit=1200&#38;s=7495&amp;amp;t=1',
		]);

		expect(sent).toEqual([
			'https://example.com/a.jpg?fit=1200&s=7495',
			'https://example.com/a.jpg?fit=1200&s=7495&t=1',
		]);
	});

	it('is refused where an expression put an object into it', async () => {
		const { refusals } = await linksIn([
			'https://example.com/[object Object]',
			'https://example.com/[object Object].jpg',
			'[object Object]',
			`https://example.com/${encodeURIComponent('[object Object]')}`,
			`https://example.com/${encodeURI('[object Object]')}.jpg`,
			'https://example.com/?image=[object+Object]',
		]);

		for (const { message, description } of refusals) {
			expect(message).toMatch(/^'Image URL' must be text without an object in it/);
			expect(description).toContain("'Image URL'");
		}
		expect(evolink.sandbox.requests).toEqual([]);
	});

	it('is quoted where it is refused', async () => {
		const links = [
			'example.com/a.jpg',
			'ftp://example.com/a.jpg',
			'https://example.com:99999/a.jpg',
			'https://example.com/a b.jpg',
			'C:\\images\\a.jpg',
			'https:/example.com/a.jpg',
			'a cat',
		];
		const { refusals } = await linksIn([...links, `file:///${'x'.repeat(3_000_000)}`]);

		for (const [index, { message, description }] of refusals.entries()) {
			const words = `${String(message)} ${String(description)}`;
			expect(words).toContain(`"${links[index] ?? 'file:///xxx'}`);
			expect(words.length).toBeLessThan(500);
		}
		expect(evolink.sandbox.requests).toEqual([]);
	});

	it.each([
		['Google Drive', "'Google Drive'", 'https://drive.google.com/file/d/1a2b/view?usp=sharing'],
		['Dropbox', "'Dropbox'", 'https://www.dropbox.com/scl/fi/abc/cat.jpg?rlkey=x&dl=0'],
		['OneDrive', "'Microsoft OneDrive'", 'https://1drv.ms/i/s!abc'],
		['Instagram', "'HTTP Request'", 'https://www.instagram.com/p/abc/'],
	])('that is a share page of %s gets a hint that names %s', async (name, node, link) => {
		const { hints, sent } = await linksIn([link]);

		expect(hints).toEqual([expect.stringContaining(`is a ${name} page`)]);
		expect(hints[0]).toContain(node);
		expect(hints[0]).toContain("set 'Image Source' to 'Binary File'");
		expect(sent).toEqual([link]);
	});

	it('that ends in another format gets a hint', async () => {
		const endings = ['gif', 'svg', 'html', 'heic', 'AVIF', 'htm', 'pdf', 'mp4', 'tiff'];
		const { hints } = await linksIn(endings.map((one) => `https://example.com/a.${one}?size=1`));

		expect(hints).toEqual(
			endings.map((one) => expect.stringContaining(`a ${one.toUpperCase()} file`)),
		);
	});
});
