import type { SubmissionOutcome, VideoRequestBody } from '../../../nodes/Evolink/evolink/client';
import {
	answerFailure,
	lostSubmissionFailure,
	noAnswerFailure,
} from '../../../nodes/Evolink/evolink/errors';
import { findStartedTask, submitVideo } from '../../../nodes/Evolink/operations/submitVideo';
import type { Submission } from '../../../nodes/Evolink/operations/submitVideo';
import { Stopped } from '../../../nodes/Evolink/tasks/stop';
import { expectPlainWords, failureOf, failureOfAsync } from '../evolink/failure-of';
import { scriptedServices, task, TASK_ID } from './services';

const BODY: VideoRequestBody = {
	model: 'MiniMax-Hailuo-2.3-Fast',
	image_urls: ['https://example.com/cat.jpg'],
	quality: '768p',
	duration: 6,
	model_params: { prompt_optimizer: true },
};

let keyCount = 0;
const SUBMISSION: Submission = {
	itemIndex: 2,
	fingerprint: 'fingerprint',
	newIdempotencyKey: () => `key-${++keyCount}`,
	deadlineMs: 1_000_000 + 900_000,
};

const ACCEPTED: SubmissionOutcome = { kind: 'accepted', task: task() };
const UNREACHABLE: SubmissionOutcome = {
	kind: 'notAccepted',
	failure: noAnswerFailure('refused'),
	reason: 'unreachable',
};
const RATE_LIMITED: SubmissionOutcome = {
	kind: 'notAccepted',
	failure: answerFailure({ status: 429, json: undefined }, 'submission'),
	reason: 'rateLimited',
};
const REFUSED: SubmissionOutcome = {
	kind: 'refused',
	failure: answerFailure({ status: 402, json: undefined }, 'submission'),
};
const LOST: SubmissionOutcome = {
	kind: 'lost',
	failure: lostSubmissionFailure('the answer was HTTP 504', '504'),
};

describe('a submission that is accepted', () => {
	it('is remembered and logged, and a retry takes its task up', async () => {
		const { services, submitted, logged, context } = scriptedServices({ submissions: [ACCEPTED] });
		expect(findStartedTask(SUBMISSION, services)).toBeUndefined();
		expect(await submitVideo(BODY, SUBMISSION, services)).toMatchObject({ id: TASK_ID });
		expect(submitted).toHaveLength(1);
		expect(logged).toEqual([{ itemIndex: 2, taskId: TASK_ID }]);

		const retry = scriptedServices({}, JSON.parse(JSON.stringify(context)));
		expect(findStartedTask(SUBMISSION, retry.services)).toEqual({
			taskId: TASK_ID,
			imageUrl: 'https://example.com/cat.jpg',
		});
		expect(retry.services.paidTasks.startedTaskIds()).toEqual([{ itemIndex: 2, taskId: TASK_ID }]);
	});

	it('was remembered before it went out, so that a crash is known of', async () => {
		const { services, submitted } = scriptedServices({ submissions: [ACCEPTED] });
		await submitVideo(BODY, SUBMISSION, services);
		expect(submitted[0].remembered).toEqual({
			paidTasks: {
				'0/2/fingerprint': { state: 'submitting', idempotencyKey: submitted[0].idempotencyKey },
			},
		});
	});
});

