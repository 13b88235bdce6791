import { createHash, randomUUID } from 'crypto';
import type { Logger } from 'n8n-workflow';

import type { EvolinkClient } from '../evolink/client';
import { EvolinkFailure } from '../evolink/failure';
import {
	afterFailure,
	failedTaskFailure,
	isHopeless,
	ofTask,
	unknownOutcomeFailure,
} from '../evolink/failures';
import { readTask } from '../evolink/pollTask';
import type { RequestBody, SentSettings } from '../evolink/requestBody';
import type { EvolinkTask } from '../evolink/task';
import { isFailure } from '../evolink/task';
import type { Clock } from '../time/clock';
import { repeatUntil } from '../time/repeat';
import type { Identity, PaidTask, PaidTasks } from './paidTasks';
import { wouldStart } from './paidTasks';

/** No task expires sooner; until then, a 404 is a replica behind or another account's key. */
const SHORTEST_TASK_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** One item's video, checked and ready to be submitted. */
export interface Submission {
	itemIndex: number;
	identity: Identity;
	/** Whether another try would send the same links to images again, and no file. */
	hasOnlyLinks: boolean;
	/** What to do where the images could not be opened. */
	imageAdvice: string;
	/** How long it may be repeated, and how long a resumed task's first poll may take. */
	timeoutSeconds: number;
	client: EvolinkClient;
	/** Whether it may wait for later where the account takes no more tasks now. */
	mayBePostponed: boolean;
	/** Throws EvolinkFailure when no more videos may be started in this execution. */
	checkLimit(): void;
	/** Throws EvolinkFailure when the account has too few credits left. */
	checkBalance(): Promise<void>;
	/** Makes the body, and what the row says was sent; uploads the images that are files. */
	body(): Promise<{ body: RequestBody; sent: SentSettings }>;
}

/** What a submission needs of the execution. */
interface SubmissionContext {
	clock: Clock;
	logger: Logger;
	paidTasks: PaidTasks;
}

/** Thrown where the account has no place for another task, and the submission can wait for later. */
export class Postponed extends Error {}

/** How long a submission that can wait for later is repeated all the same. */
const PATIENCE_BEFORE_SLEEP_MS = 10_000;

/** A task that exists. */
export interface TaskUnderWay {
	taskId: string;
	/** As last seen; undefined when it must be read first. */
	task?: EvolinkTask;
	/** When the wait for it began, by the execution's clock. */
	startedMs: number;
	/** When it was submitted, in milliseconds since 1970; undefined where another node did it. */
	submittedAtMs?: number;
	/** What was sent; undefined where another node did it. */
	sent?: SentSettings;
}

/**
 * Two equal calls of an agent may be under way at the same time: the second one gets the task of the
 * first. By the memory of the node and the execution, so that nothing is kept after it.
 */
const underWay = new WeakMap<object, Map<string, Promise<TaskUnderWay>>>();

/**
 * Returns the task of a submission: the one that an earlier try of the same run has started, or a new
 * one. Nothing is submitted while it is unclear whether an earlier try has paid, nor when the task
 * of an earlier try failed for a reason that another one does not change.
 *
 * @param memory n8n's own object for the node and the execution
 * @throws EvolinkFailure when no task was started, or the outcome is unknown; Postponed where the
 * submission may wait for later and has to
 * @throws Stopped when the execution is stopped
 */
