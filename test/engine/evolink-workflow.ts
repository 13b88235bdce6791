import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeConnectionTypes, sleep } from 'n8n-workflow';
import type {
	IBinaryData,
	ICredentialType,
	INode,
	INodeExecutionData,
	INodeType,
	IRun,
	NodeExecutionHint,
} from 'n8n-workflow';

import { startSandbox } from '../../sandbox';
import type { Sandbox, SandboxOptions } from '../../sandbox';
import { executionHints, nodeError, outputItems, startEngine } from '../../tools/engine';
import type {
	BinaryDataMode,
	Engine,
	RetryOptions,
	RunningWorkflow,
	WorkflowFile,
} from '../../tools/engine';
import { imageBytes } from './image-bytes';

/** The name of the node under test in every workflow. */
export const NODE_NAME = 'Evolink';

/** A link that passes the node's check; the sandbox never opens it. */
export const PICTURE_LINK = 'https://example.com/picture.jpg';

/** The fewest tries that n8n offers, and one more; it takes a wait of 0 for "not set". */
export const RETRY_ON_FAIL = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };

/** Settings of a node that puts failed items out as rows. */
export const CONTINUE_ON_FAIL = { onError: 'continueRegularOutput' as const };

/** Type of a node that passes everything on by its second output. */
export const SECOND_OUTPUT = 'test.secondOutput';

