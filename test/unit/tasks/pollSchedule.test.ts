import fc from 'fast-check';

import {
	LONGEST_CAUTIOUS_PAUSE_MS,
	LONGEST_PAUSE_MS,
	LONGEST_PAUSE_ON_A_STAIRCASE_MS,
	LOOK_INTERVAL_OF_ALL_MS,
	pauseBeforeNextReadMs,
	SHORTEST_PAUSE_MS,
} from '../../../nodes/Evolink/tasks/pollSchedule';
import type { PollState } from '../../../nodes/Evolink/tasks/pollSchedule';

const seconds = (value: number) => value * 1000;

/** Reads at these seconds, with these percents. */
function seen(...reads: Array<[number, number | undefined]>): PollState {
	return {
		startedMs: 0,
		observations: reads.map(([second, progress]) => ({ atMs: seconds(second), progress })),
	};
}

/** A task of that duration, read at these seconds; its progress goes in steps of that height. */
function evenly(durationSeconds: number, stepPercent: number, ...atSeconds: number[]): PollState {
	return seen(
		...atSeconds.map((second): [number, number] => {
			const percent = (second / durationSeconds) * 100;
			return [second, Math.floor(percent / stepPercent) * stepPercent];
		}),
	);
}

describe('the pause before the next status read', () => {
	it.each([
		[0, 1],
		[1, 3],
		[4, 5],
		[9, 7],
		[16, 7.9],
		[600, 7.9],
	])('grows with the time waited as long as nothing moves: after %d s, %d s', (waited, pause) => {
		const state = { startedMs: 0, observations: [] };
		expect(pauseBeforeNextReadMs(state, seconds(waited))).toBe(seconds(pause));
	});

	it.each([
		['is not told', seen([0, undefined], [30, undefined])],
		['stands at 0', seen([0, 0], [30, 0])],
		['falls back', seen([0, 0], [20, 50], [30, 20])],
		['jumps', seen([0, 0], [10, 3], [20, 40], [30, 42])],
		['comes to a halt', seen([0, 0], [5, 10], [10, 20], [15, 30], [30, 30])],
	])('goes by the time waited while the progress %s', (_what, state) => {
		expect(pauseBeforeNextReadMs(state, seconds(30))).toBe(LONGEST_CAUTIOUS_PAUSE_MS);
	});

	it('ends a little after the end that an even progress foretells', () => {
		const state = evenly(37, 1, 0, 1, 4, 9, 16, 24, 32);
		const pauseMs = pauseBeforeNextReadMs(state, seconds(32));
		expect(seconds(32) + pauseMs).toBeGreaterThan(seconds(37));
		expect(seconds(32) + pauseMs).toBeLessThan(seconds(38));
	});

	it('is cautious until an even progress has been met often', () => {
		const seldom = evenly(300, 1, 0, 1, 4, 9, 16, 24, 32);
		expect(pauseBeforeNextReadMs(seldom, seconds(32))).toBe(LONGEST_CAUTIOUS_PAUSE_MS);
		const often = evenly(300, 1, 0, 1, 4, 9, 16, 24, 32, 40, 48);
		expect(pauseBeforeNextReadMs(often, seconds(48))).toBe(LONGEST_PAUSE_MS);
	});

	it('is at most half a flight where the progress comes in steps', () => {
		const reads = Array.from({ length: 20 }, (_none, index) => index * 8);
		const low = pauseBeforeNextReadMs(evenly(300, 10, ...reads.slice(0, 9)), seconds(64));
		expect(low).toBeGreaterThan(seconds(14));
		expect(low).toBeLessThanOrEqual(seconds(16.5));
		const high = pauseBeforeNextReadMs(evenly(300, 25, ...reads), seconds(152));
		expect(high).toBe(LONGEST_PAUSE_ON_A_STAIRCASE_MS);
	});

	it('is a fifth of the span in which the end may come, and nearly all that is sure to come first', () => {
		const reads = (count: number) => Array.from({ length: count }, (_none, index) => index * 8);
		// It ends between 288 and 320 s, by the first flight.
		const wide = evenly(300, 25, ...reads(12));
		expect(pauseBeforeNextReadMs(wide, seconds(285))).toBe(seconds((320 - 288) / 5));
		// It ends between 288 and 304 s, by two more.
		const narrower = evenly(300, 25, ...reads(27));
		expect(pauseBeforeNextReadMs(narrower, seconds(272))).toBeCloseTo(seconds(0.95 * 16), 6);
	});

	it('is cautious again when the end that an even progress foretold is long over', () => {
		const state = evenly(37, 1, 0, 1, 4, 9, 16, 24, 32);
		expect(pauseBeforeNextReadMs(state, seconds(39))).toBe(seconds(2.5));
		expect(pauseBeforeNextReadMs(state, seconds(200))).toBe(LONGEST_CAUTIOUS_PAUSE_MS);
	});

	it('takes a staircase for one only after two flights that were seen to be flights', () => {
		const firstFlight = [0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88];
		expect(pauseBeforeNextReadMs(evenly(300, 25, ...firstFlight), seconds(88))).toBe(
			LONGEST_CAUTIOUS_PAUSE_MS,
		);
		const twoValues = evenly(300, 25, 0, 1, 4, 80, 155);
		expect(pauseBeforeNextReadMs(twoValues, seconds(155))).toBe(LONGEST_CAUTIOUS_PAUSE_MS);
	});

	it('counts from where the progress began to move when the task waited in line', () => {
		const state = seen([0, 0], [8, 0], [16, 0], [24, 0], [26, 10], [28, 20], [30, 30], [32, 40]);
		// It began between 24 and 26 s, and 10 percent take 2 s: half is done by 34 s at the latest.
		expect(pauseBeforeNextReadMs(state, seconds(32))).toBeGreaterThan(seconds(5));
		const later = {
			...state,
			observations: [...state.observations, { atMs: 40_000, progress: 80 }],
		};
		expect(seconds(40) + pauseBeforeNextReadMs(later, seconds(40))).toBeLessThan(seconds(46));
	});

	it('learns from a task that was taken up in the middle of its work', () => {
		const state = seen([0, 50], [4, 54], [9, 59], [16, 66], [24, 74], [32, 82], [40, 90], [48, 98]);
		const pauseMs = pauseBeforeNextReadMs(state, seconds(48));
		expect(seconds(48) + pauseMs).toBeGreaterThan(seconds(49));
		expect(seconds(48) + pauseMs).toBeLessThan(seconds(52));
	});

	it('goes by the progress where it moves, whatever the estimate says', () => {
		const state = evenly(37, 1, 0, 1, 4, 9, 16, 24, 32);
		const misled = { ...state, estimatedSeconds: 10_000 };
		expect(pauseBeforeNextReadMs(misled, seconds(32))).toBe(
			pauseBeforeNextReadMs(state, seconds(32)),
		);
	});

	it.each([
		[0, 7.9],
		[90, 2.35],
		[94, 6.25],
		[99.5, 1],
	])('ends a little after the estimated end: of 100 s, after %d s, %d s', (elapsed, pause) => {
		const state = {
			startedMs: seconds(1_000),
			createdMs: seconds(2_000),
			estimatedSeconds: 100,
			observations: [],
		};
		expect(pauseBeforeNextReadMs(state, seconds(2_000 + elapsed))).toBe(seconds(pause));
	});

	it('counts an estimate from the start of the wait when the creation is not known', () => {
		const state = { startedMs: seconds(1_000), estimatedSeconds: 100, observations: [] };
		expect(pauseBeforeNextReadMs(state, seconds(1_097))).toBe(seconds(3.25));
	});

	it('is short when the estimate has just passed, and grows the longer it has', () => {
		const state = { startedMs: 0, createdMs: 0, estimatedSeconds: 10, observations: [] };
		expect(pauseBeforeNextReadMs(state, seconds(11))).toBe(seconds(2.5));
		expect(pauseBeforeNextReadMs(state, seconds(22))).toBe(seconds(6));
		expect(pauseBeforeNextReadMs(state, seconds(100))).toBe(LONGEST_CAUTIOUS_PAUSE_MS);
	});

	it.each([0, -5])('ignores an estimate of %d s', (estimatedSeconds) => {
		const state = { startedMs: 0, createdMs: 0, estimatedSeconds, observations: [] };
		expect(pauseBeforeNextReadMs(state, seconds(24))).toBe(LONGEST_CAUTIOUS_PAUSE_MS);
	});

	it('leaves reads without a progress out', () => {
		const state = seen([0, 0], [1, undefined], [4, 20], [9, undefined]);
		expect(pauseBeforeNextReadMs(state, seconds(9))).toBe(
			pauseBeforeNextReadMs(seen([0, 0], [4, 20]), seconds(9)),
		);
	});

	it('is short at the end, also when the progress claims more than everything', () => {
		const end = [99, 100, 140].map((progress) => seen([0, 0], [99, progress]));
		for (const state of end) {
			expect(pauseBeforeNextReadMs(state, seconds(99))).toBeLessThanOrEqual(seconds(2.5));
		}
	});

	describe('when very many items wait in one n8n process', () => {
		it('lets all of them together look ten times a second', () => {
			const nothingMoves = { startedMs: 0, observations: [] };
			expect(pauseBeforeNextReadMs(nothingMoves, 0, 500)).toBe(seconds(50));
			expect(pauseBeforeNextReadMs(nothingMoves, seconds(60), 500)).toBe(seconds(50));
			const far = evenly(300, 1, 0, 1, 4, 9, 16, 24, 32, 40, 48);
			expect(pauseBeforeNextReadMs(far, seconds(48), 500)).toBe(seconds(50));
			const staircase = evenly(300, 10, 0, 8, 16, 24, 32, 40, 48, 56, 64);
			expect(pauseBeforeNextReadMs(staircase, seconds(64), 500)).toBe(seconds(50));
		});

		it('changes nothing up to 79 of them, once a task has run for a while', () => {
			const state = { startedMs: 0, observations: [] };
			expect(pauseBeforeNextReadMs(state, seconds(60), 79)).toBe(LONGEST_CAUTIOUS_PAUSE_MS);
			expect(pauseBeforeNextReadMs(state, seconds(60), 80)).toBe(seconds(8));
			// A short task is not looked at that often at first.
			expect(pauseBeforeNextReadMs(state, 0, 20)).toBe(seconds(2));
		});

		it('keeps the look at an end that is foretold, by the progress or by the estimate', () => {
			const even = evenly(37, 1, 0, 1, 4, 9, 16, 24, 32);
			expect(pauseBeforeNextReadMs(even, seconds(32), 500)).toBe(
				pauseBeforeNextReadMs(even, seconds(32)),
			);
			const estimated = { startedMs: 0, createdMs: 0, estimatedSeconds: 40, observations: [] };
			expect(pauseBeforeNextReadMs(estimated, 0, 500)).toBe(seconds(40.25));
		});

		it('lets an end that has passed without the video be looked for less and less', () => {
			const state = { startedMs: 0, createdMs: 0, estimatedSeconds: 10, observations: [] };
			expect(pauseBeforeNextReadMs(state, seconds(12), 500)).toBe(seconds(2.5));
			expect(pauseBeforeNextReadMs(state, seconds(200), 500)).toBe(seconds(50));
		});
	});

	it('always lies between its bounds', () => {
		const number = fc.double({ noNaN: true, noDefaultInfinity: true });
		const state = fc.record({
			startedMs: fc.nat(),
			createdMs: fc.option(fc.nat(), { nil: undefined }),
			estimatedSeconds: fc.option(number, { nil: undefined }),
			observations: fc.array(
				fc.record({ atMs: fc.nat(), progress: fc.option(number, { nil: undefined }) }),
			),
		});
		fc.assert(
			fc.property(state, fc.nat(), fc.nat(2_000), (given, nowMs, waitingItems) => {
				const pauseMs = pauseBeforeNextReadMs(given, nowMs, waitingItems);
				expect(pauseMs).toBeGreaterThanOrEqual(SHORTEST_PAUSE_MS);
				expect(pauseMs).toBeLessThanOrEqual(
					Math.max(LONGEST_PAUSE_ON_A_STAIRCASE_MS, waitingItems * LOOK_INTERVAL_OF_ALL_MS),
				);
			}),
			{ numRuns: 1_000 },
		);
	});
});
