/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error -- runs beside n8n, never inside it */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import type { IRun } from 'n8n-workflow';
import { startSandbox, type BillEntry, type Sandbox } from '../../sandbox';
import {
	nodeError,
	outputItems,
	readWorkflowFile,
	startEngine,
	type Engine,
	type WorkflowFile,
} from '../engine';

const PROJECT_FOLDER = join(__dirname, '../..');

/** The image that the demo takes when it is given none. */
export const EXAMPLE_IMAGE = join(PROJECT_FOLDER, 'examples', 'images', 'lighthouse.jpg');
/** Where the demo's videos go. */
export const OUTPUT_FOLDER = join(PROJECT_FOLDER, 'demo-output');

const WORKFLOW_FILE = join(PROJECT_FOLDER, 'examples', 'image-to-video.json');
const NODE_NAME = 'Evolink';
/** The names under which n8n's form hands on what was filled in. */
const IMAGE_FIELD = 'Image';
const PROMPT_FIELD = 'What should happen?';

const PROGRESS_INTERVAL_MS = 200;
/** Middle of the two to five minutes that the service is said to take: only moves a bar. */
const TYPICAL_GENERATION_SECONDS = 200;

const MIME_TYPES: Record<string, string> = {
	'.jpg': 'image/jpeg',
	'.jpeg': 'image/jpeg',
	'.png': 'image/png',
	'.webp': 'image/webp',
};

/** The local stand-in, or the real service. */
export type ServiceChoice =
	| { kind: 'sandbox'; generationSeconds: number }
	| { kind: 'live'; apiKey: string; baseUrl?: string; filesBaseUrl?: string };

export interface ExampleOptions {
	service: ServiceChoice;
	/** Default: the lighthouse. */
	imagePath?: string;
	prompt: string;
	quality?: string;
	durationSeconds?: number;
	cameraCommands?: string[];
	outputFolder: string;
	/** Aborting it is the editor's Stop button. */
	signal?: AbortSignal;
	/** Called every now and then until the run ends. */
	onProgress?: (progress: ExampleProgress) => void;
}

export interface ExampleProgress {
	/** 0 to 100: of the sandbox's task; with the live service guessed from the elapsed time. */
	percent: number;
	elapsedSeconds: number;
	/** As soon as it is known; with the live service that is at the end. */
	taskId?: string;
}

export interface ExampleResult {
	taskId: string;
	/** Path of the MP4 file. */
	file: string;
	sizeBytes: number;
	elapsedSeconds: number;
	/** What the sandbox would have charged, by prices of its own; empty with the live service. */
	bill: readonly BillEntry[];
}

/** The example did not lead to a video: message and advice are for whoever started it. */
export class ExampleError extends Error {
	constructor(
		message: string,
		/** What to do about it. */
		readonly advice?: string,
		/** The tasks that were started, whatever became of them. */
		readonly taskIds: readonly string[] = [],
	) {
		super(message);
	}
}

/**
 * Runs the example workflow on n8n's engine with the built node, and writes the video to a file.
 * The image and the prompt enter as what n8n's form trigger would hand on.
 * @throws ExampleError when there is no video in the end, also after a stop. Once in a process.
 */
export async function runExample(options: ExampleOptions): Promise<ExampleResult> {
	const imagePath = options.imagePath ?? EXAMPLE_IMAGE;
	const image = await readImage(imagePath);
	if (!existsSync(join(PROJECT_FOLDER, 'dist', 'nodes', 'Evolink', 'Evolink.node.js'))) {
		throw new ExampleError('The node has not been built yet.', 'Run: npm run build');
	}
	const { service } = options;
	const storagePath = await mkdtemp(join(tmpdir(), 'evolink-demo-'));
	const sandbox =
		service.kind === 'sandbox'
			? await startSandbox({ generationSeconds: service.generationSeconds })
			: undefined;
	try {
		const engine = await startEngine({
			storagePath,
			binaryDataMode: 'filesystem',
			nodeSource: 'dist',
		});
		return await runWith(engine, sandbox, imagePath, image, options);
	} finally {
		await sandbox?.close();
		await rm(storagePath, { recursive: true, force: true });
	}
}

