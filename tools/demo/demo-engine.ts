import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INodeExecutionData } from 'n8n-workflow';

import { startSandbox, type Sandbox } from '../../sandbox';
import { startEngine, type Engine, type RunCredentials } from '../engine';

export const PROJECT_FOLDER = join(__dirname, '../..');

const OUTPUT_FOLDER = join(PROJECT_FOLDER, 'demo-output');

const GENERATION_SECONDS = 12;

/** The demo did not lead to a video: message and advice are for whoever started it. */
export class DemoError extends Error {
	constructor(
		message: string,
		readonly advice = '',
	) {
		super(message);
	}
}

/** n8n's engine with the built node, ready to run workflows. */
export interface DemoEngine {
	engine: Engine;
	credentials: RunCredentials;
	/** The local stand-in for Evolink; undefined with the real service. */
	sandbox: Sandbox | undefined;
}

/**
 * Starts what the work needs and ends it afterwards.
 *
 * @param apiKey for the real service; without it, a sandbox stands in
 */
export async function withDemoEngine<Result>(
	apiKey: string | undefined,
	work: (demo: DemoEngine) => Promise<Result>,
): Promise<Result> {
	const storagePath = await mkdtemp(join(tmpdir(), 'evolink-demo-'));
	const sandbox =
		apiKey === undefined
			? await startSandbox({ generationSeconds: GENERATION_SECONDS })
			: undefined;
	const evolinkApi =
		sandbox === undefined
			? { apiKey }
			: { apiKey: sandbox.apiKey, baseUrl: sandbox.url, filesBaseUrl: sandbox.url };
	try {
		const nodeSource = 'dist';
		const engine = await startEngine({ storagePath, binaryDataMode: 'filesystem', nodeSource });
		return await work({ engine, credentials: { evolinkApi }, sandbox });
	} finally {
		await sandbox?.close();
		await rm(storagePath, { recursive: true, force: true });
	}
}

/** Writes the item's video into the demo's folder and returns its path. */
export async function saveVideo(engine: Engine, item: INodeExecutionData): Promise<string> {
	const video = item.binary?.data;
	if (video === undefined) throw new DemoError('The workflow ended without a video file.');
	await mkdir(OUTPUT_FOLDER, { recursive: true });
	const file = join(OUTPUT_FOLDER, video.fileName ?? 'video.mp4');
	await writeFile(file, await engine.readBinary(video));
	return file;
}
