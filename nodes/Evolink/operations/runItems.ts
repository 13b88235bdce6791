import type {
	EngineRequest,
	IBinaryData,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
} from 'n8n-workflow';

import { EvolinkClient } from '../evolink/client';
import type { Balance, UploadedFile } from '../evolink/client';
import type { FailureDetails } from '../evolink/failure';
import { afterFailure, ofTask } from '../evolink/failures';
import { isFinished } from '../evolink/task';
import { PaidTasks } from '../money/paidTasks';
import { Postponed } from '../money/submitOnce';
import type { TaskUnderWay } from '../money/submitOnce';
import { openAccount } from '../n8n/account';
import type { Account } from '../n8n/account';
import { createApiTransport } from '../n8n/http';
import { isCalledByAgent, optionsOfFirst } from '../n8n/parameters';
import type { Fields } from '../n8n/parameters';
import {
	failedItemRow,
	itemWords,
	stoppedError,
	toFailureDetails,
	toNodeError,
	unknownOutcomes,
} from '../n8n/nodeErrors';
import { createExecutionClock } from '../time/clock';
import type { Clock } from '../time/clock';
import { Throttle } from '../time/throttle';
import { Stop, Stopped } from '../time/stop';
import { hasSlept, requestSleep, sleepMs, wakeUp, whyNoSleep } from './sleep';
import type { SleepNote } from './sleep';
import { readRunSettings } from './waitOptions';
import type { RunSettings, TaskSettings } from './waitOptions';

/** An account, and the client that talks with its key. */
export interface OpenAccount extends Account {
	client: EvolinkClient;
	/** As soon as somebody has asked for it. */
	balance?: Promise<Balance>;
	/** Uploads of this execution, by the image's SHA-256; nothing where one has failed. */
	uploads: Map<string, UploadedFile | Promise<UploadedFile | undefined>>;
}

/** What the work on the items of one execution shares. */
export interface Execution {
	context: IExecuteFunctions;
	clock: Clock;
	stop: Stop;
	paidTasks: PaidTasks;
	/** Whether an AI agent called the node as its tool. */
	isAgentCall: boolean;
	/** The options of the first item. */
	firstOptions: Fields;
	/** Opens the account of an item's credential; equal credentials are one account. */
	openAccount(itemIndex: number): Promise<OpenAccount>;
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

/**
 * One item that has been checked. It either just runs, or begins a task (submits, reads or recalls it)
 * and finishes it; n8n may sleep between the two. Each throws EvolinkFailure with what to tell the
 * user, or Stopped when the execution was stopped.
 */
export type PreparedItem =
	| { starts?: 'rehearsal'; settings?: TaskSettings; run(): Promise<ItemOutput> }
	| {
			/** Whether the item would pay for a video. */
			starts?: 'video';
			/** Why an earlier try has failed, where that is why it would. */
			failedBefore?: FailureDetails;
			/** The shape of its video, where that is certain. */
			shape?: string;
			settings: TaskSettings;
			/** @param mayBePostponed whether it may throw Postponed where the account is busy */
			begin(mayBePostponed: boolean): Promise<TaskUnderWay>;
			finish(task: TaskUnderWay): Promise<ItemOutput>;
	  };

/** One operation of the node. */
export interface Operation {
	/**
	 * Checks one item's fields and files without sending anything.
	 *
	 * @throws EvolinkFailure that names the field and what to do
	 */
	prepare(execution: Execution, itemIndex: number): Promise<PreparedItem>;
	/**
	 * Checks what all items would start together, before anything is paid.
	 *
	 * @throws EvolinkFailure when none of them may
	 */
	guard?(starting: readonly StartingItem[], execution: Execution): Promise<void>;
}

/** An item that would start a video, or the rehearsal of one. */
export interface StartingItem {
	itemIndex: number;
	starts: 'video' | 'rehearsal';
	failedBefore?: FailureDetails;
}

/** What became of one item; undefined as long as nothing did. */
type ItemResult =
	{ row: INodeExecutionData } | { details: FailureDetails; error?: unknown } | undefined;

/** Returns the row behind the input's own fields and files; n8n would take a key `error` for a failure. */
function withInput(output: ItemOutput, { json, binary }: INodeExecutionData): ItemOutput {
	const others = Object.fromEntries(Object.entries(json).filter(([name]) => name !== 'error'));
	const files = { ...binary, ...output.binary };
	return {
		json: { ...others, ...output.json },
		...(Object.keys(files).length === 0 ? {} : { binary: files }),
	};
}

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

	private readonly prepared: Array<PreparedItem | undefined> = [];

	private readonly begun: Array<TaskUnderWay | undefined> = [];

	private readonly itemsByAdvice = new Map<string, number[]>();

	private readonly accounts = new Map<string, OpenAccount>();

	private readonly stop = new Stop();

	/** What was noted before the sleep, after one. */
	private readonly note: SleepNote | undefined;

