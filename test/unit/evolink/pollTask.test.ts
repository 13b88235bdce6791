import { EvolinkClient } from '../../../nodes/Evolink/evolink/client';
import { waitForTask } from '../../../nodes/Evolink/evolink/pollTask';
import { parseTask } from '../../../nodes/Evolink/evolink/task';
import { Throttle } from '../../../nodes/Evolink/time/throttle';

const HOUR_MS = 60 * 60 * 1000;
const TASK = {
	id: 'task-unified-1757169743-7cvnl5zw',
	results: ['https://media.evolink.ai/a.mp4'],
};

/** Waits a quarter of an hour at most on a machine that is suspended for hours during a pause. */
async function waitOnSuspendedMachine(statusAfterwards: string) {
	let nowMs = 0;
	const clock = {
		nowMs: () => nowMs,
		sleep: async (ms: number) => {
			nowMs += ms === 0 ? 0 : 8 * HOUR_MS;
		},
	};
	const allowedMs: number[] = [];
	const client = new EvolinkClient(async (request) => {
		allowedMs.push(request.timeoutMs);
		return { status: 200, headers: {}, text: '', json: { ...TASK, status: statusAfterwards } };
	}, new Throttle(clock));
	const known = parseTask({ ...TASK, status: 'processing' });
	const wait = { startedMs: 0, timeoutSeconds: 900 };
	return { ...(await waitForTask(client, TASK.id, known, wait, clock)), allowedMs };
}

describe('a machine that was suspended until long after the deadline', () => {
	it('finds the video by one more poll with an ordinary time-out', async () => {
		const { task, gaveUp, allowedMs } = await waitOnSuspendedMachine('completed');

		expect(gaveUp).toBeUndefined();
		expect(task?.status).toBe('completed');
		expect(allowedMs).toEqual([30_000]);
	});

	it('gives up after that poll', async () => {
		const { gaveUp, allowedMs } = await waitOnSuspendedMachine('processing');

		expect(gaveUp?.message).toMatch(/not finished within 900 seconds/);
		expect(allowedMs).toHaveLength(1);
	});
});
