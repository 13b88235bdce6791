import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

import type { Fault, FaultAction, TaskPlan } from '../../sandbox';
import { useEvolink, wordsOf } from './evolink-workflow';
import type { EvolinkResult, OwnBench } from './evolink-workflow';
import { forEver, startOddHost } from './odd-host';
import type { OddAnswer, OddHost } from './odd-host';
import { nodeSeconds } from './quick-clock';

const evolink = useEvolink();

/** Whether this is a run of `npm run test:compat`, whose engines ignore an abort of a request. */
const IS_OLDER_ENGINE = process.env.EVOLINK_ENGINE_VERSION !== undefined;

interface Delivery {
	taskId: string;
	result: EvolinkResult;
	/** The link that the task has, if the sandbox made it. */
	link: string;
	/** From the first request for the task to the end of the run, by the node's clock. */
	seconds: number;
}

interface Download {
	/** What downloads meet, one fault after another. */
	faults?: Array<Omit<Fault, 'on'>>;
	plan?: TaskPlan;
	options?: Record<string, unknown>;
}

/** Makes one video, which is finished at once; it is paid for once, whatever happens. */
async function download(
	{ sandbox, run }: OwnBench,
	{ faults = [], plan, options }: Download,
): Promise<Delivery> {
	if (plan !== undefined) sandbox.planTask(plan);
	for (const fault of faults) sandbox.addFault({ ...fault, on: 'media' });
	const result = await run({ parameters: { options: { pollInterval: 1, ...options } } });
	const seconds = nodeSeconds(sandbox.requests[0].receivedAtMs);
	expect(sandbox.bill).toHaveLength(1);
	const [{ taskId }] = sandbox.bill;
	return { taskId, result, link: sandbox.task(taskId)?.mediaUrl ?? '', seconds };
}

/** As {@link download}, with these results laid over the task, as no sandbox would give them. */
async function deliver(
	bench: OwnBench,
	results: unknown,
	options: Record<string, unknown> = {},
): Promise<Delivery> {
	return await download(bench, { plan: { rawTask: { results } }, options });
}

async function fileOf({ result }: Delivery): Promise<Buffer | undefined> {
	const data = result.rows[0]?.binary?.data;
	return data === undefined ? undefined : await evolink.engine.readBinary(data);
}

/** The error names what helps the user to get the video that is paid for. */
function expectFailed({ taskId, result }: Delivery, message: RegExp, link?: string): void {
	expect(result.rows).toEqual([]);
	expect(result.error).toMatchObject({
		name: expect.stringMatching(/^Node(Api|Operation)Error$/),
		message: expect.stringMatching(message),
		context: { itemIndex: 0 },
	});
	const description = String(result.error?.description);
	expect(description).toContain(taskId);
	expect(description).toContain('Task > Get with this ID');
	if (link !== undefined) expect(description).toContain(link);
}

function expectFailedAfterFiveMinutes(delivery: Delivery, message: RegExp, link: string): void {
	expectFailed(delivery, message, link);
	expect(delivery.result.error?.message).toMatch(/finished, but could not be downloaded/);
	expect(delivery.result.error?.description).toContain("'Timeout (Seconds)'");
	expect(delivery.seconds).toBeGreaterThan(299);
	expectSoonerThan(delivery, 15);
}

/** The next longer time of the node is what would be seen if it went wrong. */
function expectSoonerThan({ seconds }: Delivery, minutes: 5 | 15): void {
	expect(seconds).toBeLessThan(minutes * 60 - 10);
}

const always = (fault: FaultAction) => [{ fault, times: Infinity }];

