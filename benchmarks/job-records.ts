import type { RecordedRequest, TaskSnapshot } from '../sandbox';

/** What the server saw of one video. */
export interface JobRecord {
	taskId: string;
	/** From the end of its generation to the arrival of the first request for its file. */
	noticeDelaySeconds: number;
	statusReads: number;
}

/**
 * Works out, from the server's own records, how soon each finished video was noticed.
 *
 * @param tasks every task of the run; it has to be finished
 * @param requests every request of the run
 * @param statusReadsOf how often the status of a task was asked for
 * @throws Error when a video was never fetched, or before it was finished
 */
export function jobRecords(
	tasks: readonly TaskSnapshot[],
	requests: readonly RecordedRequest[],
	statusReadsOf: (task: TaskSnapshot) => number,
): JobRecord[] {
	return tasks.map((task) => {
		const { taskId, createdAtMs, generationSeconds } = task;
		const download = requests.find(
			(request) => request.kind === 'media' && request.taskId === taskId,
		);
		if (download === undefined) throw new Error(`The video of ${taskId} was never fetched`);
		const delayMs = download.receivedAtMs - (createdAtMs + generationSeconds * 1000);
		if (delayMs < 0) throw new Error(`The video of ${taskId} was fetched before it was finished`);
		return { taskId, noticeDelaySeconds: delayMs / 1000, statusReads: statusReadsOf(task) };
	});
}
