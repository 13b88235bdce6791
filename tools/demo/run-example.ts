import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { INodeParameters } from 'n8n-workflow';

import type { BillEntry } from '../../sandbox';
import { nodeError, outputItems, readWorkflowFile } from '../engine';
import { DemoError, PROJECT_FOLDER, saveVideo, type DemoEngine } from './demo-engine';

const NODE_NAME = 'Evolink';

/** The image that the demo takes when it is given none. */
export const EXAMPLE_IMAGE = join(PROJECT_FOLDER, 'examples', 'images', 'lighthouse.jpg');

export interface ExampleOptions {
	imagePath: string;
	prompt: string;
	/** Of the Evolink node, in place of the example's own. */
	parameters: INodeParameters;
	/** Aborting it is the editor's Stop button. */
	signal: AbortSignal;
}

export interface ExampleResult {
	taskId: string;
	/** Path of the MP4 file. */
	file: string;
	/** What the sandbox would have charged, by prices of its own; undefined with the real service. */
	charge: BillEntry | undefined;
}

/**
 * Runs examples/image-to-video.json, and writes the video to a file. The image and the prompt enter
 * as what n8n's form would hand on.
 *
 * @throws DemoError when there is no video in the end, also after a stop
 */
export async function runExample(
	{ engine, credentials, sandbox }: DemoEngine,
	{ imagePath, prompt, parameters, signal }: ExampleOptions,
): Promise<ExampleResult> {
	const image = await readFile(imagePath).catch(() => {
		throw new DemoError(`The image ${imagePath} could not be opened.`);
	});
	const workflow = readWorkflowFile(join(PROJECT_FOLDER, 'examples', 'image-to-video.json'));
	for (const node of workflow.nodes) {
		if (node.name === NODE_NAME) Object.assign(node.parameters, parameters);
	}
	// The node looks into the file to find out what kind of image it is.
	const type = 'application/octet-stream';
	const binary = { Image: await engine.storeBinary(image, basename(imagePath), type) };
	const running = engine.startWorkflow({
		workflow,
		triggerItems: [{ json: { 'What should happen?': prompt }, binary }],
		credentials,
	});
	signal.addEventListener('abort', () => running.cancel());
	const run = await running.finished;
	if (run.status !== 'success') {
		const error = nodeError(run);
		throw new DemoError(
			error?.message ?? `The workflow ended as ${run.status}.`,
			error?.description ?? undefined,
		);
	}
	const [item] = outputItems(run, NODE_NAME);
	return {
		taskId: String(item.json.taskId),
		file: await saveVideo(engine, item),
		charge: sandbox?.bill[0],
	};
}
