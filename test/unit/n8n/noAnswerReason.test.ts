import fc from 'fast-check';

import { noAnswerReason } from '../../../nodes/Evolink/n8n/http';
import { runs } from '../../random';

/** An error as Node throws it. */
function systemError(code: string, fields: Record<string, unknown> = {}): Error {
	return Object.assign(new Error(`${String(fields.syscall ?? 'x')} ${code}`), { code, ...fields });
}

/** The error wrapped as axios and n8n do it. */
function wrapped(error: unknown, depth = 1): unknown {
	return depth === 0
		? error
		: wrapped(Object.assign(new Error('outer'), { cause: error }), depth - 1);
}

describe('a request without an answer', () => {
	it.each([
		['dns', systemError('ENOTFOUND', { syscall: 'getaddrinfo' })],
		['dns', systemError('EAI_AGAIN', { syscall: 'getaddrinfo' })],
		['refused', systemError('ECONNREFUSED', { syscall: 'connect' })],
		['refused', systemError('ECONNREFUSED')],
		['refused', systemError('EHOSTUNREACH', { syscall: 'connect' })],
		['refused', systemError('ENETUNREACH', { syscall: 'connect' })],
		['refused', systemError('EADDRNOTAVAIL', { syscall: 'connect' })],
		['refused', systemError('ETIMEDOUT', { syscall: 'connect' })],
		['timedOut', systemError('ETIMEDOUT', { syscall: 'read' })],
		['timedOut', systemError('ETIMEDOUT')],
		['timedOut', systemError('ECONNABORTED')],
		['timedOut', systemError('ESOCKETTIMEDOUT')],
		['broken', systemError('EHOSTUNREACH', { syscall: 'read' })],
		['broken', systemError('ECONNRESET', { syscall: 'read' })],
		['broken', systemError('EPIPE', { syscall: 'write' })],
		['broken', systemError('ERR_NETWORK')],
		['broken', systemError('ERR_CANCELED')],
		['broken', systemError('HPE_INVALID_CONSTANT')],
		['notSent', systemError('ERR_INVALID_CHAR')],
		['notSent', systemError('ERR_INVALID_URL')],
		['notSent', systemError('ERR_UNESCAPED_CHARACTERS')],
		['handshake', systemError('ERR_TLS_CERT_ALTNAME_INVALID')],
		['handshake', systemError('CERT_HAS_EXPIRED')],
		['handshake', systemError('DEPTH_ZERO_SELF_SIGNED_CERT')],
		['handshake', systemError('UNABLE_TO_VERIFY_LEAF_SIGNATURE')],
		['handshake', systemError('EPROTO', { message: 'ssl3_get_record:wrong version number' })],
		['handshake', systemError('CERT_NOT_YET_VALID')],
		['handshake', systemError('UNABLE_TO_GET_ISSUER_CERT_LOCALLY')],
		['handshake', systemError('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE')],
		['handshake', systemError('ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR')],
		[
			'handshake',
			systemError('ECONNRESET', {
				message: 'Client network socket disconnected before secure TLS connection was established',
			}),
		],
		['broken', systemError('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC')],
		['broken', systemError('ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC')],
		['refused', systemError('EMFILE', { syscall: 'connect' })],
		['proxy', { message: 'Proxy connection ended before receiving CONNECT response' }],
	])('is called %s: %s', (reason, error) => {
		for (const depth of [0, 1, 2, 5]) {
			expect(noAnswerReason(wrapped(error, depth))).toBe(reason);
		}
	});

	it("was not sent when n8n's own protection against inner addresses stepped in", () => {
		class SsrfBlockedIpError extends Error {}
		expect(noAnswerReason(wrapped(new SsrfBlockedIpError('blocked')))).toBe('notSent');
	});

	it('is judged by the attempts on all addresses of a host', () => {
		const attempts = [
			systemError('ECONNREFUSED', { syscall: 'connect', address: '::1' }),
			systemError('ETIMEDOUT', { syscall: 'connect', address: '127.0.0.1' }),
		];
		expect(noAnswerReason(new AggregateError(attempts))).toBe('refused');
		expect(noAnswerReason(wrapped(new AggregateError(attempts), 2))).toBe('refused');
	});

	it.each([
		undefined,
		null,
		'ECONNREFUSED',
		7,
		{},
		[],
		new Error('ECONNREFUSED in the message only'),
	])('counts as broken off when nobody knows: %p', (error) => {
		expect(noAnswerReason(error)).toBe('broken');
	});

	it('is judged even when errors go round in a circle', () => {
		const first = systemError('E_ONE');
		const second = systemError('E_TWO', { cause: first, errors: [first] });
		Object.assign(first, { cause: second, errors: [second] });
		expect(noAnswerReason(first)).toBe('broken');
		Object.assign(second, { code: 'ENOTFOUND' });
		expect(noAnswerReason(first)).toBe('dns');
	});

	it('is judged by what n8n keeps of an error: its code as HTTP code, its words as the first message', () => {
		expect(noAnswerReason({ httpCode: 'ECONNREFUSED' })).toBe('refused');
		const connecting = { messages: ['connect ETIMEDOUT 192.0.2.1:443', 'later words'] };
		const timedOut = { httpCode: 'ETIMEDOUT', message: 'The connection timed out' };
		expect(noAnswerReason({ ...timedOut, ...connecting })).toBe('refused');
		expect(noAnswerReason(timedOut)).toBe('timedOut');
		expect(noAnswerReason({ ...timedOut, messages: [7] })).toBe('timedOut');
	});

	it('counts a time-out as one of the connection only where the message begins so', () => {
		const timedOut = { code: 'ETIMEDOUT', message: 'read after connect ETIMEDOUT' };
		expect(noAnswerReason(timedOut)).toBe('timedOut');
	});

	it('takes only texts for codes and messages', () => {
		expect(noAnswerReason({ message: ['wrong version number'] })).toBe('broken');
	});

	it('is judged as deep as errors are wrapped, and no deeper', () => {
		const error = systemError('ENOTFOUND');
		expect(noAnswerReason(wrapped(error, 8))).toBe('dns');
		expect(noAnswerReason(wrapped(error, 9))).toBe('broken');
	});

	it('never makes the judge fail', () => {
		const reasons = ['dns', 'refused', 'proxy', 'handshake', 'notSent', 'timedOut', 'broken'];
		fc.assert(
			fc.property(fc.anything({ withNullPrototype: true }), (error) => {
				expect(reasons).toContain(noAnswerReason(error));
				expect(reasons).toContain(noAnswerReason({ cause: error, errors: [error] }));
			}),
			runs(1_000),
		);
		expect(noAnswerReason({ constructor: { name: 7 } })).toBe('broken');
	});
});
