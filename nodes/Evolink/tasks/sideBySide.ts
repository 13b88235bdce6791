/**
 * Runs one piece of work for each index from 0 to `count - 1`, at most `maxConcurrent` at a time,
 * in the order of the indexes. Resolves when all that was begun has ended; the work itself must
 * not throw.
 *
 * @param goesOn asked before each piece; once it says no, no further piece is begun
 */
export async function runSideBySide(
	count: number,
	maxConcurrent: number,
	work: (index: number) => Promise<void>,
	goesOn: () => boolean,
): Promise<void> {
	let nextIndex = 0;
	const lane = async () => {
		while (nextIndex < count && goesOn()) await work(nextIndex++);
	};
	await Promise.all(Array.from({ length: Math.min(count, maxConcurrent) }, lane));
}
