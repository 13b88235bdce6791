import { EvolinkClient } from '../../../nodes/Evolink/evolink/client';
import type { NoAnswerReason } from '../../../nodes/Evolink/evolink/failures';
import type { EvolinkFailure } from '../../../nodes/Evolink/evolink/failure';
import type {
	HttpOutcome,
	HttpRequest,
	VideoRequestBody,
} from '../../../nodes/Evolink/evolink/client';
import { parseJson } from '../../../nodes/Evolink/evolink/task';
import { Throttle } from '../../../nodes/Evolink/time/retry';
import { createVirtualClock } from '../time/virtual-clock';
import { expectPlainWords } from './failure-of';

const TASK_ID = 'task-unified-1757169743-7cvnl5zw';
const IDEMPOTENCY = 'a'.repeat(36);

const BODY: VideoRequestBody = {
	model: 'MiniMax-Hailuo-2.3-Fast',
	image_urls: ['https://example.com/cat.jpg'],
	quality: '768p',
	duration: 6,
	model_params: { prompt_optimizer: true },
};

const TASK = { id: TASK_ID, status: 'pending', created: 1_757_169_743, progress: 0 };

/** A client whose one request gets this answer. */
function clientFor(outcome: HttpOutcome) {
	const requests: HttpRequest[] = [];
	const throttle = new Throttle(createVirtualClock());
	const client = new EvolinkClient(async (request) => {
		requests.push(request);
		return outcome;
	}, throttle);
	return { client, requests };
}

function answer(
	status: number,
	body: unknown = {},
	headers: Record<string, string> = {},
): HttpOutcome {
	const text = typeof body === 'string' ? body : JSON.stringify(body);
	return { kind: 'answer', status, headers, text, json: parseJson(text) };
}

const noAnswer = (reason: NoAnswerReason): HttpOutcome => ({ kind: 'noAnswer', reason });

async function form(): Promise<FormData> {
	const data = new FormData();
	data.append('file', new Blob(['x']), 'image.jpg');
	return data;
}

async function submit(outcome: HttpOutcome) {
	return await clientFor(outcome).client.submitVideo(BODY, IDEMPOTENCY);
}

async function read(outcome: HttpOutcome, budgetMs = 5_000) {
	return await clientFor(outcome).client.readTask(TASK_ID, budgetMs);
}

async function upload(outcome: HttpOutcome, budgetMs = 5_000) {
	return await clientFor(outcome).client.uploadImage(form, budgetMs);
}

function failureIn(outcome: { kind: string } | { failure: EvolinkFailure }): EvolinkFailure {
	if (!('failure' in outcome)) throw new Error('There was no failure');
	expectPlainWords(outcome.failure.details);
	return outcome.failure;
}

const EVERY_REASON: NoAnswerReason[] = [
	'dns',
	'refused',
	'proxy',
	'handshake',
	'notSent',
	'timedOut',
	'broken',
];

it.each([
	['with HTTP 429', answer(429, {}, { 'retry-after': '7' }), 7_000],
	[
		'in an answer of success',
		answer(200, { error: { code: 429, message: 'Slow down' } }, { 'retry-after': '7' }),
		7_000,
	],
	[
		'not by the error of a failed task',
		answer(200, { ...TASK, status: 'failed', error: { code: 429, message: 'Busy' } }),
		0,
	],
])('quiets all items when the API says 429: %s', async (_name, outcome, quietMs) => {
	const { client } = clientFor(outcome);
	expect(client.throttle.quietMs()).toBe(0);
	await client.readTask(TASK_ID, 5_000);
	expect(client.throttle.quietMs()).toBe(quietMs);
});