const secondOutputNode: INodeType = {
	description: {
		name: 'secondOutput',
		displayName: 'Second Output',
		group: ['transform'],
		version: 1,
		description: 'Passes everything on by its second output',
		defaults: { name: 'Second Output' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
		properties: [],
	},
	async execute() {
		return [[], this.getInputData()];
	},
};

/** One execution of a workflow with a trigger and one Evolink node. */
export interface EvolinkRun {
	/** Of the node, as the workflow file holds them; defaults are those of the node. */
	parameters?: Record<string, unknown>;
	/** Items of the trigger. Default: one empty item. */
	items?: INodeExecutionData[];
	/** Settings of the node, e.g. `{ retryOnFail: true, maxTries: 2, waitBetweenTries: 0 }`. */
	node?: Partial<INode>;
	/** Values laid over those of the credential, e.g. another key. */
	credential?: Record<string, unknown>;
	/** Default: the bench's sandbox. */
	sandbox?: Sandbox;
}

/** What the execution led to. */
export interface EvolinkResult {
	run: IRun;
	/** Rows of the first output; empty when the node failed. */
	rows: INodeExecutionData[];
	/** Rows of the error output (`onError: 'continueErrorOutput'`). */
	errorRows: INodeExecutionData[];
	/** The error that ended the execution, if one did. */
	error: (Error & Record<string, unknown>) | undefined;
	hints: NodeExecutionHint[];
}

/** An execution that goes on, with the Stop button. */
export interface StartedEvolink {
	finished: Promise<EvolinkResult>;
	cancel(): void;
}

/** Runs of the node against one sandbox. */
export interface OwnBench {
	readonly sandbox: Sandbox;
	run(run: EvolinkRun): Promise<EvolinkResult>;
	start(run: EvolinkRun): StartedEvolink;
	/** "Retry execution" of a failed execution; with `current`, by the settings of this run. */
	retry(
		previous: EvolinkResult,
		run: EvolinkRun,
		nodeSettings?: RetryOptions['nodeSettings'],
	): Promise<EvolinkResult>;
	/** Wakes an execution that sleeps, whatever its time. */
	wake(previous: EvolinkResult, run: EvolinkRun): Promise<EvolinkResult>;
	/** Like `retry`, with a hand on the Stop button. */
	startRetry(previous: EvolinkResult, run: EvolinkRun): StartedEvolink;
}

/** The engine and a sandbox for all tests of one file. */
export interface EvolinkBench extends OwnBench {
	readonly engine: Engine;
	/**
	 * Like `it`, with a sandbox of the test's own: the tests of one `describe` that begin like this
	 * run at the same time. For whatever spends its time waiting. `beforeEach` does not apply.
	 */
	it(name: string, test: (own: OwnBench) => Promise<void>, options?: SandboxOptions): void;
	/** A workflow with a trigger and the node, for tests that need the file itself. */
	workflow(run: EvolinkRun): WorkflowFile;
	/** Stores a file as n8n does; without bytes, an image that every model takes. */
	file(bytes?: Buffer, fileName?: string, mimeType?: string): Promise<IBinaryData>;
	/** One more sandbox, closed after the tests of the file. */
	ownSandbox(options: SandboxOptions): Promise<Sandbox>;
}

const LONGEST_SLICE_MS = 1_000;

/**
 * Starts n8n's engine and a sandbox before the tests of a file, and ends the sandbox afterwards; it
 * forgets everything between two tests. Once in a file: the engine takes longer to load than most
 * tests to run.
 *
 * @param options.generationSeconds how long a video takes, where a test plans nothing else; default 0
 * @param options.nodeTypes of other nodes, by full name
 */
export function useEvolink(
	options: {
		generationSeconds?: number;
		binaryDataMode?: BinaryDataMode;
		nodeTypes?: Record<string, INodeType>;
		credentialTypes?: Record<string, ICredentialType>;
	} = {},
): EvolinkBench {
	const { generationSeconds = 0, binaryDataMode = 'filesystem' } = options;
	let engine: Engine | undefined;
	let sandbox: Sandbox | undefined;
	let storagePath = '';
	const ownSandboxes: Sandbox[] = [];

	const theEngine = () => {
		if (engine === undefined) throw new Error('The engine runs only during the tests');
		return engine;
	};
	const theSandbox = () => {
		if (sandbox === undefined) throw new Error('The sandbox runs only during the tests');
		return sandbox;
	};

	beforeAll(async () => {
		storagePath = await mkdtemp(join(tmpdir(), 'evolink-engine-'));
		engine = await startEngine({
			storagePath,
			binaryDataMode,
			extraNodeTypes: { [SECOND_OUTPUT]: secondOutputNode, ...options.nodeTypes },
			extraCredentialTypes: options.credentialTypes,
		});
		sandbox = await startSandbox({ generationSeconds });
		// The document that all sandboxes check submissions by is compiled for the first one.
		await fetch(`${sandbox.url}/v1/videos/generations`, {
			method: 'POST',
			headers: {
				authorization: `Bearer ${sandbox.apiKey}`,
				'content-type': 'application/json',
			},
			body: '{}',
		});
		sandbox.reset();
	});
	beforeEach(() => theSandbox().reset());
	afterAll(async () => {
		await Promise.all([sandbox, ...ownSandboxes].map(async (each) => await each?.close()));
		await rm(storagePath, { recursive: true, force: true });
		// What is left of the node's last slice of sleep would keep the process from its end.
		await sleep(LONGEST_SLICE_MS);
	});

	return {
		...runsAgainst(theEngine, theSandbox),
		get engine() {
			return theEngine();
		},
		get sandbox() {
			return theSandbox();
		},
		it(name, test, sandboxOptions) {
			it.concurrent(name, async () => {
				const own = await startSandbox({ generationSeconds, ...sandboxOptions });
				try {
					await test({ sandbox: own, ...runsAgainst(theEngine, () => own) });
				} finally {
					await own.close();
				}
			});
		},
		workflow: workflowFor,
		file: async (bytes = imageBytes('jpeg', 800, 600), name = 'a.jpg', mimeType = 'image/jpeg') =>
			await theEngine().storeBinary(bytes, name, mimeType),
		async ownSandbox(sandboxOptions) {
			const own = await startSandbox(sandboxOptions);
			ownSandboxes.push(own);
			return own;
		},
	};
}

function runsAgainst(
	theEngine: () => Engine,
	theSandbox: () => Sandbox,
): Omit<OwnBench, 'sandbox'> {
	const optionsFor = (run: EvolinkRun) => ({
		workflow: workflowFor(run),
		...(run.items === undefined ? {} : { triggerItems: run.items }),
		credentials: credentialsFor(run.sandbox ?? theSandbox(), run.credential),
	});
	return {
		run: async (run) => resultOf(await theEngine().runWorkflow(optionsFor(run))),
		start: (run) => startedEvolink(theEngine().startWorkflow(optionsFor(run))),
		retry: async (previous, run, nodeSettings) =>
			resultOf(
				await theEngine().retryExecution(previous.run, { ...optionsFor(run), nodeSettings }),
			),
		wake: async (previous, run) => resultOf(await theEngine().wake(previous.run, optionsFor(run))),
		startRetry: (previous, run) =>
			startedEvolink(theEngine().startRetry(previous.run, optionsFor(run))),
	};
}

/** All that an error says to the user. */
export function wordsOf(error: unknown): string {
	const { message, description } = Object(error);
	return `${String(message)} ${String(description)}`;
}

/** The credential that leads to a sandbox, with other values laid over it. */
export function credentialsFor({ apiKey, url }: Sandbox, values: Record<string, unknown> = {}) {
	return { evolinkApi: { apiKey, baseUrl: url, filesBaseUrl: url, ...values } };
}

function workflowFor(run: EvolinkRun): WorkflowFile {
	return {
		name: 'Evolink under test',
		nodes: [
			{
				id: '7a0b51a2-6a35-4a40-9a7b-4a5be4b0a001',
				name: 'Trigger',
				type: 'n8n-nodes-base.manualTrigger',
				typeVersion: 1,
				position: [0, 0],
				parameters: {},
			},
			{
				id: '7a0b51a2-6a35-4a40-9a7b-4a5be4b0a002',
				name: NODE_NAME,
				type: 'n8n-nodes-evolink.evolink',
				typeVersion: 1,
				position: [220, 0],
				parameters: { imageUrl: PICTURE_LINK, ...run.parameters },
				credentials: { evolinkApi: { id: '1', name: 'Evolink account' } },
				...run.node,
			},
		],
		connections: { Trigger: { main: [[{ node: NODE_NAME, type: 'main', index: 0 }]] } },
		settings: { executionOrder: 'v1' },
	} as WorkflowFile;
}

function startedEvolink(running: RunningWorkflow): StartedEvolink {
	return { finished: running.finished.then(resultOf), cancel: () => running.cancel() };
}

function resultOf(run: IRun): EvolinkResult {
	const hasOutput = run.data.resultData.runData[NODE_NAME]?.at(-1)?.data !== undefined;
	return {
		run,
		rows: hasOutput ? outputItems(run, NODE_NAME) : [],
		errorRows: hasOutput ? outputItems(run, NODE_NAME, 1) : [],
		error: nodeError(run) as EvolinkResult['error'],
		hints: executionHints(run, NODE_NAME),
	};
}
