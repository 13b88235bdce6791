import type { FaultResult, RestartResult } from '../../test/queue/queue-results';
import type { LoadResult } from '../../test/queue/load-measurement';
import type { WaitPattern } from '../../test/queue/webhook-workflows';
import { table } from '../markdown-table';
import { MEASURED, measuredFault, measuredLoad } from './measured-results';
import { independentStarts, simulateQueue } from './queue-simulation';
import {
	clusterFor,
	costOfBuiltInWait,
	costOfDurablePattern,
	workersFor,
	type VideoCost,
} from './worker-sizing';

const MEBIBYTE = 2 ** 20;
const GIBIBYTE = 2 ** 30;
const SECONDS_PER_HOUR = 3_600;

/** The pause of the measured durable workflow, and of the table's. */
const PAUSE_SECONDS = 70;
const SIZED_VIDEOS_PER_HOUR = [100, 1_000, 10_000];
/** As short as measured, and as videos take in real life. */
const SIZED_VIDEO_SECONDS = [30, 180];
const PLACES_PER_WORKER = 10;
/** Any number; the same one makes the same table. */
const SEED = 1;

const PATTERN_WORDS: Record<WaitPattern, string> = {
	builtIn: 'built-in wait',
	durable: 'durable pattern',
};

/** One line of the table of workers. */
export interface Sizing {
	pattern: WaitPattern;
	videosPerHour: number;
	videoSeconds: number;
	workers: number;
	run: ReturnType<typeof simulateQueue>;
	cost: VideoCost;
}

/** Sizes an n8n by the formula, and plays one hour of it through. */
export function sizeFor(pattern: WaitPattern, videosPerHour: number, videoSeconds: number): Sizing {
	const load = measuredLoad(pattern);
	const cost =
		pattern === 'builtIn'
			? costOfBuiltInWait(load, videoSeconds)
			: costOfDurablePattern(load, videoSeconds, PAUSE_SECONDS);
	const workers = workersFor(videosPerHour, cost, PLACES_PER_WORKER);
	const startedAt = independentStarts(videosPerHour, SECONDS_PER_HOUR, SEED);
	const run = simulateQueue(clusterFor(cost, workers, PLACES_PER_WORKER, startedAt));
	return { pattern, videosPerHour, videoSeconds, workers, run, cost };
}

/** The tables of `docs/scaling.md` by the name of their place in it. */
export function scalingTables(): Record<string, string> {
	return {
		load: loadTable(MEASURED.loads),
		faults: faultTable(MEASURED.faults),
		restarts: restartTable(MEASURED.restarts),
		workers: workersTable(),
	};
}

function loadTable(loads: readonly LoadResult[]): string {
	const row = (title: string, figure: (load: LoadResult) => string) => [
		title,
		...loads.map(figure),
	];
	const memory = (name: string) => (load: LoadResult) =>
		`${Math.round(load.processes[name].peakBytes / MEBIBYTE)} MiB`;
	const processor =
		(...names: string[]) =>
		(load: LoadResult) => {
			const seconds = names.reduce((sum, name) => sum + load.processes[name].cpuSeconds, 0);
			return `${Math.round((seconds / load.executions) * 1_000)} ms`;
		};
	return table(
		['', ...loads.map(({ pattern }) => PATTERN_WORDS[pattern])],
		[
			row('Executions, started within a minute', ({ executions }) => String(executions)),
			row('Finished; charged; charged twice', (load) =>
				[load.finished, load.videosCharged, load.chargedTwice].join('; '),
			),
			row('Executions a minute, from the first start to the last end', (load) =>
				load.executionsPerMinute.toFixed(1),
			),
			row('Longest wait in the queue, from the webhook to the order at Evolink', (load) =>
				seconds(load.longestQueueWaitSeconds),
			),
			row('Longest delay after the pause', ({ longestWakeDelaySeconds: delay }) =>
				delay === undefined ? '(no pause)' : seconds(delay),
			),
			row('From webhook to video: median; longest', (load) =>
				[load.medianSecondsToVideo, load.longestSecondsToVideo].map(seconds).join('; '),
			),
			row('Longest answer of the webhook', (load) => seconds(load.longestWebhookAnswerMs / 1_000)),
			row('A place on a worker, for one execution', (load) =>
				seconds(load.slotSecondsPerExecution),
			),
			row('Most executions in the queue', ({ mostInQueue }) => String(mostInQueue)),
			row('Status reads for one video', (load) => (load.statusReads / load.executions).toFixed(1)),
			row('Memory of worker 1, at most', memory('worker 1')),
			row('Memory of worker 2, at most', memory('worker 2')),
			row('Memory of main, at most', memory('main')),
			row('Processor time of the workers, for one execution', processor('worker 1', 'worker 2')),
			row('Processor time of main, for one execution', processor('main')),
			row('Processor time of PostgreSQL, for one execution', processor('PostgreSQL')),
			row('Processor time of Redis, for one execution', processor('Redis')),
		],
	);
}