describe('a submission', () => {
	it('goes out once, with the key of its own, and is not cut off by a stop', async () => {
		const { client, requests } = clientFor(answer(200, TASK));
		await client.submitVideo(BODY, IDEMPOTENCY);
		expect(requests).toEqual([
			{
				method: 'POST',
				host: 'api',
				path: '/v1/videos/generations',
				headers: { 'Idempotency-Key': IDEMPOTENCY },
				body: BODY,
				timeoutMs: 120_000,
				onStop: 'letFinish',
			},
		]);
	});

	it.each([200, 201, 202])('is accepted by HTTP %d with a task', async (status) => {
		expect(await submit(answer(status, TASK))).toMatchObject({
			kind: 'accepted',
			task: { id: TASK_ID, status: 'pending' },
		});
	});

	it('is accepted by a task that names no status', async () => {
		expect(await submit(answer(200, { id: TASK_ID }))).toMatchObject({
			kind: 'accepted',
			task: { status: 'pending' },
		});
	});

	it.each([
		['nothing', ''],
		['a page', '<html><body>OK</body></html>'],
		['half an answer', '{"id":"task-unified-17571'],
		['a task without an id', { status: 'pending' }],
		['an id that could leave its place in a URL', { id: '../credits', status: 'pending' }],
		['a list', [TASK]],
	])('is lost when it is answered with success and %s', async (_what, body) => {
		const outcome = await submit(answer(200, body));
		expect(outcome.kind).toBe('lost');
		const { details } = failureIn(outcome);
		expect(details.message).toContain('may have been started');
		expect(details.description).toContain('because what came back could not be read as a task.');
		expect(details.httpCode).toBe('200');
	});

	it.each(['dns', 'refused', 'proxy', 'handshake'] as const)(
		'was certainly not accepted when the connection failed (%s)',
		async (reason) => {
			const outcome = await submit(noAnswer(reason));
			expect(outcome).toMatchObject({ kind: 'notAccepted', reason: 'unreachable' });
			failureIn(outcome);
		},
	);

	it('that could not even be sent is refused', async () => {
		const outcome = await submit(noAnswer('notSent'));
		expect(outcome.kind).toBe('refused');
		failureIn(outcome);
	});

	it.each([
		['timedOut', 'because no answer came in time.'],
		['broken', 'because the connection broke off before the answer came.'],
	] as const)(
		'is lost when the connection failed after it went out (%s)',
		async (reason, words) => {
			const outcome = await submit(noAnswer(reason));
			expect(outcome.kind).toBe('lost');
			const { details } = failureIn(outcome);
			expect(details.message).toContain('may have been started');
			expect(details.description).toContain(words);
		},
	);

	it.each([
		[199, 'lost'],
		[299, 'accepted'],
		[300, 'lost'],
	])('counts HTTP %d with a task in it as %s', async (status, kind) => {
		expect((await submit(answer(status, TASK))).kind).toBe(kind);
	});

	it('was certainly not accepted with 429, and Retry-After is passed on', async () => {
		const outcome = await submit(answer(429, {}, { 'retry-after': '7' }));
		expect(outcome).toMatchObject({
			kind: 'notAccepted',
			reason: 'rateLimited',
			retryAfterMs: 7_000,
			failure: { details: { httpCode: '429' } },
		});
		expect(await submit(answer(429))).toMatchObject({ retryAfterMs: undefined });
	});

	it.each([400, 401, 402, 403, 404, 405, 408, 413, 415, 422, 451, 500, 501, 502, 503, 504])(
		'is refused by HTTP %d when the API itself says so',
		async (status) => {
			const bodies = [
				{ error: { code: status, message: 'No credits' } },
				{ success: false, msg: 'No credits' },
				{ code: status, message: 'No credits' },
			];
			for (const body of bodies) {
				const outcome = await submit(answer(status, body));
				expect(outcome.kind).toBe('refused');
				const { details } = failureIn(outcome);
				expect(details.httpCode).toBe(String(status));
				expect(details.description).toContain('Evolink says: "No credits".');
			}
		},
	);

	it.each([
		[{ error: { code: 402, message: 'Insufficient credits' } }, '402'],
		[{ error: { code: 'insufficient_quota', message: 'Insufficient credits' } }, '200'],
		[{ success: false, message: 'Insufficient credits' }, '200'],
		[{ code: 402, msg: 'Insufficient credits' }, '402'],
	])('is refused by an error in an answer of success: %j', async (body, httpCode) => {
		const outcome = await submit(answer(200, body));
		expect(outcome.kind).toBe('refused');
		const { details } = failureIn(outcome);
		expect(details.description).toContain('Insufficient credits');
		expect(details.httpCode).toBe(httpCode);
	});

	it('was certainly not accepted when the API says 429 in an answer of success', async () => {
		const outcome = await submit(answer(200, { error: { code: 429, message: 'Slow down' } }));
		expect(outcome).toMatchObject({ kind: 'notAccepted', reason: 'rateLimited' });
	});

	it.each([400, 401, 403, 404, 405, 413, 451])(
		'is refused by a page with HTTP %d, which does not blame the key',
		async (status) => {
			const page = '<html><style>p {}</style><p>Access&nbsp;denied</p></html>';
			for (const body of ['', page, { message: 'No' }, { error: 'No' }]) {
				const outcome = await submit(answer(status, body));
				expect(outcome.kind).toBe('refused');
				const { message, description } = failureIn(outcome).details;
				expect(message).toBe(
					`Something between n8n and Evolink refused the request (HTTP ${status})`,
				);
				expect(description).not.toMatch(/API key/);
				if (body === page) expect(description).toContain('denied');
			}
		},
	);

	it('was certainly not accepted where a proxy asks who is there', async () => {
		const outcome = await submit(answer(407, '<html>Proxy</html>'));
		expect(outcome).toMatchObject({ kind: 'notAccepted', reason: 'unreachable' });
		expect(failureIn(outcome).details.message).toContain('proxy');
	});

	it.each([301, 302, 307, 308])('is refused by the redirect %d', async (status) => {
		const outcome = await submit(answer(status, '', { location: 'https://elsewhere.example/' }));
		expect(outcome.kind).toBe('refused');
		expect(failureIn(outcome).details.description).toContain('https://elsewhere.example/');
	});

	it.each([303, 304, 408, 500, 501, 502, 503, 504, 505, 520, 522, 524, 599])(
		'is lost with HTTP %d, which leaves open whether a task was started',
		async (status) => {
			const outcome = await submit(answer(status, '<html>Gateway</html>'));
			expect(outcome.kind).toBe('lost');
			const { details } = failureIn(outcome);
			expect(details.httpCode).toBe(String(status));
			expect(details.description).toContain(`HTTP ${status}`);
			expect(details.description).toContain('The answer reads: "Gateway".');
		},
	);
});

