import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';

import { isRecord } from '../../../tools/n8n/n8n-answers';
import { CURRENT_N8N } from '../../../tools/n8n/n8n-releases';
import { COMPOSE_FILE, composeEnvironment } from '../../queue/compose-environment';

const dockerfile = readFileSync(join(COMPOSE_FILE, '..', 'Dockerfile'), 'utf8');
const document = parseDocument(readFileSync(COMPOSE_FILE, 'utf8'), { merge: true, strict: true });
const compose: unknown = document.toJS();

/** Follows the keys into the file. @throws Error when there is no object */
function part(...keys: string[]): Record<string, unknown> {
	const found = keys.reduce<unknown>(
		(value, key) => (isRecord(value) ? value[key] : undefined),
		compose,
	);
	if (!isRecord(found)) throw new Error(`compose.yaml has no ${keys.join('.')}`);
	return found;
}

// That these settings work is seen in test/queue, which runs with them.
describe('docs/scaling/compose.yaml', () => {
	it('is valid YAML without a warning', () => {
		expect(document.errors).toEqual([]);
		expect(document.warnings).toEqual([]);
	});

	it('gives main and the workers the same image and settings', () => {
		const [main, worker] = ['main', 'worker'].map((service) => part('services', service));
		expect(worker.build).toEqual(main.build);
		expect(worker.image).toBe(main.image);
		expect(main.environment).toEqual(composeEnvironment());
		expect(worker.environment).toEqual({
			...composeEnvironment(),
			QUEUE_HEALTH_CHECK_ACTIVE: 'true',
		});
	});

	it('lets a stopped worker finish the longest wait of the node', () => {
		const shutdownSeconds = Number(composeEnvironment().N8N_GRACEFUL_SHUTDOWN_TIMEOUT);
		const minutes = /^(\d+)m$/.exec(String(part('services', 'worker').stop_grace_period))?.[1];
		expect(shutdownSeconds).toBeGreaterThan(900);
		expect(Number(minutes) * 60).toBeGreaterThan(shutdownSeconds);
	});

	it('takes every secret from a file that it declares, both sides of a password from the same', () => {
		const environment = { ...composeEnvironment(), ...part('services', 'postgres', 'environment') };
		for (const [name, value] of Object.entries(environment)) {
			if (!/PASSWORD|KEY|SECRET|TOKEN/.test(name)) continue;
			expect(name).toMatch(/_FILE$/);
			const secret = /^\/run\/secrets\/(.+)$/.exec(String(value))?.[1];
			expect(Object.keys(part('secrets'))).toContain(secret);
		}
		expect(environment.POSTGRES_PASSWORD_FILE).toBe(environment.DB_POSTGRESDB_PASSWORD_FILE);
	});

	it('can be reached from this machine only', () => {
		for (const service of Object.keys(part('services'))) {
			const { ports = [] } = part('services', service);
			for (const port of [ports].flat()) expect(port).toMatch(/^127\.0\.0\.1:/);
		}
	});
});

it('docs/scaling/Dockerfile has the n8n that the tests run with', () => {
	expect(dockerfile).toContain(`ARG N8N_VERSION=${CURRENT_N8N.title.replace('n8n ', '')}\n`);
});
