import type { TaskPlan } from '../../sandbox';
import { useEvolink } from './evolink-workflow';
import { SPEED } from './quick-clock';
import type { EvolinkResult } from './evolink-workflow';
import { sideBySide, testsSideBySide, useLastingSandbox } from './concurrent-tests';
import { promptFor, trafficOf } from './traffic';
import type { Traffic } from './traffic';

const evolink = useEvolink();
const tables = useLastingSandbox();

interface Outcome extends Traffic {
	result: EvolinkResult;
	seconds: number;
}

/** Runs one item whose task follows the plan. */
async function meet(
	name: string,
	plan: TaskPlan,
	options: Record<string, unknown>,
): Promise<Outcome> {
	const prompt = promptFor(name);
	const sandbox = tables.current;
	sandbox.planTask({ ...plan, match: { promptIncludes: prompt } });
	const startedMs = Date.now();
	const result = await evolink.run({ sandbox, parameters: { prompt, options } });
	return { result, seconds: (Date.now() - startedMs) / 1000, ...trafficOf(sandbox, prompt) };
}

describe('a task that failed', () => {
	const cases = [
		{ code: 'content_policy_violation', nextStep: /change the prompt or the image/ },
		{ code: 'service_error', nextStep: /temporary.*Wait/ },
		{ code: 'a_code_of_next_year', nextStep: /ask Evolink about the task ID/ },
	];
	const outcomeOf = sideBySide(
		cases,
		async ({ code }) =>
			await meet(code, { outcome: { status: 'failed', code, message: `Reason of ${code}` } }, {}),
	);

	it.each(cases)(
		"fails the item with the API's code and words and with what to do ($code)",
		async (one) => {
			const { result, taskIds, charges, submissions, reads } = await outcomeOf(one);

			expect(result.error).toMatchObject({
				name: 'NodeApiError',
				message: expect.stringContaining(`Reason of ${one.code}`),
				description: expect.stringMatching(one.nextStep),
				context: { itemIndex: 0 },
			});
			expect(result.error?.message).toContain(one.code);
			expect(result.error?.description).toContain(taskIds[0]);
			expect(result.error?.description).toContain('Task > Get with this ID');
			expect(result.error?.description).toContain('a new paid task');
			expect(reads).toHaveLength(1);
			expect(submissions).toHaveLength(1);
			expect(charges).toHaveLength(1);
		},
	);
});

describe('a task that ended without a video and without the usual words', () => {
	const cases = [
		{
			name: 'failed, no error object',
			plan: { outcome: { status: 'failed', withoutErrorObject: true } },
			message: /gave no reason \(unknown_error\)/,
		},
		{
			name: 'failed, the error is only a text',
			plan: { outcome: { status: 'failed' }, rawTask: { error: 'The kiln went cold' } },
			message: /The kiln went cold \(unknown_error\)/,
		},
		{
			// n8n puts its own sentence in place of a message that names a network error.
			name: 'failed, a message that n8n would replace',
			plan: { outcome: { status: 'failed', message: 'upstream: connect ECONNREFUSED 10.0.0.1' } },
			message: /upstream: connect ECONNREFUSED 10\.0\.0\.1 \(service_error\)/,
		},
		{
			name: 'cancelled, no error object',
			plan: { outcome: { status: 'cancelled' } },
			message: /was cancelled \(request_cancelled\)/,
		},
		{
			name: 'cancelled, with an error object',
			plan: {
				outcome: { status: 'cancelled' },
				rawTask: { error: { code: 'stopped_by_owner', message: 'The owner stopped it' } },
			},
			message: /The owner stopped it \(stopped_by_owner\)/,
		},
	] satisfies Array<{ name: string; plan: TaskPlan; message: RegExp }>;
	const outcomeOf = sideBySide(cases, async ({ name, plan }) => await meet(name, plan, {}));

	it.each(cases)('still fails the item with a useful error ($name)', async (one) => {
		const { result, taskIds, reads, submissions } = await outcomeOf(one);

		expect(result.error).toMatchObject({
			name: 'NodeApiError',
			message: expect.stringMatching(one.message),
		});
		expect(result.error?.description).toContain(taskIds[0]);
		expect(result.error?.description).toContain('Task > Get with this ID');
		expect(reads).toHaveLength(1);
		expect(submissions).toHaveLength(1);
	});
});

describe('a task in a state that is no end', () => {
	const cases = [
		{
			name: 'unknown status',
			plan: { outcome: { status: 'archived' } },
			message: /was not finished within \d+ seconds/,
			description: /status 'archived', which this node does not know/,
		},
		{
			name: 'completed, never a link',
			plan: { outcome: { status: 'completed', results: [] } },
			message: /is finished, but Evolink gave no link to it within \d+ seconds/,
			description: /last known status is 'completed'/,
		},
	] satisfies Array<{ name: string; plan: TaskPlan; message: RegExp; description: RegExp }>;
	const outcomeOf = sideBySide(
		cases,
		async ({ name, plan }) =>
			await meet(name, plan, { timeout: 1.5 * SPEED, pollInterval: 0.5 * SPEED }),
	);

	it.each(cases)(
		'is read again until the deadline, which ends it with an error ($name)',
		async (one) => {
			const { result, taskIds, reads, submissions, seconds } = await outcomeOf(one);

			expect(result.error).toMatchObject({
				message: expect.stringMatching(one.message),
				description: expect.stringMatching(one.description),
				context: { itemIndex: 0 },
			});
			expect(result.error?.description).toContain(taskIds[0]);
			expect(result.error?.description).toContain('Task > Get with this ID');
			expect(reads.length).toBeGreaterThan(1);
			expect(submissions).toHaveLength(1);
			expect(seconds * SPEED).toBeGreaterThan(1.4 * SPEED);
			expect(seconds).toBeLessThan(5);
		},
	);
});

evolink.it(
	'reads a completed task without results again and never makes the video again',
	async ({ sandbox, run }) => {
		sandbox.planTask({
			generationSeconds: 0,
			outcome: { status: 'completed', emptyResultReads: 2 },
		});

		const { rows, error } = await run({ parameters: { options: { pollInterval: 1 } } });

		expect(error).toBeUndefined();
		const [{ taskId }] = sandbox.bill;
		expect(rows[0].json.videoUrl).toBe(sandbox.task(taskId)?.mediaUrl);
		expect(rows[0].binary?.data).toBeDefined();
		expect(sandbox.requestsOf('read')).toHaveLength(3);
		expect(sandbox.bill).toHaveLength(1);
	},
);

evolink.it(
	'goes on with the other items when one task fails and the node continues',
	async ({ sandbox, run }) => {
		sandbox.planTask({
			match: { promptIncludes: '<item 1>' },
			generationSeconds: 0,
			outcome: { status: 'failed', code: 'service_error' },
		});
		const items = [0, 1, 2].map((number) => ({ json: { prompt: `<item ${number}>` } }));

		const { rows } = await run({
			items,
			parameters: { prompt: '={{ $json.prompt }}' },
			node: { onError: 'continueRegularOutput' },
		});

		expect(rows.map(({ json }) => json.status ?? 'failed')).toEqual([
			'completed',
			'failed',
			'completed',
		]);
	},
);
