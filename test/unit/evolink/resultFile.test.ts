import fc from 'fast-check';

import {
	downloadResult,
	mediaTypeFromHeader,
	noLinkFailure,
	resultFileName,
} from '../../../nodes/Evolink/evolink/resultFile';
import type { NoResultReason, ResultLinks } from '../../../nodes/Evolink/evolink/resultFile';
import { Stopped } from '../../../nodes/Evolink/tasks/stop';
import { createVirtualClock } from '../tasks/virtual-clock';
import { expectPlainWords, failureOfAsync } from './failure-of';

const TASK_ID = 'task-unified-1757169743-7cvnl5zw';
const LINK = 'https://media.example/a.mp4';
const TIMEOUT_SECONDS = 100;

describe('the media type of a result', () => {
	it.each([
		['video/mp4', 'video/mp4'],
		['Video/MP4; codecs="avc1"', 'video/mp4'],
		['image/png', 'image/png'],
		['audio/mpeg;rate=1', 'audio/mpeg'],
		['', 'video/mp4'],
		[' ; ', 'video/mp4'],
		[undefined, 'video/mp4'],
		['application/octet-stream', 'video/mp4'],
		['binary/octet-stream', 'video/mp4'],
	])('from %j is %s', (contentType, mediaType) => {
		expect(mediaTypeFromHeader(contentType)).toBe(mediaType);
	});
});

describe('the name of the file', () => {
	it.each([
		['', `${TASK_ID}.mp4`],
		['spring', 'spring.mp4'],
		['spring.mp4', 'spring.mp4'],
		['Spring.MP4', 'Spring.MP4'],
		['spring.v2', 'spring.v2.mp4'],
		['Frühling 2026 🐈', 'Frühling 2026 🐈.mp4'],
		['../../etc/passwd', '_.._etc_passwd.mp4'],
		['..\\..\\boot.ini', '_.._boot.ini.mp4'],
		['/etc/passwd', '_etc_passwd.mp4'],
		['C:\\a', 'C__a.mp4'],
		['..', `${TASK_ID}.mp4`],
		[' .. ', `${TASK_ID}.mp4`],
		['. .hidden', 'hidden.mp4'],
		['spring ', 'spring.mp4'],
		['.hidden', 'hidden.mp4'],
		['a\0b\nc', 'a_b_c.mp4'],
		['a<b>:"|?*', 'a_b______.mp4'],
	])('%j becomes %j', (wanted, name) => {
		expect(resultFileName(wanted, TASK_ID, 'video/mp4')).toBe(name);
	});

	it.each([
		['video/mp4', 'a.mp4'],
		['video/webm', 'a.mp4'],
		['image/jpeg', 'a.jpg'],
		['image/jpg', 'a.jpg'],
		['image/png', 'a.png'],
		['image/webp', 'a.webp'],
		['image/gif', 'a.gif'],
		['audio/mpeg', 'a.mp3'],
		['audio/wav', 'a.wav'],
		['audio/x-wav', 'a.wav'],
		['audio/mp4', 'a.m4a'],
		['audio/aac', 'a.aac'],
		['audio/flac', 'a.flac'],
		['audio/ogg', 'a.ogg'],
		['constructor', 'a.mp4'],
		['__proto__', 'a.mp4'],
	])('of the media type %s ends as %s', (mediaType, name) => {
		expect(resultFileName('a', TASK_ID, mediaType)).toBe(name);
	});

	it('can never lead to another folder, nor be hidden', () => {
		const anyName = fc.oneof(
			fc.string({ unit: 'binary' }),
			fc
				.array(fc.constantFrom('.', '/', '\\', ' ', ':', 'a', '\0', '\n'))
				.map((parts) => parts.join('')),
		);
		fc.assert(
			fc.property(anyName, (wanted) => {
				const name = resultFileName(wanted, TASK_ID, 'video/mp4');
				expect(name).not.toMatch(/[/\\\0\r\n:]|^[. ]/);
				expect(name).toMatch(/.\.mp4$/i);
			}),
			{ numRuns: 1_000 },
		);
	});
});

