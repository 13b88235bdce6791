import type { IExecuteFunctions, IHttpRequestOptions } from 'n8n-workflow';

import type { ApiTransport, HttpOutcome, HttpRequest } from '../evolink/client';
import type { NoAnswerReason } from '../evolink/failures';
import { parseJson } from '../evolink/task';
import { sleepInSlices } from '../time/clock';
import { Stopped } from '../time/stop';
import type { Stop } from '../time/stop';
import { CREDENTIAL_TYPE } from './account';
import type { Account } from './account';

/** The build writes the version of package.json in its place. */
const PACKAGE_VERSION = '0.0.0-source';

/** How the node introduces itself to every server. */
const USER_AGENT = `n8n-nodes-evolink/${PACKAGE_VERSION}`;

/** Node's readable stream; its module may not be imported in a node, not even as a type. */
export type ByteStream = Awaited<ReturnType<IExecuteFunctions['helpers']['getBinaryStream']>>;

/** What one error in a chain of wrapped ones says, as Node, axios and n8n wrap them. */
interface Trouble {
	code: string;
	syscall: string;
	name: string;
	message: string;
	/** Whether the connection was still at its TLS handshake. */
	isHandshaking: boolean;
}

/** Returns what lies at the end of a path into a value that may not even be an object. */
function at(value: unknown, ...path: string[]): unknown {
	return path.reduce<unknown>(
		(inner, name) =>
			typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined,
		value,
	);
}

function textAt(value: unknown, ...path: string[]): string {
	const text = at(value, ...path);
	return typeof text === 'string' ? text : '';
}

/** Wrapped errors are few; a chain that is longer goes round in a circle. */
const DEEPEST_WRAPPING = 8;

