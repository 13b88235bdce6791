import fc from 'fast-check';

import { startSandbox } from '../../sandbox';
import type { RecordedRequest, Sandbox } from '../../sandbox';
import { anyScript, sandboxFault } from './any-sequence-scripts';
import type { Script, ScriptedRun } from './any-sequence-scripts';
import { SPEED } from './quick-clock';
import { useEvolink } from './evolink-workflow';
import type { EvolinkResult, EvolinkRun, OwnBench } from './evolink-workflow';
import { IS_FULL } from '../random';
import { idempotencyKeyOf, trafficOf } from './traffic';

/** Each series has a sandbox of its own and tells its scripts one after another. */
const SERIES_COUNT = 14;
const SCRIPTS_PER_SERIES = IS_FULL ? 10 : 1;
/** On a slow machine fewer scripts are told, rather than that the tests take minutes. */
const LONGEST_SERIES_MS = 45_000;

// Room for fast-check to shrink a script that fails.
jest.setTimeout(150_000);

const evolink = useEvolink();

let closedUrl = '';
beforeAll(async () => {
	const closed = await startSandbox();
	await closed.close();
	closedUrl = closed.url;
});

/** What a script has led to. */
interface Told {
	sandbox: Sandbox;
	script: Script;
	/** One for each item, in order. */
	prompts: string[];
	results: EvolinkResult[];
	/** When the user stopped the last run, if that came before its end. */
	stoppedMs: number | undefined;
}

let scriptCount = 0;

function promptsFor({ tasks }: Script): string[] {
	scriptCount++;
	return tasks.map((_, itemIndex) => `<script ${scriptCount}, item ${itemIndex}>`);
}

function workflowFor(script: Script, prompts: string[]): EvolinkRun {
	return {
		items: prompts.map((prompt) => ({ json: { prompt } })),
		parameters: {
			prompt: '={{ $json.prompt }}',
			waitForCompletion: script.waitsForCompletion,
			options: { timeout: script.timeoutSeconds * SPEED, maxConcurrent: script.maxConcurrent },
		},
		node: {
			...(script.continuesOnFail ? { onError: 'continueRegularOutput' } : {}),
			// n8n takes 0 for "not set" and waits a second.
			...(script.tries > 1
				? { retryOnFail: true, maxTries: script.tries, waitBetweenTries: 1 }
				: {}),
		},
	};
}

/** Runs an execution to its end, or to the moment at which the user stops it. */
async function runOnce(
	{ start, startRetry }: OwnBench,
	run: EvolinkRun,
	previous: EvolinkResult | undefined,
	{ stopAfterMs }: ScriptedRun,
): Promise<{ result: EvolinkResult; stoppedMs: number | undefined }> {
	const running = previous === undefined ? start(run) : startRetry(previous, run);
	let stoppedMs: number | undefined;
	const timer =
		stopAfterMs === null
			? undefined
			: setTimeout(() => {
					stoppedMs = Date.now();
					running.cancel();
				}, stopAfterMs);
	const result = await running.finished;
	clearTimeout(timer);
	return { result, stoppedMs };
}

async function tell(bench: OwnBench, script: Script): Promise<Told> {
	const { sandbox } = bench;
	const prompts = promptsFor(script);
	sandbox.clearFaults();
	script.tasks.forEach(({ generationSeconds, ending }, itemIndex) => {
		const match = { promptIncludes: prompts[itemIndex] };
		sandbox.planTask({ match, generationSeconds, outcome: { status: ending } });
	});
	for (const fault of script.faults) {
		sandbox.addFault(sandboxFault(fault, prompts[fault.itemIndex]));
	}

	const results: EvolinkResult[] = [];
	let stoppedMs: number | undefined;
	for (const step of script.runs) {
		const previous = results.at(-1);
		// n8n retries only what has failed, and keeps nothing of what was stopped.
		if (previous !== undefined && previous.run.status !== 'error') break;
		for (const task of sandbox.tasks()) {
			const isForgotten =
				step.expiredItemIndex !== null && task.prompt === prompts[step.expiredItemIndex];
			if (isForgotten) sandbox.expireTask(task.taskId);
		}
		const run = {
			...workflowFor(script, prompts),
			...(step.isUnreachable ? { credential: { baseUrl: closedUrl } } : {}),
		};
		const ended = await runOnce(bench, run, previous, step);
		results.push(ended.result);
		stoppedMs = ended.stoppedMs;
	}
	return { sandbox, script, prompts, results, stoppedMs };
}

