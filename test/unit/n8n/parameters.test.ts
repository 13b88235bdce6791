import fc from 'fast-check';

import { EvolinkFailure } from '../../../nodes/Evolink/evolink/failure';
import { binaryDataOf, fieldsOf } from '../../../nodes/Evolink/n8n/parameters';
import { failureOf } from '../evolink/failure-of';
import { runs } from '../../random';

const field = (value: unknown) => fieldsOf({ value });
const asText = (value: unknown, label: string) => field(value).text('value', label);
const asYesOrNo = (value: unknown, label: string) => field(value).yesOrNo('value', label);
const asList = (value: unknown, label: string) => field(value).list('value', label);
const asNumber = (
	value: unknown,
	label: string,
	range?: { min: number; max?: number; integer?: boolean },
) => field(value).number('value', label, range);

/** Expects a refusal that names the field. */
function expectRefusal(work: () => unknown): void {
	const details = failureOf(work);
	expect(details.kind).toBe('input');
	expect(details.message).toMatch(/^'The Field' must be .+, but it is .+$/);
	expect(details.description).toBe("Correct 'The Field', or the expression that fills it.");
}

describe('a field that holds a text', () => {
	it.each([
		['a cat', 'a cat'],
		[' a cat ', ' a cat '],
		['', ''],
		[42, '42'],
		[undefined, ''],
		[null, ''],
	])('takes %j as %j', (value, text) => {
		expect(asText(value, 'The Field')).toBe(text);
	});

	it.each([[true], [['a cat']], [{ text: 'a cat' }], [Number.NaN], [Number.POSITIVE_INFINITY]])(
		'refuses %j',
		(value) => {
			expectRefusal(() => asText(value, 'The Field'));
		},
	);
});

