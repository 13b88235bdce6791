import type { Clock } from './clock';
import { LONGEST_ASKED_PAUSE_MS } from './repeat';

const BETWEEN_SUBMISSIONS_MS = 100;

const UNASKED_QUIET_MS = 1_000;

/** Spreads the submissions of one execution, and quiets all its items when that is asked for. */
export class Throttle {
	private quietUntilMs = Number.NEGATIVE_INFINITY;

	private nextSubmissionMs = Number.NEGATIVE_INFINITY;

	constructor(private readonly clock: Clock) {}

	/** Returns how long all items still keep quiet, in milliseconds; 0 when they need not. */
	quietMs(): number {
		return Math.max(0, this.quietUntilMs - this.clock.nowMs());
	}

	/**
	 * Resolves when a submission may go out; a quiet is kept until its deadline at most.
	 *
	 * @throws Stopped when the execution is stopped
	 */
	async waitForTurn(deadlineMs: number): Promise<void> {
		do {
			const remainingMs = Math.max(0, deadlineMs - this.clock.nowMs());
			await this.clock.sleep(Math.min(this.quietMs(), remainingMs));
			const dueMs = Math.max(this.clock.nowMs(), this.nextSubmissionMs);
			this.nextSubmissionMs = dueMs + BETWEEN_SUBMISSIONS_MS;
			await this.clock.sleep(dueMs - this.clock.nowMs());
			// Those who waited for the end of the quiet would all go out at once without a new turn.
		} while (this.quietMs() > 0 && this.clock.nowMs() < deadlineMs);
	}

	/** @param askedMs for how long the API wants to be left alone, if it said so; at most a minute */
	beQuiet(askedMs = UNASKED_QUIET_MS): void {
		const untilMs = this.clock.nowMs() + Math.min(LONGEST_ASKED_PAUSE_MS, askedMs);
		this.quietUntilMs = Math.max(this.quietUntilMs, untilMs);
	}
}
