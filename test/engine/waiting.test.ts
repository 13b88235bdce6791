import type { Fault, FaultAction, TaskPlan } from '../../sandbox';
import { useEvolink } from './evolink-workflow';
import type { EvolinkResult, EvolinkRun, OwnBench } from './evolink-workflow';
import { SPEED, nodeSeconds } from './quick-clock';

const evolink = useEvolink();

interface Wait {
	plan?: TaskPlan;
	/** What reads of the task meet, one fault after another. */
	reads?: Array<Omit<Fault, 'on'>>;
	options?: Record<string, unknown>;
	parameters?: EvolinkRun['parameters'];
}

interface Waited {
	result: EvolinkResult;
	taskId: string;
	/** From the submission's answer to the end of the run, by the node's clock. */
	seconds: number;
}

/** Makes one video under these circumstances; it is submitted and paid for once, whatever happens. */
async function waitFor(
	{ sandbox, run }: OwnBench,
	{ plan, reads = [], options, parameters }: Wait,
): Promise<Waited> {
	if (plan !== undefined) sandbox.planTask(plan);
	for (const fault of reads) sandbox.addFault({ ...fault, on: 'read' });
	const result = await run({ parameters: { ...parameters, options } });
	const endedMs = Date.now();
	const [{ answeredAtMs = 0 }, ...others] = sandbox.requestsOf('submit');
	expect(others).toEqual([]);
	expect(sandbox.bill).toHaveLength(1);
	const [{ taskId }] = sandbox.bill;
	return { result, taskId, seconds: nodeSeconds(answeredAtMs, endedMs) };
}

function expectDelivered({ result, taskId }: Waited): void {
	expect(result.error).toBeUndefined();
	expect(result.rows[0].json).toMatchObject({ taskId, status: 'completed', isSuccess: true });
	expect(result.rows[0].binary?.data).toBeDefined();
}

/** The item fails with this, and the error names the paid task and the way on. */
function expectFailed({ result, taskId }: Waited, message: RegExp, description: RegExp): void {
	expect(result.rows).toEqual([]);
	expect(result.error).toMatchObject({
		name: expect.stringMatching(/^Node(Api|Operation)Error$/),
		message: expect.stringMatching(message),
		description: expect.stringMatching(description),
		context: { itemIndex: 0 },
	});
	expect(result.error?.description).toContain(taskId);
	expect(result.error?.description).toContain('Task > Get with this ID');
}

describe('a status read with a moment of bad luck does not fail the paid task', () => {
	const faults: FaultAction[] = [
		{ kind: 'status', status: 408 },
		{ kind: 'status', status: 429, format: 'string' },
		{ kind: 'status', status: 500 },
		{ kind: 'status', status: 502, html: true },
		{ kind: 'status', status: 404, html: true },
		{ kind: 'status', status: 404, empty: true },
		{ kind: 'reset-before-acceptance' },
		{ kind: 'html' },
		{ kind: 'empty' },
		{ kind: 'truncated-json' },
		{ kind: 'garbage', body: '{"id":"task-unified-1-abcdefgh"}' },
		{ kind: 'garbage', body: 'null' },
		// A gateway's, not the API's own.
		{ kind: 'garbage', body: '{"code":14,"message":"transport is closing"}' },
		{ kind: 'garbage', status: 403, body: '{"code":7,"message":"denied by policy"}' },
		{ kind: 'garbage', status: 404, body: '{"code":5,"message":"no such route"}' },
		{ kind: 'garbage', body: '['.repeat(50_000) + ']'.repeat(50_000) },
		{ kind: 'stall' },
	];
	for (const fault of faults) {
		evolink.it(JSON.stringify(fault).slice(0, 80), async (bench) => {
			expectDelivered(await waitFor(bench, { reads: [{ fault }] }));
			expect(bench.sandbox.requestsOf('read')[0].fault).toBe(fault.kind);
		});
	}
});

