import { noResponseReason } from '../../../nodes/Evolink/n8n/noResponseReason';

/** An error as Node throws it. */
function systemError(code: string, fields: Record<string, unknown> = {}): Error {
	return Object.assign(new Error(`${String(fields.syscall ?? 'x')} ${code}`), { code, ...fields });
}

/** The error as axios and n8n wrap it. */
function wrapped(error: unknown, depth: number): unknown {
	return depth === 0
		? error
		: wrapped(Object.assign(new Error('outer'), { cause: error }), depth - 1);
}

/** The two reasons that can follow a request that went out; a submission is then not repeated. */
const mayHaveGoneOut = (error: unknown) => ['timedOut', 'broken'].includes(noResponseReason(error));

const connect = (code: string) => systemError(code, { syscall: 'connect' });

describe('a request without a response certainly has not gone out', () => {
	class SsrfBlockedIpError extends Error {}

	it.each<[string, unknown]>([
		['the name is not known', systemError('ENOTFOUND', { syscall: 'getaddrinfo' })],
		['the name cannot be looked up', systemError('EAI_AGAIN', { syscall: 'getaddrinfo' })],
		...['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'ETIMEDOUT', 'EMFILE'].map(
			(code): [string, unknown] => [`no connection (${code})`, connect(code)],
		),
		['no connection to any address', new AggregateError([connect('ECONNREFUSED')])],
		['no connection, as n8n keeps it', { httpCode: 'ECONNREFUSED' }],
		['the certificate is of another host', systemError('ERR_TLS_CERT_ALTNAME_INVALID')],
		['the certificate has expired', systemError('CERT_HAS_EXPIRED')],
		['the certificate is not yet valid', systemError('CERT_NOT_YET_VALID')],
		['the certificate is self-signed', systemError('DEPTH_ZERO_SELF_SIGNED_CERT')],
		['the issuer is not known', systemError('UNABLE_TO_VERIFY_LEAF_SIGNATURE')],
		['nobody speaks TLS there', systemError('EPROTO', { message: 'ssl: wrong version number' })],
		[
			'the handshake was broken off',
			systemError('ECONNRESET', {
				message: 'Client network socket disconnected before secure TLS connection was established',
			}),
		],
		['the proxy', { message: 'Proxy connection ended before receiving CONNECT response' }],
		['the key cannot be a header', systemError('ERR_INVALID_CHAR')],
		['the address is none', systemError('ERR_INVALID_URL')],
		["n8n's protection of inner addresses", new SsrfBlockedIpError('blocked')],
	])('%s', (_why, error) => {
		for (const depth of [0, 1, 5]) expect(mayHaveGoneOut(wrapped(error, depth))).toBe(false);
	});
});

describe('a request without a response may have gone out', () => {
	it.each<[string, unknown]>([
		['time-out of a response', systemError('ETIMEDOUT', { syscall: 'read' })],
		['time-out of nobody knows what', systemError('ETIMEDOUT')],
		['time-out of axios', systemError('ECONNABORTED')],
		['words of a connection in the middle', { code: 'ETIMEDOUT', message: 'x connect ETIMEDOUT' }],
		['reset', systemError('ECONNRESET', { syscall: 'read' })],
		['host lost while reading', systemError('EHOSTUNREACH', { syscall: 'read' })],
		['broken pipe', systemError('EPIPE', { syscall: 'write' })],
		['garbage for a response', systemError('HPE_INVALID_CONSTANT')],
		['damaged TLS record', systemError('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC')],
		['a code in the message only', new Error('ECONNREFUSED in the message only')],
		['no error at all', undefined],
		['a text', 'ECONNREFUSED'],
		['no text for a message', { message: ['wrong version number'] }],
	])('%s', (_why, error) => {
		for (const depth of [0, 1, 5]) expect(mayHaveGoneOut(wrapped(error, depth))).toBe(true);
	});

	it('errors that are the cause of each other', () => {
		const first = systemError('E_ONE');
		Object.assign(first, { cause: systemError('E_TWO', { cause: first, errors: [first] }) });
		expect(mayHaveGoneOut(first)).toBe(true);
	});
});
