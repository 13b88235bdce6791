import type { Fault, FaultAction } from '../../sandbox';
import { startSandbox } from '../../sandbox';
import { useEvolink } from './evolink-workflow';
import { SPEED } from './quick-clock';
import type { EvolinkResult, EvolinkRun } from './evolink-workflow';
import { sideBySide, testsSideBySide, useLastingSandbox } from './concurrent-tests';
import { idempotencyKeyOf, promptFor, trafficOf } from './traffic';
import type { Traffic } from './traffic';

const evolink = useEvolink({ generationSeconds: 0 });
const itSideBySide = testsSideBySide(evolink);
const tables = useLastingSandbox();

/** n8n takes 0 for "not set" and waits a second. */
const RETRY_ON_FAIL = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };

interface Step extends Traffic {
	result: EvolinkResult;
}

interface Story {
	/** The run that met the fault. */
	first: Step;
	/** "Retry execution" of it; undefined when it succeeded. */
	retried: Step | undefined;
	/** The same workflow, started anew. */
	anew: Step;
}

/** How the workflow goes on after one submission fault: with n8n's retries, then started anew. */
async function tell(name: string, fault: Omit<Fault, 'on'>, node = {}): Promise<Story> {
	const prompt = promptFor(name);
	const sandbox = tables.current;
	sandbox.addFault({ ...fault, on: 'submit', match: { promptIncludes: prompt } });
	const run: EvolinkRun = { sandbox, node, parameters: { prompt, options: { timeout: 300 } } };
	const step = (result: EvolinkResult): Step => ({ result, ...trafficOf(sandbox, prompt) });

	const first = step(await evolink.run(run));
	const retried =
		first.result.error === undefined ? undefined : step(await evolink.retry(first.result, run));
	return { first, retried, anew: step(await evolink.run(run)) };
}

const nodeSettings = [
	{ settings: 'without Retry On Fail', node: {} },
	{ settings: 'with Retry On Fail', node: RETRY_ON_FAIL },
];

function expectUsableKeys({ submissions }: Traffic): void {
	for (const submission of submissions) {
		expect(idempotencyKeyOf(submission)).toMatch(/^[A-Za-z0-9_-]{32,64}$/);
	}
}

describe('a submission whose answer was lost', () => {
	const lost: Array<{ fault: FaultAction; isAccepted: boolean; why: RegExp }> = [
		{
			fault: { kind: 'reset-before-acceptance' },
			isAccepted: false,
			why: /connection broke off/,
		},
		{ fault: { kind: 'reset-after-acceptance' }, isAccepted: true, why: /connection broke off/ },
		...[true, false].flatMap((isAccepted) => [
			...[504, 520, 524, 599].map((status) => ({
				fault: { kind: 'status' as const, status, html: true, afterAcceptance: isAccepted },
				isAccepted,
				why: new RegExp(`HTTP ${status}`),
			})),
			{
				fault: { kind: 'status' as const, status: 502, html: true, afterAcceptance: isAccepted },
				isAccepted,
				why: /HTTP 502/,
			},
			...[
				{ kind: 'html' as const },
				{ kind: 'empty' as const },
				{ kind: 'truncated-json' as const },
				{ kind: 'garbage' as const, body: '{"id":"../credits","status":"pending"}' },
				{ kind: 'garbage' as const, body: '{"id":17,"status":"pending"}' },
				{ kind: 'garbage' as const, body: '{"status":"pending"}' },
				{ kind: 'garbage' as const, body: '{"error":"no"}' },
				{ kind: 'garbage' as const, body: 'null' },
			].map((fault) => ({
				fault: { ...fault, afterAcceptance: isAccepted },
				isAccepted,
				why: /could not be read as a task/,
			})),
		]),
		{
			fault: { kind: 'redirect', status: 303, location: '/v1/tasks/unknown' },
			isAccepted: false,
			why: /HTTP 303/,
		},
	];
	const cases = lost.flatMap((one) =>
		nodeSettings.map(({ settings, node }) => ({
			...one,
			node,
			name: `${JSON.stringify(one.fault)} ${settings}`,
		})),
	);
	const storyOf = sideBySide(
		cases,
		async ({ name, fault, node }) => await tell(name, { fault }, node),
	);

	it.each(cases)('fails the item and is not sent again: $name', async (one) => {
		const { first } = await storyOf(one);

		expect(first.result.error).toMatchObject({
			name: 'NodeApiError',
			message: 'The video may have been started, but the answer of Evolink was lost',
			description: expect.stringMatching(one.why),
			context: { itemIndex: 0 },
		});
		expect(first.result.error?.description).toContain('https://evolink.ai/dashboard/billing');
		expect(first.result.error?.description).toContain('Task > Get');
		expect(first.submissions).toHaveLength(1);
		expect(first.charges).toHaveLength(one.isAccepted ? 1 : 0);
		expectUsableKeys(first);
	});

	it.each(cases)('is not sent again by "Retry execution" either: $name', async (one) => {
		const { first, retried } = await storyOf(one);

		expect(retried?.submissions).toHaveLength(1);
		expect(retried?.charges).toHaveLength(one.isAccepted ? 1 : 0);
		expect(retried?.result.error).toMatchObject({
			message: first.result.error?.message,
			description: first.result.error?.description,
			httpCode: first.result.error?.httpCode,
		});
	});

	it.each(cases)('is sent again when the workflow is started anew: $name', async (one) => {
		const { anew } = await storyOf(one);
		const [firstKey, newKey] = anew.submissions.map(idempotencyKeyOf);

		expect(anew.result.error).toBeUndefined();
		expect(anew.result.rows[0].json).toMatchObject({ taskId: anew.taskIds.at(-1) });
		expect(anew.submissions).toHaveLength(2);
		expect(newKey).not.toBe(firstKey);
	});
});