describe("the API's own no to a status read fails the item at once", () => {
	for (const [status, message, nextStep] of [
		[400, /did not accept the request/, /the field 'image_urls'/],
		[401, /API key/, /credential.*dashboard\/keys/],
		[402, /too few credits/, /dashboard\/billing/],
		[403, /not allowed/, /account that created the task/],
		[404, /does not know a task with this ID/, /Check it for typing mistakes/],
	] as const) {
		for (const format of ['integer', 'string'] as const) {
			evolink.it(`HTTP ${status}, its code as ${format}`, async (bench) => {
				const param = status === 400 ? 'image_urls' : undefined;
				const fault: FaultAction = { kind: 'status', status, format, param };
				const waited = await waitFor(bench, { reads: [{ fault, times: Infinity }] });

				expectFailed(waited, message, nextStep);
				expect(waited.result.error?.httpCode).toBe(String(status));
				expect(bench.sandbox.requestsOf('read')).toHaveLength(1);
			});
		}
	}

	evolink.it('so does an address that leads elsewhere', async (bench) => {
		const fault: FaultAction = { kind: 'redirect', location: 'https://example.com/' };
		const waited = await waitFor(bench, { reads: [{ fault }] });

		expectFailed(waited, /points elsewhere/, /example\.com/);
		expect(waited.result.error?.httpCode).toBe('302');
	});
});

/** The last polls take 90 s by the quick clock; the default time-out, 900. */
const LONG_BEFORE_DEFAULT = 600;

describe('the end of the wait comes with the timeout, counted from the submission', () => {
	const always = (fault: FaultAction) => ({ reads: [{ fault, times: Infinity }] });
	const answered = (status: number, more: object = {}) => ({
		...always({ kind: 'status', status, ...more }),
		lastWords: new RegExp(`\\(HTTP ${status}\\)`),
	});
	const slow = { plan: { generationSeconds: 60 } };
	const cases: Record<string, Wait & { lastWords: RegExp }> = {
		'the video takes too long': { ...slow, lastWords: /status is '\w+'\./ },
		'the poll interval is longer': {
			...slow,
			options: { pollInterval: 600 },
			lastWords: /status is/,
		},
		stall: { ...always({ kind: 'stall' }), lastWords: /did not answer in time/ },
		trickle: { ...always({ kind: 'trickle' }), lastWords: /did not answer in time/ },
		reset: {
			...always({ kind: 'reset-before-acceptance' }),
			lastWords: /connection to Evolink broke off/,
		},
		html: { ...always({ kind: 'html' }), lastWords: /could not be read/ },
		'a Retry-After beyond it': answered(429, { retryAfter: 3600 }),
		'500': answered(500),
		'503 as text': answered(503, { format: 'string' }),
		'a page with 400': answered(400, { html: true }),
		'a page with 401': answered(401, { html: true }),
		'a page with 402': answered(402, { html: true }),
		'nothing with 403': answered(403, { empty: true }),
		'nothing with 404': answered(404, { empty: true }),
		'a page with 429': answered(429, { html: true }),
		'a page with 502': answered(502, { html: true }),
	};
	for (const [name, { lastWords, options, ...wait }] of Object.entries(cases)) {
		evolink.it(name, async (bench) => {
			const waited = await waitFor(bench, { ...wait, options: { timeout: 60, ...options } });

			expectFailed(waited, /^The video was not finished within 60 seconds$/, lastWords);
			expect(waited.result.error?.description).toContain("raise 'Timeout (Seconds)'");
			expect(waited.seconds).toBeGreaterThan(59);
			expect(waited.seconds).toBeLessThan(LONG_BEFORE_DEFAULT);
		});
	}

	for (const status of ['archived', 'succeeded', 'canceled']) {
		evolink.it(`an unknown status, which no longer wait would help: ${status}`, async (bench) => {
			const plan = { rawTask: { status } };
			const waited = await waitFor(bench, { plan, options: { timeout: 60 } });

			const words = new RegExp(`status '${status}', which this node does not know.*does not help`);
			expectFailed(waited, /^The video was not finished within 60 seconds$/, words);
			expect(waited.result.error?.description).not.toContain("raise 'Timeout");
		});
	}

	evolink.it('also where the first read of a resumed task stalls', async (bench) => {
		const { sandbox, run, retry } = bench;
		const settings = { parameters: { options: { timeout: 60 } } };
		sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });
		const failed = await run(settings);
		sandbox.addFault({ on: 'read', times: Infinity, fault: { kind: 'stall' } });

		const startedMs = Date.now();
		const result = await retry(failed, settings);

		expect(nodeSeconds(startedMs)).toBeLessThan(LONG_BEFORE_DEFAULT);
		const [{ taskId }] = sandbox.bill;
		expectFailed({ result, taskId, seconds: 0 }, /could not be read within 60 seconds/, /in time/);
		expect(sandbox.bill).toHaveLength(1);
	});

	evolink.it('without the time that the upload took', async ({ sandbox, run }) => {
		const data = await evolink.file();
		sandbox.addFault({ on: 'upload', fault: { kind: 'stall', seconds: 1.5 } });
		sandbox.planTask({ generationSeconds: 1 });

		const { rows, error } = await run({
			items: [{ json: {}, binary: { data } }],
			parameters: { imageSource: 'binary', options: { timeout: 2 * SPEED } },
		});

		expect(error).toBeUndefined();
		expect(rows[0].json.status).toBe('completed');
	});

	evolink.it('and no request follows', async ({ sandbox, run }) => {
		sandbox.planTask({ generationSeconds: 60 });
		await run({ parameters: { options: { timeout: 10 } } });
		const requestCount = sandbox.requests.length;

		await new Promise((resolve) => setTimeout(resolve, 1_000));

		expect(sandbox.requests).toHaveLength(requestCount);
	});
});

