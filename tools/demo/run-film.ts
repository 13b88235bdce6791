import type { INode } from 'n8n-workflow';

import { nodeError, outputItems } from '../engine';
import { DemoError, saveVideo, type DemoEngine } from './demo-engine';

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
 * Makes a film of three images: two clips that meet, joined.
 *
 * @throws DemoError when there is no film in the end
 */
export async function runFilm({ engine, credentials }: DemoEngine): Promise<FilmResult> {
	const create = {
		model: 'MiniMax-Hailuo-02',
		imageUrl: '={{ $json.first }}',
		lastImageSource: 'url',
		lastImageUrl: '={{ $json.last }}',
	};
	const join = { operation: 'join', options: { fileName: 'film' } };
	const trigger = { ...evolink('Start', {}), type: 'n8n-nodes-base.manualTrigger' };
	const to = (node: string) => ({ main: [[{ node, type: 'main' as const, index: 0 }]] });
	const run = await engine.runWorkflow({
		workflow: {
			nodes: [trigger, evolink('Clips', create), evolink('Film', join)],
			connections: { Start: to('Clips'), Clips: to('Film') },
			settings: { executionOrder: 'v1' },
		},
		triggerItems: IMAGES.slice(1).map((last, index) => ({
			json: { first: IMAGES[index], last },
		})),
		credentials,
	});
	if (run.status !== 'success') {
		throw new DemoError(nodeError(run)?.message ?? `The workflow ended as ${run.status}.`);
	}
	const [film] = outputItems(run, 'Film');
	return {
		clips: Number(film.json.clips),
		seconds: Number(film.json.durationSeconds),
		file: await saveVideo(engine, film),
	};
}
