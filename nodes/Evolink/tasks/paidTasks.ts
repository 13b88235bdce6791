/**
 * What is remembered of one item's submission, from one try of n8n's to the next. It holds no
 * secret and no content: ids, a fingerprint as the key, and the words of a lost answer.
 *
 * - `prepared`: nothing was accepted so far; the next submission uses the same key again.
 * - `submitting`: a request is on its way. Found at the start of a try, it means that the answer
 *   never arrived.
 * - `lost`: the answer was lost; the item must not be submitted again.
 * - `started`: a task exists, for the picture at that address.
 */
export type PaidTaskRecord =
	| { state: 'prepared'; idempotencyKey: string }
	| { state: 'submitting'; idempotencyKey: string }
	| {
			state: 'lost';
			idempotencyKey: string;
			message: string;
			description: string;
			httpCode?: string;
	  }
	| { state: 'started'; idempotencyKey: string; taskId: string; imageUrl: string };

/** The memory of what was paid for. n8n keeps it through Retry On Fail and Retry execution. */
export interface PaidTasks {
	/** Returns what is known of the item's submission, or undefined when nothing is. */
	find(itemIndex: number, fingerprint: string): PaidTaskRecord | undefined;
	remember(itemIndex: number, fingerprint: string, record: PaidTaskRecord): void;
	/** Forgets a task that failed for good or expired, so that a retry submits the item anew. */
	forget(itemIndex: number, fingerprint: string): void;
	/**
	 * Says that the item's video was put out. In a workflow it stays remembered, since a retry of
	 * the run puts it out again; to an agent it was the answer, and the same call means a new video.
	 */
	delivered(itemIndex: number, fingerprint: string): void;
	/** Returns the ids of all tasks that this run of the node has started, by item index. */
	startedTaskIds(): Array<{ itemIndex: number; taskId: string }>;
	/** Returns the items of this run of which nobody knows whether they were paid for. */
	unclearItems(): number[];
}

const ENTRY_NAME = 'paidTasks';

function isPlainObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPaidTaskRecord(value: unknown): value is PaidTaskRecord {
	if (!isPlainObject(value) || typeof value.idempotencyKey !== 'string') return false;
	switch (value.state) {
		case 'prepared':
		case 'submitting':
			return true;
		case 'lost':
			return typeof value.message === 'string' && typeof value.description === 'string';
		case 'started':
			return typeof value.taskId === 'string' && typeof value.imageUrl === 'string';
		default:
			return false;
	}
}

/**
 * Opens the memory of one run of the node.
 *
 * @param context the object that n8n keeps for this node during one execution; shared by all runs
 * of the node in it, which is why the run is part of every key
 * @param run which run of the node this is, from 0; or `agentCall`, because n8n gives each try of
 * an agent's call a new number
 */
export function openPaidTasks(
	context: Record<string, unknown>,
	run: number | 'agentCall',
): PaidTasks {
	const entries = (): Record<string, unknown> => {
		const known = context[ENTRY_NAME];
		if (isPlainObject(known)) return known;
		const fresh: Record<string, unknown> = {};
		context[ENTRY_NAME] = fresh;
		return fresh;
	};
	const keyOf = (itemIndex: number, fingerprint: string) => `${run}/${itemIndex}/${fingerprint}`;

	const recordsOfRun = (): Array<{ itemIndex: number; record: PaidTaskRecord }> =>
		Object.entries(entries()).flatMap(([key, entry]) => {
			const [keyRun, itemIndex] = key.split('/');
			return keyRun === String(run) && isPaidTaskRecord(entry)
				? [{ itemIndex: Number(itemIndex), record: entry }]
				: [];
		});

	const forget = (itemIndex: number, fingerprint: string) => {
		delete entries()[keyOf(itemIndex, fingerprint)];
	};

	return {
		find(itemIndex, fingerprint) {
			const entry = entries()[keyOf(itemIndex, fingerprint)];
			return isPaidTaskRecord(entry) ? entry : undefined;
		},
		remember(itemIndex, fingerprint, record) {
			entries()[keyOf(itemIndex, fingerprint)] = { ...record };
		},
		forget,
		delivered(itemIndex, fingerprint) {
			if (run === 'agentCall') forget(itemIndex, fingerprint);
		},
		startedTaskIds() {
			return recordsOfRun().flatMap(({ itemIndex, record }) =>
				record.state === 'started' ? [{ itemIndex, taskId: record.taskId }] : [],
			);
		},
		unclearItems() {
			return recordsOfRun()
				.filter(({ record }) => record.state === 'submitting' || record.state === 'lost')
				.map(({ itemIndex }) => itemIndex);
		},
	};
}
