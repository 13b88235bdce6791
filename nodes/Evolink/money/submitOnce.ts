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
export interface Submission {
	itemIndex: number;
	/** The same at another try of n8n's; its key in the memory of paid tasks. */
	submissionKey: string;
	/** Throws EvolinkFailure when no more videos may be started in this execution. */
	checkLimit(): void;
	/** How long it may be repeated, and how long a resumed task's first poll may take. */
	timeoutSeconds: number;
	/** Makes the body; uploads the image if it is a file. */
	body(): Promise<VideoRequestBody>;
}

/** A task that exists. */
export interface StartedTask {
	taskId: string;
	/** As last seen; undefined when it must be read first. */
	task: EvolinkTask | undefined;
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
 * Returns the task of a submission: the one that an earlier try of the same run has started, or a new
 * one. Nothing is submitted while it is unclear whether an earlier try has paid, nor when the task
 * of an earlier try failed for a reason that another one does not change.
 *
 * @throws EvolinkFailure when no task was started, or nobody knows
 * @throws Stopped when the execution is stopped
 */
export async function submitOnce(
	submission: Submission,
	execution: Execution,
): Promise<StartedTask> {
	const memory = execution.context.getContext('node');
	const calls = underWay.get(memory) ?? new Map<string, Promise<StartedTask>>();
	underWay.set(memory, calls);
	const key = `${submission.itemIndex}/${submission.submissionKey}`;
	const first = calls.get(key);
	if (first !== undefined) return await first;
	const call = resumeOrSubmit(submission, execution);
	calls.set(key, call);
	try {
		return await call;
	} finally {
		calls.delete(key);
	}
}

async function resumeOrSubmit(submission: Submission, execution: Execution): Promise<StartedTask> {
	const record = execution.paidTasks.find(submission.itemIndex, submission.submissionKey);
	switch (record?.state) {
		case 'started':
			return (await resume(submission, record, execution)) ?? (await submit(submission, execution));
		case 'lost':
		case 'hopeless':
			throw new EvolinkFailure({ ...record.failure, kind: 'api' });
		case 'submitting': {
			const failure = lostSubmissionFailure('the execution ended before the answer came');
			rememberFailure(submission, 'lost', failure, execution);
			throw failure;
		}
		default:
			return await submit(submission, execution);
	}
}

/** Returns the task of an earlier try; undefined when it may be submitted again. */
async function resume(
	submission: Submission,
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
		{
			startedMs,
			timeoutMs: submission.timeoutSeconds * 1000,
			quietMs: () => client.throttle.quietMs(),
		},
		clock,
	);
	if (seen.kind === 'timedOut') {
		throw timeoutFailure(taskId, submission.timeoutSeconds, seen.task, seen.trouble);
	}
	if (seen.kind === 'refused') {
		if (!seen.expired) throw seen.failure;
		paidTasks.forget(submission.itemIndex, submission.submissionKey);
		return undefined;
	}
	const { task } = seen;
	if (!isFailure(task)) return { taskId, task, sent, startedMs };
	noteFailedTask(submission, task, execution);
	if (isHopeless(task)) throw failedTaskFailure(task);
	return undefined;
}

/** Notes that a task has failed: a retry submits the item again, unless that cannot help. */
export function noteFailedTask(
	submission: Pick<Submission, 'itemIndex' | 'submissionKey'>,
	task: EvolinkTask,
	execution: Execution,
): void {
	if (isHopeless(task)) rememberFailure(submission, 'hopeless', failedTaskFailure(task), execution);
	else execution.paidTasks.forget(submission.itemIndex, submission.submissionKey);
}

function rememberFailure(
	{ itemIndex, submissionKey }: Pick<Submission, 'itemIndex' | 'submissionKey'>,
	state: 'lost' | 'hopeless',
	{ details }: EvolinkFailure,
	{ paidTasks }: Execution,
): void {
	const idempotencyKey = paidTasks.find(itemIndex, submissionKey)?.idempotencyKey ?? '';
	paidTasks.remember(itemIndex, submissionKey, { state, idempotencyKey, failure: details });
}

type NotAccepted = Extract<SubmissionOutcome, { kind: 'notAccepted' }>;

/** Counts the video before it is submitted, and no longer once it is certain that none was started. */
async function submit(submission: Submission, execution: Execution): Promise<StartedTask> {
	const { paidTasks } = execution;
	submission.checkLimit();
	paidTasks.countVideo(1);
	try {
		return await submitCounted(submission, execution);
	} finally {
		const isCertain = paidTasks.wouldStart(submission.itemIndex, submission.submissionKey);
		if (isCertain) paidTasks.countVideo(-1);
	}
}

/** Each step is remembered before the next begins, so that no later try can pay for the item again. */
async function submitCounted(submission: Submission, execution: Execution): Promise<StartedTask> {
	const { itemIndex, submissionKey, timeoutSeconds } = submission;
	const { paidTasks, clock, client, context } = execution;
	const body = await submission.body();
	const idempotencyKey = paidTasks.find(itemIndex, submissionKey)?.idempotencyKey ?? randomUUID();
	const repeats = { unreachable: 0, rateLimited: 0 };
	const outcome = await tryUntil(
		async (): Promise<Attempt<EvolinkTask, NotAccepted>> => {
			// Before the note: a stop must not leave the item behind as if a request had gone out.
			await client.throttle.submission();
			paidTasks.remember(itemIndex, submissionKey, { state: 'submitting', idempotencyKey });
			const answer = await client.submitVideo(body, idempotencyKey);
			if (answer.kind === 'accepted') return { done: answer.task };
			if (answer.kind === 'lost') rememberFailure(submission, 'lost', answer.failure, execution);
			else paidTasks.remember(itemIndex, submissionKey, { state: 'prepared', idempotencyKey });
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
	const { prompt = '', image_urls: [imageUrl = null, lastImageUrl = null] = [] } = body;
	const { quality, duration } = body;
	const sent = { prompt, imageUrl, lastImageUrl, quality, duration };
	const record = { state: 'started' as const, idempotencyKey, taskId: task.id, sent };
	paidTasks.remember(itemIndex, submissionKey, record);
	// In the text, because n8n's default log format prints nothing of the other fields. It is the only
	// trace after a crash.
	context.logger.info(`Evolink started a paid task: ${task.id}`, { taskId: task.id, itemIndex });
	return { taskId: task.id, task, sent, startedMs: clock.nowMs() };
}
