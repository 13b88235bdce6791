/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error -- runs beside n8n, never inside it */
import { parseArgs } from 'node:util';

/** What the benchmark was asked for. */
export interface BenchmarkArguments {
	generationSeconds: number;
	/** Ascending, each once. */
	videoCounts: number[];
	/** As typed; undefined: chosen by what is measured. */
	outputFolder?: string;
	/** Measure times only. */
	skipMemory: boolean;
	/** Make page and chart anew from the results that are there. */
	renderOnly: boolean;
	help: boolean;
}

/** Something typed wrong: the message says what, and what would be right. */
export class ArgumentsError extends Error {}

/** No multiple of anybody's pauses, so that nobody's last status read comes by luck at the end. */
const FULL_RUN_SECONDS = 37;
const FULL_RUN_VIDEOS = '1,5,20';
const MOST_VIDEOS = 100;

/** What `--help` prints. */
export const HELP_TEXT = `Measures three ways to a video in one n8n: this package's node, n8n's own
MiniMax node, and a loop of HTTP Request and Wait nodes.

  npm run bench                  the full run: about half an hour
  npm run bench -- --seconds 8 --videos 1,2 --skip-memory
                                 a trial: about two minutes

  --seconds SECONDS  how long each video takes (default ${FULL_RUN_SECONDS})
  --videos COUNTS    videos in one execution, with commas (default ${FULL_RUN_VIDEOS})
  --output FOLDER    where benchmarks.json, benchmarks.md and images/ go;
                     default: docs for the full run, a new folder for a trial
  --skip-memory      measure times only, which saves six minutes
  --render-only      measure nothing; make page and chart anew from benchmarks.json
  --help             this text
`;

/**
 * Reads the benchmark's command line.
 * @param values Without the program's own name, i.e. `process.argv.slice(2)`.
 * @throws ArgumentsError for an unknown option or an impossible value
 */
export function parseBenchmarkArguments(values: string[]): BenchmarkArguments {
	const { seconds, videos, output, ...flags } = parsed(values);
	if (output === '') throw new ArgumentsError('--output needs the name of a folder.');
	return {
		generationSeconds: secondsOf(seconds),
		videoCounts: countsOf(videos),
		outputFolder: output,
		skipMemory: flags['skip-memory'],
		renderOnly: flags['render-only'],
		help: flags.help,
	};
}

/** Whether this is the documented measurement, as a whole. */
export function isFullRun(asked: BenchmarkArguments): boolean {
	const { generationSeconds, videoCounts, skipMemory } = asked;
	const isLong = generationSeconds === FULL_RUN_SECONDS;
	return isLong && videoCounts.join() === FULL_RUN_VIDEOS && !skipMemory;
}

function parsed(values: string[]) {
	try {
		return parseArgs({
			args: values,
			allowPositionals: false,
			options: {
				seconds: { type: 'string', default: String(FULL_RUN_SECONDS) },
				videos: { type: 'string', default: FULL_RUN_VIDEOS },
				output: { type: 'string' },
				'skip-memory': { type: 'boolean', default: false },
				'render-only': { type: 'boolean', default: false },
				help: { type: 'boolean', short: 'h', default: false },
			},
		}).values;
	} catch (error) {
		// Node's sentence names the option; what follows its first sentence is for programmers.
		const message = error instanceof Error ? error.message.split(/\. |\n/)[0] : String(error);
		throw new ArgumentsError(`${message}.`);
	}
}

function secondsOf(text: string): number {
	const seconds = Number(text);
	// At 0 there is no limit to compare with.
	if (text.trim() !== '' && Number.isFinite(seconds) && seconds > 0) return seconds;
	throw new ArgumentsError(`--seconds takes a number above 0, not "${text}".`);
}

function countsOf(text: string): number[] {
	const counts = text.split(',').map((count) => (count.trim() === '' ? NaN : Number(count)));
	if (!counts.every((count) => Number.isInteger(count) && count >= 1 && count <= MOST_VIDEOS)) {
		throw new ArgumentsError(
			`--videos takes whole numbers from 1 to ${MOST_VIDEOS} with commas, not "${text}".`,
		);
	}
	return [...new Set(counts)].sort((one, other) => one - other);
}
