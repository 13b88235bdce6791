import type { EvolinkClient, SubmissionOutcome, VideoRequestBody } from '../evolink/client';
import { lostSubmissionFailure } from '../evolink/errors';
import { EvolinkFailure } from '../evolink/failure';
import type { EvolinkTask } from '../evolink/task';
import { backoffMs } from '../tasks/backoff';
import type { Services } from './operation';

/**
 * How often a submission is repeated that certainly was not accepted. An address that does not
 * answer is mostly a typing mistake, which the user should hear of soon; a rate limit passes, and
 * five growing pauses make up the minute that the API hints at.
 */
const MOST_REPEATS = { unreachable: 3, rateLimited: 5 };

/** One item's place in the memory of paid tasks, and its limits. */
export interface Submission {
	itemIndex: number;
	fingerprint: string;
	/** Makes a key that was never used before. */
	newIdempotencyKey(): string;
	/** No repetition begins after this, in milliseconds since 1970. */
	deadlineMs: number;
}

/**
 * Returns the task that an earlier try of the same run has started for this item, and the address
 * of its picture; undefined when the item may be submitted.
 *
 * @throws EvolinkFailure when the answer of an earlier try was lost, in the words of that time
 */
export function findStartedTask(
	submission: Submission,
	services: Services,
): { taskId: string; imageUrl: string } | undefined {
	const { itemIndex, fingerprint } = submission;
	const record = services.paidTasks.find(itemIndex, fingerprint);
	switch (record?.state) {
		case 'started':
			return { taskId: record.taskId, imageUrl: record.imageUrl };
		case 'lost':
			throw new EvolinkFailure({
				kind: 'api',
				message: record.message,
				description: record.description,
				...(record.httpCode === undefined ? {} : { httpCode: record.httpCode }),
			});
		case 'submitting': {
			const failure = lostSubmissionFailure('the execution ended before the answer came');
			rememberLoss(submission, record.idempotencyKey, failure, services);
			throw failure;
		}
		default:
			return undefined;
	}
}

/**
 * Submits one item, once. Each step is remembered before the next begins, so that no later try
 * of the same run can pay for the item again.
 *
 * @throws EvolinkFailure when no task was started, or nobody knows
 * @throws Stopped when the execution is stopped
 */
export async function submitVideo(
	body: VideoRequestBody,
	submission: Submission,
	services: Services,
): Promise<EvolinkTask> {
	const { itemIndex, fingerprint } = submission;
	const { paidTasks, clock, pace } = services;
	const idempotencyKey =
		paidTasks.find(itemIndex, fingerprint)?.idempotencyKey ?? submission.newIdempotencyKey();
	const repeats = { unreachable: 0, rateLimited: 0 };
	// The turn comes before the note: a stop must not leave the item behind as if a request had gone
	// out. Having to wait for the other items' requests ends no item.
	await pace.turn('work', Number.POSITIVE_INFINITY);
	for (;;) {
		const outcome = await attempt(services.client);
		switch (outcome.kind) {
			case 'accepted':
				paidTasks.remember(itemIndex, fingerprint, {
					state: 'started',
					idempotencyKey,
					taskId: outcome.task.id,
					imageUrl: body.image_urls[0],
				});
				services.logStarted(itemIndex, outcome.task.id);
				return outcome.task;
			case 'lost':
				rememberLoss(submission, idempotencyKey, outcome.failure, services);
				throw outcome.failure;
			case 'refused':
				paidTasks.remember(itemIndex, fingerprint, { state: 'prepared', idempotencyKey });
				throw outcome.failure;
			case 'notAccepted': {
				paidTasks.remember(itemIndex, fingerprint, { state: 'prepared', idempotencyKey });
				const { reason } = outcome;
				repeats[reason]++;
				const pauseMs = backoffMs(repeats[reason], outcome.retryAfterMs, services.random());
				const isTooLate = clock.nowMs() + pauseMs >= submission.deadlineMs;
				if (isTooLate || repeats[reason] > MOST_REPEATS[reason]) throw outcome.failure;
				await clock.sleep(pauseMs);
				const budgetMs = submission.deadlineMs - clock.nowMs();
				if (!(await pace.turn('work', budgetMs))) throw outcome.failure;
			}
		}
	}

	async function attempt(client: EvolinkClient): Promise<SubmissionOutcome> {
		paidTasks.remember(itemIndex, fingerprint, { state: 'submitting', idempotencyKey });
		return await client.submitVideo(body, idempotencyKey);
	}
}

function rememberLoss(
	{ itemIndex, fingerprint }: Submission,
	idempotencyKey: string,
	{ details }: EvolinkFailure,
	{ paidTasks }: Services,
): void {
	paidTasks.remember(itemIndex, fingerprint, {
		state: 'lost',
		idempotencyKey,
		message: details.message,
		description: details.description,
		...(details.httpCode === undefined ? {} : { httpCode: details.httpCode }),
	});
}
