import fc from 'fast-check';

import {
	LONGEST_PAUSE_MS,
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

describe('the pause before the next status read', () => {
	it.each([
		[0, 1],
		[3, 1],
		[12, 2],
		[30, 5],
		[60, 8],
		[600, 8],
	])('without any sign is a sixth of the %d s waited so far: %d s', (waited, pause) => {
		const state = { startedMs: 0, observations: [] };
		expect(pauseBeforeNextReadMs(state, seconds(waited))).toBe(seconds(pause));
	});

	it.each([
		[0, 8],
		[90, 5],
		[96, 2],
		[99.5, 1],
	])(
		'with an estimate of 100 s, %d s after the creation, is half of the rest',
		(elapsed, pause) => {
			const state = {
				startedMs: seconds(1_000),
				createdMs: seconds(2_000),
				estimatedSeconds: 100,
				observations: [],
			};
			expect(pauseBeforeNextReadMs(state, seconds(2_000 + elapsed))).toBe(seconds(pause));
		},
	);

	it('counts an estimate from the start of the wait when the creation is not known', () => {
		const state = { startedMs: seconds(1_000), estimatedSeconds: 100, observations: [] };
		expect(pauseBeforeNextReadMs(state, seconds(1_094))).toBe(seconds(3));
	});

	it('goes by the time waited once the estimate has passed', () => {
		const state = { startedMs: 0, createdMs: 0, estimatedSeconds: 10, observations: [] };
		expect(pauseBeforeNextReadMs(state, seconds(10))).toBeCloseTo(seconds(10) / 6);
		expect(pauseBeforeNextReadMs(state, seconds(24))).toBe(seconds(4));
	});

	it.each([0, -5])('ignores an estimate of %d s', (estimatedSeconds) => {
		const state = { startedMs: 0, createdMs: 0, estimatedSeconds, observations: [] };
		expect(pauseBeforeNextReadMs(state, seconds(24))).toBe(seconds(4));
	});

	it('is half of the rest by the speed of the progress, whatever the estimate says', () => {
		// 10 percent in 1 s: another 90 percent take 9 s.
		const state = { ...seen([0, 0], [1, 10]), estimatedSeconds: 10_000 };
		expect(pauseBeforeNextReadMs(state, seconds(1))).toBe(seconds(4.5));
	});

	it('measures the speed by when a value was first seen', () => {
		// 50 percent took 10 s and were seen 6 s ago: 4 s are left.
		const state = seen([0, 0], [10, 50], [13, 50], [16, 50]);
		expect(pauseBeforeNextReadMs(state, seconds(16))).toBe(seconds(2));
	});

	it.each([
		['stands still', seen([0, 20], [30, 20])],
		['goes backwards', seen([0, 50], [30, 20])],
		['is not told', seen([0, undefined], [30, undefined])],
		['was told once', seen([30, 20])],
	])('goes by the time waited while the progress %s', (_what, state) => {
		expect(pauseBeforeNextReadMs(state, seconds(30))).toBe(seconds(5));
	});

	it('leaves reads without a progress out', () => {
		const state = seen([0, 0], [1, undefined], [2, 20], [3, undefined]);
		expect(pauseBeforeNextReadMs(state, seconds(3))).toBe(seconds(4));
	});

	it('is short at the end', () => {
		expect(pauseBeforeNextReadMs(seen([0, 0], [99, 99]), seconds(99))).toBe(SHORTEST_PAUSE_MS);
		expect(pauseBeforeNextReadMs(seen([0, 0], [99, 100]), seconds(99))).toBe(SHORTEST_PAUSE_MS);
		expect(pauseBeforeNextReadMs(seen([0, 0], [99, 140]), seconds(99))).toBe(SHORTEST_PAUSE_MS);
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
			fc.property(state, fc.nat(), (given, nowMs) => {
				const pauseMs = pauseBeforeNextReadMs(given, nowMs);
				expect(pauseMs).toBeGreaterThanOrEqual(SHORTEST_PAUSE_MS);
				expect(pauseMs).toBeLessThanOrEqual(LONGEST_PAUSE_MS);
			}),
			{ numRuns: 1_000 },
		);
	});
});
