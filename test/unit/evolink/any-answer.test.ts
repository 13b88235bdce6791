import fc from 'fast-check';

import { isApiError } from '../../../nodes/Evolink/evolink/apiError';
import { EvolinkClient } from '../../../nodes/Evolink/evolink/client';
import type { HttpOutcome } from '../../../nodes/Evolink/evolink/client';
import { Throttle } from '../../../nodes/Evolink/time/retry';
import { createVirtualClock } from '../time/virtual-clock';
import { failedTaskFailure, timeoutFailure } from '../../../nodes/Evolink/evolink/failures';
import { EvolinkFailure } from '../../../nodes/Evolink/evolink/failure';
import { isTaskId, parseJson } from '../../../nodes/Evolink/evolink/task';
import type { EvolinkTask } from '../../../nodes/Evolink/evolink/task';
import { rawTask, simplifiedTask } from '../../../nodes/Evolink/operations/finishTask';
import { anyAnswer } from '../../engine/generated-answers';
import type { GeneratedAnswer } from '../../engine/generated-answers';
import { IS_FULL } from '../../random';

const TASK_ID = 'task-unified-1757169743-7cvnl5zw';
const NUMBER_OF_ANSWERS = IS_FULL ? 1_500 : 200;

const BODY: Parameters<EvolinkClient['submitVideo']>[0] = {
	model: 'MiniMax-Hailuo-2.3-Fast',
	image_urls: ['https://example.com/cat.jpg'],
	quality: '768p',
	duration: 6,
	model_params: { prompt_optimizer: true },
};

/** The answer as the transport hands it on. */
function outcomeOf({ status, headers, body }: GeneratedAnswer): HttpOutcome {
	return {
		kind: 'answer',
		status,
		headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
		text: body.toString('utf8'),
		json: parseJson(body.toString('utf8')),
	};
}

function clientFor(answer: GeneratedAnswer) {
	return new EvolinkClient(async () => outcomeOf(answer), new Throttle(createVirtualClock()));
}

function answersTo(hopedFor: 'task' | 'upload') {
	const links = ['https://media.example/1.mp4', 'https://media.example/2.mp4'];
	// It is taken out of answers before the client sees them.
	const [apiKey] = ['sk-any-answer-0123'];
	return anyAnswer({ apiKey, hopedFor, links });
}

/** Expects words for the person who built the workflow, whatever the API's own words are. */
function expectFailure(failure: unknown): void {
	if (!(failure instanceof EvolinkFailure)) throw new Error('That is no failure of the node');
	const { message, description, httpCode } = failure.details;
	expect(message.trim()).not.toBe('');
	expect(message.length).toBeLessThan(1_000);
	expect(description.trim()).not.toBe('');
	expect(`${message} ${description}`).not.toMatch(/\[object |TypeError|Maximum call stack/);
	if (httpCode !== undefined) expect(httpCode).toMatch(/^[2-5]\d\d$/);
}

/** Expects a task that can be asked for and put out. */
function expectTask(task: EvolinkTask): void {
	expect(isTaskId(task.id)).toBe(true);
	expect(task.status.trim()).not.toBe('');
	for (const number of [task.progress, task.createdMs, task.estimatedSeconds]) {
		if (number !== undefined) expect(Number.isFinite(number)).toBe(true);
	}
	for (const link of task.results) expect(typeof link).toBe('string');
	const simple = simplifiedTask(task);
	expect(simple).toMatchObject({ taskId: task.id, status: task.status });
	for (const time of [simple.createdAt, simple.expiresAt]) {
		if (time !== null) expect(new Date(String(time)).toISOString()).toBe(time);
	}
	// n8n stores what the node puts out.
	expect(() => JSON.stringify([simple, rawTask(task)])).not.toThrow();
	for (const row of [simple, rawTask(task)]) expect(row).not.toHaveProperty('error');
	expectFailure(failedTaskFailure(task));
	expectFailure(timeoutFailure(task.id, 900, task, undefined));
}

function expectPause(outcome: { retryAfterMs?: number }): void {
	if (outcome.retryAfterMs === undefined) return;
	expect(outcome.retryAfterMs).toBeGreaterThanOrEqual(0);
	expect(outcome.retryAfterMs).not.toBeNaN();
}

/** Counts what came of the answers, since a property that sees one kind only says little. */
function counter() {
	const counts: Record<string, number> = {};
	return {
		counts,
		count(kind: string) {
			counts[kind] = (counts[kind] ?? 0) + 1;
		},
	};
}

describe('Whatever the API answers', () => {
	it('a submission is accepted, refused, to be repeated or lost', async () => {
		const { counts, count } = counter();
		await fc.assert(
			fc.asyncProperty(answersTo('task'), async (answer) => {
				const outcome = await clientFor(answer).submitVideo(BODY, 'k'.repeat(32));
				count(outcome.kind);
				if (outcome.kind === 'accepted') {
					expect(answer.status).toBeLessThan(300);
					expectTask(outcome.task);
					return;
				}
				expectFailure(outcome.failure);
				if (outcome.kind === 'notAccepted') {
					// Nothing else says for certain that no task was started.
					expect(answer.status < 400 ? 429 : answer.status).toBe(answer.status === 407 ? 407 : 429);
					expectPause(outcome);
				}
				const isOwn = isApiError(parseJson(answer.body.toString('utf8')));
				if (answer.status < 300) expect(outcome.kind === 'lost').toBe(!isOwn);
			}),
			{ numRuns: NUMBER_OF_ANSWERS },
		);
		for (const kind of ['accepted', 'refused', 'notAccepted', 'lost']) {
			expect(counts[kind]).toBeGreaterThan(3);
		}
	});

	it('a status read shows a task, or fails for now or for good and names the task', async () => {
		const { counts, count } = counter();
		await fc.assert(
			fc.asyncProperty(answersTo('task'), async (answer) => {
				const outcome = await clientFor(answer).readTask(TASK_ID, 5_000);
				count(outcome.kind);
				if (outcome.kind === 'done') {
					expectTask(outcome.value);
					return;
				}
				expectFailure(outcome.failure);
				expect(outcome.failure.details.taskId).toBe(TASK_ID);
				expect(outcome.failure.details.description).toContain(TASK_ID);
				if (outcome.kind === 'tryAgain') expectPause(outcome);
				else if (answer.status < 300 || answer.status >= 400) {
					expect(isApiError(parseJson(answer.body.toString('utf8')))).toBe(true);
				}
			}),
			{ numRuns: NUMBER_OF_ANSWERS },
		);
		for (const kind of ['done', 'tryAgain', 'failed']) {
			expect(counts[kind]).toBeGreaterThan(3);
		}
	});

	it('an upload gives a web address, or fails for now or for good', async () => {
		const { counts, count } = counter();
		await fc.assert(
			fc.asyncProperty(answersTo('upload'), async (answer) => {
				const outcome = await clientFor(answer).uploadImage(async () => new FormData(), 5_000);
				count(outcome.kind);
				if (outcome.kind === 'done') {
					expect(outcome.value).toMatch(/^https?:\/\//i);
					return;
				}
				expectFailure(outcome.failure);
				if (outcome.kind === 'tryAgain') expectPause(outcome);
			}),
			{ numRuns: NUMBER_OF_ANSWERS },
		);
		for (const kind of ['done', 'tryAgain', 'failed']) {
			expect(counts[kind]).toBeGreaterThan(3);
		}
	});
});
