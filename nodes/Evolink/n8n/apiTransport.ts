import type { IExecuteFunctions, IHttpRequestOptions } from 'n8n-workflow';

import { isJsonObject, parseJson } from '../evolink/json';
import type { ApiTransport, HttpOutcome, HttpRequest } from '../evolink/transport';
import type { Stop } from '../tasks/stop';
import { CREDENTIAL_TYPE } from './account';
import type { Account } from './account';
import { noAnswerReason } from './connectionTrouble';
import { runExchange } from './exchange';
import { USER_AGENT } from './productName';

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

/** Returns the headers with lower-case names; what is not a text is left out. */
export function plainHeaders(headers: unknown): Record<string, string> {
	if (typeof headers !== 'object' || headers === null) return {};
	return Object.fromEntries(
		Object.entries(headers)
			.filter((entry): entry is [string, string] => typeof entry[1] === 'string')
			.map(([name, value]) => [name.toLowerCase(), value]),
	);
}

/**
 * Returns an answer's text without the API key. JSON can spell one and the same text in many ways
 * (`\/`, `\u002f`), so it is brought into one spelling first.
 */
function withoutKey(text: string, account: Account): string {
	const json = parseJson(text);
	return account.redact(json === undefined ? text : JSON.stringify(json));
}

/**
 * Makes the transport for the API: through n8n's own HTTP client, with the user's credential, and
 * with the key removed from all that comes back.
 */
export function createApiTransport(
	context: IExecuteFunctions,
	account: Account,
	stop: Stop,
): ApiTransport {
	return {
		async send(request: HttpRequest): Promise<HttpOutcome> {
			const end = await runExchange(
				async (signal) => {
					const options: IHttpRequestOptions = {
						method: request.method,
						url: request.url,
						headers: {
							Accept: 'application/json',
							'User-Agent': USER_AGENT,
							...request.headers,
						},
						...(request.body === undefined ? {} : { body: request.body }),
						encoding: 'text',
						returnFullResponse: true,
						ignoreHttpStatusErrors: true,
						// The key goes to the credential's hosts and to no other.
						disableFollowRedirect: true,
						timeout: request.timeoutMs,
					};
					const response: unknown = await context.helpers.httpRequestWithAuthentication.call(
						withSignal(context, signal),
						CREDENTIAL_TYPE,
						options,
					);
					return response;
				},
				request,
				stop,
			);
			if (end.kind === 'timedOut') return { kind: 'noAnswer', reason: 'timedOut' };
			if (end.kind === 'threw') return { kind: 'noAnswer', reason: noAnswerReason(end.error) };
			const response = end.value;
			if (!isJsonObject(response) || typeof response.statusCode !== 'number') {
				return { kind: 'noAnswer', reason: 'broken' };
			}
			const text = typeof response.body === 'string' ? response.body : '';
			return {
				kind: 'answer',
				status: response.statusCode,
				headers: Object.fromEntries(
					Object.entries(plainHeaders(response.headers)).map(([name, value]) => [
						name,
						account.redact(value),
					]),
				),
				text: withoutKey(text, account),
			};
		},
	};
}
