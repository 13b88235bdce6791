import type { Repeatable } from '../evolink/client';
import { noTurnFailure } from '../evolink/errors';
import type { EvolinkTask } from '../evolink/task';
import type { Services } from './operation';

/**
 * Reads a task's status when its turn has come.
 *
 * @param budgetMs how long both may take; without a turn in that time, nothing is read
 * @throws Stopped when the execution is stopped
 */
export async function readStatus(
	taskId: string,
	budgetMs: number,
	{ client, clock, pace }: Services,
): Promise<Repeatable<EvolinkTask>> {
	const endMs = clock.nowMs() + budgetMs;
	if (await pace.turn('look', budgetMs)) {
		return await client.readTask(taskId, Math.max(1, endMs - clock.nowMs()));
	}
	return { kind: 'tryAgain', failure: noTurnFailure(taskId), reason: 'busy' };
}
