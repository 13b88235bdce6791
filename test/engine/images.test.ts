import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INodeExecutionData } from 'n8n-workflow';

import type { FaultAction } from '../../sandbox';
import { useEvolink } from './evolink-workflow';
import { imageBytes, jpegSegment, pngChunk } from './image-bytes';
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

	it.each([
		['301 pixels on the shorter side', 301, 400],
		['exactly 5:2', 1000, 400],
		['exactly 2:5', 400, 1000],
	])('may measure %s', async (_case, widthPx, heightPx) => {
		const { error } = await evolink.run({
			parameters: UPLOAD_AND_SUBMIT,
			items: [await itemWith(imageBytes('png', widthPx, heightPx))],
		});

		expect(error).toBeUndefined();
		expect(evolink.sandbox.bill).toHaveLength(1);
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
			node: { onError: 'continueRegularOutput' },
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
		node: { onError: 'continueRegularOutput' },
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
const CUT_SHORT = /^The image is cut short/;
const CORPUS = join(__dirname, '../unit/evolink/image-corpus');
const realFile = (name: string) => readFileSync(join(CORPUS, name));
const latin1 = (text: string) => Buffer.from(text, 'latin1');

/** A JPEG with these parts behind its first marker, or before its frame. */
const jpegWith = (...parts: Buffer[]) => {
	const file = realFile('jpeg-baseline.jpg');
	return Buffer.concat([file.subarray(0, 2), ...parts, file.subarray(2)]);
};
const metadata = (sizeBytes: number) =>
	Array.from({ length: Math.ceil(sizeBytes / 65_500) }, () =>
		jpegSegment(0xe1, Buffer.alloc(65_496, 0xab)),
	);

/** A real JPEG whose frame says another kind, precision or size. */
function jpegOfKind(marker: number, precision: number, widthPx = 480, heightPx = 360): Buffer {
	const file = realFile('jpeg-baseline.jpg');
	const frame = file.indexOf(Buffer.from([0xff, 0xc0]));
	file[frame + 1] = marker;
	file[frame + 4] = precision;
	file.writeUInt16BE(heightPx, frame + 5);
	file.writeUInt16BE(widthPx, frame + 7);
	return file;
}

function ftyp(major: string, ...compatible: string[]): Buffer {
	const box = latin1(`\0\0\0\0ftyp${major}\0\0\0\0${compatible.join('')}`);
	box.writeUInt32BE(box.length);
	return Buffer.concat([box, latin1('\0\0\0\x08mdat')]);
}

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

	it('what is cut short anywhere is refused', async () => {
		const cuts = images.flatMap((name) => {
			const file = realFile(name);
			return [40, file.length * 0.5, file.length * 0.9, file.length - 1].map(
				(length): [string, [Buffer, RegExp]] => [
					`${name} at ${Math.floor(length)} of ${file.length}`,
					[file.subarray(0, length), CUT_SHORT],
				],
			);
		});
		await expectVerdicts(Object.fromEntries(cuts));
	});

	it('the end of a JPEG is the one of the image, not of a thumbnail or an appendix', async () => {
		const thumbnail = jpegSegment(0xe1, realFile('jpeg-exif-rotated.jpg'));
		const whole = jpegWith(thumbnail);
		const withoutEnd = whole.subarray(0, -2);
		await expectVerdicts({
			'bytes behind its end': [Buffer.concat([whole, Buffer.alloc(5_000, 0xff)]), TAKEN],
			'another image behind its end': [Buffer.concat([whole, whole.subarray(0, 900)]), TAKEN],
			'a thumbnail, but no end': [withoutEnd, CUT_SHORT],
			'zeros in place of its end': [Buffer.concat([withoutEnd, Buffer.alloc(5_000)]), CUT_SHORT],
			'cut behind its thumbnail': [whole.subarray(0, thumbnail.length + 10), CUT_SHORT],
			'cut in its metadata': [jpegWith(...metadata(200_000)).subarray(0, 100_000), CUT_SHORT],
		});
	});

	it('a JPEG with many megabytes of metadata before its frame is taken', async () => {
		await expectVerdicts({
			'4.1 MB': [jpegWith(...metadata(4_300_000)), TAKEN],
			'19 MB': [jpegWith(...metadata(19_900_000)), TAKEN],
		});
	});

	it('a PNG needs its last chunk, and a WebP the length that it says', async () => {
		const png = realFile('png-alpha.png');
		const webp = realFile('webp-lossy.webp');
		await expectVerdicts({
			'a PNG with bytes behind its end': [Buffer.concat([png, Buffer.alloc(99)]), TAKEN],
			'a PNG without IEND': [png.subarray(0, -12), CUT_SHORT],
			'a PNG with text of an end': [
				Buffer.concat([png.subarray(0, -12), pngChunk('tEXt', latin1('Comment\0IEND'))]),
				CUT_SHORT,
			],
			'a WebP with bytes behind its end': [Buffer.concat([webp, Buffer.alloc(99)]), TAKEN],
			'a WebP one byte short': [webp.subarray(0, -1), CUT_SHORT],
		});
	});

	it('what no model reads is refused', async () => {
		const png = imageBytes('png', 400, 400);
		png.writeUInt32BE(60_000, 16);
		png.writeUInt32BE(50_000, 20);
		await expectVerdicts({
			'a lossless JPEG': [jpegOfKind(0xc3, 8), /lossless or hierarchical JPEG/],
			'a JPEG of 16 bits': [jpegOfKind(0xc3, 16), /JPEG/],
			'a JPEG of 12 bits': [jpegOfKind(0xc1, 12), /JPEG with 12 bits/],
			'a hierarchical JPEG': [jpegOfKind(0xc5, 8), /lossless or hierarchical JPEG/],
			'a lossless arithmetic JPEG': [jpegOfKind(0xcb, 8), /lossless or hierarchical JPEG/],
			'a progressive JPEG of 12 bits': [jpegOfKind(0xc2, 12), /JPEG with 12 bits/],
			'a JPEG of 65535 pixels': [jpegOfKind(0xc0, 8, 65_535, 65_535), /65535 × 65535 pixels/],
			'a PNG of 3 gigapixels': [png, /60000 × 50000 pixels/],
			'a phone photo of 200 megapixels': [jpegOfKind(0xc0, 8, 16_320, 12_240), TAKEN],
		});
	});

	it('another file is called what it is', async () => {
		await expectVerdicts({
			'heic.heic': [realFile('heic.heic'), /is a HEIC image/],
			'avif.avif': [realFile('avif.avif'), /is an AVIF image/],
			'tiff.tiff': [realFile('tiff.tiff'), /is a TIFF image/],
			'jpeg-2000.jp2': [realFile('jpeg-2000.jp2'), /is a JPEG 2000 image/],
			'gif-animated.gif': [realFile('gif-animated.gif'), /is a GIF image/],
			'video.mp4': [realFile('video.mp4'), /is a video/],
			'video.mov': [realFile('video.mov'), /is a video/],
			'a video of 25 MB': [
				Buffer.concat([realFile('video.mp4'), Buffer.alloc(25_000_000)]),
				/is a video/,
			],
			'HEIF by mif3': [ftyp('mif3', 'mif3', 'miaf'), /is a HEIF image/],
			'HEIC by mif2': [ftyp('mif2', 'heic'), /is a HEI[CF] image/],
			'HEIF by avci': [ftyp('avci', 'avci', 'mif1'), /is a HEIF image/],
			'HEIF by vvic': [ftyp('vvic', 'mif1', 'vvic'), /is a HEIF image/],
			'HEIC by mif1': [ftyp('mif1', 'mif1', 'heic'), /is a HEIC image/],
			'AVIF by mif1': [ftyp('mif1', 'mif1', 'avif'), /is an AVIF image/],
			'AVIF sequence by msf1': [ftyp('msf1', 'msf1', 'avis', 'iso8'), /is an AVIF image/],
			'a Photoshop file': [latin1('8BPS\0\x01\0\0\0\0\0\0'), /is a Photoshop file/],
			'a large Photoshop file': [latin1('8BPS\0\x02\0\0\0\0\0\0'), /is a Photoshop file/],
			'JPEG XL': [latin1('\0\0\0\x0cJXL \r\n\x87\n'), /is a JPEG XL image/],
			'a Matroska video': [latin1('\x1aE\xdf\xa3\x01\0\0\0'), /is a video/],
		});
	});
});

