/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs beside n8n, never inside it */
import { startSandbox } from '../../sandbox';
import type { Fault, FaultAction, RecordedRequest } from '../../sandbox';
import { useEvolink } from './evolink-workflow';
import type { EvolinkResult, EvolinkRun } from './evolink-workflow';
import { imageBytes } from './image-bytes';
import { sideBySide, testsSideBySide, useLastingSandbox } from './concurrent-tests';
import { promptFor, trafficOf } from './traffic';
import type { Traffic } from './traffic';

// In real time, since the pauses themselves are measured.
jest.unmock('../../nodes/Evolink/time/clock');

const evolink = useEvolink({ generationSeconds: 0 });
const itSideBySide = testsSideBySide(evolink);
const tables = useLastingSandbox();

interface Outcome extends Traffic {
	result: EvolinkResult;
	/** What the Retry-After date said. */
	busyUntilMs: number;
	/** From the submission's answer to the end of the run. */
	secondsSinceSubmission: number;
}

interface Wait {
	name: string;
	generationSeconds?: number;
	/** What reads of the task meet, one fault after another. */
	reads?: Array<Omit<Fault, 'on' | 'match'>>;
	/** The first read is answered with 429 and a Retry-After date at least that far ahead. */
	busyForSeconds?: number;
	parameters?: Record<string, unknown>;
	options?: Record<string, unknown>;
}

async function waitFor({ name, reads, parameters, options, ...wait }: Wait) {
	const { generationSeconds, busyForSeconds } = wait;
	const prompt = promptFor(name);
	const match = { promptIncludes: prompt };
	const sandbox = tables.current;
	sandbox.planTask({ match, generationSeconds: generationSeconds ?? 0 });
	for (const fault of reads ?? []) sandbox.addFault({ ...fault, on: 'read', match });
	// An HTTP date has whole seconds, so up to one is lost.
	const busyUntil = new Date(Date.now() + ((busyForSeconds ?? 0) + 1) * 1000).toUTCString();
	if (busyForSeconds !== undefined) {
		const fault: FaultAction = { kind: 'status', status: 429, retryAfter: busyUntil };
		sandbox.addFault({ on: 'read', match, fault });
	}
	const run: EvolinkRun = { sandbox, parameters: { prompt, ...parameters, options } };
	const result = await evolink.run(run);
	const traffic = trafficOf(sandbox, prompt);
	const submittedMs = traffic.submissions[0].answeredAtMs ?? Number.NaN;
	const outcome: Outcome = {
		result,
		busyUntilMs: Date.parse(busyUntil),
		secondsSinceSubmission: (Date.now() - submittedMs) / 1000,
		...traffic,
	};
	return outcome;
}

/** Seconds between one request's answer and the arrival of the next. */
function pauses(requests: readonly RecordedRequest[]): number[] {
	return requests
		.slice(1)
		.map(({ receivedAtMs }, index) => (receivedAtMs - (requests[index].answeredAtMs ?? 0)) / 1000);
}

describe('a status read with a moment of bad luck', () => {
	const faults: FaultAction[] = [
		{ kind: 'status', status: 408 },
		{ kind: 'status', status: 429, format: 'string' },
		{ kind: 'status', status: 500 },
		{ kind: 'status', status: 502, html: true },
		{ kind: 'status', status: 503, empty: true },
		{ kind: 'status', status: 504, html: true },
		{ kind: 'status', status: 524, html: true },
		{ kind: 'reset-before-acceptance' },
		{ kind: 'html' },
		{ kind: 'empty' },
		{ kind: 'truncated-json' },
		{ kind: 'garbage', body: 'no JSON at all' },
		{ kind: 'garbage', body: '{"id":"task-unified-1-abcdefgh"}' },
		{ kind: 'garbage', body: '[]' },
		{ kind: 'garbage', body: 'null' },
		{ kind: 'stall', seconds: 1.5 },
	];
	const cases = faults.map((fault) => ({ name: JSON.stringify(fault), fault }));
	const outcomeOf = sideBySide(
		cases,
		async ({ name, fault }) => await waitFor({ name, reads: [{ fault }] }),
	);

	it.each(cases)('does not fail the paid task ($name)', async (one) => {
		const { result, reads, submissions } = await outcomeOf(one);

		expect(result.error).toBeUndefined();
		expect(result.rows[0].json).toMatchObject({ status: 'completed', isSuccess: true });
		expect(result.rows[0].binary?.data).toBeDefined();
		expect(reads[0].fault).toBe(one.fault.kind);
		expect(submissions).toHaveLength(1);
	});
});

describe('the end of the wait', () => {
	itSideBySide('does not count the time that the upload took', async ({ sandbox, run }) => {
		const picture = await evolink.engine.storeBinary(
			imageBytes('png', 640, 480),
			'a.png',
			'image/png',
		);
		sandbox.addFault({ on: 'upload', fault: { kind: 'stall', seconds: 2 } });
		sandbox.planTask({ generationSeconds: 1.5 });

		const { rows, error } = await run({
			items: [{ json: {}, binary: { data: picture } }],
			parameters: { imageSource: 'binary', options: { timeout: 3 } },
		});

		expect(error).toBeUndefined();
		expect(rows[0].json.status).toBe('completed');
	});

	itSideBySide('is followed by no further request', async ({ sandbox, run }) => {
		sandbox.planTask({ generationSeconds: 60 });
		await run({ parameters: { options: { timeout: 2 } } });
		const requestCount = sandbox.requests.length;

		await new Promise((resolve) => setTimeout(resolve, 2000));

		expect(sandbox.requests).toHaveLength(requestCount);
	});
});