describe('a submission that was refused', () => {
	const faults: FaultAction[] = [400, 401, 402, 403, 404, 408, 409, 413, 422, 500, 502, 503].map(
		(status) => ({ kind: 'status', status }),
	);
	const cases = faults.flatMap((fault) =>
		nodeSettings.map(({ settings, node }) => ({
			fault,
			node,
			name: `${JSON.stringify(fault)} ${settings}`,
		})),
	);
	const storyOf = sideBySide(
		cases,
		async ({ name, fault, node }) => await tell(name, { fault }, node),
	);

	it.each(cases)('is repeated by n8n alone, with the same key: $name', async (one) => {
		const { first, retried } = await storyOf(one);
		const last = retried ?? first;

		if (one.node === RETRY_ON_FAIL) {
			expect(first.result.error).toBeUndefined();
			expect(first.submissions).toHaveLength(2);
		} else {
			expect(first.result.error?.httpCode).toBe(
				one.fault.kind === 'status' ? String(one.fault.status) : '',
			);
			expect(first.submissions).toHaveLength(1);
			expect(first.charges).toHaveLength(0);
		}
		expect(last.result.error).toBeUndefined();
		expect(last.result.rows[0].json).toMatchObject({ taskId: last.taskIds[0] });
		expect(last.submissions).toHaveLength(2);
		expect(last.charges).toHaveLength(1);
		expect(new Set(last.submissions.map(idempotencyKeyOf)).size).toBe(1);
		expectUsableKeys(last);
	});

	it.each(cases)('gets a new key when the workflow is started anew: $name', async (one) => {
		const { anew } = await storyOf(one);

		expect(anew.submissions).toHaveLength(3);
		expect(new Set(anew.submissions.map(idempotencyKeyOf)).size).toBe(2);
	});
});

describe('a submission that met a rate limit', () => {
	const cases = [
		{ name: '429 without Retry-After', fault: {}, shortestPause: 0.95 },
		{ name: '429 with Retry-After', fault: { retryAfter: 2 }, shortestPause: 1.95 },
		{ name: '429 in HTML', fault: { html: true }, shortestPause: 0.95 },
	].flatMap((one) =>
		nodeSettings.map(({ settings, node }) => ({ ...one, node, name: `${one.name} ${settings}` })),
	);
	const storyOf = sideBySide(
		cases,
		async ({ name, fault, node }) =>
			await tell(name, { fault: { kind: 'status', status: 429, ...fault } }, node),
	);

	it.each(cases)('is repeated by the node itself, after a pause: $name', async (one) => {
		const { first } = await storyOf(one);
		const [refused, accepted] = first.submissions;

		expect(first.result.error).toBeUndefined();
		expect(first.submissions).toHaveLength(2);
		expect(first.charges).toHaveLength(1);
		expect(idempotencyKeyOf(accepted)).toBe(idempotencyKeyOf(refused));
		const pauseMs = (accepted.receivedAtMs - (refused.answeredAtMs ?? 0)) * SPEED;
		expect(pauseMs / 1000).toBeGreaterThan(one.shortestPause);
	});

	itSideBySide(
		'is given up by the deadline, and sent again by a retry with the same key',
		async ({ sandbox, run, retry }) => {
			sandbox.addFault({
				on: 'submit',
				fault: { kind: 'status', status: 429, retryAfter: 60 },
			});
			const settings = { parameters: { options: { timeout: 45 } } };

			const refused = await run(settings);
			expect(refused.error).toMatchObject({ name: 'NodeApiError', httpCode: '429' });
			expect(sandbox.bill).toEqual([]);
			const retried = await retry(refused, settings);

			expect(retried.error).toBeUndefined();
			expect(sandbox.bill).toHaveLength(1);
			const keys = sandbox.requestsOf('submit').map(idempotencyKeyOf);
			expect(keys).toHaveLength(2);
			expect(new Set(keys).size).toBe(1);
		},
	);
});

