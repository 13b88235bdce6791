/*
 * The program of a fresh process: loads the built node and credential as n8n does, when n8n-workflow
 * is in memory already, and prints how long either took. Plain JavaScript, since a loader that
 * translates TypeScript would have a hand in every `require`.
 */
const { join } = require('node:path');

const US_PER_MS = 1e3;

/** Processor time of all threads, in milliseconds: what the compiler does beside counts as well. */
function cpuMsOf(work) {
	const before = process.cpuUsage();
	const result = work();
	const { user, system } = process.cpuUsage(before);
	return { result, cpuMs: (user + system) / US_PER_MS };
}

const n8nWorkflow = cpuMsOf(() => require('n8n-workflow'));

const PACKAGE_FOLDER = join(__dirname, '..', '..');
const { n8n } = require(join(PACKAGE_FOLDER, 'package.json'));

const evolink = cpuMsOf(() =>
	[...n8n.nodes, ...n8n.credentials].map((file) => {
		const [LoadedClass] = Object.values(require(join(PACKAGE_FOLDER, file)));
		return new LoadedClass();
	}),
);

process.stdout.write(
	JSON.stringify({
		cpuMs: evolink.cpuMs,
		n8nWorkflowCpuMs: n8nWorkflow.cpuMs,
		names: evolink.result.map((one) => one.name ?? one.description.name),
	}),
);
