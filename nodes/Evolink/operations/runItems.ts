import type {
	EngineRequest,
	IBinaryData,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
} from 'n8n-workflow';

import { EvolinkClient } from '../evolink/client';
import type { Balance } from '../evolink/client';
import type { FailureDetails } from '../evolink/failure';
import { wayOn } from '../evolink/failures';
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
import { hasSlept, requestSleep, SHORTEST_SLEEP_MS, wakeUp, whyNoSleep } from './sleep';
import type { SleepNote } from './sleep';
import { isSleepWanted, maxConcurrentOf } from './waitOptions';

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
	/** Whether this is the call after a sleep: what was started before it is not started again. */
	isAwake: boolean;
	/** When an item's wait began, by the clock, where it began before a sleep. */
	startedBeforeSleepMs(itemIndex: number): number | undefined;
	/** Shows advice beside the output; the same advice is shown once, with the items it is about. */
	advise(itemIndex: number, advice: string): void;
}

/** The output of one item; the pairing is added where the items come together. */
export interface ItemOutput {
	json: IDataObject;
	binary?: Record<string, IBinaryData>;
}

/** A task that is not finished, as it matters for a sleep. */
export interface UnfinishedTask {
	taskId: string;
	/** When the wait for it began, by the execution's clock. */
	startedMs: number;
	timeoutMs: number;
	/** How long the API expects the whole generation to take. */
	estimatedSeconds: number | undefined;
}

/** One item that has been checked, ready to go. */
export interface PreparedItem {
	/**
	 * Does the first part of the work, up to where it would begin to wait; `run` does the rest.
	 *
	 * @returns the task to wait for, if there is one
	 * @throws as `run` does
	 */
	start(execution: Execution): Promise<UnfinishedTask | undefined>;
	/**
	 * Does the work on the item.
	 *
	 * @throws EvolinkFailure with what to tell the user; Stopped when the execution was stopped
	 */
	run(execution: Execution): Promise<ItemOutput>;
	/** What the item would start, if anything: a video, or the rehearsal of one. */
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

	/** What was noted before the sleep, after one. */
	private readonly note: SleepNote | undefined;

	private readonly run: number | 'agentCall';

	private account: Account | undefined;

	constructor(
		private readonly context: IExecuteFunctions,
		private readonly operation: Operation,
		private readonly response: unknown,
	) {
		this.note = wakeUp(context);
		this.run = this.note?.run ?? runOf(context);
		this.results = context.getInputData().map(() => undefined);
		this.paidTasks = new PaidTasks(context.getContext('node'), this.run);
		this.execution = this.newExecution();
	}

	/** Checks all items first, so that nothing is paid for when a later one would end the run anyway. */
	async runAll(): Promise<INodeExecutionData[] | EngineRequest> {
		const leave = stopOnCancel(this.context, this.stop);
		try {
			const prepared = await this.prepareAll();
			this.throwIfFailed();
			this.recallFailures(prepared);
			await this.guard(prepared);
			this.throwIfFailed();
			const request = await this.trySleep(prepared);
			if (request !== undefined) return request;
			await this.inLanes(prepared, async (item, itemIndex) => {
				const row = { ...(await item.run(this.execution)), pairedItem: { item: itemIndex } };
				this.results[itemIndex] = { kind: 'row', row };
			});
			this.throwIfFailed();
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
			this.namePaidTask(itemIndex);
		}
		return prepared;
	}

