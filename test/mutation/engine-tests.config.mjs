import { BORDER_FILES } from './border-files.mjs';
import { strykerOptions } from './options.mjs';

/**
 * What only means something inside of n8n. It has no threshold of its own, since many tests in n8n
 * cannot take part; `scores.ts` holds the sum of both runs against it.
 */
export default strykerOptions({
	name: 'engine-tests',
	timeoutMS: 10_000,
	breakBelowPercent: null,
	mutate: BORDER_FILES,
});
