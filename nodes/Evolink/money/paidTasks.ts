import type { FailureDetails } from '../evolink/failure';
import { isJsonObject } from '../evolink/task';
import type { SentSettings } from '../evolink/requestBody';
import type { JsonObject } from '../evolink/task';

/**
 * Which video an item is about: it is the one that was paid for if either its parameters as written
 * or what they resolve to are the same. Both are hashes.
 */
export interface Identity {
	/** Absent for an agent's call, since all its calls are written the same. */
	written?: string;
	/** Absent where the fields were not read. */
	resolved?: string;
}

/**
 * What is remembered of one item's submission, from one try of n8n's to the next. It holds no
 * secret.
 *
 * - `prepared`: nothing was accepted so far; the same body goes out again under the same key.
 * - `submitting`: a request went out. Found at the start of a try, it means that the response
 *   never arrived.
 * - `lost`: the outcome is unknown; the item must not be submitted again.
 * - `hopeless`: the task failed for a reason that another try does not change.
 * - `failed`: the task failed, or the API refused it; the item may be submitted again.
 * - `started`: a task exists.
 * - `rehearsed`: nothing was submitted, on purpose.
 */
export type PaidTask =
	| { state: 'prepared'; idempotencyKey: string; bodyHash: string }
	| { state: 'submitting' | 'rehearsed' }
	| { state: 'lost' | 'hopeless' | 'failed'; failure: FailureDetails }
	| { state: 'started'; taskId: string; sent: SentSettings; startedAtMs: number };

/** What items have started. */
export interface StartedTasks {
	taskIds: string[];
	/** How many more may have started one; their outcomes are unknown. */
	unknownCount: number;
}

const ENTRY_NAME = 'paidTasks';

/** How many videos the node has started in this execution; never dropped. */
const COUNT_NAME = 'videosStarted';

function isFailureDetails(value: unknown): value is FailureDetails & JsonObject {
	return (
		isJsonObject(value) &&
		typeof value.message === 'string' &&
		typeof value.description === 'string'
	);
}

function isPaidTask(value: unknown): value is PaidTask & Identity {
	if (!isJsonObject(value)) return false;
	switch (value.state) {
		case 'prepared':
			return typeof value.idempotencyKey === 'string' && typeof value.bodyHash === 'string';
		case 'submitting':
		case 'rehearsed':
			return true;
		case 'lost':
		case 'hopeless':
		case 'failed':
			return isFailureDetails(value.failure);
		case 'started':
			return (
				typeof value.taskId === 'string' &&
				typeof value.startedAtMs === 'number' &&
				isJsonObject(value.sent)
			);
		default:
			return false;
	}
}

function isSame(one: Identity, other: Identity): boolean {
	const { written, resolved } = other;
	return (
		(written !== undefined && one.written === written) ||
		(resolved !== undefined && one.resolved === resolved)
	);
}

/**
 * The memory of what one run of the node has paid for. n8n keeps it through Retry On Fail and Retry
 * execution.
 */
export class PaidTasks {
	/** By run and item: what was remembered of each video that the item was about. */
	private readonly entries: Record<string, unknown>;

	/**
	 * Drops what earlier rounds of a loop have left, since n8n does not run them again; not what agents'
	 * calls have, since several may be under way.
	 *
	 * @param context the object that n8n keeps for this node during one execution; shared by all runs
	 * of the node in it, which is why the run is part of every key
	 * @param run which run of the node this is, from 0; or `agentCall`, because n8n gives each try of
	 * an agent's call a new number
	 */
	constructor(
		private readonly context: Record<string, unknown>,
		private readonly run: number | 'agentCall',
	) {
		const known = context[ENTRY_NAME];
		this.entries = isJsonObject(known) ? known : {};
		context[ENTRY_NAME] = this.entries;
		for (const key of Object.keys(this.entries)) {
			if (Number(key.split('/')[0]) < Number(run)) delete this.entries[key];
		}
	}

	private of(itemIndex: number): Array<PaidTask & Identity> {
		const known: unknown = this.entries[`${this.run}/${itemIndex}`];
		return Array.isArray(known) ? known.filter(isPaidTask) : [];
	}

	/** Returns what is known of the item's video, or undefined when nothing is. */
	find(itemIndex: number, identity: Identity): (PaidTask & Identity) | undefined {
		return this.of(itemIndex)
			.filter((one) => isSame(one, identity))
			.at(-1);
	}

	remember(itemIndex: number, identity: Identity, task: PaidTask): void {
		const known = this.of(itemIndex);
		const { written, resolved } = this.find(itemIndex, identity) ?? {};
		const others = known.filter((one) => !isSame(one, identity));
		this.entries[`${this.run}/${itemIndex}`] = [
			...others,
			{ ...task, written: identity.written ?? written, resolved: identity.resolved ?? resolved },
		];
	}

	/** Forgets what an agent's call had as its answer: the same call means a new video. */
	forgetAgentCall(itemIndex: number, identity: Identity): void {
		if (this.run !== 'agentCall') return;
		const others = this.of(itemIndex).filter((one) => !isSame(one, identity));
		this.entries[`${this.run}/${itemIndex}`] = others;
	}

	/** How many videos the node has started in this execution: all rounds, calls and retries. */
	get videosStarted(): number {
		const count = this.context[COUNT_NAME];
		return typeof count === 'number' ? count : 0;
	}

	/** @param change 1 before a video is submitted, -1 when it certainly was not started */
	countVideo(change: 1 | -1): void {
		this.context[COUNT_NAME] = this.videosStarted + change;
	}

	/** Returns the task that an earlier try has started for the item, whatever it was about. */
	taskOf(itemIndex: number): string | undefined {
		return this.of(itemIndex)
			.flatMap((task) => (task.state === 'started' ? task.taskId : []))
			.at(-1);
	}

	/** Returns what this run of the node has paid for, or may have; but for one item, if it is named. */
	otherStartedTasks(excludedIndex?: number): StartedTasks {
		const tasks = Object.keys(this.entries).flatMap((key) => {
			const [run, itemIndex] = key.split('/');
			const isWanted = run === String(this.run) && itemIndex !== String(excludedIndex);
			return isWanted ? this.of(Number(itemIndex)) : [];
		});
		return {
			taskIds: tasks.flatMap((task) => (task.state === 'started' ? [task.taskId] : [])),
			unknownCount: tasks.filter(({ state }) => state === 'submitting' || state === 'lost').length,
		};
	}
}

/** Returns whether a video that nothing else is known of would be submitted, and paid for. */
export function wouldStart(task: PaidTask | undefined): boolean {
	return task === undefined || task.state === 'prepared' || task.state === 'failed';
}
