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
						const waiting = settingsOf(previous, evolink, run, nodeSettings);
						return await evolink.retry(waiting, { sandbox, ...run });
					},
					wake: async (previous, run) => await evolink.wake(previous, { sandbox, ...run }),
				});
			} finally {
				await sandbox.close();
			}
		});
	};
}

/** The failed execution, whose waiting nodes n8n gives the settings that they have now. */
function settingsOf(
	previous: EvolinkResult,
	evolink: EvolinkBench,
	run: EvolinkRun,
	nodeSettings: 'original' | 'current',
): EvolinkResult {
	if (nodeSettings === 'original') return previous;
	const copy = { ...previous, run: structuredClone(previous.run) };
	const { nodes } = evolink.workflow(run);
	for (const waiting of copy.run.data.executionData?.nodeExecutionStack ?? []) {
		const current = nodes.find(({ name }) => name === waiting.node.name);
		// The defaults that n8n has filled in stay where nothing else is said.
		const parameters = { ...waiting.node.parameters, ...current?.parameters };
		waiting.node = { ...(current ?? waiting.node), parameters };
	}
	return copy;
}
