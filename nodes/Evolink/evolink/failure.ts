/**
 * What went wrong with one item, in words for the person who built the workflow. It becomes an
 * n8n error, or the row of an item that failed, only at the node's border, where the way on to a
 * paid task is added.
 */
export interface FailureDetails {
	/**
	 * `input`: refused before anything was sent. `api`: the API, the network or the task said no.
	 * `timeout`: the wait ended first. `internal`: an error of the node itself.
	 */
	kind: 'input' | 'api' | 'timeout' | 'internal';
	/** One sentence that says what happened. */
	message: string;
	/** What to do next. */
	description: string;
	/** The paid task that this is about, once there is one. */
	taskId?: string;
	/** The task's last known status. */
	status?: string;
	/** Why the task failed, as the API names it. */
	failureCode?: string;
	/** The HTTP status of the response, as text, as n8n's own errors carry it. */
	httpCode?: string;
	/** Whether the API itself has said so, and not something in between. */
	isByApi?: true;
	/** Whether it was only the time that ran out, so that 'On Timeout' applies. */
	timedOut?: boolean;
	/** Whether a video may have been started, and paid for, though it is not certain. */
	mayBePaid?: boolean;
}

/** The one error that the code behind the node's border throws on purpose. */
export class EvolinkFailure extends Error {
	constructor(
		readonly details: FailureDetails,
		cause?: unknown,
	) {
		super(details.message, cause === undefined ? undefined : { cause });
		this.name = 'EvolinkFailure';
	}
}

/** Returns the failure of a field or image that was refused before anything was sent. */
export function inputFailure(message: string, description: string): EvolinkFailure {
	return new EvolinkFailure({ kind: 'input', message, description });
}

const LONGEST_WORDS_CHARACTERS = 500;

/** Codes, fields and values are names: a longer one is none, and would bury the rest. */
const LONGEST_NAME_CHARACTERS = 100;

function shortened(value: unknown, longestCharacters: number): string {
	const isQuotable = typeof value === 'string' || typeof value === 'number';
	const text = isQuotable ? String(value).replace(/\s+/g, ' ').trim() : '';
	if (text.length <= longestCharacters) return text;
	// Half of a character that takes two places, such as an emoji, is not left at the end.
	return `${text.slice(0, longestCharacters).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** Returns a text or number as words for a message: one line, at most 500 characters; else ''. */
export function quotedWords(value: unknown): string {
	return shortened(value, LONGEST_WORDS_CHARACTERS);
}

/** Returns a name, code or value for a message: one line, at most 100 characters; else ''. */
export function quotedName(value: unknown): string {
	return shortened(value, LONGEST_NAME_CHARACTERS);
}
