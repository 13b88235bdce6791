import { setTimeout as delay } from 'node:timers/promises';
import type { IDataObject } from 'n8n-workflow';

import { startSandbox, type Fault } from '../../sandbox';
import { nodeError, outputItems } from '../../tools/engine/run-results';
import type { WorkflowFile } from '../../tools/engine/workflow-file';
import type { N8nExecution } from '../../tools/n8n/n8n-answers';
import type { SavedWorkflow } from '../../tools/n8n/n8n-api';
import { createSandboxCredential, sandboxCredentialData } from '../../tools/n8n/n8n-bench';
import { CURRENT_N8N, OLDEST_N8N, type N8nRelease } from '../../tools/n8n/n8n-releases';
import { withCredentials, type SavedCredential } from '../../tools/n8n/workflow-credentials';
import {
	callWebhook,
	EVOLINK,
	evolinkWorkflow,
	webhookUrl,
	type EvolinkWorkflowOptions,
} from './evolink-workflow';
import { EXAMPLE_RUNS, startWorld } from './example-runs';
import { exampleFile, readExample } from './examples';
import { executionStartedBy, fillInForm } from './form';
import { startOwnN8n, type OwnN8n } from './own-n8n';
import { expectVideo } from './video-check';

/** The shortest sleep, n8n's look around once a minute, and what it takes to start again. */
const SLEEP_MS = 180_000;
/** A request that came after Stop would be seen by then. */
const OBSERVED_MS = 3_000;
/** How soon the node must obey Stop. */
const STOP_MS = 1_000;
const VIDEO_SECONDS = 60;
const DURABLE_PROMPT = 'A lighthouse in the fog';

/** What sleeps while n8n is killed. */
interface Story {
	name: string;
	startedBy: EvolinkWorkflowOptions['startedBy'];
	settings?: EvolinkWorkflowOptions['settings'];
	/** "Execute step" of the node is chosen. */
	isStep?: boolean;
	/** The node runs in a sub-workflow, which the workflow calls in its place. */
	isInSubWorkflow?: boolean;
}

const STORIES: Story[] = [
	{ name: 'production', startedBy: 'webhook' },
	{ name: 'Execute step', startedBy: 'hand', isStep: true },
	{ name: 'Retry On Fail', startedBy: 'webhook', settings: { retryOnFail: true } },
	{ name: 'sub-workflow', startedBy: 'webhook', isInSubWorkflow: true },
];

