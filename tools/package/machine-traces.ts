/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions -- runs beside n8n, never inside it */
import { execFileSync } from 'node:child_process';

/**
 * Hosts of package registries, in pieces: this file must not contain what it forbids. A registry's
 * host in a file ties everyone who installs from it to one mirror.
 */
const REGISTRY_HOST_PIECES = [
	['npmjs', 'org'],
	['npmjs', 'com'],
	['yarnpkg', 'com'],
	['npmmirror', 'com'],
	['npm', 'pkg', 'github', 'com'],
	['pypi', 'org'],
	['deb', 'debian', 'org'],
];

/**
 * A home or work folder as an absolute path: it names a person or a machine, and exists nowhere else.
 * Two are everybody's: /home/node is the home inside n8n's container, /home/runner that of CI jobs.
 */
const MACHINE_PATH =
	/(?<![\w.~:/@}-])\/(?:(?:home|Users)\/(?!node\b|runner\b)\w|root\/\w|work\/\w)[\w./-]*|\b[A-Za-z]:\\+Users\\+\w+/g;

/**
 * Returns a function that lists the traces of one machine or one registry in a text, each as
 * `line N: …`: registry hosts (well-known ones, and the one that npm uses here) and absolute paths
 * of home and work folders.
 */
export function createTraceFinder(): (text: string) => string[] {
	const hosts = REGISTRY_HOST_PIECES.map((pieces) => pieces.join('.'));
	const configuredHost = configuredRegistryHost();
	if (configuredHost !== undefined) hosts.push(configuredHost);
	const registryHost = new RegExp(hosts.map(escapeForPattern).join('|'), 'gi');

	return (text) =>
		text
			.split('\n')
			.flatMap((line, index) => [
				...Array.from(
					line.matchAll(registryHost),
					() => `line ${index + 1}: a package registry's host`,
				),
				...Array.from(
					line.matchAll(MACHINE_PATH),
					([found]) => `line ${index + 1}: a path of one machine, ${found}`,
				),
			]);
}

/** The host that npm installs from here, or undefined for a value that is no URL or names this machine. */
function configuredRegistryHost(): string | undefined {
	const value = execFileSync('npm', ['config', 'get', 'registry'], {
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'ignore'],
	}).trim();
	if (!URL.canParse(value)) return undefined;
	const { hostname } = new URL(value);
	// A proxy on this machine: its name is in every document that mentions a local server.
	return /^(localhost|127\.|\[)/.test(hostname) ? undefined : hostname;
}

function escapeForPattern(text: string): string {
	return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
