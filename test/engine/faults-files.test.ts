import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

import { startSandbox } from '../../sandbox';
import { useEvolink } from './evolink-workflow';
import type { EvolinkResult } from './evolink-workflow';
import { startOddHost } from './odd-host';
import type { OddAnswer } from './odd-host';
import { testsOnOwnSandbox } from './own-sandbox';
import type { OwnSandbox } from './own-sandbox';
import { SPEED } from './quick-clock';
import { jpegSegment, wholeJpeg, wholePng, wholeWebp } from './whole-images';

const evolink = useEvolink({ generationSeconds: 0 });
const itAlone = testsOnOwnSandbox(evolink);

const MP4 = readFileSync(join(__dirname, '../../sandbox/clips/first-frame-768p-6s.mp4'));
const AS_VIDEO = { 'content-type': 'video/mp4' };

/** The top-level boxes of the MP4, by type: it has one of each. */
const BOXES = (() => {
	const boxes = new Map<string, Buffer>();
	for (let at = 0; at < MP4.length; at += MP4.readUInt32BE(at)) {
		boxes.set(MP4.toString('latin1', at + 4, at + 8), MP4.subarray(at, at + MP4.readUInt32BE(at)));
	}
	return boxes;
})();
const mp4Of = (...types: string[]) => Buffer.concat(types.map((type) => BOXES.get(type)!));
/** With the index at the end, as cameras write it. */
const INDEX_LAST = mp4Of('ftyp', 'free', 'mdat', 'moov');
const beginningOf = (bytes: Buffer, share: number) =>
	bytes.subarray(0, Math.floor(bytes.length * share));

const whole =
	(bytes: Buffer, headers: Record<string, string> = AS_VIDEO): OddAnswer =>
	(res) =>
		void res.writeHead(200, { ...headers, 'content-length': bytes.length }).end(bytes);

interface Delivery {
	result: EvolinkResult;
	file: Buffer | undefined;
	mimeType: string | undefined;
	fileName: string | undefined;
	downloads: number;
	taskId: string;
	/** By the node's clock. */
	seconds: number;
}

/** Has the finished task's file fetched, from a host that gives these answers, the last for ever. */
async function fetchFrom(
	{ sandbox, run }: OwnSandbox,
	answers: OddAnswer[],
	operation: 'create' | 'get' = 'get',
): Promise<Delivery> {
	let asked = 0;
	const host = await startOddHost((res, req) =>
		answers[Math.min(asked++, answers.length - 1)](res, req),
	);
	try {
		const outcome = { status: 'completed', results: [`${host.url}/video.mp4`] } as const;
		const taskId = operation === 'get' ? sandbox.addTask({ generationSeconds: 0, outcome }) : '';
		if (operation === 'create') sandbox.planTask({ outcome });
		const startedMs = Date.now();
		const result = await run({
			parameters: {
				...(operation === 'get' ? { resource: 'task', operation, taskId } : {}),
				waitForCompletion: true,
				downloadVideo: true,
				options: { timeout: 60 },
			},
		});
		const binary = result.rows[0]?.binary?.data;
		return {
			result,
			file: binary === undefined ? undefined : await evolink.engine.readBinary(binary),
			mimeType: binary?.mimeType,
			fileName: binary?.fileName,
			downloads: host.requests.length,
			taskId: operation === 'get' ? taskId : sandbox.bill[0].taskId,
			seconds: ((Date.now() - startedMs) / 1000) * SPEED,
		};
	} finally {
		await host.close();
	}
}

function expectDelivered({ result, file }: Delivery, bytes: Buffer = MP4): void {
	expect(result.error).toBeUndefined();
	expect(file?.length).toBe(bytes.length);
	expect(file?.equals(bytes)).toBe(true);
}

const textOf = (error: unknown) => {
	const { message, description } = Object(error);
	return `${String(message)} ${String(description)}`;
};

