import type { IExecuteFunctions, IHttpRequestOptions } from 'n8n-workflow';

import type { ApiRequest, ApiTransport } from '../evolink/client';
import type { NoResponse, NoResponseReason, Response } from '../evolink/response';
import { parseJson } from '../evolink/task';
import { sleepInSlices } from '../time/clock';
import { Stopped } from '../time/stop';
import type { Stop } from '../time/stop';
import { CREDENTIAL_TYPE } from './account';
import type { Account } from './account';
import { at, noResponseReason, textAt } from './noResponseReason';

/** The build writes the version of package.json in its place. */
const PACKAGE_VERSION = '0.0.0-source';

/** How the node introduces itself to every server. */
const USER_AGENT = `n8n-nodes-evolink/${PACKAGE_VERSION}`;

/** Node's readable stream; its module may not be imported in a node, not even as a type. */
export type ByteStream = Awaited<ReturnType<IExecuteFunctions['helpers']['getBinaryStream']>>;

/**
 * A cancelled execution must be quiet within a second. A request whose response is worth money gets
 * half of that second, so that the task it may have started can still be noted.
 */
const GRACE_AFTER_CANCEL_MS = 500;

/** How long something may take, and whether it may finish when another item has failed. */
interface ExchangeLimits {
	timeoutMs: number;
	mayFinish?: boolean;
}

/**
 * Runs one exchange within its limits. HTTP time-outs alone would not do: they watch for silence,
 * so a server that sends a byte now and then would never meet them.
 *
 * @param run does the exchange; it should end when the signal aborts, but is not waited for then
 * @throws whatever the exchange throws; an error with the code ETIMEDOUT when its time is over;
 * Stopped when the execution was stopped and the exchange was not allowed to finish
 */
export async function withinLimits<T>(
	run: (signal: AbortSignal) => Promise<T>,
	{ timeoutMs, mayFinish = false }: ExchangeLimits,
	stop: Stop,
): Promise<T> {
	stop.throwIfStopped();
	const abort = new AbortController();
	let isOpen = true;
	let leave = () => {};
	const limits = new Promise<never>((_, reject) => {
		const endAfter = async (ms: number, reason: Error) => {
			await sleepInSlices(ms, () => isOpen);
			if (!isOpen) return;
			reject(reason);
			abort.abort();
		};
		leave = stop.onStop((reason) => {
			if (mayFinish && reason === 'itemFailed') return;
			void endAfter(mayFinish ? GRACE_AFTER_CANCEL_MS : 0, new Stopped(reason));
		});
		const isOver = Object.assign(new Error('The time is over'), { code: 'ETIMEDOUT' });
		void endAfter(timeoutMs, isOver);
	});
	try {
		return await Promise.race([run(abort.signal), limits]);
	} finally {
		isOpen = false;
		leave();
	}
}