	/** A retry, or the call after a sleep, can find a field or file unusable that was fine before. */
	private namePaidTask(itemIndex: number): void {
		const result = this.results[itemIndex];
		const taskId = this.run === 'agentCall' ? undefined : this.paidTasks.taskOf(itemIndex);
		if (result?.kind !== 'failed' || taskId === undefined) return;
		const { details } = result;
		const description = `${details.description} ${wayOn(taskId) ?? ''}`;
		this.results[itemIndex] = { ...result, details: { ...details, taskId, description } };
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

	/** Items that failed before a sleep have failed: they are not submitted now. */
	private recallFailures(prepared: Array<PreparedItem | undefined>): void {
		for (const [key, details] of Object.entries(this.note?.failures ?? {})) {
			prepared[Number(key)] = undefined;
			this.results[Number(key)] = { kind: 'failed', details, error: undefined };
		}
	}

	/** Starts all items and asks n8n for a sleep, if one is wanted, possible and long enough. */
	private async trySleep(
		prepared: ReadonlyArray<PreparedItem | undefined>,
	): Promise<EngineRequest | undefined> {
		const { run, context } = this;
		const mayWant = run === 'agentCall' || !hasSlept(context, run);
		if (!mayWant || !isSleepWanted(context)) return undefined;
		const refusal = whyNoSleep(context, this.response);
		if (refusal !== undefined || run === 'agentCall') {
			this.advise(
				0,
				`The node waited in memory instead of sleeping, because ${refusal ?? 'n8n cannot do that here'}.`,
			);
			return undefined;
		}
		const started: Array<UnfinishedTask | undefined> = prepared.map(() => undefined);
		await this.inLanes(prepared, async (item, itemIndex) => {
			started[itemIndex] = await item.start(this.execution);
		});
		this.throwIfFailed();
		const tasks = started.flatMap((task, itemIndex) => (task ? [{ ...task, itemIndex }] : []));
		const sleepMs = sleepFor(tasks, this.execution.clock.nowMs());
		if (sleepMs === undefined) return undefined;
		const failures = this.results.flatMap((result, itemIndex) =>
			result?.kind === 'failed' ? [[itemIndex, result.details]] : [],
		);
		const toWallMs = Date.now() - this.execution.clock.nowMs();
		return requestSleep(context, {
			run,
			wakeAtMs: Date.now() + sleepMs,
			taskIds: tasks.map(({ taskId }) => taskId),
			startedAtMs: Object.fromEntries(
				tasks.map(({ itemIndex, startedMs }) => [itemIndex, startedMs + toWallMs]),
			),
			failures: Object.fromEntries(failures),
		});
	}

	/** Works on the items in parallel, as many at a time as wanted. */
	private async inLanes(
		prepared: ReadonlyArray<PreparedItem | undefined>,
		work: (item: PreparedItem, itemIndex: number) => Promise<void>,
	): Promise<void> {
		const remaining = prepared.entries();
		const lane = async () => {
			for (const [itemIndex, item] of remaining) {
				if (this.stop.reason !== undefined) return;
				if (item === undefined || this.results[itemIndex] !== undefined) continue;
				await this.settle(itemIndex, async () => await work(item, itemIndex));
				const hasFailed = this.results.at(itemIndex)?.kind === 'failed';
				if (hasFailed && !this.context.continueOnFail()) this.stop.now('itemFailed');
			}
		};
		await Promise.all(Array.from({ length: maxConcurrentOf(this.context) }, lane));
		if (this.stop.reason === 'cancelled') throw this.stoppedError();
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
			isAwake: this.note !== undefined,
			startedBeforeSleepMs: (itemIndex) => {
				const atMs = this.note?.startedAtMs[itemIndex];
				return atMs === undefined ? undefined : clock.nowMs() - (Date.now() - atMs);
			},
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

/** What a video takes where the API gives no estimate. */
const USUAL_GENERATION_MS = 90_000;

/**
 * Returns how long to sleep: until the earliest moment at which a task can sensibly be finished.
 * Undefined where there is nothing to wait for, or a task's time would be over before.
 */
function sleepFor(tasks: readonly UnfinishedTask[], nowMs: number): number | undefined {
	const expectedMs = tasks.map(
		({ startedMs, estimatedSeconds }) =>
			startedMs + (estimatedSeconds === undefined ? USUAL_GENERATION_MS : estimatedSeconds * 1000),
	);
	const wakeMs = Math.max(nowMs + SHORTEST_SLEEP_MS, Math.min(...expectedMs));
	const canAllWait = tasks.every(({ startedMs, timeoutMs }) => startedMs + timeoutMs > wakeMs);
	return tasks.length > 0 && canAllWait ? wakeMs - nowMs : undefined;
}

/**
 * Runs an operation on all items in parallel.
 *
 * @param response what the engine has given to this call, if it gives anything
 * @returns one row for each item, in the order of the input, paired with it; or the request to
 * sleep and to be called again
 * @throws NodeOperationError or NodeApiError of the first failed item, unless the node continues
 */
export async function runItems(
	context: IExecuteFunctions,
	operation: Operation,
	response: unknown,
): Promise<INodeExecutionData[] | EngineRequest> {
	return await new ItemRun(context, operation, response).runAll();
}
