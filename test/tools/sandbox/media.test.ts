import { createHash } from 'node:crypto';
import { get } from 'node:http';
import axios from 'axios';
import { createFile } from 'mp4box';
import type { TaskPlan } from '../../../sandbox';
import { closeSandboxes, openSandbox, type SandboxAtHand } from './sandbox-client';

afterEach(closeSandboxes);

/** A completed task and its link. */
async function finishedTask({ sandbox, submit }: SandboxAtHand, plan: TaskPlan = {}, order = {}) {
	sandbox.planTask({ generationSeconds: 0, ...plan });
	const taskId = await submit(order);
	return { taskId, link: sandbox.task(taskId)?.mediaUrl ?? '' };
}

const download = async (link: string, headers: Record<string, string> = {}) =>
	await axios.get<Buffer>(link, {
		responseType: 'arraybuffer',
		validateStatus: () => true,
		timeout: 5_000,
		headers,
	});

function parseMp4(bytes: Buffer) {
	const file = createFile();
	const copy = new Uint8Array(bytes).buffer;
	let video: { width?: number; height?: number; seconds: number } | undefined;
	let codecs: string[] = [];
	file.onError = (_module, message) => {
		throw new Error(message);
	};
	file.onReady = (info) => {
		codecs = info.tracks.map(({ codec }) => codec);
		video = { ...info.tracks[0].video, seconds: info.duration / info.timescale };
	};
	file.appendBuffer(Object.assign(copy, { fileStart: 0 }));
	file.flush();
	return { video, codecs, boxes: file.boxes.map(({ type }) => type) };
}

/** Reads a link byte by byte, so that what arrives before a cut is known. */
async function rawDownload(link: string, giveUpAfterMs = 5_000) {
	return await new Promise<{ bytes: number; contentLength: number; end: string }>((resolve) => {
		const request = get(link, { agent: false }, (response) => {
			let bytes = 0;
			const contentLength = Number(response.headers['content-length']);
			const timer = setTimeout(() => finish('silence'), giveUpAfterMs);
			const finish = (end: string) => {
				clearTimeout(timer);
				request.destroy();
				resolve({ bytes, contentLength, end });
			};
			response.on('data', (piece: Buffer) => (bytes += piece.length));
			response.on('end', () => finish('complete'));
			response.on('error', () => finish('cut'));
		});
	});
}

describe('a result link', () => {
	it.each([
		['768p', 6, 1366, 768],
		['768p', 10, 1366, 768],
		['1080p', 6, 1920, 1080],
	] as const)('serves %s with %d s as a real MP4', async (quality, duration, width, height) => {
		const atHand = await openSandbox();
		const { taskId, link } = await finishedTask(atHand, {}, { quality, duration });
		const { status, headers, data } = await download(link);
		const media = atHand.sandbox.mediaOf(taskId);
		expect(status).toBe(200);
		expect(headers['content-type']).toBe('video/mp4');
		expect(headers['content-length']).toBe(String(data.length));
		expect(data.length).toBe(media.sizeBytes);
		expect(createHash('sha256').update(data).digest('hex')).toBe(media.sha256);
		expect(data.equals(media.bytes())).toBe(true);
		const { video, boxes } = parseMp4(data);
		expect(video).toEqual({ width, height, seconds: duration });
		expect(boxes.at(-1)).toBe('free');
		expect(data.toString('latin1')).toContain(taskId);
		expect(atHand.sandbox.violations).toEqual([]);
	});

	it.each([
		['kling-v3-turbo-text-to-video', { aspect_ratio: '9:16' }, 360, 640, false],
		['kling-v3-text-to-video', { aspect_ratio: '1:1' }, 480, 480, false],
		['kling-v3-text-to-video', { aspect_ratio: '9:16', sound: 'on' }, 360, 640, true],
		['seedance-2.0-text-to-video', { aspect_ratio: '3:4' }, 360, 640, true],
		['seedance-2.0-text-to-video', { generate_audio: false }, 640, 360, false],
		['wan3.0-text-to-video', { aspect_ratio: '1:1' }, 480, 480, true],
		['gemini-omni-1.1-flash-text-to-video', { aspect_ratio: '16:9' }, 640, 360, true],
	])('of %s with %j has that shape and sound', async (model, change, width, height, hasSound) => {
		const atHand = await openSandbox();
		const order = { model, image_urls: undefined, ...change };
		const { link } = await finishedTask(atHand, {}, order);
		const { video, codecs } = parseMp4((await download(link)).data);
		expect(video).toEqual({ width, height, seconds: 5 });
		const audio = hasSound ? [expect.stringMatching(/^mp4a/)] : [];
		expect(codecs).toEqual([expect.stringMatching(/^avc1/), ...audio]);
	});

	it('is another file for each task', async () => {
		const { sandbox } = await openSandbox();
		const [first, second] = [sandbox.addTask(), sandbox.addTask()];
		expect(sandbox.mediaOf(first).sha256).not.toBe(sandbox.mediaOf(second).sha256);
		const outcome = { status: 'completed', mediaPaddingBytes: 1000 };
		const padded = [sandbox.addTask({ outcome }), sandbox.addTask({ outcome })];
		const [end, otherEnd] = padded.map((id) => sandbox.mediaOf(id).bytes().subarray(-1000));
		expect(end.equals(otherEnd)).toBe(false);
	});

	it('is a violation when the key comes along', async () => {
		const atHand = await openSandbox();
		const { link } = await finishedTask(atHand);
		await download(link, { Authorization: 'Bearer of-another-service' });
		await download(link, { 'X-Api-Key': atHand.sandbox.apiKey });
		expect(atHand.sandbox.violations).toHaveLength(2);
	});

	it('does not exist before the end, at another name and after 24 hours', async () => {
		const atHand = await openSandbox();
		const { link } = await finishedTask(atHand, { generationSeconds: 100 });
		expect(link).toBe('');
		const finished = await finishedTask(atHand);
		expect((await download(finished.link.replace('.mp4', 'x.mp4'))).status).toBe(404);
		atHand.passSeconds(24 * 60 * 60 - 1);
		expect((await download(finished.link)).status).toBe(200);
		atHand.passSeconds(1);
		expect((await download(finished.link)).status).toBe(404);
	});

	it('can be large, and still is an MP4', async () => {
		const atHand = await openSandbox();
		const padding = 30 * 1024 * 1024;
		const { taskId, link } = await finishedTask(atHand, {
			outcome: { status: 'completed', mediaPaddingBytes: padding },
		});
		const { data } = await download(link);
		const media = atHand.sandbox.mediaOf(taskId);
		expect(data.length).toBeGreaterThan(padding);
		expect(createHash('sha256').update(data).digest('hex')).toBe(media.sha256);
		expect(parseMp4(data).video).toEqual({ width: 1366, height: 768, seconds: 6 });
	});

	it('can lie about its type, be a page, be empty or hide its length', async () => {
		const atHand = await openSandbox();
		const serve = async (media: NonNullable<unknown>) => {
			const plan: TaskPlan = { outcome: { status: 'completed', media } };
			const { taskId, link } = await finishedTask(atHand, plan);
			const answer = await download(link);
			expect(answer.data.equals(atHand.sandbox.mediaOf(taskId).bytes())).toBe(true);
			return answer;
		};
		const lie = await serve({ contentType: 'application/octet-stream' });
		expect(lie.headers['content-type']).toBe('application/octet-stream');
		expect((await serve({ contentType: '' })).headers['content-type']).toBeUndefined();
		const page = await serve({ html: true });
		expect(page.headers['content-type']).toContain('text/html');
		expect((await serve({ empty: true })).headers['content-length']).toBe('0');
		expect((await serve({ withoutContentLength: true })).headers['content-length']).toBeUndefined();
	});
});

