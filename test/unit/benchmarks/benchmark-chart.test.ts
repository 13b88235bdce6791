import { benchmarkChart } from '../../../benchmarks/benchmark-chart';
import { sampleResults } from './sample-results';

/** All text of the document, in its order. */
function textsOf(svg: string): string[] {
	return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
}

describe('the chart of the benchmarks', () => {
	const svg = benchmarkChart(sampleResults());

	it('is an SVG document on a white ground', () => {
		expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
		expect(svg).toMatch(/<rect width="960" height="700"[^>]*fill="#ffffff"/);
	});

	it('names contestants and axes, with units', () => {
		expect(textsOf(svg)).toEqual(
			expect.arrayContaining([
				'Evolink node',
				'HTTP Request + Wait loop',
				'(multiples of the 10 s limit)',
				'Videos in one execution',
				'Delay until noticed (s)',
				'Status reads a video',
				'Memory for a 300 MB video (MB)',
				'Nodes and fields',
			]),
		);
	});

	it('shows the figures of every contestant', () => {
		const ratios = ['1.10 ×', '1.20 ×', '1.50 ×', '3.00 ×', '1.30 ×', '1.40 ×'];
		const others = ['1.0', '5.0', '3.0', '6.0', '2.0', '4.0', '30', '830', '25', '4', '7', '22'];
		expect(textsOf(svg)).toEqual(expect.arrayContaining([...ratios, ...others]));
	});

	it('says where the memory was not measured', () => {
		const texts = textsOf(benchmarkChart(sampleResults({ memoryRuns: [] })));
		expect(texts).toEqual(expect.arrayContaining(['not', 'measured', '830']));
		expect(texts).not.toContain('30');
	});
});
