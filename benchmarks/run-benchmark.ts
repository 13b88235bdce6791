/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isTerminalExecutionStatus } from 'n8n-workflow';

import { startSandbox, type Sandbox } from '../sandbox';
import { packPackage } from '../test/n8n/community-package';
import { createInstallProgress } from '../test/n8n/install-progress';
import { isRecord, readText, type N8nExecution } from '../test/n8n/n8n-answers';
import { N8nApi, type SavedWorkflow } from '../test/n8n/n8n-api';
import { installN8n, type N8nInstallation } from '../test/n8n/n8n-installation';
import { CURRENT_N8N } from '../test/n8n/n8n-releases';
import { startN8nServer, type N8nServer } from '../test/n8n/n8n-server';
import type { SavedCredential } from '../test/n8n/workflow-credentials';
import { nodeError } from '../workflow-engine/run-results';
import type {
	BenchmarkResults,
	BenchmarkSettings,
	ContestantResult,
	Environment,
	MemoryRun,
	TimeRun,
} from './benchmark-results';
import { contestantsFor, type Contestant } from './contestants';
import { jobRecords, type JobRecord } from './job-records';
import { startMinimaxStandIn, type JobPlan } from './minimax-stand-in';
import { CAN_READ_RESIDENT_MEMORY, forgetPeak, readResidentMemory } from './resident-memory';
import { setupEffortOf } from './setup-effort';

/** For people who wait; without a line break. */
export type ReportProgress = (line: string) => void;

/** Looking at the server's records costs n8n nothing. */
const RECORDS_CHECK_INTERVAL_MS = 200;
/** Asking n8n costs it memory and time: it is done after the last download, and now and then before. */
const FAILURE_CHECK_INTERVAL_MS = 15_000;
/** What n8n needs to note the end of an execution whose downloads are through. */
const FINISH_MS = 1_500;
/** After a run n8n still works a little. */
const SETTLE_MS = 2_000;
/** n8n gives the memory of its start back only when it has been idle for 8 to 13 s. */
const IDLE_BEFORE_MEMORY_RUN_MS = 15_000;
const MEMORY_RUNS = 3;
/** The video is there at once: what is measured then is the video, not the wait. */
const INSTANT_JOB: JobPlan = { generationSeconds: 0 };
/** How late the slowest way may be for each video before the benchmark gives up. */
const LONGEST_DELAY_SECONDS = 60;

/** Everything that one run of the benchmark needs. */
interface Bench {
	server: N8nServer;
	api: N8nApi;
	sandbox: Sandbox;
	resetServers(): void;
	report: ReportProgress;
}

/** A contestant that can log in. */
interface Entrant extends Contestant {
	saved: SavedCredential;
}

/**
 * Starts n8n, a sandbox and a stand-in for MiniMax, and measures one contestant after the other: first
 * times, all in the same n8n, then memory, each contestant in a freshly started n8n.
 * @param options.withMemory whether to measure memory, where the operating system tells it
 * @throws Error when an execution fails or does not put out all its videos
 */
export async function runBenchmark(
	settings: BenchmarkSettings,
	{ withMemory, report }: { withMemory: boolean; report: ReportProgress },
): Promise<BenchmarkResults> {
	const installation = await installN8n(CURRENT_N8N, createInstallProgress());
	const packFolder = await mkdtemp(path.join(tmpdir(), 'evolink-benchmark-'));
	const { generationSeconds } = settings;
	// Each answer is checked in the tests; here the check would only take time from n8n.
	const sandbox = await startSandbox({ generationSeconds, validateAnswers: false });
	const minimax = await startMinimaxStandIn(sandbox);
	let server: N8nServer | undefined;
	const measuresMemory = withMemory && CAN_READ_RESIDENT_MEMORY;
	try {
		report(`Starting ${CURRENT_N8N.title}`);
		const tarball = await packPackage(packFolder);
		server = await startN8nServer({ installation, tarball, binaryDataMode: 'filesystem' });
		const api = new N8nApi(server.url);
		await api.setUpOwner();
		const resetServers = () => {
			sandbox.reset();
			minimax.reset();
		};
		const bench: Bench = { server, api, sandbox, resetServers, report };
		const entrants: Entrant[] = [];
		for (const contestant of contestantsFor(sandbox, minimax)) {
			entrants.push({ ...contestant, saved: await api.createCredential(contestant.credential) });
		}
		return {
			environment: await environmentOf(installation),
			settings,
			contestants: await measureAll(bench, entrants, settings, measuresMemory),
		};
	} finally {
		await server?.close();
		await minimax.close();
		await sandbox.close();
		await rm(packFolder, { recursive: true, force: true });
	}
}

