import type { Sandbox } from '../../sandbox';
import { nodeError, outputItems } from '../../tools/engine';
import {
	CONTINUE_ON_FAIL,
	NODE_NAME,
	RETRY_ON_FAIL,
	credentialsFor,
	useEvolink,
	wordsOf,
} from './evolink-workflow';
import { expectRefusal } from './refusals';

const evolink = useEvolink();

const items = (count: number) =>
	Array.from({ length: count }, (_, number) => ({ json: { number } }));

function setCredits(sandbox: Sandbox, user: number, token: object): void {
	const data = { user: { remaining_credits: user, used_credits: 1 }, token };
	const body = JSON.stringify({ success: true, message: '', data });
	sandbox.addFault({ on: 'credits', times: Infinity, fault: { kind: 'garbage', body } });
}

describe('Max Videos per Execution', () => {
	evolink.it('refuses a run that would exceed it, before anything is sent', async (bench) => {
		const result = await bench.run({
			items: items(3),
			parameters: { options: { maxVideos: 2 } },
		});

		expectRefusal(result, {
			itemIndex: 0,
			message: "'Max Videos per Execution' is 2, but this would start 3 videos",
			description: "Pass fewer items to this node, or raise 'Max Videos per Execution'",
		});
		expect(bench.sandbox.requests).toEqual([]);
	});

	evolink.it('gives each of the items that row, and leaves the others theirs', async (bench) => {
		const { rows, error } = await bench.run({
			items: items(3),
			parameters: {
				duration: '={{ $json.number === 0 ? 7 : 6 }}',
				options: { maxVideos: 1 },
			},
			node: CONTINUE_ON_FAIL,
		});

		expect(error).toBeUndefined();
		const messages = rows.map(({ json }) => String(Object(json.error).message));
		expect(messages[0]).toContain("'Duration'");
		expect(messages[1]).toContain("'Max Videos per Execution' is 1");
		expect(messages[2]).toBe(messages[1]);
		expect(bench.sandbox.requests).toEqual([]);
	});

	evolink.it('does not count items that a retry resumes', async ({ sandbox, run, retry }) => {
		sandbox.addFault({ on: 'submit', skip: 1, fault: { kind: 'status', status: 402 } });
		const settings = { items: items(2), parameters: { options: { maxVideos: 2 } } };

		const failed = await run(settings);
		expect(failed.error).toBeDefined();
		const retried = await retry(failed, settings);

		expect(retried.error).toBeUndefined();
		expect(sandbox.bill).toHaveLength(2);
	});

	evolink.it('counts a video that a retry would make anew', async ({ sandbox, run, retry }) => {
		sandbox.planTask({ outcome: { status: 'failed', code: 'service_error' } });
		const settings = { parameters: { options: { maxVideos: 1 } } };

		const failed = await run(settings);
		const retried = await retry(failed, settings);

		expect(retried.error?.message).toBe(
			"'Max Videos per Execution' is 1, but this would start 1 more video after 1",
		);
		expect(sandbox.bill).toHaveLength(1);
	});

	evolink.it(
		'counts all runs of the node in one execution, as a loop has them',
		async ({ sandbox }) => {
			const workflow = evolink.workflow({ parameters: { options: { maxVideos: 3 } } });
			const [trigger, node] = workflow.nodes;
			const branch = (name: string) => ({
				...trigger,
				id: name,
				name,
				type: 'n8n-nodes-base.noOp',
			});
			const to = (...names: string[]) => ({
				main: [names.map((name) => ({ node: name, type: 'main' as const, index: 0 }))],
			});

			const run = await evolink.engine.runWorkflow({
				workflow: {
					...workflow,
					nodes: [trigger, node, branch('First'), branch('Second')],
					connections: {
						Trigger: to('First', 'Second'),
						First: to(NODE_NAME),
						Second: to(NODE_NAME),
					},
				},
				triggerItems: items(2),
				credentials: credentialsFor(sandbox),
			});

			expect(outputItems(run, NODE_NAME)).toHaveLength(2);
			expect(nodeError(run)?.message).toContain('this would start 2 more videos after 2');
			expect(sandbox.bill).toHaveLength(2);
		},
	);

	evolink.it('is a whole number, read for the first item', async ({ sandbox, run }) => {
		const options = { maxVideos: '={{ $json.number === 0 ? 5 : 1 }}' };
		const fine = await run({ items: items(2), parameters: { options } });
		const refused = await run({ parameters: { options: { maxVideos: '={{ 1.5 }}' } } });

		expect(fine.error).toBeUndefined();
		expect(sandbox.bill).toHaveLength(2);
		expectRefusal(refused, { itemIndex: 0, message: "'Max Videos per Execution' must be a whole" });
	});
});

