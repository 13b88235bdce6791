import { createHash, randomBytes } from 'node:crypto';
import axios from 'axios';
import { closeSandboxes, openSandbox, type SandboxAtHand } from './sandbox-client';

afterEach(closeSandboxes);

const PNG_SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const STREAM = '/api/v1/files/upload/stream';
const LARGEST_BYTES = 20 * 1024 * 1024;

const picture = (sizeBytes: number) =>
	Buffer.concat([PNG_SIGNATURE, randomBytes(sizeBytes - PNG_SIGNATURE.length)]);

function form(bytes: Buffer, name = 'cat.png', fields: Record<string, string> = {}): FormData {
	const data = new FormData();
	for (const [key, value] of Object.entries(fields)) data.append(key, value);
	data.append('file', new Blob([new Uint8Array(bytes)], { type: 'image/png' }), name);
	return data;
}

async function upload({ http }: SandboxAtHand, bytes: Buffer): Promise<string> {
	const { data } = await http.post(STREAM, form(bytes));
	return String(data.data.file_url);
}

describe('an upload', () => {
	it('keeps every byte, answers all fields and serves the picture again', async () => {
		const { sandbox, http } = await openSandbox();
		const bytes = picture(50_000);
		const fields = { upload_path: 'n8n', file_name: 'my cat.png' };
		const { status, data } = await http.post(STREAM, form(bytes, 'Kätzchen.png', fields));
		expect(status).toBe(200);
		expect(data).toEqual({
			success: true,
			code: 200,
			msg: expect.any(String),
			data: {
				file_id: expect.any(String),
				file_name: 'my_cat.png',
				original_name: 'Kätzchen.png',
				file_size: 50_000,
				mime_type: 'image/png',
				upload_path: 'n8n',
				file_url: `${sandbox.url}/files/${data.data.file_id}/my_cat.png`,
				download_url: `${data.data.file_url}?download=1`,
				upload_time: '2026-01-01T00:00:00.000Z',
				expires_at: '2026-01-04T00:00:00.000Z',
			},
		});
		expect(sandbox.requests[0]).toMatchObject({
			kind: 'upload',
			upload: {
				sizeBytes: 50_000,
				sha256: createHash('sha256').update(bytes).digest('hex'),
				mimeType: 'image/png',
				claimedMimeType: 'image/png',
				fileName: 'Kätzchen.png',
				fileUrl: data.data.file_url,
			},
		});
		const again = await axios.get(data.data.file_url, { responseType: 'arraybuffer' });
		expect(again.headers['content-type']).toBe('image/png');
		expect(bytes.equals(again.data)).toBe(true);
	});

	it('takes 20 MB, but not a byte more', async () => {
		const { sandbox, http } = await openSandbox();
		const options = { maxBodyLength: Infinity };
		expect((await http.post(STREAM, form(picture(LARGEST_BYTES)), options)).status).toBe(200);
		const tooLarge = await http.post(STREAM, form(picture(LARGEST_BYTES + 1)), options);
		expect(tooLarge.status).toBe(413);
		expect(tooLarge.data).toEqual({ success: false, code: 413, msg: expect.any(String) });
		expect(sandbox.requests[0].upload?.sizeBytes).toBe(LARGEST_BYTES);
		expect(sandbox.requests[1].upload).toBeUndefined();
	});

	it('tells whether the request said its length', async () => {
		const { sandbox, http } = await openSandbox();
		await http.post(STREAM, form(picture(100)));
		const response = new Response(form(picture(100)));
		await fetch(`${sandbox.url}${STREAM}`, {
			method: 'POST',
			headers: {
				authorization: `Bearer ${sandbox.apiKey}`,
				'content-type': response.headers.get('content-type') ?? '',
			},
			body: response.body,
			duplex: 'half',
		} as RequestInit);
		expect(sandbox.requests.map((request) => request.upload?.hasContentLength)).toEqual([
			true,
			false,
		]);
	});

	it.each([
		['JPEG', '\xff\xd8\xff\xe0 and more', 'image/jpeg'],
		['GIF', 'GIF89a and more', 'image/gif'],
		['WebP', 'RIFF\x00\x00\x00\x00WEBPVP8 ', 'image/webp'],
	])('knows %s by its bytes, whatever is claimed', async (_name, text, mimeType) => {
		const { sandbox, http } = await openSandbox();
		const answer = await http.post(STREAM, form(Buffer.from(text, 'latin1')));
		expect(answer.data.data.mime_type).toBe(mimeType);
		expect(sandbox.requests[0].upload?.claimedMimeType).toBe('image/png');
	});

	it.each([
		['text that calls itself a PNG', form(Buffer.from('no picture at all'))],
		['no file', new FormData()],
		['an unknown field', form(picture(100), 'a.png', { folder: 'x' })],
	])('of %s is refused', async (_name, body) => {
		const { http } = await openSandbox();
		const { status, data } = await http.post(STREAM, body);
		expect(status).toBe(400);
		expect(data).toEqual({ success: false, code: 400, msg: expect.any(String) });
	});

	it('of two files, or of text in the place of the file, is refused', async () => {
		const { http } = await openSandbox();
		const two = form(picture(100));
		two.append('file', new Blob([new Uint8Array(picture(100))]), 'b.png');
		const text = new FormData();
		text.append('file', 'just text');
		for (const body of [two, text]) expect((await http.post(STREAM, body)).status).toBe(400);
	});

	it('whose answer is lost is on record, and is stored only when accepted', async () => {
		const { sandbox, http } = await openSandbox();
		for (const kind of ['reset-before-acceptance', 'reset-after-acceptance'] as const) {
			sandbox.addFault({ on: 'upload', fault: { kind } });
			await expect(http.post(STREAM, form(picture(100)))).rejects.toThrow();
		}
		const links = sandbox.requests.map((request) => request.upload?.fileUrl ?? '');
		const statuses = links.map(
			async (link) => (await axios.get(link, { validateStatus: () => true })).status,
		);
		expect(await Promise.all(statuses)).toEqual([404, 200]);
	});
});