/** What the node can know of a submission, by what became of it. */
type Knowledge = 'accepted' | 'refused' | 'lost';

/** Error answers that may be taken at their word. Source: the node's contract on money. */
const REFUSALS = [307, 400, 401, 402, 403, 404, 408, 429, 500, 502, 503, 504, 520];

function knowledgeOf({ fault, status }: RecordedRequest): Knowledge {
	if (fault === undefined || fault === 'stall') return status === 200 ? 'accepted' : 'lost';
	const isWord = fault === 'status' || fault === 'redirect';
	return isWord && REFUSALS.includes(Number(status)) ? 'refused' : 'lost';
}

/** No task expires within a day, so one that the API does not know is told, and not made again. */
function isOver(sandbox: Sandbox, taskId: string): boolean {
	return ['failed', 'cancelled'].includes(sandbox.task(taskId)?.status ?? '');
}

/** The model: whether an item may be submitted again after this submission. */
function maySubmitAgain(sandbox: Sandbox, submission: RecordedRequest): boolean {
	switch (knowledgeOf(submission)) {
		case 'accepted':
			return isOver(sandbox, submission.taskId ?? '');
		case 'refused':
			return true;
		case 'lost':
			return false;
	}
}

/** Everything that a run says to the user: its rows, and its error. */
function textsOf({ rows, errorRows, error }: EvolinkResult): string {
	return JSON.stringify([
		rows.map(({ json }) => json),
		errorRows.map(({ json }) => json),
		error?.message,
		error?.description,
	]);
}

/** What the node remembers for the next retry. */
function memoryOf({ run }: EvolinkResult): string {
	return JSON.stringify(run.data.executionData?.contextData ?? {});
}

function isLogged(taskId: string): boolean {
	return evolink.engine
		.logLines()
		.some((line) => line.includes(`Evolink started a paid task: ${taskId}`));
}

function expectEachItemPaidOnce({ sandbox, prompts }: Told): void {
	const keys: unknown[] = [];
	for (const prompt of prompts) {
		const { submissions, charges } = trafficOf(sandbox, prompt);
		for (const [index, submission] of submissions.slice(0, -1).entries()) {
			const isAllowed = maySubmitAgain(sandbox, submission);
			expect({ prompt, isAllowed, submission: index }).toMatchObject({ isAllowed: true });
			// The key stays until a task exists or the submission is refused, and never serves a second task.
			const isSameKey = idempotencyKeyOf(submission) === idempotencyKeyOf(submissions[index + 1]);
			const wasAccepted = knowledgeOf(submission) === 'accepted';
			const mayChange = Number(submission.status) >= 300 && Number(submission.status) < 500;
			if (!mayChange) expect({ prompt, isSameKey }).toMatchObject({ isSameKey: !wasAccepted });
		}
		// Each charge but the last is of a task that came to nothing, or that Evolink denied.
		const excused = charges.filter(({ taskId }) => {
			const submission = submissions.find((one) => one.taskId === taskId);
			return submission !== undefined && maySubmitAgain(sandbox, submission);
		});
		expect(charges.length).toBeLessThanOrEqual(1 + excused.length);
		keys.push(...new Set(submissions.map(idempotencyKeyOf)));
	}
	expect(new Set(keys).size).toBe(keys.length);
}