describe('Stop If Balance Below', () => {
	const settings = { items: items(2), parameters: { options: { minBalance: 100 } } };
	const NO_KEY_LIMIT = { remaining_credits: 0, used_credits: 0, unlimited_credits: true };

	evolink.it('starts everything where enough is left, after one read', async (bench) => {
		setCredits(bench.sandbox, 100, NO_KEY_LIMIT);
		const { error } = await bench.run(settings);

		expect(error).toBeUndefined();
		expect(bench.sandbox.requestsOf('credits')).toHaveLength(1);
		expect(bench.sandbox.requests[0].kind).toBe('credits');
		expect(bench.sandbox.bill).toHaveLength(2);
	});

	evolink.it('starts nothing where the account has less', async ({ sandbox, run }) => {
		setCredits(sandbox, 99.5, NO_KEY_LIMIT);
		const result = await run(settings);

		expectRefusal(result, {
			itemIndex: 0,
			message: "The Evolink account has 99.5 credits left, but 'Stop If Balance Below' is 100",
			description: 'Top up the account',
		});
		expect(sandbox.requestsOf('submit')).toEqual([]);
	});

	evolink.it('starts nothing where the key has less', async ({ sandbox, run }) => {
		setCredits(sandbox, 1_000, { remaining_credits: 7, used_credits: 0, unlimited_credits: false });
		const result = await run(settings);

		expectRefusal(result, {
			itemIndex: 0,
			message: "The API key has 7 credits left, but 'Stop If Balance Below' is 100",
		});
	});

	evolink.it('starts nothing where the balance cannot be read', async ({ sandbox, run }) => {
		sandbox.addFault({ on: 'credits', times: Infinity, fault: { kind: 'status', status: 503 } });
		const result = await run(settings);

		expectRefusal(result, {
			itemIndex: 0,
			message: /^Nothing new was started, because the balance could not be read: .*\(HTTP 503\)$/,
		});
		expect(sandbox.requestsOf('credits').length).toBeGreaterThan(3);
		expect(sandbox.requestsOf('submit')).toEqual([]);
	});

	evolink.it('is not asked for when a retry only resumes', async ({ sandbox, run, retry }) => {
		sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });
		const one = { ...settings, items: items(1) };
		const failed = await run(one);
		const retried = await retry(failed, one);

		expect(failed.error).toBeDefined();
		expect(retried.error).toBeUndefined();
		expect(sandbox.bill).toHaveLength(1);
		expect(sandbox.requestsOf('credits')).toHaveLength(1);
	});
});

