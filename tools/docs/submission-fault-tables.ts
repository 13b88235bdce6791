import { SUBMISSION_FAULTS } from './submission-faults';
import type { RetryEffect, SubmissionFaultCase } from './submission-faults';
import { table } from './markdown-tables';

function firstTryWords({ firstTry, charged }: SubmissionFaultCase): string {
	const { ending, submissions } = firstTry;
	switch (ending.kind) {
		case 'delivered':
			return 'Waits, then sends the request again by itself. The video comes.';
		case 'failed': {
			const effort =
				submissions === 1
					? 'Fails'
					: `Sends the request ${submissions} times, with growing pauses, then fails`;
			return `${effort}: “${ending.message}”`;
		}
		case 'stopped':
			if (ending.isTaskLogged) return "Ends. The task ID stands in n8n's log.";
			return charged.firstTry > 0 ? 'Ends. Nobody has learned the task ID.' : 'Ends.';
	}
}

const RETRY_WORDS: Record<RetryEffect, string> = {
	delivers: 'Sends the request again. The video comes.',
	failsAgain: 'Sends the request again, and fails again.',
	staysOut: 'Sends nothing, and fails with the same words.',
	notNeeded: 'Not needed.',
	none: 'n8n does not retry what you stopped.',
};

function retryWords({ retryOnFail, retryExecution }: SubmissionFaultCase): string {
	if (retryOnFail === retryExecution) return RETRY_WORDS[retryOnFail];
	return `Retry On Fail: ${RETRY_WORDS[retryOnFail]} Retry execution, once the trouble is over: ${RETRY_WORDS[retryExecution]}`;
}

function paidWords({ charged: { firstTry, afterRetry } }: SubmissionFaultCase): string {
	if (firstTry === afterRetry) return String(firstTry);
	const words = `${firstTry}, with a retry ${afterRetry}`;
	return afterRetry > 1 ? `**${words}**` : words;
}

/** The tables of `docs/submission-faults.md` by the name of their place in it. */
export function submissionFaultTables(): Record<string, string> {
	return Object.fromEntries(
		SUBMISSION_FAULTS.map(({ name, cases }) => [
			name,
			table(
				[
					'What goes wrong',
					'What the node does',
					'What a retry does',
					'Videos paid for',
					'For technicians',
				],
				cases.map((one) => [
					one.what,
					firstTryWords(one),
					retryWords(one),
					paidWords(one),
					one.technically,
				]),
			),
		]),
	);
}
