import {
	ArgumentsError,
	HELP_TEXT,
	isFullRun,
	parseBenchmarkArguments,
} from '../../../benchmarks/arguments';

describe('the command line of the benchmark', () => {
	it('asks for the full run by default', () => {
		const asked = parseBenchmarkArguments([]);
		expect(asked).toEqual({
			generationSeconds: 37,
			videoCounts: [1, 5, 20],
			outputFolder: undefined,
			skipMemory: false,
			renderOnly: false,
			help: false,
		});
		expect(isFullRun(asked)).toBe(true);
	});

	it('takes other seconds, counts and folders, each count once and ascending', () => {
		const asked = parseBenchmarkArguments([
			'--seconds',
			'2.5',
			'--videos=3, 1,3',
			'--output',
			'here',
		]);
		expect(asked).toMatchObject({
			generationSeconds: 2.5,
			videoCounts: [1, 3],
			outputFolder: 'here',
		});
		expect(isFullRun(asked)).toBe(false);
	});

	it.each([['--seconds', '8'], ['--videos=1,5'], ['--skip-memory']])(
		'knows a trial by %s',
		(...values) => {
			expect(isFullRun(parseBenchmarkArguments(values))).toBe(false);
		},
	);

	it('takes --render-only and --help', () => {
		expect(parseBenchmarkArguments(['--render-only', '-h'])).toMatchObject({
			renderOnly: true,
			help: true,
		});
	});

	it.each([
		['--seconds=0', '"0"'],
		['--seconds=', '""'],
		['--seconds=soon', '"soon"'],
		['--videos=1,,2', '"1,,2"'],
		['--videos=0', '"0"'],
		['--videos=1.5', '"1.5"'],
		['--videos=101', '"101"'],
		['--output=', '--output'],
		['--quick', '--quick'],
		['surplus', 'surplus'],
	])('refuses %s', (value, named) => {
		expect(() => parseBenchmarkArguments([value])).toThrow(ArgumentsError);
		expect(() => parseBenchmarkArguments([value])).toThrow(named);
	});

	it('is explained by --help', () => {
		for (const option of [
			'--seconds',
			'--videos',
			'--output',
			'--skip-memory',
			'--render-only',
			'--help',
		]) {
			expect(HELP_TEXT).toContain(option);
		}
	});
});
