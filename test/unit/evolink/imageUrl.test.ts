import fc from 'fast-check';

import {
	isLocalAddress,
	otherEndingOf,
	readLink,
	sharePageOf,
	webUrl,
} from '../../../nodes/Evolink/evolink/imageUrl';
import { runs } from '../../random';

/** The link as it is sent, or why it is none. */
const read = (text: string) => String(readLink(text));

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
		expect(read(link)).toBe(link);
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
		['https://example.com/a?b=1&amp;c=2', 'https://example.com/a?b=1&c=2'],
	])('is sent as the web writes it: %j', (text, link) => {
		expect(read(text)).toBe(link);
	});

	it('is taken however often it is asked for, although a part of Node 20 grows tired of it', () => {
		for (let time = 0; time < 20_000; time++) readLink('https://münchen.example/cat.jpg');
		expect(readLink('https://münchen.example/cat.jpg')).toBeInstanceOf(URL);
	});

	it('does not change any more once it was checked', () => {
		fc.assert(
			fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (link) => {
				const once = read(link);
				expect(read(once)).toBe(once);
			}),
		);
	});

	it.each([
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
		expect(readLink(text)).toBe('noLink');
	});

	it('may be empty', () => {
		expect([read(''), read(' \u200b ')]).toEqual(['empty', 'empty']);
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
		expect(readLink(text)).toBe('notOne');
	});

	const anyText = fc.oneof(
		fc.string({ unit: 'binary' }),
		fc.string({ unit: 'grapheme' }).map((text) => `https://example.com/${text}`),
		fc.string({ unit: 'grapheme-ascii' }).map((text) => `http://${text}`),
	);

	it('is either refused or one well-formed link', () => {
		fc.assert(
			fc.property(anyText, (text) => {
				const link = readLink(text);
				if (typeof link === 'string') return;
				expect(link.href).toMatch(/^https?:\/\/[!-~]+$/);
				expect(read(link.href)).toBe(link.href);
				expect(typeof isLocalAddress(link.href)).toBe('boolean');
				expect(typeof (sharePageOf(link.href) ?? otherEndingOf(link.href) ?? '')).toBe('string');
			}),
			runs(3_000),
		);
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
});

describe('a web address', () => {
	it.each(['ftp://example.com/', 'see https://example.com/', 'http://[', 'https://'])(
		'is not %s',
		(text) => {
			expect(webUrl(text)).toBeUndefined();
		},
	);
});

describe('a link that is probably no image', () => {
	it.each([
		['Box', 'https://app.box.com/s/abc'],
		['Google Drive', 'https://drive.google.com/open?id=1a2b'],
		['OneDrive', 'https://contoso-my.sharepoint.com/:i:/g/personal/x'],
		['Google Photos', 'https://photos.app.goo.gl/AbC123'],
		['Google Photos', 'https://photos.google.com/share/AF1Qip/photo/AF1Q'],
		['iCloud', 'https://www.icloud.com/sharedalbum/#B0x5'],
		['iCloud', 'https://www.icloud.com/iclouddrive/0aBcDeF#cat.jpg'],
		['iCloud', 'https://share.icloud.com/photos/0ab'],
		['WeTransfer', 'https://we.tl/t-AbC123'],
		['WeTransfer', 'https://acme.wetransfer.com/downloads/abc/def'],
		['Pinterest', 'https://www.pinterest.co.uk/pin/1234/'],
		['Pinterest', 'https://pin.it/AbC'],
		['YouTube', 'https://youtu.be/AbC'],
		['YouTube', 'https://m.youtube.com/watch?v=AbC'],
		['Canva', 'https://www.canva.com/design/DAF/AbC/view'],
		['Unsplash', 'https://unsplash.com/photos/a-cat-AbC'],
		['Facebook', 'https://www.facebook.com/photo/?fbid=1'],
		['Flickr', 'https://www.flickr.com/photos/cat/1/'],
		['Imgur', 'https://imgur.com/gallery/abc'],
		['Pexels', 'https://www.pexels.com/photo/cat-1/'],
		['Pinterest', 'https://de.pinterest.com/pin/1/'],
		['TikTok', 'https://www.tiktok.com/@cat/photo/1'],
	])('is a page of %s: %s', (name, url) => {
		expect(sharePageOf(url)).toBe(name);
	});

	it.each([
		'https://app.box.com/shared/static/abc.jpg',
		'https://lh3.googleusercontent.com/d/1a2b',
		'https://drive.google.com/uc?export=download&id=1a2b',
		'https://www.dropbox.com/s/abc/cat.jpg?raw=1',
		'https://www.dropbox.com/scl/fi/abc/cat.jpg?rlkey=x&dl=1',
		'https://dl.dropboxusercontent.com/s/abc/cat.jpg',
		'https://contoso.sharepoint.com/:i:/g/x?download=1',
		'https://i.pinimg.com/originals/ab/cat.jpg',
		'https://i.ytimg.com/vi/AbC/hq720.jpg',
		'https://images.unsplash.com/photo-1?w=1200&fm=jpg',
		'https://unsplash.com/photos/AbC/download?force=true',
		'https://cvws.icloud-content.com/B/AbC/IMG_1.JPG',
		'https://scontent.cdninstagram.com/v/t51/cat.jpg',
		'https://example.com/drive.google.com/file/d/1',
		'https://i.imgur.com/abc.jpg',
		'https://imgur.com/abc.jpg',
		'https://live.staticflickr.com/1/2_b.jpg',
		'https://images.pexels.com/photos/1/cat.jpeg?w=1200',
		'https://notpinterest.com/cat.jpg',
		'https://mydropbox.com/cat.jpg',
	])('is no page: %s', (url) => {
		expect(sharePageOf(url)).toBeUndefined();
	});

	it('ends in a format that is not read, whatever stands behind its path', () => {
		expect(otherEndingOf('https://example.com/IMG_1.HEIC?x=1#y')).toBe('heic');
		for (const file of ['a.jpg?x=a.gif', 'cat.heic.jpg', 'html']) {
			expect(otherEndingOf(`https://example.com/${file}`)).toBeUndefined();
		}
	});
});
