import type { EvolinkResult } from './evolink-workflow';

/** Words that belong to programs and not into a message for the person who built a workflow. */
const NOT_PLAIN = /undefined|\[object|NaN|Cannot read|is not a function|Could not get parameter/;

/** What a refusal must be about. */
export interface ExpectedRefusal {
	itemIndex: number;
	/** Found in the message. */
	message: string | RegExp;
	/** Found in the description; without it, any description will do. */
	description?: string | RegExp;
}

function expectPlainWords(text: unknown): void {
	expect(typeof text).toBe('string');
	expect(String(text).trim()).not.toBe('');
	// What is quoted is the user's own.
	expect(String(text).replace(/"[^"]*"/g, '')).not.toMatch(NOT_PLAIN);
}

/** Expects that the node refused the input of one item, in plain words, and put nothing out. */
export function expectRefusal(result: EvolinkResult, expected: ExpectedRefusal): void {
	const { error, rows, errorRows, run } = result;
	expect(error?.message).toMatch(expected.message);
	expect(error).toMatchObject({
		name: 'NodeOperationError',
		context: { itemIndex: expected.itemIndex },
	});
	expectPlainWords(error?.message);
	expectPlainWords(error?.description);
	if (expected.description !== undefined) {
		expect(error?.description).toMatch(expected.description);
	}
	expect(rows).toEqual([]);
	expect(errorRows).toEqual([]);
	expect(run.status).toBe('error');
}

/** Expects that a row says of its item, and of nothing else, that its input was refused. */
export function expectRefusedRow(
	row: EvolinkResult['rows'][number],
	expected: ExpectedRefusal,
): void {
	expect(row.json).toEqual({
		error: { message: expect.any(String), description: expect.any(String) },
	});
	const { message, description } = Object(row.json.error);
	expect(message).toMatch(expected.message);
	expectPlainWords(message);
	expectPlainWords(description);
	expect(row.binary).toBeUndefined();
	expect(row.pairedItem).toEqual({ item: expected.itemIndex });
}
