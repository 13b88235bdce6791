import { randomUUID } from 'crypto';
import type { IExecuteFunctions } from 'n8n-workflow';

import type { EvolinkClient, SubmissionOutcome, VideoRequestBody } from '../evolink/client';
import {
	failedTaskFailure,
	isHopeless,
	lostSubmissionFailure,
	timeoutFailure,
} from '../evolink/failures';
import { EvolinkFailure } from '../evolink/failure';
import type { EvolinkTask } from '../evolink/task';
import { isFailure } from '../evolink/task';
import type { Clock } from '../time/clock';
import { tryUntil } from '../time/retry';
import type { Attempt } from '../time/retry';
import { waitForTask } from '../time/waitForTask';
import type { PaidTaskRecord, PaidTasks, SentSettings } from './paidTasks';

/**
 * How often a submission is repeated that certainly was not accepted. An address that does not
 * answer is mostly a typing mistake, which the user should hear of soon; a rate limit passes, and
 * five growing pauses make up the minute that the API hints at.
 */
const MOST_REPEATS = { unreachable: 3, rateLimited: 5 };

/** What a submission needs of the execution. */
interface Execution {
	context: IExecuteFunctions;
	client: EvolinkClient;
	clock: Clock;
	paidTasks: PaidTasks;
}

/** One item's video, checked and ready to be submitted. */
export interface VideoOrder {
	itemIndex: number;
	/** Makes this order the same as that of another try: its key in the memory of paid tasks. */
	orderId: string;
	/** How long the submission may be repeated, and how long a resumed task's first poll may take. */
	timeoutSeconds: number;
	/** Makes the body; uploads the image if it is a file. */
	body(): Promise<VideoRequestBody>;
}

/** A task that exists. */
export interface StartedTask {
	/** As last seen. */
	task: EvolinkTask;
	sent: SentSettings;
	/** When it was submitted or resumed, by the execution's clock. */
	startedMs: number;
}

/**
 * Two equal calls of an agent may be under way at the same time: the second one gets the task of the
 * first. By n8n's own object for the node and the execution, so that nothing is kept after it.
 */
const underWay = new WeakMap<object, Map<string, Promise<StartedTask>>>();

/**
 * Returns the task of an order: the one that an earlier try of the same run has started, or a new
 * one. Nothing is submitted while it is unclear whether an earlier try has paid, nor when the task
 * of an earlier try failed for a reason that another one does not change.
 *
 * @throws EvolinkFailure when no task was started, or nobody knows
 * @throws Stopped when the execution is stopped
 */
export async function submitOnce(order: VideoOrder, execution: Execution): Promise<StartedTask> {
	const memory = execution.context.getContext('node');
	const calls = underWay.get(memory) ?? new Map<string, Promise<StartedTask>>();
	underWay.set(memory, calls);
	const key = `${order.itemIndex}/${order.orderId}`;
	const first = calls.get(key);
	if (first !== undefined) return await first;
	const call = resumeOrSubmit(order, execution);
	calls.set(key, call);
	try {
		return await call;
	} finally {
		calls.delete(key);
	}
}

async function resumeOrSubmit(order: VideoOrder, execution: Execution): Promise<StartedTask> {
	const record = execution.paidTasks.find(order.itemIndex, order.orderId);
	switch (record?.state) {
		case 'started':
			return (await resume(order, record, execution)) ?? (await submit(order, execution));
		case 'lost':
		case 'hopeless':
			throw new EvolinkFailure({ ...record.failure, kind: 'api' });
		case 'submitting': {
			const failure = lostSubmissionFailure('the execution ended before the answer came');
			rememberFailure(order, 'lost', failure, execution);
			throw failure;
		}
		default:
			return await submit(order, execution);
	}
}