describe('a download that goes wrong once is made again and delivers the whole file', () => {
	const faults: FaultAction[] = [
		{ kind: 'status', status: 403 },
		{ kind: 'status', status: 404 },
		{ kind: 'truncated-media' },
		{ kind: 'truncated-media', bytes: 1 },
		{ kind: 'reset-before-acceptance' },
		{ kind: 'status', status: 429 },
		{ kind: 'status', status: 503, retryAfter: 60 },
		{ kind: 'stall', seconds: 3 },
		{ kind: 'html' },
		{ kind: 'empty' },
		{ kind: 'garbage', contentType: 'application/json', body: '{"error":"not yet"}' },
	];
	for (const fault of faults) {
		evolink.it(JSON.stringify(fault), async (bench) => {
			const { sandbox } = bench;
			const delivery = await download(bench, { faults: [{ fault }] });

			expect(delivery.result.error).toBeUndefined();
			const file = await fileOf(delivery);
			expect(file?.equals(sandbox.mediaOf(delivery.taskId).bytes())).toBe(true);
			const [first, second] = sandbox.requestsOf('media');
			expect(first.fault).toBe(fault.kind);
			const pause = nodeSeconds(first.answeredAtMs ?? 0, second.receivedAtMs);
			if ('retryAfter' in fault) expect(pause).toBeGreaterThan(59);
		});
	}
});

describe('a link that leads to no video', () => {
	const answered = (status: number) => ({
		faults: always({ kind: 'status', status }),
		message: new RegExp(`link answered HTTP ${status}$`),
		httpCode: String(status),
	});
	const cases: Record<string, Download & { message: RegExp; httpCode?: string }> = {
		'refused with 400': answered(400),
		'refused with 401': answered(401),
		'refused with 403': answered(403),
		'refused with 404': answered(404),
		'refused with 410': answered(410),
		page: {
			plan: { outcome: { status: 'completed', media: { html: true } } },
			message: /shows a page instead of a file/,
		},
		empty: {
			plan: { outcome: { status: 'completed', media: { empty: true } } },
			message: /the file is empty/,
		},
	};
	for (const [name, { message, httpCode, ...one }] of Object.entries(cases)) {
		// A storage that is some seconds behind answers like this, too.
		const isTriedForAMinute = !['400', '401', '410'].includes(httpCode ?? '');
		const when = isTriedForAMinute ? 'after a minute' : 'at once';
		evolink.it(`fails the item ${when}: ${name}`, async (bench) => {
			const delivery = await download(bench, one);

			expectFailed(delivery, message, delivery.link);
			expect(delivery.result.error?.httpCode ?? undefined).toBe(httpCode);
			expect(delivery.result.error?.description).not.toContain('stop working');
			expect(bench.sandbox.requestsOf('media').length > 1).toBe(isTriedForAMinute);
			if (isTriedForAMinute) expect(delivery.seconds).toBeGreaterThan(59);
			expectSoonerThan(delivery, 5);
		});
	}
});

const MP4 = readFileSync(join(__dirname, '../../sandbox/clips/first-frame-768p-6s.mp4'));
const AS_VIDEO = { 'content-type': 'video/mp4' };

function send(bytes: Uint8Array, headers: Record<string, string> = AS_VIDEO): OddAnswer {
	return (res) => res.writeHead(200, { ...headers, 'content-length': bytes.length }).end(bytes);
}
const sendVideo = () => send(MP4);

function redirectTo(location: string, status = 302): OddAnswer {
	return (res) => res.writeHead(status, { location }).end();
}

/** Starts hosts for one test, and ends them after it. */
async function withHosts<T>(
	answers: OddAnswer[],
	test: (...hosts: OddHost[]) => Promise<T>,
): Promise<T> {
	const hosts = await Promise.all(answers.map(startOddHost));
	try {
		return await test(...hosts);
	} finally {
		await Promise.all(hosts.map(async (host) => await host.close()));
	}
}

/** The video's link gives these answers, one after another, the last one for ever. */
async function fetchFrom(bench: OwnBench, answers: OddAnswer[]) {
	let asked = 0;
	const inTurn: OddAnswer = (res, req) => answers[Math.min(asked++, answers.length - 1)](res, req);
	return await withHosts([inTurn], async ({ url }) => ({
		...(await deliver(bench, [`${url}/video.mp4`], { timeout: 60 })),
		downloads: asked,
	}));
}

