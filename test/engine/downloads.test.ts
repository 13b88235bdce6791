import type { CompletedOutcome, Fault, FaultAction, Sandbox } from '../../sandbox';
import { useEvolink } from './evolink-workflow';
import type { EvolinkResult } from './evolink-workflow';
import { sideBySide, useLastingSandbox } from './concurrent-tests';
import { SPEED } from './quick-clock';
import { promptFor, trafficOf } from './traffic';
import type { Traffic } from './traffic';

// The minutes that a download may take pass in seconds.
const evolink = useEvolink({ generationSeconds: 0 });
const tables = useLastingSandbox();

interface Download {
	name: string;
	/** What downloads meet, one fault after another. */
	faults?: Array<Omit<Fault, 'on' | 'match'>>;
	outcome?: Omit<CompletedOutcome, 'status'>;
	options?: Record<string, unknown>;
}

interface Outcome extends Traffic {
	result: EvolinkResult;
	/** As the node's clock counts them. */
	seconds: number;
	/** The bytes of the file in the row; undefined without one. */
	file: Buffer | undefined;
	sandbox: Sandbox;
}

async function download({ name, faults, outcome, options }: Download): Promise<Outcome> {
	const prompt = promptFor(name);
	const match = { promptIncludes: prompt };
	const sandbox = tables.current;
	sandbox.planTask({ match, outcome: { status: 'completed', ...outcome } });
	for (const fault of faults ?? []) sandbox.addFault({ ...fault, on: 'media', match });
	const startedMs = Date.now();
	const result = await evolink.run({ sandbox, parameters: { prompt, options } });
	const binary = result.rows[0]?.binary?.data;
	return {
		result,
		seconds: ((Date.now() - startedMs) / 1000) * SPEED,
		file: binary === undefined ? undefined : await evolink.engine.readBinary(binary),
		sandbox,
		...trafficOf(sandbox, prompt),
	};
}

function expectRightFile({ result, file, sandbox, taskIds, submissions }: Outcome): void {
	expect(result.error).toBeUndefined();
	expect(file?.equals(sandbox.mediaOf(taskIds[0]).bytes())).toBe(true);
	expect(submissions).toHaveLength(1);
}

/** The error names what helps the user to get the video that is paid for. */
function expectWayOn({ result, taskIds, submissions }: Outcome, link: string | undefined): void {
	expect(result.error?.name).toBe('NodeApiError');
	expect(result.error?.context).toMatchObject({ itemIndex: 0 });
	const description = String(result.error?.description);
	expect(description).toContain(taskIds[0]);
	expect(description).toContain('Task > Get with this ID');
	expect(link).toBeDefined();
	expect(description).toContain(link);
	expect(submissions).toHaveLength(1);
}

describe('a download that goes wrong once', () => {
	const faults: FaultAction[] = [
		{ kind: 'status', status: 403 },
		{ kind: 'status', status: 404 },
		{ kind: 'truncated-media' },
		{ kind: 'truncated-media', bytes: 1 },
		{ kind: 'reset-before-acceptance' },
		{ kind: 'status', status: 408 },
		{ kind: 'status', status: 429 },
		{ kind: 'status', status: 500 },
		{ kind: 'status', status: 502 },
		{ kind: 'status', status: 503, retryAfter: 1 },
		{ kind: 'status', status: 504 },
		{ kind: 'stall', seconds: 3 },
		{ kind: 'html' },
		{ kind: 'empty' },
		{ kind: 'garbage', contentType: 'application/json', body: '{"error":"not yet"}' },
	];
	const cases = faults.map((fault) => ({ name: `once ${JSON.stringify(fault)}`, fault }));
	const outcomeOf = sideBySide(
		cases,
		async ({ name, fault }) => await download({ name, faults: [{ fault }] }),
	);

	it.each(cases)('is made again and delivers the whole file ($name)', async (one) => {
		const outcome = await outcomeOf(one);

		expectRightFile(outcome);
		expect(outcome.downloads[0].fault).toBe(one.fault.kind);
	});

	it.each(cases.filter(({ fault }) => fault.kind === 'truncated-media'))(
		'never delivers a file that arrived short ($name)',
		async (one) => {
			const { file, downloads, sandbox, taskIds } = await outcomeOf(one);

			expect(downloads).toHaveLength(2);
			expect(file).toHaveLength(sandbox.mediaOf(taskIds[0]).sizeBytes);
		},
	);
});

describe('a download whose server asks for patience', () => {
	const cases: Download[] = [
		{
			name: 'patience',
			faults: [{ fault: { kind: 'status', status: 503, retryAfter: 60 } }],
		},
	];
	const outcomeOf = sideBySide(cases, download);

	it('comes back after what Retry-After says', async () => {
		const outcome = await outcomeOf(cases[0]);
		const [first, second] = outcome.downloads;

		expectRightFile(outcome);
		const pauseMs = second.receivedAtMs - (first.answeredAtMs ?? 0);
		expect(pauseMs * SPEED).toBeGreaterThan(59_000);
	});
});

