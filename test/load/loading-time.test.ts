import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { median } from 'simple-statistics';

const PROCESS_COUNT = 11;
/** Of the time that n8n-workflow takes, which every n8n loads first. */
const MOST_SHARE = 0.1;
const BUILT_NODE = join(__dirname, '..', '..', 'dist', 'nodes', 'Evolink', 'Evolink.node.js');

interface LoadingTime {
	cpuMs: number;
	n8nWorkflowCpuMs: number;
	names: unknown;
}

function isLoadingTime(value: unknown): value is LoadingTime {
	return (
		typeof value === 'object' &&
		value !== null &&
		'n8nWorkflowCpuMs' in value &&
		typeof value.n8nWorkflowCpuMs === 'number' &&
		'cpuMs' in value &&
		typeof value.cpuMs === 'number'
	);
}

/** Loads the built package in a fresh process. */
async function loadOnce(): Promise<LoadingTime> {
	const { stdout } = await promisify(execFile)(process.execPath, [
		join(__dirname, 'time-loading.js'),
	]);
	const time: unknown = JSON.parse(stdout);
	if (!isLoadingTime(time)) throw new Error(`Not a loading time: ${stdout}`);
	return time;
}

it('loading the built node and credential costs n8n little beside what it loads anyway', async () => {
	if (!existsSync(BUILT_NODE)) throw new Error('Nothing is built: run "npm run build" first');

	const times: LoadingTime[] = [];
	while (times.length < PROCESS_COUNT) times.push(await loadOnce());
	for (const { names } of times) expect(names).toEqual(['evolink', 'evolinkApi']);
	const cpuMs = median(times.map((time) => time.cpuMs));
	const share = median(times.map((time) => time.cpuMs / time.n8nWorkflowCpuMs));
	process.stdout.write(
		`loading: ${cpuMs.toFixed(1)} ms of processor time, ${share.toFixed(3)} of n8n-workflow's (medians of ${PROCESS_COUNT} processes)\n`,
	);
	expect(share).toBeLessThanOrEqual(MOST_SHARE);
});
