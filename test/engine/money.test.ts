import type { Fault } from '../../sandbox';
import { useEvolink } from './evolink-workflow';
import { SPEED } from './quick-clock';
import type { EvolinkRun } from './evolink-workflow';
import { testsSideBySide } from './concurrent-tests';
import { idempotencyKeyOf } from './traffic';

const evolink = useEvolink({ generationSeconds: 0 });
const itSideBySide = testsSideBySide(evolink);

/** n8n takes 0 for "not set" and waits a second. */
const RETRY_ON_FAIL = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };

describe('a submission whose answer was lost', () => {
	itSideBySide(
		'says where to look, and is sent again, with a new key, when the workflow is started anew',
		async ({ sandbox, run }) => {
			sandbox.addFault({ on: 'submit', fault: { kind: 'reset-after-acceptance' } });

			const { error } = await run({});
			const { error: none, rows } = await run({});

			expect(error?.description).toMatch(/connection broke off.*evolink\.ai\/dashboard\/billing/);
			expect(error?.description).toContain('Task > Get');
			expect(none).toBeUndefined();
			expect(rows[0].json.taskId).toBe(sandbox.bill[1].taskId);
			const keys = sandbox.requestsOf('submit').map(idempotencyKeyOf);
			expect(new Set(keys).size).toBe(2);
		},
	);
});

describe('a submission that met a rate limit', () => {
	itSideBySide(
		'is repeated by the node itself, with the same key, after what Retry-After says',
		async ({ sandbox, run }) => {
			sandbox.addFault({ on: 'submit', fault: { kind: 'status', status: 429, retryAfter: 2 } });

			const { error } = await run({});

			expect(error).toBeUndefined();
			const [refused, accepted] = sandbox.requestsOf('submit');
			expect(idempotencyKeyOf(accepted)).toBe(idempotencyKeyOf(refused));
			const pauseMs = (accepted.receivedAtMs - (refused.answeredAtMs ?? 0)) * SPEED;
			expect(pauseMs).toBeGreaterThan(1_950);
		},
	);

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
