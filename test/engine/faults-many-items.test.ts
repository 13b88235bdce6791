import { useEvolink } from './evolink-workflow';

const evolink = useEvolink({ generationSeconds: 0 });
const COUNT = 4_000;

/** Runs rehearsed items, of which the first is refused, and returns how long that took. */
async function timeOfRun(count: number, node: Record<string, unknown>): Promise<number> {
	const startedMs = Date.now();
	const { rows } = await evolink.run({
		items: Array.from({ length: count }, (_, number) => ({ json: { number } })),
		parameters: {
			waitForCompletion: false,
			duration: '={{ $json.number === 0 ? 7 : 6 }}',
			options: { rehearse: true, maxConcurrent: 100 },
		},
		node: { onError: 'continueRegularOutput', ...node },
	});
	expect(rows).toHaveLength(count);
	expect(Object.keys(rows[0].json)).toEqual(['error']);
	return Date.now() - startedMs;
}

describe('thousands of items', () => {
	it('do not take the second call of the node many times as long as the first', async () => {
		await timeOfRun(100, {});
		const onceMs = await timeOfRun(COUNT, {});
		// A first row with an error makes n8n run the node again.
		const twiceMs = await timeOfRun(COUNT, { retryOnFail: true, maxTries: 2, waitBetweenTries: 1 });

		expect(twiceMs).toBeLessThan(3 * onceMs);
	}, 120_000);
});
