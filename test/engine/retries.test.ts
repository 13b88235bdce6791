/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs beside n8n, never inside it */
import type { Sandbox } from '../../sandbox';
import { useEvolink } from './evolink-workflow';
import { SPEED } from './quick-clock';
import type { EvolinkRun } from './evolink-workflow';
import { imageBytes } from './image-bytes';
import { testsSideBySide } from './concurrent-tests';
import type { OwnBench } from './concurrent-tests';
import { bodyField, idempotencyKeyOf } from './traffic';

const evolink = useEvolink();
const itSideBySide = testsSideBySide(evolink);

/** n8n takes 0 for "not set" and waits a second. */
const RETRY_ON_FAIL = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };

const fiveItems = {
	items: [0, 1, 2, 3, 4].map((number) => ({ json: { prompt: `<item ${number}>` } })),
	parameters: { prompt: '={{ $json.prompt }}' },
} satisfies EvolinkRun;

const itemTwo = { promptIncludes: '<item 2>' };

async function pictureItem() {
	const picture = await evolink.engine.storeBinary(
		imageBytes('jpeg', 800, 600),
		'a.jpg',
		'image/jpeg',
	);
	return {
		items: [{ json: {}, binary: { data: picture } }],
		parameters: { imageSource: 'binary' },
	} satisfies EvolinkRun;
}

/** Looks at the first task until it has failed, without a request. */
async function untilFailed(sandbox: Sandbox): Promise<void> {
	while (sandbox.task(sandbox.bill[0].taskId)?.status !== 'failed') {
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

describe('Retry On Fail', () => {
	itSideBySide(
		'takes a task up again by its id after a read that failed',
		async ({ sandbox, run }) => {
			sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });

			const { rows, error } = await run({ node: RETRY_ON_FAIL });

			expect(error).toBeUndefined();
			expect(rows[0].json.taskId).toBe(sandbox.bill[0].taskId);
			expect(sandbox.requestsOf('submit')).toHaveLength(1);
			expect(sandbox.requestsOf('read')).toHaveLength(2);
		},
	);

	itSideBySide('takes a task up again after a download that failed', async ({ sandbox, run }) => {
		sandbox.addFault({ on: 'media', fault: { kind: 'status', status: 404 } });

		const { rows, error } = await run({ node: RETRY_ON_FAIL });

		expect(error).toBeUndefined();
		expect(rows[0].binary?.data).toBeDefined();
		expect(sandbox.requestsOf('submit')).toHaveLength(1);
	});

	itSideBySide('waits on for the same task after a timeout', async ({ sandbox, run }) => {
		sandbox.planTask({ generationSeconds: 4 });

		const { rows, error } = await run({
			node: RETRY_ON_FAIL,
			parameters: { options: { timeout: 2 * SPEED } },
		});

		expect(error).toBeUndefined();
		expect(rows[0].json.taskId).toBe(sandbox.bill[0].taskId);
		expect(sandbox.requestsOf('submit')).toHaveLength(1);
	});

	itSideBySide('resumes all five items when the read of one failed', async ({ sandbox, run }) => {
		sandbox.addFault({
			on: 'read',
			match: itemTwo,
			fault: { kind: 'status', status: 403 },
		});

		const { rows, error } = await run({ ...fiveItems, node: RETRY_ON_FAIL });

		expect(error).toBeUndefined();
		expect(rows.map(({ json }) => json.prompt)).toEqual(
			fiveItems.items.map(({ json }) => json.prompt),
		);
		expect(sandbox.requestsOf('submit')).toHaveLength(5);
		expect(sandbox.bill).toHaveLength(5);
	});

	itSideBySide(
		'submits anew only the one of five items whose task failed for good, with a new key',
		async ({ sandbox, run }) => {
			sandbox.planTask({ match: itemTwo, outcome: { status: 'failed' } });

			const { rows, error } = await run({ ...fiveItems, node: RETRY_ON_FAIL });

			expect(error).toBeUndefined();
			expect(rows.every(({ json }) => json.status === 'completed')).toBe(true);
			expect(sandbox.bill).toHaveLength(6);
			const ofItemTwo = sandbox
				.requestsOf('submit')
				.filter((one) => bodyField(one, 'prompt') === '<item 2>');
			expect(ofItemTwo).toHaveLength(2);
			expect(new Set(sandbox.requestsOf('submit').map(idempotencyKeyOf)).size).toBe(6);
			expect(rows[2].json.taskId).toBe(ofItemTwo[1].taskId);
		},
	);

	itSideBySide('submits anew an item whose task was cancelled', async ({ sandbox, run }) => {
		sandbox.planTask({ outcome: { status: 'cancelled' } });

		const { error } = await run({ node: RETRY_ON_FAIL });

		expect(error).toBeUndefined();
		expect(sandbox.bill).toHaveLength(2);
	});

	itSideBySide(
		'does not upload a picture again whose task exists, and still puts out its address',
		async ({ sandbox, run }) => {
			sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });

			const { rows, error } = await run({ ...(await pictureItem()), node: RETRY_ON_FAIL });

			expect(error).toBeUndefined();
			const uploads = sandbox.requestsOf('upload');
			expect(uploads).toHaveLength(1);
			expect(sandbox.requestsOf('submit')).toHaveLength(1);
			expect(rows[0].json.imageUrl).toBe(uploads[0].upload?.fileUrl);
		},
	);

	itSideBySide(
		'runs the node again when it continues and the first row failed, without a second payment',
		async ({ sandbox, run }) => {
			sandbox.addFault({
				on: 'read',
				match: { promptIncludes: '<item 0>' },
				fault: { kind: 'status', status: 403 },
			});

			const { rows } = await run({
				...fiveItems,
				node: { ...RETRY_ON_FAIL, onError: 'continueRegularOutput' },
			});

			expect(rows.map(({ json }) => json.status)).toEqual(Array(5).fill('completed'));
			expect(sandbox.requestsOf('submit')).toHaveLength(5);
		},
	);

	itSideBySide('keeps a lost answer lost when the node continues', async ({ sandbox, run }) => {
		sandbox.addFault({ on: 'submit', fault: { kind: 'reset-after-acceptance' } });

		const { rows } = await run({
			node: { ...RETRY_ON_FAIL, onError: 'continueRegularOutput' },
		});

		expect(rows).toHaveLength(1);
		expect(rows[0].json.error).toMatchObject({
			message: expect.stringMatching(/may have been started/),
		});
		expect(sandbox.requestsOf('submit')).toHaveLength(1);
	});
});