async function expectVideo(delivery: Delivery, bytes: Buffer = MP4): Promise<void> {
	expect(delivery.result.error).toBeUndefined();
	expect((await fileOf(delivery))?.equals(bytes)).toBe(true);
	const [{ binary }] = delivery.result.rows;
	expect(binary?.data).toMatchObject({
		mimeType: 'video/mp4',
		fileName: `${delivery.taskId}.mp4`,
	});
}

/** Whatever proves who the user is has no business on a foreign host. */
function expectNoSecrets({ sandbox }: OwnBench, ...hosts: OddHost[]): void {
	for (const host of hosts) {
		expect(host.requests.length).toBeGreaterThan(0);
		for (const { headers } of host.requests) {
			expect(headers).not.toHaveProperty('authorization');
			expect(headers).not.toHaveProperty('cookie');
			expect(JSON.stringify(headers)).not.toContain(sandbox.apiKey);
		}
	}
}

describe('a result that is no web address fails the item at once and is never opened', () => {
	for (const linkFor of [
		(host: string) => `ftp://${host}/video.mp4`,
		(host: string) => `//${host}/video.mp4`,
		(host: string) => `${host}/video.mp4`,
		() => '/media/video.mp4',
		() => 'file:///etc/passwd',
		() => 'data:video/mp4;base64,AAAAIGZ0eXBpc29t',
		() => 'http://',
		() => 'http://[127.0.0.1/video.mp4',
		() => ' ',
	]) {
		evolink.it(JSON.stringify(linkFor('HOST')), async (bench) => {
			await withHosts([sendVideo()], async (host) => {
				const link = linkFor(new URL(host.url).host);
				const delivery = await deliver(bench, [link]);

				expectFailed(delivery, /its link is not a web address/, link);
				expectSoonerThan(delivery, 5);
				expect(host.connectionCount()).toBe(0);
				expect(bench.sandbox.requestsOf('media')).toEqual([]);
			});
		});
	}

	evolink.it('nor does a whole file in the link bury the message', async (bench) => {
		const link = `data:video/mp4;base64,${'A'.repeat(2_000_000)}`;
		const delivery = await deliver(bench, [link]);

		expectFailed(delivery, /its link is not a web address/, link.slice(0, 400));
		expect(String(delivery.result.error?.description).length).toBeLessThan(5_000);
	});
});

describe('a finished task without a usable link', () => {
	for (const results of [
		null,
		[],
		[''],
		[17],
		[{ url: 'http://127.0.0.1/' }],
		'http://127.0.0.1/',
	]) {
		evolink.it(`ends by the deadline: ${JSON.stringify(results)}`, async (bench) => {
			const delivery = await deliver(bench, results, { timeout: 30 });

			expectFailed(delivery, /finished, but Evolink gave no link to it within 30 seconds/);
			expect(delivery.result.error?.description).toContain("last known status is 'completed'");
			expectSoonerThan(delivery, 5);
			expect(bench.sandbox.requestsOf('media')).toEqual([]);
		});
	}

	evolink.it('is none where a later link is usable, also in capital letters', async (bench) => {
		await withHosts([sendVideo()], async ({ url }) => {
			await expectVideo(await deliver(bench, [null, '', 17, url.replace('http:', 'HTTP:')]));
		});
	});
});

