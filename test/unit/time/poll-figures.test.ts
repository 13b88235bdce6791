import { sandboxCourse, simulateWaits } from './simulated-waits';
import type { Course } from './simulated-waits';

const SHORTEST_SECONDS = 20;
const LONGEST_SECONDS = 300;
const TASKS = 300;

/** Evenly spread, and the same in each run. */
const anyDurations = Array.from(
	{ length: TASKS },
	(_none, index) =>
		SHORTEST_SECONDS + ((index + 0.5) / TASKS) * (LONGEST_SECONDS - SHORTEST_SECONDS),
);

const EVEN: Course[] = [
	{ name: 'linear', progressAt: (share) => Math.floor(share * 100) },
	sandboxCourse('linear'),
	{ name: 'exact estimate', progressAt: () => 0, estimatedShare: 1 },
];

const UNEVEN: Course[] = [
	sandboxCourse('steps'),
	sandboxCourse('jumps'),
	sandboxCourse('stuck'),
	{ name: 'not told', progressAt: () => undefined },
	{ name: 'estimate too short', progressAt: () => 0, estimatedShare: 0.5 },
	{ name: 'estimate too long', progressAt: () => 0, estimatedShare: 2 },
];

describe('a finished video is found', () => {
	it.each(EVEN)('a second late on average where it moves evenly ($name)', async (course) => {
		const figures = await simulateWaits(course, anyDurations);
		expect(figures.meanDelaySeconds).toBeLessThan(1.2);
		expect(figures.longestDelaySeconds).toBeLessThanOrEqual(5);
	});

	it.each(UNEVEN)('two and a half seconds late otherwise ($name)', async (course) => {
		const figures = await simulateWaits(course, anyDurations);
		expect(figures.meanDelaySeconds).toBeLessThan(2.7);
		expect(figures.longestDelaySeconds).toBeLessThanOrEqual(5);
	});

	it.each([
		[49, 5],
		[99, 10],
		[499, 50],
	])('never later than it must be among %d others: %d s', async (othersWaiting, seconds) => {
		for (const course of [...EVEN, ...UNEVEN]) {
			const figures = await simulateWaits({ ...course, othersWaiting }, anyDurations);
			expect(figures.longestDelaySeconds).toBeLessThanOrEqual(seconds);
		}
	});

	it.each([
		[37, 9],
		[120, 25],
		[300, 61],
	])('after %d s with at most %d polls, unless it jumps', async (seconds, polls) => {
		for (const course of [...EVEN, ...UNEVEN].filter(({ name }) => !name.includes('jumps'))) {
			const { meanReads } = await simulateWaits(course, [seconds]);
			// An estimate is not rounded down, as a progress is, so its end is met one poll later.
			const more = course.estimatedShare === undefined ? 0 : 1;
			expect(meanReads).toBeLessThanOrEqual(polls + more);
		}
	});
});
