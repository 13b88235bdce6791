import {
	CONTESTANT_NAMES,
	summaryOf,
	timeRunOf,
	type BenchmarkResults,
	type Summary,
} from './benchmark-results';
import { GOAL_RULES, verdictsOn } from './goals';

/**
 * Writes the page about the results, in Markdown.
 * @param chartPath of the chart, as seen from the page
 * @throws Error when the results lack one of the runs
 */
export function benchmarkPage(results: BenchmarkResults, chartPath: string): string {
	const { environment, settings } = results;
	const { n8nVersion, nodeVersion, platform, cores } = environment;
	const { generationSeconds, largeVideoMegabytes } = settings;
	const verdicts = verdictsOn(results);
	const hasMemory = results.contestants.some(({ memoryRuns }) => memoryRuns.length > 0);
	const mostVideos = Math.max(...settings.videoCounts);

	return `# Benchmarks

Three ways to the same job, a picture that becomes a video file, in one n8n and one run:

- **${CONTESTANT_NAMES.evolink}**: this package, one node.
- **${CONTESTANT_NAMES.minimax}**: comes with n8n, one node; the same model at its maker's own service.
- **${CONTESTANT_NAMES.httpLoop}**: what people build without a node: submit, wait 10 s, read the status, go round again until it is completed, download.

![Bar charts of the figures in the table below](${chartPath})

n8n ${n8nVersion} on Node.js ${nodeVersion}, ${platform}, ${cores} cores. Each video takes ${generationSeconds} s. Lower is better everywhere.

<!-- prettier-ignore -->
${resultTable(results)}

## The goal

The Evolink node is to be first or level with the first in every line, and in status reads not far above the fewest.

<!-- prettier-ignore -->
${table(
	['', 'Evolink node', 'Reached'],
	verdicts.map(({ column, holds, text }) => [column, text, holds ? 'yes' : '**no**']),
)}

Level means:

${GOAL_RULES.map((rule) => `- ${rule}`).join('\n')}

## How it was measured

- **One n8n** with files on disk (\`N8N_DEFAULT_BINARY_DATA_MODE=filesystem\`), one execution at a time. Every contestant has a warm-up run first, because n8n loads a node's code when the node first runs.
- **Total time** is from the start to the end of the execution as n8n notes them. The limit is the generation time: no way can be quicker than ${generationSeconds} s.
- **Several videos** are several items in one execution. The Evolink node has them in work side by side, the loop sends them round together, the MiniMax node makes one after the other.${
		mostVideos > 5
			? ` For more than 5 items, Max Concurrent Videos of the Evolink node is set to their number, which counts as a field; left at its default of 5, ${mostVideos} videos take ${Math.ceil(mostVideos / 5)} generation times.`
			: ''
	}
- **Delay until noticed** is the time from the end of a video's generation to the moment its download begins, by the server's records: the mean over all videos.
- **Status reads** are counted by the server: the mean over all videos.
${
	hasMemory
		? `- **Memory** is n8n's highest resident memory during one execution with a ${largeVideoMegabytes} MB video, less what it had right before: the median of three runs, each in a freshly started n8n that has had its warm-up and then been idle for 15 s.\n`
		: ''
}- **Nodes and fields** are counted in the workflow: nodes apart from the trigger and the list of pictures; parameters away from the default, in a condition each side, and one for each credential that has to be chosen in a node.

Fixed pauses are lucky or unlucky. With ${generationSeconds} s, the 15 s pauses of the MiniMax node end ${overshoot(generationSeconds, 15)} s late and the 10 s pauses of the loop ${overshoot(generationSeconds, 10)} s; on average over all generation times it would be 7.5 s and 5 s.

## What is a stand-in

No real video was made. The Evolink node and the loop talk to the project's [sandbox](../sandbox/README.md), the MiniMax node, unchanged, to a stand-in for the part of MiniMax's API that it calls. Behind both are the same simulated jobs: the same generation time, files of the same size, served by the same server. The real services differ in speed, and so does every real video; what the figures show is what each way adds to it.

## Repeat it

\`\`\`sh
npm run bench                   # about half an hour, then this page and its chart are new
npm run bench -- --render-only  # page and chart from docs/benchmarks.json
npm run bench -- --seconds 8 --videos 1,2 --skip-memory  # a trial of two minutes
\`\`\`

It needs Linux for the memory figures, and n8n as \`npm run test:n8n\` does. A trial leaves this page alone. The machine should have nothing else to do. The exit code is 1 where the goal is not reached.
`;
}

/** How late a fixed pause ends after the video, with the first read after one pause or at once. */
function overshoot(generationSeconds: number, pauseSeconds: number): string {
	const late = Math.ceil(generationSeconds / pauseSeconds) * pauseSeconds - generationSeconds;
	return String(Math.round(late * 10) / 10);
}

function resultTable({ settings, contestants }: BenchmarkResults): string {
	const summaries = contestants.map((contestant) => summaryOf(contestant, settings));
	const line = (name: string, format: (summary: Summary) => string) => [
		name,
		...summaries.map(format),
	];
	const timeLines = settings.videoCounts.map((videos, index) => [
		`Total time, ${videos} video${videos === 1 ? '' : 's'}`,
		...contestants.map((contestant, which) => {
			const { totalSeconds } = timeRunOf(contestant, videos);
			const ratio = summaries[which].timeRatios[index];
			return `${totalSeconds.toFixed(1)} s (${ratio.toFixed(2)} × the limit)`;
		}),
	]);
	return table(
		['', ...contestants.map(({ key }) => CONTESTANT_NAMES[key])],
		[
			...timeLines,
			line('Delay until noticed', (one) => `${one.meanNoticeDelaySeconds.toFixed(1)} s`),
			line('Status reads a video', (one) => one.statusReadsPerVideo.toFixed(1)),
			line(`Memory for a ${settings.largeVideoMegabytes} MB video`, memoryText),
			line('Nodes', ({ nodes }) => String(nodes)),
			line('Fields to fill in', ({ fields }) => String(fields)),
		],
	);
}

function memoryText({ memoryAddedMegabytes }: Summary): string {
	return memoryAddedMegabytes === null ? 'not measured' : `+${Math.round(memoryAddedMegabytes)} MB`;
}

function table(heads: string[], rows: string[][]): string {
	return [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
