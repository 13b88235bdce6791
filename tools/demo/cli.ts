/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error -- runs beside n8n, never inside it */
import { relative, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { ArgumentsError, HELP_TEXT, parseDemoArguments, type DemoArguments } from './arguments';
import { progressDisplay } from './progress-display';
import {
	EXAMPLE_IMAGE,
	ExampleError,
	OUTPUT_FOLDER,
	runExample,
	type ExampleResult,
	type ServiceChoice,
} from './run-example';
import { runFilm } from './run-film';

const EXIT_FAILED = 1;
const EXIT_WRONG_ARGUMENTS = 2;
/** What shells show for a program that was ended by Ctrl-C. */
const EXIT_INTERRUPTED = 130;

const SANDBOX_GENERATION_SECONDS = 12;
const DEFAULT_PROMPT = 'Waves roll in against the rocks while the light of the tower goes round';

// npm runs its scripts in the project's folder; what is typed is meant from where it is typed.
const USER_FOLDER = process.env.INIT_CWD ?? process.cwd();

const { stdin, stdout, stderr } = process;

async function main(): Promise<number> {
	let demo: DemoArguments;
	try {
		demo = parseDemoArguments(process.argv.slice(2));
	} catch (error) {
		if (!(error instanceof ArgumentsError)) throw error;
		stderr.write(`${error.message}\nAll options: npm run demo -- --help\n`);
		return EXIT_WRONG_ARGUMENTS;
	}
	if (demo.help) {
		stdout.write(HELP_TEXT);
		return 0;
	}

	if (demo.film) return await showFilm();

	let service: ServiceChoice = {
		kind: 'sandbox',
		generationSeconds: SANDBOX_GENERATION_SECONDS,
	};
	if (demo.live) {
		const apiKey = process.env.EVOLINK_API_KEY?.trim();
		if (!apiKey) {
			stderr.write(
				'--live needs your API key in the variable EVOLINK_API_KEY.\n' +
					'Make a key at https://evolink.ai/dashboard/keys\n',
			);
			return EXIT_WRONG_ARGUMENTS;
		}
		const refusal = await refusalToPay(demo);
		if (refusal !== undefined) {
			stderr.write(`${refusal}\n`);
			return EXIT_FAILED;
		}
		service = { kind: 'live', apiKey };
	}
	return await show(demo, service);
}

async function showFilm(): Promise<number> {
	stdout.write('\n  Three images, two clips, one film: on a local stand-in for Evolink (free)\n');
	try {
		const { clips, seconds, file } = await runFilm(SANDBOX_GENERATION_SECONDS);
		stdout.write(`  Film      ${relative(USER_FOLDER, file)} (${clips} clips, ${seconds} s)\n\n`);
		return 0;
	} catch (error) {
		if (!(error instanceof ExampleError)) throw error;
		stderr.write(`\nThere is no film: ${error.message}\n`);
		return EXIT_FAILED;
	}
}

/** @returns Why nothing must be spent, or undefined when it may be. */
async function refusalToPay(demo: DemoArguments): Promise<string | undefined> {
	stdout.write('This makes a video with the real Evolink and costs credits.\n');
	if (demo.yes) return undefined;
	if (!stdin.isTTY) {
		return 'Nothing was started: without a terminal to ask at, add --yes to spend the credits.';
	}
	const terminal = createInterface({ input: stdin, output: stdout });
	try {
		const answer = await terminal.question('Go on? (y/N) ');
		return /^y(es)?$/i.test(answer.trim()) ? undefined : 'Nothing was started.';
	} catch {
		return '\nNothing was started.'; // Ctrl-C or Ctrl-D at the question
	} finally {
		terminal.close();
	}
}

async function show(demo: DemoArguments, service: ServiceChoice): Promise<number> {
	const prompt = demo.prompt ?? DEFAULT_PROMPT;
	stdout.write(
		`\n  Workflow  examples/image-to-video.json, on n8n's own engine\n` +
			`  Service   ${service.kind === 'live' ? 'Evolink (costs credits)' : 'a local stand-in for Evolink (free)'}\n` +
			`  Image     ${demo.image ?? relative(USER_FOLDER, EXAMPLE_IMAGE)}\n` +
			`  Prompt    ${prompt}\n\n`,
	);

	const stop = new AbortController();
	const onInterrupt = () => {
		// A second Ctrl-C does not wait for the clean end.
		if (stop.signal.aborted) process.exit(EXIT_INTERRUPTED);
		stop.abort();
	};
	process.on('SIGINT', onInterrupt);
	const display = progressDisplay(stdout);
	try {
		const result = await runExample({
			service,
			imagePath: demo.image === undefined ? undefined : resolve(USER_FOLDER, demo.image),
			prompt,
			quality: demo.quality,
			durationSeconds: demo.durationSeconds,
			cameraCommands: demo.cameraCommands,
			outputFolder: OUTPUT_FOLDER,
			signal: stop.signal,
			onProgress: (progress) => display.update(progress),
		});
		display.stop();
		stdout.write(summaryOf(result));
		return 0;
	} catch (error) {
		display.stop();
		if (!(error instanceof ExampleError)) throw error;
		stderr.write(failureText(error, service, stop.signal.aborted));
		return stop.signal.aborted ? EXIT_INTERRUPTED : EXIT_FAILED;
	} finally {
		process.off('SIGINT', onInterrupt);
	}
}

function summaryOf({ taskId, file, sizeBytes, elapsedSeconds, bill }: ExampleResult): string {
	const lines = [
		`  Task      ${taskId}`,
		`  Time      ${elapsedSeconds.toFixed(1)} s`,
		`  Video     ${relative(USER_FOLDER, file)} (${(sizeBytes / 1024).toFixed(0)} kB)`,
	];
	for (const { quality, durationSeconds, credits } of bill) {
		lines.push(
			`  Charged   nothing; it would have been 1 video, ${quality}, ${durationSeconds} s` +
				` (${credits} credits at the stand-in's own prices, which are not Evolink's)`,
		);
	}
	return `\n${lines.join('\n')}\n\n`;
}

function failureText(
	{ message, advice, taskIds }: ExampleError,
	service: ServiceChoice,
	wasStopped: boolean,
): string {
	const lines = [wasStopped ? 'Stopped.' : `There is no video: ${message}`];
	if (advice !== undefined) lines.push(advice);
	if (taskIds.length > 0) {
		lines.push(`Started video task: ${taskIds.join(', ')}`);
		if (service.kind === 'live') {
			lines.push('Evolink may still finish it: fetch it in n8n with Task > Get and this ID.');
		}
	} else if (wasStopped && service.kind === 'live') {
		lines.push('If a video had been started, it is listed at https://evolink.ai/dashboard');
	}
	return `\n${lines.join('\n')}\n`;
}

main().then(
	(exitCode) => {
		process.exitCode = exitCode;
	},
	(error: unknown) => {
		stderr.write(
			`\nThe demo broke down: ${error instanceof Error ? error.stack : String(error)}\n`,
		);
		process.exitCode = EXIT_FAILED;
	},
);