describe("'On Timeout' set to return the task", () => {
	const options = { timeout: 2, onTimeout: 'returnTask' };
	const cases: Wait[] = [
		{ name: 'simplified', generationSeconds: 60, options },
		{ name: 'raw', generationSeconds: 60, options, parameters: { simplify: false } },
		{
			name: 'reads in trouble',
			reads: [{ fault: { kind: 'status', status: 503 }, times: Infinity }],
			options,
		},
	];
	const outcomeOf = sideBySide(cases, waitFor);

	it('puts out the unfinished task as a success row without a file', async () => {
		const { result, taskIds } = await outcomeOf(cases[0]);

		expect(result.error).toBeUndefined();
		expect(result.rows).toHaveLength(1);
		expect(result.rows[0]).toMatchObject({
			json: {
				taskId: taskIds[0],
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

	it("puts out the API's own object where the row is not simplified", async () => {
		const { result, taskIds } = await outcomeOf(cases[1]);

		expect(result.rows[0].json).toMatchObject({
			id: taskIds[0],
			object: 'video.generation.task',
			status: expect.stringMatching(/^(pending|processing)$/),
		});
	});

	it('puts out the task as last known when its status could not be read', async () => {
		const { result, taskIds } = await outcomeOf(cases[2]);

		expect(result.error).toBeUndefined();
		expect(result.rows[0].json).toMatchObject({ taskId: taskIds[0], isFinished: false });
	});

	itSideBySide('does not hide a task that failed', async ({ sandbox, run }) => {
		sandbox.planTask({ generationSeconds: 0, outcome: { status: 'failed' } });

		const { error } = await run({ parameters: { options } });

		expect(error?.message).toMatch(/could not make the video/);
	});
});

describe('the time between two status reads', () => {
	const cases = {
		fixed: { name: 'fixed', generationSeconds: 3.5, options: { pollInterval: 2 } },
		automatic: { name: 'automatic', generationSeconds: 6 },
		askedSeconds: {
			name: 'asked for in seconds',
			reads: [{ fault: { kind: 'status', status: 503, retryAfter: 3 } }],
			options: { pollInterval: 1 },
		},
		askedDate: { name: 'asked for with a date', busyForSeconds: 9 },
		askedNonsense: {
			name: 'asked for in words',
			reads: [{ fault: { kind: 'status', status: 503, retryAfter: 'soon' } }],
		},
	} satisfies Record<string, Wait>;
	const outcomeOf = sideBySide(Object.values<Wait>(cases), waitFor);

	it('is what the option says', async () => {
		const { submissions, reads } = await outcomeOf(cases.fixed);

		expect(reads).toHaveLength(2);
		for (const pause of pauses([...submissions, ...reads])) {
			expect(pause).toBeGreaterThan(1.95);
			expect(pause).toBeLessThan(2.5);
		}
	});

	it('fits the task where the option is absent, 2 to 5 seconds', async () => {
		const { submissions, reads, secondsSinceSubmission } = await outcomeOf(cases.automatic);

		expect(reads.length).toBeGreaterThan(1);
		for (const pause of pauses([...submissions, ...reads])) {
			expect(pause).toBeGreaterThan(1.95);
			expect(pause).toBeLessThan(5.5);
		}
		expect(secondsSinceSubmission).toBeLessThan(9);
	});

	it('is what Retry-After says in seconds, also with a fixed interval', async () => {
		const { reads } = await outcomeOf(cases.askedSeconds);
		const [pause] = pauses(reads);

		expect(reads).toHaveLength(2);
		expect(pause).toBeGreaterThan(2.95);
		expect(pause).toBeLessThan(4.2);
	});

	it('is what Retry-After says with a date', async () => {
		const { reads, busyUntilMs } = await outcomeOf(cases.askedDate);

		expect(reads).toHaveLength(2);
		// Without the date, the pause would be 1.25 seconds at most.
		expect(pauses(reads)[0]).toBeGreaterThan(1.5);
		// Timers of Node can be early by a millisecond.
		expect(reads[1].receivedAtMs).toBeGreaterThan(busyUntilMs - 10);
	});

	it('grows by itself where Retry-After cannot be read', async () => {
		const { reads, result } = await outcomeOf(cases.askedNonsense);

		expect(result.error).toBeUndefined();
		expect(pauses(reads)[0]).toBeGreaterThan(0.95);
	});
});

itSideBySide(
	'a submission that reached nobody is repeated until somebody listens, and paid once',
	async ({ run }) => {
		const closed = await startSandbox();
		await closed.close();
		const baseUrl = closed.url;
		const finished = run({ credential: { baseUrl }, parameters: { prompt: 'late' } });
		// The first attempt has failed by then: nobody was there to refuse it later.
		await new Promise((resolve) => setTimeout(resolve, 500));
		const { port } = new URL(baseUrl);
		const late = await startSandbox({ port: Number(port), generationSeconds: 0 });
		try {
			const { error, rows } = await finished;

			expect(error).toBeUndefined();
			expect(rows[0].json).toMatchObject({ taskId: late.bill[0].taskId });
			expect(late.bill).toHaveLength(1);
			expect(late.requestsOf('submit')).toHaveLength(1);
		} finally {
			await late.close();
		}
	},
);
