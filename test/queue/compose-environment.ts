import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

import { isRecord } from '../../tools/n8n/n8n-answers';

/** The compose file of the documentation. */
export const COMPOSE_FILE = path.resolve(__dirname, '../../docs/scaling/compose.yaml');

/**
 * The environment variables that the documentation's compose file gives to every n8n process, so that
 * the tests run with the settings that are recommended.
 * @throws Error when the file has none
 */
export function composeEnvironment(): Record<string, string> {
	const content: unknown = parse(readFileSync(COMPOSE_FILE, 'utf8'), { merge: true });
	const environment = isRecord(content) ? content['x-environment'] : undefined;
	if (!isRecord(environment)) throw new Error(`${COMPOSE_FILE} has no x-environment`);
	return Object.fromEntries(
		Object.entries(environment).map(([name, value]) => [name, String(value)]),
	);
}