describe('a status read', () => {
	it('asks for the task, within the time that is left', async () => {
		const { client, requests } = clientFor(answer(200, TASK));
		await client.readTask(TASK_ID, 5_000);
		await client.readTask(TASK_ID, 500_000);
		await client.readTask('a/../b', 5_000);
		expect(requests).toEqual([
			{
				method: 'GET',
				host: 'api',
				path: `/v1/tasks/${TASK_ID}`,
				timeoutMs: 5_000,
				onStop: 'abort',
			},
			expect.objectContaining({ timeoutMs: 30_000 }),
			expect.objectContaining({ path: '/v1/tasks/a%2F..%2Fb' }),
		]);
	});

	it('returns the task', async () => {
		expect(await read(answer(200, { ...TASK, status: 'completed' }))).toMatchObject({
			kind: 'done',
			value: { id: TASK_ID, status: 'completed' },
		});
	});

	it.each([
		['no status', { id: TASK_ID }],
		['a page', '<html></html>'],
		['nothing', ''],
	])('with %s in it is tried again', async (_what, body) => {
		const outcome = await read(answer(200, body));
		expect(outcome).toMatchObject({ kind: 'tryAgain' });
		expect(failureIn(outcome).details.taskId).toBe(TASK_ID);
	});

	it.each([408, 429, 500, 501, 502, 503, 504, 522])(
		'that met HTTP %d is tried again, after the time that the server asks for',
		async (status) => {
			const outcome = await read(answer(status, '', { 'retry-after': '3' }));
			expect(outcome).toMatchObject({ kind: 'tryAgain', retryAfterMs: 3_000 });
			expect(failureIn(outcome).details).toMatchObject({
				taskId: TASK_ID,
				httpCode: String(status),
			});
		},
	);

	it.each([400, 401, 402, 403, 404, 410, 422])('that met HTTP %d fails at once', async (status) => {
		const outcome = await read(answer(status, { error: { code: status, message: 'No' } }));
		expect(outcome).toMatchObject({ kind: 'failed', expired: status === 404 });
		expect(failureIn(outcome).details.taskId).toBe(TASK_ID);
	});

	it.each([
		['a page', '<html>Not found</html>'],
		['nothing', ''],
		['another service', { message: 'no Route matched' }],
		['a text for an error', { error: 'not found' }],
	])('that met an error status with %s is tried again', async (_what, body) => {
		for (const status of [199, 400, 401, 402, 403, 404, 410]) {
			const outcome = await read(answer(status, body));
			expect(outcome).toMatchObject({ kind: 'tryAgain' });
			const { message, taskId } = failureIn(outcome).details;
			expect(message).toContain('Something between n8n and Evolink');
			expect(taskId).toBe(TASK_ID);
		}
	});

	it.each([301, 302, 303, 307, 308])(
		'that is redirected by %d fails and names the task',
		async (status) => {
			const outcome = await read(answer(status));
			expect(outcome).toMatchObject({ kind: 'failed', expired: false });
			expect(failureIn(outcome).details.taskId).toBe(TASK_ID);
		},
	);

	it.each([300, 304, 399])('tells HTTP %d as a redirect, with its target', async (status) => {
		const outcome = await read(answer(status, TASK, { location: 'https://elsewhere.example/' }));
		expect(outcome.kind).toBe('failed');
		const { message, description } = failureIn(outcome).details;
		expect(message).toContain('points elsewhere');
		expect(description).toContain('https://elsewhere.example/');
	});

	it('that met 404 speaks of the task, which no other step does', async () => {
		const unknown = answer(404, { error: { code: 404, message: 'No' } });
		expect(failureIn(await read(unknown)).details.message).toContain('with this ID');
		expect(failureIn(await submit(unknown)).details.message).not.toContain('with this ID');
		expect(failureIn(await upload(unknown)).details.message).not.toContain('with this ID');
	});

	it.each(EVERY_REASON)('without an answer (%s) is tried again if it can be', async (reason) => {
		const outcome = await read(noAnswer(reason));
		const expected: Record<NoAnswerReason, object> = {
			dns: { kind: 'tryAgain', isUnreachable: true },
			refused: { kind: 'tryAgain', isUnreachable: true },
			proxy: { kind: 'tryAgain', isUnreachable: true },
			handshake: { kind: 'tryAgain', isUnreachable: true },
			timedOut: { kind: 'tryAgain', isUnreachable: false },
			broken: { kind: 'tryAgain', isUnreachable: false },
			notSent: { kind: 'failed', expired: false },
		};
		expect(outcome).toMatchObject(expected[reason]);
		expect(failureIn(outcome).details.taskId).toBe(TASK_ID);
	});
});

