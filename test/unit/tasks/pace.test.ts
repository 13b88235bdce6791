/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs beside n8n, never inside it */
import fc from 'fast-check';

import type { Clock } from '../../../nodes/Evolink/tasks/clock';
import { createPace } from '../../../nodes/Evolink/tasks/pace';
import type { Pace, Urgency } from '../../../nodes/Evolink/tasks/pace';
import { Stopped } from '../../../nodes/Evolink/tasks/stop';

const NO_LIMIT_MS = 3_600_000;

/** Time that passes only when a test lets it, however many sleep. */
const clock: Clock = {
	nowMs: () => Date.now(),
	sleep: async (ms) => await new Promise((resolve) => setTimeout(resolve, ms)),
};

/** Asks for turns, and notes when each one came. */
function requests(pace: Pace) {
	const sentMs: number[] = [];
	const names: string[] = [];
	const refused: string[] = [];
	return {
		sentMs,
		names,
		refused,
		ask(name: string, urgency: Urgency = 'work', budgetMs = NO_LIMIT_MS) {
			void pace.turn(urgency, budgetMs).then((hasTurn) => {
				if (!hasTurn) {
					refused.push(name);
					return;
				}
				sentMs.push(Date.now());
				names.push(name);
			});
		},
	};
}

function mostInAnySecond(sentMs: readonly number[]): number {
	return Math.max(
		...sentMs.map((fromMs) => sentMs.filter((ms) => ms >= fromMs && ms < fromMs + 1_000).length),
	);
}

const gaps = (sentMs: readonly number[]) => sentMs.slice(1).map((ms, index) => ms - sentMs[index]);

beforeEach(() => {
	jest.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
	jest.useRealTimers();
});

describe('the pace of an execution', () => {
	it('lets a first request go at once', async () => {
		const { ask, sentMs } = requests(createPace(clock));
		ask('first');
		await jest.advanceTimersByTimeAsync(0);
		expect(sentMs).toEqual([1_000_000]);
	});

	it('sends at most ten requests in any second, apart from each other', async () => {
		const { ask, sentMs } = requests(createPace(clock));
		for (let count = 0; count < 100; count++) ask(`${count}`);
		await jest.advanceTimersByTimeAsync(11_000);
		expect(sentMs).toHaveLength(100);
		expect(mostInAnySecond(sentMs)).toBe(10);
		expect(Math.min(...gaps(sentMs))).toBeGreaterThanOrEqual(50);
		expect(Math.max(...gaps(sentMs))).toBeLessThanOrEqual(600);
	});

	it('sends at most ten in any second, whenever they are asked for and however they fare', async () => {
		const step = fc.record({
			afterMs: fc.oneof(fc.constant(0), fc.nat(50), fc.nat(2_000)),
			urgency: fc.constantFrom<Urgency>('work', 'look'),
			fares: fc.constantFrom('well', 'badly', 'silently'),
		});
		await fc.assert(
			fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
				const pace = createPace(clock);
				const sentMs: number[] = [];
				for (const { afterMs, urgency, fares } of steps) {
					await jest.advanceTimersByTimeAsync(afterMs);
					void pace.turn(urgency, NO_LIMIT_MS).then(() => {
						sentMs.push(Date.now());
						if (fares === 'well') pace.answered(Date.now());
						if (fares === 'badly') pace.tooManyRequests(Date.now());
					});
				}
				await jest.advanceTimersByTimeAsync(NO_LIMIT_MS);
				expect(sentMs).toHaveLength(steps.length);
				expect(mostInAnySecond(sentMs)).toBeLessThanOrEqual(10);
			}),
			{ numRuns: 100 },
		);
	});

	it('serves in order, but what costs or brings a video before what only looks', async () => {
		const { ask, names } = requests(createPace(clock));
		ask('look 1', 'look');
		ask('look 2', 'look');
		ask('work 1');
		ask('work 2');
		await jest.advanceTimersByTimeAsync(1_000);
		expect(names).toEqual(['work 1', 'work 2', 'look 1', 'look 2']);
	});

	it('spreads looks evenly over the second', async () => {
		const { ask, sentMs } = requests(createPace(clock));
		for (let count = 0; count < 50; count++) ask(`${count}`, 'look');
		await jest.advanceTimersByTimeAsync(10_000);
		expect(sentMs).toHaveLength(50);
		expect(new Set(gaps(sentMs))).toEqual(new Set([102]));
		expect(mostInAnySecond(sentMs)).toBe(10);
	});

	it('uses the time between two looks for what cannot wait', async () => {
		const { ask, names } = requests(createPace(clock));
		for (let count = 0; count < 5; count++) ask(`look ${count}`, 'look');
		for (let count = 0; count < 3; count++) ask(`work ${count}`);
		await jest.advanceTimersByTimeAsync(1_000);
		expect(names.slice(0, 3)).toEqual(['work 0', 'work 1', 'work 2']);
		expect(names).toHaveLength(8);
	});

	it.each([
		[20, 50],
		[51, 51],
	])(
		'does not keep what cannot wait until the next look: asked for after %d ms, it goes after %d ms',
		async (askedAfterMs, sentAfterMs) => {
			const { ask, sentMs, names } = requests(createPace(clock));
			ask('look 1', 'look');
			ask('look 2', 'look');
			await jest.advanceTimersByTimeAsync(askedAfterMs);
			ask('work');
			await jest.advanceTimersByTimeAsync(1_000);
			expect(names).toEqual(['look 1', 'work', 'look 2']);
			expect(sentMs[1] - sentMs[0]).toBe(sentAfterMs);
			expect(sentMs[2] - sentMs[0]).toBe(102);
		},
	);

	it('tells at once who could not have its turn in time', async () => {
		const pace = createPace(clock);
		const { ask, names, refused } = requests(pace);
		pace.tooManyRequests(Date.now(), 30_000);
		ask('patient', 'work', 40_000);
		ask('hurried', 'work', 10_000);
		await jest.advanceTimersByTimeAsync(1);
		expect(refused).toEqual(['hurried']);
		await jest.advanceTimersByTimeAsync(30_000);
		expect(names).toEqual(['patient']);
	});

	it('does not keep anybody beyond its time who waits in a long line', async () => {
		const { ask, names, refused } = requests(createPace(clock));
		for (let count = 0; count < 30; count++) ask(`${count}`);
		ask('last', 'look', 1_000);
		await jest.advanceTimersByTimeAsync(1_100);
		expect(refused).toEqual(['last']);
		await jest.advanceTimersByTimeAsync(10_000);
		expect(names).toHaveLength(30);
	});

	it('ends for all who wait when the execution is stopped', async () => {
		let isStopped = false;
		const pace = createPace({
			...clock,
			async sleep(ms) {
				await clock.sleep(ms);
				if (isStopped) throw new Stopped('cancelled');
			},
		});
		const turns = ['work', 'look', 'work'].map(
			async () => await pace.turn('work', NO_LIMIT_MS).catch((error: unknown) => error),
		);
		await jest.advanceTimersByTimeAsync(1);
		isStopped = true;
		await jest.advanceTimersByTimeAsync(1_000);
		expect(await Promise.all(turns)).toEqual([true, expect.any(Stopped), expect.any(Stopped)]);
	});
});

