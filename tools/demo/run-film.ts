/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INode } from 'n8n-workflow';

import { startSandbox } from '../../sandbox';
import { nodeError, outputItems, startEngine } from '../engine';
import { ExampleError, OUTPUT_FOLDER } from './run-example';

/** The sandbox opens no image, so that these need not exist. */
const IMAGES = ['dawn', 'noon', 'dusk'].map((name) => `https://images.example/${name}.jpg`);

/** What became of the film. */
export interface FilmResult {
	clips: number;
	seconds: number;
	file: string;
}

function evolink(name: string, parameters: INode['parameters']): INode {
	return {
		id: name,
		name,
		type: 'n8n-nodes-evolink.evolink',
		typeVersion: 1,
		position: [0, 0],
		parameters,
		credentials: { evolinkApi: { id: '1', name: 'Evolink account' } },
	};
}

/**
 * Makes a film of three images against the sandbox: two clips that meet, joined.
 *
 * @throws ExampleError when there is no film in the end
 */
export async function runFilm(generationSeconds: number): Promise<FilmResult> {
	const storagePath = await mkdtemp(join(tmpdir(), 'evolink-demo-'));
	const sandbox = await startSandbox({ generationSeconds });
	try {
		const nodeSource = 'dist';
		const engine = await startEngine({ storagePath, binaryDataMode: 'filesystem', nodeSource });
		const create = {
			model: 'MiniMax-Hailuo-02',
			imageUrl: '={{ $json.first }}',
			lastImageSource: 'url',
			lastImageUrl: '={{ $json.last }}',
		};
		const trigger = { ...evolink('Start', {}), type: 'n8n-nodes-base.manualTrigger' };
		const to = (node: string) => ({ main: [[{ node, type: 'main' as const, index: 0 }]] });
		const run = await engine.runWorkflow({
			workflow: {
				nodes: [trigger, evolink('Clips', create), evolink('Film', { operation: 'join' })],
				connections: { Start: to('Clips'), Clips: to('Film') },
				settings: { executionOrder: 'v1' },
			},
			triggerItems: IMAGES.slice(1).map((last, index) => ({
				json: { first: IMAGES[index], last },
			})),
			credentials: {
				evolinkApi: { apiKey: sandbox.apiKey, baseUrl: sandbox.url, filesBaseUrl: sandbox.url },
			},
		});
		const [film] = run.status === 'success' ? outputItems(run, 'Film') : [];
		if (film?.binary === undefined) {
			throw new ExampleError(nodeError(run)?.message ?? `The workflow ended as ${run.status}.`);
		}
		await mkdir(OUTPUT_FOLDER, { recursive: true });
		const file = join(OUTPUT_FOLDER, 'film.mp4');
		await writeFile(file, await engine.readBinary(film.binary.data));
		return { clips: Number(film.json.clips), seconds: Number(film.json.durationSeconds), file };
	} finally {
		await sandbox.close();
		await rm(storagePath, { recursive: true, force: true });
	}
}