/** One answer of the link, or the reason why there is none. */
type Step =
	| NoResultReason
	| {
			status?: number;
			headers?: Record<string, string>;
			/** What arrives; undefined: the body breaks off. */
			bytes?: number | undefined;
			/** Whether n8n says how long the stored file is. */
			isSizeKnown?: boolean;
			/** Why n8n can't store anything. */
			noPlace?: string;
	  };

/** Downloads from a link that answers step by step, the last step again and again. */
function startDownload(steps: Step[], changes: { link?: string; secondsLeft?: number } = {}) {
	const clock = createVirtualClock();
	const opened: Array<{ atMs: number; link: string; budgetMs: number }> = [];
	const stored: Array<{ fileName: string; mediaType: string }> = [];
	let discarded = 0;
	const startMs = clock.nowMs();
	const links: ResultLinks<string> = {
		async open(link, budgetMs) {
			opened.push({ atMs: clock.nowMs() - startMs, link, budgetMs });
			const step = steps[Math.min(opened.length, steps.length) - 1];
			if (typeof step === 'string') return { kind: 'noAnswer', reason: step };
			return {
				kind: 'answer',
				status: step.status ?? 200,
				headers: step.headers ?? { 'content-type': 'video/mp4' },
				body: {
					async store(file) {
						if ('bytes' in step && step.bytes === undefined) return undefined;
						if (step.noPlace !== undefined) return { kind: 'noPlace', why: step.noPlace };
						stored.push(file);
						const sizeBytes = step.isSizeKnown === false ? undefined : (step.bytes ?? 1_000);
						return { kind: 'stored', stored: `file ${stored.length}`, sizeBytes };
					},
					discard() {
						discarded++;
					},
				},
			};
		},
	};
	const done = downloadResult(
		links,
		{
			link: changes.link ?? LINK,
			taskId: TASK_ID,
			wantedFileName: '',
			deadlineMs: startMs + (changes.secondsLeft ?? TIMEOUT_SECONDS) * 1000,
			timeoutSeconds: TIMEOUT_SECONDS,
		},
		clock,
		() => 0,
	);
	const elapsedMs = () => clock.nowMs() - startMs;
	return { done, opened, stored, clock, elapsedMs, discardedCount: () => discarded };
}

async function refusal(download: ReturnType<typeof startDownload>) {
	const details = await failureOfAsync(download.done);
	expectPlainWords(details);
	expect(details).toMatchObject({ kind: 'api', taskId: TASK_ID, status: 'completed' });
	expect(details.message).toContain('finished, but could not be downloaded');
	expect(details.description).toContain(TASK_ID);
	expect(details.description).toContain('Task > Get');
	return details;
}

