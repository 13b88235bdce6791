import type { Clock } from './clock';

/** Who goes first when several wait for their turn: what is paid for before what only looks. */
export type Urgency = 'work' | 'look';

/** How fast one execution may send requests, all its items together. */
export interface Pace {
	/**
	 * Resolves when a request may be sent.
	 *
	 * @param budgetMs how long it may take; one that can't have its turn in time is told so early
	 * @returns whether the turn has come
	 * @throws Stopped when the execution is stopped
	 */
	turn(urgency: Urgency, budgetMs: number): Promise<boolean>;
	/** Says that a request, sent at that moment, was answered: the pace may recover. */
	answered(sentMs: number): void;
	/**
	 * Says that the answer was "too many requests": everyone slows down.
	 *
	 * @param askedMs how long the server wants to be left alone, if it said so
	 */
	tooManyRequests(sentMs: number, askedMs?: number): void;
}

/** No more than ten requests are sent in any second. */
const MOST_REQUESTS = 10;

/** A little more than a second, since the network may bring requests closer together. */
const WINDOW_MS = 1_020;

/**
 * Keeps the requests apart, and leaves room to catch up within the second: twenty videos that are
 * finished together have to be read and downloaded, forty requests, without making anybody wait.
 */
const SHORTEST_INTERVAL_MS = 50;

/** Looks are spread evenly over the second, and leave room for what brings a video. */
const SHORTEST_LOOK_INTERVAL_MS = WINDOW_MS / MOST_REQUESTS;

/** The slowest pace: more items than the service takes still get on, one by one. */
const LONGEST_INTERVAL_MS = 3_000;

/** A "too many requests" doubles the interval; each answer takes a tenth of it away. */
const SLOWER = 2;
const FASTER = 0.9;

/** Without a word from the server, everyone is quiet for so long, and longer each time. */
const FIRST_REST_MS = 1_000;
const LONGEST_UNASKED_REST_MS = 16_000;

/**
 * Nobody but the item that was told so is quiet for longer, whatever a server asks. Source: the
 * API's hint for an answer of 429.
 */
const LONGEST_REST_MS = 60_000;

interface Waiting {
	urgency: Urgency;
	deadlineMs: number;
	resolve(hasTurn: boolean): void;
	reject(reason: unknown): void;
}

/** Makes the pace of one execution, which starts fast. */
export function createPace(clock: Clock): Pace {
	const waiting: Waiting[] = [];
	/** The last requests, oldest first. */
	const sentMs: number[] = [];
	let intervalMs = SHORTEST_INTERVAL_MS;
	let restMs = FIRST_REST_MS;
	let restUntilMs = Number.NEGATIVE_INFINITY;
	let slowedMs = Number.NEGATIVE_INFINITY;
	let lookedMs = Number.NEGATIVE_INFINITY;
	let isServing = false;

	const nextTurnMs = (urgency: Urgency): number => {
		const last = sentMs.at(-1) ?? Number.NEGATIVE_INFINITY;
		const afterLook = urgency === 'look' ? lookedMs + SHORTEST_LOOK_INTERVAL_MS : lookedMs;
		const windowFirst =
			sentMs.length < MOST_REQUESTS
				? Number.NEGATIVE_INFINITY
				: sentMs[sentMs.length - MOST_REQUESTS];
		return Math.max(last + intervalMs, windowFirst + WINDOW_MS, restUntilMs, afterLook);
	};

	const nextWaiting = (): Waiting | undefined =>
		waiting.find(({ urgency }) => urgency === 'work') ?? waiting.at(0);

	let wakeUp = () => {};
	/** Ends early when something comes that may not have to wait for so long. */
	const sleep = async (ms: number) => {
		const wokenUp = new Promise<void>((resolve) => {
			wakeUp = resolve;
		});
		await Promise.race([clock.sleep(ms), wokenUp]);
	};

	const dismissTheLate = () => {
		for (const late of waiting.filter((one) => one.deadlineMs < nextTurnMs(one.urgency))) {
			waiting.splice(waiting.indexOf(late), 1);
			late.resolve(false);
		}
	};

	const serve = async () => {
		try {
			for (dismissTheLate(); waiting.length > 0; dismissTheLate()) {
				const turnMs = Math.min(...waiting.map(({ urgency }) => nextTurnMs(urgency)));
				// Also without a need to wait: a stop is noticed only by sleeping.
				await sleep(Math.max(0, turnMs - clock.nowMs()));
				const next = nextWaiting();
				// What came or was answered meanwhile may have changed whose turn it is, or when.
				if (next === undefined || clock.nowMs() < nextTurnMs(next.urgency)) continue;
				waiting.splice(waiting.indexOf(next), 1);
				sentMs.push(clock.nowMs());
				if (sentMs.length > MOST_REQUESTS) sentMs.shift();
				if (next.urgency === 'look') lookedMs = clock.nowMs();
				next.resolve(true);
			}
		} catch (stopped) {
			for (const one of waiting.splice(0)) one.reject(stopped);
		} finally {
			isServing = false;
		}
	};

	return {
		async turn(urgency, budgetMs) {
			return await new Promise<boolean>((resolve, reject) => {
				waiting.push({ urgency, deadlineMs: clock.nowMs() + budgetMs, resolve, reject });
				if (isServing) {
					dismissTheLate();
					if (urgency === 'work') wakeUp();
				} else {
					isServing = true;
					void serve();
				}
			});
		},
		answered(requestMs) {
			// What was sent before the pace was slowed says nothing about the new one.
			if (requestMs < slowedMs) return;
			intervalMs = Math.max(SHORTEST_INTERVAL_MS, intervalMs * FASTER);
			restMs = FIRST_REST_MS;
		},
		tooManyRequests(requestMs, askedMs) {
			const nowMs = clock.nowMs();
			const rest = (ms: number) => {
				restUntilMs = Math.max(restUntilMs, nowMs + Math.min(LONGEST_REST_MS, ms));
			};
			if (askedMs !== undefined) rest(askedMs);
			// Several requests that were on their way at once have met the same trouble.
			if (requestMs < slowedMs) return;
			slowedMs = nowMs;
			intervalMs = Math.min(LONGEST_INTERVAL_MS, intervalMs * SLOWER);
			if (askedMs !== undefined) return;
			rest(restMs);
			restMs = Math.min(LONGEST_UNASKED_REST_MS, restMs * 2);
		},
	};
}
