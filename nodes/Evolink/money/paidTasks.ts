import type { FailureDetails } from '../evolink/failure';
import { isJsonObject } from '../evolink/task';
import type { JsonObject } from '../evolink/task';

/** What was sent; returned beside the task, on a retry as it was the first time. */
export interface SentSettings extends JsonObject {
	prompt: string;
	/** Null: text to video. */
	imageUrl: string | null;
	lastImageUrl: string | null;
	quality: string;
	duration: number;
}

/**
 * What is remembered of one item's submission, from one try of n8n's to the next. It holds no
 * secret.
 *
 * - `prepared`: nothing was accepted so far; the next submission uses the same key again.
 * - `submitting`: a request is on its way. Found at the start of a try, it means that the answer
 *   never arrived.
 * - `lost`: the answer was lost; the item must not be submitted again.
 * - `hopeless`: the task failed for a reason that another try does not change.
 * - `started`: a task exists.
 * - `rehearsed`: nothing was submitted, on purpose.
 */
export type PaidTaskRecord =
	| { state: 'prepared' | 'submitting' | 'rehearsed'; idempotencyKey: string }
	| { state: 'lost' | 'hopeless'; idempotencyKey: string; failure: FailureDetails }
	| { state: 'started'; idempotencyKey: string; taskId: string; sent: SentSettings };

/** What items have started. */
export interface StartedTasks {
	taskIds: string[];
	/** How many more have lost their answers: nobody knows whether they were paid for. */
	unclearCount: number;
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

function isPaidTaskRecord(value: unknown): value is PaidTaskRecord {
	if (!isJsonObject(value) || typeof value.idempotencyKey !== 'string') return false;
	switch (value.state) {
		case 'prepared':
		case 'submitting':
		case 'rehearsed':
			return true;
		case 'lost':
		case 'hopeless':
			return isFailureDetails(value.failure);
		case 'started':
			return typeof value.taskId === 'string' && isJsonObject(value.sent);
		default:
			return false;
	}
}

/**
 * The memory of what one run of the node has paid for. n8n keeps it through Retry On Fail and Retry
 * execution.
 */
export class PaidTasks {
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

	private keyOf(itemIndex: number, submissionKey: string): string {
		return `${this.run}/${itemIndex}/${submissionKey}`;
	}

	/** Returns what is known of the item's submission, or undefined when nothing is. */
	find(itemIndex: number, submissionKey: string): PaidTaskRecord | undefined {
		const entry = this.entries[this.keyOf(itemIndex, submissionKey)];
		return isPaidTaskRecord(entry) ? entry : undefined;
	}

	remember(itemIndex: number, submissionKey: string, record: PaidTaskRecord): void {
		this.entries[this.keyOf(itemIndex, submissionKey)] = { ...record };
	}

	/** Forgets a task that failed or expired, so that a retry submits the item again. */
	forget(itemIndex: number, submissionKey: string): void {
		delete this.entries[this.keyOf(itemIndex, submissionKey)];
	}

	/**
	 * Says that the item's video was delivered. In a workflow it stays remembered, since a retry of
	 * the run delivers it again; to an agent it was the answer, and the same call means a new video.
	 */
	delivered(itemIndex: number, submissionKey: string): void {
		if (this.run === 'agentCall') this.forget(itemIndex, submissionKey);
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

	/** Returns whether the item would start a video that no earlier try has started, or may have. */
	wouldStart(itemIndex: number, submissionKey: string): boolean {
		return [undefined, 'prepared'].includes(this.find(itemIndex, submissionKey)?.state);
	}

	/** Returns the task that an earlier try has started for the item, whatever it was submitted for. */
	taskOf(itemIndex: number): string | undefined {
		const prefix = `${this.run}/${itemIndex}/`;
		const started = Object.entries(this.entries).flatMap(([key, record]) =>
			key.startsWith(prefix) && isPaidTaskRecord(record) && record.state === 'started'
				? [record.taskId]
				: [],
		);
		return started.at(-1);
	}

	/** Returns what this run of the node has paid for, or may have; but for one item, if it is named. */
	startedBeside(excludedIndex?: number): StartedTasks {
		const records = Object.entries(this.entries).flatMap(([key, record]) => {
			const [run, itemIndex] = key.split('/');
			const isWanted = run === String(this.run) && itemIndex !== String(excludedIndex);
			return isWanted && isPaidTaskRecord(record) ? [record] : [];
		});
		return {
			taskIds: records.flatMap((record) => (record.state === 'started' ? [record.taskId] : [])),
			unclearCount: records.filter(({ state }) => state === 'submitting' || state === 'lost')
				.length,
		};
	}
}
