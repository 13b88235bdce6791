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

const DNS_CODES = ['ENOTFOUND', 'EAI_AGAIN'];

/** What a connection attempt can end with; none of it can follow a request that went out. */
const CONNECT_CODES = ['EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'ETIMEDOUT'];

const NEVER_SENT_CODES = [
	'ERR_INVALID_CHAR',
	'ERR_INVALID_URL',
	'ERR_UNESCAPED_CHARACTERS',
	'ERR_INVALID_PROTOCOL',
	'ERR_UNSUPPORTED_PROTOCOL',
	'ERR_TLS_CERT_ALTNAME_INVALID',
	'ERR_SSL_WRONG_VERSION_NUMBER',
	'CERT_HAS_EXPIRED',
	'DEPTH_ZERO_SELF_SIGNED_CERT',
	'SELF_SIGNED_CERT_IN_CHAIN',
	'UNABLE_TO_GET_ISSUER_CERT',
	'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
	'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

/**
 * Returns why a request got no answer, by the error that n8n's HTTP client threw. Whatever is not
 * certain to have happened before the request went out counts as broken off, because then a
 * submission must not be repeated.
 */
export function noAnswerReason(error: unknown): NoAnswerReason {
	const troubles = troublesIn(error);
	const has = (codes: string[], syscall?: string) =>
		troubles.some(
			(trouble) =>
				codes.includes(trouble.code) && (syscall === undefined || trouble.syscall === syscall),
		);
	if (has(DNS_CODES)) return 'dns';
	if (has(['ECONNREFUSED']) || has(CONNECT_CODES, 'connect')) return 'refused';
	const neverSent = troubles.some(
		({ name, message }) => name.startsWith('Ssrf') || /wrong version number/i.test(message),
	);
	if (has(NEVER_SENT_CODES) || neverSent) return 'notSent';
	if (has(['ETIMEDOUT', 'ECONNABORTED', 'ESOCKETTIMEDOUT'])) return 'timedOut';
	return 'broken';
}
