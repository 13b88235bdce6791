import type { Fault, FaultAction, TaskPlan } from '../../sandbox';
import { useEvolink } from './evolink-workflow';
import type { EvolinkResult, OwnBench } from './evolink-workflow';
import { forEver, startOddHost } from './odd-host';
import type { OddAnswer, OddHost } from './odd-host';
import { SPEED } from './quick-clock';

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
	const seconds = ((Date.now() - sandbox.requests[0].receivedAtMs) * SPEED) / 1000;
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
	expect(delivery.seconds).toBeLessThan(400);
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
			const pauseSeconds = ((second.receivedAtMs - (first.answeredAtMs ?? 0)) * SPEED) / 1000;
			if ('retryAfter' in fault) expect(pauseSeconds).toBeGreaterThan(59);
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
			expect(delivery.seconds).toBeLessThan(200);
		});
	}
});

const VIDEO = Buffer.from('the bytes of a video');

function sendVideo(): OddAnswer {
	return (res) => res.writeHead(200, { 'content-type': 'video/mp4' }).end(VIDEO);
}

function redirectTo(location: string, status = 302): OddAnswer {
	return (res) => res.writeHead(status, { location }).end();
}

/** Starts hosts for one test, and ends them after it. */
async function withHosts(
	answers: OddAnswer[],
	test: (...hosts: OddHost[]) => Promise<void>,
): Promise<void> {
	const hosts = await Promise.all(answers.map(startOddHost));
	try {
		await test(...hosts);
	} finally {
		await Promise.all(hosts.map(async (host) => await host.close()));
	}
}

async function expectVideo(delivery: Delivery): Promise<void> {
	expect(delivery.result.error).toBeUndefined();
	expect(await fileOf(delivery)).toEqual(VIDEO);
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
				expect(delivery.seconds).toBeLessThan(60);
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
			expect(delivery.seconds).toBeLessThan(130);
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
					expect(delivery.seconds).toBeLessThan(200);
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
			expect(delivery.seconds).toBeLessThan(200);
			expect(host.requests.length).toBeLessThan(240);
		});
	});

	evolink.it('ends clearly and at once when it does not say where to', async (bench) => {
		await withHosts([(res) => res.writeHead(302).end()], async ({ url }) => {
			const delivery = await deliver(bench, [url]);

			expectFailed(delivery, /the link answered HTTP 302/, url);
			expect(delivery.seconds).toBeLessThan(60);
		});
	});
});

// In one block, so that the minutes pass at the same time.
describe('a download that goes wrong for ever ends after five minutes', () => {
	const cases: Record<string, Download & { message: RegExp; httpCode?: string }> = {
		truncated: {
			faults: always({ kind: 'truncated-media' }),
			message: /broke off on the way|incomplete/,
		},
		'never begins': { faults: always({ kind: 'stall' }), message: /did not answer in time/ },
		'503 with a Retry-After beyond the deadline': {
			faults: always({ kind: 'status', status: 503, retryAfter: 3600 }),
			message: /HTTP 503/,
			httpCode: '503',
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
		});
	}

	const options = { timeout: 60, onTimeout: 'returnTask' };

	for (const fault of [{ kind: 'stalled-media' }, { kind: 'status', status: 503 }] as const) {
		evolink.it(
			`with 'On Timeout' set to return the task, with a row without a file (${fault.kind})`,
			async (bench) => {
				const { taskId, link, result } = await download(bench, { faults: always(fault), options });

				expect(result.error).toBeUndefined();
				expect(result.rows[0].json).toMatchObject({ taskId, status: 'completed', videoUrl: link });
				expect(result.rows[0].binary).toBeUndefined();
				expect(result.hints).toHaveLength(1);
				expect(result.hints[0].message).toContain('The row has the link, but no file');
				expect(result.hints[0].message).toContain(taskId);
			},
		);
	}

	evolink.it('but fails the item all the same when the link does not work', async (bench) => {
		const faults = always({ kind: 'status', status: 403 });
		const { result } = await download(bench, { faults, options });

		expect(result.error).toMatchObject({ name: 'NodeApiError', httpCode: '403' });
	});

	const PIECE = Buffer.alloc(64 * 1024);
	const asVideo = { 'content-type': 'video/mp4' };

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
			'announcements of an answer': {
				answer: (res) => forEver(res, 100, () => res.writeProcessing()),
				message: /did not answer in time/,
				endsOnlyByAbort: true,
			},
			'headers and then nothing': {
				answer: (res) => res.writeHead(200, asVideo).flushHeaders(),
				message: /broke off on the way/,
			},
			'a body of unknown length that drips': {
				answer: (res) => {
					res.writeHead(200, asVideo);
					forEver(res, 100, () => res.write('a'));
				},
				message: /broke off on the way/,
			},
			'a body that promises ten terabytes': {
				answer: (res) => {
					res.writeHead(200, { ...asVideo, 'content-length': 1e13 });
					forEver(res, 10, () => res.write(PIECE));
				},
				message: /broke off on the way/,
			},
			'the words of another protocol': {
				answer: ({ socket }) => socket?.end('220 ready\r\n'),
				message: /connection broke off/,
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
			res.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
			forEver(res, 10, () => res.write(PIECE));
		};
		await withHosts([page], async (host) => {
			const delivery = await deliver(bench, [host.url]);

			expectFailed(delivery, /shows a page instead of a file/, host.url);
			expect(delivery.seconds).toBeLessThan(200);
			expect(host.requests.length).toBeGreaterThan(3);
		});
	});
});
