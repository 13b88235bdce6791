import { forecastEnd } from '../../../nodes/Evolink/tasks/progressForecast';
import type { Observation } from '../../../nodes/Evolink/tasks/progressForecast';

/** A long time ago, so that a moment cannot be taken for a duration. */
const STARTED_MS = 1_000_000;

/** Reads by the second after the start, with the percents that they tell. */
function seen(...reads: Array<[second: number, percent: number]>): Observation[] {
	return reads.map(([second, progress]) => ({ atMs: STARTED_MS + second * 1_000, progress }));
}

/** The forecast in seconds after the start. */
function forecast(observations: Observation[]) {
	const found = forecastEnd(observations, STARTED_MS);
	if (found === undefined) return undefined;
	const { earliestMs, latestMs, proof } = found;
	const secondOf = (ms: number) => Math.round((ms - STARTED_MS) / 100) / 10;
	return { earliest: secondOf(earliestMs), latest: secondOf(latestMs), proof };
}

const none = { kind: 'none' };

describe('the end that an even progress foretells', () => {
	it.each([
		['nothing was read', []],
		['nothing has moved', seen([0, 0], [10, 0])],
		['the progress falls back', seen([0, 0], [10, 50], [20, 20])],
		['the progress leaps', seen([0, 0], [10, 3], [20, 40], [30, 42], [40, 43])],
	])('is not known while %s', (_what, observations) => {
		expect(forecast(observations)).toBeUndefined();
	});

	it('lies where each read was in time for its step, and too early for the next one', () => {
		// Steps of ten: at 20 s, more than 20 and less than 30 percent were done.
		expect(forecast(seen([0, 0], [10, 10], [20, 20]))).toEqual({
			earliest: 66.7,
			latest: 100,
			proof: none,
		});
	});

	it('may be known to the moment', () => {
		expect(forecast(seen([0, 0], [10, 10], [20, 10]))).toEqual({
			earliest: 100,
			latest: 100,
			proof: none,
		});
	});

	it('allows a progress that is rounded up and a read that took a second', () => {
		// Exactly even, 22 % after 20 s end by 90.9 s, and 30 % after 30 s do not before 94.5 s.
		expect(forecast(seen([0, 0], [1, 1], [10, 10], [20, 22], [30, 30]))).toEqual({
			earliest: 90.6,
			latest: 100,
			proof: none,
		});
	});

	it('counts from the first read where the task had been at work before', () => {
		expect(forecast(seen([0, 50], [10, 60], [20, 70]))).toEqual({
			earliest: 33.3,
			latest: 80,
			proof: none,
		});
	});
});

describe('the proof of an even progress', () => {
	const LINE = seen([0, 0], [7, 7], [13, 13], [21, 21], [29, 29], [33, 33], [41, 41]);

	it('is a line once six different values lie on it', () => {
		expect(forecast(LINE)?.proof).toEqual({ kind: 'line' });
		expect(forecast(LINE.slice(0, -1))?.proof).toEqual(none);
	});

	it('is a line from anywhere once eight different values lie on it', () => {
		// What was done at the first read counts as one of the two ends, not as a value.
		const from = Array.from({ length: 10 }, (_none, index): [number, number] => [
			index * 5,
			30 + index * 5,
		]);
		expect(forecast(seen(...from))?.proof).toEqual({ kind: 'line' });
		expect(forecast(seen(...from.slice(0, -1)))?.proof).toEqual(none);
	});

	it('is a staircase once two flights were seen three times each', () => {
		const flights: Array<[number, number]> = [
			[0, 0],
			[5, 0],
			[10, 0],
			[25, 25],
			[30, 25],
			[35, 25],
		];
		expect(forecast(seen(...flights))?.proof).toEqual(none);
		expect(forecast(seen(...flights, [50, 50]))).toEqual({
			earliest: 70,
			latest: 100,
			proof: { kind: 'staircase', flightMs: 25_000 },
		});
	});

	it.each([
		[
			'a flight was seen twice only',
			seen([0, 0], [5, 0], [25, 25], [30, 25], [35, 25], [50, 50], [55, 50]),
		],
		[
			'a flight was left out',
			seen([0, 0], [5, 0], [10, 0], [50, 50], [55, 50], [60, 50], [75, 75]),
		],
		['the steps are low', seen([0, 0], [1, 0], [2, 0], [5, 5], [6, 5], [7, 5], [10, 10])],
	])('is no staircase where %s', (_what, observations) => {
		expect(forecast(observations)?.proof).toEqual(none);
	});
});
