import type { Clock } from './clock';

/**
 * Returns how long a server asks to wait, in milliseconds, or undefined when it does not say.
 *
 * @param header the Retry-After header: whole seconds or an HTTP date (RFC 9110, 10.2.3)
 * @param nowMs the time now, in milliseconds since 1970
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
	if (header === undefined) return undefined;
	const text = header.trim();
	if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
	// Date.parse takes much that is no date; an HTTP date starts with the day's name.
	if (!/^[A-Za-z]{3}/.test(text)) return undefined;
	const dateMs = Date.parse(text);
	return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/**
 * Returns how long to wait before the next attempt, in milliseconds: what the server asked for, at
 * least a second, or else twice as long each time, up to half a minute; with up to a quarter more
 * by chance, so that items that met the same trouble do not come back at the same moment.
 *
 * @param attemptsSoFar how many attempts have gone wrong in a row, from 1
 * @param askedMs what Retry-After said, if it said anything
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
			? Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attemptsSoFar - 1))
			: Math.max(FIRST_WAIT_MS, askedMs);
	return Math.round(baseMs * (1 + random / 4));
}

/** How an attempt ended: with what was wanted, or with trouble that may pass. */
export type Attempt<Done, Trouble> = { done: Done } | { trouble: Trouble };

/**
 * Repeats an attempt until it succeeds, or the next one could not begin before the deadline.
 *
 * @param attempt is given the time that is left, in milliseconds; throws what makes more attempts
 * useless
 * @returns what was done, or the trouble of the last attempt that the deadline has not cut short
 * @throws Stopped when the execution is stopped
 */
export async function tryUntil<Done, Trouble extends { retryAfterMs?: number }>(
	attempt: (remainingMs: number) => Promise<Attempt<Done, Trouble>>,
	deadlineMs: number,
	clock: Clock,
	random: () => number = Math.random,
): Promise<Attempt<Done, Trouble>> {
	let before: Attempt<Done, Trouble> | undefined;
	for (let attempts = 1; ; attempts++) {
		const outcome = await attempt(Math.max(1, deadlineMs - clock.nowMs()));
		if ('done' in outcome) return outcome;
		if (clock.nowMs() >= deadlineMs) return before ?? outcome;
		before = outcome;
		const pauseMs = backoffMs(attempts, outcome.trouble.retryAfterMs, random());
		if (clock.nowMs() + pauseMs >= deadlineMs) return outcome;
		await clock.sleep(pauseMs);
	}
}

/**
 * What became of a request that may be repeated. `tryAgain`: a moment of bad luck; `failed`:
 * repeating would not help. `expired`: the API itself answered that there is no such thing.
 */
export type Repeatable<Value, Failure> =
	| { kind: 'done'; value: Value }
	| { kind: 'tryAgain'; failure: Failure; isUnreachable?: boolean; retryAfterMs?: number }
	| { kind: 'failed'; failure: Failure; expired: boolean };

/**
 * Repeats a request that costs nothing until it is done.
 *
 * @param unreachableMs for how long an address may not answer at all
 * @returns its value
 * @throws its failure, when repeating would not help or the time is up; Stopped when the execution
 * is stopped
 */
export async function repeatRequest<Value, Failure extends Error>(
	request: (remainingMs: number) => Promise<Repeatable<Value, Failure>>,
	{ allowedMs, unreachableMs = allowedMs }: { allowedMs: number; unreachableMs?: number },
	throttle: Throttle,
	clock: Clock,
): Promise<Value> {
	const startedMs = clock.nowMs();
	const outcome = await tryUntil(
		async (remainingMs): Promise<Attempt<Value, { retryAfterMs?: number; failure: Failure }>> => {
			await clock.sleep(throttle.quietMs());
			const read = await request(remainingMs);
			if (read.kind === 'done') return { done: read.value };
			const mayPass =
				read.kind === 'tryAgain' &&
				(read.isUnreachable !== true || clock.nowMs() - startedMs < unreachableMs);
			if (!mayPass) throw read.failure;
			return { trouble: read };
		},
		startedMs + allowedMs,
		clock,
	);
	if ('done' in outcome) return outcome.done;
	throw outcome.trouble.failure;
}

const BETWEEN_SUBMISSIONS_MS = 100;

const UNASKED_QUIET_MS = 1_000;

/** Whatever a server asks, nobody but the item that was told so waits for longer. */
const LONGEST_QUIET_MS = 60_000;

/** Spreads the submissions of one execution, and quiets all its items after "too many requests". */
export class Throttle {
	private quietUntilMs = Number.NEGATIVE_INFINITY;

	private nextSubmissionMs = Number.NEGATIVE_INFINITY;

	constructor(private readonly clock: Clock) {}

	/** Returns how long all items still keep quiet, in milliseconds; 0 when they need not. */
	quietMs(): number {
		return Math.max(0, this.quietUntilMs - this.clock.nowMs());
	}

	/**
	 * Resolves when a submission may go out.
	 *
	 * @throws Stopped when the execution is stopped
	 */
	async submission(): Promise<void> {
		do {
			await this.clock.sleep(this.quietMs());
			const dueMs = Math.max(this.clock.nowMs(), this.nextSubmissionMs);
			this.nextSubmissionMs = dueMs + BETWEEN_SUBMISSIONS_MS;
			await this.clock.sleep(dueMs - this.clock.nowMs());
			// Those who waited for the end of the quiet would all go out at once without a new place in line.
		} while (this.quietMs() > 0);
	}

	/**
	 * Says that the API answered "too many requests".
	 *
	 * @param askedMs how long it wants to be left alone, if it said so
	 */
	tooManyRequests(askedMs = UNASKED_QUIET_MS): void {
		const untilMs = this.clock.nowMs() + Math.min(LONGEST_QUIET_MS, askedMs);
		this.quietUntilMs = Math.max(this.quietUntilMs, untilMs);
	}
}
