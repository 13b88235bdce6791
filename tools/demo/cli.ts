/** `npm run demo`: makes a video on n8n's own engine, against a local sandbox or the real Evolink. */
import { relative, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';

import type { Sandbox } from '../../sandbox';
import { DemoError, withDemoEngine } from './demo-engine';
import { EXAMPLE_IMAGE, runExample, type ExampleResult } from './run-example';
import { runFilm } from './run-film';

const EXIT_FAILED = 1;
/** What shells show for a program that was ended by Ctrl-C. */
const EXIT_INTERRUPTED = 130;

const DEFAULT_PROMPT = 'Waves roll in against the rocks while the light of the tower goes round';

const HELP = `Turns an image into a video: the workflow examples/image-to-video.json
runs on n8n's own engine, against a local stand-in for Evolink. Nothing is
paid and nothing leaves this computer, unless --live is given.

  npm run demo -- [options]

  --image FILE         a JPEG, PNG or WebP image; default: the lighthouse
  --prompt TEXT        what should happen in the video
  --quality QUALITY    768p or 1080p
  --duration SECONDS   6, or 10 with 768p
  --camera COMMANDS    camera commands, with commas, e.g. "Pan left,Zoom in"
  --film               three images, two clips, one film
  --live               use the real Evolink; costs credits, asks first;
                       needs your API key in the variable EVOLINK_API_KEY
  --yes                with --live: do not ask
  --help               show this text
`;

// npm runs its scripts in the project's folder; what is typed is meant from where it is typed.
const USER_FOLDER = process.env.INIT_CWD ?? process.cwd();

const { stdin, stdout, stderr } = process;

function readArguments() {
	return parseArgs({
		options: {
			image: { type: 'string' },
			prompt: { type: 'string', default: DEFAULT_PROMPT },
			quality: { type: 'string' },
			duration: { type: 'string' },
			camera: { type: 'string' },
			film: { type: 'boolean' },
			live: { type: 'boolean' },
			yes: { type: 'boolean', short: 'y' },
			help: { type: 'boolean', short: 'h' },
		},
	}).values;
}

type DemoArguments = ReturnType<typeof readArguments>;

/** Returns the key for the real service. @throws DemoError unless credits may be spent */
async function readLiveKey({ yes }: DemoArguments): Promise<string> {
	const apiKey = process.env.EVOLINK_API_KEY?.trim();
	if (!apiKey) {
		throw new DemoError(
			'--live needs your API key in the variable EVOLINK_API_KEY.',
			'Make a key at https://evolink.ai/dashboard/keys',
		);
	}
	stdout.write('This makes a video with the real Evolink and costs credits.\n');
	if (yes) return apiKey;
	if (!stdin.isTTY) throw new DemoError('Nothing was started: without a terminal, add --yes.');
	const terminal = createInterface({ input: stdin, output: stdout });
	const answer = await terminal.question('Go on? (y/N) ').catch(() => '');
	terminal.close();
	if (!/^y(es)?$/i.test(answer.trim())) throw new DemoError('Nothing was started.');
	return apiKey;
}

/** The first Ctrl-C is the Stop button, so that paid tasks are named; the second ends all at once. */
function stopOnInterrupt(): AbortSignal {
	const stop = new AbortController();
	process.on('SIGINT', () => {
		if (stop.signal.aborted) process.exit(EXIT_INTERRUPTED);
		stop.abort();
	});
	return stop.signal;
}

/** Tells how far the video is, now and then. @returns what ends that */
function showProgress(sandbox: Sandbox | undefined): () => void {
	const startedMs = Date.now();
	const timer = setInterval(() => {
		const seconds = Math.round((Date.now() - startedMs) / 1000);
		const progress = sandbox?.tasks()[0]?.progress;
		const percent = progress === undefined ? '' : `, ${progress}%`;
		stdout.write(`  Making the video: ${seconds} s${percent}\n`);
	}, 4_000);
	return () => clearInterval(timer);
}

function summaryOf({ taskId, file, charge }: ExampleResult): string {
	const lines = [`  Task      ${taskId}`, `  Video     ${relative(USER_FOLDER, file)}`];
	if (charge !== undefined) {
		const { quality, durationSeconds, credits } = charge;
		lines.push(
			`  Charged   nothing; it would have been 1 video, ${quality}, ${durationSeconds} s` +
				` (${credits} credits at the stand-in's own prices, which are not Evolink's)`,
		);
	}
	return `\n${lines.join('\n')}\n\n`;
}

async function makeVideo(demo: DemoArguments): Promise<void> {
	const { image, prompt, quality, duration, camera } = demo;
	const apiKey = demo.live ? await readLiveKey(demo) : undefined;
	const imagePath = image === undefined ? EXAMPLE_IMAGE : resolve(USER_FOLDER, image);
	stdout.write(
		`\n  Workflow  examples/image-to-video.json, on n8n's own engine\n` +
			`  Service   ${demo.live ? 'Evolink (costs credits)' : 'a local stand-in for Evolink (free)'}\n` +
			`  Image     ${relative(USER_FOLDER, imagePath)}\n` +
			`  Prompt    ${prompt}\n\n`,
	);
	const parameters = {
		...(quality === undefined ? {} : { quality }),
		...(duration === undefined ? {} : { duration }),
		...(camera === undefined ? {} : { cameraCommands: camera }),
	};
	const signal = stopOnInterrupt();
	const result = await withDemoEngine(apiKey, async (engine) => {
		const endProgress = showProgress(engine.sandbox);
		try {
			return await runExample(engine, { imagePath, prompt, parameters, signal });
		} finally {
			endProgress();
		}
	});
	stdout.write(summaryOf(result));
}

async function makeFilm(): Promise<void> {
	stdout.write('\n  Three images, two clips, one film: on a local stand-in for Evolink (free)\n');
	const { clips, seconds, file } = await withDemoEngine(undefined, runFilm);
	stdout.write(`  Film      ${relative(USER_FOLDER, file)} (${clips} clips, ${seconds} s)\n\n`);
}

async function main(): Promise<void> {
	const demo = readArguments();
	if (demo.help) stdout.write(HELP);
	else if (demo.film) await makeFilm();
	else await makeVideo(demo);
}

main().catch((error: unknown) => {
	const words = error instanceof Error ? error.message : 'unknown fault';
	stderr.write(`\n${words}\n${error instanceof DemoError ? `${error.advice}\n` : ''}`);
	process.exitCode = EXIT_FAILED;
});
