import { readStatus } from '../../../nodes/Evolink/operations/readStatus';
import { done, scriptedServices, TASK_ID } from './services';
import type { Script } from './services';

/** Reads a status with ten seconds for its turn and its answer together. */
async function read(script: Script = {}) {
	const scripted = scriptedServices({ reads: [done({ status: 'pending' })], ...script });
	const outcome = await readStatus(TASK_ID, 10_000, scripted.services);
	return { ...scripted, outcome };
}

describe('a status read', () => {
	it('lets what is paid for go first, and takes the time that is left after its turn', async () => {
		const { outcome, turns, budgetsMs } = await read({ turnMs: 4_000 });
		expect(outcome).toMatchObject({ kind: 'done', value: { status: 'pending' } });
		expect(turns).toEqual([{ urgency: 'look', budgetMs: 10_000 }]);
		expect(budgetsMs).toEqual([6_000]);
	});

	it('gets a moment even when its turn took all the time', async () => {
		expect((await read({ turnMs: 10_000 })).budgetsMs).toEqual([1]);
	});

	it('without a turn in time says so, and nothing is sent', async () => {
		const { outcome, readCount } = await read({ turnsInTime: 0 });
		expect(outcome).toMatchObject({
			kind: 'tryAgain',
			reason: 'busy',
			failure: { details: { message: expect.stringContaining('turn'), taskId: TASK_ID } },
		});
		expect(readCount()).toBe(0);
	});
});
