/** What the pauses between polls depend on; the API's task has it all, and more. */
export interface Progress {
	/** 0 to 100. */
	progress?: number;
	/** How long the API expects the whole generation to take. */
	estimatedSeconds?: number;
}

const SHORTEST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 5_000;

/** Keeps a process in which hundreds of items wait from being busy with polling. */
const FLOOR_FOR_EACH_WAITING_MS = 100;

/**
 * The items that wait in this n8n process, whatever their execution: they share its processor. The
 * only state that the node keeps outside of an execution.
 */
let itemsWaiting = 0;

/** Counts an item as waiting while the work goes on. */
export async function whileWaiting<T>(work: () => Promise<T>): Promise<T> {
	itemsWaiting++;
	try {
		return await work();
	} finally {
		itemsWaiting--;
	}
}

/** Returns the shortest pause between two polls of an item, in milliseconds. */
export function pollFloorMs(): number {
	return itemsWaiting * FLOOR_FOR_EACH_WAITING_MS;
}

/**
 * Returns the pause before the next poll, in milliseconds: half of what seems to remain, by linear
 * progress or by the API's estimate; the longest where nothing can be told.
 *
 * @param waitedMs since the submission
 */
export function pauseBeforePollMs(task: Progress, waitedMs: number): number {
	const { progress = 0, estimatedSeconds = 0 } = task;
	const totalMs =
		progress > 0 && progress < 100 ? (waitedMs / progress) * 100 : estimatedSeconds * 1000;
	const remainingMs = totalMs - waitedMs;
	if (remainingMs <= 0) return LONGEST_PAUSE_MS;
	return Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, remainingMs / 2));
}