/** Returns the workflow with a call of a sub-workflow in the place of its Evolink node. */
function withSubWorkflow(file: WorkflowFile, credential: SavedCredential): WorkflowFile {
	const evolink = withCredentials(file, [credential]).nodes.filter(({ name }) => name === EVOLINK);
	const trigger = {
		...file.nodes[0],
		name: 'Called',
		type: 'n8n-nodes-base.executeWorkflowTrigger',
		typeVersion: 1.1,
		parameters: { inputSource: 'passthrough' },
	};
	const called = {
		nodes: [trigger, ...evolink],
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

/** The next read of a task with that prompt is refused, which fails the node. */
function refusedRead(promptIncludes: string): Fault {
	return { on: 'read', match: { promptIncludes }, fault: { kind: 'status', status: 403 } };
}

function expectSuccess(execution: N8nExecution): void {
	expect(nodeError(execution)).toBeUndefined();
	expect(execution.status).toBe('success');
}

/** One n8n, in which some executions sleep while it is killed. */
class SurvivingN8n {
	/** Executions that sleep, by their story's name; and `stopped` and `durable`. */
	readonly ids = new Map<string, string>();

	private constructor(readonly own: OwnN8n) {}

	/** Starts n8n, puts executions to sleep, kills it, and starts it again. */
	static async of(release: N8nRelease, stories: Story[]): Promise<SurvivingN8n> {
		const binaryDataMode = release === OLDEST_N8N ? 'filesystem' : 'database';
		const own = await startOwnN8n({ release, binaryDataMode, sandbox: { generationSeconds: 1 } });
		const n8n = new SurvivingN8n(own);
		for (const story of stories) n8n.ids.set(story.name, await n8n.startAsleep(story));
		const stoppedId = await n8n.startAsleep({ name: 'stopped', startedBy: 'webhook' });
		n8n.ids.set('stopped', stoppedId);
		if (release !== OLDEST_N8N) n8n.ids.set('durable', await n8n.startDurable());
		for (const id of n8n.ids.values()) await own.api.waitForExecution(id, { until: 'waiting' });
		await own.api.stopExecution(stoppedId);
		await n8n.startInMemory('in memory');
		own.sandbox.addFault(refusedRead('Retry On Fail'));

		await own.server.kill();
		await own.server.restart();
		return n8n;
	}

	/** Saves the workflow, starts it, and returns the id of its execution. */
	async start(options: EvolinkWorkflowOptions, story?: Story): Promise<string> {
		return (await this.startSaved(options, story)).id;
	}

	async startSaved(
		options: EvolinkWorkflowOptions,
		story?: Story,
	): Promise<{ workflow: SavedWorkflow; id: string }> {
		const { api, credential } = this.own;
		const plain = evolinkWorkflow(options);
		const file = story?.isInSubWorkflow ? withSubWorkflow(plain, credential) : plain;
		const workflow = await api.createWorkflow(file, [credential]);
		if (options.startedBy === 'webhook') {
			await api.activate(workflow);
			const call = async () => await callWebhook(webhookUrl(api, workflow));
			return { workflow, id: await executionStartedBy(api, workflow, call) };
		}
		const run = await api.runManually(workflow, story?.isStep ? EVOLINK : undefined);
		if (!('executionId' in run)) throw new Error('The trigger waits for somebody to call it');
		return { workflow, id: run.executionId };
	}

	/** Starts two videos that sleep until they can be ready. */
	async startAsleep(story: Story): Promise<string> {
		for (let video = 0; video < 2; video++) {
			this.own.sandbox.planTask({
				match: { promptIncludes: story.name },
				generationSeconds: VIDEO_SECONDS,
				estimatedTimeSeconds: VIDEO_SECONDS,
			});
		}
		const items: IDataObject[] = [0, 1].map((number) => ({ prompt: `${story.name} ${number}` }));
		const { startedBy, settings } = story;
		const parameters = { options: { whileWaiting: 'sleep' } };
		return await this.start({ startedBy, settings, items, parameters }, story);
	}

	private async startDurable(): Promise<string> {
		const { api, credential } = this.own;
		const workflow = await api.createWorkflow(readExample('durable.json'), [credential]);
		return await fillInForm(api, workflow, {
			Image: exampleFile('images/lighthouse.jpg', 'image/jpeg'),
			'What should happen?': DURABLE_PROMPT,
		});
	}

	/** Starts a video, returns when the node waits for it in memory. */
	async startInMemory(prompt: string): Promise<string> {
		const { sandbox } = this.own;
		sandbox.planTask({ match: { promptIncludes: prompt }, generationSeconds: VIDEO_SECONDS });
		const reads = sandbox.requestsOf('read').length;
		const parameters = { options: { pollInterval: 1 } };
		const id = await this.start({ startedBy: 'webhook', items: [{ prompt }], parameters });
		await sandbox.waitForRequests('read', reads + 1);
		return id;
	}

	/** The tasks that were paid for with a prompt that begins like this. */
	tasksOf(prompt: string): string[] {
		return this.own.sandbox.bill
			.filter((entry) => entry.prompt?.startsWith(prompt))
			.map(({ taskId }) => taskId);
	}

	async expectVideos(execution: N8nExecution, name: string): Promise<void> {
		expectSuccess(execution);
		const rows = outputItems(execution, EVOLINK);
		expect(rows.map(({ json }) => json.prompt)).toEqual([`${name} 0`, `${name} 1`]);
		expect(rows.map(({ json }) => json.taskId).sort()).toEqual(this.tasksOf(name).sort());
		for (const row of rows) await expectVideo(this.own, row, String(row.json.taskId));
	}
}

/** Defines the tests of one n8n; returns what starts it, puts executions to sleep and kills it. */
function describeSurvival(release: N8nRelease): () => Promise<void> {
	const isOldest = release === OLDEST_N8N;
	// After any wait in a sub-workflow, n8n 1.x gives the workflow its own input back (docs/waiting.md).
	const stories = STORIES.filter((story) => !isOldest || !story.isInSubWorkflow);
	let n8n: SurvivingN8n;
	let own: OwnN8n;

	describe(`in ${release.title}, after a kill and a restart`, () => {
		afterAll(async () => await own?.close());

		it('the installed package is there, and its credential test costs nothing', async () => {
			const names = (await own.api.nodeTypes()).map(({ name }) => name);
			expect(names).toContain('n8n-nodes-evolink.evolink');
			expect(names).toContain('n8n-nodes-evolink.evolinkTool');
			const data = sandboxCredentialData(own.sandbox);
			const right = await own.api.testCredential(own.credential, data);
			const wrong = await own.api.testCredential(own.credential, { ...data, apiKey: 'wrong-key' });
			expect([right.status, wrong.status]).toEqual(['OK', 'Error']);
			expect(wrong.message).not.toContain('wrong-key');
		});

		it('what waited in memory is lost, but the log names the task, which Task > Get fetches', async () => {
			const [taskId, ...others] = n8n.tasksOf('in memory');
			expect(others).toEqual([]);
			expect(own.server.log).toContain(`Evolink started a paid task: ${taskId}`);
			own.sandbox.finishTask(taskId);
			const id = await n8n.start({
				startedBy: 'hand',
				parameters: { resource: 'task', operation: 'get', taskId, downloadVideo: true },
			});
			const execution = await own.api.waitForExecution(id);
			expectSuccess(execution);
			await expectVideo(own, outputItems(execution, EVOLINK)[0], taskId);
		});

		it.each(['as it was', 'as it was saved meanwhile'])(
			'"Retry execution" with the workflow %s resumes and does not pay again',
			async (workflowOf) => {
				const isSaved = workflowOf !== 'as it was';
				own.sandbox.addFault(refusedRead(workflowOf));
				const items = [0, 1].map((number) => ({ prompt: `${workflowOf} ${number}` }));
				const { workflow, id } = await n8n.startSaved({ startedBy: 'webhook', items });
				const failed = await own.api.waitForExecution(id);
				expect(failed.status).toBe('error');
				if (isSaved) await own.api.renameWorkflow(workflow, 'Another name');

				await n8n.expectVideos(await own.api.retryExecution(id, isSaved), workflowOf);
			},
		);

		it('Stop ends an execution within a second, and no request follows', async () => {
			const id = await n8n.startInMemory('running');
			const [taskId] = n8n.tasksOf('running');

			const stoppedMs = Date.now();
			await own.api.stopExecution(id);
			await delay(OBSERVED_MS);

			expect((await own.api.execution(id)).status).toBe('canceled');
			const late = own.sandbox
				.requestsOf('read')
				.filter((read) => read.taskId === taskId && read.receivedAtMs > stoppedMs + STOP_MS);
			expect(late).toEqual([]);
		});

		if (isOldest) {
			it('runs the examples that are made for it', async () => {
				// With books of their own: all else on this sandbox sleeps.
				const sandbox = await startSandbox({ generationSeconds: 0.3 });
				const credential = await createSandboxCredential(own.api, sandbox);
				const world = await startWorld({ api: own.api, sandbox, credential });
				try {
					for (const { play } of EXAMPLE_RUNS.filter(({ isForOldest }) => isForOldest)) {
						sandbox.reset();
						world.mails.clear();
						await play(world);
					}
				} finally {
					await world.close();
					await sandbox.close();
				}
			}, 60_000);
		}

		it.each(stories)(
			'what slept in the node gets its videos, each paid once: $name',
			async ({ name }) => {
				const id = n8n.ids.get(name) ?? '';
				const execution = await own.api.waitForExecution(id, { timeoutMs: SLEEP_MS });
				await n8n.expectVideos(execution, name);
			},
			SLEEP_MS + 10_000,
		);

		it('what was stopped while asleep sends nothing more', async () => {
			const execution = await own.api.execution(n8n.ids.get('stopped') ?? '');
			expect(execution.status).toBe('canceled');
			const [taskId] = n8n.tasksOf('stopped');
			expect(own.sandbox.task(taskId)?.readCount).toBe(0);
		});

		if (!isOldest) {
			it(
				'examples/durable.json goes on after its pause, and pays once',
				async () => {
					const id = n8n.ids.get('durable') ?? '';
					const execution = await own.api.waitForExecution(id, { timeoutMs: SLEEP_MS });
					expectSuccess(execution);
					const [taskId, ...others] = n8n.tasksOf(DURABLE_PROMPT);
					expect(others).toEqual([]);
					await expectVideo(own, outputItems(execution, 'Fetch the video')[0], taskId);
				},
				SLEEP_MS + 10_000,
			);
		}

		it('the sandbox has seen nothing that the node must never do', () => {
			expect(own.sandbox.violations).toEqual([]);
			// Each of the three refused reads above was met.
			const reads = own.sandbox.requestsOf('read');
			expect(reads.filter(({ status }) => status === 403)).toHaveLength(3);
			expect(own.server.log).not.toContain(own.sandbox.apiKey);
		});
	});
	return async () => {
		n8n = await SurvivingN8n.of(release, stories);
		own = n8n.own;
	};
}

// Both sleep at the same time.
const begins = [CURRENT_N8N, OLDEST_N8N].map(describeSurvival);
beforeAll(async () => {
	await Promise.all(begins.map(async (begin) => await begin()));
}, 240_000);
