import { subscribe } from 'node:diagnostics_channel';
import { ClientRequest } from 'node:http';

import type { Sandbox } from '../../sandbox';

const countsByHost = new Map<string, number>();

subscribe('http.client.request.start', (message) => {
	const request: unknown = Reflect.get(Object(message), 'request');
	const host = request instanceof ClientRequest ? request.getHeader('host') : undefined;
	if (typeof host === 'string') countsByHost.set(host, (countsByHost.get(host) ?? 0) + 1);
});

/**
 * Returns how many requests this process has sent to a sandbox so far. A sandbox can see a request
 * later than it was sent, so only this tells whether something was still sent after a certain
 * moment.
 */
export function sentRequestCount(sandbox: Pick<Sandbox, 'url'>): number {
	return countsByHost.get(new URL(sandbox.url).host) ?? 0;
}
