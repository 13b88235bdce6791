import fc from 'fast-check';

import type { Fault, FaultAction, FaultTarget } from '../../sandbox';

/** A fault that waits for one item's requests of one kind. */
export interface ScriptedFault {
	on: FaultTarget & ('submit' | 'read' | 'media');
	itemIndex: number;
	action: FaultAction;
	/** How many requests it hits, and how many it lets pass before. */
	times: number;
	skip: number;
}

/** What becomes of the first task of an item; later ones are finished at once. */
export interface ScriptedTask {
	generationSeconds: number;
	ending: 'completed' | 'failed' | 'cancelled';
}

/** One execution: the first, or a "Retry execution" of the one before. */
export interface ScriptedRun {
	/** When the user presses Stop; null: never. */
	stopAfterMs: number | null;
	/** Whether the credential holds an address at which nobody listens. */
	isUnreachable: boolean;
	/** The item whose tasks are forgotten by Evolink before this run; null: none. */
	expiredItemIndex: number | null;
}

/** A story of one workflow, from its start to the last retry. */
export interface Script {
	/** What becomes of the items' first tasks: one entry for each item. */
	tasks: ScriptedTask[];
	faults: ScriptedFault[];
	runs: ScriptedRun[];
	continuesOnFail: boolean;
	/** 1: without Retry On Fail. */
	tries: number;
	maxConcurrent: number;
	timeoutSeconds: number;
	waitsForCompletion: boolean;
}

const MOST_ITEMS = 4;

/** Short, so that no script spends its time waiting; the node makes a second of it. */
const RETRY_AFTER = 0.1;

function errorAnswers(statuses: number[]): FaultAction[] {
	return statuses.map((status) => ({ kind: 'status', status, retryAfter: RETRY_AFTER }));
}

const UNREADABLE: FaultAction[] = [
	{ kind: 'html' },
	{ kind: 'empty' },
	{ kind: 'truncated-json' },
	{ kind: 'garbage', body: '{"status":"pending"}' },
];

const SUBMISSION_FAULTS: FaultAction[] = [
	...errorAnswers([400, 401, 402, 403, 404, 408, 429, 429, 429, 500, 502, 503, 504, 520]),
	{ kind: 'status', status: 500, afterAcceptance: true },
	{ kind: 'status', status: 503, afterAcceptance: true },
	{ kind: 'status', status: 524, afterAcceptance: true, html: true },
	{ kind: 'reset-before-acceptance' },
	{ kind: 'reset-after-acceptance' },
	{ kind: 'html', afterAcceptance: true },
	{ kind: 'empty', afterAcceptance: true },
	{ kind: 'truncated-json', afterAcceptance: true },
	{ kind: 'garbage', body: '{"status":"pending"}', afterAcceptance: true },
	{ kind: 'stall', seconds: 0.5 },
	{ kind: 'stall', seconds: 1, afterAcceptance: true },
	{ kind: 'redirect', status: 303, location: '/moved' },
	{ kind: 'redirect', status: 307, location: '/moved' },
];

const READ_FAULTS: FaultAction[] = [
	...errorAnswers([400, 401, 402, 403, 408, 429, 500, 502, 503]),
	...UNREADABLE,
	{ kind: 'status', status: 404, html: true },
	{ kind: 'status', status: 404, empty: true },
	{ kind: 'reset-before-acceptance' },
	{ kind: 'stall' },
	{ kind: 'trickle' },
	{ kind: 'redirect', location: '/moved' },
];

const DOWNLOAD_FAULTS: FaultAction[] = [
	...errorAnswers([403, 404, 429, 503]),
	{ kind: 'html' },
	{ kind: 'empty' },
	{ kind: 'truncated-media' },
	{ kind: 'stalled-media' },
	{ kind: 'stall' },
	{ kind: 'reset-before-acceptance' },
];

function anyFault(
	on: ScriptedFault['on'],
	actions: FaultAction[],
	itemCount: number,
): fc.Arbitrary<ScriptedFault> {
	return fc.record({
		on: fc.constant(on),
		itemIndex: fc.nat(itemCount - 1),
		action: fc.constantFrom(...actions),
		times: fc.integer({ min: 1, max: 3 }),
		skip: fc.nat(1),
	});
}

function seldom<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
	return fc.oneof({ weight: 7, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
}

function anyRun(itemCount: number): fc.Arbitrary<ScriptedRun> {
	return fc.record({
		stopAfterMs: seldom(fc.integer({ min: 0, max: 2_500 })),
		isUnreachable: seldom(fc.constant(true)).map((drawn) => drawn ?? false),
		expiredItemIndex: seldom(fc.nat(itemCount - 1)),
	});
}

/** Any script: any faults in any order, any retries, a stop at any moment. */
export const anyScript: fc.Arbitrary<Script> = fc
	.integer({ min: 1, max: MOST_ITEMS })
	.chain((itemCount) =>
		fc.record({
			tasks: fc.array(
				fc.record({
					generationSeconds: fc.constantFrom(0, 0.5, 1.5, 3),
					ending: fc.constantFrom('completed', 'completed', 'completed', 'failed', 'cancelled'),
				}),
				{ minLength: itemCount, maxLength: itemCount },
			),
			faults: fc.array(
				fc.oneof(
					anyFault('submit', SUBMISSION_FAULTS, itemCount),
					anyFault('read', READ_FAULTS, itemCount),
					anyFault('media', DOWNLOAD_FAULTS, itemCount),
				),
				{ minLength: 1, maxLength: 8 },
			),
			runs: fc.array(anyRun(itemCount), { minLength: 2, maxLength: 5 }),
			continuesOnFail: fc.constantFrom(false, false, true),
			tries: fc.integer({ min: 1, max: 3 }),
			maxConcurrent: fc.integer({ min: 1, max: MOST_ITEMS }),
			timeoutSeconds: fc.constantFrom(1, 2),
			waitsForCompletion: fc.constantFrom(true, true, true, false),
		}),
	);

/** The fault as the sandbox takes it, for the item with this prompt. */
export function sandboxFault({ on, action, times, skip }: ScriptedFault, prompt: string): Fault {
	return { on, fault: action, times, skip, match: { promptIncludes: prompt } };
}