describe('a result link that redirects', () => {
	for (const status of [301, 302, 303, 307, 308]) {
		evolink.it(`is followed to another port, without the key (${status})`, async (bench) => {
			await withHosts([sendVideo()], async (storage) => {
				await withHosts([redirectTo(`${storage.url}/a.mp4`, status)], async (host) => {
					await expectVideo(await deliver(bench, [host.url]));

					expectNoSecrets(bench, host, storage);
					expect(storage.requests.map(({ path }) => path)).toEqual(['/a.mp4']);
				});
			});
		});
	}

	evolink.it('is followed to another host, and takes no cookie along', async (bench) => {
		await withHosts([sendVideo()], async (last) => {
			// Another name of the same machine is another host, and a shorter link is still one.
			const location = last.url.replace('127.0.0.1', 'localhost');
			const withCookie: OddAnswer = (res) =>
				res.writeHead(302, { location, 'set-cookie': 'session=1; Path=/' }).end();
			await withHosts([withCookie], async (first) => {
				await expectVideo(await deliver(bench, [first.url]));

				expectNoSecrets(bench, first, last);
			});
		});
	});

	evolink.it('is followed to a path on the same host', async (bench) => {
		const answer: OddAnswer = (res, req) =>
			req.url === '/moved/a.mp4' ? sendVideo()(res, req) : redirectTo('moved/a.mp4')(res, req);
		await withHosts([answer], async (host) => {
			await expectVideo(await deliver(bench, [`${host.url}/here.mp4`]));
		});
	});

	for (const [name, locationFor, message] of [
		['to a file', () => 'file:///etc/passwd', /leads to something that is not a web address/],
		['to FTP', (host: string) => `ftp://${host}/a.mp4`, /something that is not a web address/],
		['to data', () => 'data:video/mp4;base64,AAAA', /something that is not a web address/],
		['to no host', () => 'http://[', /the link could not be opened/],
	] as const) {
		evolink.it(`ends clearly and after a minute when it leads ${name}`, async (bench) => {
			await withHosts([sendVideo()], async (bystander) => {
				const location = locationFor(new URL(bystander.url).host);
				await withHosts([redirectTo(location)], async ({ url }) => {
					const delivery = await deliver(bench, [url]);

					expectFailed(delivery, message, url);
					expectSoonerThan(delivery, 5);
					expect(bystander.connectionCount()).toBe(0);
				});
			});
		});
	}

	evolink.it('ends clearly when each address leads to yet another one', async (bench) => {
		let count = 0;
		await withHosts([(res, req) => redirectTo(`/${++count}`)(res, req)], async (host) => {
			const delivery = await deliver(bench, [host.url]);

			expectFailed(delivery, /too many redirects/, host.url);
			expectSoonerThan(delivery, 5);
			expect(host.requests.length).toBeLessThan(240);
		});
	});

	evolink.it('ends clearly and at once when it does not say where to', async (bench) => {
		await withHosts([(res) => res.writeHead(302).end()], async ({ url, requests }) => {
			const delivery = await deliver(bench, [url]);

			expectFailed(delivery, /the link answered HTTP 302/, url);
			expect(requests).toHaveLength(1);
		});
	});
});

