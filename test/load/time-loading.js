/*
 * The program of a fresh process: loads the built node and credential as n8n does, when n8n-workflow
 * is in memory already, and prints how long that took. Plain JavaScript, since a loader that translates
 * TypeScript would have a hand in every `require`.
 */
const { join } = require('node:path');
const { performance } = require('node:perf_hooks');

require('n8n-workflow');

const PACKAGE_FOLDER = join(__dirname, '..', '..');
const { n8n } = require(join(PACKAGE_FOLDER, 'package.json'));

const US_PER_MS = 1e3;
const startedMs = performance.now();
const cpuAtStart = process.cpuUsage();
const loaded = [...n8n.nodes, ...n8n.credentials].map((file) => {
	const [LoadedClass] = Object.values(require(join(PACKAGE_FOLDER, file)));
	return new LoadedClass();
});
const { user, system } = process.cpuUsage(cpuAtStart);
const wallMs = performance.now() - startedMs;

process.stdout.write(
	JSON.stringify({
		wallMs,
		cpuMs: (user + system) / US_PER_MS,
		names: loaded.map((one) => one.name ?? one.description.name),
	}),
);