describe('"Retry execution"', () => {
	itSideBySide('waits on for the same task after a timeout', async ({ sandbox, run, retry }) => {
		sandbox.planTask({ generationSeconds: 4.5 });
		const settings = { parameters: { options: { timeout: 3 * SPEED } } };

		const failed = await run(settings);
		const { rows, error } = await retry(failed, settings);

		expect(failed.error?.message).toMatch(`was not finished within ${3 * SPEED} seconds`);
		expect(error).toBeUndefined();
		expect(rows[0].json.taskId).toBe(sandbox.bill[0].taskId);
		expect(rows[0].binary?.data).toBeDefined();
		expect(sandbox.requestsOf('submit')).toHaveLength(1);
	});

	itSideBySide(
		'takes a task up again after a read that failed, as often as need be',
		async ({ sandbox, run, retry }) => {
			sandbox.addFault({ on: 'read', times: 3, fault: { kind: 'status', status: 401 } });

			let result = await run({});
			for (let retries = 0; retries < 3; retries++) {
				expect(result.error?.httpCode).toBe('401');
				result = await retry(result, {});
			}

			expect(result.error).toBeUndefined();
			expect(sandbox.requestsOf('submit')).toHaveLength(1);
			expect(sandbox.bill).toHaveLength(1);
		},
	);

	itSideBySide(
		'submits anew an item whose task failed for good, with a new key',
		async ({ sandbox, run, retry }) => {
			sandbox.planTask({ outcome: { status: 'failed', code: 'service_error' } });

			const failed = await run({});
			const { rows, error } = await retry(failed, {});

			expect(failed.error?.message).toContain('service_error');
			expect(error).toBeUndefined();
			expect(sandbox.bill).toHaveLength(2);
			expect(rows[0].json.taskId).toBe(sandbox.bill[1].taskId);
			// Nothing is left to learn from the task that failed.
			expect(sandbox.task(sandbox.bill[0].taskId)?.readCount).toBe(1);
			expect(new Set(sandbox.requestsOf('submit').map(idempotencyKeyOf)).size).toBe(2);
		},
	);

	itSideBySide(
		'submits anew an item whose task failed after the first execution had ended',
		async ({ sandbox, run, retry }) => {
			sandbox.planTask({ generationSeconds: 5, outcome: { status: 'failed' } });
			const settings = { parameters: { options: { timeout: 2 * SPEED } } };

			const timedOut = await run(settings);
			await untilFailed(sandbox);
			const { rows, error } = await retry(timedOut, settings);

			expect(timedOut.error?.message).toMatch(/was not finished/);
			expect(error).toBeUndefined();
			expect(sandbox.bill).toHaveLength(2);
			expect(rows[0].json.taskId).toBe(sandbox.bill[1].taskId);
		},
	);

	itSideBySide(
		'submits anew an item whose task id has expired, with a new key',
		async ({ sandbox, run, retry }) => {
			sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });

			const failed = await run({});
			sandbox.expireTask(sandbox.bill[0].taskId);
			const { rows, error } = await retry(failed, {});

			expect(error).toBeUndefined();
			expect(sandbox.bill).toHaveLength(2);
			expect(rows[0].json.taskId).toBe(sandbox.bill[1].taskId);
			expect(new Set(sandbox.requestsOf('submit').map(idempotencyKeyOf)).size).toBe(2);
		},
	);

	for (const { page, fault } of [
		{ page: "a proxy's 404 page", fault: { html: true } },
		{ page: 'an empty 404', fault: { empty: true } },
	]) {
		itSideBySide(`does not take ${page} for an expired id`, async ({ sandbox, run }) => {
			sandbox.addFault({ on: 'read', times: 2, fault: { kind: 'status', status: 404, ...fault } });

			const { rows, error } = await run({});

			expect(error).toBeUndefined();
			expect(sandbox.bill).toHaveLength(1);
			expect(rows[0].json.taskId).toBe(sandbox.bill[0].taskId);
		});
	}

	itSideBySide(
		'knows an uploaded picture by its bytes, although it would get another address',
		async ({ sandbox, run, retry }) => {
			const settings = { ...(await pictureItem()), parameters: { imageSource: 'binary' } };
			sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 400 } });

			const failed = await run(settings);
			const { rows, error } = await retry(failed, settings);

			expect(error).toBeUndefined();
			const uploads = sandbox.requestsOf('upload');
			expect(uploads).toHaveLength(1);
			expect(rows[0].json.imageUrl).toBe(uploads[0].upload?.fileUrl);
			expect(sandbox.bill).toHaveLength(1);
		},
	);

	itSideBySide(
		'submits what was never accepted with the same key as before',
		async ({ sandbox, run, retry }) => {
			sandbox.addFault({ on: 'submit', fault: { kind: 'status', status: 402 } });

			const failed = await run({});
			const { error } = await retry(failed, {});

			expect(error).toBeUndefined();
			expect(sandbox.requestsOf('submit')).toHaveLength(2);
			expect(new Set(sandbox.requestsOf('submit').map(idempotencyKeyOf)).size).toBe(1);
			expect(sandbox.bill).toHaveLength(1);
		},
	);

	itSideBySide(
		'takes items up again that do not wait for completion',
		async ({ sandbox, run, retry }) => {
			const settings = {
				...fiveItems,
				parameters: { ...fiveItems.parameters, waitForCompletion: false },
			};
			sandbox.addFault({
				on: 'submit',
				match: itemTwo,
				fault: { kind: 'status', status: 500 },
			});

			const failed = await run(settings);
			const { rows, error } = await retry(failed, settings);

			expect(failed.error?.httpCode).toBe('500');
			expect(error).toBeUndefined();
			expect(rows).toHaveLength(5);
			expect(sandbox.bill.map(({ prompt }) => prompt).sort()).toEqual(
				fiveItems.items.map(({ json }) => json.prompt),
			);
		},
	);
});

