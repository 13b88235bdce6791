import { mean, median } from 'simple-statistics';

import { isRecord } from '../sandbox/type-guards';

/** The ways to a video that are compared. */
export const CONTESTANT_KEYS = ['evolink', 'minimax', 'httpLoop'] as const;

export type ContestantKey = (typeof CONTESTANT_KEYS)[number];

/** What the project's own node is called in the results. */
export const OWN_NODE: ContestantKey = 'evolink';

/** How people read of a contestant. */
export const CONTESTANT_NAMES: Readonly<Record<ContestantKey, string>> = {
	evolink: 'Evolink node',
	minimax: "n8n's MiniMax node",
	httpLoop: 'HTTP Request + Wait loop',
};

/** Where a benchmark ran. */
export interface Environment {
	/** Version of n8n, e.g. `2.41.1`. */
	n8nVersion: string;
	/** Version of the Node.js that n8n ran on, e.g. `v24.18.1`. */
	nodeVersion: string;
	/** Operating system and processor type, e.g. `linux x64`. */
	platform: string;
	cores: number;
}

/** What was to be done; the same for every contestant. */
export interface BenchmarkSettings {
	/** Time from the submission of a video to its end. */
	generationSeconds: number;
	/** How many videos one execution makes, one run for each entry. */
	videoCounts: number[];
	/** Size of the video of the memory runs, in 10^6 bytes. */
	largeVideoMegabytes: number;
}

/** One execution of a contestant's workflow. */
export interface TimeRun {
	videos: number;
	/** From the start to the end of the execution, as n8n notes them. */
	totalSeconds: number;
	/** For each video: from the end of its generation to the arrival of the request for its file. */
	noticeDelaysSeconds: number[];
	/** For each video: how often its status was asked for. */
	statusReads: number[];
}

/** n8n's resident memory around one execution that makes one large video. */
export interface MemoryRun {
	/** Right before. */
	beforeBytes: number;
	/** The highest during it. */
	peakBytes: number;
}

/** All that was measured of one contestant. */
export interface ContestantResult {
	key: ContestantKey;
	/** Nodes that a user adds, apart from the trigger and the list of pictures. */
	nodes: number;
	/** Fields that a user fills in, credential choices included. */
	fields: number;
	timeRuns: TimeRun[];
	/** Empty where the operating system does not tell. */
	memoryRuns: MemoryRun[];
}

/** One run of the benchmark, as it is kept in a file. */
export interface BenchmarkResults {
	environment: Environment;
	settings: BenchmarkSettings;
	contestants: ContestantResult[];
}

/** The figures of one contestant that are compared. */
export interface Summary {
	/** For each of the settings' video counts: total time in generation times; 1 is the limit. */
	timeRatios: number[];
	/** Over all videos of all time runs. */
	meanNoticeDelaySeconds: number;
	/** Mean over all videos of all time runs. */
	statusReadsPerVideo: number;
	/** Peak less what was there before, median of the memory runs, in 10^6 bytes; null where it was not measured. */
	memoryAddedMegabytes: number | null;
	nodes: number;
	fields: number;
}

/** @throws Error when the contestant lacks a run for one of the settings' video counts */
export function summaryOf(result: ContestantResult, settings: BenchmarkSettings): Summary {
	const addedBytes = result.memoryRuns.map(({ beforeBytes, peakBytes }) => peakBytes - beforeBytes);
	return {
		timeRatios: settings.videoCounts.map(
			(videos) => timeRunOf(result, videos).totalSeconds / settings.generationSeconds,
		),
		meanNoticeDelaySeconds: mean(
			result.timeRuns.flatMap(({ noticeDelaysSeconds }) => noticeDelaysSeconds),
		),
		statusReadsPerVideo: mean(result.timeRuns.flatMap(({ statusReads }) => statusReads)),
		memoryAddedMegabytes: addedBytes.length === 0 ? null : median(addedBytes) / 1e6,
		nodes: result.nodes,
		fields: result.fields,
	};
}

/** The contestant's run with that many videos. @throws Error when there is none */
export function timeRunOf({ key, timeRuns }: ContestantResult, videos: number): TimeRun {
	const run = timeRuns.find((one) => one.videos === videos);
	if (run === undefined) throw new Error(`The results lack a run of ${key} with ${videos} videos`);
	return run;
}

/**
 * Reads results that were kept as JSON.
 * @throws Error when the text is not JSON or holds something else
 */
export function parseResults(json: string): BenchmarkResults {
	const content: unknown = JSON.parse(json);
	if (!isResults(content)) throw new Error('The file holds no results of the benchmark');
	return content;
}

function isResults(value: unknown): value is BenchmarkResults {
	return (
		isRecord(value) &&
		isEnvironment(value.environment) &&
		isSettings(value.settings) &&
		Array.isArray(value.contestants) &&
		value.contestants.every(isContestant)
	);
}

function isEnvironment(value: unknown): value is Environment {
	return (
		isRecord(value) &&
		typeof value.n8nVersion === 'string' &&
		typeof value.nodeVersion === 'string' &&
		typeof value.platform === 'string' &&
		typeof value.cores === 'number'
	);
}

function isSettings(value: unknown): value is BenchmarkSettings {
	return (
		isRecord(value) &&
		typeof value.generationSeconds === 'number' &&
		typeof value.largeVideoMegabytes === 'number' &&
		isNumberList(value.videoCounts)
	);
}

function isContestant(value: unknown): value is ContestantResult {
	return (
		isRecord(value) &&
		CONTESTANT_KEYS.some((key) => key === value.key) &&
		typeof value.nodes === 'number' &&
		typeof value.fields === 'number' &&
		Array.isArray(value.timeRuns) &&
		value.timeRuns.every(isTimeRun) &&
		Array.isArray(value.memoryRuns) &&
		value.memoryRuns.every(isMemoryRun)
	);
}

function isTimeRun(value: unknown): value is TimeRun {
	return (
		isRecord(value) &&
		typeof value.videos === 'number' &&
		typeof value.totalSeconds === 'number' &&
		isNumberList(value.noticeDelaysSeconds) &&
		isNumberList(value.statusReads)
	);
}

function isMemoryRun(value: unknown): value is MemoryRun {
	return (
		isRecord(value) && typeof value.beforeBytes === 'number' && typeof value.peakBytes === 'number'
	);
}

function isNumberList(value: unknown): value is number[] {
	return Array.isArray(value) && value.every((entry) => typeof entry === 'number');
}
