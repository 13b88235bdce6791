import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a process did between the beginning and the end of a measurement. */
export interface ProcessorUse {
	elapsedMs: number;
	/** Time on the processor, in user and in system mode, of all threads. */
	cpuMs: number;
	/** Event loop delay as Node's histogram counts it: its resolution of 20 ms is a part of it. */
	eventLoopDelayP50Ms: number;
	eventLoopDelayP99Ms: number;
	eventLoopDelayMaxMs: number;
}

/** The resident memory of a process. */
export interface MemoryUse {
	/** When the watch began. */
	startRssBytes: number;
	/** The most at any moment of the watch. */
	peakRssBytes: number;
}

/** Finer, the measuring alone would take a hundredth of a core. */
const EVENT_LOOP_RESOLUTION_MS = 20;
const MEMORY_SAMPLE_INTERVAL_MS = 5;
const BUFFER_RETURN_MS = 200;
const NS_PER_MS = 1e6;
const US_PER_MS = 1e3;
const BYTES_PER_KIB = 1024;

/** The highest resident memory that this process has ever had, as the system counts it. */
function peakOfLifeBytes(): number {
	return process.resourceUsage().maxRSS * BYTES_PER_KIB;
}

/** What earlier work left behind would hide, as free memory, what later work needs. */
async function dropUnusedMemory(): Promise<void> {
	global.gc?.();
	// Buffers are given back to the system a little later.
	await sleep(BUFFER_RETURN_MS);
	global.gc?.();
}

/** Starts to measure what this process does; the returned function ends that and tells. */
export function measureProcessorUse(): () => ProcessorUse {
	const delays = monitorEventLoopDelay({ resolution: EVENT_LOOP_RESOLUTION_MS });
	delays.enable();
	const startedMs = performance.now();
	const cpuAtStart = process.cpuUsage();

	return () => {
		const { user, system } = process.cpuUsage(cpuAtStart);
		const elapsedMs = performance.now() - startedMs;
		delays.disable();
		return {
			elapsedMs,
			cpuMs: (user + system) / US_PER_MS,
			eventLoopDelayP50Ms: delays.percentile(50) / NS_PER_MS,
			eventLoopDelayP99Ms: delays.percentile(99) / NS_PER_MS,
			eventLoopDelayMaxMs: delays.max / NS_PER_MS,
		};
	};
}

/**
 * Starts to watch this process's memory; the returned function ends that and tells.
 *
 * The peak is the system's own where it rises meanwhile, and then exact. Else the process once had
 * more before, and the samples tell.
 */
export async function watchMemory(): Promise<() => MemoryUse> {
	await dropUnusedMemory();
	const startRssBytes = process.memoryUsage.rss();
	const peakBeforeBytes = peakOfLifeBytes();
	let peakSampleBytes = startRssBytes;
	const sampling = setInterval(() => {
		peakSampleBytes = Math.max(peakSampleBytes, process.memoryUsage.rss());
	}, MEMORY_SAMPLE_INTERVAL_MS);

	return () => {
		clearInterval(sampling);
		const peakBytes = peakOfLifeBytes();
		return {
			startRssBytes,
			peakRssBytes: peakBytes > peakBeforeBytes ? peakBytes : peakSampleBytes,
		};
	};
}