	private readonly run: number | 'agentCall';

	private readonly execution: Execution;

	private settings: RunSettings | undefined;

	constructor(
		private readonly context: IExecuteFunctions,
		private readonly operation: Operation,
		private readonly response: unknown,
	) {
		this.note = wakeUp(context, this.response);
		this.run = this.note?.run ?? runOf(context);
		this.results = context.getInputData().map(() => undefined);
		this.execution = this.newExecution();
	}

	/** Checks all items first, so that nothing is paid for when a later one would end the run anyway. */
	async runAll(): Promise<INodeExecutionData[] | EngineRequest> {
		const leave = stopOnCancel(this.context, this.stop);
		try {
			await this.prepareAll();
			this.adviseOnShapes();
			this.recallFailures();
			await this.guard();
			const request = await this.trySleep();
			if (request !== undefined) return request;
			await this.inLanes(async (item, itemIndex) => {
				const output =
					'run' in item
						? await item.run()
						: await item.finish(this.begun[itemIndex] ?? (await item.begin(false)));
				const isWanted = item.settings?.includeOtherFields === true;
				const row = isWanted ? withInput(output, this.context.getInputData()[itemIndex]) : output;
				this.results[itemIndex] = { row: { ...row, pairedItem: { item: itemIndex } } };
			});
			this.showAdvice();
			return this.results.flatMap((result, itemIndex) => {
				if (result === undefined) return [];
				return 'row' in result ? result.row : failedItemRow(result.details, itemIndex);
			});
		} finally {
			leave();
			// Nothing runs on after the node has ended.
			this.stop.now('itemFailed');
		}
	}

	private async prepareAll(): Promise<void> {
		for (const itemIndex of this.results.keys()) {
			if (this.stop.reason !== undefined) break;
			await this.settle(itemIndex, async () => {
				this.settings ??= readRunSettings(this.execution.firstOptions);
				try {
					this.prepared[itemIndex] = await this.operation.prepare(this.execution, itemIndex);
				} catch (error) {
					// A retry can find a field unusable that was fine before.
					const taskId = this.execution.isAgentCall
						? undefined
						: this.execution.paidTasks.taskOf(itemIndex);
					throw taskId === undefined ? error : ofTask(error, taskId);
				}
			});
		}
		this.throwIfFailed();
	}

	private adviseOnShapes(): void {
		const shapes = new Set(
			this.prepared.flatMap((item) =>
				item !== undefined && 'begin' in item ? (item.shape ?? []) : [],
			),
		);
		if (shapes.size < 2) return;
		this.advise(
			undefined,
			`The videos get different shapes, so Video > Join cannot make one of them (width to height: ${[...shapes].join(', ')}).`,
		);
	}

	/**
	 * Takes out the items that may not start anything; the others go on. Once for a run of the node:
	 * what is left after a sleep was allowed before it.
	 */
	private async guard(): Promise<void> {
		const starting = this.prepared.flatMap((item, itemIndex): StartingItem[] => {
			if (item?.starts === undefined || this.results[itemIndex] !== undefined) return [];
			const { starts } = item;
			return [{ itemIndex, starts, failedBefore: 'begin' in item ? item.failedBefore : undefined }];
		});
		if (starting.length === 0 || this.note !== undefined || this.stop.reason !== undefined) return;
		try {
			await this.operation.guard?.(starting, this.execution);
		} catch (error) {
			for (const { itemIndex, failedBefore } of starting) {
				await this.settle(itemIndex, async () => {
					throw failedBefore === undefined ? error : afterFailure(error, failedBefore);
				});
			}
			this.throwIfFailed();
		}
	}

	/** Items that failed before a sleep have failed: they are not submitted now. */
	private recallFailures(): void {
		for (const [key, details] of Object.entries(this.note?.failures ?? {})) {
			this.results[Number(key)] = { details };
		}
		this.throwIfFailed();
	}

