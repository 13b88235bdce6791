/** Time, injected, so that waiting can be tested without waiting. */
export interface Clock {
	/** Milliseconds since 1970. */
	nowMs(): number;
	/**
	 * Resolves after that many milliseconds.
	 *
	 * @throws Stopped as soon as the execution is stopped
	 */
	sleep(ms: number): Promise<void>;
}
