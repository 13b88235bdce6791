import type { FaultAction } from '../../../sandbox';
import { closeSandboxes, openSandbox, ORDER } from './sandbox-client';

afterEach(closeSandboxes);

describe('the queue of faults', () => {
	it('hits as many requests as told, after those that may pass', async () => {
		const { sandbox, http } = await openSandbox();
		sandbox.addFault({
			on: 'credits',
			skip: 1,
			times: 2,
			fault: { kind: 'status', status: 503, retryAfter: 7 },
		});
		const statuses: number[] = [];
		for (let request = 0; request < 4; request += 1) {
			statuses.push((await http.get('/v1/credits')).status);
		}
		expect(statuses).toEqual([200, 503, 503, 200]);
		expect(sandbox.requests[1].fault).toBe('status');
	});

	it('looks at the task and its prompt', async () => {
		const { sandbox, http, submit } = await openSandbox();
		const cat = await submit();
		const dog = await submit({ prompt: 'A dog' });
		const down = { kind: 'status', status: 500 } as const;
		sandbox.addFault({ on: 'read', taskId: dog, fault: down });
		sandbox.addFault({ on: 'read', match: { promptIncludes: 'dog' }, fault: down });
		sandbox.addFault({ on: 'submit', match: { promptIncludes: 'bird' }, fault: down });
		expect((await http.get(`/v1/tasks/${cat}`)).status).toBe(200);
		const dogStatuses = [0, 0, 0].map(async () => (await http.get(`/v1/tasks/${dog}`)).status);
		expect((await Promise.all(dogStatuses)).sort()).toEqual([200, 500, 500]);
		await submit();
		await expect(submit({ prompt: 'A bird' })).rejects.toThrow('500');
	});

	it('draws the same chances for the same seed', async () => {
		const run = async (seed: number) => {
			const { sandbox, http } = await openSandbox();
			const fault = { kind: 'status', status: 500 } as const;
			sandbox.addFault({ on: 'credits', times: Infinity, probability: 0.5, seed, fault });
			let pattern = '';
			for (let request = 0; request < 40; request += 1) {
				pattern += (await http.get('/v1/credits')).status === 500 ? 'x' : '.';
			}
			return pattern;
		};
		const [first, again, other] = [await run(3), await run(3), await run(4)];
		expect(again).toBe(first);
		expect(other).not.toBe(first);
		expect(first).toMatch(/x/);
		expect(first).toMatch(/\./);
	});

	it('leaves requests with a wrong key or a wrong body alone', async () => {
		const { sandbox, http } = await openSandbox();
		sandbox.addFault({ on: 'submit', fault: { kind: 'status', status: 500 } });
		expect((await http.post('/v1/videos/generations', {})).status).toBe(400);
		expect((await http.post('/v1/videos/generations', ORDER)).status).toBe(500);
	});

	it.each<[string, Parameters<Awaited<ReturnType<typeof openSandbox>>['sandbox']['addFault']>[0]]>([
		['media faults elsewhere', { on: 'read', fault: { kind: 'stalled-media' } }],
		['late resets of a read', { on: 'read', fault: { kind: 'reset-after-acceptance' } }],
		['a task for an order', { on: 'submit', taskId: 'x', fault: { kind: 'empty' } }],
	])('refuses %s', async (_name, fault) => {
		const { sandbox } = await openSandbox();
		expect(() => sandbox.addFault(fault)).toThrow(TypeError);
	});
});

