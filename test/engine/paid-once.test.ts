import { testsSideBySide } from './concurrent-tests';
import { useEvolink } from './evolink-workflow';
import { SPEED } from './quick-clock';
import { imageBytes } from './image-bytes';

const evolink = useEvolink({ generationSeconds: 0 });
const itSideBySide = testsSideBySide(evolink);

const RETRY_ON_FAIL = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };

describe('a retry does not pay again', () => {
	for (const expression of [
		'={{ "A cat at " + $now.toMillis() }}',
		'={{ "A cat " + Math.random() }}',
	]) {
		itSideBySide(
			`although an expression gives something else each time: ${expression}`,
			async ({ sandbox, run }) => {
				sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });

				const { rows, error } = await run({
					parameters: { prompt: expression },
					node: RETRY_ON_FAIL,
				});

				expect(error).toBeUndefined();
				expect(sandbox.bill).toHaveLength(1);
				// What was sent the first time, not what the expression gave the second time.
				expect(rows[0].json).toMatchObject({
					taskId: sandbox.bill[0].taskId,
					prompt: sandbox.bill[0].prompt,
				});
			},
		);
	}

	for (const code of [
		'content_policy_violation',
		'invalid_parameters',
		'image_dimension_mismatch',
	]) {
		itSideBySide(`for a task that failed for good: ${code}`, async ({ sandbox, run, retry }) => {
			sandbox.planTask({ outcome: { status: 'failed', code, message: 'No' } });

			const failed = await run({ node: RETRY_ON_FAIL });
			const again = await retry(failed, { node: RETRY_ON_FAIL });

			for (const { error } of [failed, again]) {
				expect(error?.message).toBe(`Evolink could not make the video: No (${code})`);
				expect(error?.description).toContain(sandbox.bill[0].taskId);
			}
			expect(sandbox.bill).toHaveLength(1);
			expect(sandbox.requestsOf('submit')).toHaveLength(1);
		});
	}

	for (const code of ['service_error', 'image_processing_error', 'unknown_error']) {
		itSideBySide(`but submits again what may succeed then: ${code}`, async ({ sandbox, run }) => {
			sandbox.planTask({ outcome: { status: 'failed', code, message: 'No' } });

			const { error } = await run({ node: RETRY_ON_FAIL });

			expect(error).toBeUndefined();
			expect(sandbox.bill).toHaveLength(2);
		});
	}
});

describe('an item is not disturbed by another', () => {
	const image = async () =>
		await evolink.engine.storeBinary(imageBytes('png', 640, 480), 'a.png', 'image/png');

	itSideBySide('that shares its image and has less time', async ({ sandbox, run }) => {
		const data = await image();
		sandbox.addFault({ on: 'upload', times: 2, fault: { kind: 'stall', seconds: 3 } });

		const { rows, error } = await run({
			items: [SPEED, 60 * SPEED].map((timeout) => ({ json: { timeout }, binary: { data } })),
			parameters: { imageSource: 'binary', options: { timeout: '={{ $json.timeout }}' } },
			node: { onError: 'continueRegularOutput' },
		});

		expect(error).toBeUndefined();
		expect(rows[0].json.error).toMatchObject({ message: expect.stringMatching(/in time/) });
		expect(rows[1].json).toMatchObject({ status: 'completed' });
		expect(sandbox.bill).toHaveLength(1);
	});

	itSideBySide(
		'that is the first, is refused, and says how many run at a time',
		async ({ sandbox, run }) => {
			sandbox.planTask({ generationSeconds: 0.5 });
			const { rows } = await run({
				items: ['8k', '768p', '768p', '768p'].map((quality) => ({ json: { quality } })),
				parameters: { quality: '={{ $json.quality }}', options: { maxConcurrent: 1 } },
				node: { onError: 'continueRegularOutput' },
			});

			expect(rows.map(({ json }) => 'error' in json)).toEqual([true, false, false, false]);
			const order = sandbox.requests.map(({ kind }) => kind).filter((kind) => kind !== 'read');
			expect(order).toEqual(['submit', 'media', 'submit', 'media', 'submit', 'media']);
		},
	);
});

it('leaves no listener behind on the execution, however often a loop runs the node', async () => {
	const added = jest.spyOn(AbortSignal.prototype, 'addEventListener');
	const removed = jest.spyOn(AbortSignal.prototype, 'removeEventListener');
	await evolink.run({ items: [{ json: {} }], parameters: { waitForCompletion: false } });
	const own = (calls: unknown[][]) =>
		calls.filter(([, listener]) => Object(listener).name === 'cancel');
	expect(own(added.mock.calls)).toHaveLength(1);
	expect(own(removed.mock.calls).map(([, listener]) => listener)).toEqual(
		own(added.mock.calls).map(([, listener]) => listener),
	);
	jest.restoreAllMocks();
});
