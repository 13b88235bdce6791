import { fullFormats } from 'ajv-formats/dist/formats';
import fc from 'fast-check';

import { EvolinkFailure } from '../../../nodes/Evolink/evolink/failure';
import { checkImageUrl } from '../../../nodes/Evolink/evolink/videoRequest';
import { expectPlainWords, failureOf } from './failure-of';

/** Whether a strict API that demands `format: uri` takes the text. */
function isUri(text: string): boolean {
	const format = fullFormats.uri;
	if (typeof format !== 'function') throw new Error('The format uri is no function any more');
	return format(text);
}

function sentAs(text: string): string {
	const link = checkImageUrl(text);
	expect({ link, isUri: isUri(link) }).toEqual({ link, isUri: true });
	return link;
}

describe('a link to a picture', () => {
	it.each([
		'http://example.com/cat.jpg',
		'https://example.com/cat.jpg',
		'https://example.com:8443/a/b.png?size=1&x=%20#top',
		'http://127.0.0.1:3000/cat.webp',
		'http://[2001:db8::1]:8080/cat.jpg',
		'https://user:secret@example.com/cat.jpg',
		'https://user@example.com/cat.jpg',
		"https://example.com/a'b(c)*d!e$f,g;h=i@j~k",
	])('is sent as it is: %s', (link) => {
		expect(sentAs(link)).toBe(link);
	});

	it.each([
		['HTTPS://EXAMPLE.com/Cat.jpg', 'https://example.com/Cat.jpg'],
		['  https://example.com/cat.jpg\n', 'https://example.com/cat.jpg'],
		['https://example.com', 'https://example.com/'],
		['https://example.com/my cat.jpg', 'https://example.com/my%20cat.jpg'],
		['https://example.com/Kätzchen.jpg', 'https://example.com/K%C3%A4tzchen.jpg'],
		[
			'https://example.com/猫.jpg?q=猫#猫',
			'https://example.com/%E7%8C%AB.jpg?q=%E7%8C%AB#%E7%8C%AB',
		],
		['https://münchen.example/cat.jpg', 'https://xn--mnchen-3ya.example/cat.jpg'],
		['https://example.com/a|b^c"d{e}f`g', 'https://example.com/a%7Cb%5Ec%22d%7Be%7Df%60g'],
		['https://example.com/a[1].jpg?b[]=2', 'https://example.com/a%5B1%5D.jpg?b%5B%5D=2'],
		['https://example.com/?a|b^c"d{e}f`g', 'https://example.com/?a%7Cb%5Ec%22d%7Be%7Df%60g'],
		['https://example.com/a#b#c', 'https://example.com/a#b%23c'],
		['https://example.com/100%.jpg', 'https://example.com/100%25.jpg'],
		['https://example.com/%zz%2', 'https://example.com/%25zz%252'],
		['https://example.com/already%20encoded', 'https://example.com/already%20encoded'],
		['https://50%@example.com/a', 'https://50%25@example.com/a'],
		['https://:secret@example.com/a', 'https://:secret@example.com/a'],
		['https://us er:pa|ss@example.com/a', 'https://us%20er:pa%7Css@example.com/a'],
		['https://example.com/a\\b', 'https://example.com/a/b'],
	])('is sent percent-encoded where a URI demands it: %j', (text, link) => {
		expect(sentAs(text)).toBe(link);
	});

	it('does not change any more once it was checked', () => {
		fc.assert(
			fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (link) => {
				const once = sentAs(link);
				expect(sentAs(once)).toBe(once);
			}),
		);
	});

	it.each([
		'',
		'   ',
		'cat.jpg',
		'/cat.jpg',
		'//example.com/cat.jpg',
		'www.example.com/cat.jpg',
		'ftp://example.com/cat.jpg',
		'file:///etc/passwd',
		'javascript:alert(1)',
		'data:image/png;base64,iVBORw0KGgo=',
		'blob:https://example.com/1',
		'mailto:cat@example.com',
		'http://',
		'https://exa mple.com/cat.jpg',
		'https://exa{m}ple.com/cat.jpg',
		'https://exa"mple.com/cat.jpg',
		'https://exa%mple.com/cat.jpg',
		'https://example.com:99999/cat.jpg',
		'https://[::1/cat.jpg',
		'<img src="https://example.com/cat.jpg">',
	])('is refused when it is no web address: %j', (text) => {
		const details = failureOf(() => checkImageUrl(text));
		expect(details.kind).toBe('input');
		expectPlainWords(details);
		expect(details.message).toContain("'Image URL'");
		expect(details.description).toContain("'Image Source'");
	});

	it('that is empty is called empty', () => {
		expect(failureOf(() => checkImageUrl(' ')).message).toBe("'Image URL' is empty");
		expect(failureOf(() => checkImageUrl('cat.jpg')).message).toBe(
			"'Image URL' is not a link that starts with http:// or https://",
		);
	});

	const anyText = fc.oneof(
		fc.string({ unit: 'binary' }),
		fc.string({ unit: 'grapheme' }).map((text) => `https://example.com/${text}`),
		fc.string({ unit: 'grapheme-ascii' }).map((text) => `http://${text}`),
		fc
			.array(fc.constantFrom('%', '#', '?', '[', ']', '@', ':', '/', '\\', '|', 'a', '4', '\ud800'))
			.map((parts) => `https://example.com/${parts.join('')}`),
		fc
			.array(fc.constantFrom('%', '4', '1', '[', ']', ':', '|', 'a', "'", '^', '"'))
			.map((parts) => `https://${parts.join('')}@example.com/`),
		fc
			.array(fc.constantFrom('%', '4', '1', '[', ']', ':', '.', 'x', '*', '~', '_', '{', '`'))
			.map((parts) => `https://${parts.join('')}/`),
	);

	it('is either refused in words for the user, or a URI for the strictest reader', () => {
		fc.assert(
			fc.property(anyText, (text) => {
				let link: string;
				try {
					link = checkImageUrl(text);
				} catch (error) {
					expect(error).toBeInstanceOf(EvolinkFailure);
					return;
				}
				expect({ text, link, isUri: isUri(link) }).toEqual({ text, link, isUri: true });
				expect(link).toMatch(/^https?:\/\//);
			}),
			{ numRuns: 3_000 },
		);
	});
});
