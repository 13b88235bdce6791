import type { IBinaryData } from 'n8n-workflow';

import type {
	EvolinkClient,
	Repeatable,
	SubmissionOutcome,
	VideoRequestBody,
} from '../../../nodes/Evolink/evolink/client';
import { noAnswerFailure } from '../../../nodes/Evolink/evolink/errors';
import type { ResultAnswer } from '../../../nodes/Evolink/evolink/resultFile';
import { parseTask } from '../../../nodes/Evolink/evolink/task';
import type { EvolinkTask } from '../../../nodes/Evolink/evolink/task';
import type { Services } from '../../../nodes/Evolink/operations/operation';
import { openPaidTasks } from '../../../nodes/Evolink/tasks/paidTasks';
import type { Urgency } from '../../../nodes/Evolink/tasks/pace';
import { createWaitingItems } from '../../../nodes/Evolink/tasks/waitingItems';
import { createVirtualClock } from '../tasks/virtual-clock';
import type { VirtualClock } from '../tasks/virtual-clock';

export const TASK_ID = 'task-unified-1757169743-7cvnl5zw';

/** What the outside world answers, in this order; the last answer again and again. */
export interface Script {
	submissions?: SubmissionOutcome[];
	reads?: Array<Repeatable<EvolinkTask>>;
	uploads?: Array<Repeatable<string>>;
	/** Default: the file arrives. */
	links?: Array<ResultAnswer<IBinaryData>>;
	/** How long it takes to get a turn; default: no time. */
	turnMs?: number;
	/** How many turns come in time; default: all. */
	turnsInTime?: number;
	/** Called before each sleep; may throw Stopped. */
	onSleep?: () => void;
}

/** The services of one execution, and what became of them. */
export interface ScriptedServices {
	services: Services;
	clock: VirtualClock;
	/** n8n's memory of the node; hand it to the next try. */
	context: Record<string, unknown>;
	submitted: Array<{ body: VideoRequestBody; idempotencyKey: string; remembered: unknown }>;
	readCount(): number;
	uploadCount(): number;
	/** The time that each read and each upload was given. */
	budgetsMs: number[];
	/** The turns that were asked for. */
	turns: Array<{ urgency: Urgency; budgetMs: number }>;
	/** Tasks that were written to the log. */
	logged: Array<{ itemIndex: number; taskId: string }>;
	advice: string[];
}

/** Returns a task as the API answers it. */
export function task(fields: Record<string, unknown> = {}): EvolinkTask {
	const parsed = parseTask({ id: TASK_ID, status: 'pending', ...fields });
	if (parsed === undefined) throw new Error('This is no task');
	return parsed;
}

/** A read that is answered with a task. */
export function done(fields: Record<string, unknown>): Repeatable<EvolinkTask> {
	return { kind: 'done', value: task(fields) };
}

/** A moment of bad luck. */
export function busy(retryAfterMs?: number): Repeatable<never> {
	const failure = noAnswerFailure('broken', TASK_ID);
	return {
		kind: 'tryAgain',
		failure,
		reason: 'busy',
		...(retryAfterMs === undefined ? {} : { retryAfterMs }),
	};
}

export const STORED_FILE: IBinaryData = { data: '', mimeType: 'video/mp4', fileName: 'a.mp4' };

function next<T>(answers: T[] | undefined, count: number): T {
	if (answers === undefined || answers.length === 0) throw new Error('Nobody expected this call');
	return answers[Math.min(count, answers.length) - 1];
}

/** Makes services whose outside world answers by script and whose time is virtual. */
export function scriptedServices(
	script: Script,
	context: Record<string, unknown> = {},
): ScriptedServices {
	const clock = createVirtualClock(1_000_000, script.onSleep);
	const submitted: ScriptedServices['submitted'] = [];
	const logged: ScriptedServices['logged'] = [];
	const advice: string[] = [];
	const budgetsMs: number[] = [];
	const turns: ScriptedServices['turns'] = [];
	let reads = 0;
	let uploads = 0;
	let opened = 0;
	const client: EvolinkClient = {
		async submitVideo(body, idempotencyKey) {
			// What n8n would find if the process ended now.
			const remembered: unknown = JSON.parse(JSON.stringify(context));
			submitted.push({ body, idempotencyKey, remembered });
			return next(script.submissions, submitted.length);
		},
		async readTask(_taskId, budgetMs) {
			budgetsMs.push(budgetMs);
			return next(script.reads, ++reads);
		},
		async uploadPicture(_file, budgetMs) {
			budgetsMs.push(budgetMs);
			return next(script.uploads, ++uploads);
		},
	};
	const arrives: ResultAnswer<IBinaryData> = {
		kind: 'answer',
		status: 200,
		headers: {},
		body: {
			store: async () => ({ kind: 'stored', stored: STORED_FILE, sizeBytes: 1_000 }),
			discard() {},
		},
	};
	const services: Services = {
		client,
		links: { open: async () => next(script.links ?? [arrives], ++opened) },
		clock,
		pace: {
			async turn(urgency, budgetMs) {
				turns.push({ urgency, budgetMs });
				await clock.sleep(0);
				clock.advance(script.turnMs ?? 0);
				return turns.length <= (script.turnsInTime ?? Infinity);
			},
			answered() {},
			tooManyRequests() {},
		},
		waitingItems: createWaitingItems(),
		random: () => 0,
		paidTasks: openPaidTasks(context, 0),
		uploads: new Map(),
		advise: (_itemIndex, text) => advice.push(text),
		logStarted: (itemIndex, taskId) => logged.push({ itemIndex, taskId }),
	};
	return {
		services,
		clock,
		context,
		submitted,
		readCount: () => reads,
		uploadCount: () => uploads,
		budgetsMs,
		turns,
		logged,
		advice,
	};
}
