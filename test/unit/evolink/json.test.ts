import { parseJson } from '../../../nodes/Evolink/evolink/task';

const listsWithin = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

describe('JSON', () => {
	it.each([
		['0', 0],
		['null', null],
		['""', ''],
		['{"a":[{"b":null}]}', { a: [{ b: null }] }],
	])('is parsed: %s', (text, value) => {
		expect(parseJson(text)).toEqual(value);
	});

	it.each(['', ' ', '{', '<html></html>', "{'a':1}", '{"a":1}{"a":1}', '\ufeff{}', 'undefined'])(
		'is not %j',
		(text) => {
			expect(parseJson(text)).toBeUndefined();
		},
	);

	it('is of use as deep as n8n can store it, and no deeper', () => {
		expect(JSON.stringify(parseJson(listsWithin(100)))).toBe(listsWithin(100));
		for (const text of [
			listsWithin(101),
			listsWithin(100_000),
			`[0,{"a":${listsWithin(99)}}]`,
			`${'{"a":'.repeat(50_000)}0${'}'.repeat(50_000)}`,
		]) {
			expect(parseJson(text)).toBeUndefined();
		}
	});

	it('has every text redacted, however it is spelled', () => {
		const redact = (text: string) => text.replace(/secret/g, '***');
		const text = '{"a":["\\u0073ecret",{"b":"my secret"}],"c":1}';
		expect(parseJson(text, redact)).toEqual({ a: ['***', { b: 'my ***' }], c: 1 });
	});

	it('may be as wide as it likes', () => {
		const wide = JSON.stringify(Array.from({ length: 200_000 }, (_, index) => ({ index })));
		expect(parseJson(wide)).toHaveLength(200_000);
	});
});
