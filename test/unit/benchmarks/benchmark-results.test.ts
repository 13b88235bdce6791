import { parseResults, summaryOf, timeRunOf } from '../../../benchmarks/benchmark-results';
import { sampleResults } from './sample-results';

describe('the figures of a contestant', () => {
	const { settings, contestants } = sampleResults();

	it('are ratios to the limit, means over all videos, and the median of the memory', () => {
		expect(summaryOf(contestants[0], settings)).toEqual({
			timeRatios: [1.1, 1.2],
			meanNoticeDelaySeconds: 1,
			statusReadsPerVideo: 6,
			memoryAddedMegabytes: 30,
			nodes: 1,
			fields: 3,
		});
	});

	it('leave the memory open where it was not measured', () => {
		const unmeasured = { ...contestants[0], memoryRuns: [] };
		expect(summaryOf(unmeasured, settings).memoryAddedMegabytes).toBeNull();
	});

	it('cannot be had of a run that is missing', () => {
		expect(() => timeRunOf(contestants[0], 20)).toThrow('evolink with 20 videos');
	});
});

describe('results in a file', () => {
	it('are read as they were written', () => {
		expect(parseResults(JSON.stringify(sampleResults()))).toEqual(sampleResults());
	});

	const whole = sampleResults();
	it.each([
		['nothing', null],
		['no environment', { ...whole, environment: {} }],
		['no settings', { ...whole, settings: undefined }],
		['counts that are no numbers', { ...whole, settings: { ...whole.settings, videoCounts: '1' } }],
		['no contestants', { ...whole, contestants: {} }],
		[
			'an unknown contestant',
			{ ...whole, contestants: [{ ...whole.contestants[0], key: 'other' }] },
		],
		[
			'a run without its total time',
			{
				...whole,
				contestants: [
					{
						...whole.contestants[0],
						timeRuns: [{ ...whole.contestants[0].timeRuns[0], totalSeconds: undefined }],
					},
				],
			},
		],
	])('are refused with %s', (_, content) => {
		expect(() => parseResults(JSON.stringify(content))).toThrow('no results of the benchmark');
	});
});