describe('a task with an uploaded picture', () => {
	const failureOf = async (atHand: SandboxAtHand, imageUrl: string, more = {}) => {
		const taskId = await atHand.submit({ image_urls: [imageUrl], ...more });
		atHand.passSeconds(100);
		return atHand.sandbox.task(taskId)?.failureCode;
	};

	it('completes as long as the upload lives', async () => {
		const atHand = await openSandbox();
		const link = await upload(atHand, picture(100));
		expect(await failureOf(atHand, link)).toBeNull();
		atHand.passSeconds(72 * 60 * 60);
		expect(await failureOf(atHand, link)).toBe('image_processing_error');
	});

	it('fails for a picture that was never uploaded and for a GIF', async () => {
		const atHand = await openSandbox();
		const { url } = atHand.sandbox;
		expect(await failureOf(atHand, `${url}/files/none/cat.png`)).toBe('image_processing_error');
		const link = await upload(atHand, Buffer.from('GIF89a and more'));
		expect(await failureOf(atHand, link)).toBe('image_processing_error');
	});

	it('fails for what its model does not take: WebP, or more than 10 MB', async () => {
		const atHand = await openSandbox();
		const failureAsFrame = async (bytes: Buffer) => {
			const image_start = await upload(atHand, bytes);
			const kling = { model: 'kling-v3-image-to-video', image_urls: undefined, image_start };
			return await failureOf(atHand, image_start, kling);
		};
		const megabytes = 10 * 1024 * 1024;
		expect(await failureAsFrame(picture(megabytes))).toBeNull();
		expect(await failureAsFrame(picture(megabytes + 1))).toBe('image_processing_error');
		const webp = Buffer.from('RIFF\x00\x00\x00\x00WEBPVP8 ', 'latin1');
		expect(await failureAsFrame(webp)).toBe('image_processing_error');
	});
});
