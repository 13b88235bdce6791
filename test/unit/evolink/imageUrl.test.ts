import {
	checkImageUrl,
	imageUrlAdvice,
	isLocalAddress,
	localAddressWords,
} from '../../../nodes/Evolink/evolink/imageUrl';
import { expectPlainWords, failureOf } from './failure-of';

describe('a link to an image', () => {
	it.each([
		'http://example.com/cat.jpg',
		'https://example.com/cat.jpg',
		'https://example.com:8443/a/b.png?size=1&x=%20#top',
		'http://127.0.0.1:3000/cat.webp',
		'http://[2001:db8::1]:8080/cat.jpg',
		'https://user:secret@example.com/cat.jpg',
		'https://user@example.com/cat.jpg',
		"https://example.com/a'b(c)*d!e$f,g;h=i@j~k",
		'https://s3.example.com/a.jpg?X-Amz-Signature=0f%2Fa+b==&X-Amz-Date=1',
		'https://images.example.com/?url=https://example.com/cat.jpg',
		'https://archive.example.com/2026/https://example.com/cat.jpg',
	])('is sent as it is: %s', (link) => {
		expect(checkImageUrl(link)).toBe(link);
	});

	it.each([
		['HTTPS://EXAMPLE.com/Cat.jpg', 'https://example.com/Cat.jpg'],
		['  https://example.com/cat.jpg\n', 'https://example.com/cat.jpg'],
		['https://example.com', 'https://example.com/'],
		['\u200bhttps://example.com/cat.jpg\u200b', 'https://example.com/cat.jpg'],
		['https://example.com/c\u00adat.jpg', 'https://example.com/cat.jpg'],
		['https://example.com/Kätzchen.jpg', 'https://example.com/K%C3%A4tzchen.jpg'],
		[
			'https://example.com/猫.jpg?q=猫#猫',
			'https://example.com/%E7%8C%AB.jpg?q=%E7%8C%AB#%E7%8C%AB',
		],
		['https://münchen.example/cat.jpg', 'https://xn--mnchen-3ya.example/cat.jpg'],
		['https://example.com/already%20encoded', 'https://example.com/already%20encoded'],
		['https://example.com/a\\b', 'https://example.com/a/b'],
	])('is sent as the web writes it: %j', (text, link) => {
		expect(checkImageUrl(text)).toBe(link);
		expect(checkImageUrl(link)).toBe(link);
	});

	it('is taken however often it is asked for, although a part of Node 20 grows tired of it', () => {
		for (let time = 0; time < 20_000; time++) checkImageUrl('https://münchen.example/cat.jpg');
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
		'mailto:cat@example.com',
		'blob:https://example.com/1',
		'<img src="https://example.com/cat.jpg">',
		'see https://example.com/cat.jpg',
		'http://',
		'https://exa%mple.com/cat.jpg',
		'https://example.com:99999/cat.jpg',
		'https://[::1/cat.jpg',
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

	it('that is empty names the expression that gave nothing', () => {
		const details = failureOf(() => checkImageUrl('', '{{ $json.foo }}'));
		expectPlainWords(details);
		expect(details.message).toContain('expression gave nothing');
		expect(details.description).toContain('{{ $json.foo }}');
	});

	it.each([
		'https://example.com/a.jpg\nhttps://example.com/b.jpg',
		'https://example.com/a.jpg, https://example.com/b.jpg',
		'https://example.com/a.jpg,https://example.com/b.jpg',
		'https://example.com/a.jpghttps://example.com/b.jpg',
		'https://example.com/my cat.jpg',
		'https://exa mple.com/cat.jpg',
		'https://example.com/a.jpg\u0000',
		`https://example.com/a b${'x'.repeat(3_000_000)}`,
	])('is refused when it is not exactly one link', (text) => {
		const { message, description } = failureOf(() => checkImageUrl(text));
		expect(message).toContain('exactly one link');
		expect(description.length).toBeLessThan(1_000);
	});
});

describe('an address that Evolink cannot open', () => {
	it.each([
		'http://localhost:5678/a.jpg',
		'http://LOCALHOST./a.jpg',
		'http://n8n/a.jpg',
		'http://nas.local/a.jpg',
		'http://127.0.0.1/a.jpg',
		'http://127.1/a.jpg',
		'http://2130706433/a.jpg',
		'http://0.0.0.0/a.jpg',
		'http://10.1.2.3/a.jpg',
		'http://172.16.0.1/a.jpg',
		'http://172.31.255.255/a.jpg',
		'http://192.168.1.7/a.jpg',
		'http://169.254.1.1/a.jpg',
		'http://100.64.0.1/a.jpg',
		'http://100.127.0.1/a.jpg',
		'http://[::1]/a.jpg',
		'http://[::]/a.jpg',
		'http://[fe80::1]/a.jpg',
		'http://[fd00::1]/a.jpg',
		'http://[::ffff:10.0.0.1]/a.jpg',
	])('is local: %s', (url) => {
		expect(isLocalAddress(url)).toBe(true);
	});

	it.each([
		'https://example.com/a.jpg',
		'https://fc.example.com/a.jpg',
		'https://fe80.com/a.jpg',
		'https://10.example.com/a.jpg',
		'http://172.15.0.1/a.jpg',
		'http://172.32.0.1/a.jpg',
		'http://192.169.0.1/a.jpg',
		'http://8.8.8.8/a.jpg',
		'http://[2001:db8::1]/a.jpg',
		'http://[::ffff:8.8.8.8]/a.jpg',
		'https://localhost.example.com/a.jpg',
		'https://my.local.example.com/a.jpg',
		'https://10.0.0.1.example.com/a.jpg',
		'https://cdn.10.0.0.x/a.jpg',
		'http://169.253.1.1/a.jpg',
		'http://170.254.1.1/a.jpg',
		'http://171.16.0.1/a.jpg',
		'http://193.168.1.7/a.jpg',
		'http://100.63.0.1/a.jpg',
		'http://100.128.0.1/a.jpg',
		'http://101.64.0.1/a.jpg',
		'http://[::2]/a.jpg',
		'http://[2001:fd::1]/a.jpg',
		'http://[2001:fe80::1]/a.jpg',
	])('is not local: %s', (url) => {
		expect(isLocalAddress(url)).toBe(false);
	});

	it('is named, with the way out', () => {
		const words = localAddressWords('http://nas.local:8080/a.jpg');
		expect(words).toMatch(/^Evolink cannot open nas\.local:8080: .* network\. Load the image /);
		expect(words).toContain("set 'Image Source' to 'Binary File'.");
	});
});

describe('a link that is probably no image', () => {
	it('is named, with the way out', () => {
		const [advice] = imageUrlAdvice('https://drive.google.com/file/d/1/view');
		expect(advice).toMatch(/^The image link is a Google Drive page, .* it\. Load the image /);
		expect(advice).toContain("(Google Drive or HTTP Request) and set 'Image Source' to");
		expect(imageUrlAdvice('https://example.com/a.heic.jpg')).toEqual([]);
	});

	it.each([
		['Google Drive', 'https://drive.google.com/file/d/1a2b/view?usp=sharing'],
		['Google Drive', 'https://drive.google.com/open?id=1a2b'],
		['Dropbox', 'https://www.dropbox.com/s/abc/cat.jpg?dl=0'],
		['Dropbox', 'https://www.dropbox.com/scl/fi/abc/cat.jpg?rlkey=x&dl=0'],
		['OneDrive', 'https://1drv.ms/i/s!abc'],
		['OneDrive', 'https://contoso-my.sharepoint.com/:i:/g/personal/x'],
		['Instagram', 'https://www.instagram.com/p/abc/'],
		['HEIC', 'https://example.com/IMG_1.HEIC?x=1'],
	])('gets a hint with the way out: %s', (name, url) => {
		expect(imageUrlAdvice(url)).toEqual([expect.stringContaining(name)]);
	});

	it.each([
		'https://www.dropbox.com/s/abc/cat.jpg?raw=1',
		'https://www.dropbox.com/s/abc/cat.jpg?dl=1',
		'https://dl.dropboxusercontent.com/s/abc/cat.jpg',
		'https://lh3.googleusercontent.com/d/1a2b',
		'https://example.com/drive.google.com/file/d/1',
		'https://example.com/heic.jpg',
	])('gets none: %s', (url) => {
		expect(imageUrlAdvice(url)).toEqual([]);
	});
});
