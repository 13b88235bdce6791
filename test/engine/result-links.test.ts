/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs beside n8n, never inside it */
import type { TaskPlan } from '../../sandbox';
import { useEvolink } from './evolink-workflow';
import type { EvolinkResult } from './evolink-workflow';
import { forEver, startOddHost } from './odd-host';
import { SPEED } from './quick-clock';
import type { OddAnswer, OddHost } from './odd-host';

// The minutes that a download may take pass in seconds.
const evolink = useEvolink({ generationSeconds: 0 });

/** Whether this is a run of `npm run test:compat`, whose engines ignore an abort of a request. */
const IS_OLDER_ENGINE = process.env.EVOLINK_ENGINE_VERSION !== undefined;

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

interface Delivery {
	taskId: string;
	result: EvolinkResult;
	/** From the first request for the task to the end of the run, by the node's clock. */
	seconds: number;
}

/** Has a finished task with these results delivered, as a new video or by its ID. */
async function deliver(
	{ sandbox, run }: OwnBench,
	operation: 'create' | 'get',
	results: unknown,
	moreOptions: Record<string, unknown> = {},
): Promise<Delivery> {
	// Finished tasks need no patience.
	const options = { pollInterval: 1, ...moreOptions };
	// Laid over the sandbox's own answer, since it would not give such results by itself.
	const plan: TaskPlan = { generationSeconds: 0, rawTask: { results } };
	let result: EvolinkResult;
	if (operation === 'create') {
		sandbox.planTask(plan);
		result = await run({ parameters: { options } });
	} else {
		const taskId = sandbox.addTask(plan);
		result = await run({
			parameters: {
				resource: 'task',
				operation: 'get',
				taskId,
				waitForCompletion: true,
				downloadVideo: true,
				options,
			},
		});
	}
	const [{ taskId }] = sandbox.tasks();
	const [{ receivedAtMs }] = sandbox.requests;
	return { taskId, result, seconds: ((Date.now() - receivedAtMs) / 1000) * SPEED };
}

