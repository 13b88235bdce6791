import { subscribe } from 'node:diagnostics_channel';
import { ClientRequest } from 'node:http';

import type { Sandbox } from '../../sandbox';

const timesByHost = new Map<string, number[]>();

subscribe('http.client.request.start', (message) => {
	const request: unknown = Reflect.get(Object(message), 'request');
	const host = request instanceof ClientRequest ? request.getHeader('host') : undefined;
	if (typeof host !== 'string') return;
	timesByHost.set(host, [...(timesByHost.get(host) ?? []), performance.now()]);
});

/**
 * Returns when this process has sent its requests to a sandbox so far, in milliseconds. A sandbox
 * can see a request later than it was sent.
 */
export function sentRequestTimes({ url }: Pick<Sandbox, 'url'>): number[] {
	return timesByHost.get(new URL(url).host) ?? [];
}

/** Returns how many requests this process has sent to a sandbox so far. */
export function sentRequestCount(sandbox: Pick<Sandbox, 'url'>): number {
	return sentRequestTimes(sandbox).length;
}