/** What speaks for each way to wait, for the README. */
export function patternTable(): string {
	const patterns: WaitPattern[] = ['builtIn', 'durable'];
	const row = (title: string, words: (load: LoadResult) => string) => [
		title,
		...patterns.map((pattern) => words(measuredLoad(pattern))),
	];
	const lostWithWorker = patterns.map((pattern) => {
		const { callsAnswered, undelivered } = measuredFault('One worker killed (SIGKILL)', pattern);
		if (undelivered.total === 0) return `none of ${callsAnswered} lost`;
		return (
			`${undelivered.total} of ${callsAnswered} executions lost; their videos are paid once, ` +
			`${undelivered.inLog} of ${undelivered.total} task IDs are in the log`
		);
	});
	return table(
		['', ...patterns.map((pattern) => PATTERN_WORDS[pattern])],
		[
			row('Executions finished a minute', (load) => load.executionsPerMinute.toFixed(0)),
			row('Longest wait until a worker is free', (load) => seconds(load.longestQueueWaitSeconds)),
			row('The video is there after (half of them; the last one)', (load) =>
				[load.medianSecondsToVideo, load.longestSecondsToVideo].map(seconds).join('; '),
			),
			row('A place on a worker is taken for', (load) => seconds(load.slotSecondsPerExecution)),
			row('Memory of a worker, at most', ({ processes }) => {
				const peaks = ['worker 1', 'worker 2'].map((name) => processes[name].peakBytes);
				return `${Math.round(Math.max(...peaks) / MEBIBYTE)} MiB`;
			}),
			['A worker is killed', ...lostWithWorker],
		],
	);
}

function faultTable(faults: readonly FaultResult[]): string {
	return table(
		[
			'What happened',
			'How the video is waited for',
			'Executions',
			'Finished',
			'Videos paid for',
			'Paid twice',
			'Paid, but not delivered',
			'Of these, task ID in the log',
		],
		faults.map((fault) => [
			fault.fault,
			PATTERN_WORDS[fault.pattern],
			String(fault.callsAnswered),
			String(fault.statuses.success ?? 0),
			String(fault.videosCharged),
			String(fault.chargedTwice),
			String(fault.undelivered.total),
			fault.undelivered.total === 0 ? '-' : String(fault.undelivered.inLog),
		]),
	);
}

function restartTable(restarts: readonly RestartResult[]): string {
	return table(
		['What happened', 'Away for', 'A webhook called meanwhile', 'Webhooks taken again'],
		restarts.map(({ fault, awaySeconds, callMeanwhile, webhookBackAfterSeconds }) => [
			fault,
			seconds(awaySeconds),
			meanwhileWords(callMeanwhile),
			`${seconds(webhookBackAfterSeconds)} after it was back`,
		]),
	);
}

function meanwhileWords({ answer, seconds: waited }: RestartResult['callMeanwhile']): string {
	if (answer === 200) return `was answered after ${seconds(waited)}, and its video was made`;
	const how = typeof answer === 'number' ? `HTTP ${answer}` : `${answer}, nobody listens`;
	return `was refused (${how}): whoever called must call again`;
}

function workersTable(): string {
	const workerBytes = Math.max(
		...MEASURED.loads.flatMap(({ processes }) =>
			['worker 1', 'worker 2'].map((name) => processes[name].peakBytes),
		),
	);
	const sizings = SIZED_VIDEO_SECONDS.flatMap((videoSeconds) =>
		SIZED_VIDEOS_PER_HOUR.flatMap((videosPerHour) =>
			(['builtIn', 'durable'] as const).map((pattern) =>
				sizeFor(pattern, videosPerHour, videoSeconds),
			),
		),
	);
	return table(
		[
			'Videos an hour',
			'Seconds a video is made',
			'Pattern',
			'Workers (formula)',
			'Their memory',
			'Longest wait in the queue (simulated)',
			'95 of 100 wait at most (simulated)',
			'Busiest worker: processor (simulated)',
			'Main: processor (simulated)',
			'PostgreSQL: processor',
			'Status reads a second',
		],
		sizings.map(({ pattern, videosPerHour, videoSeconds, workers, run, cost }) => {
			const perSecond = videosPerHour / SECONDS_PER_HOUR;
			return [
				videosPerHour.toLocaleString('en-US'),
				String(videoSeconds),
				PATTERN_WORDS[pattern],
				String(workers),
				`${((workers * workerBytes) / GIBIBYTE).toFixed(1)} GiB`,
				seconds(run.longestQueueWaitSeconds),
				seconds(run.queueWaitP95Seconds),
				percent(run.workerProcessorShare),
				percent(run.mainProcessorShare),
				percent(perSecond * cost.postgresCpuSeconds),
				(perSecond * cost.statusReads).toFixed(perSecond * cost.statusReads < 10 ? 1 : 0),
			];
		}),
	);
}

function seconds(value: number): string {
	return `${value.toFixed(value < 10 ? 1 : 0)} s`;
}

function percent(share: number): string {
	const value = share * 100;
	return value < 1 ? 'under 1 %' : `${value.toFixed(0)} %`;
}
