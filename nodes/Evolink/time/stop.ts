/** Why everything ends: the user stopped the execution, or one item failed for all. */
export type StopReason = 'cancelled' | 'itemFailed';

/** Thrown in work that a stop has ended; it says nothing about the item itself. */
export class Stopped extends Error {
	constructor(readonly reason: StopReason) {
		super(`Stopped: ${reason}`);
		this.name = 'Stopped';
	}
}

/** Tells all work of one execution that it shall end, once, and why. */
export interface Stop {
	/** Undefined as long as work goes on. */
	readonly reason: StopReason | undefined;
	/**
	 * Ends all work. A later call changes nothing, but for one: the user's cancel outranks the end
	 * that a failed item has brought, since then nothing may be waited for any more.
	 */
	now(reason: StopReason): void;
	/**
	 * Calls the listener when the stop comes (at once if it came), and again if a cancel outranks
	 * it; returns the way out.
	 */
	onStop(listener: (reason: StopReason) => void): () => void;
	/** @throws Stopped if work has ended */
	throwIfStopped(): void;
}

/** Makes a stop that nobody has called yet. */
export function createStop(): Stop {
	let reason: StopReason | undefined;
	const listeners = new Set<(reason: StopReason) => void>();
	return {
		get reason() {
			return reason;
		},
		now(newReason) {
			if (reason === 'cancelled' || reason === newReason) return;
			reason = newReason;
			for (const listener of listeners) listener(newReason);
		},
		onStop(listener) {
			if (reason !== undefined) {
				listener(reason);
				return () => {};
			}
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		throwIfStopped() {
			if (reason !== undefined) throw new Stopped(reason);
		},
	};
}
