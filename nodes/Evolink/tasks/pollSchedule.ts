import { forecastEnd } from './progressForecast';
import type { Forecast, Observation } from './progressForecast';

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

/**
 * A task may end at any moment, whatever its progress says. No pause is longer than this, so that
 * no video is left lying for more than eight seconds, unless the progress has proved to be even or
 * very many items wait.
 */
export const LONGEST_CAUTIOUS_PAUSE_MS = 7_900;

/**
 * The longest pause while an even progress says that the end is far away. It is what keeps a task
 * of five minutes below thirty reads.
 */
export const LONGEST_PAUSE_MS = 16_000;

/** Between two high steps nothing is to be seen, so more may be slept through. */
export const LONGEST_PAUSE_ON_A_STAIRCASE_MS = 36_000;

/**
 * All items that wait in one n8n process look ten times a second together, so that five hundred of
 * them leave the processor to the other workflows. Looks at an end that is foretold come on top.
 */
export const LOOK_INTERVAL_OF_ALL_MS = 100;

/** Pauses while the end may come at any moment; on average, half of it is lost. */
const PAUSE_AT_THE_END_MS = 2_500;

/** So much of what remains at least is slept through before the next look. */
const SHARE_OF_REMAINING = 0.95;

/** Where the end may come within a wide span, so many looks are spread over it. */
const LOOKS_AT_A_WIDE_END = 5;

/** An estimate of more than a day is none: the results themselves live for a day. */
const LONGEST_ESTIMATE_SECONDS = 24 * 60 * 60;

/** The look at a well-known end comes a little after it, so that it is the last one. */
const AFTER_THE_END_MS = 250;

function clamp(ms: number, longestMs: number): number {
	return Math.min(longestMs, Math.max(SHORTEST_PAUSE_MS, ms));
}

/**
 * The pause by the time waited so far: the looks come 1, 4, 9 and 16 seconds after the start, and
 * then as far apart as caution allows.
 */
function pauseByTimeWaitedMs(waitedMs: number): number {
	const waitedSeconds = Math.max(0, waitedMs) / 1_000;
	return clamp(1_000 * (1 + 2 * Math.sqrt(waitedSeconds)), LONGEST_CAUTIOUS_PAUSE_MS);
}

/** The pause when the end is expected between two moments, both of which may have passed. */
function pauseBeforeEndMs(
	{ earliestMs, latestMs }: { earliestMs: number; latestMs: number },
	nowMs: number,
	{ longestMs, longestCautiousMs }: { longestMs: number; longestCautiousMs: number },
): number {
	const untilLatestMs = latestMs - nowMs;
	if (untilLatestMs < 0) {
		// The longer the expectation has passed, the less it is worth.
		return clamp(
			Math.max(PAUSE_AT_THE_END_MS, -untilLatestMs / 2),
			Math.min(longestMs, longestCautiousMs),
		);
	}
	const untilEarliestMs = Math.max(0, earliestMs - nowMs);
	const widthMs = untilLatestMs - untilEarliestMs;
	if (widthMs <= PAUSE_AT_THE_END_MS) {
		const untilLastLookMs = untilLatestMs + AFTER_THE_END_MS;
		// Where it takes two more looks, the first one comes early: near the end, the looks of many
		// items and their downloads stand in each other's way.
		if (untilLastLookMs <= longestMs) return clamp(untilLastLookMs, longestMs);
		return clamp(untilLastLookMs - longestMs, longestMs);
	}
	return clamp(
		Math.max(
			PAUSE_AT_THE_END_MS,
			widthMs / LOOKS_AT_A_WIDE_END,
			untilEarliestMs * SHARE_OF_REMAINING,
		),
		longestMs,
	);
}

function longestPauseMs({ proof }: Forecast, byTimeWaitedMs: number): number {
	switch (proof.kind) {
		case 'line':
			return LONGEST_PAUSE_MS;
		case 'staircase':
			// At least two looks at each flight, so that it is noticed when one is left out.
			return clamp(proof.flightMs / 2, LONGEST_PAUSE_ON_A_STAIRCASE_MS);
		case 'none':
			return byTimeWaitedMs;
	}
}

/**
 * Returns the pause before the next status read, in milliseconds: by the end that `progress`
 * foretells where it moves evenly, by the API's own estimate where it gives one, and by the time
 * already waited where neither helps. The more items wait, the longer it is, unless the end is near.
 *
 * @param waitingItems how many items wait in this n8n process, this one among them
 */
export function pauseBeforeNextReadMs(state: PollState, nowMs: number, waitingItems = 1): number {
	const shareMs = waitingItems * LOOK_INTERVAL_OF_ALL_MS;
	const longestCautiousMs = Math.max(shareMs, LONGEST_CAUTIOUS_PAUSE_MS);
	const byTimeWaitedMs = Math.max(shareMs, pauseByTimeWaitedMs(nowMs - state.startedMs));
	const forecast = forecastEnd(state.observations, state.startedMs);
	if (forecast !== undefined) {
		const longestMs = Math.max(shareMs, longestPauseMs(forecast, byTimeWaitedMs));
		return pauseBeforeEndMs(forecast, nowMs, { longestMs, longestCautiousMs });
	}
	const { estimatedSeconds = 0 } = state;
	if (estimatedSeconds <= 0 || estimatedSeconds > LONGEST_ESTIMATE_SECONDS) return byTimeWaitedMs;
	const endMs = (state.createdMs ?? state.startedMs) + estimatedSeconds * 1_000;
	const end = { earliestMs: endMs, latestMs: endMs };
	return pauseBeforeEndMs(end, nowMs, { longestMs: longestCautiousMs, longestCautiousMs });
}
