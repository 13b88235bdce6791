import type { NodeExecutionHint } from 'n8n-workflow';

/** Collects advice of all items, so that the same sentence is shown once. */
export interface AdviceHints {
	add(itemIndex: number, advice: string): void;
	all(): NodeExecutionHint[];
}

/**
 * Makes the collection for one execution.
 *
 * @param itemCount with more than one item, each hint names those it is about
 */
export function adviceHints(itemCount: number): AdviceHints {
	const itemsByAdvice = new Map<string, number[]>();
	return {
		add(itemIndex, advice) {
			itemsByAdvice.set(advice, [...(itemsByAdvice.get(advice) ?? []), itemIndex]);
		},
		all: () =>
			[...itemsByAdvice].map(([advice, items]) => ({
				message: itemCount === 1 ? advice : `${advice} (${itemWords(items)})`,
				location: 'outputPane',
				type: 'info',
			})),
	};
}

/** n8n counts items from 0 wherever it shows them. */
function itemWords(items: number[]): string {
	return `${items.length === 1 ? 'item' : 'items'} ${items.join(', ')}`;
}