/** What the node makes of each link: what it sends, or the refusal; and the hints, in one run. */
async function linksIn(links: string[]) {
	const { rows, error, hints } = await evolink.run({
		parameters: { imageUrl: '={{ $json.link }}', waitForCompletion: false },
		items: links.map((link) => ({ json: { link } })),
		node: { onError: 'continueRegularOutput' },
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
		['Google Drive', "'Google Drive'", 'https://drive.google.com/open?id=1a2b'],
		['Dropbox', "'Dropbox'", 'https://www.dropbox.com/scl/fi/abc/cat.jpg?rlkey=x&dl=0'],
		['OneDrive', "'Microsoft OneDrive'", 'https://1drv.ms/i/s!abc'],
		['OneDrive', "'Microsoft OneDrive'", 'https://contoso-my.sharepoint.com/:i:/g/personal/x'],
		['Instagram', "'HTTP Request'", 'https://www.instagram.com/p/abc/'],
		['Google Photos', "'HTTP Request'", 'https://photos.app.goo.gl/AbC123'],
		['Google Photos', "'HTTP Request'", 'https://photos.google.com/share/AF1Qip/photo/AF1Q'],
		['iCloud', "'HTTP Request'", 'https://www.icloud.com/sharedalbum/#B0x5'],
		['iCloud', "'HTTP Request'", 'https://share.icloud.com/photos/0ab'],
		['WeTransfer', "'HTTP Request'", 'https://we.tl/t-AbC123'],
		['WeTransfer', "'HTTP Request'", 'https://acme.wetransfer.com/downloads/abc/def'],
		['Pinterest', "'HTTP Request'", 'https://www.pinterest.co.uk/pin/1234/'],
		['Pinterest', "'HTTP Request'", 'https://pin.it/AbC'],
		['YouTube', "'HTTP Request'", 'https://youtu.be/AbC'],
		['YouTube', "'HTTP Request'", 'https://m.youtube.com/watch?v=AbC'],
		['Canva', "'HTTP Request'", 'https://www.canva.com/design/DAF/AbC/view'],
		['Unsplash', "'HTTP Request'", 'https://unsplash.com/photos/a-cat-AbC'],
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

	it('that leads to the file itself gets no hint', async () => {
		const { hints } = await linksIn([
			'https://lh3.googleusercontent.com/d/1a2b',
			'https://drive.google.com/uc?export=download&id=1a2b',
			'https://www.dropbox.com/s/abc/cat.jpg?raw=1',
			'https://www.dropbox.com/scl/fi/abc/cat.jpg?rlkey=x&dl=1',
			'https://dl.dropboxusercontent.com/s/abc/cat.jpg',
			'https://contoso.sharepoint.com/:i:/g/x?download=1',
			'https://i.pinimg.com/originals/ab/cat.jpg',
			'https://i.ytimg.com/vi/AbC/hq720.jpg',
			'https://images.unsplash.com/photo-1?w=1200&fm=jpg',
			'https://unsplash.com/photos/AbC/download?force=true',
			'https://cvws.icloud-content.com/B/AbC/IMG_1.JPG',
			'https://scontent.cdninstagram.com/v/t51/cat.jpg',
			'https://example.com/drive.google.com/file/d/1',
			'https://example.com/cat.heic.jpg',
			'https://example.com/html',
		]);

		expect(hints).toEqual([]);
	});
});
