/** `npm run bench`: measures the node beside what people build without one, in a real n8n. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { isTerminalExecutionStatus } from 'n8n-workflow';

import { startSandbox } from '../../sandbox';
import type { Sandbox } from '../../sandbox';
import { table } from '../docs/markdown-tables';
import { packPackage } from '../n8n/community-package';
import type { N8nExecution } from '../n8n/n8n-answers';
import { N8nApi } from '../n8n/n8n-api';
import { installN8n } from '../n8n/n8n-installation';
import { CURRENT_N8N } from '../n8n/n8n-releases';
import { startN8nServer } from '../n8n/n8n-server';
import type { SavedCredential } from '../n8n/workflow-credentials';
import { contestantsFor } from './contestants';
import type { Contestant } from './contestants';

/** One execution: how long it took, and what the server saw of it. */
interface Run {
	totalSeconds: number;
	/** From the end of a video's generation to the first request for its file, on average. */
	delaySeconds: number;
	pollsPerVideo: number;
}

interface Bench {
	api: N8nApi;
	sandbox: Sandbox;
}

/** How late the slowest way may be for each video before the benchmark gives up. */
const LONGEST_DELAY_SECONDS = 60;

/** Asking n8n costs it time, so it is asked only now and then. */
const CHECK_INTERVAL_MS = 2_000;

async function runToEnd(
	{ api }: Bench,
	contestant: Contestant,
	saved: SavedCredential,
	videos: number,
	generationSeconds: number,
): Promise<N8nExecution> {
	const workflow = await api.createWorkflow(contestant.workflow(videos), [saved]);
	const started = await api.runManually(workflow);
	if (!('executionId' in started)) throw new Error('The trigger waits for somebody to call it');
	const checks = Math.ceil(
		((generationSeconds + LONGEST_DELAY_SECONDS) * 1000) / CHECK_INTERVAL_MS,
	);
	for (let check = 0; check < checks; check++) {
		await delay(CHECK_INTERVAL_MS);
		const execution = await api.execution(started.executionId);
		if (isTerminalExecutionStatus(execution.status)) return execution;
	}
	throw new Error(`${contestant.name} with ${videos} videos does not end`);
}

async function measure(
	bench: Bench,
	contestant: Contestant,
	saved: SavedCredential,
	videos: number,
	generationSeconds: number,
): Promise<Run> {
	const { sandbox } = bench;
	sandbox.reset();
	for (let planned = 0; planned < videos; planned++) sandbox.planTask({ generationSeconds });
	const execution = await runToEnd(bench, contestant, saved, videos, generationSeconds);
	const { status, startedAt, stoppedAt } = execution;
	const tasks = sandbox.tasks();
	if (status !== 'success' || stoppedAt === undefined || tasks.length !== videos) {
		throw new Error(`${contestant.name} with ${videos} videos: ${status}, ${tasks.length} tasks`);
	}
	const delays = tasks.map(({ taskId, createdAtMs }) => {
		const download = sandbox.requestsOf('media').find((request) => request.taskId === taskId);
		if (download === undefined) throw new Error(`The video of ${taskId} was never downloaded`);
		return (download.receivedAtMs - createdAtMs) / 1000 - generationSeconds;
	});
	const polls = tasks.reduce((sum, { readCount }) => sum + readCount, 0);
	return {
		totalSeconds: (stoppedAt.getTime() - startedAt.getTime()) / 1000,
		delaySeconds: delays.reduce((sum, one) => sum + one) / videos,
		pollsPerVideo: polls / videos,
	};
}

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			seconds: { type: 'string', default: '37' },
			videos: { type: 'string', default: '1,5,20' },
		},
	});
	const generationSeconds = Number(values.seconds);
	const folder = await mkdtemp(path.join(tmpdir(), 'evolink-benchmark-'));
	const installation = await installN8n(CURRENT_N8N);
	const sandbox = await startSandbox({ generationSeconds, validateAnswers: false });
	const tarball = await packPackage(folder);
	const server = await startN8nServer({ installation, tarball, binaryDataMode: 'filesystem' });
	try {
		const api = new N8nApi(server.url);
		await api.setUpOwner();
		const rows: string[][] = [];
		for (const contestant of contestantsFor(sandbox)) {
			const saved = await api.createCredential(contestant.credential);
			// n8n loads the code of a node when it first runs: that belongs in nobody's figures.
			await measure({ api, sandbox }, contestant, saved, 1, 0);
			for (const videos of values.videos.split(',').map(Number)) {
				const bench = { api, sandbox };
				const run = await measure(bench, contestant, saved, videos, generationSeconds);
				rows.push([
					contestant.name,
					String(videos),
					`${run.totalSeconds.toFixed(1)} s (${(run.totalSeconds / generationSeconds).toFixed(2)} ×)`,
					`${run.delaySeconds.toFixed(1)} s`,
					run.pollsPerVideo.toFixed(1),
				]);
				process.stdout.write(`${contestant.name}, ${videos}: ${run.totalSeconds.toFixed(1)} s\n`);
			}
		}
		const heads = ['', 'Videos', 'Total time', 'Delay until noticed', 'Polls a video'];
		process.stdout.write(`\n${table(heads, rows)}\n`);
	} finally {
		await server.close();
		await sandbox.close();
		await rm(folder, { recursive: true, force: true });
	}
}

void main();