describe('an upload', () => {
	const UPLOADED = { success: true, code: 200, data: { file_url: 'https://files.example/1.jpg' } };

	it('goes to the File API as a form made anew, within the time that is left', async () => {
		const { client, requests } = clientFor(answer(200, UPLOADED));
		await client.uploadImage(form, 5_000);
		await client.uploadImage(form, 500_000);
		expect(requests[0]).toMatchObject({
			method: 'POST',
			host: 'files',
			path: '/api/v1/files/upload/stream',
			timeoutMs: 5_000,
			onStop: 'abort',
		});
		expect(requests[0].body).toBeInstanceOf(FormData);
		expect(requests[1].timeoutMs).toBe(180_000);
		expect(requests[1].body).not.toBe(requests[0].body);
	});

	it.each(['https://files.example/1.jpg', 'http://files.example/1.jpg', 'HTTPS://files.example/1'])(
		'returns the address of the picture: %s',
		async (address) => {
			const uploaded = { ...UPLOADED, data: { file_url: address } };
			expect(await upload(answer(200, uploaded))).toEqual({ kind: 'done', value: address });
		},
	);

	it.each([
		['no address', { success: true, data: {} }],
		['an address that is none', { success: true, data: { file_url: '/1.jpg' } }],
		['a script for an address', { success: true, data: { file_url: 'javascript:alert(1)' } }],
		['words before the address', { data: { file_url: 'see https://files.example/1.jpg' } }],
		['a list of addresses', { data: { file_url: ['https://files.example/1.jpg'] } }],
		['no data', { success: true, data: null }],
		['a page', '<html></html>'],
	])('with %s in its answer is tried again', async (_what, body) => {
		const outcome = await upload(answer(200, body));
		expect(outcome).toMatchObject({ kind: 'tryAgain' });
		failureIn(outcome);
	});

	it.each([
		[400, 'failed'],
		[401, 'failed'],
		[403, 'failed'],
		[413, 'failed'],
		['413', 'failed'],
		[429, 'tryAgain'],
		[503, 'tryAgain'],
		[7, 'failed'],
		['quota_exceeded', 'failed'],
		[undefined, 'failed'],
		[399, 'failed'],
		[599, 'tryAgain'],
		[600, 'failed'],
		[503.5, 'failed'],
	])('that is refused with HTTP 200 and the code %j is %s', async (code, kind) => {
		const body = { success: false, code, msg: 'The words of the API' };
		const outcome = await upload(answer(200, body, { 'retry-after': '2' }));
		expect(outcome.kind).toBe(kind);
		const { details } = failureIn(outcome);
		expect(details.description).toContain('The words of the API');
		const isStatus = [400, 401, 403, 413, 429, 503, 599].includes(Number(code));
		expect(details.httpCode).toBe(isStatus ? String(code) : '200');
		expect(outcome).toMatchObject(
			kind === 'tryAgain' ? { retryAfterMs: 2_000 } : { expired: false },
		);
	});

	it.each([400, 401, 402, 403, 404, 413, 415])('fails at once with HTTP %d', async (status) => {
		const outcome = await upload(answer(status, { success: false, code: status, msg: 'No' }));
		expect(outcome).toMatchObject({ kind: 'failed', expired: false });
		expect(failureIn(outcome).details.httpCode).toBe(String(status));
	});

	it.each([408, 429, 500, 502, 503, 504])('is tried again after HTTP %d', async (status) => {
		const outcome = await upload(answer(status, '', { 'retry-after': '2' }));
		expect(outcome).toMatchObject({ kind: 'tryAgain', retryAfterMs: 2_000 });
		failureIn(outcome);
	});

	it.each(EVERY_REASON)('without an answer (%s) is tried again if it can be', async (reason) => {
		const outcome = await upload(noAnswer(reason));
		expect(outcome.kind).toBe(reason === 'notSent' ? 'failed' : 'tryAgain');
		expect(failureIn(outcome).details.taskId).toBeUndefined();
	});

	it('that is redirected does not follow with the key', async () => {
		const outcome = await upload(answer(302, '', { location: 'https://elsewhere.example/' }));
		expect(outcome).toMatchObject({ kind: 'failed' });
		failureIn(outcome);
	});
});

