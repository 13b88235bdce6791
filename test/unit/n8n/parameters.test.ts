import { binaryDataOf, fieldsOf } from '../../../nodes/Evolink/n8n/parameters';
import { failureOf } from '../evolink/failure-of';

const field = (value: unknown) => fieldsOf({ value });
const text = (value: unknown) => field(value).text('value', 'The Field');
const yesOrNo = (value: unknown) => field(value).yesOrNo('value', 'The Field');
const list = (value: unknown) => field(value).list('value', 'The Field');
const number = (value: unknown, range?: { min: number; max?: number; integer?: boolean }) =>
	field(value).number('value', 'The Field', range);

/** Expects a refusal that names the field, and returns its message. */
function refusalOf(work: () => unknown): string {
	const { kind, message, description } = failureOf(work);
	expect(kind).toBe('input');
	expect(message).toMatch(/^'The Field' must be .+, but it is .+$/s);
	expect(description).toBe("Correct 'The Field', or the expression that fills it.");
	return message;
}

it.each([
	['text', 'a cat', 'a cat', text],
	['text', ' a cat ', ' a cat ', text],
	['text', 42, '42', text],
	['text', undefined, '', text],
	['text', null, '', text],
	['yes or no', true, true, yesOrNo],
	['yes or no', false, false, yesOrNo],
	['yes or no', ' True ', true, yesOrNo],
	['yes or no', 'FALSE', false, yesOrNo],
	['number', 6, 6, number],
	['number', ' 10 ', 10, number],
	['number', '1.5', 1.5, number],
	['number', -3, -3, number],
	['list', [' Pan left ', 'Zoom in'], ['Pan left', 'Zoom in'], list],
	['list', 'Pan left, Zoom in,', ['Pan left', 'Zoom in'], list],
	['list', '', [], list],
	['list', null, [], list],
] as const)('a field of %s takes %j as %j', (_what, value, taken, read) => {
	expect(read(value)).toEqual(taken);
});

it.each([
	'A video of [object Object]',
	'[object Array]',
	'https://example.com/%5Bobject%20Object%5D.jpg',
	'https://example.com/?image=[object+Object]',
])('a field of text refuses an object that became text: %j', (value) => {
	expect(refusalOf(() => text(value))).toContain('text without an object in it');
	expect(text('https://example.com/object%20Object.jpg')).toMatch(/^https/);
});

const cycle: unknown[] = [];
cycle.push(cycle);

it.each<[string, (value: unknown) => unknown, unknown[]]>([
	['text', text, [true, ['a cat'], { text: 'a cat' }, Number.NaN, Infinity, Symbol('s'), cycle]],
	['yes or no', yesOrNo, ['yes', '', 0, 1, null, [], {}, ['true'], undefined, BigInt(5)]],
	['number', number, ['', ' ', 'six', '6 s', null, true, [6], {}, NaN, 'NaN', 'Infinity']],
	['list', list, [7, true, {}, [7], [['Pan left']], ['Pan left', null], () => 1]],
])(
	'a field of %s refuses whatever else an expression gives, and names itself',
	(_what, read, wrong) => {
		for (const value of wrong) refusalOf(() => read(value));
	},
);

describe('a number', () => {
	it('keeps to its range, both ends included', () => {
		const range = { min: 1, max: 100, integer: true };
		expect(number(1, range)).toBe(1);
		expect(number('100', range)).toBe(100);
		expect(number(1.5, { min: 1 })).toBe(1.5);
		expect(refusalOf(() => number(0, range))).toContain('between 1 and 100');
		expect(refusalOf(() => number(101, range))).toContain('between 1 and 100');
		expect(refusalOf(() => number(1.5, range))).toContain('a whole number');
		expect(refusalOf(() => number(0.9, { min: 1 }))).toContain('at least 1');
	});
});

describe('a value that is refused', () => {
	it.each([
		['yes', '"yes"'],
		[{ a: [1] }, '{"a":[1]}'],
		[Number.NaN, 'NaN'],
		[undefined, 'nothing'],
		[BigInt(5), 'bigint'],
		['x'.repeat(98), `"${'x'.repeat(98)}"`],
		['x'.repeat(99), `"${'x'.repeat(99)}…`],
	])('is shown, but not at any length (%#)', (value, shown) => {
		expect(refusalOf(() => yesOrNo(value))).toBe(
			`'The Field' must be true or false, but it is ${shown}`,
		);
	});
});

describe('rows of a collection', () => {
	const cues = (value: unknown) =>
		field(value)
			.rows('value', 'steps', 'The Field')
			.map((row) => row.text('cue', 'Cue'));

	it('are fields each, and refused where they are none', () => {
		expect(cues({ steps: [{ cue: 'slowly' }, {}] })).toEqual(['slowly', '']);
		for (const none of [undefined, null, {}, { steps: null }]) expect(cues(none)).toEqual([]);
		for (const wrong of [
			'text',
			7,
			[],
			{ steps: 'text' },
			{ steps: ['text'] },
			{ steps: [null] },
		]) {
			refusalOf(() => cues(wrong));
		}
	});
});

it.each([
	[{ mimeType: 'image/png', data: 'base64' }, 'base64'],
	// As n8n hands out a file that it keeps outside of memory.
	[{ mimeType: 'image/png', id: 'filesystem:1' }, ''],
	[{ mimeType: 'image/png' }, undefined],
	[{ mimeType: 'image/png', data: 7, id: 7 }, undefined],
	[{ mimeType: 7, data: 'base64' }, undefined],
	['data', undefined],
	[null, undefined],
])('the file that an expression gave is told from what is none: %j', (value, data) => {
	expect(binaryDataOf(value)?.data).toBe(data);
});