/** The error names what helps the user to get the video that is paid for. */
function expectWayOn({ taskId, result }: Delivery, message: RegExp, link?: string): void {
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

async function expectVideo({ result }: Delivery): Promise<void> {
	expect(result.error).toBeUndefined();
	const { data } = result.rows[0].binary ?? {};
	expect(data).toBeDefined();
	if (data !== undefined) expect(await evolink.engine.readBinary(data)).toEqual(VIDEO);
}

/** Whatever proves who the user is has no business on a foreign host. */
function expectNoSecrets(host: OddHost, { sandbox }: OwnBench): void {
	expect(host.requests.length).toBeGreaterThan(0);
	for (const { headers } of host.requests) {
		expect(headers).not.toHaveProperty('authorization');
		expect(headers).not.toHaveProperty('cookie');
		expect(JSON.stringify(headers)).not.toContain(sandbox.apiKey);
	}
}

describe('a result that is no web address', () => {
	const links: Array<{ name: string; linkFor: (host: string) => string }> = [
		{ name: 'FTP, where a server listens', linkFor: (host) => `ftp://${host}/video.mp4` },
		{ name: 'a web socket', linkFor: (host) => `ws://${host}/video.mp4` },
		{ name: 'a link without a scheme', linkFor: (host) => `//${host}/video.mp4` },
		{ name: 'a host alone', linkFor: (host) => `${host}/video.mp4` },
		{ name: 'a scheme inside another', linkFor: (host) => `view-source:http://${host}/a.mp4` },
		{ name: 'a path', linkFor: () => '/media/video.mp4' },
		{ name: 'a path that leads out', linkFor: () => '../../../../etc/passwd' },
		{ name: 'a file', linkFor: () => 'file:///etc/passwd' },
		{ name: 'data', linkFor: () => 'data:video/mp4;base64,AAAAIGZ0eXBpc29t' },
		{ name: 'a script', linkFor: () => 'javascript:fetch("http://127.0.0.1")' },
		{ name: 'a mail', linkFor: () => 'mailto:video@example.com' },
		{ name: 'a scheme without a host', linkFor: () => 'http://' },
		{ name: 'a host that cannot be one', linkFor: () => 'http://[127.0.0.1/video.mp4' },
		{ name: 'a blank', linkFor: () => ' ' },
	];
	for (const { name, linkFor } of links) {
		evolink.it(
			`fails the item at once and is never opened: ${name}`,
			async (bench) =>
				await withHosts([sendVideo()], async (host) => {
					const link = linkFor(new URL(host.url).host);
					const delivery = await deliver(bench, 'get', [link]);

					expectWayOn(delivery, /its link is not a web address/, link);
					expect(delivery.seconds).toBeLessThan(60);
					expect(host.connectionCount()).toBe(0);
					expect(bench.sandbox.requestsOf('media')).toEqual([]);
				}),
		);
	}

	evolink.it('does not bury the message when a whole file stands in the link', async (bench) => {
		const link = `data:video/mp4;base64,${'A'.repeat(2_000_000)}`;
		const delivery = await deliver(bench, 'create', [link]);

		expectWayOn(delivery, /its link is not a web address/, link.slice(0, 400));
		expect(String(delivery.result.error?.description).length).toBeLessThan(5_000);
	});

	evolink.it(
		'is a web address in capital letters',
		async (bench) =>
			await withHosts([sendVideo()], async (host) => {
				await expectVideo(await deliver(bench, 'get', [host.url.replace('http:', 'HTTP:')]));
			}),
	);
});

describe('a finished task without a usable link', () => {
	const odd: Array<{ name: string; results: unknown }> = [
		{ name: 'no results', results: undefined },
		{ name: 'null', results: null },
		{ name: 'an empty list', results: [] },
		{ name: 'an empty text', results: [''] },
		{ name: 'a number', results: [17] },
		{ name: 'nothing', results: [null] },
		{ name: 'an object', results: [{ url: 'http://127.0.0.1/video.mp4' }] },
		{ name: 'a list in the list', results: [['http://127.0.0.1/video.mp4']] },
		{ name: 'a text for a list', results: 'http://127.0.0.1/video.mp4' },
	];
	for (const { name, results } of odd) {
		evolink.it(`ends by the deadline, and nothing is opened: ${name}`, async (bench) => {
			const delivery = await deliver(bench, 'get', results, { timeout: 30 });

			expectWayOn(delivery, /finished, but Evolink gave no link to it within 30 seconds/);
			expect(delivery.seconds).toBeLessThan(130);
			expect(bench.sandbox.requestsOf('media')).toEqual([]);
		});
	}

	evolink.it(
		'is one whose first usable link is taken',
		async (bench) =>
			await withHosts([sendVideo()], async (host) => {
				await expectVideo(await deliver(bench, 'create', [null, '', 17, host.url]));
			}),
	);
});

describe('a result link that redirects', () => {
	for (const status of [301, 302, 303, 307, 308]) {
		evolink.it(
			`is followed to another port, without the key (${status})`,
			async (bench) =>
				await withHosts(
					[sendVideo()],
					async (storage) =>
						await withHosts([redirectTo(`${storage.url}/a.mp4`, status)], async (host) => {
							await expectVideo(await deliver(bench, 'create', [host.url]));

							expectNoSecrets(host, bench);
							expectNoSecrets(storage, bench);
							expect(storage.requests.map(({ path }) => path)).toEqual(['/a.mp4']);
						}),
				),
		);
	}

	evolink.it(
		'is followed over several hosts, and takes no cookie along',
		async (bench) =>
			await withHosts([sendVideo()], async (last) => {
				// Another name of the same machine is another host, and a shorter link is still one.
				const byName = last.url.replace('127.0.0.1', 'localhost');
				const withCookie: OddAnswer = (res) =>
					res.writeHead(302, { location: byName, 'set-cookie': 'session=1; Path=/' }).end();
				await withHosts(
					[withCookie],
					async (second) =>
						await withHosts([redirectTo(second.url)], async (first) => {
							await expectVideo(await deliver(bench, 'get', [first.url]));

							for (const host of [first, second, last]) expectNoSecrets(host, bench);
						}),
				);
			}),
	);

	evolink.it('is followed to a path on the same host', async (bench) => {
		const answer: OddAnswer = (res, req) =>
			req.url === '/moved/a.mp4' ? sendVideo()(res, req) : redirectTo('moved/a.mp4')(res, req);
		await withHosts([answer], async (host) => {
			await expectVideo(await deliver(bench, 'create', [`${host.url}/here.mp4`]));
		});
	});

	const falseTrails: Array<{
		name: string;
		locationFor: (host: string) => string;
		message: RegExp;
	}> = [
		{
			name: 'a file of this computer',
			locationFor: () => 'file:///etc/passwd',
			message: /leads to something that is not a web address/,
		},
		{
			name: 'FTP, where a server listens',
			locationFor: (host) => `ftp://${host}/video.mp4`,
			message: /leads to something that is not a web address/,
		},
		{
			name: 'data',
			locationFor: () => 'data:video/mp4;base64,AAAA',
			message: /leads to something that is not a web address/,
		},
		{
			name: 'a script',
			locationFor: () => 'javascript:alert(1)',
			message: /leads to something that is not a web address/,
		},
		{
			name: 'a host that cannot be one',
			locationFor: () => 'http://[',
			message: /the link could not be opened/,
		},
	];
	for (const { name, locationFor, message } of falseTrails) {
		evolink.it(
			`ends clearly and after a minute when it leads to ${name}`,
			async (bench) =>
				await withHosts(
					[sendVideo()],
					async (bystander) =>
						await withHosts(
							[redirectTo(locationFor(new URL(bystander.url).host))],
							async ({ url }) => {
								const delivery = await deliver(bench, 'get', [url]);

								expectWayOn(delivery, message, url);
								expect(delivery.seconds).toBeLessThan(200);
								expect(bystander.connectionCount()).toBe(0);
							},
						),
				),
		);
	}

	evolink.it('ends clearly and after a minute on a circle of two hosts', async (bench) => {
		let secondUrl = '';
		const toSecond: OddAnswer = (res, req) => redirectTo(secondUrl)(res, req);
		await withHosts(
			[toSecond],
			async (first) =>
				await withHosts([redirectTo(first.url)], async (second) => {
					secondUrl = second.url;
					const delivery = await deliver(bench, 'create', [first.url]);

					expectWayOn(delivery, /too many redirects/, first.url);
					expect(delivery.seconds).toBeLessThan(200);
					expect(first.requests.length).toBeLessThan(120);
					expectNoSecrets(first, bench);
					expectNoSecrets(second, bench);
				}),
		);
	});

	evolink.it('ends clearly when each address leads to yet another one', async (bench) => {
		let count = 0;
		await withHosts([(res, req) => redirectTo(`/${++count}`)(res, req)], async ({ url }) => {
			const delivery = await deliver(bench, 'get', [url]);

			expectWayOn(delivery, /too many redirects/, url);
			expect(delivery.seconds).toBeLessThan(200);
		});
	});

	evolink.it(
		'ends clearly and at once when it does not say where to',
		async (bench) =>
			await withHosts([(res) => res.writeHead(302).end()], async ({ url }) => {
				const delivery = await deliver(bench, 'create', [url]);

				expectWayOn(delivery, /the link answered HTTP 302/, url);
				expect(delivery.seconds).toBeLessThan(60);
			}),
	);
});

describe('a result link that never comes to an end', () => {
	const PIECE = Buffer.alloc(64 * 1024);
	const asVideo = { 'content-type': 'video/mp4' };

	const drippingHeader: OddAnswer = ({ socket }) => {
		if (socket === null) return;
		socket.write('HTTP/1.1 200 OK\r\nX-Slow: ');
		forEver(socket, 100, () => socket.write('a'));
	};
	const answers: Array<{
		name: string;
		answer: OddAnswer;
		message: RegExp;
		/** An older n8n cannot be told to end a request that is never silent. */
		endsOnlyByAbort?: boolean;
	}> = [
		{ name: 'nothing at all', answer: () => {}, message: /did not answer in time/ },
		{
			name: 'a header that drips',
			answer: drippingHeader,
			message: /did not answer in time/,
			endsOnlyByAbort: true,
		},
		{
			name: 'announcements of an answer',
			answer: (res) => forEver(res, 100, () => res.writeProcessing()),
			message: /did not answer in time/,
			// An older engine's own time-out now and then takes an announcement for an answer.
			endsOnlyByAbort: true,
		},
		{
			name: 'headers and then nothing',
			answer: (res) => res.writeHead(200, asVideo).flushHeaders(),
			message: /broke off on the way/,
		},
		{
			name: 'a body of unknown length that drips',
			answer: (res) => {
				res.writeHead(200, asVideo);
				forEver(res, 100, () => res.write('a'));
			},
			message: /broke off on the way/,
		},
		{
			name: 'a body that streams without end',
			answer: (res) => {
				res.writeHead(200, asVideo);
				forEver(res, 10, () => res.write(PIECE));
			},
			message: /broke off on the way/,
		},
		{
			name: 'a body that promises ten terabytes',
			answer: (res) => {
				res.writeHead(200, { ...asVideo, 'content-length': 1e13 });
				forEver(res, 10, () => res.write(PIECE));
			},
			message: /broke off on the way/,
		},
		{
			name: 'a connection that is closed at once',
			answer: ({ socket }) => socket?.end(),
			message: /connection broke off/,
		},
		{
			name: 'the words of another protocol',
			answer: ({ socket }) => socket?.end('220 ready\r\n'),
			message: /connection broke off/,
		},
	];
	for (const { name, answer, message, endsOnlyByAbort } of answers) {
		evolink.it(
			`fails the item after five minutes and lets go of the host: ${name}`,
			async (bench) =>
				await withHosts([answer], async (host) => {
					const delivery = await deliver(bench, 'get', [host.url], { timeout: 60 });
					const endedMs = Date.now();

					expectWayOn(delivery, message, host.url);
					expect(delivery.result.error?.message).toMatch(/finished, but could not be downloaded/);
					expect(delivery.result.error?.description).toContain("'Timeout (Seconds)'");
					expect(delivery.seconds).toBeGreaterThan(299);
					expect(delivery.seconds).toBeLessThan(400);
					if (endsOnlyByAbort && IS_OLDER_ENGINE) return;
					while (host.openConnectionCount() > 0 && Date.now() - endedMs < 1_000) {
						await new Promise((resolve) => setTimeout(resolve, 20));
					}
					expect(host.openConnectionCount()).toBe(0);
				}),
		);
	}

	evolink.it('is not read at all when it is a page', async (bench) => {
		const page: OddAnswer = (res) => {
			res.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
			forEver(res, 10, () => res.write(PIECE));
		};
		await withHosts([page], async (host) => {
			const delivery = await deliver(bench, 'create', [host.url]);

			expectWayOn(delivery, /shows a page instead of a file/, host.url);
			expect(delivery.seconds).toBeLessThan(200);
			expect(host.requests.length).toBeGreaterThan(3);
		});
	});
});
