/** One status read: when, and what it said. */
export interface Observation {
	atMs: number;
	/** 0 to 100, where the task says it. */
	progress?: number;
}

/** What is known about a task that is being waited for. */
export interface PollState {
	/** When the wait began. */
	startedMs: number;
	/** When the task was created, if that is known. */
	createdMs?: number;
	/** How long the whole generation takes, as the API estimates it. */
	estimatedSeconds?: number;
	/** All reads so far, oldest first. */
	observations: readonly Observation[];
}

/** A shorter pause would only cost requests: no video is made in less. */
export const SHORTEST_PAUSE_MS = 1_000;

/** A finished video is never left lying longer than this because of the schedule. */
export const LONGEST_PAUSE_MS = 8_000;

/** Without any sign of progress, pauses grow with the time already waited. */
const PAUSE_PER_WAITED = 1 / 6;

/** With an estimate, half of what remains is slept through, then looked at anew. */
const PAUSE_PER_REMAINING = 1 / 2;

function clamp(ms: number): number {
	return Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, ms));
}

/** The remaining time by the speed at which `progress` has moved so far, or undefined. */
function remainingByProgressMs(observations: readonly Observation[]): number | undefined {
	const moved = observations.filter(
		(seen): seen is Required<Observation> => seen.progress !== undefined,
	);
	const first = moved[0];
	const last = moved[moved.length - 1];
	if (first === undefined || last.progress <= first.progress) return undefined;
	// The moment a value was first seen is closer to when it was reached than the last sight.
	const reached = moved.find(({ progress }) => progress === last.progress) ?? last;
	const msPerPercent = (reached.atMs - first.atMs) / (last.progress - first.progress);
	const sinceReachedMs = last.atMs - reached.atMs;
	return Math.max(0, (100 - last.progress) * msPerPercent - sinceReachedMs);
}

function remainingByEstimateMs(state: PollState, nowMs: number): number | undefined {
	if (state.estimatedSeconds === undefined || state.estimatedSeconds <= 0) return undefined;
	const elapsedMs = nowMs - (state.createdMs ?? state.startedMs);
	const remainingMs = state.estimatedSeconds * 1000 - elapsedMs;
	return remainingMs > 0 ? remainingMs : undefined;
}

/**
 * Returns the pause before the next status read, in milliseconds: by the speed of `progress`
 * where it moves, by the API's own estimate where it gives one, and by the time already waited
 * where neither helps.
 */
export function pauseBeforeNextReadMs(state: PollState, nowMs: number): number {
	const remainingMs =
		remainingByProgressMs(state.observations) ?? remainingByEstimateMs(state, nowMs);
	return clamp(
		remainingMs === undefined
			? (nowMs - state.startedMs) * PAUSE_PER_WAITED
			: remainingMs * PAUSE_PER_REMAINING,
	);
}
