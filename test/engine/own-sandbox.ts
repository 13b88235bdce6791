import { startSandbox } from '../../sandbox';
import type { Sandbox, SandboxOptions } from '../../sandbox';
import type { EvolinkBench, EvolinkResult, EvolinkRun, StartedEvolink } from './evolink-workflow';

/** A sandbox of one test's own, and runs against it. */
export interface OwnSandbox {
	sandbox: Sandbox;
	run(run: EvolinkRun): Promise<EvolinkResult>;
	start(run: EvolinkRun): StartedEvolink;
	/** "Retry execution"; with `current`, by the settings that the workflow has now. */
	retry(
		previous: EvolinkResult,
		run: EvolinkRun,
		nodeSettings?: 'original' | 'current',
	): Promise<EvolinkResult>;
	wake(previous: EvolinkResult, run: EvolinkRun): Promise<EvolinkResult>;
}

/**
 * Returns a stand-in for `test.concurrent` whose tests each have a sandbox to themselves: for tests
 * that spend their time waiting. Nothing that they do may reach beyond their sandbox.
 *
 * @param options videos are finished at once where nothing else is said
 */
export function testsOnOwnSandbox(evolink: EvolinkBench, options: SandboxOptions = {}) {
	return (name: string, body: (own: OwnSandbox) => Promise<void>): void => {
		test.concurrent(name, async () => {
			const sandbox = await startSandbox({ generationSeconds: 0, ...options });
			try {
				await body({
					sandbox,
					run: async (run) => await evolink.run({ sandbox, ...run }),
					start: (run) => evolink.start({ sandbox, ...run }),
					retry: async (previous, run, nodeSettings = 'original') => {
						const failed =
							nodeSettings === 'current' ? withCurrentSettings(previous, run) : previous;
						return await evolink.retry(failed, { sandbox, ...run });
					},
					wake: async (previous, run) => await evolink.wake(previous, { sandbox, ...run }),
				});
			} finally {
				await sandbox.close();
			}
		});
	};
}

/** The failed execution, whose waiting node takes the settings that the workflow has now. */
function withCurrentSettings(previous: EvolinkResult, { parameters, node }: EvolinkRun) {
	const copy = { ...previous, run: structuredClone(previous.run) };
	for (const waiting of copy.run.data.executionData?.nodeExecutionStack ?? []) {
		const { id, name, type, typeVersion, position, credentials } = waiting.node;
		waiting.node = {
			...{ id, name, type, typeVersion, position, credentials },
			// The defaults that n8n has filled in stay where nothing else is said.
			parameters: Object.assign({}, waiting.node.parameters, parameters),
			...node,
		};
	}
	return copy;
}