describe('a submission that certainly was not accepted', () => {
	it.each([
		['unreachable', UNREACHABLE, [1_000, 2_000, 4_000]],
		['rate limited', RATE_LIMITED, [1_000, 2_000, 4_000, 8_000, 16_000]],
	])('is repeated with the same key, and then given up: %s', async (_what, outcome, pausesMs) => {
		const { services, submitted, clock } = scriptedServices({ submissions: [outcome] });
		const details = await failureOfAsync(submitVideo(BODY, SUBMISSION, services));
		expectPlainWords(details);
		expect(submitted).toHaveLength(pausesMs.length + 1);
		expect(new Set(submitted.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
		expect(clock.sleptMs.filter((ms) => ms > 0)).toEqual(pausesMs);
	});

	it('is repeated until it is accepted', async () => {
		const { services, submitted } = scriptedServices({
			submissions: [UNREACHABLE, RATE_LIMITED, UNREACHABLE, ACCEPTED],
		});
		expect(await submitVideo(BODY, SUBMISSION, services)).toMatchObject({ id: TASK_ID });
		expect(submitted).toHaveLength(4);
	});

	it('waits for as long as the server asks, but not past the deadline', async () => {
		const asked: SubmissionOutcome = { ...RATE_LIMITED, retryAfterMs: 60_000 };
		const patient = scriptedServices({ submissions: [asked, ACCEPTED] });
		await submitVideo(BODY, SUBMISSION, patient.services);
		expect(patient.clock.sleptMs).toContain(60_000);

		const hurried = scriptedServices({ submissions: [asked, ACCEPTED] });
		const submission = { ...SUBMISSION, deadlineMs: 1_000_000 + 30_000 };
		await failureOfAsync(submitVideo(BODY, submission, hurried.services));
		expect(hurried.submitted).toHaveLength(1);
	});

	it('waits in line for as long as it takes, but is not repeated without a turn in time', async () => {
		const { services, submitted, context, turns } = scriptedServices({
			submissions: [UNREACHABLE, ACCEPTED],
			turnsInTime: 1,
		});
		const details = await failureOfAsync(submitVideo(BODY, SUBMISSION, services));
		expect(details).toEqual(UNREACHABLE.failure.details);
		expect(turns).toEqual([
			{ urgency: 'work', budgetMs: Infinity },
			{ urgency: 'work', budgetMs: 899_000 },
		]);
		expect(submitted).toHaveLength(1);
		expect(Object.values(Object(context.paidTasks))).toMatchObject([{ state: 'prepared' }]);
	});

	it('is not repeated at the very moment of the deadline', async () => {
		const { services, submitted } = scriptedServices({ submissions: [UNREACHABLE, ACCEPTED] });
		const submission = { ...SUBMISSION, deadlineMs: 1_000_000 + 1_000 };
		await failureOfAsync(submitVideo(BODY, submission, services));
		expect(submitted).toHaveLength(1);
	});

	it('may be submitted by a retry, with the same key', async () => {
		const first = scriptedServices({ submissions: [UNREACHABLE] });
		await failureOfAsync(submitVideo(BODY, SUBMISSION, first.services));
		const retry = scriptedServices({ submissions: [ACCEPTED] }, first.context);
		expect(findStartedTask(SUBMISSION, retry.services)).toBeUndefined();
		await submitVideo(BODY, SUBMISSION, retry.services);
		expect(retry.submitted[0].idempotencyKey).toBe(first.submitted[0].idempotencyKey);
	});
});

describe('a submission that is refused', () => {
	it('is not repeated by the node, and a retry sends the same key', async () => {
		const first = scriptedServices({ submissions: [REFUSED] });
		const details = await failureOfAsync(submitVideo(BODY, SUBMISSION, first.services));
		expect(details.httpCode).toBe('402');
		expect(first.submitted).toHaveLength(1);

		const retry = scriptedServices({ submissions: [ACCEPTED] }, first.context);
		expect(findStartedTask(SUBMISSION, retry.services)).toBeUndefined();
		await submitVideo(BODY, SUBMISSION, retry.services);
		expect(retry.submitted[0].idempotencyKey).toBe(first.submitted[0].idempotencyKey);
	});
});

describe('a submission whose answer was lost', () => {
	it('is not sent again by a retry, which fails with the same message', async () => {
		const first = scriptedServices({ submissions: [LOST] });
		const details = await failureOfAsync(submitVideo(BODY, SUBMISSION, first.services));
		expect(first.submitted).toHaveLength(1);
		let context = first.context;
		for (let retry = 0; retry < 3; retry++) {
			context = JSON.parse(JSON.stringify(context));
			const { services } = scriptedServices({}, context);
			expect(failureOf(() => findStartedTask(SUBMISSION, services))).toEqual(details);
		}
	});

	it('without a status is told in the same words by a retry, too', async () => {
		const failure = lostSubmissionFailure('no answer came in time');
		const first = scriptedServices({ submissions: [{ kind: 'lost', failure }] });
		const details = await failureOfAsync(submitVideo(BODY, SUBMISSION, first.services));
		const { services } = scriptedServices({}, first.context);
		expect(failureOf(() => findStartedTask(SUBMISSION, services))).toEqual(details);
		expect(details).not.toHaveProperty('httpCode');
	});

	it('because the execution ended meanwhile is told so, each time in the same words', async () => {
		const first = scriptedServices({ submissions: [ACCEPTED] });
		await submitVideo(BODY, SUBMISSION, first.services);
		const crashed = JSON.parse(JSON.stringify(first.submitted[0].remembered));
		const { services } = scriptedServices({}, crashed);
		const details = failureOf(() => findStartedTask(SUBMISSION, services));
		expectPlainWords(details);
		expect(details.description).toContain('the execution ended before the answer came');
		expect(failureOf(() => findStartedTask(SUBMISSION, services))).toEqual(details);
	});

	it('does not keep other items from being submitted', async () => {
		const first = scriptedServices({ submissions: [LOST] });
		await failureOfAsync(submitVideo(BODY, SUBMISSION, first.services));
		for (const other of [{ itemIndex: 3 }, { fingerprint: 'another' }]) {
			expect(findStartedTask({ ...SUBMISSION, ...other }, first.services)).toBeUndefined();
		}
	});
});

describe('a stop before a submission', () => {
	it('lets nothing go out and leaves nothing behind', async () => {
		const { services, submitted, context } = scriptedServices({
			submissions: [ACCEPTED],
			onSleep() {
				throw new Stopped('cancelled');
			},
		});
		await expect(submitVideo(BODY, SUBMISSION, services)).rejects.toBeInstanceOf(Stopped);
		expect(submitted).toEqual([]);
		expect(JSON.stringify(context)).not.toContain('submitting');
		expect(findStartedTask(SUBMISSION, services)).toBeUndefined();
	});

	it('during the pause after a rate limit leaves the item free for a retry', async () => {
		let sleeps = 0;
		const { services, submitted } = scriptedServices({
			submissions: [RATE_LIMITED],
			onSleep() {
				if (++sleeps === 2) throw new Stopped('itemFailed');
			},
		});
		await expect(submitVideo(BODY, SUBMISSION, services)).rejects.toBeInstanceOf(Stopped);
		expect(submitted).toHaveLength(1);
		expect(findStartedTask(SUBMISSION, services)).toBeUndefined();
	});
});
