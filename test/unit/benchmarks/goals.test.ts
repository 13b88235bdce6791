import { verdictsOn } from '../../../benchmarks/goals';
import type { ContestantResult } from '../../../benchmarks/benchmark-results';
import { sampleResults } from './sample-results';

function missedColumns(ownChanges: Partial<ContestantResult> = {}): string[] {
	return verdictsOn(sampleResults(ownChanges))
		.filter(({ holds }) => !holds)
		.map(({ column }) => column);
}

describe('the goal', () => {
	it('is judged in every column', () => {
		expect(verdictsOn(sampleResults()).map(({ column }) => column)).toEqual([
			'Total time, 1 video',
			'Total time, 2 videos',
			'Delay until noticed',
			'Status reads a video',
			'Memory for a large video',
			'Nodes',
			'Fields',
		]);
	});

	it('is reached by a node that is first, or level with the first', () => {
		expect(missedColumns()).toEqual([]);
	});

	it.each<[string, Partial<ContestantResult>]>([
		['Nodes', { nodes: 2 }],
		['Fields', { fields: 7 }],
		['Memory for a large video', { memoryRuns: [{ beforeBytes: 0, peakBytes: 55.1e6 }] }],
	])('is missed in %s alone', (column, changes) => {
		expect(missedColumns(changes)).toEqual([column]);
	});

	it('allows reads up to three times the fewest, and not one more', () => {
		const withReads = (reads: number) => ({
			timeRuns: sampleResults().contestants[0].timeRuns.map((run) => ({
				...run,
				statusReads: run.statusReads.map(() => reads),
			})),
		});
		expect(missedColumns(withReads(6))).toEqual([]);
		expect(missedColumns(withReads(6.1))).toEqual(['Status reads a video']);
	});

	it('takes 2 percent and half a second for level', () => {
		const [, , loop] = sampleResults().contestants;
		const likeTheLoop = (extraSeconds: number) => ({
			timeRuns: loop.timeRuns.map((run) => ({
				...run,
				totalSeconds: run.totalSeconds * (1 + extraSeconds / 25),
				noticeDelaysSeconds: run.noticeDelaysSeconds.map((delay) => delay + extraSeconds),
			})),
		});
		expect(missedColumns(likeTheLoop(0.49))).toEqual([]);
		expect(missedColumns(likeTheLoop(0.51))).toEqual([
			'Total time, 1 video',
			'Total time, 2 videos',
			'Delay until noticed',
		]);
	});

	it('leaves out what was not measured', () => {
		const columns = verdictsOn(sampleResults({ memoryRuns: [] })).map(({ column }) => column);
		expect(columns).not.toContain('Memory for a large video');
		expect(columns).toHaveLength(6);
	});

	it('cannot be judged without the own node', () => {
		const results = sampleResults();
		const others = results.contestants.slice(1);
		expect(() => verdictsOn({ ...results, contestants: others })).toThrow('Evolink node');
	});
});
