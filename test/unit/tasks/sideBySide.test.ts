import fc from 'fast-check';

import { runSideBySide } from '../../../nodes/Evolink/tasks/sideBySide';

/** Work whose pieces end when the test says so. */
function handWork() {
	const begun: number[] = [];
	const ends = new Map<number, () => void>();
	return {
		begun,
		async work(index: number) {
			begun.push(index);
			await new Promise<void>((resolve) => ends.set(index, resolve));
		},
		/** Ends one piece, and lets all that follows from it happen. */
		async end(index: number) {
			ends.get(index)?.();
			for (let turn = 0; turn < 10; turn++) await Promise.resolve();
		},
	};
}

describe('items side by side', () => {
	it('are begun in order, as many as allowed, and the next one when one has ended', async () => {
		const { begun, work, end } = handWork();
		let hasEnded = false;
		const all = runSideBySide(5, 2, work, () => true).then(() => {
			hasEnded = true;
		});
		expect(begun).toEqual([0, 1]);
		await end(1);
		expect(begun).toEqual([0, 1, 2]);
		await end(2);
		await end(0);
		expect(begun).toEqual([0, 1, 2, 3, 4]);
		await end(4);
		expect(hasEnded).toBe(false);
		await end(3);
		await all;
		expect(hasEnded).toBe(true);
	});

	it('are begun one after another when only one may be in work', async () => {
		const { begun, work, end } = handWork();
		const all = runSideBySide(3, 1, work, () => true);
		for (const index of [0, 1, 2]) {
			expect(begun).toHaveLength(index + 1);
			await end(index);
		}
		await all;
	});

	it('are not begun any more once somebody says no, and those in work end', async () => {
		const { begun, work, end } = handWork();
		let goesOn = true;
		let hasEnded = false;
		const all = runSideBySide(5, 2, work, () => goesOn).then(() => {
			hasEnded = true;
		});
		goesOn = false;
		await end(0);
		expect(begun).toEqual([0, 1]);
		expect(hasEnded).toBe(false);
		await end(1);
		await all;
		expect(begun).toEqual([0, 1]);
	});

	it('are not begun at all after an early no, or when there are none', async () => {
		const { begun, work } = handWork();
		await runSideBySide(3, 2, work, () => false);
		await runSideBySide(0, 2, work, () => true);
		expect(begun).toEqual([]);
	});

	it('all get their turn, and never more than allowed at once', async () => {
		const sizes = fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 100 }));
		await fc.assert(
			fc.asyncProperty(
				sizes,
				fc.infiniteStream(fc.integer({ min: 1, max: 5 })),
				async ([count, most], turns) => {
					const done: number[] = [];
					let inWork = 0;
					let mostInWork = 0;
					await runSideBySide(
						count,
						most,
						async (index) => {
							mostInWork = Math.max(mostInWork, ++inWork);
							const { value } = turns.next();
							for (let turn = 0; turn < Number(value); turn++) await Promise.resolve();
							inWork--;
							done.push(index);
						},
						() => true,
					);
					expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
					expect(mostInWork).toBe(Math.min(count, most));
				},
			),
		);
	});
});
