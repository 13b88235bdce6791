import axios from 'axios';
import { closeSandboxes, openSandbox, ORDER } from './sandbox-client';

afterEach(closeSandboxes);

describe('an order', () => {
	it('is accepted with exactly the documented fields, and charged once', async () => {
		const { sandbox, http } = await openSandbox();
		const headers = { 'Idempotency-Key': 'k'.repeat(32) };
		const answer = await http.post('/v1/videos/generations', ORDER, { headers });
		expect(answer.status).toBe(200);
		expect(answer.data).toEqual({
			created: Date.UTC(2026, 0, 1) / 1000,
			id: expect.stringMatching(/^task-unified-1767225600-[a-z0-9]{8}$/),
			model: 'MiniMax-Hailuo-2.3-Fast',
			object: 'video.generation.task',
			progress: 0,
			status: 'pending',
		});
		expect(sandbox.bill).toEqual([
			{
				taskId: answer.data.id,
				model: 'MiniMax-Hailuo-2.3-Fast',
				quality: '768p',
				durationSeconds: 6,
				credits: 20,
				prompt: 'A cat looks up',
				imageUrl: 'https://pictures.example/cat.jpg',
				lastImageUrl: null,
				idempotencyKey: headers['Idempotency-Key'],
				chargedAt: '2026-01-01T00:00:00.000Z',
			},
		]);
		expect(sandbox.requests).toMatchObject([
			{ kind: 'submit', status: 200, body: ORDER, taskId: answer.data.id },
		]);
		expect(sandbox.violations).toEqual([]);
	});

	it.each([undefined, 7])('with %s for a model is refused', async (model) => {
		const { sandbox, http } = await openSandbox();
		const answer = await http.post('/v1/videos/generations', { ...ORDER, model });
		expect([answer.status, answer.data.error.param]).toEqual([400, 'model']);
		expect(sandbox.bill).toEqual([]);
	});

	it('with a field that does not exist is a violation', async () => {
		const { sandbox, http } = await openSandbox();
		await http.post('/v1/videos/generations', { ...ORDER, seed: 7 });
		expect(sandbox.violations).toEqual([expect.stringContaining('body field seed')]);
	});

	it('that exceeds the credits left is refused with 402', async () => {
		const { sandbox, http, submit } = await openSandbox({ startCredits: 39 });
		await submit();
		const answer = await http.post('/v1/videos/generations', ORDER);
		expect(answer.status).toBe(402);
		expect(answer.data.error).toMatchObject({ code: 402, type: 'insufficient_quota_error' });
		expect(sandbox.bill).toHaveLength(1);
	});
});

describe('the key', () => {
	it.each(['', 'Bearer wrong', 'Basic abc'])(
		'"%s" is refused everywhere',
		async (Authorization) => {
			const { sandbox } = await openSandbox();
			const http = axios.create({
				baseURL: sandbox.url,
				headers: Authorization === '' ? {} : { Authorization },
				validateStatus: () => true,
			});
			const answers = await Promise.all([
				http.post('/v1/videos/generations', ORDER),
				http.get('/v1/tasks/task-unified-1-aaaaaaaa'),
				http.get('/v1/credits'),
			]);
			for (const { status, data } of answers) {
				expect(status).toBe(401);
				expect(data.error).toMatchObject({ code: 401, type: 'authentication_error' });
			}
			const upload = await http.post('/api/v1/files/upload/stream', new FormData());
			expect(upload.status).toBe(401);
			expect(upload.data).toEqual({ success: false, code: 401, msg: expect.any(String) });
			expect(sandbox.bill).toEqual([]);
		},
	);

	it('in a URL or in a body is a violation, which does not repeat the key', async () => {
		const { sandbox, http } = await openSandbox();
		await http.get(`/v1/credits?key=${sandbox.apiKey}`);
		await http.post('/v1/videos/generations', { ...ORDER, prompt: sandbox.apiKey });
		expect(sandbox.violations).toHaveLength(2);
		expect(sandbox.violations.join()).not.toContain(sandbox.apiKey);
	});
});

describe('other requests', () => {
	it('to an unknown route answer 404 in the form of the API', async () => {
		const { http } = await openSandbox();
		const answer = await http.get('/v1/videos');
		expect(answer.status).toBe(404);
		expect(answer.data.error).toMatchObject({ code: 404, type: 'not_found_error' });
	});

	it('for a malformed task id answer 400, for an unknown or expired one 404', async () => {
		const { sandbox, http, submit } = await openSandbox();
		const malformed = await http.get('/v1/tasks/task-1');
		expect(malformed.status).toBe(400);
		expect(malformed.data.error.param).toBe('task_id');
		expect((await http.get('/v1/tasks/task-unified-1-aaaaaaaa')).status).toBe(404);
		const taskId = await submit();
		expect((await http.get(`/v1/tasks/${taskId}`)).status).toBe(200);
		sandbox.expireTask(taskId);
		expect((await http.get(`/v1/tasks/${taskId}`)).status).toBe(404);
	});

	it('for the credits tell what the bill has used', async () => {
		const { http, submit } = await openSandbox({ startCredits: 100 });
		await submit({ quality: '1080p' });
		const { status, data } = await http.get('/v1/credits');
		expect(status).toBe(200);
		expect(data).toEqual({
			success: true,
			message: expect.any(String),
			data: {
				token: { remaining_credits: 60, used_credits: 40, unlimited_credits: false },
				user: { remaining_credits: 60, used_credits: 40 },
			},
		});
	});
});

describe('an Idempotency-Key', () => {
	const headers = { 'Idempotency-Key': 'the-same-key-for-both' };

	it('is ignored by default: each order is a task of its own', async () => {
		const { sandbox, http } = await openSandbox();
		await http.post('/v1/videos/generations', ORDER, { headers });
		const second = await http.post('/v1/videos/generations', ORDER, { headers });
		expect(second.headers['idempotency-replayed']).toBeUndefined();
		expect(sandbox.bill).toHaveLength(2);
	});

	it('charges once when it is honored, also after a lost answer', async () => {
		const { sandbox, http } = await openSandbox({ honorIdempotencyKey: true });
		sandbox.addFault({ on: 'submit', fault: { kind: 'reset-after-acceptance' } });
		await expect(http.post('/v1/videos/generations', ORDER, { headers })).rejects.toThrow();
		const second = await http.post('/v1/videos/generations', ORDER, { headers });
		expect(second.headers['idempotency-replayed']).toBe('true');
		expect(second.data.id).toBe(sandbox.bill[0].taskId);
		const other = { ...ORDER, prompt: 'A dog' };
		expect((await http.post('/v1/videos/generations', other, { headers })).status).toBe(400);
		expect(sandbox.bill).toHaveLength(1);
	});

	it('of a bad form is a violation', async () => {
		const { sandbox, http } = await openSandbox();
		await http.post('/v1/videos/generations', ORDER, { headers: { 'Idempotency-Key': 'short' } });
		expect(sandbox.violations).toHaveLength(1);
	});
});
