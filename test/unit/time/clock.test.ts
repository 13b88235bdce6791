import { createExecutionClock } from '../../../nodes/Evolink/time/clock';
import { Stop } from '../../../nodes/Evolink/time/stop';

beforeEach(() => jest.useFakeTimers({ now: 1_000_000 }));
afterEach(() => jest.useRealTimers());

it.each([-3_600_000, 0, 3_600_000])(
	'a duration is the same when the machine sets its clock by %d ms meanwhile',
	async (jumpMs) => {
		const clock = createExecutionClock(new Stop());
		const startMs = clock.nowMs();
		let endMs: number | undefined;
		void clock.sleep(5_000).then(() => {
			endMs = clock.nowMs();
		});
		await jest.advanceTimersByTimeAsync(2_000);
		jest.setSystemTime(Date.now() + jumpMs);
		await jest.advanceTimersByTimeAsync(2_999);
		expect(endMs).toBeUndefined();
		await jest.advanceTimersByTimeAsync(1);
		expect(endMs).toBe(startMs + 5_000);
	},
);
