import fc from 'fast-check';

import { EventQueue } from '../../../docs/scaling/event-queue';

function drain(queue: EventQueue<number>): Array<{ at: number; event: number }> {
	const events: Array<{ at: number; event: number }> = [];
	for (let next = queue.next(); next !== undefined; next = queue.next()) {
		events.push({ at: next.at, event: next.event });
	}
	return events;
}

it('gives events out by their times, and those of one time in the order in which they came', () => {
	fc.assert(
		fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
			const queue = new EventQueue<number>();
			times.forEach((at, event) => queue.add(at, event));
			expect(queue.size).toBe(times.length);

			const expected = times
				.map((at, event) => ({ at, event }))
				.sort((a, b) => a.at - b.at || a.event - b.event);
			expect(drain(queue)).toEqual(expected);
			expect(queue.size).toBe(0);
		}),
	);
});

it('takes events also while they are taken out', () => {
	const queue = new EventQueue<number>();
	queue.add(5, 5);
	queue.add(1, 1);
	expect(queue.next()?.event).toBe(1);
	queue.add(3, 3);
	queue.add(9, 9);
	expect(drain(queue).map(({ event }) => event)).toEqual([3, 5, 9]);
});
