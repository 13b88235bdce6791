/** Why everything ends: the user stopped the execution, or one item failed for all. */
export type StopReason = 'cancelled' | 'itemFailed';

/** Thrown by whatever a stop has ended; it says nothing about the item itself. */
export class Stopped extends Error {
	constructor(readonly reason: StopReason) {
		super(`Stopped: ${reason}`);
		this.name = 'Stopped';
	}
}

/** Tells all work of one execution that it should end, once, and why. */
export class Stop {
	private readonly listeners = new Set<(reason: StopReason) => void>();

	/** Undefined as long as work goes on. */
	reason: StopReason | undefined;

	/**
	 * Ends all work. A later call changes nothing, but for one: the user's cancel outranks the end
	 * that a failed item has brought, since then nothing may be waited for any more.
	 */
	now(reason: StopReason): void {
		if (this.reason === 'cancelled' || this.reason === reason) return;
		this.reason = reason;
		for (const listener of this.listeners) listener(reason);
	}

	/**
	 * Calls the listener when the stop comes (at once if it came), and again if a cancel outranks
	 * it; returns the way out.
	 */
	onStop(listener: (reason: StopReason) => void): () => void {
		if (this.reason !== undefined) listener(this.reason);
		else this.listeners.add(listener);
		return () => this.listeners.delete(listener);
	}

	/** @throws Stopped if work has ended */
	throwIfStopped(): void {
		if (this.reason !== undefined) throw new Stopped(this.reason);
	}
}