// In one block, so that the minutes pass at the same time.
describe('a download that goes wrong for ever ends after five minutes', () => {
	const cases: Record<string, Download & { message: RegExp; httpCode?: string }> = {
		'never begins': { faults: always({ kind: 'stall' }), message: /did not answer in time/ },
		'500': {
			faults: always({ kind: 'status', status: 500 }),
			message: /HTTP 500/,
			httpCode: '500',
		},
		reset: {
			faults: always({ kind: 'reset-before-acceptance' }),
			message: /connection broke off/,
		},
		'host that does not exist': {
			plan: { outcome: { status: 'completed', results: ['http://nowhere.invalid/a.mp4'] } },
			message: /address in the link could not be found/,
		},
	};
	for (const [name, { message, httpCode, ...one }] of Object.entries(cases)) {
		evolink.it(`whatever the timeout: ${name}`, async (bench) => {
			const delivery = await download(bench, { ...one, options: { timeout: 60 } });

			expectFailedAfterFiveMinutes(delivery, message, delivery.link);
			expect(delivery.result.error?.httpCode ?? undefined).toBe(httpCode);
			const attempts = bench.sandbox.requestsOf('media').map(({ receivedAtMs }) => receivedAtMs);
			if (!['500', 'reset'].includes(name)) return;
			expect(nodeSeconds(attempts[0], attempts.at(-1))).toBeGreaterThan(285);
		});
	}

	const options = { timeout: 60, onTimeout: 'returnTask' };

	evolink.it(
		"with 'On Timeout' set to return the task, with a row without a file",
		async (bench) => {
			const faults = always({ kind: 'stalled-media' });
			const { taskId, link, result } = await download(bench, { faults, options });

			expect(result.error).toBeUndefined();
			expect(result.rows[0].json).toMatchObject({ taskId, status: 'completed', videoUrl: link });
			expect(result.rows[0].binary).toBeUndefined();
			expect(result.hints).toHaveLength(1);
			expect(result.hints[0].message).toContain('The row has the link, but no file');
			expect(result.hints[0].message).toContain(taskId);
		},
	);

	evolink.it('but fails the item all the same when the link does not work', async (bench) => {
		const faults = always({ kind: 'status', status: 403 });
		const { result } = await download(bench, { faults, options });

		expect(result.error).toMatchObject({ name: 'NodeApiError', httpCode: '403' });
	});

	const PIECE = Buffer.alloc(64 * 1024);
	/** The beginning of an MP4 whose media never end. */
	const ENDLESS = Buffer.concat([
		MP4.subarray(0, MP4.readUInt32BE(0)),
		Buffer.from('\0\0\0\x01mdat', 'latin1'),
	]);

	const drippingHeader: OddAnswer = ({ socket }) => {
		if (socket === null) return;
		socket.write('HTTP/1.1 200 OK\r\nX-Slow: ');
		forEver(socket, 100, () => socket.write('a'));
	};
	const answers: Record<string, { answer: OddAnswer; message: RegExp; endsOnlyByAbort?: boolean }> =
		{
			// An older n8n cannot be told to end a request that is never silent.
			'a header that drips': {
				answer: drippingHeader,
				message: /did not answer in time/,
				endsOnlyByAbort: true,
			},
			'headers and then nothing': {
				answer: (res) => res.writeHead(200, AS_VIDEO).flushHeaders(),
				message: /broke off on the way/,
			},
			'a body of unknown length that drips': {
				answer: (res) => {
					res.writeHead(200, AS_VIDEO).write(ENDLESS);
					forEver(res, 100, () => res.write('a'));
				},
				message: /broke off on the way/,
			},
			'a body that promises ten terabytes': {
				answer: (res) => {
					res.writeHead(200, { ...AS_VIDEO, 'content-length': 1e13 }).write(ENDLESS);
					forEver(res, 10, () => res.write(PIECE));
				},
				message: /broke off on the way/,
			},
			'an MP4 that ends early, without a length': {
				answer: (res) => {
					res.writeHead(200, AS_VIDEO).write(MP4.subarray(0, MP4.length / 2));
					res.end();
				},
				message: /incomplete/,
			},
		};
	for (const [name, { answer, message, endsOnlyByAbort }] of Object.entries(answers)) {
		evolink.it(`and lets go of a host that never comes to an end: ${name}`, async (bench) => {
			await withHosts([answer], async (host) => {
				const delivery = await deliver(bench, [host.url], { timeout: 60 });
				const endedMs = Date.now();

				expectFailedAfterFiveMinutes(delivery, message, host.url);
				if (endsOnlyByAbort && IS_OLDER_ENGINE) return;
				while (host.openConnectionCount() > 0 && Date.now() - endedMs < 1_000) {
					await new Promise((resolve) => setTimeout(resolve, 20));
				}
				expect(host.openConnectionCount()).toBe(0);
			});
		});
	}

	evolink.it('and sooner where an endless answer is a page, which is not read', async (bench) => {
		const page: OddAnswer = (res) => {
			res.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).write('<!doctype html>');
			forEver(res, 10, () => res.write('a'.repeat(64 * 1024)));
		};
		await withHosts([page], async (host) => {
			const delivery = await deliver(bench, [host.url]);

			expectFailed(delivery, /shows a page instead of a file/, host.url);
			expectSoonerThan(delivery, 5);
			expect(host.requests.length).toBeGreaterThan(3);
		});
	});
});