/** Returns the headers with lower-case names, cleaned; what is not text is left out. */
function plainHeaders(
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
 * long, so it asks n8n for the request in the name of a context whose signal is its own. All else
 * goes to the real context, which may have private members.
 */
function withSignal(context: IExecuteFunctions, signal: AbortSignal): IExecuteFunctions {
	return new Proxy(context, {
		get(target, name) {
			if (name === 'getExecutionCancelSignal') return () => signal;
			const value: unknown = Reflect.get(target, name, target);
			return typeof value === 'function' ? value.bind(target) : value;
		},
	});
}

/**
 * Makes the exit with the key: through n8n's own HTTP client, with the user's credential, and with
 * the key removed from all that comes back.
 */
export function createApiTransport(
	context: IExecuteFunctions,
	account: Account,
	stop: Stop,
): ApiTransport {
	const { credential: data, redact } = account;
	const credentialsDecrypted = { id: '', name: '', type: CREDENTIAL_TYPE, data };
	return async (request) => {
		let isSent = false;
		const options = optionsOf(request, account, () => {
			if (!isSent) request.onSend?.();
			isSent = true;
		});
		const send = async (signal: AbortSignal): Promise<unknown> =>
			await context.helpers.httpRequestWithAuthentication.call(
				withSignal(context, signal),
				CREDENTIAL_TYPE,
				options,
				{ credentialsDecrypted },
			);
		const limits = { timeoutMs: request.timeoutMs, mayFinish: request.onSend !== undefined };
		return await withinLimits(send, limits, stop).then(
			(response) => responseOf(response, redact),
			unlessStopped((error) => ({ noResponse: isSent ? noResponseReason(error) : 'notSent' })),
		);
	};
}

/** Returns what to make of an error that is not the end of the execution, which goes on. */
function unlessStopped<T>(judge: (error: unknown) => T): (error: unknown) => T {
	return (error) => {
		if (error instanceof Stopped) throw error;
		return judge(error);
	};
}

function responseOf(full: unknown, redact: Account['redact']): Response | NoResponse {
	const status = at(full, 'statusCode');
	if (typeof status !== 'number') return { noResponse: 'broken' };
	const text = textAt(full, 'body');
	return {
		status,
		headers: plainHeaders(at(full, 'headers'), redact),
		text: redact(text),
		json: parseJson(text, redact),
	};
}

/** @param onSend called when n8n has put the key to the request and reads the rest of it */
function optionsOf(
	request: ApiRequest,
	{ hosts }: Account,
	onSend: () => void,
): IHttpRequestOptions {
	return {
		method: request.method,
		url: `${hosts[request.host]}${request.path}`,
		headers: { Accept: 'application/json', 'User-Agent': USER_AGENT, ...request.headers },
		body: request.body,
		encoding: 'text',
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
		// The key goes to the credential's hosts and to no other.
		disableFollowRedirect: true,
		// Nothing reads it before the request is made, so that until then nothing was sent.
		get timeout() {
			onSend();
			return request.timeoutMs;
		},
	};
}

/** What a link answered, its body still on the way. */
export interface LinkResponse {
	status: number;
	headers: Record<string, string>;
	body: ByteStream;
	/** Ends the connection, whatever is still to come. */
	discard(): void;
}

/** Why a link got no response; other than the API's address, it is followed elsewhere. */
export type NoLinkReason = NoResponseReason | 'redirectLoop' | 'redirectOffWeb';

function isByteStream(value: unknown): value is ByteStream {
	return typeof at(value, 'pipe') === 'function' && typeof at(value, 'destroy') === 'function';
}

function noLinkReason(error: unknown): NoLinkReason {
	const code = textAt(error, 'code');
	if (code === 'ERR_FR_TOO_MANY_REDIRECTS') return 'redirectLoop';
	const reason = noResponseReason(error);
	return code === 'ERR_FR_REDIRECTION_FAILURE' && reason === 'broken' ? 'redirectOffWeb' : reason;
}

/**
 * Opens a result link, on whatever host: the exit without the key.
 *
 * @param timeoutMs how long it may take until the response begins
 * @throws Stopped when the execution is stopped
 */
export async function openLink(
	context: IExecuteFunctions,
	link: string,
	timeoutMs: number,
	stop: Stop,
): Promise<LinkResponse | { noResponse: NoLinkReason }> {
	const request = new AbortController();
	const open = async (signal: AbortSignal): Promise<unknown> => {
		signal.addEventListener('abort', () => request.abort(), { once: true });
		return await context.helpers.httpRequest({
			method: 'GET',
			url: link,
			headers: { 'User-Agent': USER_AGENT, Accept: '*/*', 'Accept-Encoding': 'identity' },
			encoding: 'stream',
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			timeout: timeoutMs,
			abortSignal: request.signal,
		});
	};
	const linkResponse = (full: unknown): LinkResponse | { noResponse: NoLinkReason } => {
		const status = at(full, 'statusCode');
		const body = at(full, 'body');
		if (typeof status !== 'number' || !isByteStream(body)) return { noResponse: 'broken' };
		const discard = () => {
			// A destroyed stream reports it as an error, which would end the process if nobody listened.
			body.on('error', () => {});
			// First, and not left to the stream: one that is wrapped around the connection does not let
			// go of it before the next piece arrives, which may be never.
			request.abort();
			body.destroy(new Error('The download was given up'));
		};
		return { status, headers: plainHeaders(at(full, 'headers')), body, discard };
	};
	return await withinLimits(open, { timeoutMs }, stop).then(
		linkResponse,
		unlessStopped((error) => ({ noResponse: noLinkReason(error) })),
	);
}
