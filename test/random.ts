import fc from 'fast-check';

/** Whether generated tests run at full length and with a new seed each time: `npm run test:full`. */
export const IS_FULL = process.env.EVOLINK_TESTS === 'full';

/** Generated tests are short and the same each time, unless they are to find something new. */
if (!IS_FULL) fc.configureGlobal({ seed: 1 });

/** How often a property is tried, at full length or in a tenth of it. */
export function runs(fullLength: number): { numRuns: number } {
	return { numRuns: IS_FULL ? fullLength : Math.ceil(fullLength / 10) };
}