describe('what is no video, image or sound by its bytes', () => {
	const sentence = Buffer.from('File not found or expired');
	const zip = Buffer.concat([Buffer.from('PK\x03\x04\x14\0', 'latin1'), Buffer.alloc(900)]);
	const playlist = Buffer.from('#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:6.0,\nsegment0.ts\n');
	const WRONG: Record<string, OddAnswer> = {
		'a sentence': send(sentence),
		'a sentence without a label': send(sentence, {}),
		'a sentence as octet-stream': send(sentence, { 'content-type': 'application/octet-stream' }),
		'a ZIP archive': send(zip),
		'an HLS playlist': send(playlist),
	};
	for (const [name, answer] of Object.entries(WRONG)) {
		evolink.it(`is fetched again, whatever its label: ${name}`, async (bench) => {
			const delivery = await fetchFrom(bench, [answer, sendVideo()]);

			await expectVideo(delivery);
			expect(delivery.downloads).toBe(2);
		});
	}

	evolink.it('is told after a minute', async (bench) => {
		const delivery = await fetchFrom(bench, [send(sentence)]);

		expectFailed(delivery, /could not be downloaded/);
		expect(delivery.seconds).toBeGreaterThan(59);
		expectSoonerThan(delivery, 5);
	});
});

/** The top-level boxes of the MP4, by type: it has one of each. */
const BOXES = (() => {
	const boxes = new Map<string, Buffer>();
	for (let at = 0; at < MP4.length; at += MP4.readUInt32BE(at)) {
		boxes.set(MP4.toString('latin1', at + 4, at + 8), MP4.subarray(at, at + MP4.readUInt32BE(at)));
	}
	return boxes;
})();
const boxesOf = (...types: string[]) => Buffer.concat(types.map((type) => BOXES.get(type)!));
/** With the index at the end, as cameras write it. */
const INDEX_LAST = boxesOf('ftyp', 'free', 'mdat', 'moov');

/** Answers as they come, byte by byte. */
function raw(head: string[], body: Buffer): OddAnswer {
	return ({ socket }) => {
		const start = Buffer.from([...head, '', ''].join('\r\n'), 'latin1');
		socket?.end(Buffer.concat([start, body]));
	};
}