describe('a limit that stops a retry', () => {
	const limited = (options: Record<string, unknown>) => ({
		items: items(3),
		parameters: { prompt: '={{ "<" + $json.number + ">" }}', options },
	});
	const failItemZero = (sandbox: Sandbox) =>
		sandbox.planTask({
			match: { promptIncludes: '<0>' },
			outcome: { status: 'failed', code: 'service_error' },
		});

	evolink.it('names what the item had failed of', async ({ sandbox, run }) => {
		failItemZero(sandbox);
		const { error } = await run({ ...limited({ maxVideos: 3 }), node: RETRY_ON_FAIL });

		expect(sandbox.bill).toHaveLength(3);
		expect(wordsOf(error)).toContain('service_error');
		expect(wordsOf(error)).toContain('Max Videos');
	});

	evolink.it('leaves what is finished, where the node continues', async ({ sandbox, run }) => {
		failItemZero(sandbox);
		const { rows } = await run({
			...limited({ maxVideos: 3 }),
			node: { ...RETRY_ON_FAIL, ...CONTINUE_ON_FAIL },
		});

		expect(sandbox.bill).toHaveLength(3);
		expect(wordsOf(rows[0].json.error)).toContain('service_error');
		expect(wordsOf(rows[0].json.error)).toContain('Max Videos');
		expect(rows.slice(1).map(({ json }) => json.status)).toEqual(['completed', 'completed']);
	});

	evolink.it(
		'names it where the balance is the limit, too',
		async ({ sandbox, run }) => {
			failItemZero(sandbox);
			const { error } = await run({ ...limited({ minBalance: 20 }), node: RETRY_ON_FAIL });

			expect(sandbox.bill).toHaveLength(3);
			expect(wordsOf(error)).toContain('service_error');
			expect(wordsOf(error)).toMatch(/Balance|credits/);
		},
		// Three videos of 20 credits.
		{ startCredits: 70 },
	);

	const failUnseen = (sandbox: Sandbox) => {
		sandbox.planTask({ outcome: { status: 'failed', code: 'service_error' } });
		sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });
	};

	evolink.it(
		'is asked about a task that has failed meanwhile: the balance',
		async ({ sandbox, run }) => {
			failUnseen(sandbox);
			const parameters = { options: { minBalance: 80 } };
			const { error } = await run({ node: RETRY_ON_FAIL, parameters });

			expect(sandbox.bill).toHaveLength(1);
			expect(wordsOf(error)).toMatch(/70 credits left.*service_error/s);
			expect(wordsOf(error)).toContain(sandbox.bill[0].taskId);
		},
		{ startCredits: 90 },
	);

	evolink.it(
		'is asked about a task that has failed meanwhile: the number of videos',
		async ({ sandbox, run }) => {
			failUnseen(sandbox);
			const { rows } = await run({
				node: { ...RETRY_ON_FAIL, ...CONTINUE_ON_FAIL, maxTries: 2 },
				parameters: { options: { maxVideos: 1 } },
			});

			expect(sandbox.bill).toHaveLength(1);
			expect(wordsOf(rows[0].json.error)).toMatch(/Max Videos.*service_error/s);
			expect(rows[0].json.error).toMatchObject({ taskId: sandbox.bill[0].taskId });
		},
	);

	const busy = (options = {}) => ({
		items: items(3),
		parameters: {
			prompt: '={{ "<" + $json.number + ">" }}',
			options: { minBalance: 60, ...options },
		},
	});
	const twoPlaces = { generationSeconds: 3_600, mostRunningTasks: 2, startCredits: 90 };
	evolink.it(
		'is not asked again after a sleep, for items that the account had no place for',
		async ({ sandbox, run, wake }) => {
			const settings = busy({ whileWaiting: 'sleep' });
			const asleep = await run(settings);
			for (const { taskId } of sandbox.tasks()) sandbox.finishTask(taskId);
			sandbox.planTask({ generationSeconds: 0 });
			const { rows, error } = await wake(asleep, settings);

			expect(error).toBeUndefined();
			expect(rows).toHaveLength(3);
			expect(sandbox.bill).toHaveLength(3);
			expect(sandbox.requestsOf('credits')).toHaveLength(1);
		},
		twoPlaces,
	);
});

describe('Account > Get Balance', () => {
	const parameters = { resource: 'account', operation: 'getBalance' };

	evolink.it('returns one row for each item, after one request', async ({ sandbox, run }) => {
		const token = { remaining_credits: 7.25, used_credits: 2, unlimited_credits: false };
		setCredits(sandbox, 1_000.5, token);
		const { rows, error } = await run({ items: items(3), parameters });

		expect(error).toBeUndefined();
		expect(rows.map(({ json, pairedItem }) => ({ json, pairedItem }))).toEqual(
			[0, 1, 2].map((item) => ({
				json: {
					remainingCredits: 1_000.5,
					usedCredits: 1,
					keyRemainingCredits: 7.25,
					keyUsedCredits: 2,
					keyIsUnlimited: false,
				},
				pairedItem: { item },
			})),
		);
		expect(sandbox.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
			'GET /v1/credits',
		]);
	});

	evolink.it("returns the API's own data without Simplify", async ({ run }) => {
		const { rows } = await run({ parameters: { ...parameters, simplify: false } });

		const credits = { remaining_credits: 1_000_000, used_credits: 0 };
		expect(rows[0].json).toEqual({
			user: credits,
			token: { ...credits, unlimited_credits: false },
		});
	});

	evolink.it('is tried again for a while, and says why it failed', async ({ sandbox, run }) => {
		sandbox.addFault({ on: 'credits', fault: { kind: 'status', status: 503 } });
		expect((await run({ parameters })).error).toBeUndefined();

		const refused = await run({ parameters, credential: { apiKey: 'sk-another-key' } });
		expect(refused.error).toMatchObject({ name: 'NodeApiError', httpCode: '401' });
	});
});
