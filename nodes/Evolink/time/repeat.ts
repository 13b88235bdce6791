import type { Clock } from './clock';

/** Said of an attempt after which another one makes sense. What is hopeless is thrown instead. */
export interface Again<Trouble> {
	/** What went wrong; absent where nothing did, such as with a task that is not finished yet. */
	trouble?: Trouble;
	/** When to try again; absent: the pauses grow from one trouble to the next. */
	pauseMs?: number;
	/** How long somebody asked to be left alone. */
	askedMs?: number;
	/** How long this trouble is worth trying, from its first time on; absent: until the deadline. */
	patienceMs?: number;
}

/** How an attempt ended. */
export type Attempt<Done, Trouble = Error> = { done: Done } | Again<Trouble>;

/**
 * How long to repeat, and how often. Times are in milliseconds, the deadline by the clock. No pause
 * goes beyond it: the last attempt begins at the deadline.
 */
export interface Limits {
	deadlineMs: number;
	/** Whether an attempt that has taken all the time is followed by a last one, too. */
	isLastCertain?: boolean;
	firstPauseMs?: number;
	/** No pause is shorter. */
	floorMs?(): number;
	/** How long nobody may try anything, from now on. */
	quietMs?(): number;
}

/** How long the attempt at the deadline may take: an ordinary time-out, however little is left. */
const LAST_ATTEMPT_MS = 30_000;

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** Whatever somebody asks, nobody waits for longer before the next attempt. */
export const LONGEST_ASKED_PAUSE_MS = 60_000;

/**
 * Returns how long to wait before the next attempt, in milliseconds: what was asked for, from a
 * second to a minute, or else twice as long each time, up to half a minute; with up to a quarter more
 * by chance, so that items that met the same trouble do not come back at the same moment.
 *
 * @param attemptsSoFar how many attempts have gone wrong in a row, from 1
 * @param random a number from 0 up to 1
 */
export function backoffMs(
	attemptsSoFar: number,
	askedMs: number | undefined,
	random: number,
): number {
	// A server that asks for no pause at all, or whose clock is late, is not asked without a break.
	const baseMs =
		askedMs === undefined
			? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attemptsSoFar - 1))
			: Math.max(FIRST_PAUSE_MS, askedMs);
	return Math.min(LONGEST_ASKED_PAUSE_MS, Math.round(baseMs * (1 + random / 4)));
}

async function pause(
	pauseMs: number,
	{ deadlineMs, quietMs = () => 0 }: Limits,
	clock: Clock,
): Promise<void> {
	let dueMs = clock.nowMs() + pauseMs;
	do {
		dueMs = Math.min(deadlineMs, Math.max(dueMs, clock.nowMs() + quietMs()));
		await clock.sleep(Math.max(0, dueMs - clock.nowMs()));
	} while (quietMs() > 0 && clock.nowMs() < deadlineMs);
}

/**
 * Repeats an attempt until it is done, no longer worth it, or the time is over.
 *
 * @param attempt is given the time that it may take, in milliseconds
 * @returns what was done, or the last attempt that the deadline has not cut short
 * @throws what the attempt throws; Stopped when the execution is stopped
 */
export async function repeatUntil<Done, Trouble>(
	attempt: (allowedMs: number) => Promise<Attempt<Done, Trouble>>,
	limits: Limits,
	clock: Clock,
	random: () => number = Math.random,
): Promise<Attempt<Done, Trouble>> {
	const { deadlineMs, isLastCertain = false, floorMs = () => 0 } = limits;
	let pauseMs = limits.firstPauseMs ?? 0;
	let troublesInARow = 0;
	let impatientSinceMs: number | undefined;
	let before: Attempt<Done, Trouble> | undefined;
	for (;;) {
		await pause(pauseMs, limits, clock);
		const remainingMs = deadlineMs - clock.nowMs();
		const isLast = remainingMs <= 0;
		const outcome = await attempt(isLast ? LAST_ATTEMPT_MS : remainingMs);
		const nowMs = clock.nowMs();
		if ('done' in outcome || isLast) return outcome;
		if (nowMs >= deadlineMs && !isLastCertain) return before ?? outcome;
		const { trouble, askedMs, patienceMs = Number.POSITIVE_INFINITY } = outcome;
		troublesInARow = trouble === undefined ? 0 : troublesInARow + 1;
		if (outcome.patienceMs !== undefined) impatientSinceMs ??= nowMs;
		const patienceEndMs = (impatientSinceMs ?? nowMs) + patienceMs;
		if (nowMs >= patienceEndMs) return outcome;
		pauseMs = outcome.pauseMs ?? backoffMs(troublesInARow, askedMs, random());
		pauseMs = Math.max(floorMs(), Math.min(pauseMs, patienceEndMs - nowMs));
		before = outcome;
	}
}

/**
 * Repeats as {@link repeatUntil} does.
 *
 * @returns what was done
 * @throws the last trouble when the time is over; what the attempt throws; Stopped
 */
export async function repeatOrThrow<Done>(
	attempt: (allowedMs: number) => Promise<Attempt<Done>>,
	limits: Limits,
	clock: Clock,
): Promise<Done> {
	const end = await repeatUntil(attempt, limits, clock);
	if ('done' in end) return end.done;
	throw end.trouble ?? new Error('The time is over');
}