describe('an MP4', () => {
	const partOf = (bytes: Buffer, share: number) =>
		bytes.subarray(0, Math.floor(bytes.length * share));
	const part = partOf(MP4, 0.6);
	const asVideo = 'Content-Type: video/mp4';
	const PARTS: Record<string, OddAnswer> = {
		'its length is not said': raw(['HTTP/1.1 200 OK', asVideo, 'Connection: close'], part),
		'it comes by HTTP/1.0': raw(['HTTP/1.0 200 OK', asVideo], part),
		'its chunks end early': (res) => {
			res.writeHead(200, AS_VIDEO).write(part);
			res.end();
		},
		'a part of it comes with 206': (res) => {
			const range = `bytes 0-${part.length - 1}/${MP4.length}`;
			const headers = { 'content-range': range, 'content-length': part.length };
			res.writeHead(206, { ...AS_VIDEO, ...headers }).end(part);
		},
		'the length that is said is that of the part': send(part),
		'it ends within its index': send(partOf(INDEX_LAST, 0.98)),
		'its index at the end is missing': send(partOf(INDEX_LAST, 0.6)),
		'its index is missing between whole boxes': send(boxesOf('ftyp', 'free', 'mdat')),
		'it ends one byte within its index': send(boxesOf('ftyp', 'moov').subarray(0, -1)),
		'it ends within the head of a box': send(MP4.subarray(0, MP4.lastIndexOf('mdat') + 1)),
	};
	for (const [name, answer] of Object.entries(PARTS)) {
		evolink.it(`that is not whole is fetched again: ${name}`, async (bench) => {
			const delivery = await fetchFrom(bench, [answer, sendVideo()]);

			await expectVideo(delivery);
			expect(delivery.downloads).toBe(2);
		});
	}

	const mdat = BOXES.get('mdat')!;
	const withLongSize = Buffer.alloc(16);
	withLongSize.writeUInt32BE(1, 0);
	withLongSize.write('mdat', 4, 'latin1');
	withLongSize.writeBigUInt64BE(BigInt(mdat.length + 8), 8);
	const toTheEnd = Buffer.from(mdat);
	toTheEnd.writeUInt32BE(0, 0);
	const WHOLE: Record<string, Buffer> = {
		'its index at the end': INDEX_LAST,
		'a box of 64-bit size': Buffer.concat([
			boxesOf('ftyp', 'moov'),
			withLongSize,
			mdat.subarray(8),
		]),
		'a last box that reaches to the end': Buffer.concat([boxesOf('ftyp', 'moov'), toTheEnd]),
	};
	for (const [name, bytes] of Object.entries(WHOLE)) {
		evolink.it(`that is whole is delivered with ${name}`, async (bench) => {
			const delivery = await fetchFrom(bench, [send(bytes)]);

			await expectVideo(delivery, bytes);
			expect(delivery.downloads).toBe(1);
		});
	}

	for (const [encoding, bytes] of Object.entries({
		gzip: gzipSync(MP4),
		br: brotliCompressSync(MP4),
		deflate: deflateSync(MP4),
	})) {
		evolink.it(
			`that is packed, with the packed length, is unpacked: ${encoding}`,
			async (bench) => {
				const headers = { ...AS_VIDEO, 'content-encoding': encoding };
				const delivery = await fetchFrom(bench, [send(bytes, headers)]);

				await expectVideo(delivery);
				expect(delivery.downloads).toBe(1);
			},
		);
	}

	for (const label of ['image/jpeg', 'audio/mpeg', 'text/plain', 'application/json']) {
		evolink.it(`is what its bytes say, whatever the label: ${label}`, async (bench) => {
			await expectVideo(await fetchFrom(bench, [send(MP4, { 'content-type': label })]));
		});
	}
});

describe('the minute of patience with a page', () => {
	const page = send(Buffer.from('<!doctype html><p>Please wait'), { 'content-type': 'text/html' });
	const notFound: OddAnswer = (res) => res.writeHead(404).end('Not found');
	const stalled: OddAnswer = (res) => res.writeHead(200, AS_VIDEO).flushHeaders();
	const busy: OddAnswer = (res) => res.writeHead(503).end();

	evolink.it('begins with the page, after a stall of a minute', async (bench) => {
		await expectVideo(await fetchFrom(bench, [stalled, page, sendVideo()]));
	});

	evolink.it('begins with the 404, after a busy minute', async (bench) => {
		const minute = Array<OddAnswer>(7).fill(busy);
		await expectVideo(await fetchFrom(bench, [...minute, notFound, sendVideo()]));
	});
});

describe('a link that does not work right after its task was started', () => {
	const fiveDaysAhead = { nowMs: () => Date.now() - 5 * 24 * 60 * 60 * 1000 };
	const notFound: FaultAction = { kind: 'status', status: 404 };

	evolink.it(
		'is tried again where the clock of n8n is five days ahead',
		async (bench) => {
			const { result } = await download(bench, { faults: [{ fault: notFound }] });

			expect(result.error).toBeUndefined();
			expect(result.rows[0].binary?.data).toBeDefined();
		},
		fiveDaysAhead,
	);

	evolink.it('is tried again where the API does not say when that was', async (bench) => {
		const { result } = await download(bench, {
			plan: { rawTask: { created: undefined } },
			faults: [{ fault: { kind: 'status', status: 403 } }],
		});

		expect(result.error).toBeUndefined();
		expect(result.rows[0].binary?.data).toBeDefined();
	});

	evolink.it(
		'is never explained by 24 hours',
		async (bench) => {
			const { result, taskId } = await download(bench, { faults: always(notFound) });

			expect(wordsOf(result.error)).toContain(taskId);
			expect(wordsOf(result.error)).not.toMatch(/stop working/);
		},
		fiveDaysAhead,
	);
});