describe('a fault of a result link', () => {
	it('can end the connection in the middle, fall silent, or pretend', async () => {
		const atHand = await openSandbox();
		const { taskId, link } = await finishedTask(atHand);
		const { sizeBytes } = atHand.sandbox.mediaOf(taskId);
		const add = (fault: Parameters<typeof atHand.sandbox.addFault>[0]['fault']) =>
			atHand.sandbox.addFault({ on: 'media', taskId, fault });
		add({ kind: 'truncated-media', bytes: 1000 });
		add({ kind: 'truncated-media', bytes: 1000, honest: true });
		add({ kind: 'stalled-media', bytes: 1000 });
		expect(await rawDownload(link)).toEqual({ bytes: 1000, contentLength: sizeBytes, end: 'cut' });
		expect(await rawDownload(link)).toEqual({
			bytes: 1000,
			contentLength: 1000,
			end: 'complete',
		});
		expect(await rawDownload(link, 300)).toEqual({
			bytes: 1000,
			contentLength: sizeBytes,
			end: 'silence',
		});
		expect((await rawDownload(link)).bytes).toBe(sizeBytes);
	});

	it('can trickle, so that only a deadline ends it', async () => {
		const atHand = await openSandbox();
		const { taskId, link } = await finishedTask(atHand);
		atHand.sandbox.addFault({ on: 'media', taskId, fault: { kind: 'trickle' } });
		const { bytes, end } = await rawDownload(link, 500);
		expect(end).toBe('silence');
		expect(bytes).toBeGreaterThan(0);
		expect(bytes).toBeLessThan(20);
	});

	it('can be an error status, a reset or a redirect', async () => {
		const atHand = await openSandbox();
		const { link } = await finishedTask(atHand);
		const { sandbox } = atHand;
		sandbox.addFault({ on: 'media', fault: { kind: 'status', status: 503, retryAfter: 1 } });
		sandbox.addFault({ on: 'media', fault: { kind: 'reset-before-acceptance' } });
		const location = `${link}?again`;
		sandbox.addFault({ on: 'media', fault: { kind: 'redirect', location, status: 307 } });
		const down = await download(link);
		expect([down.status, down.headers['retry-after']]).toEqual([503, '1']);
		await expect(download(link)).rejects.toMatchObject({ code: 'ECONNRESET' });
		expect((await download(link)).status).toBe(200);
		expect(sandbox.requestsOf('media').map(({ status }) => status)).toEqual([
			503,
			undefined,
			307,
			200,
		]);
	});
});
