import type { WorkflowFile } from '../../tools/engine';
import { nodeError, outputItems } from '../../tools/engine';
import type { Sandbox } from '../../sandbox';
import { NODE_NAME, useEvolink } from './evolink-workflow';
import type { EvolinkRun } from './evolink-workflow';
import { testsSideBySide } from './concurrent-tests';
import { idempotencyKeyOf } from './traffic';

const evolink = useEvolink();
const itSideBySide = testsSideBySide(evolink);

const RETRY_ON_FAIL = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };

function credentialsFor({ apiKey, url }: Sandbox) {
	return { evolinkApi: { apiKey, baseUrl: url, filesBaseUrl: url } };
}

/** The trigger leads to the node twice, through two nodes that do nothing: it runs twice. */
function twoBranches(run: EvolinkRun): WorkflowFile {
	const workflow = evolink.workflow(run);
	const branch = (name: string) => ({
		...workflow.nodes[0],
		id: name,
		name,
		type: 'n8n-nodes-base.noOp',
	});
	const to = (...nodes: string[]) => ({
		main: [nodes.map((node) => ({ node, type: 'main' as const, index: 0 }))],
	});
	return {
		...workflow,
		nodes: [...workflow.nodes, branch('First'), branch('Second')],
		connections: { Trigger: to('First', 'Second'), First: to(NODE_NAME), Second: to(NODE_NAME) },
	};
}

describe('a node that runs twice in one execution with the same content', () => {
	itSideBySide('pays for each run', async ({ sandbox }) => {
		const run = await evolink.engine.runWorkflow({
			workflow: twoBranches({}),
			credentials: credentialsFor(sandbox),
		});

		expect(nodeError(run)).toBeUndefined();
		const put = [0, 1].map((index) => outputItems(run, NODE_NAME, 0, index)[0].json.taskId);
		expect(put).toEqual(sandbox.bill.map(({ taskId }) => taskId));
		expect(new Set(put).size).toBe(2);
		expect(new Set(sandbox.requestsOf('submit').map(idempotencyKeyOf)).size).toBe(2);
	});

	itSideBySide('takes up the task of its own run after Retry On Fail', async ({ sandbox }) => {
		// Each of the two runs reads once without and once with trouble.
		sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });
		sandbox.addFault({ on: 'read', skip: 1, fault: { kind: 'status', status: 403 } });

		const run = await evolink.engine.runWorkflow({
			workflow: twoBranches({ node: RETRY_ON_FAIL }),
			credentials: credentialsFor(sandbox),
		});

		expect(nodeError(run)).toBeUndefined();
		expect(sandbox.requestsOf('read').filter(({ status }) => status === 403)).toHaveLength(2);
		const put = [0, 1].map((index) => outputItems(run, NODE_NAME, 0, index)[0].json.taskId);
		expect(put).toEqual(sandbox.bill.map(({ taskId }) => taskId));
		expect(sandbox.bill).toHaveLength(2);
	});

	itSideBySide('names only the tasks of the run that failed', async ({ sandbox }) => {
		sandbox.addFault({ on: 'submit', skip: 1, fault: { kind: 'status', status: 402 } });

		const run = await evolink.engine.runWorkflow({
			workflow: twoBranches({}),
			credentials: credentialsFor(sandbox),
		});

		expect(nodeError(run)?.message).toMatch(/too few credits/);
		expect(nodeError(run)?.description).not.toContain(sandbox.bill[0].taskId);
	});

	itSideBySide('resumes the second run alone with "Retry execution"', async ({ sandbox }) => {
		const credentials = credentialsFor(sandbox);
		const workflow = twoBranches({});
		sandbox.addFault({ on: 'read', skip: 1, fault: { kind: 'status', status: 403 } });

		const failed = await evolink.engine.runWorkflow({ workflow, credentials });
		const retried = await evolink.engine.retryExecution(failed, { workflow, credentials });

		expect(nodeError(failed)).toBeDefined();
		expect(nodeError(retried)).toBeUndefined();
		expect(sandbox.bill).toHaveLength(2);
		expect(outputItems(retried, NODE_NAME, 0, 1)[0].json.taskId).toBe(sandbox.bill[1].taskId);
	});
});

