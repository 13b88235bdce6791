/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { benchmarkPage } from '../../../benchmarks/benchmark-page';
import { parseResults } from '../../../benchmarks/benchmark-results';
import { sampleResults } from './sample-results';

const DOCS_FOLDER = join(__dirname, '..', '..', '..', 'docs');
const CHART = 'images/benchmarks.svg';

const page = benchmarkPage(sampleResults(), CHART);

describe('the page about the benchmarks', () => {
	it('shows every figure, times also as ratios to the limit', () => {
		const rows = [
			"|  | Evolink node | n8n's MiniMax node | HTTP Request + Wait loop |",
			'| Total time, 1 video | 11.0 s (1.10 × the limit) | 15.0 s (1.50 × the limit) | 13.0 s (1.30 × the limit) |',
			'| Total time, 2 videos | 12.0 s (1.20 × the limit) | 30.0 s (3.00 × the limit) | 14.0 s (1.40 × the limit) |',
			'| Delay until noticed | 1.0 s | 5.0 s | 3.0 s |',
			'| Status reads a video | 6.0 | 2.0 | 4.0 |',
			'| Memory for a 300 MB video | +30 MB | +830 MB | +25 MB |',
			'| Nodes | 1 | 1 | 5 |',
			'| Fields to fill in | 3 | 6 | 17 |',
		];
		expect(page.split('\n')).toEqual(expect.arrayContaining(rows));
	});

	it('says where it was measured, and shows the chart', () => {
		expect(page).toContain('n8n 2.41.1 on Node.js v24.0.0, linux x64, 2 cores.');
		expect(page).toContain(`](${CHART})`);
	});

	it('says how late fixed pauses end for this generation time', () => {
		expect(page).toContain('MiniMax node end 5 s late and the 10 s pauses of the loop 0 s;');
	});

	it('admits a goal that was missed', () => {
		expect(page).not.toContain('**no**');
		expect(benchmarkPage(sampleResults({ fields: 9 }), CHART)).toMatch(
			/^\| Fields \| 9, at most 6 \| \*\*no\*\* \|$/m,
		);
	});

	it('speaks of the setting for many videos only where there were many', () => {
		expect(page).not.toContain('Max Concurrent Videos');
		const results = sampleResults();
		const many = {
			...results,
			settings: { ...results.settings, videoCounts: [20] },
			contestants: results.contestants.map((contestant) => ({
				...contestant,
				timeRuns: [{ ...contestant.timeRuns[0], videos: 20 }],
			})),
		};
		expect(benchmarkPage(many, CHART)).toContain('20 videos take 4 generation times');
	});

	it('leaves the memory out where it was not measured', () => {
		const results = sampleResults();
		const unmeasured = {
			...results,
			contestants: results.contestants.map((one) => ({ ...one, memoryRuns: [] })),
		};
		const text = benchmarkPage(unmeasured, CHART);
		expect(text).toContain('| not measured | not measured | not measured |');
		expect(text).not.toContain('highest resident memory');
	});

	it('says in docs/ what the kept results say (otherwise: npm run bench -- --render-only)', () => {
		const results = parseResults(readFileSync(join(DOCS_FOLDER, 'benchmarks.json'), 'utf8'));
		expect(readFileSync(join(DOCS_FOLDER, 'benchmarks.md'), 'utf8')).toBe(
			benchmarkPage(results, CHART),
		);
	});
});
