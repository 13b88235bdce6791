import { closeSandboxes, openSandbox } from './sandbox-client';

afterEach(closeSandboxes);

describe('a task', () => {
	it('is pending, then processing with growing progress, then completed with one link', async () => {
		const { sandbox, http, submit, passSeconds } = await openSandbox();
		const taskId = await submit();
		const seen: Array<[string, number]> = [];
		for (const seconds of [5, 20, 25, 49.9]) {
			passSeconds(seconds);
			const { data } = await http.get(`/v1/tasks/${taskId}`);
			seen.push([data.status, data.progress]);
			expect(data).not.toHaveProperty('results');
		}
		expect(seen).toEqual([
			['pending', 0],
			['processing', 25],
			['processing', 50],
			['processing', 99],
		]);
		passSeconds(0.1);
		const { data } = await http.get(`/v1/tasks/${taskId}`);
		expect(data).toEqual({
			created: Date.UTC(2026, 0, 1) / 1000,
			id: taskId,
			model: 'MiniMax-Hailuo-2.3-Fast',
			object: 'video.generation.task',
			progress: 100,
			results: [sandbox.task(taskId)?.mediaUrl],
			status: 'completed',
			task_info: { can_cancel: false },
			type: 'video',
		});
		expect(sandbox.task(taskId)?.readCount).toBe(5);
	});

	it.each([
		['steps', [0, 25, 50, 75, 100]],
		['stuck', [0, 25, 30, 30, 100]],
		['jumps', [0, 40, 25, 81, 100]],
	] as const)('moves its progress by %s', async (progressShape, expected) => {
		const { sandbox, submit, passSeconds } = await openSandbox({ progressShape });
		const taskId = await submit();
		const seen = [sandbox.task(taskId)?.progress];
		for (let quarter = 0; quarter < 4; quarter += 1) {
			passSeconds(25);
			seen.push(sandbox.task(taskId)?.progress);
		}
		expect(seen).toEqual(expected);
	});

	it('fails with the code that its prompt asks for, in the time that it asks for', async () => {
		const { http, submit, passSeconds } = await openSandbox();
		const prompt = 'A cat #sandbox-fail:content_policy_violation #sandbox-seconds:7';
		const taskId = await submit({ prompt });
		passSeconds(6.9);
		expect((await http.get(`/v1/tasks/${taskId}`)).data.status).toBe('processing');
		passSeconds(0.1);
		const { status, data } = await http.get(`/v1/tasks/${taskId}`);
		expect(status).toBe(200);
		expect(data).toMatchObject({
			status: 'failed',
			error: {
				code: 'content_policy_violation',
				message: expect.any(String),
				type: 'task_error',
			},
		});
	});
});

describe('a plan', () => {
	it('goes to the first order that fits, once', async () => {
		const { sandbox, http, submit, passSeconds } = await openSandbox();
		sandbox.planTask({
			match: { promptIncludes: 'dog' },
			outcome: { status: 'failed', withoutErrorObject: true },
		});
		sandbox.planTask({
			match: { promptIncludes: 'A cat' },
			outcome: { status: 'cancelled' },
			generationSeconds: 10,
		});
		const ids = [
			await submit(),
			await submit({ prompt: 'A dog' }),
			await submit({ prompt: 'A dog' }),
		];
		passSeconds(100);
		expect(ids.map((id) => sandbox.task(id)?.status)).toEqual(['cancelled', 'failed', 'completed']);
		const { data } = await http.get(`/v1/tasks/${ids[1]}`);
		expect(data).not.toHaveProperty('error');
	});

	it('can hold the results of a completed task back for some reads', async () => {
		const { sandbox, http, submit } = await openSandbox({ generationSeconds: 0 });
		sandbox.planTask({ outcome: { status: 'completed', emptyResultReads: 2 } });
		const taskId = await submit();
		const hasResults: boolean[] = [];
		for (let read = 0; read < 3; read += 1) {
			hasResults.push('results' in (await http.get(`/v1/tasks/${taskId}`)).data);
		}
		expect(hasResults).toEqual([false, false, true]);
	});

	it('can keep an unknown status for ever', async () => {
		const { sandbox, http, submit, passSeconds } = await openSandbox();
		sandbox.planTask({ outcome: { status: 'queued_elsewhere' } });
		const taskId = await submit();
		passSeconds(100_000);
		const { status, data } = await http.get(`/v1/tasks/${taskId}`);
		expect([status, data.status]).toEqual([200, 'queued_elsewhere']);
	});

	it('can replace the links, add an estimate and bend any field of the answer', async () => {
		const { sandbox, http, submit } = await openSandbox({ generationSeconds: 0 });
		sandbox.planTask({
			estimatedTimeSeconds: 120,
			outcome: { status: 'completed', results: ['not a link'] },
			rawTask: { progress: 'all', type: undefined },
		});
		const { status, data } = await http.get(`/v1/tasks/${await submit()}`);
		expect(status).toBe(200);
		expect(data).toMatchObject({
			progress: 'all',
			results: ['not a link'],
			task_info: { can_cancel: false, estimated_time: 120, video_duration: 6 },
		});
		expect(data).not.toHaveProperty('type');
	});
});

it('answers 500 when its own answer breaks the document', async () => {
	const { sandbox, submit } = await openSandbox();
	sandbox.planTask({ estimatedTimeSeconds: -1 });
	await expect(submit()).rejects.toThrow(/sandbox itself is at fault/);
});

it('knows tasks that were there before, without a charge', async () => {
	const { sandbox, http } = await openSandbox();
	const taskId = sandbox.addTask({ prompt: 'old', generationSeconds: 0 });
	expect((await http.get(`/v1/tasks/${taskId}`)).data.status).toBe('completed');
	expect(sandbox.bill).toEqual([]);
});

it('forgets everything on reset', async () => {
	const { sandbox, http, submit } = await openSandbox();
	const taskId = await submit();
	await http.get(`/v1/credits?key=${sandbox.apiKey}`);
	sandbox.addFault({ on: 'read', times: Infinity, fault: { kind: 'status', status: 500 } });
	sandbox.planTask({ outcome: { status: 'failed' } });
	sandbox.reset();
	const { requests, bill, violations } = sandbox;
	expect([requests, bill, violations, sandbox.tasks()]).toEqual([[], [], [], []]);
	expect((await http.get(`/v1/tasks/${taskId}`)).status).toBe(404);
	const next = await submit();
	expect(sandbox.task(next)?.status).toBe('pending');
});