describe('a value that is refused', () => {
	it('is shown, but not at any length', () => {
		const messageOf = (characters: number) =>
			failureOf(() => asYesOrNo('x'.repeat(characters), 'The Field')).message;
		// The quotes count as well.
		expect(messageOf(98)).toMatch(/ but it is "x{98}"$/);
		expect(messageOf(99)).toMatch(/ but it is "x{99}…$/);
	});
});

describe('a field that holds yes or no', () => {
	it.each([
		[true, true],
		[false, false],
		['true', true],
		['false', false],
		[' True ', true],
		['FALSE', false],
	])('takes %j as %j', (value, yes) => {
		expect(asYesOrNo(value, 'The Field')).toBe(yes);
	});

	it.each([['yes'], [''], [0], [1], [null], [[]], [{}], [['true']]])('refuses %j', (value) => {
		expectRefusal(() => asYesOrNo(value, 'The Field'));
	});
});

describe('a field that holds a number', () => {
	it.each([
		[6, 6],
		['6', 6],
		[' 10 ', 10],
		['1.5', 1.5],
		[-3, -3],
		[0, 0],
	])('takes %j as %d', (value, number) => {
		expect(asNumber(value, 'The Field')).toBe(number);
	});

	it.each([
		[''],
		[' '],
		['six'],
		['6 s'],
		[null],
		[true],
		[[6]],
		[{}],
		[Number.NaN],
		['NaN'],
		['Infinity'],
	])('refuses %j', (value) => {
		expectRefusal(() => asNumber(value, 'The Field'));
	});

	it('keeps to its range, both ends included', () => {
		const range = { min: 1, max: 100, integer: true };
		expect(asNumber(1, 'The Field', range)).toBe(1);
		expect(asNumber('100', 'The Field', range)).toBe(100);
		for (const value of [0, 101, -1, 1.5, '0.999']) {
			expectRefusal(() => asNumber(value, 'The Field', range));
		}
		expect(failureOf(() => asNumber(101, 'Max', range)).message).toContain('between 1 and 100');
		expect(failureOf(() => asNumber(1.5, 'Max', range)).message).toContain('a whole number');
	});

	it('may have no upper end', () => {
		expect(asNumber(1e9, 'The Field', { min: 1 })).toBe(1e9);
		expect(asNumber(1.5, 'The Field', { min: 1 })).toBe(1.5);
		expect(failureOf(() => asNumber(0.9, 'Timeout', { min: 1 })).message).toContain('at least 1');
	});
});

describe('the refusal of a value', () => {
	const messageFor = (value: unknown) => failureOf(() => asYesOrNo(value, 'The Field')).message;

	it.each([
		['yes', '"yes"'],
		[{ a: [1] }, '{"a":[1]}'],
		[Number.NaN, 'NaN'],
		[undefined, 'nothing'],
		[BigInt(5), 'bigint'],
	])('shows it: %p', (value, shown) => {
		expect(messageFor(value)).toBe(`'The Field' must be true or false, but it is ${shown}`);
	});

	it('shows only its beginning when it is long', () => {
		expect(messageFor('x'.repeat(10_000))).toHaveLength(
			"'The Field' must be true or false, but it is ".length + 101,
		);
	});
});

describe('a field that holds a list', () => {
	it.each([
		[[], []],
		[
			['Pan left', 'Zoom in'],
			['Pan left', 'Zoom in'],
		],
		[[' Pan left '], ['Pan left']],
		['Pan left', ['Pan left']],
		['Pan left, Zoom in,', ['Pan left', 'Zoom in']],
		['', []],
		[undefined, []],
		[null, []],
	])('takes %j as %j', (value, list) => {
		expect(asList(value, 'The Field')).toEqual(list);
	});

	it.each([[7], [true], [{}], [[7]], [[['Pan left']]], [['Pan left', null]]])(
		'refuses %j',
		(value) => {
			expectRefusal(() => asList(value, 'The Field'));
		},
	);
});

describe('whatever an expression gives', () => {
	const cycle: unknown[] = [];
	cycle.push(cycle);
	const anything = fc.oneof(
		fc.jsonValue(),
		fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
		fc.constantFrom<unknown>(cycle, { cycle }, Symbol('s'), () => 1, BigInt(5)),
	);

	it.each<[string, (value: unknown) => unknown, string]>([
		['a text', (value) => asText(value, 'The Field'), 'string'],
		['yes or no', (value) => asYesOrNo(value, 'The Field'), 'boolean'],
		['a number', (value) => asNumber(value, 'The Field', { min: 1, max: 9 }), 'number'],
		['a list', (value) => asList(value, 'The Field'), 'object'],
	])('becomes %s, or is refused in words for the user', (_what, convert, type) => {
		fc.assert(
			fc.property(anything, (value) => {
				let converted: unknown;
				try {
					converted = convert(value);
				} catch (error) {
					expect(error).toBeInstanceOf(EvolinkFailure);
					if (error instanceof EvolinkFailure) expect(error.message.length).toBeLessThan(200);
					return;
				}
				expect(typeof converted).toBe(type);
				if (Array.isArray(converted)) {
					expect(converted.every((entry) => typeof entry === 'string')).toBe(true);
				}
			}),
			runs(1_000),
		);
	});
});

describe('a field that holds rows', () => {
	const rowsOf = (value: unknown) =>
		field(value)
			.rows('value', 'steps', 'The Field')
			.map((row) => row.text('cue', 'Cue'));

	it('hands each row out as fields', () => {
		expect(rowsOf({ steps: [{ cue: 'slowly' }, {}] })).toEqual(['slowly', '']);
		for (const nothing of [undefined, null, {}, { steps: null }])
			expect(rowsOf(nothing)).toEqual([]);
	});

	it.each([['text'], [7], [[]], [{ steps: 'text' }], [{ steps: ['text'] }], [{ steps: [null] }]])(
		'refuses %j',
		(value) => expectRefusal(() => rowsOf(value)),
	);
});

describe('a file that came by expression', () => {
	it.each([
		[
			{ mimeType: 'image/png', data: 'base64' },
			{ mimeType: 'image/png', data: 'base64' },
		],
		[
			{ mimeType: 'image/png', id: 'filesystem:1' },
			{ mimeType: 'image/png', id: 'filesystem:1', data: '' },
		],
		[{ mimeType: 'image/png' }, undefined],
		[{ mimeType: 'image/png', data: 7, id: 7 }, undefined],
		[{ mimeType: 7, data: 'base64' }, undefined],
		['data', undefined],
		[null, undefined],
	])('%j is %j', (value, file) => {
		expect(binaryDataOf(value)).toEqual(file);
	});
});
