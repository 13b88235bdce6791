import { pauseBeforePollMs } from '../../nodes/Evolink/time/waitForTask';
import type { LoadResult } from '../../test/queue/load-measurement';
import type { SimulatedCluster, Stretch } from './queue-simulation';

/** How much of the places of all workers may be taken on average, so that a rush finds some free. */
export const PLACES_USED = 0.8;
/** How much of its time a worker's processor may work on average. */
export const PROCESSOR_USED = 0.6;

const SECONDS_PER_HOUR = 3_600;

/** What one video asks of n8n. */
export interface VideoCost {
	stretches: Stretch[];
	/** A place on a worker, all stretches together. */
	placeSeconds: number;
	/** A worker's processor, all stretches together. */
	workerCpuSeconds: number;
	mainCpuSeconds: number;
	postgresCpuSeconds: number;
	statusReads: number;
}

/**
 * What a video costs with the built-in wait, by what a measured load has cost: the time that a
 * worker's processor needs grows with the number of status reads.
 */
export function costOfBuiltInWait(measured: LoadResult, videoSeconds: number): VideoCost {
	const statusReads = plannedReads(videoSeconds);
	const cpuPerVideo = measuredCpuSeconds(measured);
	const measuredReads = measured.statusReads / measured.executions;
	const workerCpuSeconds = (cpuPerVideo.workers * statusReads) / measuredReads;
	const overheadSeconds = Math.max(0, measured.slotSecondsPerExecution - measured.videoSeconds);
	const placeSeconds = videoSeconds + overheadSeconds;
	return {
		stretches: [
			{ workerCpuSeconds, holdSeconds: placeSeconds - workerCpuSeconds, sleepSeconds: 0 },
		],
		placeSeconds,
		workerCpuSeconds,
		mainCpuSeconds: cpuPerVideo.main,
		postgresCpuSeconds: cpuPerVideo.postgres,
		statusReads,
	};
}

/**
 * What a video costs with the durable pattern, by what a measured load of two stretches (Create; Task >
 * Get) has cost: one stretch more for each further look, as dear as those two on average.
 */
export function costOfDurablePattern(
	measured: LoadResult,
	videoSeconds: number,
	pauseSeconds: number,
): VideoCost {
	const looks = Math.max(1, Math.ceil(videoSeconds / pauseSeconds));
	const count = looks + 1;
	const cpuPerVideo = measuredCpuSeconds(measured);
	const share = 1 / MEASURED_DURABLE_STRETCHES;
	const workerCpuSeconds = cpuPerVideo.workers * share;
	const placeSeconds = measured.slotSecondsPerExecution * share;
	const stretch: Stretch = {
		workerCpuSeconds,
		holdSeconds: Math.max(0, placeSeconds - workerCpuSeconds),
		sleepSeconds: pauseSeconds,
	};
	return {
		stretches: Array.from({ length: count }, () => stretch),
		placeSeconds: placeSeconds * count,
		workerCpuSeconds: workerCpuSeconds * count,
		mainCpuSeconds: cpuPerVideo.main * share * count,
		postgresCpuSeconds: cpuPerVideo.postgres * share * count,
		// The last look is followed by the node that fetches the video, which looks once more.
		statusReads: looks + 1,
	};
}

const MEASURED_DURABLE_STRETCHES = 2;

/** The formula: enough places, and enough processor. At least two, so that one may fail. */
export function workersFor(
	videosPerHour: number,
	{ placeSeconds, workerCpuSeconds }: VideoCost,
	placesPerWorker: number,
): number {
	const perSecond = videosPerHour / SECONDS_PER_HOUR;
	const forPlaces = (perSecond * placeSeconds) / (placesPerWorker * PLACES_USED);
	const forProcessor = (perSecond * workerCpuSeconds) / PROCESSOR_USED;
	return Math.max(2, Math.ceil(forPlaces), Math.ceil(forProcessor));
}

/** The simulation's n8n for videos of that cost. */
export function clusterFor(
	cost: VideoCost,
	workers: number,
	placesPerWorker: number,
	startedAt: readonly number[],
): SimulatedCluster {
	const { stretches, mainCpuSeconds } = cost;
	return {
		workers,
		placesPerWorker,
		mainCpuSecondsPerStretch: mainCpuSeconds / stretches.length,
		startedAt,
		stretches,
	};
}

/** The processor time of one execution, by server. */
function measuredCpuSeconds({ executions, processes }: LoadResult) {
	const of = (...names: string[]) =>
		names.reduce((sum, name) => sum + (processes[name]?.cpuSeconds ?? 0), 0) / executions;
	return { workers: of('worker 1', 'worker 2'), main: of('main'), postgres: of('PostgreSQL') };
}

/**
 * The number of looks at a task whose progress is even, by the node's own schedule. Where very many
 * wait on one worker, it is less.
 */
function plannedReads(videoSeconds: number): number {
	let reads = 0;
	for (let nowMs = 0; nowMs < videoSeconds * 1_000; reads++) {
		const progress = Math.min(99, Math.floor(nowMs / (videoSeconds * 10)));
		nowMs += pauseBeforePollMs({ progress }, nowMs);
	}
	return reads;
}
