/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { nodeError, outputItems } from '../../../tools/engine/run-results';
import type { N8nExecution } from '../../../tools/n8n/n8n-answers';
import { CURRENT_N8N, OLDEST_N8N, type N8nRelease } from '../../../tools/n8n/n8n-releases';
import { withCredentials, type SavedCredential } from '../../../tools/n8n/workflow-credentials';
import type { WorkflowFile } from '../../../tools/engine/workflow-file';
import {
	EVOLINK,
	evolinkWorkflow,
	FAILED,
	HASH_FILE,
	NEXT,
	startWorkflow,
	type EvolinkWorkflowOptions,
} from './evolink-workflow';
import { startOwnN8n, type OwnN8n } from './own-n8n';

/** The shortest sleep, n8n's look around once a minute, and what it takes to start again. */
const SLEEP_MS = 180_000;
const OBSERVED_MS = 2_000;

interface Story extends Omit<EvolinkWorkflowOptions, 'parameters'> {
	name: string;
	items: IDataObject[];
	parameters?: INodeParameters;
	/** How many videos are made, each paid once. */
	videos: number;
	/** How many of the items fail. */
	failures?: number;
	/** Whether the node runs in a sub-workflow, which the workflow calls in its place. */
	isInSubWorkflow?: boolean;
	/** Whether "Execute step" of the node is chosen; the next one does not run then. */
	isStep?: boolean;
}

const twoItems = (name: string) => [{ prompt: `${name} 0` }, { prompt: `${name} 1` }];

const STORIES: Story[] = [
	{ name: 'production', startedBy: 'form', items: twoItems('production'), videos: 2 },
	{ name: 'manual', startedBy: 'hand', items: twoItems('manual'), videos: 2 },
	{
		name: 'Execute step',
		startedBy: 'hand',
		items: twoItems('Execute step'),
		videos: 2,
		isStep: true,
	},
	{
		name: 'sub-workflow',
		startedBy: 'form',
		items: twoItems('sub-workflow'),
		videos: 2,
		isInSubWorkflow: true,
	},
	{ name: 'loop', startedBy: 'form', items: [{ prompt: 'loop 0' }], inLoop: true, videos: 1 },
	{
		name: 'error output',
		startedBy: 'form',
		items: [...twoItems('error output'), { prompt: 'error output 2', duration: 7 }],
		parameters: { duration: '={{ $json.duration ?? 6 }}' },
		settings: { onError: 'continueErrorOutput' },
		videos: 2,
		failures: 1,
	},
	{
		name: 'Execute Once',
		startedBy: 'form',
		items: twoItems('Execute Once'),
		settings: { executeOnce: true },
		videos: 1,
	},
	{
		name: 'Retry On Fail',
		startedBy: 'form',
		items: twoItems('Retry On Fail'),
		settings: { retryOnFail: true, maxTries: 2, waitBetweenTries: 1000 },
		videos: 2,
	},
];

/** Returns the workflow with a call of a sub-workflow in the place of its Evolink node. */
function withSubWorkflow(file: WorkflowFile, credential: SavedCredential): WorkflowFile {
	const { nodes } = withCredentials(file, [credential]);
	const evolink = nodes.filter(({ name }) => name === EVOLINK);
	const called = {
		nodes: [
			{
				...nodes[0],
				name: 'Called',
				type: 'n8n-nodes-base.executeWorkflowTrigger',
				typeVersion: 1.1,
				parameters: { inputSource: 'passthrough' },
			},
			...evolink,
		],
		connections: { Called: { main: [[{ node: EVOLINK, type: 'main', index: 0 }]] } },
		settings: file.settings,
	};
	const call = {
		type: 'n8n-nodes-base.executeWorkflow',
		typeVersion: 1.2,
		parameters: { source: 'parameter', workflowJson: JSON.stringify(called), options: {} },
		credentials: undefined,
	};
	return {
		...file,
		nodes: file.nodes.map((node) => (node.name === EVOLINK ? { ...node, ...call } : node)),
	};
}