async function measureAll(
	bench: Bench,
	entrants: Entrant[],
	settings: BenchmarkSettings,
	measuresMemory: boolean,
): Promise<ContestantResult[]> {
	const nodeTypes = await bench.api.nodeTypes();
	const results = entrants.map(({ key, workflow }): ContestantResult => {
		const { ownNodes } = workflow(Math.max(...settings.videoCounts));
		return { key, ...setupEffortOf(ownNodes, nodeTypes), timeRuns: [], memoryRuns: [] };
	});

	for (const entrant of entrants) await warmUp(bench, entrant);
	for (const videos of settings.videoCounts) {
		for (const [index, entrant] of entrants.entries()) {
			results[index].timeRuns.push(await measureTime(bench, entrant, videos, settings));
		}
	}
	if (measuresMemory) {
		for (const [index, entrant] of entrants.entries()) {
			results[index].memoryRuns = await measureMemory(bench, entrant, settings);
		}
	}
	return results;
}

/** n8n loads the code of a node when it first runs: that shall be in nobody's figures. */
async function warmUp(bench: Bench, entrant: Entrant): Promise<void> {
	bench.report(`${entrant.key}: warm-up`);
	await makeVideos(bench, entrant, 1, INSTANT_JOB);
	await delay(SETTLE_MS);
}

async function measureTime(
	bench: Bench,
	entrant: Entrant,
	videos: number,
	{ generationSeconds }: BenchmarkSettings,
): Promise<TimeRun> {
	const { execution, jobs } = await makeVideos(bench, entrant, videos, { generationSeconds });
	const { startedAt, stoppedAt } = execution;
	if (stoppedAt === undefined) throw new Error(`n8n does not say when ${execution.id} ended`);
	const run: TimeRun = {
		videos,
		totalSeconds: (stoppedAt.getTime() - startedAt.getTime()) / 1000,
		noticeDelaysSeconds: jobs.map(({ noticeDelaySeconds }) => noticeDelaySeconds),
		statusReads: jobs.map(({ statusReads }) => statusReads),
	};
	bench.report(`${entrant.key}: ${videos} in ${run.totalSeconds.toFixed(1)} s`);
	await delay(SETTLE_MS);
	return run;
}

async function measureMemory(
	bench: Bench,
	entrant: Entrant,
	{ largeVideoMegabytes }: BenchmarkSettings,
): Promise<MemoryRun[]> {
	const plan: JobPlan = {
		...INSTANT_JOB,
		outcome: { status: 'completed', mediaPaddingBytes: largeVideoMegabytes * 1e6 },
	};
	const runs: MemoryRun[] = [];
	for (let run = 0; run < MEMORY_RUNS; run++) {
		// A process keeps memory that it once had: a second large video in it would seem to need none.
		await bench.server.restart();
		await warmUp(bench, entrant);
		await delay(IDLE_BEFORE_MEMORY_RUN_MS);
		const { processId } = bench.server;
		if (processId === undefined) throw new Error('n8n has ended');

		await forgetPeak(processId);
		const { currentBytes: beforeBytes } = await readResidentMemory(processId);
		await makeVideos(bench, entrant, 1, plan);
		const { peakBytes } = await readResidentMemory(processId);
		runs.push({ beforeBytes, peakBytes });
		const megabytes = Math.round((peakBytes - beforeBytes) / 1e6);
		bench.report(`${entrant.key}: ${largeVideoMegabytes} MB video added ${megabytes} MB`);
	}
	return runs;
}

