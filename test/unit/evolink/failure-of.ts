import { EvolinkFailure } from '../../../nodes/Evolink/evolink/failure';
import type { FailureDetails } from '../../../nodes/Evolink/evolink/failure';

/**
 * Returns what the work tells the user when it refuses.
 *
 * @throws whatever else the work throws, and an error if it throws nothing
 */
export function failureOf(work: () => unknown): FailureDetails {
	try {
		work();
	} catch (error) {
		if (error instanceof EvolinkFailure) return error.details;
		throw error;
	}
	throw new Error('Nothing was refused');
}

/** Words that belong into a log for programmers, not into a message for users. */
const PROGRAMMERS_WORDS =
	/\n\s+at |\bat \w+\.\w+ \(|\.ts:\d|\.js:\d|\bundefined\b|\bNaN\b|\bnull\b|\[object |TypeError|native code|\b(ECONN|ENOT|EAI|ETIME|EPIPE)|\bstack\b/;

/** Expects a message in plain words and a next step, both whole sentences. */
export function expectPlainWords({ message, description }: FailureDetails): void {
	expect(message).not.toMatch(PROGRAMMERS_WORDS);
	expect(description).not.toMatch(PROGRAMMERS_WORDS);
	expect(message).toMatch(/^['A-Z].{10,}/);
	expect(message).not.toMatch(/\.$/);
	expect(description).toMatch(/^["'A-Z].{10,}\.$/s);
	expect(description).not.toMatch(/ {2}|\.\./);
}
