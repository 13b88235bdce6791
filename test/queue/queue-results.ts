/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';

import type { LoadResult } from './load-measurement';
import type { BatchOutcome } from './paid-tasks';

/** Names the file that the results are written to, for the documentation. */
const FILE_VARIABLE = 'EVOLINK_QUEUE_RESULTS';

/** What a fault did to the executions of one pattern. */
export interface FaultResult extends Omit<BatchOutcome, 'undelivered' | 'promptsChargedTwice'> {
	/** E.g. `Redis restarted`. */
	fault: string;
	chargedTwice: number;
	/** Paid for, but the execution did not succeed; split by where the task ID can be found. */
	undelivered: { total: number; inLog: number; inExecution: number };
}

/** How n8n's webhooks fared while a server was away. */
export interface RestartResult {
	/** As in {@link FaultResult}. */
	fault: string;
	/** From the end of the server to its being there again. */
	awaySeconds: number;
	/** A call while it was away: HTTP status or the network error, and how long it took. */
	callMeanwhile: { answer: number | string; seconds: number };
	/** From the server's being there again to the first call that started an execution. */
	webhookBackAfterSeconds: number;
}

/** Everything that a run has measured. */
export interface QueueResults {
	machine: { cores: number; memoryBytes: number; loadAverageAtStart: number };
	loads: LoadResult[];
	faults: FaultResult[];
	restarts: RestartResult[];
}

/** Collects what the tests measure, and hands it out at the end. */
export class ResultsOfRun {
	private readonly results: QueueResults = {
		machine: {
			cores: cpus().length,
			memoryBytes: totalmem(),
			loadAverageAtStart: loadavg()[0],
		},
		loads: [],
		faults: [],
		restarts: [],
	};

	addLoad(load: LoadResult): void {
		this.results.loads.push(load);
	}

	addFault(fault: string, { undelivered, promptsChargedTwice, ...outcome }: BatchOutcome): void {
		this.results.faults.push({
			fault,
			...outcome,
			chargedTwice: promptsChargedTwice.length,
			undelivered: {
				total: undelivered.length,
				inLog: undelivered.filter(({ isInLog }) => isInLog).length,
				inExecution: undelivered.filter(({ isInExecution }) => isInExecution).length,
			},
		});
	}

	addRestart(restart: RestartResult): void {
		this.results.restarts.push(restart);
	}

	/** Prints the comparison of the loads, and writes everything to the file that is wished. */
	publish(): void {
		const { loads, faults, restarts } = this.results;
		print('Load, side by side', sideBySide(loads));
		print(
			'Faults',
			[...faults, ...restarts].map((result) => JSON.stringify(result)),
		);
		const file = process.env[FILE_VARIABLE];
		if (file !== undefined) writeFileSync(file, `${JSON.stringify(this.results, null, '\t')}\n`);
	}
}

function print(title: string, lines: string[]): void {
	if (lines.length > 0) process.stdout.write(`\n${title}\n  ${lines.join('\n  ')}\n`);
}

/** One line for each figure, one column for each load. */
function sideBySide(loads: readonly LoadResult[]): string[] {
	const [first] = loads;
	if (first === undefined) return [];
	return Object.keys(figuresOf(first)).map((name) => {
		const values = loads.map((load) => String(figuresOf(load)[name] ?? '').padStart(12));
		return `${name.padEnd(42)}${values.join('')}`;
	});
}

function figuresOf(load: LoadResult): Record<string, string | number> {
	const memory = Object.entries(load.processes).flatMap(([name, { startBytes, peakBytes }]) => [
		[`memory of ${name}, at most (MiB)`, Math.round(peakBytes / 2 ** 20)],
		[`memory of ${name}, before (MiB)`, Math.round(startBytes / 2 ** 20)],
	]);
	const processor = Object.entries(load.processes).map(([name, { cpuSeconds }]) => [
		`processor time of ${name}, an execution (ms)`,
		Math.round((cpuSeconds / load.executions) * 1_000),
	]);
	return {
		pattern: load.pattern,
		executions: load.executions,
		'started within (s)': load.startedWithinSeconds,
		'seconds a video is made': load.videoSeconds,
		finished: load.finished,
		'videos charged': load.videosCharged,
		'charged twice': load.chargedTwice,
		'executions a minute': Number(load.executionsPerMinute.toFixed(1)),
		'place on a worker, an execution (s)': Number(load.slotSecondsPerExecution.toFixed(2)),
		'most executions in the queue': load.mostInQueue,
		'longest wait in the queue (s)': Number(load.longestQueueWaitSeconds.toFixed(1)),
		'longest delay after the pause (s)': load.longestWakeDelaySeconds?.toFixed(1) ?? '-',
		'longest answer of the webhook (ms)': Math.round(load.longestWebhookAnswerMs),
		'from webhook to video, median (s)': Number(load.medianSecondsToVideo.toFixed(1)),
		'from webhook to video, longest (s)': Number(load.longestSecondsToVideo.toFixed(1)),
		'status reads a video': Number((load.statusReads / load.executions).toFixed(1)),
		...Object.fromEntries(memory),
		...Object.fromEntries(processor),
	};
}