describe('a fault of an order', () => {
	it.each<[FaultAction, number]>([
		[{ kind: 'reset-before-acceptance' }, 0],
		[{ kind: 'reset-after-acceptance' }, 1],
		[{ kind: 'garbage', body: 'nonsense', afterAcceptance: true }, 1],
		[{ kind: 'status', status: 504, html: true, afterAcceptance: true }, 1],
		[{ kind: 'truncated-json', afterAcceptance: true }, 1],
		[{ kind: 'empty', afterAcceptance: true }, 1],
		[{ kind: 'html' }, 0],
	])('%j leaves %d task(s) on the bill and no readable task id', async (fault, charged) => {
		const { sandbox, http } = await openSandbox();
		sandbox.addFault({ on: 'submit', fault });
		const outcome = await http.post('/v1/videos/generations', ORDER).then(
			({ data }) => data,
			(error: { code?: string }) => error.code,
		);
		if (fault.kind.startsWith('reset')) expect(outcome).toBe('ECONNRESET');
		expect(outcome).not.toHaveProperty('id');
		expect(sandbox.bill).toHaveLength(charged);
		expect(sandbox.tasks()).toHaveLength(charged);
		expect(sandbox.requests[0].fault).toBe(fault.kind);
	});

	it('can delay it: the task comes into being when the wait is over', async () => {
		const { sandbox, http } = await openSandbox();
		sandbox.addFault({ on: 'submit', fault: { kind: 'stall', seconds: 0.2 } });
		const answer = http.post('/v1/videos/generations', ORDER);
		await sandbox.waitForRequests('submit', 1);
		expect(sandbox.bill).toHaveLength(0);
		expect((await answer).status).toBe(200);
		expect(sandbox.bill).toHaveLength(1);
	});
});

describe('an error answer', () => {
	it('comes in both generations', async () => {
		const { sandbox, http } = await openSandbox();
		const fault = { kind: 'status', status: 429 } as const;
		sandbox.addFault({ on: 'credits', fault });
		sandbox.addFault({ on: 'credits', fault: { ...fault, format: 'string' } });
		const type = 'rate_limit_error';
		for (const code of [429, 'rate_limit_exceeded']) {
			const { status, data } = await http.get('/v1/credits');
			expect([status, data.error]).toMatchObject([429, { code, type }]);
		}
	});

	it('can carry a wait, own words, HTML or nothing', async () => {
		const { sandbox, http } = await openSandbox();
		const base = { kind: 'status', status: 429 } as const;
		for (const extra of [
			{ retryAfter: 'Wed, 21 Oct 2026 07:28:00 GMT', message: 'slow down', param: 'x', type: '' },
			{ html: true },
			{ empty: true },
		]) {
			sandbox.addFault({ on: 'credits', fault: { ...base, ...extra } });
		}
		const words = await http.get('/v1/credits');
		expect(words.headers['retry-after']).toBe('Wed, 21 Oct 2026 07:28:00 GMT');
		expect(words.data.error).toMatchObject({ message: 'slow down', param: 'x', type: '' });
		const html = await http.get('/v1/credits');
		expect(html.headers['content-type']).toContain('text/html');
		const empty = await http.get('/v1/credits');
		expect([empty.status, empty.data]).toEqual([429, '']);
	});

	it('of credits and uploads can hide in a 200', async () => {
		const { sandbox, http } = await openSandbox();
		for (const on of ['credits', 'upload'] as const) {
			sandbox.addFault({ on, fault: { kind: 'status', status: 200, message: 'quota is used up' } });
		}
		const credits = await http.get('/v1/credits');
		expect([credits.status, credits.data]).toEqual([
			200,
			{ success: false, message: 'quota is used up' },
		]);
		const form = new FormData();
		form.append('file', new Blob(['GIF89a and more']), 'a.gif');
		const upload = await http.post('/api/v1/files/upload/stream', form);
		expect([upload.status, upload.data]).toEqual([
			200,
			{ success: false, code: 400, msg: 'quota is used up' },
		]);
	});
});

it('closes at once while requests stall or trickle, and ends those', async () => {
	const { sandbox, http, submit } = await openSandbox();
	const taskId = await submit();
	sandbox.addFault({ on: 'read', fault: { kind: 'stall' } });
	sandbox.addFault({ on: 'read', fault: { kind: 'stall', seconds: 3600 } });
	sandbox.addFault({ on: 'read', fault: { kind: 'trickle' } });
	const reads = [0, 1, 2].map(
		async () =>
			await http.get(`/v1/tasks/${taskId}`).then(
				() => 'answered',
				() => 'ended',
			),
	);
	await sandbox.waitForRequests('read', 3);
	await sandbox.close();
	expect(await Promise.all(reads)).toEqual(['ended', 'ended', 'ended']);
	expect(sandbox.requestsOf('read').map(({ status }) => status)).not.toContain(200);
});