export async function submitOnce(
	submission: Submission,
	execution: SubmissionContext,
	memory: object,
): Promise<TaskUnderWay> {
	const calls = underWay.get(memory) ?? new Map<string, Promise<TaskUnderWay>>();
	underWay.set(memory, calls);
	const { itemIndex, identity } = submission;
	const key = JSON.stringify([itemIndex, identity]);
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

async function resumeOrSubmit(
	submission: Submission,
	execution: SubmissionContext,
): Promise<TaskUnderWay> {
	const { itemIndex, identity } = submission;
	const known = execution.paidTasks.find(itemIndex, identity);
	switch (known?.state) {
		case 'started': {
			const resumed = await resume(submission, known, execution);
			// It did not look as if it would start one, so nobody has asked for the balance yet.
			return resumed ?? (await submit(submission, execution, submission.checkBalance));
		}
		case 'lost':
		case 'hopeless':
			throw new EvolinkFailure(known.failure);
		case 'submitting': {
			const failure = unknownOutcomeFailure('the execution ended before the response came');
			const lost = { state: 'lost' as const, failure: failure.details };
			execution.paidTasks.remember(itemIndex, identity, lost);
			throw failure;
		}
		default:
			return await submit(submission, execution);
	}
}

/** Returns the task of an earlier try; undefined when it may be submitted again. */
async function resume(
	submission: Submission,
	{ taskId, sent, startedAtMs }: Extract<PaidTask, { state: 'started' }>,
	execution: SubmissionContext,
): Promise<TaskUnderWay | undefined> {
	const startedMs = execution.clock.nowMs();
	const wait = { startedMs, timeoutSeconds: submission.timeoutSeconds };
	try {
		const task = await readTask(submission.client, taskId, wait, execution.clock);
		if (!isFailure(task)) return { taskId, task, sent, startedMs, submittedAtMs: startedAtMs };
		const failure = rememberFailedTask(submission, task, execution);
		if (isHopeless(task, submission.hasOnlyLinks)) throw failure;
		return undefined;
	} catch (error) {
		const isUnknown =
			error instanceof EvolinkFailure &&
			error.details.isByApi === true &&
			error.details.httpCode === '404';
		const isOld = Date.now() - startedAtMs >= SHORTEST_TASK_LIFETIME_MS;
		if (!isUnknown || !isOld) throw ofTask(error, taskId);
		const { itemIndex, identity } = submission;
		execution.paidTasks.remember(itemIndex, identity, { state: 'failed', failure: error.details });
		return undefined;
	}
}

/** Notes that a task has failed: a retry submits the item again, unless that cannot help. */
export function rememberFailedTask(
	{
		itemIndex,
		identity,
		hasOnlyLinks,
		imageAdvice,
	}: Pick<Submission, 'itemIndex' | 'identity' | 'hasOnlyLinks' | 'imageAdvice'>,
	task: EvolinkTask,
	{ paidTasks }: Pick<SubmissionContext, 'paidTasks'>,
): EvolinkFailure {
	const failure = failedTaskFailure(task, imageAdvice);
	const state = isHopeless(task, hasOnlyLinks) ? 'hopeless' : 'failed';
	paidTasks.remember(itemIndex, identity, { state, failure: failure.details });
	return failure;
}

/** Counts the video before it is submitted, and no longer once it is certain that none was started. */
async function submit(
	submission: Submission,
	execution: SubmissionContext,
	checkFirst?: () => Promise<void>,
): Promise<TaskUnderWay> {
	const { itemIndex, identity } = submission;
	const { paidTasks } = execution;
	const known = paidTasks.find(itemIndex, identity);
	try {
		await checkFirst?.();
		submission.checkLimit();
	} catch (error) {
		throw known?.state === 'failed' ? afterFailure(error, known.failure) : error;
	}
	paidTasks.countVideo(1);
	try {
		return await submitCounted(submission, execution);
	} finally {
		if (wouldStart(paidTasks.find(itemIndex, identity))) paidTasks.countVideo(-1);
	}
}

/** Each step is remembered before the next begins, so that no later try can pay for the item again. */
async function submitCounted(
	submission: Submission,
	execution: SubmissionContext,
): Promise<TaskUnderWay> {
	const { itemIndex, identity, client } = submission;
	const { logger, clock, paidTasks } = execution;
	const { body, sent: asSent } = await submission.body();
	const bodyHash = createHash('sha256').update(JSON.stringify(body)).digest('hex');
	const remember = (task: PaidTask) => paidTasks.remember(itemIndex, identity, task);
	const known = paidTasks.find(itemIndex, identity);
	const isSameBody = known?.state === 'prepared' && known.bodyHash === bodyHash;
	const idempotencyKey = isSameBody ? known.idempotencyKey : randomUUID();
	const prepared: PaidTask = { state: 'prepared', idempotencyKey, bodyHash };
	const deadlineMs = clock.nowMs() + allowedMs(submission);
	const attempt = async () => {
		await client.throttle.waitForTurn(deadlineMs);
		const onSend = () => remember({ state: 'submitting' });
		const outcome = await client
			.submitVideo(body, idempotencyKey, onSend)
			.catch((error: unknown) => {
				if (error instanceof EvolinkFailure) remember(afterRefusal(error, prepared));
				throw error;
			});
		if (!('done' in outcome)) remember(prepared);
		return outcome;
	};
	const end = await repeatUntil(attempt, { deadlineMs }, clock);
	if (!('done' in end)) {
		const isFull = end.trouble?.details.httpCode === '429';
		throw isFull && submission.mayBePostponed ? new Postponed() : end.trouble;
	}
	const task = end.done;
	const { creditsReserved } = task;
	const sent = { ...asSent, ...(creditsReserved === undefined ? {} : { creditsReserved }) };
	const submittedAtMs = Date.now();
	remember({ state: 'started', taskId: task.id, sent, startedAtMs: submittedAtMs });
	// In the text, because n8n's default log format prints nothing of the other fields. It is the only
	// trace after a crash.
	logger.info(`Evolink started a paid task: ${task.id}`, { taskId: task.id, itemIndex });
	return { taskId: task.id, task, sent, startedMs: clock.nowMs(), submittedAtMs };
}

function allowedMs({ timeoutSeconds, mayBePostponed }: Submission): number {
	return Math.min(timeoutSeconds * 1000, mayBePostponed ? PATIENCE_BEFORE_SLEEP_MS : Infinity);
}

/** A refusal of the API (4xx) is for good: what is sent after it goes out under another key. */
function afterRefusal({ details }: EvolinkFailure, prepared: PaidTask): PaidTask {
	if (details.mayBePaid === true) return { state: 'lost', failure: details };
	const isFinal = details.isByApi === true && Number(details.httpCode) < 500;
	return isFinal ? { state: 'failed', failure: details } : prepared;
}
