/** Things that happen at a time, taken out in the order of their times. */
export class EventQueue<Event> {
	/** A binary heap: each entry is at most as late as the two below it. */
	private readonly heap: Array<{ at: number; order: number; event: Event }> = [];

	private added = 0;

	get size(): number {
		return this.heap.length;
	}

	/** Events of the same time come out in the order in which they were added. */
	add(at: number, event: Event): void {
		this.heap.push({ at, order: this.added++, event });
		let index = this.heap.length - 1;
		while (index > 0) {
			const parent = (index - 1) >> 1;
			if (this.isBefore(parent, index)) break;
			this.swap(parent, index);
			index = parent;
		}
	}

	/** Takes the earliest event out; undefined when there is none. */
	next(): { at: number; event: Event } | undefined {
		const [first] = this.heap;
		const last = this.heap.pop();
		if (first === undefined || last === undefined) return undefined;
		if (this.heap.length > 0) {
			this.heap[0] = last;
			this.sink();
		}
		return first;
	}

	private sink(): void {
		let index = 0;
		for (;;) {
			const children = [2 * index + 1, 2 * index + 2].filter((child) => child < this.heap.length);
			const earliest = children.reduce(
				(best, child) => (this.isBefore(child, best) ? child : best),
				index,
			);
			if (earliest === index) return;
			this.swap(earliest, index);
			index = earliest;
		}
	}

	private isBefore(one: number, other: number): boolean {
		const [a, b] = [this.heap[one], this.heap[other]];
		return a.at < b.at || (a.at === b.at && a.order < b.order);
	}

	private swap(one: number, other: number): void {
		[this.heap[one], this.heap[other]] = [this.heap[other], this.heap[one]];
	}
}
