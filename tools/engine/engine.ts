import { randomUUID } from 'node:crypto';
import { extname } from 'node:path';
import {
	fileTypeFromMimeType,
	LoggerProxy,
	type IBinaryData,
	type ICredentialDataDecryptedObject,
	type ICredentialType,
	type INodeCredentialTestResult,
	type INodeType,
	type IRun,
	type IRunExecutionData,
	type IVersionedNodeType,
	type Workflow,
	type WorkflowExecuteMode,
} from 'n8n-workflow';
import { additionalDataFor } from './additional-data';
import { CapturedLog } from './captured-log';
import { testCredential } from './credential-test';
import { loadEnginePackages, type BinaryDataMode } from './engine-packages';
import {
	Execution,
	type RunningWorkflow,
	type WorkflowRunOptions,
	type WorkflowTypes,
} from './execution';
import { replaceWaitingNodes, retryData, startData, wokenData } from './execution-data';
import { loadPackageTypes, NodeTypes, type NodeSource, type PackageTypes } from './node-types';
import { RunCredentialsHelper } from './run-credentials';
import { findStartNode, type WorkflowFile } from './workflow-file';

export interface EngineOptions {
	/** A folder of the engine's own; n8n's settings file and the binary data go there. */
	storagePath: string;
	/** `default` keeps binary data in memory, inside the items. */
	binaryDataMode: BinaryDataMode;
	/** Default `source`. */
	nodeSource?: NodeSource;
	/** More node types, by full name, e.g. a tiny node that a test brings along. */
	extraNodeTypes?: Record<string, INodeType | IVersionedNodeType>;
	/** More credential types, by name. */
	extraCredentialTypes?: Record<string, ICredentialType>;
}

export interface RetryOptions extends WorkflowRunOptions {
	/**
	 * Which settings the waiting nodes take: those they failed with ("Retry with original workflow",
	 * the default), or those in `workflow` ("Retry with currently saved workflow").
	 */
	nodeSettings?: 'original' | 'current';
}

export interface Engine {
	/** Version of n8n-core, e.g. `2.41.1`. */
	readonly version: string;
	startWorkflow(run: WorkflowRunOptions): RunningWorkflow;
	runWorkflow(run: WorkflowRunOptions): Promise<IRun>;
	/**
	 * "Retry execution" on a failed execution: resumes at the failed node from the stored data, under
	 * a new execution id.
	 * @throws Error when n8n would refuse, e.g. because the execution succeeded.
	 */
	retryExecution(previous: IRun, run: RetryOptions): Promise<IRun>;
	/** Like `retryExecution`, with a hand on the Stop button. */
	startRetry(previous: IRun, run: RetryOptions): RunningWorkflow;
	/** Wakes a waiting execution, whatever its time. @throws Error when it does not wait. */
	wake(previous: IRun, run: WorkflowRunOptions): Promise<IRun>;
	/** Stores a file the way n8n does before the first node sees it. */
	storeBinary(bytes: Buffer, fileName: string, mimeType: string): Promise<IBinaryData>;
	readBinary(binary: IBinaryData): Promise<Buffer>;
	/** "Test credential": sends the request that the credential class names. */
	testCredential(
		credentialType: string,
		values: Record<string, unknown>,
	): Promise<INodeCredentialTestResult>;
	/** The node and credential types of this package, loaded on first use. */
	packageTypes(): Promise<PackageTypes>;
	/** Everything that the engine and the nodes logged, of every level, with the metadata. */
	logLines(): readonly string[];
}

let isStarted = false;

/**
 * Starts n8n's engine inside this process. Once only: n8n keeps its services in one container and
 * its settings in the environment. (Each of Jest's test files counts as a process of its own.)
 * @throws Error when it is called a second time.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
	if (isStarted) throw new Error("n8n's engine can be started only once in a process");
	isStarted = true;

	const packages = await loadEnginePackages(options.storagePath, options.binaryDataMode);
	const { core, container, loggerClass, sshClientsManagerClass } = packages;
	const log = new CapturedLog();
	container.set(loggerClass, log);
	LoggerProxy.init(log);
	const binaryDataService = container.get(core.BinaryDataService);
	await binaryDataService.init();
	// Older engines look for idle SSH connections by a timer that would keep the process alive.
	container.get(sshClientsManagerClass).onShutdown();

	let loadedTypes: Promise<PackageTypes> | undefined;
	// On first use, so that a test of the runner alone needs no Evolink node.
	const packageTypes = async () =>
		await (loadedTypes ??= loadPackageTypes(options.nodeSource ?? 'source', packages));

	const start = (
		run: WorkflowRunOptions,
		mode: WorkflowExecuteMode,
		dataFor: (workflow: Workflow) => IRunExecutionData,
	): RunningWorkflow => new Execution(packages, run, mode, dataFor, typesFor).handle();

	const extraNodeTypes = options.extraNodeTypes ?? {};
	const extraCredentialTypes = options.extraCredentialTypes ?? {};

	async function typesFor(workflow: WorkflowFile): Promise<WorkflowTypes> {
		const isForeign = ({ type }: { type: string }) =>
			type in extraNodeTypes || type.startsWith('n8n-nodes-base.');
		const ours = workflow.nodes.every(isForeign)
			? { nodes: {}, credentials: {} }
			: await packageTypes();
		return {
			nodeTypes: new NodeTypes({ ...ours.nodes, ...extraNodeTypes }),
			credentialTypes: { ...ours.credentials, ...extraCredentialTypes },
		};
	}

	const startWorkflow = (run: WorkflowRunOptions) =>
		start(run, run.mode ?? 'manual', (workflow) => {
			const { name } = findStartNode(run.workflow, run.startNode);
			return startData(workflow.nodes[name], run.triggerItems ?? [{ json: {} }]);
		});

	const startRetry = (previous: IRun, run: RetryOptions) => {
		const data = retryData(previous);
		return start(run, 'retry', (workflow) => {
			if (run.nodeSettings === 'current') replaceWaitingNodes(data, workflow.nodes);
			return data;
		});
	};

	return {
		version: packages.version,
		startWorkflow,
		startRetry,
		runWorkflow: async (run) => await startWorkflow(run).finished,
		retryExecution: async (previous, run) => await startRetry(previous, run).finished,
		wake: async (previous, run) => {
			const data = wokenData(previous);
			return await start(run, previous.mode, () => data).finished;
		},
		storeBinary: async (bytes, fileName, mimeType) =>
			await binaryDataService.store(
				{ type: 'execution', workflowId: 'input', executionId: randomUUID() },
				bytes,
				{
					data: '',
					mimeType,
					fileName,
					fileType: fileTypeFromMimeType(mimeType),
					fileExtension: extname(fileName).slice(1),
				},
			),
		readBinary: async (binary) => await binaryDataService.getAsBuffer(binary),
		testCredential: async (credentialType, values) => {
			const credentials =
				credentialType in extraCredentialTypes
					? extraCredentialTypes
					: (await packageTypes()).credentials;
			const type = credentials[credentialType];
			if (!type) throw new Error(`Unknown credential type ${credentialType}`);
			const given = values as ICredentialDataDecryptedObject;
			const helper = new RunCredentialsHelper(
				credentials,
				{ [credentialType]: values },
				new NodeTypes({}),
			);
			const additionalData = additionalDataFor(packages, helper, randomUUID(), 'credential-test');
			return await testCredential(packages, type, given, helper, additionalData);
		},
		packageTypes,
		logLines: () => log.lines,
	};
}
