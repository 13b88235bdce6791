import type { Fault, FaultAction, FaultTarget } from '../../sandbox';

/** What the node asks again for when it goes wrong. */
export type RepeatedTarget = Extract<FaultTarget, 'read' | 'upload' | 'media'>;

/** A fault and how many percent of all requests it hits. */
interface FaultShare {
	percent: number;
	fault: FaultAction;
}

/** How many percent of all reads, uploads and downloads go wrong. */
export const FAULTY_PERCENT = 20;

const status = (code: number, more: object = {}): FaultAction => ({
	kind: 'status',
	status: code,
	...more,
});

/** Answers that say that it may work later; each in the forms in which servers and proxies say it. */
const TEMPORARY_STATUSES: readonly FaultShare[] = [
	{ percent: 1, fault: status(408, { empty: true }) },
	{ percent: 1, fault: status(429) },
	{ percent: 1, fault: status(429, { retryAfter: 1 }) },
	{ percent: 2, fault: status(500, { format: 'string' }) },
	{ percent: 2, fault: status(502, { html: true }) },
	{ percent: 1, fault: status(503, { retryAfter: 2 }) },
	{ percent: 2, fault: status(504, { html: true }) },
];

/**
 * Every fault of the sandbox that passes, by what it hits. Not among them, since no repetition could
 * help or nobody could notice: a redirect of a request with the key, other answers from 400 to 499,
 * a file that is cut off and says that this is all (`truncated-media` with `honest`), and a file
 * that comes in a byte at a time for ever (`trickle` on `media`), which is a slow line to the client
 * until the item's own timeout.
 *
 * What costs its whole time-out has a small share: 30 s for a read and for a download. An upload
 * may take 180 s, so of those it has none, see {@link ONCE_AT_THE_START}.
 */
const PASSING_FAULTS: Readonly<Record<RepeatedTarget, readonly FaultShare[]>> = {
	read: [
		...TEMPORARY_STATUSES,
		{ percent: 2.2, fault: { kind: 'reset-before-acceptance' } },
		{ percent: 1, fault: { kind: 'html' } },
		{ percent: 1, fault: { kind: 'html', status: 503 } },
		{ percent: 1.5, fault: { kind: 'empty' } },
		{ percent: 1.5, fault: { kind: 'truncated-json' } },
		{ percent: 1, fault: { kind: 'garbage', body: '[[[', contentType: 'text/plain' } },
		{ percent: 1, fault: { kind: 'garbage', body: '{"id":7,"status":[]}' } },
		{ percent: 0.2, fault: { kind: 'stall' } },
		{ percent: 0.4, fault: { kind: 'stall', seconds: 2 } },
		{ percent: 0.2, fault: { kind: 'trickle' } },
	],
	upload: [
		...TEMPORARY_STATUSES,
		{ percent: 1, fault: { kind: 'reset-before-acceptance' } },
		{ percent: 1.5, fault: { kind: 'reset-after-acceptance' } },
		{ percent: 1, fault: status(503, { afterAcceptance: true }) },
		{ percent: 1, fault: { kind: 'html' } },
		{ percent: 1, fault: { kind: 'empty', afterAcceptance: true } },
		{ percent: 1.5, fault: { kind: 'truncated-json', afterAcceptance: true } },
		{ percent: 1, fault: { kind: 'garbage', body: '{"success":true,"data":7}' } },
		{ percent: 1, fault: { kind: 'garbage', body: '{"success":false,"code":503,"msg":"busy"}' } },
		{ percent: 1, fault: { kind: 'stall', seconds: 2 } },
	],
	media: [
		...TEMPORARY_STATUSES,
		{ percent: 3, fault: { kind: 'reset-before-acceptance' } },
		{ percent: 4, fault: { kind: 'truncated-media' } },
		{ percent: 0.7, fault: { kind: 'truncated-media', bytes: 1 } },
		{ percent: 0.3, fault: { kind: 'stalled-media' } },
		{ percent: 0.2, fault: { kind: 'stall' } },
		{ percent: 0.5, fault: { kind: 'stall', seconds: 2 } },
		// The same file under another address, which is asked for at once.
		{ percent: 0.5, fault: { kind: 'redirect', location: '?moved' } },
		// The third page instead of one and the same file is taken for what the link shows for good, so
		// these are too rare to come three times for one video.
		{ percent: 0.2, fault: { kind: 'html' } },
		{ percent: 0.2, fault: { kind: 'empty' } },
		{ percent: 0.2, fault: { kind: 'truncated-json' } },
		{ percent: 0.2, fault: { kind: 'garbage', body: 'Sorry.', contentType: 'text/plain' } },
	],
};

/** Uploads that are never answered: each costs one item three minutes. */
const ONCE_AT_THE_START: readonly Fault[] = [
	{ on: 'upload', fault: { kind: 'stall' } },
	{ on: 'upload', fault: { kind: 'trickle' } },
];

const TARGETS: readonly RepeatedTarget[] = ['read', 'upload', 'media'];

/**
 * Every passing fault once, for certain: the first requests of each kind meet one after the other.
 *
 * @param isFull whether also those that cost minutes
 */
export function eachFaultOnce(isFull: boolean): Fault[] {
	const once = TARGETS.flatMap((on) =>
		PASSING_FAULTS[on].map(({ fault }): Fault => ({ on, fault })),
	);
	return isFull ? [...ONCE_AT_THE_START, ...once] : once;
}

/**
 * Faults that together hit {@link FAULTY_PERCENT} percent of the reads, and as many of the uploads
 * and of the downloads.
 *
 * @param firstSeed start of the number sequences, so that a run can be repeated
 */
export function faultsByChance(firstSeed: number): Fault[] {
	let seed = firstSeed;
	return TARGETS.flatMap((on) => {
		let percentBefore = 0;
		const faults = PASSING_FAULTS[on].map(({ percent, fault }): Fault => {
			// A request comes to this fault only if those before it in the queue have let it pass.
			const probability = percent / (100 - percentBefore);
			percentBefore += percent;
			return { on, times: Infinity, probability, seed: seed++, fault };
		});
		if (Math.abs(percentBefore - FAULTY_PERCENT) > 1e-6) {
			throw new Error(`The faults on ${on} make up ${percentBefore} percent`);
		}
		return faults;
	});
}

/** Every request is answered with 429, of whatever kind it is. */
export function rateLimitForAll(retryAfter: string | number | undefined): Fault[] {
	const targets: FaultTarget[] = ['submit', ...TARGETS];
	return targets.map((on) => ({
		on,
		times: Infinity,
		fault: status(429, retryAfter === undefined ? {} : { retryAfter }),
	}));
}
