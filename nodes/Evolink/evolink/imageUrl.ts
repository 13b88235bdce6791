/** Characters that cannot be seen: they come along when a link is copied from a page or a chat. */
const INVISIBLE = /[\p{Cf}\u2800\u3164]/gu;

/** How a page or a feed writes `&`, now and then twice over. */
const WRITTEN_AMPERSAND = /&(amp;|#38;|#x26;)+/gi;

/**
 * What a link must not hold inside: most likely it is two links, or half a sentence. Behind a slash
 * or an equals sign, another link is part of it, as image proxies and archives write it.
 */
const NOT_INSIDE_A_LINK = /[\s\p{Cc}]|[^/=]https?:\/\//iu;

/** Why a text is not exactly one link. */
export type LinkFault = 'empty' | 'noLink' | 'notOne';

/** Returns the http or https link that a text is, or why it is none; what is signed in it stays. */
export function readLink(text: string): URL | LinkFault {
	const link = text.replace(INVISIBLE, '').trim().replace(WRITTEN_AMPERSAND, '&');
	if (link === '') return 'empty';
	if (!/^https?:\/\//i.test(link)) return 'noLink';
	if (NOT_INSIDE_A_LINK.test(link)) return 'notOne';
	const url = webUrl(link);
	// A host that no browser would open; what is not ASCII is written so by now.
	return url !== undefined && /^[\w.:[\]-]+$/.test(url.host) ? url : 'noLink';
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

/** This computer, private and link-local networks, and those of providers (RFC 6890). */
const PRIVATE_IPV4 =
	/^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./;

/** @param host an IPv6 address as `URL` writes it, in brackets */
function isPrivateIpv6(host: string): boolean {
	const address = host.slice(1, -1);
	const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address);
	if (mapped !== null) {
		const [high, low] = [mapped[1], mapped[2]].map((part) => parseInt(part, 16));
		return PRIVATE_IPV4.test([high >> 8, high & 0xff, low >> 8, low & 0xff].join('.'));
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
	if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return PRIVATE_IPV4.test(host);
	return !host.includes('.') || /\.(localhost|local|internal|lan)$/.test(host);
}

/** Pages around an image, by address without `https://www.`; links to the file itself are left out. */
const SHARE_PAGES: ReadonlyArray<[name: string, address: RegExp]> = [
	['Box', /^(app\.)?box\.com\/(?!shared\/static)/],
	['Canva', /^canva\.(com|link)\//],
	['Dropbox', /^(dropbox\.com|db\.tt)\/(?!.*[?&](raw|dl)=1)/],
	['Facebook', /^((m|web)\.)?facebook\.com\//],
	['Flickr', /^(flickr\.com|flic\.kr)\//],
	['Google Drive', /^(drive|docs)\.google\.com\/(?!uc\b|thumbnail|.*\/(export|pub)\b)/],
	['Google Photos', /^photos\.(google\.com|app\.goo\.gl)\//],
	['iCloud', /^(share\.)?icloud\.com\//],
	['Imgur', /^(m\.)?imgur\.com\/(?!.*\.(jpe?g|png|webp)$)/],
	['Instagram', /^instagram\.com\//],
	['OneDrive', /^(1drv\.ms|onedrive\.live\.com|[^/]+\.sharepoint\.com)\/(?!.*\bdownload\b)/],
	['Pexels', /^pexels\.com\/(?!.*\/download)/],
	['Pinterest', /^(pin\.it|([^/]+\.)?pinterest(\.[a-z]{2,3}){1,2})\//],
	['TikTok', /^([^/]+\.)?tiktok\.com\//],
	['Unsplash', /^unsplash\.com\/(?!.*\/download)/],
	['WeTransfer', /^(we\.tl|([^/]+\.)?wetransfer\.com)\//],
	['YouTube', /^(youtu\.be|((m|music)\.)?youtube\.com)\//],
];

/** Returns whose page a link opens in place of the image itself, such as "Google Drive". */
export function sharePageOf(url: string): string | undefined {
	const { hostname, pathname, search } = new URL(url);
	const address = `${hostname.replace(/^www\./, '')}${pathname}${search}`;
	return SHARE_PAGES.find(([, page]) => page.test(address))?.[0];
}

const OTHER_ENDING =
	/\.(heic|heif|avif|gif|svg|bmp|tiff?|psd|jxl|jp2|pdf|html?|mp4|mov|webm|zip)$/i;

/** Returns the ending of a link that tells that it is no image that the models read: "heic". */
export function otherEndingOf(url: string): string | undefined {
	return OTHER_ENDING.exec(new URL(url).pathname)?.[1].toLowerCase();
}