describe('what is no video, image or sound by its bytes', () => {
	const WRONG: Record<string, Buffer> = {
		"a CDN's line of text": Buffer.from('error code: 1015'),
		'a status as text': Buffer.from('404'),
		'a sentence': Buffer.from('File not found or expired'),
		'a ZIP archive': Buffer.concat([Buffer.from('PK\x03\x04\x14\0', 'latin1'), Buffer.alloc(900)]),
		'the video in base64': Buffer.from(MP4.toString('base64')),
		'an HLS playlist': Buffer.from('#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:6.0,\nsegment0.ts\n'),
		'a PDF document': Buffer.from('%PDF-1.7\n1 0 obj\n'),
		'nothing but zeros': Buffer.alloc(4096),
	};
	for (const [name, bytes] of Object.entries(WRONG)) {
		itAlone(`is fetched again: ${name}`, async (own) => {
			const delivery = await fetchFrom(own, [whole(bytes), whole(MP4)]);

			expectDelivered(delivery);
			expect(delivery.downloads).toBe(2);
		});
	}

	const labels: Array<Record<string, string>> = [
		{},
		{ 'content-type': 'application/octet-stream' },
	];
	for (const headers of labels) {
		itAlone(`is fetched again, whatever its label: ${JSON.stringify(headers)}`, async (own) => {
			const text = whole(Buffer.from('File not found or expired'), headers);

			expectDelivered(await fetchFrom(own, [text, whole(MP4, headers)]));
		});
	}

	for (const name of ['a sentence', 'a ZIP archive', 'an HLS playlist']) {
		itAlone(`is told after a minute, with the ID: ${name}`, async (own) => {
			const delivery = await fetchFrom(own, [whole(WRONG[name])]);

			expect(delivery.file).toBeUndefined();
			expect(textOf(delivery.result.error)).toContain(delivery.taskId);
			expect(delivery.seconds).toBeGreaterThan(59);
			expect(delivery.seconds).toBeLessThan(200);
		});
	}
});

/** Answers as they come, byte by byte. */
function raw(head: string[], ...body: Buffer[]): OddAnswer {
	return ({ socket }) => {
		const start = Buffer.from([...head, '', ''].join('\r\n'), 'latin1');
		socket?.end(Buffer.concat([start, ...body]));
	};
}

describe('an MP4 that is not whole', () => {
	const part = beginningOf(MP4, 0.6);
	const PARTS: Record<string, OddAnswer> = {
		'its length is not said': raw(
			['HTTP/1.1 200 OK', 'Content-Type: video/mp4', 'Connection: close'],
			part,
		),
		'it comes by HTTP/1.0': raw(['HTTP/1.0 200 OK', 'Content-Type: video/mp4'], part),
		'its chunks end early': (res: ServerResponse) => {
			res.writeHead(200, AS_VIDEO);
			res.write(part);
			res.end();
		},
		'a part of it comes with 206': (res: ServerResponse) => {
			const range = `bytes 0-${part.length - 1}/${MP4.length}`;
			const headers = { 'content-range': range, 'content-length': part.length };
			res.writeHead(206, { ...AS_VIDEO, ...headers }).end(part);
		},
		'the length that is said is that of the part': whole(part),
		'it ends within its index': whole(beginningOf(INDEX_LAST, 0.98)),
		'its index at the end is missing': whole(beginningOf(INDEX_LAST, 0.6)),
		'its index is missing between whole boxes': whole(mp4Of('ftyp', 'free', 'mdat')),
		'it ends one byte within its index': whole(mp4Of('ftyp', 'moov').subarray(0, -1)),
		'it ends within the head of a box': whole(MP4.subarray(0, MP4.length - 31_039 + 5)),
	};
	for (const [name, answer] of Object.entries(PARTS)) {
		itAlone(`is fetched again, whatever the headers say: ${name}`, async (own) => {
			const delivery = await fetchFrom(own, [answer, whole(MP4)]);

			expectDelivered(delivery);
			expect(delivery.downloads).toBe(2);
		});
	}

	itAlone('is never delivered', async (own) => {
		const { file, result, taskId } = await fetchFrom(own, [PARTS['its chunks end early']]);

		expect(file).toBeUndefined();
		expect(textOf(result.error)).toContain(taskId);
	});

	const mdat = BOXES.get('mdat')!;
	const withLongSize = Buffer.alloc(16);
	withLongSize.writeUInt32BE(1, 0);
	withLongSize.write('mdat', 4, 'latin1');
	withLongSize.writeBigUInt64BE(BigInt(mdat.length + 8), 8);
	const toTheEnd = Buffer.from(mdat);
	toTheEnd.writeUInt32BE(0, 0);
	const WHOLE: Record<string, Buffer> = {
		'with its index at the end': INDEX_LAST,
		'with a box of 64-bit size': Buffer.concat([
			mp4Of('ftyp', 'moov'),
			withLongSize,
			mdat.subarray(8),
		]),
		'with a last box that reaches to the end': Buffer.concat([mp4Of('ftyp', 'moov'), toTheEnd]),
	};
	for (const [name, bytes] of Object.entries(WHOLE)) {
		itAlone(`is another thing than a whole one ${name}`, async (own) => {
			const delivery = await fetchFrom(own, [whole(bytes)]);

			expectDelivered(delivery, bytes);
			expect(delivery.downloads).toBe(1);
		});
	}
});

