import { mediaTypeOf, uploadFileName } from '../../../nodes/Evolink/evolink/image';
import { refusalOf, takenAs, wholePng } from './image-verdict';

const TWENTY_MB = 20 * 1024 * 1024;

describe('the limits of an image', () => {
	it.each([
		[301, 301],
		[302, 755],
		[755, 302],
		[400, 1000],
		[1000, 400],
	])('allow %d × %d pixels', (widthPx, heightPx) => {
		expect(takenAs(wholePng(widthPx, heightPx))).toBe('png');
	});

	it('allow 20 MB, to the byte', () => {
		expect(wholePng(640, 480, TWENTY_MB)).toHaveLength(TWENTY_MB);
		expect(takenAs(wholePng(640, 480, TWENTY_MB))).toBe('png');
		expect(refusalOf(wholePng(640, 480, TWENTY_MB + 1)).message).toBe(
			'The image is larger than 20 MB',
		);
	});

	it.each([
		[300, 301],
		[301, 300],
		[1, 1],
		[299, 10_000],
	])('forbid a short side of 300 pixels or less: %d × %d', (widthPx, heightPx) => {
		const { message, description } = refusalOf(wholePng(widthPx, heightPx));
		expect(message).toBe(`The image is too small: ${widthPx} × ${heightPx} pixels`);
		expect(description).toContain('longer than 300 pixels');
	});

	it.each([
		[1001, 400, 'wide'],
		[400, 1001, 'tall'],
		[5_000, 301, 'wide'],
	])('forbid more than 5:2 either way: %d × %d', (widthPx, heightPx, word) => {
		const { message, description } = refusalOf(wholePng(widthPx, heightPx));
		expect(message).toBe(`The image is too ${word}: ${widthPx} × ${heightPx} pixels`);
		expect(description).toContain('between 2:5 and 5:2');
	});
});

it.each([
	['jpeg', 'image/jpeg', 'image.jpg'],
	['png', 'image/png', 'image.png'],
	['webp', 'image/webp', 'image.webp'],
] as const)(
	'an image is uploaded as what it is, whatever it was called: %s',
	(format, type, name) => {
		expect(mediaTypeOf(format)).toBe(type);
		expect(uploadFileName(format)).toBe(name);
	},
);

describe('a file that is no image', () => {
	const text = (words: string) => Buffer.from(words, 'latin1');

	it.each<[string, string, RegExp]>([
		['a web page', '<!doctype html><title>Sign in</title>', /login or share page/],
		['a web page', '\xef\xbb\xbf \n<HTML lang="en">', /direct link/],
		['JSON', ' {"error":"not found"}', /node before this one/],
		['JSON', '[{"url":"https://example.com"}]', /node before this one/],
		['base64 text', 'data:image/png;base64,iVBORw0KGgo=', /Convert to File/],
		['base64 text', '/9j/4AAQSkZJRgABAQ', /Convert to File/],
		['base64 text', 'iVBORw0KGgoAAAANSUhEUg', /Convert to File/],
		['base64 text', 'UklGRiIAAABXRUJQ', /Convert to File/],
		['a HEIC image', '\0\0\0\x18ftypmif1\0\0\0\0mif1heic', /Convert it to JPEG/],
		['a BMP image', 'BM', /Convert it to JPEG/],
		['a TIFF image', 'MM\0*', /Convert it to JPEG/],
		['an SVG drawing', '<svg xmlns="http://www.w3.org/2000/svg"/>', /Convert it to JPEG/],
		['an SVG drawing', '<?xml version="1.0"?><svg/>', /Convert it to JPEG/],
		['a video', '\0\0\0\x18ftypisom', /Use an image/],
		['a PDF document', '%PDF-1.7', /Save the image/],
		['a ZIP archive', 'PK\x03\x04', /Take the image out/],
	])('is called what it is, with the way out: %s', (what, beginning, wayOut) => {
		const { message, description } = refusalOf(text(beginning));
		expect(message).toBe(`The file is ${what}, not a JPEG, PNG or WebP image`);
		expect(description).toMatch(wayOut);
	});

	it.each(['', 'x', '\0'.repeat(4_096), '\xff'.repeat(4_096), 'RIFF\x24\0\0\0WAVEfmt '])(
		'is empty or damaged where nothing else can be told (%#)',
		(bytes) => {
			expect(refusalOf(text(bytes)).message).toMatch(bytes === '' ? /is empty$/ : /damaged$/);
		},
	);

	it.each([
		[`Access denied ${'x'.repeat(1_000)}`, /^It begins with "Access denied x{1,60}"\. /],
		[' Access \n\t denied ', /^It begins with "Access denied"\. Save the image as /],
		['\xe9 Access denied', /^Save the image as /],
		['Access denied \xe9', /^Save the image as /],
	])('is quoted on one line, only where its beginning can be read: %j', (words, advice) => {
		expect(refusalOf(text(words)).description).toMatch(advice);
	});
});
