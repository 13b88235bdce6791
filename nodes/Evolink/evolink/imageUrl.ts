import { inputFailure, quotedWords } from './failure';
import { FIRST_FRAME_WORDS } from './image';
import type { FrameWords } from './image';

/** Characters that cannot be seen: they come along when a link is copied from a page or a chat. */
const INVISIBLE = /[\p{Cf}\u2800\u3164]/gu;

/**
 * What a link must not hold inside: most likely it is two links, or half a sentence. Behind a slash
 * or an equals sign, another link is part of it, as image proxies and archives write it.
 */
const NOT_INSIDE_A_LINK = /[\s\p{Cc}]|[^/=]https?:\/\//iu;

function pasteOne({ sourceField }: FrameWords): string {
	return `Paste the image's own link, e.g. https://example.com/image.jpg. It must open without a login. To use a file from an earlier node instead, set '${sourceField}' to 'Binary File'.`;
}

/**
 * Returns the link as it is sent; what is signed in it stays as it is.
 *
 * @param text the field's value
 * @param expression how the field is written, where it is an expression
 * @throws EvolinkFailure when it is not exactly one http or https link
 */
export function checkImageUrl(
	text: string,
	expression?: string,
	words: FrameWords = FIRST_FRAME_WORDS,
): string {
	const { urlField } = words;
	const link = text.replace(INVISIBLE, '').trim();
	if (link === '') {
		throw expression === undefined
			? inputFailure(`'${urlField}' is empty`, pasteOne(words))
			: inputFailure(
					`'${urlField}' is empty: its expression gave nothing for this item`,
					`The expression is ${expression}. Check that the node before this one returns this field for every item.`,
				);
	}
	const isNoLink = inputFailure(
		`'${urlField}' is not a link that starts with http:// or https://`,
		pasteOne(words),
	);
	if (!/^https?:\/\//i.test(link)) throw isNoLink;
	if (NOT_INSIDE_A_LINK.test(link)) {
		throw inputFailure(
			`'${urlField}' must be exactly one link, without spaces or line breaks inside`,
			`It is "${quotedWords(link.replace(/\s+/g, ' '))}". Use one item for each image; n8n's 'Split Out' node makes items of a list.`,
		);
	}
	const url = webUrl(link);
	// A host that no browser would open; what is not ASCII is written so by now.
	if (url === undefined || !/^[\w.:[\]-]+$/.test(url.host)) throw isNoLink;
	return url.href;
}

/** Returns an http or https address, or undefined if the text is none. */
export function webUrl(text: string): URL | undefined {
	if (!/^https?:\/\//i.test(text)) return undefined;
	try {
		// Node 20's `URL.canParse` comes to say no to hosts that are not ASCII once it is optimized.
		return new URL(text);
	} catch {
		return undefined;
	}
}

function isPrivateIpv4(host: string): boolean {
	const [first, second] = host.split('.').map(Number);
	return (
		[0, 10, 127].includes(first) ||
		(first === 169 && second === 254) ||
		(first === 172 && second >= 16 && second <= 31) ||
		(first === 192 && second === 168) ||
		(first === 100 && second >= 64 && second <= 127)
	);
}

/** @param host an IPv6 address as `URL` writes it, in brackets */
function isPrivateIpv6(host: string): boolean {
	const address = host.slice(1, -1);
	const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address);
	if (mapped !== null) {
		const [high, low] = [mapped[1], mapped[2]].map((part) => parseInt(part, 16));
		return isPrivateIpv4([high >> 8, high & 0xff, low >> 8, low & 0xff].join('.'));
	}
	// Loopback and unspecified, unique local (fc00::/7), link-local (fe80::/10).
	return /^::1?$|^f[cd]|^fe[89ab]/.test(address);
}

/**
 * Returns whether the address can only be opened from the same computer or network: a loopback or
 * private address, or a host name without a dot.
 */
export function isLocalAddress(url: string): boolean {
	const host = new URL(url).hostname.toLowerCase().replace(/\.$/, '');
	if (host.startsWith('[')) return isPrivateIpv6(host);
	if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return isPrivateIpv4(host);
	return !host.includes('.') || /\.(localhost|local|internal|lan)$/.test(host);
}

/** Returns why a local address does not work, and what to do instead. */
export function localAddressWords(
	url: string,
	{ sourceField }: FrameWords = FIRST_FRAME_WORDS,
): string {
	return [
		`Evolink cannot open ${quotedWords(new URL(url).host)}: that address exists only on your own computer or network.`,
		`Load the image in an earlier node, e.g. HTTP Request, and set '${sourceField}' to 'Binary File'.`,
	].join(' ');
}

const SHARE_PAGES: ReadonlyArray<[name: string, host: RegExp, path: RegExp]> = [
	['Google Drive', /^(drive|docs)\.google\.com$/, /^\/(file\/d|open|drive)/],
	['Dropbox', /(^|\.)dropbox\.com$/, /^\/(s|scl|sh)\/(?!.*[?&](raw|dl)=1)/],
	['OneDrive', /(^|\.)(1drv\.ms|onedrive\.live\.com|sharepoint\.com)$/, /./],
	['Instagram', /(^|\.)instagram\.com$/, /^\/(p|reel|stories|[^/]+\/p)\//],
];

/**
 * Returns advice on a link that opens in a browser but is probably no image that Evolink can read.
 */
export function imageUrlAdvice(
	url: string,
	{ sourceField }: FrameWords = FIRST_FRAME_WORDS,
): string[] {
	const { hostname, pathname, search } = new URL(url);
	const page = SHARE_PAGES.find(
		([, host, path]) => host.test(hostname) && path.test(`${pathname}${search}`),
	);
	if (page !== undefined) {
		return [
			[
				`The image link is a ${page[0]} page, not the image itself, so Evolink may not be able to open it.`,
				`Load the image in an earlier node (${page[0]} or HTTP Request) and set '${sourceField}' to 'Binary File'.`,
			].join(' '),
		];
	}
	if (/\.(heic|heif|avif)$/i.test(pathname)) {
		return [
			'The image link ends in a format that Evolink does not read (HEIC or AVIF). Convert the image to JPEG, PNG or WebP first.',
		];
	}
	return [];
}