describe('a download that goes wrong for ever', () => {
	const always = (fault: FaultAction) => [{ fault, times: Infinity }];
	const cases: Array<Download & { message: RegExp; httpCode?: string }> = [
		{
			name: 'truncated',
			faults: always({ kind: 'truncated-media' }),
			message: /broke off on the way|incomplete/,
		},
		{
			name: 'stalled in the middle',
			faults: always({ kind: 'stalled-media' }),
			message: /broke off on the way/,
		},
		{ name: 'trickle', faults: always({ kind: 'trickle' }), message: /broke off on the way/ },
		{ name: 'never begins', faults: always({ kind: 'stall' }), message: /did not answer in time/ },
		{
			name: 'reset',
			faults: always({ kind: 'reset-before-acceptance' }),
			message: /connection broke off/,
		},
		{
			name: '429',
			faults: always({ kind: 'status', status: 429 }),
			message: /HTTP 429/,
			httpCode: '429',
		},
		{
			name: '503',
			faults: always({ kind: 'status', status: 503 }),
			message: /HTTP 503/,
			httpCode: '503',
		},
		{
			name: '503 with a Retry-After beyond the deadline',
			faults: always({ kind: 'status', status: 503, retryAfter: 3600 }),
			message: /HTTP 503/,
			httpCode: '503',
		},
		{
			name: 'host that does not exist',
			outcome: { results: ['http://nowhere.invalid/video.mp4'] },
			message: /address in the link could not be found/,
		},
	];
	const outcomeOf = sideBySide(
		cases,
		async (one) => await download({ ...one, options: { timeout: 60 } }),
	);

	it.each(cases)(
		'ends after five minutes, whatever the timeout, and names link and task ($name)',
		async (one) => {
			const outcome = await outcomeOf(one);

			expectWayOn(
				outcome,
				one.outcome?.results?.[0] ??
					outcome.sandbox.task(outcome.taskIds[0])?.mediaUrl ??
					undefined,
			);
			expect(outcome.result.error?.message).toMatch(/finished, but could not be downloaded/);
			expect(outcome.result.error?.message).toMatch(one.message);
			expect(outcome.result.error?.description).toContain("'Timeout (Seconds)'");
			expect(outcome.result.error?.httpCode ?? undefined).toBe(one.httpCode);
			expect(outcome.seconds).toBeGreaterThan(299);
			expect(outcome.seconds).toBeLessThan(400);
		},
	);
});

describe('a link that leads to no video', () => {
	const cases: Array<
		Download & { message: RegExp; httpCode?: string; isTriedForAMinute: boolean }
	> = [
		...[400, 401, 403, 404, 410].map((status) => ({
			name: `refused with ${status}`,
			faults: [{ fault: { kind: 'status' as const, status }, times: Infinity }],
			message: new RegExp(`link answered HTTP ${status}$`),
			httpCode: String(status),
			// A storage that is some seconds behind answers like this, too.
			isTriedForAMinute: status === 403 || status === 404,
		})),
		{
			name: 'page',
			outcome: { media: { html: true } },
			message: /shows a page instead of a file/,
			isTriedForAMinute: true,
		},
		{
			name: 'empty',
			outcome: { media: { empty: true } },
			message: /the file is empty/,
			isTriedForAMinute: true,
		},
	];
	const outcomeOf = sideBySide(cases, download);

	it.each(cases)('fails the item without waiting for the timeout ($name)', async (one) => {
		const outcome = await outcomeOf(one);

		expectWayOn(outcome, outcome.sandbox.task(outcome.taskIds[0])?.mediaUrl ?? undefined);
		expect(outcome.result.error?.message).toMatch(one.message);
		expect(outcome.result.error?.httpCode ?? undefined).toBe(one.httpCode);
		expect(outcome.result.error?.description).not.toContain('stop working');
		expect(outcome.downloads.length > 1).toBe(one.isTriedForAMinute);
		if (one.isTriedForAMinute) expect(outcome.seconds).toBeGreaterThan(59);
		expect(outcome.seconds).toBeLessThan(200);
	});
});

describe("a download that is not done in time, with 'On Timeout' set to return the task", () => {
	const options = { timeout: 60, onTimeout: 'returnTask' };
	const cases: Download[] = [
		{ name: 'slow', faults: [{ fault: { kind: 'stalled-media' }, times: Infinity }], options },
		{
			name: 'busy',
			faults: [{ fault: { kind: 'status', status: 503 }, times: Infinity }],
			options,
		},
		{
			name: 'gone',
			faults: [{ fault: { kind: 'status', status: 403 }, times: Infinity }],
			options,
		},
	];
	const outcomeOf = sideBySide(cases, download);

	it.each(cases.slice(0, 2))('leaves the row without a file and says so ($name)', async (one) => {
		const { result, file, sandbox, taskIds } = await outcomeOf(one);

		expect(result.error).toBeUndefined();
		const link = sandbox.task(taskIds[0])?.mediaUrl;
		expect(result.rows[0].json).toMatchObject({
			taskId: taskIds[0],
			status: 'completed',
			videoUrl: link,
		});
		expect(file).toBeUndefined();
		expect(result.rows[0].binary).toBeUndefined();
		expect(result.hints).toHaveLength(1);
		expect(result.hints[0].message).toContain('The row has the link, but no file');
		expect(result.hints[0].message).toContain(taskIds[0]);
	});

	it('still fails the item when the link does not work, since more time would not help', async () => {
		const { result } = await outcomeOf(cases[2]);

		expect(result.error).toMatchObject({ name: 'NodeApiError', httpCode: '403' });
	});
});