/** Returns the task of an earlier try; undefined when it may be submitted again. */
async function resume(
	order: VideoOrder,
	{ taskId, sent }: Extract<PaidTaskRecord, { state: 'started' }>,
	execution: Execution,
): Promise<StartedTask | undefined> {
	const { client, clock, paidTasks } = execution;
	const startedMs = clock.nowMs();
	const seen = await waitForTask(
		async (timeoutMs) => await client.readTask(taskId, timeoutMs),
		// One answer is enough to know whether the task can be resumed.
		() => true,
		undefined,
		{ startedMs, timeoutMs: order.timeoutSeconds * 1000, quietMs: () => client.throttle.quietMs() },
		clock,
	);
	if (seen.kind === 'timedOut') {
		throw timeoutFailure(taskId, order.timeoutSeconds, seen.task, seen.trouble);
	}
	if (seen.kind === 'refused') {
		if (!seen.expired) throw seen.failure;
		paidTasks.forget(order.itemIndex, order.orderId);
		return undefined;
	}
	const { task } = seen;
	if (!isFailure(task)) return { task, sent, startedMs };
	noteFailedTask(order, task, execution);
	if (isHopeless(task)) throw failedTaskFailure(task);
	return undefined;
}

/** Notes that an order's task has failed: a retry submits it again, unless that cannot help. */
export function noteFailedTask(
	order: Pick<VideoOrder, 'itemIndex' | 'orderId'>,
	task: EvolinkTask,
	execution: Execution,
): void {
	if (isHopeless(task)) rememberFailure(order, 'hopeless', failedTaskFailure(task), execution);
	else execution.paidTasks.forget(order.itemIndex, order.orderId);
}

function rememberFailure(
	{ itemIndex, orderId }: Pick<VideoOrder, 'itemIndex' | 'orderId'>,
	state: 'lost' | 'hopeless',
	{ details }: EvolinkFailure,
	{ paidTasks }: Execution,
): void {
	const idempotencyKey = paidTasks.find(itemIndex, orderId)?.idempotencyKey ?? '';
	paidTasks.remember(itemIndex, orderId, { state, idempotencyKey, failure: details });
}

type NotAccepted = Extract<SubmissionOutcome, { kind: 'notAccepted' }>;

/**
 * Submits an order. Each step is remembered before the next begins, so that no later try of the same
 * run can pay for the item again.
 */
async function submit(order: VideoOrder, execution: Execution): Promise<StartedTask> {
	const { itemIndex, orderId, timeoutSeconds } = order;
	const { paidTasks, clock, client, context } = execution;
	const body = await order.body();
	const idempotencyKey = paidTasks.find(itemIndex, orderId)?.idempotencyKey ?? randomUUID();
	const repeats = { unreachable: 0, rateLimited: 0 };
	const outcome = await tryUntil(
		async (): Promise<Attempt<EvolinkTask, NotAccepted>> => {
			// Before the note: a stop must not leave the item behind as if a request had gone out.
			await client.throttle.submission();
			paidTasks.remember(itemIndex, orderId, { state: 'submitting', idempotencyKey });
			const answer = await client.submitVideo(body, idempotencyKey);
			if (answer.kind === 'accepted') return { done: answer.task };
			if (answer.kind === 'lost') rememberFailure(order, 'lost', answer.failure, execution);
			else paidTasks.remember(itemIndex, orderId, { state: 'prepared', idempotencyKey });
			const mayRepeat =
				answer.kind === 'notAccepted' && ++repeats[answer.reason] <= MOST_REPEATS[answer.reason];
			if (mayRepeat) return { trouble: answer };
			throw answer.failure;
		},
		clock.nowMs() + timeoutSeconds * 1000,
		clock,
	);
	if ('trouble' in outcome) throw outcome.trouble.failure;
	const task = outcome.done;
	const { prompt = '', image_urls, quality, duration } = body;
	const sent = { prompt, imageUrl: image_urls[0], quality, duration };
	const record = { state: 'started' as const, idempotencyKey, taskId: task.id, sent };
	paidTasks.remember(itemIndex, orderId, record);
	// In the text, because n8n's default log format prints nothing of the other fields. It is the only
	// trace after a crash.
	context.logger.info(`Evolink started a paid task: ${task.id}`, { taskId: task.id, itemIndex });
	return { task, sent, startedMs: clock.nowMs() };
}
