import { mean, quantile } from 'simple-statistics';

import { waitForTask, waiting } from '../../../nodes/Evolink/time/waitForTask';
import type { ProgressShape } from '../../../sandbox';
import { stateOf } from '../../../sandbox/tasks';
import { createVirtualClock } from './virtual-clock';

/** How the progress of a simulated task goes, by the share of its time that has passed. */
export interface Course {
	name: string;
	/** Percent, or undefined where the task does not tell. */
	progressAt(share: number): number | undefined;
	/** What the API estimates, as a multiple of the true time; absent: it estimates nothing. */
	estimatedShare?: number;
	/** How many other items wait in the same n8n process; absent: none. */
	othersWaiting?: number;
}

/** One simulated wait. */
export interface SimulatedWait {
	/** From the end of the generation until the node knew of it. */
	delaySeconds: number;
	reads: number;
}

/** What many waits had in common. */
export interface WaitFigures {
	meanDelaySeconds: number;
	delayP95Seconds: number;
	longestDelaySeconds: number;
	meanReads: number;
}

const FAR_TIMEOUT_MS = 24 * 60 * 60 * 1000;

/** The sandbox's own course of that shape. */
export function sandboxCourse(progressShape: ProgressShape): Course {
	const generationSeconds = 100;
	return {
		name: `sandbox: ${progressShape}`,
		progressAt: (share) =>
			stateOf(
				{
					taskId: 'task-unified-1757169743-7cvnl5zw',
					order: {
						model: '',
						prompt: null,
						imageUrl: '',

						lastImageUrl: null,
						quality: '',
						durationSeconds: 6,
						idempotencyKey: null,
					},
					createdAtMs: 0,
					generationSeconds,
					progressShape,
					outcome: { status: 'completed' },
					mediaName: '',
					readCount: 0,
					emptyResultReadsLeft: 0,
					isExpired: false,
				},
				share * generationSeconds * 1000,
			).progress,
	};
}

/**
 * Waits for one task on a virtual clock, by the node's own wait.
 *
 * @param generationSeconds from the submission to the end
 */
export async function simulateWait(
	course: Course,
	generationSeconds: number,
): Promise<SimulatedWait> {
	const clock = createVirtualClock();
	const startedMs = clock.nowMs();
	const endMs = startedMs + generationSeconds * 1000;
	waiting.items = course.othersWaiting ?? 0;
	let reads = 0;
	const taskNow = () => ({
		isDone: clock.nowMs() >= endMs,
		progress: course.progressAt(Math.min(1, (clock.nowMs() - startedMs) / (endMs - startedMs))),
		...(course.estimatedShare === undefined
			? {}
			: { estimatedSeconds: generationSeconds * course.estimatedShare }),
	});
	await waitForTask(
		async () => {
			reads++;
			return { kind: 'done' as const, value: taskNow() };
		},
		(task) => task.isDone,
		taskNow(),
		{ startedMs, timeoutMs: FAR_TIMEOUT_MS, quietMs: () => 0 },
		clock,
		() => 0,
	);
	return { delaySeconds: (clock.nowMs() - endMs) / 1000, reads };
}

/** Returns the figures of waits for tasks of these durations, one after another. */
export async function simulateWaits(
	course: Course,
	durationsSeconds: readonly number[],
): Promise<WaitFigures> {
	const waits: SimulatedWait[] = [];
	for (const seconds of durationsSeconds) waits.push(await simulateWait(course, seconds));
	const delays = waits.map(({ delaySeconds }) => delaySeconds);
	return {
		meanDelaySeconds: mean(delays),
		delayP95Seconds: quantile(delays, 0.95),
		longestDelaySeconds: Math.max(...delays),
		meanReads: mean(waits.map(({ reads }) => reads)),
	};
}