describe('a download', () => {
	it('is stored under its name and media type, at the first attempt', async () => {
		const download = startDownload([{ headers: { 'content-type': 'image/png' } }]);
		expect(await download.done).toBe('file 1');
		expect(download.stored).toEqual([{ fileName: `${TASK_ID}.png`, mediaType: 'image/png' }]);
		expect(download.opened).toEqual([{ atMs: 0, link: LINK, budgetMs: 100_000 }]);
	});

	it.each<[string, Step]>([
		['a name that is not found', 'dns'],
		['a connection that is refused', 'refused'],
		['an answer that does not come', 'timedOut'],
		['a connection that breaks', 'broken'],
		['HTTP 408', { status: 408 }],
		['HTTP 429', { status: 429 }],
		['HTTP 500', { status: 500 }],
		['HTTP 503', { status: 503 }],
		['a body that breaks off', { bytes: undefined }],
		['a body that is shorter than promised', { bytes: 999, headers: { 'content-length': '1000' } }],
		['a body that is longer than promised', { bytes: 1001, headers: { 'content-length': '1000' } }],
		['an empty body', { bytes: 0 }],
		['a page', { headers: { 'content-type': 'text/html; charset=utf-8' } }],
	])('is tried again after %s', async (_what, trouble) => {
		const download = startDownload([trouble, trouble, {}]);
		expect(await download.done).toMatch(/^file/);
		expect(download.opened.map(({ atMs }) => atMs)).toEqual([0, 1_000, 3_000]);
		expect(download.opened[2].budgetMs).toBe(97_000);
	});

	it.each<[string, Step]>([
		['the address in the link could not be found', 'dns'],
		['nothing answers at the address', 'refused'],
		['the server did not answer in time', 'timedOut'],
		['the connection broke off', 'broken'],
		['the server answered HTTP 503', { status: 503 }],
		['the file broke off on the way', { bytes: undefined }],
		['the file arrived incomplete', { bytes: 1, headers: { 'content-length': '1000' } }],
	])(
		'that stays in trouble (%s) is tried until the deadline, and not after it',
		async (words, trouble) => {
			const download = startDownload([trouble]);
			const details = await refusal(download);
			expect(details.message).toContain(words);
			expect(details.timedOut).toBe(true);
			expect(details.description).toContain('until 100 seconds were over');
			expect(details.description).toContain("'Timeout (Seconds)'");
			expect(details.description).toContain(LINK);
			expect(download.elapsedMs()).toBe(100_000);
			const last = download.opened[download.opened.length - 1];
			expect(last.atMs).toBeLessThan(100_000);
			expect(download.opened.length).toBeGreaterThan(4);
		},
	);

	it('begins no attempt after the deadline, however little the pause would overshoot it', async () => {
		const download = startDownload(['broken'], { secondsLeft: 60 });
		await refusal(download);
		expect(download.opened.map(({ atMs }) => atMs / 1000)).toEqual([0, 1, 3, 7, 15, 31]);
		expect(download.elapsedMs()).toBe(60_000);
	});

	it('shows the link, but not one that would bury the message', async () => {
		const link = (length: number) => LINK.padEnd(length, 'x');
		const shownWith = async (length: number) =>
			(await refusal(startDownload([{ status: 404 }], { link: link(length) }))).description;
		expect(await shownWith(4_000)).toContain(`Its link is ${link(4_000)} (`);
		expect(await shownWith(4_001)).toContain(`Its link is ${link(4_000)}… (`);
	});

	it('begins no attempt at the very moment of the deadline', async () => {
		const download = startDownload(['broken'], { secondsLeft: 1 });
		await refusal(download);
		expect(download.opened).toHaveLength(1);
	});

	it('names the HTTP status of the last trouble', async () => {
		expect(await refusal(startDownload([{ status: 503 }]))).toMatchObject({ httpCode: '503' });
		expect(await refusal(startDownload(['broken']))).not.toHaveProperty('httpCode');
	});

	it('comes back when the server asks it to', async () => {
		const asked = { status: 503, headers: { 'retry-after': '20' } };
		const download = startDownload([asked, {}]);
		await download.done;
		expect(download.clock.sleptMs).toEqual([20_000]);
	});

	it('ends at the deadline when the server asks for longer', async () => {
		const download = startDownload([{ status: 503, headers: { 'retry-after': '3600' } }]);
		await refusal(download);
		expect(download.opened).toHaveLength(1);
		expect(download.elapsedMs()).toBe(100_000);
	});

	it('gets one attempt even when the wait took all the time', async () => {
		const download = startDownload([{}], { secondsLeft: 0 });
		expect(await download.done).toBe('file 1');
		expect(download.opened[0].budgetMs).toBe(1);
		const late = startDownload(['broken'], { secondsLeft: -5 });
		expect(await refusal(late)).toMatchObject({ timedOut: true });
		expect(late.opened).toHaveLength(1);
	});

	it.each([199, 300, 302, 400, 401, 403, 404, 410])(
		'fails at once with HTTP %d',
		async (status) => {
			const download = startDownload([{ status }]);
			const details = await refusal(download);
			expect(details).toMatchObject({ httpCode: String(status), timedOut: false });
			expect(details.message).toContain(`HTTP ${status}`);
			expect(details.description).toContain('24 hours');
			expect(download.opened).toHaveLength(1);
			expect(download.discardedCount()).toBe(1);
		},
	);

	it.each<[string, Step, string]>([
		['pages', { headers: { 'content-type': 'text/html' } }, 'a page instead of a file'],
		['texts', { headers: { 'content-type': 'text/plain' } }, 'a page instead of a file'],
		['messages', { headers: { 'content-type': 'application/json' } }, 'a page instead of a file'],
		['documents', { headers: { 'content-type': 'application/xml' } }, 'a page instead of a file'],
		[
			'strict pages',
			{ headers: { 'content-type': 'application/xhtml+xml' } },
			'a page instead of a file',
		],
		['empty files', { bytes: 0 }, 'the file is empty'],
		['circles', 'redirectLoop', 'the link leads round in a circle'],
		['false trails', 'redirectOffWeb', 'leads to something that is not a web address'],
	])('gives up after three %s in a row', async (_what, step, words) => {
		const download = startDownload([step]);
		const details = await refusal(download);
		expect(details.message).toContain(words);
		expect(details.description).toContain('Open the link in a browser');
		expect(details.timedOut).toBe(false);
		expect(download.opened).toHaveLength(3);
	});

	it('fails at once when n8n has no place for it, and says whom to ask', async () => {
		const download = startDownload([{ noPlace: 'the disk is full' }]);
		const details = await refusal(download);
		expect(details.message).toContain('the disk is full');
		expect(details.description).toMatch(/whoever runs n8n.*Task ID: /);
		expect(download.opened).toHaveLength(1);
	});

	it('does not read what is no file', async () => {
		const page = { headers: { 'content-type': 'text/html' } };
		const download = startDownload([page, { status: 503 }, {}]);
		await download.done;
		expect(download.discardedCount()).toBe(2);
		expect(download.stored).toHaveLength(1);
	});

	it('fails at once when the link may not be opened', async () => {
		const download = startDownload(['notSent']);
		const details = await refusal(download);
		expect(details.message).toContain('the link could not be opened');
		expect(details.description).toContain('may not be allowed');
		expect(download.opened).toHaveLength(1);
	});

	it.each([
		'a.mp4',
		'ftp://media.example/a.mp4',
		'ftp://media.example/https://media.example/a.mp4',
		'file:///etc/passwd',
		'https://',
		'javascript:1',
	])('never opens what is no web address: %j', async (link) => {
		const download = startDownload([{}], { link });
		expect((await refusal(download)).message).toContain('its link is not a web address');
		expect(download.opened).toEqual([]);
	});

	it('opens a link that is not encrypted, too', async () => {
		const download = startDownload([{}], { link: 'http://media.example/a.mp4' });
		expect(await download.done).toBe('file 1');
	});

	it('holds the length against the promise when the body was packed by no means', async () => {
		const headers = { 'content-length': '1000', 'content-encoding': 'identity' };
		const download = startDownload([{ bytes: 999, headers }, {}]);
		await download.done;
		expect(download.opened).toHaveLength(2);
	});

	it.each<[string, Step]>([
		['the length was not promised', { bytes: 999, headers: {} }],
		['the promise is no number', { bytes: 999, headers: { 'content-length': 'many' } }],
		['the promise has a unit', { bytes: 999, headers: { 'content-length': '12 bytes' } }],
		['the promise is empty', { bytes: 999, headers: { 'content-length': '' } }],
		['the promise is less than nothing', { bytes: 999, headers: { 'content-length': '-1' } }],
		['n8n does not say how long it is', { isSizeKnown: false, headers: { 'content-length': '1' } }],
		[
			'it was packed for the way',
			{ bytes: 999, headers: { 'content-length': '500', 'content-encoding': 'gzip' } },
		],
		[
			'it was packed by no means',
			{ bytes: 999, headers: { 'content-length': '999', 'content-encoding': 'identity' } },
		],
	])('takes the file as it is when %s', async (_what, step) => {
		expect(await startDownload([step]).done).toBe('file 1');
	});

	it('ends with the execution', async () => {
		const clock = createVirtualClock(0, () => {
			throw new Stopped('cancelled');
		});
		const request = {
			link: LINK,
			taskId: TASK_ID,
			wantedFileName: '',
			deadlineMs: 100_000,
			timeoutSeconds: 100,
		};
		const links: ResultLinks<string> = {
			open: async () => ({ kind: 'noAnswer', reason: 'broken' }),
		};
		await expect(downloadResult(links, request, clock, () => 0)).rejects.toBeInstanceOf(Stopped);
	});
});

describe('a finished task without a link', () => {
	it('is told in plain words', () => {
		const { details } = noLinkFailure(TASK_ID);
		expectPlainWords(details);
		expect(details).toMatchObject({ kind: 'api', taskId: TASK_ID, status: 'completed' });
	});
});
