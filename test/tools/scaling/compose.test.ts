import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';

import { isRecord } from '../../../tools/n8n/n8n-answers';
import { composeEnvironment } from '../../queue/compose-environment';

const FOLDER = join(__dirname, '../../../docs/scaling');
const dockerfile = readFileSync(join(FOLDER, 'Dockerfile'), 'utf8');
const page = readFileSync(join(FOLDER, '../scaling.md'), 'utf8');

const document = parseDocument(readFileSync(join(FOLDER, 'compose.yaml'), 'utf8'), {
	merge: true,
	strict: true,
	uniqueKeys: true,
});
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

function list(value: unknown): unknown[] {
	if (!Array.isArray(value)) throw new Error('Not a list in compose.yaml');
	return value;
}

const N8N_SERVICES = ['main', 'worker'];
const SERVICES = [...N8N_SERVICES, 'redis', 'postgres'];

describe('docs/scaling/compose.yaml', () => {
	it('is valid YAML without a warning', () => {
		expect(document.errors).toEqual([]);
		expect(document.warnings).toEqual([]);
	});

	it('has a main process, workers, Redis and PostgreSQL, and each of them is watched', () => {
		expect(Object.keys(part('services'))).toEqual(SERVICES);
		for (const service of SERVICES) {
			const { test, interval } = part('services', service, 'healthcheck');
			expect(list(test)[0]).toBe('CMD');
			expect(interval).toMatch(/^\d+s$/);
			expect(part('services', service).restart).toBe('unless-stopped');
		}
	});

	it('gives main and the workers the same image, the same settings and the same key', () => {
		const [main, worker] = N8N_SERVICES.map((service) => part('services', service));
		expect(worker.build).toEqual(main.build);
		expect(worker.image).toBe(main.image);
		expect(main.command).toBe('start');
		expect(worker.command).toMatch(/^worker --concurrency=\d+$/);
		expect(part('services', 'main', 'environment')).toEqual(composeEnvironment());
		expect(part('services', 'worker', 'environment')).toEqual({
			...composeEnvironment(),
			QUEUE_HEALTH_CHECK_ACTIVE: 'true',
		});
	});

	it('has every setting that queue mode needs', () => {
		expect(composeEnvironment()).toMatchObject({
			EXECUTIONS_MODE: 'queue',
			QUEUE_BULL_REDIS_HOST: 'redis',
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: 'postgres',
			N8N_DEFAULT_BINARY_DATA_MODE: 'database',
			OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'true',
			N8N_LOG_LEVEL: 'info',
		});
	});

	it('lets a stopped worker finish the longest wait of the node', () => {
		const shutdownSeconds = Number(composeEnvironment().N8N_GRACEFUL_SHUTDOWN_TIMEOUT);
		const minutes = /^(\d+)m$/.exec(String(part('services', 'worker').stop_grace_period))?.[1];
		expect(shutdownSeconds).toBeGreaterThan(900);
		expect(Number(minutes) * 60).toBeGreaterThan(shutdownSeconds);
	});

	it('holds no secret: they come from files, and both sides of a password from the same one', () => {
		const environment = { ...composeEnvironment(), ...part('services', 'postgres', 'environment') };
		for (const [name, value] of Object.entries(environment)) {
			if (!/PASSWORD|KEY|SECRET|TOKEN/.test(name)) continue;
			expect(name).toMatch(/_FILE$/);
			expect(value).toMatch(/^\/run\/secrets\//);
		}
		expect(environment.POSTGRES_PASSWORD_FILE).toBe(environment.DB_POSTGRESDB_PASSWORD_FILE);
		const declared = Object.keys(part('secrets'));
		for (const service of [...N8N_SERVICES, 'postgres']) {
			for (const secret of list(part('services', service).secrets)) {
				expect(declared).toContain(secret);
			}
		}
		const used = Object.values(environment).flatMap((value) =>
			String(value).startsWith('/run/secrets/') ? [String(value).slice(13)] : [],
		);
		for (const secret of used) expect(declared).toContain(secret);
	});

	it('starts in an order that works, and every name in it exists', () => {
		expect(part('services', 'main', 'depends_on')).toEqual({
			postgres: { condition: 'service_healthy' },
			redis: { condition: 'service_healthy' },
		});
		expect(part('services', 'worker', 'depends_on')).toEqual({
			postgres: { condition: 'service_healthy' },
			redis: { condition: 'service_healthy' },
			main: { condition: 'service_healthy' },
		});
	});

	it('keeps the data of Redis and PostgreSQL in named volumes', () => {
		const volumes = ['redis', 'postgres'].flatMap((service) =>
			list(part('services', service).volumes).map((volume) => String(volume).split(':')[0]),
		);
		expect(Object.keys(part('volumes'))).toEqual(volumes);
		expect(part('services', 'redis').command).toContain('--appendonly yes');
	});

	it('can be reached from this machine only', () => {
		for (const service of SERVICES) {
			const { ports = [] } = part('services', service);
			for (const port of list(ports)) expect(port).toMatch(/^127\.0\.0\.1:/);
		}
	});

	it('names images with their version and without the host of a registry', () => {
		const images = [
			...['redis', 'postgres'].map((service) => String(part('services', service).image)),
			/^FROM (\S+)$/m.exec(dockerfile)?.[1] ?? '',
		];
		for (const image of images) expect(image).toMatch(/^([a-z0-9]+\/)?[a-z0-9]+:(\d+|\$\{\w+\})$/);
	});
});

describe('docs/scaling/Dockerfile', () => {
	it('installs the node, in the version that whoever builds it asks for', () => {
		expect(dockerfile).toContain('"n8n-nodes-evolink@${EVOLINK_NODE_VERSION}"');
	});

	it('takes the n8n that the tests run with, and not the newest one of the day', () => {
		expect(/^ARG N8N_VERSION=(.*)$/m.exec(dockerfile)?.[1]).toBe('2.41.1');
	});
});

describe('docs/scaling.md', () => {
	it('explains every setting of the compose file that is not about where things are', () => {
		const names = Object.keys(composeEnvironment()).filter(
			(name) => !/^(DB_|QUEUE_BULL_REDIS_HOST)/.test(name),
		);
		for (const name of names) expect(page).toContain(name.replace(/_FILE$/, ''));
	});
});