describe('a body that is packed, with the packed length', () => {
	const PACKED: Record<string, Buffer> = {
		gzip: gzipSync(MP4),
		br: brotliCompressSync(MP4),
		deflate: deflateSync(MP4),
	};
	for (const [encoding, bytes] of Object.entries(PACKED)) {
		for (const operation of ['create', 'get'] as const) {
			itAlone(`is delivered unpacked (${encoding}, ${operation})`, async (own) => {
				const answer = whole(bytes, { ...AS_VIDEO, 'content-encoding': encoding });
				const delivery = await fetchFrom(own, [answer], operation);

				expectDelivered(delivery);
				expect(delivery.downloads).toBe(1);
			});
		}
	}
});

describe('a file with a wrong label', () => {
	for (const label of ['image/jpeg', 'audio/mpeg', 'text/plain', 'application/json', 'text/html']) {
		itAlone(`is the MP4 that its bytes say it is: ${label}`, async (own) => {
			const delivery = await fetchFrom(own, [whole(MP4, { 'content-type': label })]);

			expectDelivered(delivery);
			expect(delivery.mimeType).toBe('video/mp4');
			expect(delivery.fileName).toMatch(/\.mp4$/);
		});
	}

	const webm = Buffer.concat([
		Buffer.from('1a45dfa39f4286810142f7810142f2810442f381084282847765626d', 'hex'),
		Buffer.from('42878102428581021853806701000000000000ff', 'hex'),
		Buffer.alloc(255),
	]);
	for (const [name, bytes, mimeType] of [
		['a PNG', wholePng(64, 64), 'image/png'],
		['a JPEG', wholeJpeg(64, 64), 'image/jpeg'],
		['a WAV', Buffer.from('RIFF\x0c\0\0\0WAVEfmt \x10\0\0\0', 'latin1'), 'audio/wav'],
		['a WebM', webm, 'video/webm'],
	] as const) {
		itAlone(`is ${name} where its bytes say so, and not a video/mp4`, async (own) => {
			const delivery = await fetchFrom(own, [whole(bytes)]);

			expectDelivered(delivery, bytes);
			expect(delivery.mimeType).toBe(mimeType);
		});
	}
});

describe('the minute of patience with a page', () => {
	const page = whole(Buffer.from('<!doctype html><p>Please wait'), { 'content-type': 'text/html' });
	const notFound: OddAnswer = (res) => void res.writeHead(404).end('Not found');
	const stalled: OddAnswer = (res) => void res.writeHead(200, AS_VIDEO).flushHeaders();
	const busy: OddAnswer = (res) => void res.writeHead(503).end();

	itAlone('begins with the page, after a stall of a minute', async (own) => {
		expectDelivered(await fetchFrom(own, [stalled, page, whole(MP4)]));
	});

	itAlone('begins with the 404, after a busy minute', async (own) => {
		const minute = Array<OddAnswer>(7).fill(busy);

		expectDelivered(await fetchFrom(own, [...minute, notFound, whole(MP4)], 'create'));
	});
});