describe('the balance', () => {
	const TOKEN = { remaining_credits: 5.5, used_credits: 1, unlimited_credits: false };
	const USER = { remaining_credits: 120.25, used_credits: 30 };
	const read = async (body: unknown) =>
		await clientFor(answer(200, body)).client.readBalance(5_000);

	it('is what the account and the key have left', async () => {
		const data = { token: TOKEN, user: USER };
		expect(await read({ success: true, message: '', data })).toEqual({
			kind: 'done',
			value: {
				remainingCredits: 120.25,
				usedCredits: 30,
				keyRemainingCredits: 5.5,
				keyUsedCredits: 1,
				keyIsUnlimited: false,
				raw: data,
			},
		});
	});

	it('is read without what the API leaves out', async () => {
		expect(await read({ data: { user: { remaining_credits: 0 } } })).toMatchObject({
			kind: 'done',
			value: { remainingCredits: 0, usedCredits: null, keyRemainingCredits: null },
		});
	});

	it.each([
		['a refusal with HTTP 200', { success: false, message: 'No such key' }, 'failed'],
		['an answer without an account', { success: true, data: { token: TOKEN } }, 'tryAgain'],
		['credits as text', { data: { user: { remaining_credits: '12' } } }, 'tryAgain'],
		['a page', '<html>', 'tryAgain'],
	])('is not known from %s', async (_what, body, kind) => {
		expect(await read(body)).toMatchObject({ kind });
	});
});
