/** The items that wait for a video right now, in all executions that share the count. */
export interface WaitingItems {
	count(): number;
	/** Counts one more; the returned function, called once, takes it away again. */
	enter(): () => void;
}

/** Makes a count that starts with nobody. */
export function createWaitingItems(): WaitingItems {
	let count = 0;
	return {
		count: () => count,
		enter() {
			count++;
			return () => {
				count--;
			};
		},
	};
}
