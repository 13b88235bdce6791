/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error -- runs beside n8n, never inside it */
/** `npm run bench`: measures the node beside what people would use instead. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import {
	ArgumentsError,
	HELP_TEXT,
	isFullRun,
	parseBenchmarkArguments,
	type BenchmarkArguments,
} from './arguments';
import type { BenchmarkResults } from './benchmark-results';
import { verdictsOn } from './goals';
import { readResults, renderResults, saveResults } from './result-files';
import { runBenchmark } from './run-benchmark';

const EXIT_GOAL_MISSED = 1;
const EXIT_WRONG_ARGUMENTS = 2;
const EXIT_BROKEN = 3;

const DOCS_FOLDER = path.resolve(__dirname, '..', 'docs');
const LARGE_VIDEO_MEGABYTES = 300;

const { stdout, stderr } = process;

async function main(): Promise<number> {
	let asked: BenchmarkArguments;
	try {
		asked = parseBenchmarkArguments(process.argv.slice(2));
	} catch (error) {
		if (!(error instanceof ArgumentsError)) throw error;
		stderr.write(`${error.message}\nAll options: npm run bench -- --help\n`);
		return EXIT_WRONG_ARGUMENTS;
	}
	if (asked.help) {
		stdout.write(HELP_TEXT);
		return 0;
	}

	const folder = await outputFolderFor(asked);
	let results: BenchmarkResults;
	if (asked.renderOnly) {
		results = await readResults(folder);
	} else {
		results = await measure(asked);
		await saveResults(folder, results);
	}
	const page = await renderResults(folder, results);
	stdout.write(`\n${page}\n\n`);
	return showVerdicts(results);
}

/** Only the documented settings may change the documented figures without being told to. */
async function outputFolderFor(asked: BenchmarkArguments): Promise<string> {
	// npm runs its scripts in the project's folder; what is typed is meant from where it is typed.
	const userFolder = process.env.INIT_CWD ?? process.cwd();
	if (asked.outputFolder !== undefined) return path.resolve(userFolder, asked.outputFolder);
	if (asked.renderOnly || isFullRun(asked)) return DOCS_FOLDER;
	return await mkdtemp(path.join(tmpdir(), 'evolink-benchmark-trial-'));
}

async function measure({
	generationSeconds,
	videoCounts,
	skipMemory,
}: BenchmarkArguments): Promise<BenchmarkResults> {
	const startedMs = Date.now();
	const settings = {
		generationSeconds,
		videoCounts,
		largeVideoMegabytes: LARGE_VIDEO_MEGABYTES,
	};
	const report = (line: string) => {
		const seconds = Math.round((Date.now() - startedMs) / 1000);
		stdout.write(`${String(seconds).padStart(5)} s  ${line}\n`);
	};
	return await runBenchmark(settings, { withMemory: !skipMemory, report });
}

function showVerdicts(results: BenchmarkResults): number {
	const verdicts = verdictsOn(results);
	for (const { column, holds, text } of verdicts) {
		stdout.write(`${holds ? 'ok    ' : 'MISSED'}  ${column}: ${text}\n`);
	}
	const missed = verdicts.filter(({ holds }) => !holds).length;
	stdout.write(
		missed === 0
			? '\nThe Evolink node is first, or level with the first, everywhere.\n'
			: `\nThe Evolink node misses its goal in ${missed} of ${verdicts.length} columns.\n`,
	);
	return missed === 0 ? 0 : EXIT_GOAL_MISSED;
}

main().then(
	(exitCode) => {
		process.exitCode = exitCode;
	},
	(error: unknown) => {
		stderr.write(
			`\nThe benchmark broke down: ${error instanceof Error ? error.stack : String(error)}\n`,
		);
		process.exitCode = EXIT_BROKEN;
	},
);
