import type { NoResponseReason } from '../evolink/response';

/** What one error in a chain of wrapped ones says, as Node, axios and n8n wrap them. */
interface ErrorFacts {
	code: string;
	syscall: string;
	name: string;
	message: string;
	/** Whether the connection was still at its TLS handshake; undefined where nothing tells. */
	isHandshaking: boolean | undefined;
}

/** Returns what lies at the end of a path into a value that may not even be an object. */
export function at(value: unknown, ...path: string[]): unknown {
	return path.reduce<unknown>(
		(inner, name) =>
			typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined,
		value,
	);
}

export function textAt(value: unknown, ...path: string[]): string {
	const text = at(value, ...path);
	return typeof text === 'string' ? text : '';
}

/** Wrapped errors are few; a chain that is longer goes round in a circle. */
const DEEPEST_WRAPPING = 8;

function factsIn(error: unknown, depth = 0): ErrorFacts[] {
	if (typeof error !== 'object' || error === null || depth > DEEPEST_WRAPPING) return [];
	// n8n replaces some messages by a friendlier one, and keeps the original first in a list.
	const message = textAt(error, 'messages', '0') || textAt(error, 'message');
	const isHandshaking = at(error, 'request', 'socket', 'secureConnecting');
	const facts = {
		// Older n8n (seen in 1.123 and 2.8) drops the error it wraps, and keeps its code as HTTP code.
		code: textAt(error, 'code') || textAt(error, 'httpCode'),
		syscall: textAt(error, 'syscall') || (/^connect E/.test(message) ? 'connect' : ''),
		name: typeof error.constructor === 'function' ? error.constructor.name : '',
		message,
		isHandshaking: typeof isHandshaking === 'boolean' ? isHandshaking : undefined,
	};
	// Node puts the attempts on several addresses of one host into `errors`.
	const several = at(error, 'errors');
	const inner = [at(error, 'cause'), ...(Array.isArray(several) ? several : [])];
	return [facts, ...inner.flatMap((one) => factsIn(one, depth + 1))];
}

/**
 * Whatever is not one of these may have happened after the request went out. The phase of the
 * connection tells, not a list of codes; where an error names no phase (old versions of n8n keep
 * the code alone), its code serves if it can come from that phase only.
 */
const PHASES_BEFORE_SENDING: ReadonlyArray<[NoResponseReason, (facts: ErrorFacts) => boolean]> = [
	['dns', ({ code, syscall }) => syscall === 'getaddrinfo' || /^(ENOTFOUND|EAI_)/.test(code)],
	['refused', ({ code, syscall }) => syscall === 'connect' || code === 'ECONNREFUSED'],
	['proxy', ({ message }) => /before receiving CONNECT response|tunneling socket/i.test(message)],
	['handshake', isOfHandshake],
	[
		'notSent',
		({ code, name }) =>
			/^ERR_(INVALID|UNESCAPED|UNSUPPORTED)_/.test(code) || name.startsWith('Ssrf'),
	],
];

/** Alerts and faults that come during a handshake only. Source: RFC 8446, 6.2, in OpenSSL's names. */
const OF_A_HANDSHAKE =
	/ALERT_HANDSHAKE_FAILURE|PROTOCOL_VERSION|INSUFFICIENT_SECURITY|UNRECOGNIZED_NAME|NO_APPLICATION_PROTOCOL|WRONG_VERSION_NUMBER|UNSUPPORTED_PROTOCOL|NO_CIPHER|HTTP_REQUEST/;

/**
 * A broken handshake, an alert in it, or a certificate fault. Of a certificate Node gives no other
 * sign than OpenSSL's name for the fault.
 */
function isOfHandshake({ code, message }: ErrorFacts): boolean {
	if (/before secure TLS connection was established|wrong version number/i.test(message))
		return true;
	// Node's code for what waited to be written when an alert came.
	if (code === 'EPROTO') return true;
	if (code.startsWith('ERR_SSL_')) return OF_A_HANDSHAKE.test(code);
	return /CERT|^CRL_|SELF_SIGNED|^UNABLE_TO_|^HOSTNAME_MISMATCH$|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH/.test(
		code,
	);
}

/**
 * Returns why a request got no response, by the error that n8n's HTTP client threw. Whatever is not
 * certain to have happened before the request went out counts as broken off, because then a
 * submission must not be repeated.
 */
export function noResponseReason(error: unknown): NoResponseReason {
	const all = factsIn(error);
	const before = PHASES_BEFORE_SENDING.find(([, isSo]) => all.some(isSo))?.[0];
	if (before !== undefined && before !== 'handshake') return before;
	// An alert on a connection that is already established can follow the request.
	const isHandshaking = all.find((one) => one.isHandshaking !== undefined)?.isHandshaking;
	const isLaterAlert =
		isHandshaking === false && all.some(({ code }) => /^(ERR_SSL_|EPROTO$)/.test(code));
	if (isHandshaking === true || (before === 'handshake' && !isLaterAlert)) return 'handshake';
	const isTimeout = all.some(({ code }) =>
		['ETIMEDOUT', 'ECONNABORTED', 'ESOCKETTIMEDOUT'].includes(code),
	);
	return isTimeout ? 'timedOut' : 'broken';
}
