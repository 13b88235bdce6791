import { useEvolink as startEvolink } from '../engine/evolink-workflow';
import type { EvolinkBench } from '../engine/evolink-workflow';

export * from '../engine/evolink-workflow';

let bench: EvolinkBench | undefined;

/**
 * Takes the place of the function of this name for files that come together in one suite: n8n's
 * engine takes longer to load than their tests to run, and can be started only once.
 */
export function useEvolink(): EvolinkBench {
	bench ??= startEvolink();
	return bench;
}
