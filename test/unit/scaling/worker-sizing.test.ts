import { measuredLoad } from '../../../docs/scaling/measured-results';
import { independentStarts, simulateQueue } from '../../../docs/scaling/queue-simulation';
import { scalingTables, sizeFor } from '../../../docs/scaling/scaling-tables';
import {
	clusterFor,
	costOfBuiltInWait,
	costOfDurablePattern,
	workersFor,
	type VideoCost,
} from '../../../docs/scaling/worker-sizing';
import { simulateWait, type Course } from '../time/simulated-waits';

const PLACES = 10;
const EVEN_COURSE: Course = { name: 'even', progressAt: (share) => Math.floor(share * 100) };

const cost = (values: Partial<VideoCost>): VideoCost => ({
	stretches: [],
	placeSeconds: 0,
	workerCpuSeconds: 0,
	mainCpuSeconds: 0,
	postgresCpuSeconds: 0,
	statusReads: 0,
	...values,
});

describe('the formula', () => {
	it('gives enough places: 1,000 videos an hour of 181 s take 7 workers of 10 places', () => {
		expect(workersFor(1_000, cost({ placeSeconds: 181 }), PLACES)).toBe(7);
		expect(workersFor(1_000, cost({ placeSeconds: 181 }), 50)).toBe(2);
	});

	it('gives enough processor, where places would do', () => {
		expect(workersFor(36_000, cost({ placeSeconds: 0.3, workerCpuSeconds: 0.3 }), PLACES)).toBe(5);
	});

	it('gives two workers at least, so that one may fail', () => {
		expect(workersFor(1, cost({ placeSeconds: 30 }), PLACES)).toBe(2);
	});
});

describe('the cost of a video', () => {
	it('with the built-in wait takes a place for the whole time, and as many reads as the node makes', async () => {
		const load = measuredLoad('builtIn');
		for (const videoSeconds of [30, 180, 300]) {
			const { placeSeconds, statusReads } = costOfBuiltInWait(load, videoSeconds);
			const wait = await simulateWait(EVEN_COURSE, videoSeconds);

			expect(placeSeconds).toBeGreaterThanOrEqual(videoSeconds);
			expect(placeSeconds).toBeLessThan(videoSeconds + 10);
			expect(statusReads).toBe(wait.reads);
		}
	});

	it('with the durable pattern takes one stretch more for each further look', () => {
		const load = measuredLoad('durable');
		const [short, long] = [30, 180].map((seconds) => costOfDurablePattern(load, seconds, 70));

		expect(short.stretches).toHaveLength(2);
		expect(long.stretches).toHaveLength(4);
		expect(short.placeSeconds).toBeCloseTo(load.slotSecondsPerExecution);
		expect(long.placeSeconds).toBeCloseTo(2 * load.slotSecondsPerExecution);
		expect(long.placeSeconds).toBeLessThan(5);
	});
});

describe('as many workers as the formula says', () => {
	it.each([100, 1_000, 10_000])('keep the queue short at %i videos an hour', (videosPerHour) => {
		for (const pattern of ['builtIn', 'durable'] as const) {
			const { run } = sizeFor(pattern, videosPerHour, 180);

			expect(run.queueWaitP95Seconds).toBeLessThan(5);
			expect(run.workerProcessorShare).toBeLessThan(0.8);
		}
	});

	it('are not far too many: with half of them the queue grows and grows', () => {
		const videosPerHour = 1_000;
		const expensive = costOfBuiltInWait(measuredLoad('builtIn'), 180);
		const half = Math.floor(workersFor(videosPerHour, expensive, PLACES) / 2);
		const starts = independentStarts(videosPerHour, 3_600, 1);

		const run = simulateQueue(clusterFor(expensive, half, PLACES, starts));

		expect(run.queueWaitP95Seconds).toBeGreaterThan(600);
	});
});

it('the tables of docs/scaling.md name every measured fault and every size', () => {
	const { load, faults, restarts, workers } = scalingTables();
	for (const fault of ['killed', 'stopped in order', 'Redis', 'PostgreSQL', 'main']) {
		expect(faults).toContain(fault);
	}
	for (const fault of ['Redis', 'PostgreSQL', 'main']) expect(restarts).toContain(fault);
	for (const size of ['100', '1,000', '10,000']) expect(workers).toContain(`| ${size} |`);
	expect(load).toContain('| 200 | 200 |');
});