/** Executions that sleep, in an n8n of their own that is killed meanwhile; returns what starts them. */
function describeSleep(release: N8nRelease): () => Promise<void> {
	// After any wait in a sub-workflow, n8n 1.x gives the workflow its own input back (docs/waiting.md).
	const stories = STORIES.filter((story) => release !== OLDEST_N8N || !story.isInSubWorkflow);
	let own: OwnN8n;
	const executionIds = new Map<string, string>();
	let stopped: N8nExecution;

	const chargesOf = (name: string) =>
		own.sandbox.bill.filter(({ prompt }) => prompt?.startsWith(name));

	async function start(story: Story): Promise<string> {
		const parameters = {
			imageUrl: 'https://example.com/harbour.jpg',
			prompt: '={{ $json.prompt }}',
			...story.parameters,
			options: { whileWaiting: 'sleep' },
		};
		const plain = evolinkWorkflow({ ...story, parameters, next: HASH_FILE });
		const file = story.isInSubWorkflow ? withSubWorkflow(plain, own.credential) : plain;
		const workflow = await own.api.createWorkflow(file, [own.credential]);
		if (!story.isStep) return await startWorkflow(own.api, workflow);
		const run = await own.api.runManually(workflow, undefined, EVOLINK);
		if (!('executionId' in run)) throw new Error('The trigger waits for somebody to call it');
		return run.executionId;
	}

	const begin = async () => {
		own = await startOwnN8n({ release, sandbox: { generationSeconds: 60 } });
		for (let video = 0; video < 30; video++) own.sandbox.planTask({ estimatedTimeSeconds: 60 });
		for (const story of stories) executionIds.set(story.name, await start(story));
		const stoppedId = await start({
			name: 'stopped',
			startedBy: 'form',
			items: [{ prompt: 'stopped 0' }],
			videos: 1,
		});
		for (const id of [...executionIds.values(), stoppedId]) {
			await own.api.waitForExecution(id, { until: 'waiting' });
		}
		await own.api.stopExecution(stoppedId);
		stopped = await own.api.execution(stoppedId);
		const match = { promptIncludes: 'Retry On Fail' };
		own.sandbox.addFault({ on: 'read', match, fault: { kind: 'status', status: 403 } });
		await own.server.kill();
		await own.server.restart();
	};

	describe(`in ${release.title}`, () => {
		afterAll(async () => await own?.close());

		it.each(stories)(
			'gets its videos after the sleep and a kill of n8n, each paid once: $name',
			async ({ name, videos, isStep = false, failures = 0 }) => {
				const execution = await own.api.waitForExecution(executionIds.get(name) ?? '', {
					timeoutMs: SLEEP_MS,
				});

				expect(nodeError(execution)).toBeUndefined();
				expect(execution.status).toBe('success');
				const rows = outputItems(execution, EVOLINK);
				expect(rows.map(({ json }) => json.prompt)).toEqual(
					Array.from({ length: videos }, (_, index) => `${name} ${index}`),
				);
				expect(
					chargesOf(name)
						.map(({ taskId }) => taskId)
						.sort(),
				).toEqual(rows.map(({ json }) => json.taskId).sort());
				if (isStep) {
					expect(execution.data.resultData.runData).not.toHaveProperty(NEXT);
				} else {
					// The next node has read the files.
					expect(outputItems(execution, NEXT).map(({ json }) => json.sha256)).toEqual(
						rows.map(({ json }) =>
							createHash('sha256')
								.update(own.sandbox.mediaOf(String(json.taskId)).bytes())
								.digest('hex'),
						),
					);
				}
				if (failures > 0) expect(outputItems(execution, FAILED)).toHaveLength(failures);
				expect(own.sandbox.violations).toEqual([]);
			},
			SLEEP_MS + 10_000,
		);

		it('sends nothing more once it was stopped while asleep', async () => {
			expect(stopped.status).toBe('canceled');
			const [{ taskId }] = chargesOf('stopped');
			await delay(OBSERVED_MS);
			expect(own.sandbox.task(taskId)?.readCount).toBe(0);
		});
	});
	return begin;
}

// Both n8n's sleep at the same time.
const begins = [CURRENT_N8N, OLDEST_N8N].map(describeSleep);
beforeAll(async () => {
	await Promise.all(begins.map(async (begin) => await begin()));
}, 240_000);
