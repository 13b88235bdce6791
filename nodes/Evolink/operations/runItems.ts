import type { IBinaryData, IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { EvolinkClient } from '../evolink/client';
import type { Balance } from '../evolink/client';
import type { FailureDetails } from '../evolink/failure';
import { PaidTasks } from '../money/paidTasks';
import { openAccount } from '../n8n/account';
import type { Account } from '../n8n/account';
import { createApiTransport } from '../n8n/http';
import { isCalledByAgent } from '../n8n/parameters';
import {
	failedItemRow,
	itemWords,
	stoppedError,
	toFailureDetails,
	toNodeError,
	unclearSentence,
} from '../n8n/nodeErrors';
import { createExecutionClock } from '../time/clock';
import type { Clock } from '../time/clock';
import { Throttle } from '../time/retry';
import { Stop, Stopped } from '../time/stop';
import { maxConcurrentOf } from './waitOptions';

/** What the work on the items of one execution shares. */
export interface Execution {
	context: IExecuteFunctions;
	client: EvolinkClient;
	clock: Clock;
	stop: Stop;
	paidTasks: PaidTasks;
	/** Uploads of this execution, by the image's SHA-256: the address, or nothing where it failed. */
	uploads: Map<string, Promise<string | undefined>>;
	/** As soon as somebody has asked for it. */
	balance?: Promise<Balance>;
	/** Shows advice beside the output; the same advice is shown once, with the items it is about. */
	advise(itemIndex: number, advice: string): void;
}

/** The output of one item; the pairing is added where the items come together. */
export interface ItemOutput {
	json: IDataObject;
	binary?: Record<string, IBinaryData>;
}

/** One item that has been checked, ready to go. */
export interface PreparedItem {
	/**
	 * Does the work on the item.
	 *
	 * @throws EvolinkFailure with what to tell the user; Stopped when the execution was stopped
	 */
	run(execution: Execution): Promise<ItemOutput>;
	/** What the item would start anew, if anything: a video, or the rehearsal of one. */
	wouldStart?(paidTasks: PaidTasks): 'video' | 'rehearsal' | undefined;
}

/** One operation of the node. */
export interface Operation {
	/**
	 * Checks one item's fields and files without sending anything.
	 *
	 * @param openAccount reads the credential, once for all items
	 * @throws EvolinkFailure that names the field and what to do
	 */
	prepare(
		context: IExecuteFunctions,
		itemIndex: number,
		openAccount: () => Promise<Account>,
	): Promise<PreparedItem>;
	/**
	 * Checks what all items would start together, before anything is paid.
	 *
	 * @throws EvolinkFailure when none of them may
	 */
	guard?(starts: ReadonlyArray<'video' | 'rehearsal'>, execution: Execution): Promise<void>;
}

/** What became of one item; undefined as long as nothing did. */
type ItemResult =
	| { kind: 'row'; row: INodeExecutionData }
	| { kind: 'failed'; details: FailureDetails; error: unknown }
	| undefined;

/** Which run of the node in this execution this is, from 0; a loop runs it several times. */
function runOf(context: IExecuteFunctions): number | 'agentCall' {
	if (isCalledByAgent(context)) return 'agentCall';
	const runIndex: unknown = context.evaluateExpression('{{ $runIndex }}', 0);
	return typeof runIndex === 'number' ? runIndex : 0;
}

/** Returns what takes the listener away again: a loop may run the node thousands of times. */
function stopOnCancel(context: IExecuteFunctions, stop: Stop): () => void {
	const signal = context.getExecutionCancelSignal();
	const cancel = () => stop.now('cancelled');
	if (signal?.aborted === true) cancel();
	signal?.addEventListener('abort', cancel, { once: true });
	return () => signal?.removeEventListener('abort', cancel);
}

/** The items of one execution, and what became of each. */
class ItemRun {
	private readonly results: ItemResult[];

	private readonly itemsByAdvice = new Map<string, number[]>();

	private readonly stop = new Stop();

	private readonly paidTasks: PaidTasks;

	private readonly execution: Execution;

	private account: Account | undefined;

	constructor(
		private readonly context: IExecuteFunctions,
		private readonly operation: Operation,
	) {
		this.results = context.getInputData().map(() => undefined);
		this.paidTasks = new PaidTasks(context.getContext('node'), runOf(context));
		this.execution = this.newExecution();
	}

	/** Checks all items first, so that nothing is paid for when a later one would end the run anyway. */
	async run(): Promise<INodeExecutionData[]> {
		const leave = stopOnCancel(this.context, this.stop);
		try {
			const prepared = await this.prepareAll();
			this.throwIfFailed();
			await this.guard(prepared);
			this.throwIfFailed();
			await this.runAll(prepared);
			this.throwIfFailed();
			if (this.stop.reason === 'cancelled') throw this.stoppedError();
			this.showAdvice();
			return this.results.flatMap((result, itemIndex) => {
				if (result === undefined) return [];
				return result.kind === 'row' ? result.row : failedItemRow(result.details, itemIndex);
			});
		} finally {
			leave();
			// Nothing runs on after the node has ended.
			this.stop.now('itemFailed');
		}
	}

	private readonly accountOnce = async (): Promise<Account> => {
		this.account ??= await openAccount(this.context);
		return this.account;
	};

	private async prepareAll(): Promise<Array<PreparedItem | undefined>> {
		const prepared: Array<PreparedItem | undefined> = [];
		for (const itemIndex of this.results.keys()) {
			if (this.stop.reason !== undefined) break;
			await this.settle(itemIndex, async () => {
				prepared[itemIndex] = await this.operation.prepare(
					this.context,
					itemIndex,
					this.accountOnce,
				);
			});
		}
		return prepared;
	}

	/** Takes out the items that may not start anything; the others go on. */
	private async guard(prepared: Array<PreparedItem | undefined>): Promise<void> {
		const starts = prepared.flatMap((item, itemIndex) => {
			const kind = item?.wouldStart?.(this.paidTasks);
			return kind === undefined ? [] : [{ itemIndex, kind }];
		});
		if (starts.length === 0 || this.stop.reason !== undefined) return;
		const [{ itemIndex: firstIndex }] = starts;
		await this.settle(firstIndex, async () => {
			const kinds = starts.map(({ kind }) => kind);
			await this.operation.guard?.(kinds, this.execution);
		});
		const refusal = this.results[firstIndex];
		if (refusal === undefined) return;
		for (const { itemIndex } of starts) {
			this.results[itemIndex] = refusal;
			prepared[itemIndex] = undefined;
		}
	}

	private async runAll(prepared: ReadonlyArray<PreparedItem | undefined>): Promise<void> {
		const remaining = prepared.entries();
		const lane = async () => {
			for (const [itemIndex, work] of remaining) {
				if (this.stop.reason !== undefined) return;
				if (work === undefined) continue;
				await this.settle(itemIndex, async () => {
					const row = { ...(await work.run(this.execution)), pairedItem: { item: itemIndex } };
					this.results[itemIndex] = { kind: 'row', row };
				});
				const hasFailed = this.results[itemIndex]?.kind === 'failed';
				if (hasFailed && !this.context.continueOnFail()) this.stop.now('itemFailed');
			}
		};
		await Promise.all(Array.from({ length: maxConcurrentOf(this.context) }, lane));
	}

	private newExecution(): Execution {
		const clock = createExecutionClock(this.stop);
		const transport = createApiTransport(this.context, this.accountOnce, this.stop);
		return {
			context: this.context,
			client: new EvolinkClient(transport, new Throttle(clock)),
			clock,
			stop: this.stop,
			paidTasks: this.paidTasks,
			uploads: new Map(),
			advise: (itemIndex, advice) => this.advise(itemIndex, advice),
		};
	}

	private async settle(itemIndex: number, work: () => Promise<void>): Promise<void> {
		try {
			await work();
		} catch (error) {
			if (error instanceof Stopped) return;
			const details = toFailureDetails(error, this.account?.redact);
			this.results[itemIndex] = { kind: 'failed', details, error };
		}
	}

	private throwIfFailed(): void {
		const failedIndex = this.results.findIndex((result) => result?.kind === 'failed');
		const failed = this.results[failedIndex];
		if (failed?.kind !== 'failed' || this.context.continueOnFail()) return;
		const others = this.paidTasks.startedBeside(failedIndex);
		throw toNodeError(this.context.getNode(), failed, failedIndex, others);
	}

	private stoppedError(): Error {
		const started = this.paidTasks.startedBeside();
		if (started.unclearCount > 0) {
			// n8n keeps no output of a stopped execution, so this is all that is left of it.
			this.context.logger.warn(
				`Evolink: the execution was stopped. ${unclearSentence(started, 'this')}`,
			);
		}
		return stoppedError(this.context.getNode(), started);
	}

	private advise(itemIndex: number, advice: string): void {
		const items = this.itemsByAdvice.get(advice);
		if (items === undefined) this.itemsByAdvice.set(advice, [itemIndex]);
		else items.push(itemIndex);
	}

	private showAdvice(): void {
		for (const [advice, items] of this.itemsByAdvice) {
			const message = this.results.length === 1 ? advice : `${advice} (${itemWords(items)})`;
			this.context.addExecutionHints({ message, location: 'outputPane', type: 'info' });
		}
	}
}

/**
 * Runs an operation on all items in parallel.
 *
 * @returns one row for each item, in the order of the input, paired with it
 * @throws NodeOperationError or NodeApiError of the first failed item, unless the node continues
 */
export async function runItems(
	context: IExecuteFunctions,
	operation: Operation,
): Promise<INodeExecutionData[]> {
	return await new ItemRun(context, operation).run();
}