function expectNoTaskLost({ sandbox, prompts, results, stoppedMs }: Told): void {
	const last = results.at(-1);
	if (last === undefined) throw new Error('A script has at least one run');
	for (const prompt of prompts) {
		const { submissions } = trafficOf(sandbox, prompt);
		const accepted = submissions.filter(
			(submission) =>
				knowledgeOf(submission) === 'accepted' &&
				// Nobody could have read an answer that came after the stop.
				(stoppedMs === undefined || Number(submission.answeredAtMs) < stoppedMs),
		);
		for (const { taskId = '' } of accepted) {
			expect({ prompt, taskId, isLogged: isLogged(taskId) }).toMatchObject({ isLogged: true });
		}
		const current = accepted.at(-1)?.taskId;
		if (current !== undefined && !isOver(sandbox, current)) {
			expect(textsOf(last)).toContain(current);
			if (last.run.status === 'error') expect(memoryOf(last)).toContain(current);
		}
		const lost = submissions.find((submission) => knowledgeOf(submission) === 'lost');
		if (lost !== undefined && last.run.status !== 'canceled') {
			expect(`${textsOf(last)} ${memoryOf(last)}`).toMatch(/may have been started/);
		}
	}
}

function expectRowsOfTheirItems({ sandbox, prompts, results }: Told): void {
	for (const { rows, run } of results) {
		if (run.status === 'success') expect(rows).toHaveLength(prompts.length);
		for (const { json, pairedItem } of rows) {
			if (json.taskId === undefined) continue;
			const itemIndex = Number(Reflect.get(Object(pairedItem), 'item'));
			expect(trafficOf(sandbox, prompts[itemIndex]).taskIds).toContain(json.taskId);
		}
	}
}

function expectSound(told: Told): void {
	expectEachItemPaidOnce(told);
	expectNoTaskLost(told);
	expectRowsOfTheirItems(told);
	expect(told.sandbox.violations).toEqual([]);
}

for (let series = 1; series <= SERIES_COUNT; series++) {
	evolink.it(
		`any failures, retries and stops charge each item once and lose no task (series ${series})`,
		async (bench) => {
			await fc.assert(
				fc.asyncProperty(anyScript, async (script) => expectSound(await tell(bench, script))),
				{
					numRuns: SCRIPTS_PER_SERIES,
					interruptAfterTimeLimit: LONGEST_SERIES_MS,
					...(IS_FULL ? {} : { seed: series }),
				},
			);
		},
	);
}

/** The first item's answer was lost earlier; the second was refused, so it was never started. */
async function retryFreshBesideLost(bench: OwnBench, continuesOnFail: boolean) {
	const quiet = { stopAfterMs: null, isUnreachable: false, expiredItemIndex: null };
	const done = { generationSeconds: 0, ending: 'completed' } as const;
	const once = { times: 1, skip: 0 };
	const told = await tell(bench, {
		tasks: [done, done],
		faults: [
			{ on: 'submit', itemIndex: 0, action: { kind: 'reset-after-acceptance' }, ...once },
			{ on: 'submit', itemIndex: 1, action: { kind: 'status', status: 402 }, ...once },
		],
		runs: [quiet, quiet, quiet],
		continuesOnFail,
		tries: 3,
		maxConcurrent: 2,
		timeoutSeconds: 2,
		waitsForCompletion: true,
	});
	expectSound(told);
	const [lost, fresh] = told.prompts.map((prompt) => trafficOf(bench.sandbox, prompt));
	expect(lost.submissions).toHaveLength(1);
	return { fresh, rows: told.results.at(-1)?.rows ?? [] };
}

evolink.it('a fresh item beside a lost one is submitted and paid once', async (bench) => {
	const { fresh, rows } = await retryFreshBesideLost(bench, true);
	expect(fresh.charges).toHaveLength(1);
	expect(rows[1].json.taskId).toBe(fresh.taskIds[0]);
});

evolink.it(
	'beside a lost item that ends the node, a fresh one is paid once at most',
	async (bench) => {
		const { fresh } = await retryFreshBesideLost(bench, false);
		expect(fresh.charges.length).toBeLessThanOrEqual(1);
	},
);
