import { useEvolink } from './evolink-workflow';

const evolink = useEvolink({ generationSeconds: 0 });
const HOUR_MS = 60 * 60 * 1000;

/** Fails after the payment, and is retried so many hours later, when the API has lost the task. */
async function retryAfterHours(hours: number) {
	evolink.sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });
	const failed = await evolink.run({});
	evolink.sandbox.expireTask(evolink.sandbox.bill[0].taskId);
	const realNow = Date.now;
	const clock = jest.spyOn(Date, 'now').mockImplementation(() => realNow() + hours * HOUR_MS);
	try {
		return await evolink.retry(failed, {});
	} finally {
		clock.mockRestore();
	}
}

describe('a task that the API does not know any more', () => {
	it('is not made again within a day of its submission', async () => {
		const { error } = await retryAfterHours(23);

		expect(evolink.sandbox.bill).toHaveLength(1);
		expect(`${error?.message} ${String(error?.description)}`).toContain(
			evolink.sandbox.bill[0].taskId,
		);
	});

	it('is made again by a retry a day later', async () => {
		const { rows, error } = await retryAfterHours(25);

		expect(error).toBeUndefined();
		expect(evolink.sandbox.bill).toHaveLength(2);
		expect(rows[0].json.taskId).toBe(evolink.sandbox.bill[1].taskId);
	});
});
