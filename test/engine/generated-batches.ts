/* eslint-disable @n8n/community-nodes/require-node-api-error -- runs beside n8n, never inside it */
import fc from 'fast-check';

/** How a property is tried out on runs that take seconds each. */
export interface Batches<Case, Outcome> {
	cases: fc.Arbitrary<Case>;
	/** How many cases run side by side. */
	atOnce: number;
	batches: number;
	/** Runs one case; `lane` counts from 0 and belongs to no other case at that time. */
	run(one: Case, lane: number): Promise<Outcome>;
	/** Throws when the outcome is not as it must be. */
	judge(outcome: Outcome, one: Case): Promise<void> | void;
	/** The case in words, for the report. */
	describe(one: Case): string;
	/** Told after each batch. */
	afterBatch?(): void;
}

/**
 * Tries a property on generated cases, many side by side.
 *
 * @throws Error with the first case that fails and the seed that makes it again. It is not made
 * smaller: each attempt would take as long as the case itself.
 */
export async function checkInBatches<Case, Outcome>(
	property: Batches<Case, Outcome>,
): Promise<void> {
	const { cases, atOnce, batches, run, judge, describe: words, afterBatch } = property;
	const check = await fc.check(
		fc.asyncProperty(fc.array(cases, { minLength: atOnce, maxLength: atOnce }), async (batch) => {
			const outcomes = await Promise.all(batch.map(run));
			for (const [index, outcome] of outcomes.entries()) {
				try {
					await judge(outcome, batch[index]);
				} catch (cause) {
					throw new Error(`${words(batch[index])}\n\n${String(cause)}`, { cause });
				}
			}
			afterBatch?.();
		}),
		{ numRuns: batches, endOnFailure: true },
	);
	if (!check.failed) return;
	const { seed, counterexamplePath, errorInstance } = check;
	const why = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
	throw new Error(`seed ${seed}, path ${counterexamplePath}: ${why}`);
}
