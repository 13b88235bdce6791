/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { median } from 'simple-statistics';

const PROCESS_COUNT = 11;
const MOST_LOADING_MS = 30;
const BUILT_NODE = join(__dirname, '..', '..', 'dist', 'nodes', 'Evolink', 'Evolink.node.js');

interface LoadingTime {
	wallMs: number;
	/** Of all threads: what the compiler does beside the main thread counts as well. */
	cpuMs: number;
	names: unknown;
}

function isLoadingTime(value: unknown): value is LoadingTime {
	return (
		typeof value === 'object' &&
		value !== null &&
		'wallMs' in value &&
		typeof value.wallMs === 'number' &&
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

it(`loading the built node and credential costs n8n at most ${MOST_LOADING_MS} ms`, async () => {
	if (!existsSync(BUILT_NODE)) throw new Error('Nothing is built: run "npm run build" first');

	const times: LoadingTime[] = [];
	while (times.length < PROCESS_COUNT) times.push(await loadOnce());

	const wallMs = median(times.map((time) => time.wallMs));
	const cpuMs = median(times.map((time) => time.cpuMs));
	const leastCpuMs = Math.min(...times.map((time) => time.cpuMs));
	process.stdout.write(
		`loading: ${cpuMs.toFixed(1)} ms of processor time, ${wallMs.toFixed(1)} ms in all (medians of ` +
			`${PROCESS_COUNT} processes; the least processor time is ${leastCpuMs.toFixed(1)} ms)\n`,
	);
	expect(times[0].names).toEqual(['evolink', 'evolinkApi']);
	// Each process does the same, and waits for nothing: what one needs more than another is what else
	// the machine was doing.
	expect(leastCpuMs).toBeLessThanOrEqual(MOST_LOADING_MS);
});