describe("'On Timeout' set to return the task", () => {
	const options = { timeout: 10, onTimeout: 'returnTask' };
	const plan = { generationSeconds: 60 };

	evolink.it('puts out the unfinished task as a success row without a file', async (bench) => {
		const { result, taskId } = await waitFor(bench, { plan, options });

		expect(result.error).toBeUndefined();
		expect(result.rows).toHaveLength(1);
		expect(result.rows[0]).toMatchObject({
			json: {
				taskId,
				status: expect.stringMatching(/^(pending|processing)$/),
				isFinished: false,
				isSuccess: false,
				videoUrl: null,
				results: [],
				expiresAt: null,
			},
			pairedItem: { item: 0 },
		});
		expect(result.rows[0].json).not.toHaveProperty('error');
		expect(result.rows[0].binary).toBeUndefined();
	});

	evolink.it("puts out the API's own object without Simplify", async (bench) => {
		const { result, taskId } = await waitFor(bench, {
			plan,
			options,
			parameters: { simplify: false },
		});

		expect(result.rows[0].json).toMatchObject({ id: taskId, object: 'video.generation.task' });
	});

	evolink.it('puts out the task as last known when it could not be read', async (bench) => {
		const fault: FaultAction = { kind: 'status', status: 503 };
		const { result, taskId } = await waitFor(bench, {
			reads: [{ fault, times: Infinity }],
			options,
		});

		expect(result.error).toBeUndefined();
		expect(result.rows[0].json).toMatchObject({ taskId, isFinished: false });
	});

	evolink.it('does not hide a task that failed', async (bench) => {
		const { result } = await waitFor(bench, { plan: { outcome: { status: 'failed' } }, options });

		expect(result.error?.message).toMatch(/could not make the video/);
	});
});

