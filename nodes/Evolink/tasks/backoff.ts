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
