/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs beside n8n, never inside it */
import { startSandbox } from '../../sandbox';
import type { RecordedRequest, Sandbox } from '../../sandbox';
import { sideBySide, testsSideBySide, useLastingSandbox } from './concurrent-tests';
import { startCuttingProxy } from './cutting-proxy';
import { useEvolink } from './evolink-workflow';
import type { EvolinkResult, EvolinkRun } from './evolink-workflow';
import { sentRequestCount } from './sent-requests';
import { SUBMISSION_FAULTS } from './submission-fault-cases';
import type { Obstacle, RetryEffect, SubmissionFaultCase } from './submission-fault-cases';
import { idempotencyKeyOf, promptFor, trafficOf } from './traffic';

jest.setTimeout(90_000);

const evolink = useEvolink();
const shared = useLastingSandbox();
/** Where redirects point; nothing may ever arrive there. */
const elsewhere = useLastingSandbox();

/** The fewest tries that n8n offers; it takes a wait of 0 for "not set". */
const RETRY_ON_FAIL = { retryOnFail: true, maxTries: 2, waitBetweenTries: 1 };

/** What became of one item after a try and whatever retries followed. */
interface Step {
	result: EvolinkResult;
	submissionCount: number;
	idempotencyKeys: unknown[];
	chargeCount: number;
	/** Tasks that were charged, whether their ids reached the node or not. */
	paidTaskIds: string[];
}

interface Story {
	first: Step;
	/** "Retry execution" of it; undefined where n8n offers none. */
	retried: Step | undefined;
	/** The same item in a node that has Retry On Fail switched on. */
	underRetryOnFail: Step;
}

/** The way of one item: where its requests go, and how to look at them. */
interface Way {
	run: EvolinkRun;
	/** As `run`, once somebody has put right what is wrong. */
	putRight: EvolinkRun;
	sentCount(): number;
	end(): Promise<void>;
}

async function closedSandbox(): Promise<Sandbox> {
	const closed = await startSandbox();
	await closed.close();
	return closed;
}

/** Puts the obstacle in the way of the items with this prompt. */
async function prepareWay(obstacle: Obstacle, prompt: string, id: string): Promise<Way> {
	const sandbox = shared.current;
	const match = { promptIncludes: prompt };
	// A wait that an item must never come near, but for the one obstacle that is about it.
	const run: EvolinkRun = { sandbox, parameters: { prompt, options: { timeout: 300 } } };
	const way = {
		run,
		putRight: run,
		sentCount: () => trafficOf(sandbox, prompt).submissions.length,
		end: async () => {},
	};
	switch (obstacle.kind) {
		case 'fault':
			sandbox.addFault({
				on: 'submit',
				match,
				fault: obstacle.fault,
				times: obstacle.times ?? 1,
			});
			return way;
		case 'stop':
			sandbox.addFault({ on: 'submit', match, fault: obstacle.fault });
			return way;
		case 'redirect': {
			const location = `${elsewhere.current.url}/moved`;
			sandbox.addFault({
				on: 'submit',
				match,
				fault: { kind: 'redirect', status: obstacle.status, location },
			});
			return way;
		}
		case 'cutAnswer': {
			const proxy = await startCuttingProxy(sandbox, obstacle.framing);
			const cut = { ...run, credential: { baseUrl: proxy.url } };
			return { ...way, run: cut, putRight: cut, end: proxy.close };
		}
		case 'address': {
			const url =
				obstacle.is === 'closed' ? (await closedSandbox()).url : `http://nowhere-${id}.invalid`;
			const sentBefore = sentRequestCount({ url });
			return {
				...way,
				run: { ...run, credential: { baseUrl: url } },
				sentCount: () => sentRequestCount({ url }) - sentBefore + way.sentCount(),
			};
		}
	}
}

function stepOf(result: EvolinkResult, prompt: string, way: Way): Step {
	const { submissions, charges, taskIds } = trafficOf(shared.current, prompt);
	return {
		result,
		submissionCount: way.sentCount(),
		idempotencyKeys: submissions.map(idempotencyKeyOf),
		chargeCount: charges.length,
		paidTaskIds: taskIds,
	};
}

