import type { ImageRules } from '../../../nodes/Evolink/evolink/models';
import { imageBytes, pngChunk } from '../../engine/image-bytes';
import { corpusFile, refusalOf, takenAs } from './image-verdict';

const TWENTY_MB = 20 * 1024 * 1024;

const png = (widthPx: number, heightPx: number) => imageBytes('png', widthPx, heightPx);

describe('the limits of an image', () => {
	it.each([
		[301, 301],
		[302, 755],
		[755, 302],
		[400, 1000],
		[1000, 400],
	])('allow %d × %d pixels', (widthPx, heightPx) => {
		expect(takenAs(png(widthPx, heightPx))).toBe('png');
	});

	it('allow 20 MB, to the byte', () => {
		expect(takenAs(imageBytes('png', 640, 480, TWENTY_MB))).toBe('png');
		expect(refusalOf(imageBytes('png', 640, 480, TWENTY_MB + 1)).message).toBe(
			'The image is larger than 20 MB',
		);
	});

	it.each([
		[65_535, 65_535],
		[60_000, 50_000],
	])('forbid more pixels than any model reads: %d × %d', (widthPx, heightPx) => {
		const file = png(400, 400);
		file.writeUInt32BE(widthPx, 16);
		file.writeUInt32BE(heightPx, 20);
		expect(refusalOf(file).message).toContain(`${widthPx} × ${heightPx} pixels`);
	});

	it('allow a phone photo of 200 megapixels', () => {
		const file = png(400, 300);
		file.writeUInt32BE(16_320, 16);
		file.writeUInt32BE(12_240, 20);
		expect(takenAs(file)).toBe('png');
	});

	it.each([
		[300, 301],
		[301, 300],
		[1, 1],
		[299, 10_000],
	])('forbid a short side of 300 pixels or less: %d × %d', (widthPx, heightPx) => {
		const { message, description } = refusalOf(png(widthPx, heightPx));
		expect(message).toBe(`The image is too small: ${widthPx} × ${heightPx} pixels`);
		expect(description).toContain('longer than 300 pixels');
	});

	it.each([
		[1001, 400, 'wide'],
		[400, 1001, 'tall'],
		[5_000, 301, 'wide'],
	])('forbid more than 5:2 either way: %d × %d', (widthPx, heightPx, word) => {
		const { message, description } = refusalOf(png(widthPx, heightPx));
		expect(message).toBe(`The image is too ${word}: ${widthPx} × ${heightPx} pixels`);
		expect(description).toContain('between 2:5 and 5:2');
	});
});

describe('the limits of other classes of models', () => {
	const MB = 1024 * 1024;
	const KLING: ImageRules = {
		formats: ['jpeg', 'png'],
		maxBytes: 10 * MB,
		shortestSidePx: 300,
		mostDifferentSides: [5, 2],
	};
	const WAN: ImageRules = {
		formats: ['jpeg', 'png', 'webp'],
		maxBytes: TWENTY_MB,
		shortestSidePx: 240,
		longestSidePx: 8_000,
		mostDifferentSides: [8, 1],
		opaqueFormats: ['png'],
	};
	const ANY: ImageRules = { formats: ['jpeg', 'png', 'webp', 'gif'], maxBytes: TWENTY_MB };

	it.each<[string, Buffer, ImageRules, string]>([
		['WebP', corpusFile('webp-lossy.webp'), KLING, 'a WebP image, not a JPEG or PNG image'],
		['size', imageBytes('png', 640, 480, 10 * MB + 1), KLING, 'larger than 10 MB'],
		['short side', png(299, 299), KLING, 'too small: 299 × 299 pixels'],
		['long side', png(8_001, 8_001), WAN, 'too large: 8001 × 8001 pixels'],
		['ratio', png(2_001, 250), WAN, 'too wide: 2001 × 250 pixels'],
		['alpha channel', corpusFile('png-alpha.png'), WAN, 'saved with transparency, which'],
	])('forbid by %s', (_what, file, rules, message) => {
		expect(refusalOf(file, rules).message).toContain(message);
	});

	it('forbid transparent colors of a palette, but only where the format must be opaque', () => {
		const file = png(400, 400);
		const colors = pngChunk('tRNS', Buffer.from([0, 0]));
		const transparent = Buffer.concat([file.subarray(0, 33), colors, file.subarray(33)]);
		expect(refusalOf(transparent, WAN).message).toContain('saved with transparency');
		expect(takenAs(transparent, KLING)).toBe('png');
		expect(takenAs(corpusFile('webp-alpha.webp'), WAN)).toBe('webp');
	});

	it('allow what they do not speak of', () => {
		expect(takenAs(png(300, 750), KLING)).toBe('png');
		expect(takenAs(png(2_000, 250), WAN)).toBe('png');
		expect(takenAs(png(1, 30), ANY)).toBe('png');
		expect(takenAs(corpusFile('gif-animated.gif'), ANY)).toBe('gif');
	});
});

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
		['a HEIF image', '\0\0\0\x14ftypmif1\0\0\0\0mif1heic', /Convert it to JPEG/],
		...['mif2', 'mif3', 'avci', 'vvic'].map((brand): [string, string, RegExp] => [
			'a HEIF image',
			`\0\0\0\x14ftyp${brand}\0\0\0\0mif1`,
			/Convert it to JPEG/,
		]),
		['an AVIF image', '\0\0\0\x18ftypmif1\0\0\0\0mif1avif', /Convert it to JPEG/],
		['an AVIF image', '\0\0\0\x1cftypmsf1\0\0\0\0msf1avisiso8', /Convert it to JPEG/],
		['a JPEG XL image', '\0\0\0\x0cJXL \r\n\x87\n', /Convert it to JPEG/],
		['a Photoshop file', '8BPS\0\x01', /JPEG/],
		['a Photoshop file', '8BPS\0\x02', /JPEG/],
		['a video', '\x1aE\xdf\xa3', /Use an image/],
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
