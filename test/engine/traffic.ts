import type { BillEntry, RecordedRequest, Sandbox } from '../../sandbox';

/** What a sandbox has seen of the videos with one prompt. */
export interface Traffic {
	submissions: RecordedRequest[];
	reads: RecordedRequest[];
	downloads: RecordedRequest[];
	/** One for each video that somebody pays for. */
	charges: BillEntry[];
	taskIds: string[];
}

/** The field of a recorded JSON body, or undefined. */
export function bodyField(request: RecordedRequest, name: string): unknown {
	return typeof request.body === 'object' && request.body !== null
		? Reflect.get(request.body, name)
		: undefined;
}

/** The Idempotency-Key that a request carried. */
export function idempotencyKeyOf(request: RecordedRequest): unknown {
	return request.headers['idempotency-key'];
}

/** Picks out of a sandbox's records what is about the videos with this prompt. */
export function trafficOf(sandbox: Sandbox, prompt: string): Traffic {
	const taskIds = sandbox
		.tasks()
		.filter((task) => task.prompt === prompt)
		.map(({ taskId }) => taskId);
	const about = (kind: 'read' | 'media') =>
		sandbox
			.requestsOf(kind)
			.filter(({ taskId }) => taskId !== undefined && taskIds.includes(taskId));
	return {
		submissions: sandbox
			.requestsOf('submit')
			.filter((request) => bodyField(request, 'prompt') === prompt),
		reads: about('read'),
		downloads: about('media'),
		charges: sandbox.bill.filter((entry) => entry.prompt === prompt),
		taskIds,
	};
}