describe('the time between two status reads', () => {
	/** The node's seconds between one request's answer and the arrival of the next. */
	function pauses({ sandbox }: OwnBench): number[] {
		const requests = [...sandbox.requestsOf('submit'), ...sandbox.requestsOf('read')];
		return requests.slice(1).map(({ receivedAtMs }, index) => {
			return nodeSeconds(requests[index].answeredAtMs ?? 0, receivedAtMs);
		});
	}

	evolink.it('is what the option says', async (bench) => {
		await waitFor(bench, { plan: { generationSeconds: 1.5 }, options: { pollInterval: 30 } });

		expect(pauses(bench).length).toBeLessThan(3);
		for (const pause of pauses(bench)) {
			expect(pause).toBeGreaterThan(29);
			expect(pause).toBeLessThan(100);
		}
	});

	evolink.it('fits the task where the option is absent, 2 to 5 seconds', async (bench) => {
		await waitFor(bench, { plan: { generationSeconds: 2 } });

		for (const pause of pauses(bench)) expect(pause).toBeGreaterThan(1.9);
		// A busy machine makes fewer of them than 12, the node never more than 31.
		expect(pauses(bench).length).toBeGreaterThan(3);
		expect(pauses(bench).length).toBeLessThan(32);
	});

	evolink.it('is what Retry-After says, also with a fixed interval', async (bench) => {
		const fault: FaultAction = { kind: 'status', status: 503, retryAfter: 30 };
		await waitFor(bench, { reads: [{ fault }], options: { pollInterval: 1 } });

		expect(pauses(bench)[1]).toBeGreaterThan(29);
		expect(pauses(bench)[1]).toBeLessThan(100);
	});
});

describe('a task that failed', () => {
	const cases: Record<string, { plan: TaskPlan; message: RegExp; nextStep?: RegExp }> = {
		content_policy_violation: {
			plan: { outcome: { status: 'failed', code: 'content_policy_violation', message: 'No' } },
			message: /No \(content_policy_violation\)/,
			nextStep: /change the prompt or the image/,
		},
		service_error: {
			plan: { outcome: { status: 'failed', code: 'service_error', message: 'Broken' } },
			message: /Broken \(service_error\)/,
			nextStep: /temporary.*Wait.*a new paid task/s,
		},
		'a code of next year': {
			plan: { outcome: { status: 'failed', code: 'a_code_of_next_year', message: 'Why' } },
			message: /Why \(a_code_of_next_year\)/,
			nextStep: /ask Evolink about the task ID/,
		},
		'no error object': {
			plan: { outcome: { status: 'failed', withoutErrorObject: true } },
			message: /gave no reason \(unknown_error\)/,
		},
		'the error is only a text': {
			plan: { outcome: { status: 'failed' }, rawTask: { error: 'The kiln went cold' } },
			message: /The kiln went cold \(unknown_error\)/,
		},
		'its status is written in another way': {
			plan: {
				rawTask: { status: ' Failed', error: { code: 'service_error', message: 'Broken' } },
			},
			message: /Broken \(service_error\)/,
		},
		// n8n puts its own sentence in place of a message that names a network error.
		'a message that n8n would replace': {
			plan: { outcome: { status: 'failed', message: 'upstream: connect ECONNREFUSED 10.0.0.1' } },
			message: /upstream: connect ECONNREFUSED 10\.0\.0\.1 \(service_error\)/,
		},
		'cancelled, no error object': {
			plan: { outcome: { status: 'cancelled' } },
			message: /was cancelled \(request_cancelled\)/,
		},
		'cancelled, with an error object': {
			plan: {
				outcome: { status: 'cancelled' },
				rawTask: { error: { code: 'stopped_by_owner', message: 'The owner stopped it' } },
			},
			message: /The owner stopped it \(stopped_by_owner\)/,
		},
	};
	for (const [name, { plan, message, nextStep = /./ }] of Object.entries(cases)) {
		evolink.it(
			`fails the item with the API's words and with what to do (${name})`,
			async (bench) => {
				expectFailed(await waitFor(bench, { plan }), message, nextStep);
				expect(bench.sandbox.requestsOf('read')).toHaveLength(1);
			},
		);
	}

	evolink.it('is none that is completed, however that is written', async (bench) => {
		const plan = { rawTask: { status: ' COMPLETED\n' } };
		const { result } = await waitFor(bench, { plan });

		expect(result.error).toBeUndefined();
		expect(result.rows[0].json).toMatchObject({ isFinished: true, isSuccess: true });
		expect(result.rows[0].binary?.data).toBeDefined();
	});

	evolink.it('is none that is completed without results: it is read again', async (bench) => {
		const plan = { outcome: { status: 'completed', emptyResultReads: 2 } } as const;
		expectDelivered(await waitFor(bench, { plan }));
		expect(bench.sandbox.requestsOf('read')).toHaveLength(3);
	});
});
