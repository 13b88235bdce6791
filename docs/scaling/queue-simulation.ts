import { max, mean, quantile } from 'simple-statistics';

import { seededNumbers } from '../../sandbox/seeded-numbers';
import { EventQueue } from './event-queue';

/** One job of an execution: what happens from its being taken by a worker to its being given back. */
export interface Stretch {
	/** On the worker's processor, at the start; only one job of a worker has it at a time. */
	workerCpuSeconds: number;
	/** After that, the place on the worker is held for so long, without using the processor. */
	holdSeconds: number;
	/** After that, the execution sleeps outside of the workers. */
	sleepSeconds: number;
}

/** An n8n in queue mode, and what it is given to do. */
export interface SimulatedCluster {
	workers: number;
	/** How many executions one worker runs at the same time (`--concurrency`). */
	placesPerWorker: number;
	/** What it costs the main process to put one stretch into the queue and to hear of its end. */
	mainCpuSecondsPerStretch: number;
	/** When each execution is started, in seconds, in ascending order. */
	startedAt: readonly number[];
	/** The stretches of an execution, one after another. */
	stretches: readonly Stretch[];
}

/** What came of it. */
export interface SimulatedRun {
	executionsPerMinute: number;
	/** From the start of an execution to the moment when a worker begins with it. */
	longestQueueWaitSeconds: number;
	queueWaitP95Seconds: number;
	/** From the start of an execution to its end. */
	meanSeconds: number;
	longestSeconds: number;
	/** The most executions that waited for a place. */
	mostInQueue: number;
	/** The most places, of all workers, that were taken at the same time. */
	mostPlacesTaken: number;
	/** How much of its time, from the first start to the last, the busiest worker's processor worked. */
	workerProcessorShare: number;
	/** The same of the main process. */
	mainProcessorShare: number;
}

interface Execution {
	startedAt: number;
	nextStretch: number;
}

interface Worker {
	placesTaken: number;
	processorFreeAt: number;
	processorSeconds: number;
}

type SimulatedEvent =
	| { kind: 'started' | 'enqueued'; execution: Execution }
	| { kind: 'stretchEnded'; execution: Execution; worker: Worker };

/**
 * Plays a day's work of an n8n in queue mode through on a virtual clock: nothing is waited for.
 *
 * Simulated are the queue (first in, first out), the places of the workers (the next execution goes to
 * the worker with the fewest), the processor of each worker and of the main process (one thing
 * at a time, as in Node.js), and the sleep of executions outside of the workers. Not simulated are
 * Redis and PostgreSQL, which are taken to keep up, and faults.
 */
export function simulateQueue(cluster: SimulatedCluster): SimulatedRun {
	const { startedAt, stretches, placesPerWorker, mainCpuSecondsPerStretch } = cluster;
	const workers = Array.from({ length: cluster.workers }, (): Worker => ({
		placesTaken: 0,
		processorFreeAt: 0,
		processorSeconds: 0,
	}));
	const events = new EventQueue<SimulatedEvent>();
	const queue: Execution[] = [];
	const queueWaits: number[] = [];
	const durations: number[] = [];
	let mainFreeAt = 0;
	let mainSeconds = 0;
	let lastEnd = 0;
	let mostInQueue = 0;
	let mostPlacesTaken = 0;

	for (const at of startedAt) {
		events.add(at, { kind: 'started', execution: { startedAt: at, nextStretch: 0 } });
	}
	const takeFromQueue = (now: number) => {
		while (queue.length > 0) {
			const worker = workers.reduce((a, b) => (b.placesTaken < a.placesTaken ? b : a));
			if (worker.placesTaken >= placesPerWorker) break;
			const execution = queue.shift();
			if (execution === undefined) break;
			const stretch = stretches[execution.nextStretch];
			const cpuFrom = Math.max(now, worker.processorFreeAt);
			if (execution.nextStretch === 0) queueWaits.push(cpuFrom - execution.startedAt);
			worker.placesTaken += 1;
			worker.processorFreeAt = cpuFrom + stretch.workerCpuSeconds;
			worker.processorSeconds += stretch.workerCpuSeconds;
			events.add(worker.processorFreeAt + stretch.holdSeconds, {
				kind: 'stretchEnded',
				execution,
				worker,
			});
		}
		mostInQueue = Math.max(mostInQueue, queue.length);
		mostPlacesTaken = Math.max(
			mostPlacesTaken,
			workers.reduce((sum, { placesTaken }) => sum + placesTaken, 0),
		);
	};

	for (let next = events.next(); next !== undefined; next = events.next()) {
		const { at, event } = next;
		const { execution } = event;
		switch (event.kind) {
			case 'started':
				mainFreeAt = Math.max(at, mainFreeAt) + mainCpuSecondsPerStretch;
				mainSeconds += mainCpuSecondsPerStretch;
				events.add(mainFreeAt, { kind: 'enqueued', execution });
				break;
			case 'enqueued':
				queue.push(execution);
				takeFromQueue(at);
				break;
			case 'stretchEnded': {
				event.worker.placesTaken -= 1;
				const { sleepSeconds } = stretches[execution.nextStretch];
				execution.nextStretch += 1;
				if (execution.nextStretch < stretches.length) {
					events.add(at + sleepSeconds, { kind: 'started', execution });
				} else {
					durations.push(at - execution.startedAt);
					lastEnd = Math.max(lastEnd, at);
				}
				takeFromQueue(at);
			}
		}
	}

	const span = lastEnd - startedAt[0];
	return {
		executionsPerMinute: durations.length / (span / 60),
		longestQueueWaitSeconds: max(queueWaits),
		queueWaitP95Seconds: quantile(queueWaits, 0.95),
		meanSeconds: mean(durations),
		longestSeconds: max(durations),
		mostInQueue,
		mostPlacesTaken,
		workerProcessorShare: max(workers.map(({ processorSeconds }) => processorSeconds)) / span,
		mainProcessorShare: mainSeconds / span,
	};
}

/** Starts at even distances. */
export function evenStarts(executions: number, withinSeconds: number): number[] {
	return Array.from({ length: executions }, (_, index) => (index * withinSeconds) / executions);
}

/**
 * Starts as independent people make them: at any moment, so that sometimes many come at once (a Poisson
 * process, in the exact number). The same seed makes the same starts.
 */
export function independentStarts(
	executions: number,
	withinSeconds: number,
	seed: number,
): number[] {
	const random = seededNumbers(seed);
	return Array.from({ length: executions }, () => random() * withinSeconds).sort((a, b) => a - b);
}
