import { measuredLoad } from '../../../docs/scaling/measured-results';
import { evenStarts, simulateQueue } from '../../../docs/scaling/queue-simulation';
import {
	clusterFor,
	costOfBuiltInWait,
	costOfDurablePattern,
} from '../../../docs/scaling/worker-sizing';

const WORKERS = 2;
const PLACES_PER_WORKER = 10;
const PAUSE_SECONDS = 70;

/**
 * Twice what the figures of the page were off: enough for a machine that is busy with other things
 * now and then, and far too little for a simulation that forgets the queue.
 */
const TOLERATED_SHARE = 0.1;

function expectAbout(simulated: number, measured: number, toleratedSeconds = 0): void {
	const tolerated = Math.max(measured * TOLERATED_SHARE, toleratedSeconds);
	expect(simulated).toBeGreaterThan(measured - tolerated);
	expect(simulated).toBeLessThan(measured + tolerated);
}

describe('the measured load, simulated', () => {
	it('with the built-in wait: executions a minute, wait in the queue, and time to the video', () => {
		const load = measuredLoad('builtIn');
		const cost = costOfBuiltInWait(load, load.videoSeconds);
		const starts = evenStarts(load.executions, load.startedWithinSeconds);

		const run = simulateQueue(clusterFor(cost, WORKERS, PLACES_PER_WORKER, starts));

		expectAbout(run.executionsPerMinute, load.executionsPerMinute);
		expectAbout(run.longestQueueWaitSeconds, load.longestQueueWaitSeconds);
		expectAbout(run.longestSeconds, load.longestSecondsToVideo);
		expectAbout(run.mostInQueue, load.mostInQueue);
	});

	it('with the durable pattern: executions a minute, and time to the video', () => {
		const load = measuredLoad('durable');
		const cost = costOfDurablePattern(load, load.videoSeconds, PAUSE_SECONDS);
		const starts = evenStarts(load.executions, load.startedWithinSeconds);

		const run = simulateQueue(clusterFor(cost, WORKERS, PLACES_PER_WORKER, starts));

		expectAbout(run.executionsPerMinute, load.executionsPerMinute);
		expectAbout(run.longestSeconds, load.longestSecondsToVideo);
		// Nobody waits for a place, in either of them.
		expect(run.mostInQueue).toBeLessThan(WORKERS * PLACES_PER_WORKER);
		expect(run.longestQueueWaitSeconds).toBeLessThan(5);
		expect(load.longestQueueWaitSeconds).toBeLessThan(5);
	});
});
