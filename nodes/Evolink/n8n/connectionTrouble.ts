import type { NoAnswerReason } from '../evolink/errors';

/** Names of the trouble, outermost first, as Node, axios and n8n wrap one error in another. */
interface Trouble {
	code: string;
	syscall: string;
	name: string;
	message: string;
}

/** Wrapped errors are few; a chain that is longer goes round in a circle. */
const DEEPEST_WRAPPING = 8;

function stringProperty(value: object, name: string): string {
	const property: unknown = Reflect.get(value, name);
	return typeof property === 'string' ? property : '';
}

/** n8n replaces some messages by a friendlier one, and keeps the original first in a list. */
function originalMessage(error: object): string {
	const messages: unknown = Reflect.get(error, 'messages');
	const first: unknown = Array.isArray(messages) ? messages[0] : undefined;
	return typeof first === 'string' ? first : stringProperty(error, 'message');
}

function troublesIn(error: unknown, depth = 0): Trouble[] {
	if (typeof error !== 'object' || error === null || depth > DEEPEST_WRAPPING) return [];
	const message = originalMessage(error);
	const trouble = {
		// Older n8n (seen in 1.123 and 2.8) drops the error it wraps, and keeps its code as HTTP code.
		code: stringProperty(error, 'code') || stringProperty(error, 'httpCode'),
		syscall: stringProperty(error, 'syscall') || (/^connect E/.test(message) ? 'connect' : ''),
		name: typeof error.constructor === 'function' ? error.constructor.name : '',
		message,
	};
	// Node puts the attempts on several addresses of one host into `errors`.
	const several: unknown = Reflect.get(error, 'errors');
	return [
		trouble,
		...troublesIn(Reflect.get(error, 'cause'), depth + 1),
		...(Array.isArray(several) ? several.flatMap((one) => troublesIn(one, depth + 1)) : []),
	];
}

/**
 * Whatever is not one of these may have happened after the request went out. The phase of the
 * connection tells, not a list of codes; where an error names no phase (old versions of n8n keep
 * the code alone), its code serves if it can come from that phase only.
 */
const PHASES_BEFORE_SENDING: ReadonlyArray<[NoAnswerReason, (trouble: Trouble) => boolean]> = [
	['dns', ({ code, syscall }) => syscall === 'getaddrinfo' || /^(ENOTFOUND|EAI_)/.test(code)],
	['refused', ({ code, syscall }) => syscall === 'connect' || code === 'ECONNREFUSED'],
	['proxy', ({ message }) => /before receiving CONNECT response|tunneling socket/i.test(message)],
	['handshake', isHandshakeTrouble],
	[
		'notSent',
		({ code, name }) =>
			/^ERR_(INVALID|UNESCAPED|UNSUPPORTED)_/.test(code) || name.startsWith('Ssrf'),
	],
];

/**
 * A broken handshake, an alert, or a certificate fault. Of a certificate Node gives no other sign
 * than OpenSSL's name for the fault. Damaged records are left out: they come later, too.
 */
function isHandshakeTrouble({ code, message }: Trouble): boolean {
	if (/before secure TLS connection was established|wrong version number/i.test(message))
		return true;
	const isAlert = /^(ERR_SSL_|EPROTO$)/.test(code) && !/RECORD|DECRYPT|EOF/.test(code);
	const isCertificate =
		/CERT|^CRL_|SELF_SIGNED|^UNABLE_TO_|^HOSTNAME_MISMATCH$|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH/.test(
			code,
		);
	return isAlert || isCertificate;
}

/**
 * Returns why a request got no answer, by the error that n8n's HTTP client threw. Whatever is not
 * certain to have happened before the request went out counts as broken off, because then a
 * submission must not be repeated.
 */
export function noAnswerReason(error: unknown): NoAnswerReason {
	const troubles = troublesIn(error);
	const before = PHASES_BEFORE_SENDING.find(([, isSo]) => troubles.some(isSo));
	if (before !== undefined) return before[0];
	const isTimeout = troubles.some(({ code }) =>
		['ETIMEDOUT', 'ECONNABORTED', 'ESOCKETTIMEDOUT'].includes(code),
	);
	return isTimeout ? 'timedOut' : 'broken';
}
