import type {
	BenchmarkResults,
	ContestantResult,
	MemoryRun,
} from '../../../benchmarks/benchmark-results';

/** Results with round figures: 10 s jobs, 1 and 2 videos; the Evolink node reaches its goal. */
export function sampleResults(ownChanges: Partial<ContestantResult> = {}): BenchmarkResults {
	return {
		environment: { n8nVersion: '2.41.1', nodeVersion: 'v24.0.0', platform: 'linux x64', cores: 2 },
		settings: { generationSeconds: 10, videoCounts: [1, 2], largeVideoMegabytes: 300 },
		contestants: [
			{
				key: 'evolink',
				nodes: 1,
				fields: 3,
				timeRuns: [
					{ videos: 1, totalSeconds: 11, noticeDelaysSeconds: [0.5], statusReads: [7] },
					{ videos: 2, totalSeconds: 12, noticeDelaysSeconds: [1, 1.5], statusReads: [5, 6] },
				],
				memoryRuns: runsThatAdd(30e6, 20e6, 70e6),
				...ownChanges,
			},
			{
				key: 'minimax',
				nodes: 1,
				fields: 6,
				timeRuns: [
					{ videos: 1, totalSeconds: 15, noticeDelaysSeconds: [5], statusReads: [2] },
					{ videos: 2, totalSeconds: 30, noticeDelaysSeconds: [5, 5], statusReads: [2, 2] },
				],
				memoryRuns: runsThatAdd(820e6, 830e6, 840e6),
			},
			{
				key: 'httpLoop',
				nodes: 5,
				fields: 17,
				timeRuns: [
					{ videos: 1, totalSeconds: 13, noticeDelaysSeconds: [3], statusReads: [4] },
					{ videos: 2, totalSeconds: 14, noticeDelaysSeconds: [3, 3], statusReads: [4, 4] },
				],
				memoryRuns: runsThatAdd(25e6, 25e6, 25e6),
			},
		],
	};
}

function runsThatAdd(...addedBytes: number[]): MemoryRun[] {
	const beforeBytes = 250e6;
	return addedBytes.map((bytes) => ({ beforeBytes, peakBytes: beforeBytes + bytes }));
}
