import type { Fault, FaultAction, FaultTarget, TaskMatch } from './sandbox-interface';

/** What is known of a request when it asks for its fault. */
export interface FaultSubject {
	taskId?: string;
	prompt?: string | null;
}

interface QueuedFault {
	readonly fault: Fault;
	skipsLeft: number;
	timesLeft: number;
	readonly draw: () => number;
}

/** Whether a prompt fits; no match fits everything. */
export function fitsMatch(
	match: TaskMatch | undefined,
	prompt: string | null | undefined,
): boolean {
	return match === undefined || (prompt ?? '').includes(match.promptIncludes);
}

function requireSense(fault: Fault): void {
	const { kind } = fault.fault;
	if ((kind === 'truncated-media' || kind === 'stalled-media') && fault.on !== 'media') {
		throw new TypeError(`A ${kind} fault works only on: 'media'`);
	}
	if (kind === 'reset-after-acceptance' && fault.on !== 'submit' && fault.on !== 'upload') {
		throw new TypeError(`A ${kind} fault works only on: 'submit' or 'upload'`);
	}
	if (fault.taskId !== undefined && fault.on !== 'read' && fault.on !== 'media') {
		throw new TypeError("A fault with a taskId works only on: 'read' or 'media'");
	}
	if (fault.match !== undefined && (fault.on === 'upload' || fault.on === 'credits')) {
		throw new TypeError("A fault with a match works only on: 'submit', 'read' or 'media'");
	}
}

/**
 * Returns a source of numbers from 0 up to 1 that are the same for the same seed (the public-domain
 * mulberry32).
 *
 * @param seed any number; of its integer part, the lowest 32 bits count
 */
function seededNumbers(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** The faults that wait for their requests. */
export class FaultQueue {
	private queue: QueuedFault[] = [];

	/** @throws TypeError when the fault makes no sense where it is put. */
	add(fault: Fault): void {
		requireSense(fault);
		this.queue.push({
			fault,
			skipsLeft: fault.skip ?? 0,
			timesLeft: fault.times ?? 1,
			draw: seededNumbers(fault.seed ?? 1),
		});
	}

	clear(): void {
		this.queue = [];
	}

	/**
	 * Takes the first fault that hits this request. A fault that lets the request pass (by `skip`
	 * or by chance) leaves it to the faults queued behind it.
	 */
	take(on: FaultTarget, subject: FaultSubject = {}): FaultAction | undefined {
		for (const queued of this.queue) {
			const { fault } = queued;
			if (fault.on !== on) continue;
			if (fault.taskId !== undefined && fault.taskId !== subject.taskId) continue;
			if (!fitsMatch(fault.match, subject.prompt)) continue;
			if (queued.skipsLeft > 0) {
				queued.skipsLeft -= 1;
				continue;
			}
			if (fault.probability !== undefined && queued.draw() >= fault.probability) continue;
			queued.timesLeft -= 1;
			if (queued.timesLeft <= 0) this.queue = this.queue.filter((other) => other !== queued);
			return fault.fault;
		}
		return undefined;
	}
}
