import type { Fault } from '../../sandbox';
import { useEvolink } from './evolink-workflow';
import type { EvolinkResult, EvolinkRun } from './evolink-workflow';
import { sideBySide, testsSideBySide, useLastingSandbox } from './concurrent-tests';
import { SPEED } from './quick-clock';
import { promptFor, trafficOf } from './traffic';
import type { Traffic } from './traffic';

const evolink = useEvolink({ generationSeconds: 0 });
const tables = useLastingSandbox();

interface Outcome extends Traffic {
	result: EvolinkResult;
	/** From the submission's answer to the end of the run, by the node's clock. */
	secondsSinceSubmission: number;
}

interface Wait {
	name: string;
	generationSeconds?: number;
	/** What reads of the task meet, one fault after another. */
	reads?: Array<Omit<Fault, 'on' | 'match'>>;
	parameters?: Record<string, unknown>;
	options?: Record<string, unknown>;
}

async function waitFor({ name, reads, parameters, options, generationSeconds }: Wait) {
	const prompt = promptFor(name);
	const match = { promptIncludes: prompt };
	const sandbox = tables.current;
	sandbox.planTask({ match, generationSeconds: generationSeconds ?? 0 });
	for (const fault of reads ?? []) sandbox.addFault({ ...fault, on: 'read', match });
	const run: EvolinkRun = { sandbox, parameters: { prompt, ...parameters, options } };
	const result = await evolink.run(run);
	const traffic = trafficOf(sandbox, prompt);
	const submittedMs = traffic.submissions[0].answeredAtMs ?? Number.NaN;
	const outcome: Outcome = {
		result,
		secondsSinceSubmission: ((Date.now() - submittedMs) / 1000) * SPEED,
		...traffic,
	};
	return outcome;
}

describe('the end of the wait', () => {
	const cases: Array<Wait & { lastWords: RegExp }> = [
		{ name: 'video takes too long', generationSeconds: 60, lastWords: /status is '\w+'\. Task ID/ },
		{
			name: 'pollInterval longer than the timeout',
			generationSeconds: 60,
			options: { pollInterval: 600 },
			lastWords: /status is/,
		},
		{
			name: 'stall',
			reads: [{ fault: { kind: 'stall' }, times: Infinity }],
			lastWords: /did not answer in time/,
		},
		{
			name: 'trickle',
			reads: [{ fault: { kind: 'trickle' }, times: Infinity }],
			lastWords: /did not answer in time/,
		},
		{
			name: 'reset',
			reads: [{ fault: { kind: 'reset-before-acceptance' }, times: Infinity }],
			lastWords: /connection to Evolink broke off/,
		},
		{
			name: 'html',
			reads: [{ fault: { kind: 'html' }, times: Infinity }],
			lastWords: /could not be read/,
		},
		{
			name: 'Retry-After beyond the deadline',
			reads: [{ fault: { kind: 'status', status: 429, retryAfter: 3600 }, times: Infinity }],
			lastWords: /too many requests/,
		},
	];
	const outcomeOf = sideBySide(
		cases,
		async (one) => await waitFor({ ...one, options: { timeout: 60, ...one.options } }),
	);

	it.each(cases)('comes with the timeout, counted from the submission ($name)', async (one) => {
		const { result, taskIds, secondsSinceSubmission, submissions } = await outcomeOf(one);

		expect(result.error).toMatchObject({
			message: 'The video was not finished within 60 seconds',
			description: expect.stringMatching(one.lastWords),
			context: { itemIndex: 0 },
		});
		expect(result.error?.description).toContain(taskIds[0]);
		expect(result.error?.description).toContain('Task > Get with this ID');
		expect(result.error?.description).toContain("raise 'Timeout (Seconds)'");
		// The last polls have an ordinary time limit, which takes 90 s by the quick clock.
		expect(secondsSinceSubmission).toBeGreaterThan(59);
		expect(secondsSinceSubmission).toBeLessThan(250);
		expect(submissions).toHaveLength(1);
	});
});

describe('the first read of a task that is resumed', () => {
	for (const kind of ['stall', 'trickle'] as const) {
		evolink.it(`counts towards the timeout (${kind})`, async (bench) => {
			const { sandbox, run, retry } = bench;
			const settings = { parameters: { options: { timeout: 60 } } };
			sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });
			const failed = await run(settings);
			sandbox.addFault({ on: 'read', times: Infinity, fault: { kind } });

			const startedMs = Date.now();
			const { error } = await retry(failed, settings);

			expect((Date.now() - startedMs) * SPEED).toBeLessThan(250_000);
			expect(error?.message).toMatch(/was not finished within 60 seconds/);
			expect(error?.description).toContain(sandbox.bill[0].taskId);
			expect(error?.description).toContain('Task > Get with this ID');
			expect(sandbox.bill).toHaveLength(1);
		});
	}
});
