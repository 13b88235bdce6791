import { Stopped } from '../tasks/stop';
import type { Stop } from '../tasks/stop';
import { sleepInSlices } from './executionClock';

/** How an exchange with a server ended. */
export type ExchangeEnd<T> =
	{ kind: 'answered'; value: T } | { kind: 'threw'; error: unknown } | { kind: 'timedOut' };

/** How long an exchange may take, and what a stop of the execution does to it. */
export interface ExchangeLimits {
	timeoutMs: number;
	onStop: 'abort' | 'letFinish';
}

/**
 * A cancelled execution must be quiet within a second. A request whose answer is worth money gets
 * half of that second, so that the task it may have started can still be noted.
 */
const GRACE_AFTER_CANCEL_MS = 500;

/**
 * Runs one exchange within its limits. HTTP time-outs alone would not do: they watch for silence,
 * so a server that sends a byte now and then would never meet them.
 *
 * @param run does the exchange; it should end when the signal aborts, but is not waited for then
 * @throws Stopped when the execution was stopped and the exchange was not allowed to finish
 */
export async function runExchange<T>(
	run: (signal: AbortSignal) => Promise<T>,
	limits: ExchangeLimits,
	stop: Stop,
): Promise<ExchangeEnd<T>> {
	stop.throwIfStopped();
	const abort = new AbortController();
	let isOpen = true;
	return await new Promise<ExchangeEnd<T>>((resolve, reject) => {
		const close = () => {
			isOpen = false;
			leave();
		};
		const leave = stop.onStop((reason) => {
			if (limits.onStop === 'letFinish' && reason === 'itemFailed') return;
			const graceMs = limits.onStop === 'letFinish' ? GRACE_AFTER_CANCEL_MS : 0;
			void sleepInSlices(graceMs, () => isOpen).then(() => {
				if (!isOpen) return;
				isOpen = false;
				abort.abort();
				reject(new Stopped(reason));
			});
		});
		void sleepInSlices(limits.timeoutMs, () => isOpen).then(() => {
			if (!isOpen) return;
			close();
			abort.abort();
			resolve({ kind: 'timedOut' });
		});
		run(abort.signal).then(
			(value) => {
				if (!isOpen) return;
				close();
				resolve({ kind: 'answered', value });
			},
			(error: unknown) => {
				if (!isOpen) return;
				close();
				resolve({ kind: 'threw', error });
			},
		);
	});
}