describe('two nodes in one execution with the same content', () => {
	itSideBySide('pay each for its own', async ({ sandbox }) => {
		const workflow = evolink.workflow({});
		const second = { ...workflow.nodes[1], id: 'second', name: 'Evolink again' };
		const connection = { node: second.name, type: 'main' as const, index: 0 };

		const run = await evolink.engine.runWorkflow({
			workflow: {
				...workflow,
				nodes: [...workflow.nodes, second],
				connections: { ...workflow.connections, [NODE_NAME]: { main: [[connection]] } },
			},
			credentials: credentialsFor(sandbox),
		});

		expect(nodeError(run)).toBeUndefined();
		expect(sandbox.bill).toHaveLength(2);
	});
});

describe('items of one run with the same content', () => {
	itSideBySide('are paid for each, and resumed each by its own task', async ({ sandbox, run }) => {
		sandbox.addFault({ on: 'read', skip: 1, fault: { kind: 'status', status: 403 } });

		const { rows, error } = await run({ items: [{ json: {} }, { json: {} }], node: RETRY_ON_FAIL });

		expect(error).toBeUndefined();
		const paid = sandbox.bill.map(({ taskId }) => taskId).sort();
		expect(paid).toHaveLength(2);
		expect(rows.map(({ json }) => json.taskId).sort()).toEqual(paid);
	});
});

describe('"Retry with currently saved workflow"', () => {
	const before = { prompt: 'A cat', options: { timeout: 900 } };

	/** Fails after the payment, is changed, and is retried. */
	async function retryChanged(
		sandbox: Sandbox,
		changes: Record<string, unknown>,
		nodeSettings: 'original' | 'current' = 'current',
	) {
		sandbox.addFault({ on: 'read', fault: { kind: 'status', status: 403 } });
		const credentials = credentialsFor(sandbox);
		const failed = await evolink.engine.runWorkflow({
			workflow: evolink.workflow({ parameters: before }),
			credentials,
		});
		const retried = await evolink.engine.retryExecution(failed, {
			workflow: evolink.workflow({ parameters: { ...before, ...changes } }),
			credentials,
			nodeSettings,
		});
		expect(nodeError(failed)).toBeDefined();
		expect(nodeError(retried)).toBeUndefined();
		return outputItems(retried, NODE_NAME)[0];
	}

	const contents: Array<Record<string, unknown>> = [
		{ prompt: 'A dog' },
		{ imageUrl: 'https://example.com/other.jpg' },
		{ quality: '1080p' },
		{ duration: 10 },
		{ cameraCommands: ['Pan left'] },
		{ options: { promptOptimizer: false } },
	];
	for (const changes of contents) {
		itSideBySide(
			`submits anew what became another video: ${JSON.stringify(changes)}`,
			async ({ sandbox }) => {
				const row = await retryChanged(sandbox, changes);

				expect(sandbox.bill).toHaveLength(2);
				expect(row.json.taskId).toBe(sandbox.bill[1].taskId);
				expect(new Set(sandbox.requestsOf('submit').map(idempotencyKeyOf)).size).toBe(2);
			},
		);
	}

	const others: Array<Record<string, unknown>> = [
		{ options: { timeout: 60, pollInterval: 1, fileName: 'cat' } },
		{ downloadVideo: false },
		{ waitForCompletion: false },
		{ simplify: true, options: { promptOptimizer: true } },
		{},
	];
	for (const changes of others) {
		itSideBySide(
			`takes up the task of the same video: ${JSON.stringify(changes)}`,
			async ({ sandbox }) => {
				const row = await retryChanged(sandbox, changes);

				expect(sandbox.bill).toHaveLength(1);
				expect(row.json.taskId).toBe(sandbox.bill[0].taskId);
			},
		);
	}

	itSideBySide('is another thing than a retry with the original workflow', async ({ sandbox }) => {
		const row = await retryChanged(sandbox, { prompt: 'A dog' }, 'original');

		expect(sandbox.bill).toHaveLength(1);
		expect(row.json.prompt).toBe('A cat');
	});
});
