import type { IBinaryData, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { EvolinkClient } from '../evolink/client';
import type { ResultLinks } from '../evolink/resultFile';
import type { Clock } from '../tasks/clock';
import type { Pace } from '../tasks/pace';
import type { PaidTasks } from '../tasks/paidTasks';
import type { WaitingItems } from '../tasks/waitingItems';

/** What the work on an item needs, one set for all items of one execution. */
export interface Services {
	client: EvolinkClient;
	links: ResultLinks<IBinaryData>;
	clock: Clock;
	/** Each request takes its turn here before it is sent. */
	pace: Pace;
	/** All that wait in this n8n process, whatever their execution. */
	waitingItems: WaitingItems;
	/** A number from 0 up to 1, drawn anew at each call. */
	random(): number;
	paidTasks: PaidTasks;
	/** Pictures that were uploaded in this execution, by SHA-256: the address they got. */
	uploads: Map<string, Promise<string>>;
	/** Shows the user advice beside the output; the same advice is shown once. */
	advise(itemIndex: number, advice: string): void;
	/** Writes to n8n's log that a task was paid for, so that it can be found after a crash. */
	logStarted(itemIndex: number, taskId: string): void;
}

/** An item whose fields and files were checked; nothing has been sent for it so far. */
export interface PreparedItem {
	/** How many items may be in work at once; the first item's value counts. */
	maxConcurrent: number;
	/**
	 * Does the work and returns the item's output.
	 *
	 * @throws EvolinkFailure with what to tell the user
	 * @throws Stopped when the execution was stopped
	 */
	run(services: Services): Promise<ItemOutput>;
}

/** The output of one item; the pairing is added where the items come together. */
export type ItemOutput = Pick<INodeExecutionData, 'json' | 'binary'>;

/** One operation of the node. */
export interface Operation {
	/**
	 * Checks one item's fields and files without sending anything.
	 *
	 * @throws EvolinkFailure that names the field and what to do
	 */
	prepare(context: IExecuteFunctions, itemIndex: number): Promise<PreparedItem>;
}
