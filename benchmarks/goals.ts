import {
	CONTESTANT_NAMES,
	OWN_NODE,
	summaryOf,
	type BenchmarkResults,
	type Summary,
} from './benchmark-results';

/** Whether the project's own node is where it wants to be, in one column. */
export interface Verdict {
	/** E.g. `Total time, 5 videos`. */
	column: string;
	holds: boolean;
	/** The own node's figure and what it may be at most, for people. */
	text: string;
}

/** Videos end within seconds of each other: a smaller part of the time is chance. */
const LEVEL_TIME_SHARE = 0.02;
/** Half a second late is what one busy moment of n8n costs. */
const LEVEL_DELAY_SECONDS = 0.5;
/** A process's memory is what its garbage collector leaves: two runs alike differ by this much. */
const LEVEL_MEMORY_VIDEO_SHARE = 0.1;
/** Reads cost nobody anything as long as they are few. */
const MOST_READS_FACTOR = 3;

/** What counts as level with the first, and how many reads are few enough, for people. */
export const GOAL_RULES = [
	`total time: within ${LEVEL_TIME_SHARE * 100} % of the quickest`,
	`delay: within ${LEVEL_DELAY_SECONDS} s of the shortest`,
	`status reads: at most ${MOST_READS_FACTOR} times the fewest`,
	`memory: within ${LEVEL_MEMORY_VIDEO_SHARE * 100} % of the video's size of the least`,
	'nodes and fields: no more than the fewest',
];

interface Column {
	name: string;
	/** null: not measured. */
	valueOf(summary: Summary): number | null;
	/** The highest value that is still good, given the lowest of all contestants. */
	highestGood(lowest: number): number;
	format(value: number): string;
}

/**
 * Judges the own node, column by column: first, or level with the first; for reads, few enough.
 * Columns that were not measured are left out.
 * @throws Error when the results lack the own node or one of the runs
 */
export function verdictsOn({ settings, contestants }: BenchmarkResults): Verdict[] {
	const summaries = new Map(
		contestants.map((contestant) => [contestant.key, summaryOf(contestant, settings)]),
	);
	const own = summaries.get(OWN_NODE);
	if (own === undefined) throw new Error(`The results lack the ${CONTESTANT_NAMES[OWN_NODE]}`);

	return columnsOf(settings.videoCounts, settings.largeVideoMegabytes).flatMap((column) => {
		const value = column.valueOf(own);
		if (value === null) return [];
		const others = [...summaries.values()].map((summary) => column.valueOf(summary) ?? value);
		const limit = column.highestGood(Math.min(...others));
		return [
			{
				column: column.name,
				holds: value <= limit,
				text: `${column.format(value)}, at most ${column.format(limit)}`,
			},
		];
	});
}

function columnsOf(videoCounts: readonly number[], largeVideoMegabytes: number): Column[] {
	const asIs = (value: number) => String(value);
	return [
		...videoCounts.map((videos, index): Column => ({
			name: `Total time, ${videos} video${videos === 1 ? '' : 's'}`,
			valueOf: ({ timeRatios }) => timeRatios[index],
			highestGood: (lowest) => lowest * (1 + LEVEL_TIME_SHARE),
			format: (ratio) => `${ratio.toFixed(3)} generation times`,
		})),
		{
			name: 'Delay until noticed',
			valueOf: ({ meanNoticeDelaySeconds }) => meanNoticeDelaySeconds,
			highestGood: (lowest) => lowest + LEVEL_DELAY_SECONDS,
			format: (seconds) => `${seconds.toFixed(1)} s`,
		},
		{
			name: 'Status reads a video',
			valueOf: ({ statusReadsPerVideo }) => statusReadsPerVideo,
			highestGood: (lowest) => lowest * MOST_READS_FACTOR,
			format: (reads) => reads.toFixed(1),
		},
		{
			name: 'Memory for a large video',
			valueOf: ({ memoryAddedMegabytes }) => memoryAddedMegabytes,
			highestGood: (lowest) => lowest + largeVideoMegabytes * LEVEL_MEMORY_VIDEO_SHARE,
			format: (megabytes) => `${Math.round(megabytes)} MB`,
		},
		{ name: 'Nodes', valueOf: ({ nodes }) => nodes, highestGood: (lowest) => lowest, format: asIs },
		{
			name: 'Fields',
			valueOf: ({ fields }) => fields,
			highestGood: (lowest) => lowest,
			format: asIs,
		},
	];
}