function troublesIn(error: unknown, depth = 0): Trouble[] {
	if (typeof error !== 'object' || error === null || depth > DEEPEST_WRAPPING) return [];
	// n8n replaces some messages by a friendlier one, and keeps the original first in a list.
	const message = textAt(error, 'messages', '0') || textAt(error, 'message');
	const trouble = {
		// Older n8n (seen in 1.123 and 2.8) drops the error it wraps, and keeps its code as HTTP code.
		code: textAt(error, 'code') || textAt(error, 'httpCode'),
		syscall: textAt(error, 'syscall') || (/^connect E/.test(message) ? 'connect' : ''),
		name: typeof error.constructor === 'function' ? error.constructor.name : '',
		message,
		isHandshaking: at(error, 'request', 'socket', 'secureConnecting') === true,
	};
	// Node puts the attempts on several addresses of one host into `errors`.
	const several = at(error, 'errors');
	const inner = [at(error, 'cause'), ...(Array.isArray(several) ? several : [])];
	return [trouble, ...inner.flatMap((one) => troublesIn(one, depth + 1))];
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
function isHandshakeTrouble({ code, message, isHandshaking }: Trouble): boolean {
	if (
		isHandshaking ||
		/before secure TLS connection was established|wrong version number/i.test(message)
	) {
		return true;
	}
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

/**
 * A cancelled execution must be quiet within a second. A request whose answer is worth money gets
 * half of that second, so that the task it may have started can still be noted.
 */
const GRACE_AFTER_CANCEL_MS = 500;

/** How an exchange ended. */
export type ExchangeEnd<T> =
	{ kind: 'answered'; value: T } | { kind: 'threw'; error: unknown } | { kind: 'timedOut' };

/**
 * Runs one exchange within its limits. HTTP time-outs alone would not do: they watch for silence,
 * so a server that sends a byte now and then would never meet them.
 *
 * @param run does the exchange; it should end when the signal aborts, but is not waited for then
 * @throws Stopped when the execution was stopped and the exchange was not allowed to finish
 */
export async function withinLimits<T>(
	run: (signal: AbortSignal) => Promise<T>,
	{ timeoutMs, onStop }: Pick<HttpRequest, 'timeoutMs' | 'onStop'>,
	stop: Stop,
): Promise<ExchangeEnd<T>> {
	stop.throwIfStopped();
	const abort = new AbortController();
	let isOpen = true;
	let leave = () => {};
	const limits = new Promise<ExchangeEnd<T>>((resolve, reject) => {
		const endAfter = async (ms: number, end: () => void) => {
			await sleepInSlices(ms, () => isOpen);
			if (!isOpen) return;
			end();
			abort.abort();
		};
		leave = stop.onStop((reason) => {
			if (onStop === 'letFinish' && reason === 'itemFailed') return;
			const graceMs = onStop === 'letFinish' ? GRACE_AFTER_CANCEL_MS : 0;
			void endAfter(graceMs, () => reject(new Stopped(reason)));
		});
		void endAfter(timeoutMs, () => resolve({ kind: 'timedOut' }));
	});
	const exchange = run(abort.signal).then(
		(value): ExchangeEnd<T> => ({ kind: 'answered', value }),
		(error: unknown): ExchangeEnd<T> => ({ kind: 'threw', error }),
	);
	try {
		return await Promise.race([exchange, limits]);
	} finally {
		isOpen = false;
		leave();
	}
}

/** Returns the headers with lower-case names, cleaned; what is not a text is left out. */
export function plainHeaders(
	headers: unknown,
	clean: (value: string) => string = (value) => value,
): Record<string, string> {
	if (typeof headers !== 'object' || headers === null) return {};
	const entries = Object.entries(headers).flatMap(([name, value]: [string, unknown]) =>
		typeof value === 'string' ? [[name.toLowerCase(), clean(value)]] : [],
	);
	return Object.fromEntries(entries);
}

/**
 * n8n puts the execution's own cancel signal on every authenticated request and leaves no room
 * for another. The node also has to end requests when another item failed, or when one takes too
 * long, so it asks n8n for the request in the name of a context whose signal is its own.
 */
function withSignal(context: IExecuteFunctions, signal: AbortSignal): IExecuteFunctions {
	const derived: IExecuteFunctions = Object.create(context, {
		getExecutionCancelSignal: { value: () => signal },
	});
	return derived;
}

/**
 * Makes the exit with the key: through n8n's own HTTP client, with the user's credential, and with
 * the key removed from all that comes back.
 */
export function createApiTransport(
	context: IExecuteFunctions,
	openAccount: () => Promise<Account>,
	stop: Stop,
): ApiTransport {
	return async (request): Promise<HttpOutcome> => {
		const account = await openAccount();
		const options: IHttpRequestOptions = {
			method: request.method,
			url: `${account.hosts[request.host]}${request.path}`,
			headers: { Accept: 'application/json', 'User-Agent': USER_AGENT, ...request.headers },
			body: request.body,
			encoding: 'text',
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			// The key goes to the credential's hosts and to no other.
			disableFollowRedirect: true,
			timeout: request.timeoutMs,
		};
		const end = await withinLimits(
			async (signal): Promise<unknown> =>
				await context.helpers.httpRequestWithAuthentication.call(
					withSignal(context, signal),
					CREDENTIAL_TYPE,
					options,
				),
			request,
			stop,
		);
		if (end.kind === 'timedOut') return { kind: 'noAnswer', reason: 'timedOut' };
		if (end.kind === 'threw') return { kind: 'noAnswer', reason: noAnswerReason(end.error) };
		const status = at(end.value, 'statusCode');
		if (typeof status !== 'number') return { kind: 'noAnswer', reason: 'broken' };
		const body = textAt(end.value, 'body');
		return {
			kind: 'answer',
			status,
			headers: plainHeaders(at(end.value, 'headers'), account.redact),
			text: account.redact(body),
			json: parseJson(body, account.redact),
		};
	};
}

/** What a link answered, its body still on the way; or why it did not. */
export type LinkAnswer =
	| {
			kind: 'answer';
			status: number;
			headers: Record<string, string>;
			body: ByteStream;
			/** Ends the connection, whatever is still to come. */
			discard(): void;
	  }
	| { kind: 'noAnswer'; reason: NoAnswerReason | 'redirectLoop' | 'redirectOffWeb' };

function isByteStream(value: unknown): value is ByteStream {
	return typeof at(value, 'pipe') === 'function' && typeof at(value, 'destroy') === 'function';
}

/** Why a link got no answer; other than the API's address, it is followed elsewhere. */
function noLinkAnswer(error: unknown): LinkAnswer {
	const code = textAt(error, 'code');
	if (code === 'ERR_FR_TOO_MANY_REDIRECTS') return { kind: 'noAnswer', reason: 'redirectLoop' };
	const reason = noAnswerReason(error);
	const isOffWeb = code === 'ERR_FR_REDIRECTION_FAILURE' && reason === 'broken';
	return { kind: 'noAnswer', reason: isOffWeb ? 'redirectOffWeb' : reason };
}

/**
 * Opens a result link, on whatever host: the exit without the key.
 *
 * @param timeoutMs how long it may take until the answer begins
 * @throws Stopped when the execution is stopped
 */
export async function openLink(
	context: IExecuteFunctions,
	link: string,
	timeoutMs: number,
	stop: Stop,
): Promise<LinkAnswer> {
	const request = new AbortController();
	const end = await withinLimits(
		async (signal): Promise<unknown> => {
			signal.addEventListener('abort', () => request.abort(), { once: true });
			return await context.helpers.httpRequest({
				method: 'GET',
				url: link,
				// Packed, the length could not be held against what arrives.
				headers: { 'User-Agent': USER_AGENT, Accept: '*/*', 'Accept-Encoding': 'identity' },
				encoding: 'stream',
				returnFullResponse: true,
				ignoreHttpStatusErrors: true,
				timeout: timeoutMs,
				abortSignal: request.signal,
			});
		},
		{ timeoutMs, onStop: 'abort' },
		stop,
	);
	if (end.kind === 'timedOut') return { kind: 'noAnswer', reason: 'timedOut' };
	if (end.kind === 'threw') return noLinkAnswer(end.error);
	const status = at(end.value, 'statusCode');
	const body = at(end.value, 'body');
	if (typeof status !== 'number' || !isByteStream(body)) {
		return { kind: 'noAnswer', reason: 'broken' };
	}
	return {
		kind: 'answer',
		status,
		headers: plainHeaders(at(end.value, 'headers')),
		body,
		discard() {
			// A destroyed stream reports it as an error, which would end the process if nobody listened.
			body.on('error', () => {});
			// First, and not left to the stream: one that is wrapped around the connection does not let
			// go of it before the next piece arrives, which may be never.
			request.abort();
			body.destroy(new Error('The download was given up'));
		},
	};
}
