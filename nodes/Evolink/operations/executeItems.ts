import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { createClient } from '../evolink/client';
import type { FailureDetails } from '../evolink/failure';
import { pacedLinks, reportingTransport } from '../evolink/paced';
import { openAccount } from '../n8n/account';
import type { Account } from '../n8n/account';
import { createApiTransport } from '../n8n/apiTransport';
import { createExecutionClock } from '../n8n/executionClock';
import { adviceHints } from '../n8n/hints';
import {
	failedItemRow,
	stoppedError,
	toFailureDetails,
	toNodeError,
	unclearSentence,
} from '../n8n/nodeErrors';
import { createResultLinks } from '../n8n/resultFiles';
import { isCalledByAgent } from '../n8n/toolUse';
import { createPace } from '../tasks/pace';
import { openPaidTasks } from '../tasks/paidTasks';
import { runSideBySide } from '../tasks/sideBySide';
import { createStop, Stopped } from '../tasks/stop';
import type { Stop } from '../tasks/stop';
import { createWaitingItems } from '../tasks/waitingItems';
import type { Operation, PreparedItem, Services } from './operation';
import { DEFAULT_MAX_CONCURRENT } from './waitSettings';

/**
 * One count for all executions, on purpose: they share the processor of the n8n process that they
 * run in.
 */
const waitingInThisProcess = createWaitingItems();

/** What became of one item; undefined as long as nothing did. */
type ItemResult =
	| { kind: 'row'; row: INodeExecutionData }
	| { kind: 'failed'; details: FailureDetails }
	| undefined;

/** Which run of the node in this execution this is, from 0; a loop runs it several times. */
function runOf(context: IExecuteFunctions): number | 'agentCall' {
	if (isCalledByAgent(context.getNode())) return 'agentCall';
	const runIndex: unknown = context.evaluateExpression('{{ $runIndex }}', 0);
	return typeof runIndex === 'number' ? runIndex : 0;
}

function stopOnCancel(context: IExecuteFunctions, stop: Stop): void {
	const signal = context.getExecutionCancelSignal();
	if (signal === undefined) return;
	const cancel = () => stop.now('cancelled');
	if (signal.aborted) cancel();
	else signal.addEventListener('abort', cancel, { once: true });
}

/**
 * Runs an operation on all items, side by side: first every item is checked, so that nothing is
 * paid for when a later item would end the execution anyway; then each is submitted, waited for
 * and put out.
 *
 * @returns one row for each item, in the order of the input, paired with it
 * @throws NodeOperationError or NodeApiError of the first failed item, unless the node continues
 */
export async function executeItems(
	context: IExecuteFunctions,
	operation: Operation,
): Promise<INodeExecutionData[]> {
	const count = context.getInputData().length;
	const results: ItemResult[] = Array.from({ length: count }, () => undefined);
	const stop = createStop();
	stopOnCancel(context, stop);
	const paidTasks = openPaidTasks(context.getContext('node'), runOf(context));
	const hints = adviceHints(count);

	let redact = (text: string) => text;
	const settle = async (itemIndex: number, work: () => Promise<void>) => {
		try {
			await work();
		} catch (error) {
			if (error instanceof Stopped) return;
			results[itemIndex] = { kind: 'failed', details: toFailureDetails(error, redact) };
		}
	};
	const throwIfFailed = () => {
		const failedIndex = results.findIndex((result) => result?.kind === 'failed');
		const failed = results[failedIndex];
		if (failed?.kind !== 'failed' || context.continueOnFail()) return;
		const taskIds = paidTasks
			.startedTaskIds()
			.filter(({ itemIndex }) => itemIndex !== failedIndex)
			.map(({ taskId }) => taskId);
		const unclear = paidTasks.unclearItems().filter((itemIndex) => itemIndex !== failedIndex);
		const others = { taskIds, unclearCount: unclear.length };
		throw toNodeError(context.getNode(), failed.details, failedIndex, others);
	};

	const prepared: Array<PreparedItem | undefined> = [];
	let account: Account | undefined;
	for (let itemIndex = 0; itemIndex < count && stop.reason === undefined; itemIndex++) {
		await settle(itemIndex, async () => {
			account ??= await openAccount(context);
			redact = account.redact;
			prepared[itemIndex] = await operation.prepare(context, itemIndex);
		});
	}
	throwIfFailed();

	if (account !== undefined) {
		const clock = createExecutionClock(stop);
		const { nowMs } = clock;
		const pace = createPace(clock);
		const transport = reportingTransport(createApiTransport(context, account, stop), pace, nowMs);
		const services: Services = {
			client: createClient(transport, account.hosts, nowMs),
			links: pacedLinks(createResultLinks(context, stop), pace, nowMs),
			clock,
			pace,
			waitingItems: waitingInThisProcess,
			random: Math.random,
			paidTasks,
			uploads: new Map(),
			advise: hints.add,
			logStarted(itemIndex, taskId) {
				// In the text, because n8n's default log format prints nothing of the other fields.
				context.logger.info(`Evolink started a paid task: ${taskId}`, { taskId, itemIndex });
			},
		};
		await runSideBySide(
			count,
			prepared[0]?.maxConcurrent ?? DEFAULT_MAX_CONCURRENT,
			async (itemIndex) => {
				await settle(itemIndex, async () => {
					const { json, binary } = (await prepared[itemIndex]?.run(services)) ?? {};
					if (json === undefined) return;
					const row = { json, ...(binary === undefined ? {} : { binary }) };
					results[itemIndex] = { kind: 'row', row: { ...row, pairedItem: { item: itemIndex } } };
				});
				if (results[itemIndex]?.kind === 'failed' && !context.continueOnFail()) {
					stop.now('itemFailed');
				}
			},
			() => stop.reason === undefined,
		);
		throwIfFailed();
	}
	if (stop.reason === 'cancelled') {
		const taskIds = paidTasks.startedTaskIds().map(({ taskId }) => taskId);
		const unclearCount = paidTasks.unclearItems().length;
		if (unclearCount > 0) {
			// n8n keeps no output of a stopped execution, so this is all that is left of it.
			context.logger.warn(
				`Evolink: the execution was stopped. ${unclearSentence('this', unclearCount)}`,
			);
		}
		throw stoppedError(context.getNode(), taskIds, unclearCount);
	}
	if (hints.all().length > 0) context.addExecutionHints(...hints.all());
	return results.flatMap((result, itemIndex) => {
		if (result === undefined) return [];
		return [result.kind === 'row' ? result.row : failedItemRow(result.details, itemIndex)];
	});
}