	/** Begins all items and asks n8n for a sleep, if one is wanted, possible and long enough. */
	private async trySleep(): Promise<EngineRequest | undefined> {
		const { run, context } = this;
		if (this.settings?.isSleepWanted !== true || (run !== 'agentCall' && hasSlept(context, run)))
			return undefined;
		const refusal = whyNoSleep(context, this.response);
		if (refusal !== undefined || run === 'agentCall') {
			const why = refusal ?? 'n8n cannot do that here';
			this.advise(undefined, `The node waited in memory instead of sleeping, because ${why}.`);
			return undefined;
		}
		let isAccountBusy = false;
		await this.inLanes(async (item, itemIndex) => {
			if (!('begin' in item) || isAccountBusy) return;
			this.begun[itemIndex] = await item.begin(true).catch((error: unknown) => {
				if (!(error instanceof Postponed)) throw error;
				// Those that are left are submitted after the sleep, or one after another without one.
				isAccountBusy = true;
				return undefined;
			});
		});
		const waiting = this.prepared.flatMap((item, itemIndex) => {
			const task = this.begun[itemIndex];
			if (item === undefined || !('begin' in item) || task === undefined) return [];
			const isOver = task.task !== undefined && isFinished(task.task);
			return isOver || !item.settings.waitForCompletion ? [] : { ...task, ...item.settings };
		});
		const ms = sleepMs(waiting, this.execution.clock.nowMs());
		if (ms === undefined) return undefined;
		const failures = this.results.flatMap((result, itemIndex) =>
			result !== undefined && 'details' in result ? [[itemIndex, result.details]] : [],
		);
		const toWallMs = Date.now() - this.execution.clock.nowMs();
		const startedAtMs = this.begun.flatMap((task, itemIndex) =>
			task === undefined ? [] : [[itemIndex, task.startedMs + toWallMs]],
		);
		return requestSleep(context, {
			run,
			wakeAtMs: Date.now() + ms,
			taskIds: waiting.map(({ taskId }) => taskId),
			startedAtMs: Object.fromEntries(startedAtMs),
			failures: Object.fromEntries(failures),
		});
	}

	/** Works on the items in parallel, as many at a time as wanted. */
	private async inLanes(
		work: (item: PreparedItem, itemIndex: number) => Promise<void>,
	): Promise<void> {
		const remaining = this.prepared.entries();
		const lane = async () => {
			for (const [itemIndex, item] of remaining) {
				if (this.stop.reason !== undefined) return;
				if (item === undefined || this.results[itemIndex] !== undefined) continue;
				await this.settle(itemIndex, async () => await work(item, itemIndex));
				const result = this.results.at(itemIndex);
				const hasFailed = result !== undefined && 'details' in result;
				if (hasFailed && !this.context.continueOnFail()) this.stop.now('itemFailed');
			}
		};
		await Promise.all(Array.from({ length: this.settings?.maxConcurrent ?? 0 }, lane));
		if (this.stop.reason === 'cancelled') throw this.stoppedError();
		this.throwIfFailed();
	}

	private newExecution(): Execution {
		const { context, run, stop, note } = this;
		const clock = createExecutionClock(stop);
		const throttle = new Throttle(clock);
		return {
			context,
			clock,
			stop,
			paidTasks: new PaidTasks(context.getContext('node'), run),
			isAgentCall: run === 'agentCall',
			firstOptions: optionsOfFirst(context),
			openAccount: async (itemIndex) => {
				const account = await openAccount(context, itemIndex);
				const key = JSON.stringify([account.hosts, account.credential]);
				const known = this.accounts.get(key);
				if (known !== undefined) return known;
				const client = new EvolinkClient(createApiTransport(context, account, stop), throttle);
				const opened = { ...account, client, uploads: new Map() };
				this.accounts.set(key, opened);
				return opened;
			},
			startedBeforeSleepMs: (itemIndex) => {
				const atMs = note?.startedAtMs[itemIndex];
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
			const redact = (text: string) =>
				[...this.accounts.values()].reduce((rest, account) => account.redact(rest), text);
			const { isAgentCall, paidTasks } = this.execution;
			const ownTaskId = paidTasks.taskOf(itemIndex);
			const isPaidOperation = this.operation.guard !== undefined;
			const facts = { redact, ownTaskId, isAgentCall, isPaidOperation };
			const details = toFailureDetails(error, facts);
			this.results[itemIndex] = { details, error };
		}
	}

	private throwIfFailed(): void {
		if (this.context.continueOnFail()) return;
		for (const [itemIndex, result] of this.results.entries()) {
			if (result === undefined || 'row' in result) continue;
			const others = this.execution.paidTasks.otherStartedTasks(itemIndex);
			throw toNodeError(this.context.getNode(), result, itemIndex, others);
		}
	}

	private stoppedError(): Error {
		const started = this.execution.paidTasks.otherStartedTasks();
		if (started.unknownCount > 0) {
			// n8n keeps no output of a stopped execution, so this is all that is left of it.
			this.context.logger.warn(
				`Evolink: the execution was stopped. ${unknownOutcomes(started, 'this')}`,
			);
		}
		return stoppedError(this.context.getNode(), started);
	}

	/** @param itemIndex undefined: it is about all of them */
	private advise(itemIndex: number | undefined, advice: string): void {
		const items = this.itemsByAdvice.get(advice) ?? [];
		this.itemsByAdvice.set(advice, items);
		if (itemIndex !== undefined) items.push(itemIndex);
	}

	private showAdvice(): void {
		for (const [advice, items] of this.itemsByAdvice) {
			const isAboutAll = items.length === 0 || this.results.length === 1;
			const message = isAboutAll ? advice : `${advice} (${itemWords(items)})`;
			this.context.addExecutionHints({ message, location: 'outputPane', type: 'info' });
		}
	}
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