describe('too many requests', () => {
	it('makes everybody rest for as long as the server asks', async () => {
		const pace = createPace(clock);
		const { ask, sentMs } = requests(pace);
		pace.tooManyRequests(Date.now(), 7_000);
		ask('one');
		ask('another');
		await jest.advanceTimersByTimeAsync(6_990);
		expect(sentMs).toEqual([]);
		await jest.advanceTimersByTimeAsync(1_000);
		expect(sentMs).toHaveLength(2);
	});

	it('makes everybody rest for a minute at most', async () => {
		const pace = createPace(clock);
		const { ask, sentMs } = requests(pace);
		pace.tooManyRequests(Date.now(), 86_400_000);
		ask('one');
		await jest.advanceTimersByTimeAsync(60_000);
		expect(sentMs).toHaveLength(1);
	});

	it('makes everybody rest longer each time when the server asks for nothing', async () => {
		const pace = createPace(clock);
		const rests: number[] = [];
		for (let time = 0; time < 7; time++) {
			const beganMs = Date.now();
			pace.tooManyRequests(beganMs);
			void pace.turn('work', NO_LIMIT_MS).then(() => rests.push(Date.now() - beganMs));
			await jest.advanceTimersByTimeAsync(20_000);
		}
		expect(rests).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 16_000, 16_000]);
	});

	it('slows all later requests down, once for all that were on their way together', async () => {
		const pace = createPace(clock);
		const { ask, sentMs } = requests(pace);
		const beforeMs = Date.now();
		await jest.advanceTimersByTimeAsync(500);
		for (let answer = 0; answer < 10; answer++) pace.tooManyRequests(beforeMs);
		for (let count = 0; count < 5; count++) ask(`${count}`);
		await jest.advanceTimersByTimeAsync(10_000);
		expect(gaps(sentMs)).toEqual([100, 100, 100, 100]);
	});

	it('never slows below one request in three seconds', async () => {
		const pace = createPace(clock);
		const { ask, sentMs } = requests(pace);
		for (let time = 0; time < 20; time++) {
			pace.tooManyRequests(Date.now(), 0);
			await jest.advanceTimersByTimeAsync(1);
		}
		for (let count = 0; count < 3; count++) ask(`${count}`);
		await jest.advanceTimersByTimeAsync(10_000);
		expect(gaps(sentMs)).toEqual([3_000, 3_000]);
	});

	it('is forgotten, answer by answer', async () => {
		const pace = createPace(clock);
		pace.tooManyRequests(Date.now());
		pace.tooManyRequests(Date.now());
		const { ask, sentMs } = requests(pace);
		await jest.advanceTimersByTimeAsync(5_000);
		for (let count = 0; count < 40; count++) {
			ask(`${count}`);
			await jest.advanceTimersByTimeAsync(1_000);
			pace.answered(Date.now());
		}
		const before = sentMs.length;
		for (let count = 0; count < 10; count++) ask(`${count}`);
		await jest.advanceTimersByTimeAsync(2_000);
		expect(Math.min(...gaps(sentMs.slice(before)))).toBe(50);
	});

	it('is not forgotten for an answer to an earlier request', async () => {
		const pace = createPace(clock);
		const earlierMs = Date.now();
		await jest.advanceTimersByTimeAsync(100);
		pace.tooManyRequests(Date.now());
		for (let count = 0; count < 50; count++) pace.answered(earlierMs);
		const { ask, sentMs } = requests(pace);
		for (let count = 0; count < 3; count++) ask(`${count}`);
		await jest.advanceTimersByTimeAsync(5_000);
		expect(gaps(sentMs)).toEqual([100, 100]);
	});
});