describe('a submission that reached nobody', () => {
	/** A port on which nothing listens any more. */
	async function closedAddress(): Promise<string> {
		const closed = await startSandbox();
		await closed.close();
		return closed.url;
	}

	const cases = [
		{ name: 'connection refused', message: /Nothing answers at the address/ },
		{ name: 'host name unknown', message: /address of the Evolink API could not be found/ },
	].flatMap((one) =>
		nodeSettings.map(({ settings, node }) => ({ ...one, node, name: `${one.name} ${settings}` })),
	);
	const resultOf = sideBySide(cases, async ({ name, node }) => {
		const baseUrl = name.startsWith('host') ? 'http://nowhere.invalid' : await closedAddress();
		return await evolink.run({
			sandbox: tables.current,
			node,
			credential: { baseUrl },
			parameters: { options: { timeout: 60 } },
		});
	});

	it.each(cases)('fails the item with what to check: $name', async (one) => {
		const { error } = await resultOf(one);

		expect(error).toMatchObject({
			name: 'NodeApiError',
			message: expect.stringMatching(one.message),
			description: expect.stringMatching(/addresses in the Evolink API credential/),
			context: { itemIndex: 0 },
		});
		expect(error?.message).not.toMatch(/ECONNREFUSED|ENOTFOUND|EAI_AGAIN/);
	});

	itSideBySide(
		'is sent by "Retry execution" once the credential is right',
		async ({ sandbox, run, retry }) => {
			const settings = { parameters: { options: { timeout: 60 } } };
			const failed = await run({ ...settings, credential: { baseUrl: await closedAddress() } });
			const retried = await retry(failed, settings);

			expect(failed.error).toBeDefined();
			expect(retried.error).toBeUndefined();
			expect(sandbox.bill).toHaveLength(1);
		},
	);
});

describe('the Idempotency-Key', () => {
	const items = [0, 1, 2].map((number) => ({ json: { number } }));

	itSideBySide(
		'is of its own for every item and every run, also for the same content',
		async ({ sandbox, run }) => {
			await run({ items });
			await run({ items });

			const keys = sandbox.requestsOf('submit').map(idempotencyKeyOf);
			expect(keys).toHaveLength(6);
			expect(new Set(keys).size).toBe(6);
			for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9_-]{32,64}$/);
		},
	);

	it('lets a service that honours it charge once, even for a 500 after acceptance', async () => {
		const sandbox = await evolink.ownSandbox({ generationSeconds: 0, honourIdempotencyKey: true });
		sandbox.addFault({
			on: 'submit',
			fault: { kind: 'status', status: 500, afterAcceptance: true },
		});

		const { rows, error } = await evolink.run({ sandbox, node: RETRY_ON_FAIL });

		expect(error).toBeUndefined();
		expect(sandbox.requestsOf('submit')).toHaveLength(2);
		expect(sandbox.bill).toHaveLength(1);
		expect(rows[0].json).toMatchObject({ taskId: sandbox.bill[0].taskId });
	});
});

describe('items that are right', () => {
	it('are not paid for when another item of the same input is wrong', async () => {
		const { error } = await evolink.run({
			items: [0, 1, 2].map((number) => ({ json: { number } })),
			parameters: { imageUrl: '={{ $json.number === 2 ? "" : "https://example.com/a.jpg" }}' },
		});

		expect(error?.name).toBe('NodeOperationError');
		expect(evolink.sandbox.requests).toEqual([]);
	});

	itSideBySide(
		'are paid for once each, however many faults the way has',
		async ({ sandbox, run, retry }) => {
			const trouble: Array<Omit<Fault, 'seed' | 'times'>> = [
				{ on: 'submit', probability: 0.3, fault: { kind: 'status', status: 429, retryAfter: 0.1 } },
				{ on: 'submit', probability: 0.3, fault: { kind: 'status', status: 503 } },
				{ on: 'read', probability: 0.2, fault: { kind: 'status', status: 502, retryAfter: 0.1 } },
				{ on: 'read', probability: 0.1, fault: { kind: 'status', status: 403 } },
				{ on: 'media', probability: 0.1, fault: { kind: 'status', status: 404 } },
				{ on: 'media', probability: 0.2, fault: { kind: 'truncated-media' } },
			];
			trouble.forEach((fault, index) => {
				sandbox.addFault({ ...fault, seed: index + 1, times: Infinity });
			});
			const items = Array.from({ length: 4 }, (_, number) => ({ json: { number } }));
			const settings: EvolinkRun = {
				items,
				parameters: { prompt: '={{ "<" + $json.number + ">" }}' },
				node: { retryOnFail: true, maxTries: 5, waitBetweenTries: 1 },
			};

			let result = await run(settings);
			for (let retries = 0; result.error !== undefined && retries < 5; retries++) {
				result = await retry(result, settings);
			}

			expect(result.error).toBeUndefined();
			expect(result.rows).toHaveLength(items.length);
			const paid = sandbox.bill.map(({ prompt, taskId }) => [prompt, taskId]);
			expect(paid.sort()).toEqual(result.rows.map(({ json }) => [json.prompt, json.taskId]).sort());
		},
	);
});

it("n8n's log names each task as soon as it is paid for", async () => {
	evolink.sandbox.planTask({ outcome: { status: 'failed' } });
	const linesBefore = evolink.engine.logLines().length;

	await evolink.run({});

	const [{ taskId }] = evolink.sandbox.bill;
	const line = evolink.engine
		.logLines()
		.slice(linesBefore)
		.find((text) => text.startsWith('info:') && text.includes(taskId));
	expect(line).toMatch(/started a paid task/);
	expect(line).toMatch(/itemIndex: 0/);
});