async function untilSubmitted(prompt: string): Promise<RecordedRequest> {
	for (;;) {
		const [submission] = trafficOf(shared.current, prompt).submissions;
		if (submission !== undefined) return submission;
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
}

/** Runs the item once, and stops it during its submission where that is the obstacle. */
async function runOnce(run: EvolinkRun, { kind }: Obstacle, prompt: string) {
	if (kind !== 'stop') return await evolink.run(run);
	const running = evolink.start(run);
	await untilSubmitted(prompt);
	running.cancel();
	return await running.finished;
}

let storyCount = 0;

async function tell({ obstacle, retryExecution }: SubmissionFaultCase): Promise<Story> {
	const id = String(++storyCount);

	async function alone(): Promise<Pick<Story, 'first' | 'retried'>> {
		const prompt = promptFor(`${id} alone`);
		const way = await prepareWay(obstacle, prompt, `${id}-alone`);
		try {
			const result = await runOnce(way.run, obstacle, prompt);
			const first = stepOf(result, prompt, way);
			if (retryExecution === 'notNeeded' || retryExecution === 'none') {
				// n8n offers no retry then, and so the bench refuses, too.
				await expect(evolink.retry(result, way.putRight)).rejects.toThrow(/execution/);
				return { first, retried: undefined };
			}
			const retried = stepOf(await evolink.retry(result, way.putRight), prompt, way);
			return { first, retried };
		} finally {
			await way.end();
		}
	}

	async function withRetryOnFail(): Promise<Step> {
		const prompt = promptFor(`${id} with Retry On Fail`);
		const way = await prepareWay(obstacle, prompt, `${id}-retry`);
		try {
			const run = { ...way.run, node: RETRY_ON_FAIL };
			return stepOf(await runOnce(run, obstacle, prompt), prompt, way);
		} finally {
			await way.end();
		}
	}

	const [told, underRetryOnFail] = await Promise.all([alone(), withRetryOnFail()]);
	return { ...told, underRetryOnFail };
}

function expectDelivered({ result, paidTaskIds }: Step): void {
	expect(result.error).toBeUndefined();
	expect(result.rows).toHaveLength(1);
	expect(result.rows[0].json).toMatchObject({ status: 'completed', taskId: paidTaskIds.at(-1) });
}

function expectFailed({ result }: Step, message: string): void {
	expect(result.rows).toEqual([]);
	expect(result.error).toMatchObject({ name: 'NodeApiError', message, context: { itemIndex: 0 } });
	// Of a page, its words are quoted; a page is not Evolink's, and says nothing about the key.
	const description = String(result.error?.description);
	expect(description).not.toMatch(/<|undefined/);
	if (!message.includes('API key')) expect(description).not.toContain('check the API key');
}

function isLogged(taskId: string): boolean {
	return evolink.engine
		.logLines()
		.some((line) => line.includes(`Evolink started a paid task: ${taskId}`));
}

function expectFirstEnding(step: Step, { ending }: SubmissionFaultCase): void {
	switch (ending.kind) {
		case 'delivered':
			expectDelivered(step);
			return;
		case 'failed':
			expectFailed(step, ending.message);
			return;
		case 'stopped':
			expect(step.result.run.status).toBe('canceled');
			expect(step.result.rows).toEqual([]);
			expect(step.paidTaskIds.map(isLogged)).toEqual(
				step.paidTaskIds.map(() => ending.isTaskLogged),
			);
	}
}

/** Expects what one retry after the first try has led to. */
function expectRetry(step: Step, effect: RetryEffect, one: SubmissionFaultCase): void {
	const { submissions, ending, charged } = one;
	const message = ending.kind === 'failed' ? ending.message : '';
	switch (effect) {
		case 'delivers':
			expectDelivered(step);
			expect(step.submissionCount).toBe(submissions + 1);
			expect(step.chargeCount).toBe(charged.afterRetry);
			break;
		case 'failsAgain':
			expectFailed(step, message);
			expect(step.submissionCount).toBe(submissions * 2);
			expect(step.chargeCount).toBe(charged.firstTry);
			break;
		case 'staysOut':
			expectFailed(step, message);
			expect(step.submissionCount).toBe(submissions);
			expect(step.chargeCount).toBe(charged.afterRetry);
			break;
		case 'notNeeded':
		case 'none':
			expectFirstEnding(step, one);
			expect(step.submissionCount).toBe(submissions);
			expect(step.chargeCount).toBe(charged.afterRetry);
	}
	// A service that honours the key would charge once even where this node could not be sure.
	expect(new Set(step.idempotencyKeys).size).toBeLessThanOrEqual(1);
}

for (const [title, cases] of Object.entries(SUBMISSION_FAULTS)) {
	describe(title, () => {
		const storyOf = sideBySide(cases, tell);

		it.each(cases)('$name', async (one) => {
			const { first, retried, underRetryOnFail } = await storyOf(one);

			expectFirstEnding(first, one);
			expect(first.submissionCount).toBe(one.submissions);
			expect(first.chargeCount).toBe(one.charged.firstTry);
			if (retried !== undefined) {
				expectRetry(retried, one.retryExecution, one);
				if (one.retryExecution === 'staysOut') {
					expect(retried.result.error?.description).toBe(first.result.error?.description);
				}
			}
			expectRetry(underRetryOnFail, one.retryOnFail, one);
			expect(elsewhere.current.requests).toEqual([]);
		});
	});
}

const itSideBySide = testsSideBySide(evolink);

itSideBySide('Several answers are lost: the message counts them all', async ({ sandbox, run }) => {
	sandbox.addFault({
		on: 'submit',
		times: 2,
		fault: { kind: 'stall', afterAcceptance: true },
	});

	const { error } = await run({ items: [{ json: {} }, { json: {} }] });

	expect(sandbox.bill).toHaveLength(2);
	expect(error?.context).toMatchObject({ itemIndex: 0 });
	expect(error?.description).toContain('One video of other items may have been started');
});
