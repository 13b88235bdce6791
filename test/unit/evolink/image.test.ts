import { checkImage, mediaTypeOf, uploadFileName } from '../../../nodes/Evolink/evolink/image';
import { VIDEO_MODELS } from '../../../nodes/Evolink/evolink/models';
import { imageBytes } from '../../engine/image-bytes';
import { expectPlainWords, failureOf } from './failure-of';

const RULES = VIDEO_MODELS[0].image;
const TWENTY_MB = 20 * 1024 * 1024;

const formatOf = (bytes: Buffer) => checkImage(bytes, bytes.length, RULES);

function refusal(bytes: Buffer, rules = RULES) {
	const details = failureOf(() => checkImage(bytes, bytes.length, rules));
	expect(details.kind).toBe('input');
	expectPlainWords(details);
	return details;
}

describe('an image that is taken', () => {
	it.each(['jpeg', 'png', 'webp-lossy', 'webp-lossless', 'webp-extended'] as const)(
		'may be a %s file',
		(format) => {
			expect(formatOf(imageBytes(format, 640, 480))).toBe(format.split('-')[0]);
		},
	);

	it.each([
		[301, 301],
		[302, 755],
		[755, 302],
		[400, 1000],
		[1000, 400],
		[65_535, 65_535],
	])('may have %d × %d pixels', (widthPx, heightPx) => {
		expect(formatOf(imageBytes('png', widthPx, heightPx))).toBe('png');
	});

	it('may have 20 MB, to the byte', () => {
		expect(formatOf(imageBytes('png', 640, 480, TWENTY_MB))).toBe('png');
		expect(refusal(imageBytes('png', 640, 480, TWENTY_MB + 1)).message).toBe(
			'The image is larger than 20 MB',
		);
	});

	it.each([
		['jpeg', 'image/jpeg', 'image.jpg'],
		['png', 'image/png', 'image.png'],
		['webp', 'image/webp', 'image.webp'],
	] as const)('is uploaded as what it is, whatever it was called: %s', (format, type, name) => {
		expect(mediaTypeOf(format)).toBe(type);
		expect(uploadFileName(format)).toBe(name);
	});
});

describe('an image that is refused', () => {
	it.each([
		[300, 301],
		[301, 300],
		[1, 1],
		[299, 10_000],
	])('has a short side of 300 pixels or less: %d × %d', (widthPx, heightPx) => {
		const { message, description } = refusal(imageBytes('png', widthPx, heightPx));
		expect(message).toBe(`The image is too small: ${widthPx} × ${heightPx} pixels`);
		expect(description).toContain('longer than 300 pixels');
	});

	it.each([
		[1001, 400, 'wide'],
		[400, 1001, 'tall'],
		[16_383, 301, 'wide'],
		[301, 65_535, 'tall'],
	])('is too long for its width: %d × %d', (widthPx, heightPx, word) => {
		const { message, description } = refusal(imageBytes('jpeg', widthPx, heightPx));
		expect(message).toBe(`The image is too ${word}: ${widthPx} × ${heightPx} pixels`);
		expect(description).toContain('between 2:5 and 5:2');
	});

	it.each([
		[[1, 1], [3, 2], 'between 1:1 and 3:2'],
		[[9, 16], [16, 9], 'between 9:16 and 16:9'],
	] as const)('is told the limits of the model in words: %j to %j', (narrowest, widest, words) => {
		const rules = { ...RULES, narrowest, widest };
		expect(refusal(imageBytes('png', 2000, 500), rules).description).toContain(words);
	});

	it('has a format that another model may take, but this one does not', () => {
		const { message } = refusal(imageBytes('webp-lossy', 640, 480), {
			...RULES,
			formats: ['jpeg', 'png'],
		});
		expect(message).toContain('JPEG or PNG image');
	});
});

describe('a file that is no image', () => {
	const text = (words: string) => Buffer.from(words, 'latin1');

	it.each<[string, Buffer, RegExp]>([
		['a web page', text('<!doctype html><title>Sign in</title>'), /login or share page/],
		['a web page', text('\xef\xbb\xbf \n<HTML lang="en">'), /direct link/],
		['JSON', text(' {"error":"not found"}'), /node before this one/],
		['JSON', text('[{"url":"https://example.com"}]'), /node before this one/],
		['base64 text', text('data:image/png;base64,iVBORw0KGgo='), /Convert to File/],
		['base64 text', text('/9j/4AAQSkZJRgABAQ'), /Convert to File/],
		['base64 text', text('iVBORw0KGgoAAAANSUhEUg'), /Convert to File/],
		['base64 text', text('UklGRiIAAABXRUJQ'), /Convert to File/],
		['a HEIC image', text('\0\0\0\x18ftypheic'), /Convert it to JPEG/],
		['an AVIF image', text('\0\0\0\x18ftypavif'), /Convert it to JPEG/],
		['a GIF image', text('GIF89a'), /Convert it to JPEG/],
		['a BMP image', text('BM'), /Convert it to JPEG/],
		['a TIFF image', text('II*\0'), /Convert it to JPEG/],
		['a TIFF image', text('MM\0*'), /Convert it to JPEG/],
		['an SVG drawing', text('<svg xmlns="http://www.w3.org/2000/svg"/>'), /Convert it to JPEG/],
		['an SVG drawing', text('<?xml version="1.0"?><svg/>'), /Convert it to JPEG/],
		['a video', text('\0\0\0\x18ftypisom'), /Use an image/],
		['a PDF document', text('%PDF-1.7'), /Save the image/],
		['a ZIP archive', text('PK\x03\x04'), /Take the image out/],
	])('is called what it is, with the way out: %s', (what, bytes, wayOut) => {
		const { message, description } = refusal(bytes);
		expect(message).toBe(`The file is ${what}, not a JPEG, PNG or WebP image`);
		expect(description).toMatch(wayOut);
	});

	it('is told to be empty, damaged, or a text that is quoted', () => {
		expect(refusal(Buffer.alloc(0)).message).toBe('The file is empty');
		expect(refusal(imageBytes('jpeg', 640, 480).subarray(0, 25)).message).toContain('damaged');
		const { message, description } = refusal(text(`Access denied ${'x'.repeat(1_000)}`));
		expect(message).toContain('damaged');
		expect(description).toContain('"Access denied');
		expect(description.length).toBeLessThan(300);
	});

	it.each([
		[' Access \n\t denied ', /^It begins with "Access denied"\. Save the image as /],
		['\xe9 Access denied', /^Save the image as /],
		['Access denied \xe9', /^Save the image as /],
	])(
		'is quoted on one line, and only where all of its beginning can be read: %j',
		(words, advice) => {
			expect(refusal(text(words)).description).toMatch(advice);
		},
	);
});
