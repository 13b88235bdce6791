import type { Pace } from '../tasks/pace';
import type { ResultLinks } from './resultFile';
import { retryAfterMs } from './retryAfter';
import type { ApiTransport } from './transport';

const TOO_MANY_REQUESTS = 429;

/**
 * Returns a transport that tells the pace how its requests fared. The turn is taken by whoever
 * sends, because a submission has something to note between its turn and its request.
 *
 * @param nowMs the time now, in milliseconds since 1970
 */
export function reportingTransport(
	transport: ApiTransport,
	pace: Pace,
	nowMs: () => number,
): ApiTransport {
	return {
		async send(request) {
			const sentMs = nowMs();
			const outcome = await transport.send(request);
			if (outcome.kind !== 'answer') return outcome;
			if (outcome.status === TOO_MANY_REQUESTS) {
				pace.tooManyRequests(sentMs, retryAfterMs(outcome.headers['retry-after'], nowMs()));
			} else {
				pace.answered(sentMs);
			}
			return outcome;
		},
	};
}

/**
 * Returns links that are opened when their turn has come. They lie on other hosts than the API:
 * "too many requests" slows everyone down, but only the item itself heeds how long such a host
 * asks to be left alone.
 *
 * @param nowMs the time now, in milliseconds since 1970
 */
export function pacedLinks<Stored>(
	links: ResultLinks<Stored>,
	pace: Pace,
	nowMs: () => number,
): ResultLinks<Stored> {
	return {
		async open(link, budgetMs) {
			const endMs = nowMs() + budgetMs;
			if (!(await pace.turn('work', budgetMs))) return { kind: 'noAnswer', reason: 'timedOut' };
			const sentMs = nowMs();
			const answer = await links.open(link, Math.max(1, endMs - sentMs));
			if (answer.kind === 'answer' && answer.status === TOO_MANY_REQUESTS) {
				pace.tooManyRequests(sentMs);
			} else if (answer.kind === 'answer') {
				pace.answered(sentMs);
			}
			return answer;
		},
	};
}