describe('the first read of a task that is taken up again', () => {
	/** A run that has paid for a task and then failed. */
	async function failedRun({ sandbox, run }: OwnBench, settings: EvolinkRun = {}) {
		sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });
		return await run(settings);
	}

	itSideBySide('is repeated after what Retry-After says', async (bench) => {
		const { sandbox, retry } = bench;
		const failed = await failedRun(bench);
		sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 429, retryAfter: 2 } });

		const { error } = await retry(failed, {});

		expect(error).toBeUndefined();
		const [busy, answered] = sandbox.requestsOf('read').slice(1);
		const pauseMs = (answered.receivedAtMs - (busy.answeredAtMs ?? 0)) * SPEED;
		expect(pauseMs).toBeGreaterThan(1950);
		expect(sandbox.bill).toHaveLength(1);
	});

	itSideBySide('begins the time for the wait anew', async ({ sandbox, run, retry }) => {
		sandbox.planTask({ generationSeconds: 4.5 });
		const settings = { parameters: { options: { timeout: 3 * SPEED, pollInterval: SPEED } } };

		const failed = await run(settings);
		const { rows } = await retry(failed, settings);

		expect(failed.error?.message).toMatch(`within ${3 * SPEED} seconds`);
		expect(rows[0].json.status).toBe('completed');
	});
});
