/**
 * What went wrong with one item, in words for the person who built the workflow. It becomes an
 * n8n error, or the row of an item that failed, only at the node's border.
 */
export interface FailureDetails {
	/**
	 * `input`: refused before anything was sent. `api`: the API, the network or the task said no.
	 * `timeout`: the wait ended first.
	 */
	kind: 'input' | 'api' | 'timeout';
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
	/** The HTTP status of the answer, as text, as n8n's own errors carry it. */
	httpCode?: string;
	/** Whether it was only the time that ran out, so that 'On Timeout' applies. */
	timedOut?: boolean;
}

/** The one error that the code behind the node's border throws. */
export class EvolinkFailure extends Error {
	constructor(readonly details: FailureDetails) {
		super(details.message);
		this.name = 'EvolinkFailure';
	}
}

/** Returns the failure of a parameter or picture that was refused before anything was sent. */
export function inputFailure(message: string, description: string): EvolinkFailure {
	return new EvolinkFailure({ kind: 'input', message, description });
}
