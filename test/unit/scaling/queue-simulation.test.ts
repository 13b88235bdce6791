import fc from 'fast-check';

import {
	evenStarts,
	independentStarts,
	simulateQueue,
	type SimulatedCluster,
	type Stretch,
} from '../../../docs/scaling/queue-simulation';

const stretch = (values: Partial<Stretch>): Stretch => ({
	workerCpuSeconds: 0,
	holdSeconds: 0,
	sleepSeconds: 0,
	...values,
});

const cluster = (values: Partial<SimulatedCluster>): SimulatedCluster => ({
	workers: 1,
	placesPerWorker: 1,
	mainCpuSecondsPerStretch: 0,
	startedAt: [0],
	stretches: [stretch({ holdSeconds: 10 })],
	...values,
});

describe('the simulated queue', () => {
	it('lets an execution begin at once where a place is free', () => {
		expect(simulateQueue(cluster({}))).toMatchObject({
			longestQueueWaitSeconds: 0,
			longestSeconds: 10,
			mostPlacesTaken: 1,
			mostInQueue: 0,
			executionsPerMinute: 6,
		});
	});

	it('lets executions wait their turn: three on one place take three times as long', () => {
		const run = simulateQueue(cluster({ startedAt: [0, 0, 0] }));

		expect(run.longestQueueWaitSeconds).toBe(20);
		expect(run.longestSeconds).toBe(30);
		expect(run.meanSeconds).toBe(20);
		expect(run.mostInQueue).toBe(2);
	});

	it('uses all places of all workers', () => {
		const run = simulateQueue(
			cluster({ workers: 2, placesPerWorker: 3, startedAt: [0, 0, 0, 0, 0, 0, 0] }),
		);

		expect(run.mostPlacesTaken).toBe(6);
		expect(run.longestQueueWaitSeconds).toBe(10);
	});

	it('holds no place for an execution that sleeps', () => {
		const stretches = [stretch({ holdSeconds: 1, sleepSeconds: 65 }), stretch({ holdSeconds: 1 })];
		const run = simulateQueue(cluster({ stretches, startedAt: evenStarts(50, 50) }));

		expect(run.longestSeconds).toBeLessThan(80);
		expect(run.mostPlacesTaken).toBe(1);
	});

	it("lets only one thing at a time onto a worker's processor", () => {
		const stretches = [stretch({ workerCpuSeconds: 2, holdSeconds: 1 })];
		const run = simulateQueue(cluster({ stretches, placesPerWorker: 10, startedAt: [0, 0, 0] }));

		expect(run.longestSeconds).toBe(7);
		expect(run.longestQueueWaitSeconds).toBe(4);
		expect(run.workerProcessorShare).toBeCloseTo(6 / 7);
	});

	it('lets only one thing at a time onto the processor of main', () => {
		const run = simulateQueue(
			cluster({ placesPerWorker: 10, mainCpuSecondsPerStretch: 3, startedAt: [0, 0] }),
		);

		expect(run.longestQueueWaitSeconds).toBe(6);
		expect(run.mainProcessorShare).toBeCloseTo(6 / 16);
	});

	it('ends every execution, never takes more places than there are, and is no faster than possible', () => {
		const seconds = fc.double({ min: 0, max: 5, noNaN: true });
		const anyCluster = fc.record({
			workers: fc.integer({ min: 1, max: 4 }),
			placesPerWorker: fc.integer({ min: 1, max: 4 }),
			mainCpuSecondsPerStretch: fc.double({ min: 0, max: 0.1, noNaN: true }),
			startedAt: fc
				.array(fc.double({ min: 0, max: 60, noNaN: true }), { minLength: 1, maxLength: 40 })
				.map((times) => times.sort((a, b) => a - b)),
			stretches: fc.array(
				fc.record({
					workerCpuSeconds: seconds,
					// Something must last, or there is no rate.
					holdSeconds: fc.double({ min: 0.1, max: 20, noNaN: true }),
					sleepSeconds: seconds,
				}),
				{ minLength: 1, maxLength: 4 },
			),
		});
		fc.assert(
			fc.property(anyCluster, (any) => {
				const run = simulateQueue(any);

				const last = any.stretches.length - 1;
				const shortest = any.stretches.reduce(
					(sum, one, index) =>
						sum +
						any.mainCpuSecondsPerStretch +
						one.workerCpuSeconds +
						one.holdSeconds +
						(index < last ? one.sleepSeconds : 0),
					0,
				);
				expect(run.mostPlacesTaken).toBeLessThanOrEqual(any.workers * any.placesPerWorker);
				expect(run.mostPlacesTaken).toBeGreaterThan(0);
				expect(run.mostInQueue).toBeLessThan(any.startedAt.length);
				expect(run.longestSeconds).toBeGreaterThanOrEqual(shortest - 1e-6);
				expect(run.longestQueueWaitSeconds).toBeGreaterThanOrEqual(0);
				expect(run.workerProcessorShare).toBeLessThanOrEqual(1);
				expect(run.executionsPerMinute).toBeGreaterThan(0);
			}),
		);
	});
});

describe('the starts', () => {
	it('are at even distances', () => {
		expect(evenStarts(4, 60)).toEqual([0, 15, 30, 45]);
	});

	it('of independent people come in their number and in order, the same for the same seed', () => {
		const starts = independentStarts(1_000, 3_600, 1);

		expect(starts).toHaveLength(1_000);
		expect([...starts].sort((a, b) => a - b)).toEqual(starts);
		expect(starts[0]).toBeGreaterThanOrEqual(0);
		expect(starts[999]).toBeLessThan(3_600);
		expect(independentStarts(1_000, 3_600, 1)).toEqual(starts);
		expect(independentStarts(1_000, 3_600, 2)).not.toEqual(starts);
		// As often within half the time as chance has it.
		const early = starts.filter((at) => at < 1_800).length;
		expect(early).toBeGreaterThan(420);
		expect(early).toBeLessThan(580);
	});
});