describe('a link that does not work for a moment, right after its task was started', () => {
	const DAYS_MS = 24 * 60 * 60 * 1000;

	test.concurrent('is tried again where the clock of n8n is five days ahead', async () => {
		const sandbox = await startSandbox({
			generationSeconds: 0,
			nowMs: () => Date.now() - 5 * DAYS_MS,
		});
		try {
			sandbox.addFault({ on: 'media', fault: { kind: 'status', status: 404 } });
			const { rows, error } = await evolink.run({ sandbox });

			expect(error).toBeUndefined();
			expect(rows[0].binary?.data).toBeDefined();
		} finally {
			await sandbox.close();
		}
	});

	itAlone('is tried again where the API does not say when that was', async ({ sandbox, run }) => {
		sandbox.planTask({ rawTask: { created: undefined } });
		sandbox.addFault({ on: 'media', fault: { kind: 'status', status: 403 } });
		const { rows, error } = await run({});

		expect(error).toBeUndefined();
		expect(rows[0].binary?.data).toBeDefined();
	});

	test.concurrent('is never explained by 24 hours', async () => {
		const sandbox = await startSandbox({
			generationSeconds: 0,
			nowMs: () => Date.now() - 5 * DAYS_MS,
		});
		try {
			sandbox.addFault({
				on: 'media',
				times: Infinity,
				fault: { kind: 'status', status: 404 },
			});
			const { error } = await evolink.run({ sandbox });

			expect(textOf(error)).toContain(sandbox.bill[0].taskId);
			expect(textOf(error)).not.toMatch(/stop working/);
		} finally {
			await sandbox.close();
		}
	});
});

describe('an image file', () => {
	async function useImage({ run }: OwnSandbox, bytes: Buffer): Promise<EvolinkResult> {
		const data = await evolink.engine.storeBinary(bytes, 'a.jpg', 'image/jpeg');
		return await run({
			items: [{ json: {}, binary: { data } }],
			parameters: { imageSource: 'binary' },
		});
	}

	const thumbnail = wholeJpeg(160, 120);
	const notes = (bytes: Uint8Array) =>
		jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), bytes]));
	const photo = wholeJpeg(800, 600, { beforeFrame: notes(thumbnail) });
	const png = wholePng(800, 600);
	const CUT: Record<string, Buffer> = {
		'a JPEG at its half': beginningOf(wholeJpeg(800, 600), 0.5),
		'a JPEG without its end marker': wholeJpeg(800, 600).subarray(0, -2),
		'a JPEG that is filled up with zeros': Buffer.concat([
			beginningOf(wholeJpeg(800, 600), 0.7),
			Buffer.alloc(3000),
		]),
		'a JPEG whose thumbnail is whole': beginningOf(photo, 0.8),
		'a PNG within its pixels': beginningOf(png, 0.5),
		'a PNG without IEND': png.subarray(0, -12),
		'a PNG within IEND': png.subarray(0, -3),
		'a lossless WebP': wholeWebp('lossless').subarray(0, 36),
		'a lossy WebP': beginningOf(wholeWebp('lossy'), 0.6),
	};
	for (const [name, bytes] of Object.entries(CUT)) {
		itAlone(`that is cut is refused before anything is sent: ${name}`, async (own) => {
			const { error } = await useImage(own, bytes);

			expect(error).toMatchObject({ name: 'NodeOperationError', context: { itemIndex: 0 } });
			expect(textOf(error)).toMatch(/cut|incomplete|not complete|damaged|ends|broken off/i);
			expect(own.sandbox.requests).toEqual([]);
		});
	}

	const emptyNotes = (megabytes: number) =>
		Buffer.concat(
			Array<Buffer>(Math.ceil((megabytes * 1024 * 1024) / 65_537)).fill(
				jpegSegment(0xe2, Buffer.alloc(65_533)),
			),
		);
	const TAKEN: Record<string, Buffer> = {
		'4.1 MB of metadata before its frame': wholeJpeg(800, 600, { beforeFrame: emptyNotes(4.1) }),
		'12 MB of metadata before its frame': wholeJpeg(800, 600, { beforeFrame: emptyNotes(12) }),
		'a thumbnail': photo,
		'another image behind its end': wholeJpeg(800, 600, { afterEnd: thumbnail }),
	};
	for (const [name, bytes] of Object.entries(TAKEN)) {
		itAlone(`is taken with ${name}`, async (own) => {
			const { rows, error } = await useImage(own, bytes);

			expect(error).toBeUndefined();
			expect(rows[0].json.status).toBe('completed');
			expect(own.sandbox.requestsOf('upload')[0].upload?.sizeBytes).toBe(bytes.length);
		});
	}
});
