import { readStatus } from '../../../nodes/Evolink/operations/readStatus';
import { done, scriptedServices, TASK_ID } from './services';

/** Reads a status whose turn takes that long, with ten seconds for both. */
async function read({ turnMs = 0, hasTurn = true }) {
	const { services, clock, readCount } = scriptedServices({ reads: [done({ status: 'pending' })] });
	const asked: unknown[] = [];
	const budgetsMs: number[] = [];
	const outcome = await readStatus(TASK_ID, 10_000, {
		...services,
		client: {
			...services.client,
			async readTask(taskId, budgetMs) {
				budgetsMs.push(budgetMs);
				return await services.client.readTask(taskId, budgetMs);
			},
		},
		pace: {
			...services.pace,
			async turn(urgency, budgetMs) {
				asked.push({ urgency, budgetMs });
				clock.advance(turnMs);
				return hasTurn;
			},
		},
	});
	return { outcome, asked, budgetsMs, readCount };
}

describe('a status read', () => {
	it('lets what is paid for go first, and takes the time that is left after its turn', async () => {
		const { outcome, asked, budgetsMs } = await read({ turnMs: 4_000 });
		expect(outcome).toMatchObject({ kind: 'done', value: { status: 'pending' } });
		expect(asked).toEqual([{ urgency: 'look', budgetMs: 10_000 }]);
		expect(budgetsMs).toEqual([6_000]);
	});

	it('gets a moment even when its turn took all the time', async () => {
		expect((await read({ turnMs: 10_000 })).budgetsMs).toEqual([1]);
	});

	it('without a turn in time says so, and nothing is sent', async () => {
		const { outcome, readCount } = await read({ hasTurn: false });
		expect(outcome).toMatchObject({
			kind: 'tryAgain',
			reason: 'busy',
			failure: { details: { message: expect.stringContaining('turn'), taskId: TASK_ID } },
		});
		expect(readCount()).toBe(0);
	});
});