/** Runs the contestant's workflow once, with servers that have forgotten everything before it. */
async function makeVideos(
	bench: Bench,
	entrant: Entrant,
	videos: number,
	plan: JobPlan,
): Promise<{ execution: N8nExecution; jobs: JobRecord[] }> {
	const { api, sandbox, resetServers } = bench;
	resetServers();
	for (let planned = 0; planned < videos; planned++) entrant.planJob(plan);
	const { file, lastNode } = entrant.workflow(videos);
	const workflow = await api.createWorkflow(file, [entrant.saved]);
	const execution = await runToEnd(bench, workflow, videos, plan);

	const who = `${entrant.key} with ${videos} videos`;
	if (execution.status !== 'success') {
		throw new Error(`${who}: ${execution.status}, ${nodeError(execution)?.message}`);
	}
	const tasks = sandbox.tasks();
	const sizes = tasks.map(({ taskId }) => sandbox.mediaOf(taskId).sizeBytes);
	const got = fileSizes(execution, lastNode);
	if (tasks.length !== videos || sorted(got).join() !== sorted(sizes).join()) {
		throw new Error(`${who}: ${tasks.length} tasks, files of ${got.join(', ')} bytes`);
	}
	if (sandbox.violations.length > 0) throw new Error(`${who}: ${sandbox.violations.join('; ')}`);
	const jobs = jobRecords(tasks, sandbox.requests, (task) => entrant.statusReadsOf(task));
	return { execution, jobs };
}

async function runToEnd(
	{ api, sandbox }: Bench,
	workflow: SavedWorkflow,
	videos: number,
	{ generationSeconds = 0 }: JobPlan,
): Promise<N8nExecution> {
	const run = await api.runManually(workflow);
	if (!('executionId' in run)) throw new Error('The trigger waits for somebody to call it');
	const { executionId } = run;
	const timeoutMs = videos * (generationSeconds + LONGEST_DELAY_SECONDS) * 1000;
	const deadlineMs = Date.now() + timeoutMs;
	let nextCheckMs = Date.now() + FAILURE_CHECK_INTERVAL_MS;
	for (;;) {
		await delay(RECORDS_CHECK_INTERVAL_MS);
		const downloads = sandbox.requestsOf('media').filter(({ status }) => status !== undefined);
		const isDownloaded = downloads.length >= videos;
		if (!isDownloaded && Date.now() < nextCheckMs) continue;

		if (isDownloaded) await delay(FINISH_MS);
		const execution = await api.execution(executionId);
		if (isTerminalExecutionStatus(execution.status)) return execution;
		if (Date.now() > deadlineMs) {
			await api.stopExecution(executionId);
			throw new Error(`"${workflow.file.name}" takes longer than ${timeoutMs / 1000} s`);
		}
		nextCheckMs = Date.now() + FAILURE_CHECK_INTERVAL_MS;
	}
}

/** Sizes of all files that the node put out, over all its runs. */
function fileSizes(execution: N8nExecution, nodeName: string): number[] {
	const runs = execution.data.resultData.runData[nodeName] ?? [];
	return runs
		.flatMap(({ data }) => data?.main?.[0] ?? [])
		.flatMap(({ binary }) => Object.values(binary ?? {}))
		.map(({ bytes }) => bytes ?? 0);
}

function sorted(numbers: readonly number[]): number[] {
	return [...numbers].sort((one, other) => one - other);
}

async function environmentOf(installation: N8nInstallation): Promise<Environment> {
	const packageFile = path.join(installation.directory, 'node_modules', 'n8n', 'package.json');
	const n8nPackage: unknown = JSON.parse(await readFile(packageFile, 'utf8'));
	if (!isRecord(n8nPackage)) throw new Error('The installed n8n has no package.json');
	const { stdout } = await promisify(execFile)(installation.nodeBinary, ['--version']);
	return {
		n8nVersion: readText(n8nPackage, 'version'),
		nodeVersion: stdout.trim(),
		platform: `${process.platform} ${process.arch}`,
		cores: availableParallelism(),
	};
}