async function runWith(
	engine: Engine,
	sandbox: Sandbox | undefined,
	imagePath: string,
	image: Buffer,
	options: ExampleOptions,
): Promise<ExampleResult> {
	const { service, signal, onProgress } = options;
	const startedAtMs = Date.now();
	const elapsedSeconds = () => (Date.now() - startedAtMs) / 1000;
	const binary = {
		[IMAGE_FIELD]: await engine.storeBinary(
			image,
			basename(imagePath),
			// The form passes on what the browser says; without a known ending, the node finds out.
			MIME_TYPES[extname(imagePath).toLowerCase()] ?? 'application/octet-stream',
		),
	};
	const running = engine.startWorkflow({
		workflow: exampleWorkflow(options),
		triggerItems: [{ json: { [PROMPT_FIELD]: options.prompt }, binary }],
		credentials: { evolinkApi: credentialFor(service, sandbox) },
	});
	const stop = () => running.cancel();
	signal?.addEventListener('abort', stop);
	if (signal?.aborted) stop();
	const report = (percent?: number) => {
		const [task] = sandbox?.tasks() ?? [];
		const guess = Math.min(95, (elapsedSeconds() / TYPICAL_GENERATION_SECONDS) * 100);
		onProgress?.({
			percent: percent ?? (sandbox ? (task?.progress ?? 0) : guess),
			elapsedSeconds: elapsedSeconds(),
			taskId: task?.taskId,
		});
	};
	const timer = setInterval(report, PROGRESS_INTERVAL_MS);
	let run: IRun;
	try {
		run = await running.finished;
	} finally {
		clearInterval(timer);
		signal?.removeEventListener('abort', stop);
	}

	const error = nodeError(run);
	if (error || run.status !== 'success') throw failure(error, run, sandbox);
	report(100);
	const file = await writeVideo(engine, run, options.outputFolder);
	return { ...file, elapsedSeconds: elapsedSeconds(), bill: [...(sandbox?.bill ?? [])] };
}

async function readImage(path: string): Promise<Buffer> {
	try {
		return await readFile(path);
	} catch {
		throw new ExampleError(
			`The image ${path} could not be opened.`,
			'Check the name of the file and the folder it is in.',
		);
	}
}

/** The example file, with the settings that were asked for in place of its own. */
function exampleWorkflow({
	quality,
	durationSeconds,
	cameraCommands,
}: ExampleOptions): WorkflowFile {
	const workflow = readWorkflowFile(WORKFLOW_FILE);
	const node = workflow.nodes.find(({ name }) => name === NODE_NAME);
	if (!node) throw new ExampleError(`The example has no node named ${NODE_NAME}.`);
	if (quality !== undefined) node.parameters.quality = quality;
	if (durationSeconds !== undefined) node.parameters.duration = durationSeconds;
	if (cameraCommands !== undefined) node.parameters.cameraCommands = cameraCommands;
	return workflow;
}

function credentialFor(service: ServiceChoice, sandbox?: Sandbox): Record<string, string> {
	if (sandbox) {
		return { apiKey: sandbox.apiKey, baseUrl: sandbox.url, filesBaseUrl: sandbox.url };
	}
	if (service.kind !== 'live') throw new ExampleError('The local stand-in for Evolink is missing.');
	const { apiKey, baseUrl, filesBaseUrl } = service;
	return {
		apiKey,
		// Left out, the credential's own defaults apply: the real service.
		...(baseUrl === undefined ? {} : { baseUrl }),
		...(filesBaseUrl === undefined ? {} : { filesBaseUrl }),
	};
}

async function writeVideo(
	engine: Engine,
	run: IRun,
	outputFolder: string,
): Promise<Pick<ExampleResult, 'taskId' | 'file' | 'sizeBytes'>> {
	const [item] = outputItems(run, NODE_NAME);
	const taskId = String(item?.json.taskId);
	const video = item?.binary?.data;
	if (!video) {
		throw new ExampleError('The workflow ended without a video file.', undefined, [taskId]);
	}
	const bytes = await engine.readBinary(video);
	// An MP4 file says "ftyp" right after its first four bytes.
	if (bytes.subarray(4, 8).toString('latin1') !== 'ftyp') {
		throw new ExampleError('The file that came back is not an MP4 video.', undefined, [taskId]);
	}
	await mkdir(outputFolder, { recursive: true });
	const file = join(outputFolder, basename(video.fileName ?? `${taskId}.mp4`));
	await writeFile(file, bytes);
	return { taskId, file, sizeBytes: bytes.length };
}

function failure(
	error: ReturnType<typeof nodeError>,
	run: IRun,
	sandbox: Sandbox | undefined,
): ExampleError {
	const advice = typeof error?.description === 'string' ? error.description : undefined;
	const taskIds = new Set(sandbox?.tasks().map(({ taskId }) => taskId));
	// With the live service only the node knows it, and every error after a submission names it.
	for (const [taskId] of `${error?.message} ${advice}`.matchAll(/\btask-[\w-]+/g)) {
		taskIds.add(taskId);
	}
	if (run.status === 'canceled') return new ExampleError('Stopped.', undefined, [...taskIds]);
	return new ExampleError(error?.message ?? `The workflow ended as ${run.status}.`, advice, [
		...taskIds,
	]);
}
