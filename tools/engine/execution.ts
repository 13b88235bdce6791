import { randomUUID } from 'node:crypto';
import type { ExecutionLifecycleHooks, WorkflowExecute } from 'n8n-core';
import {
	Workflow,
	type ICredentialType,
	type INodeExecutionData,
	type IRun,
	type IRunExecutionData,
	type IWorkflowBase,
	type WorkflowExecuteMode,
} from 'n8n-workflow';
import { additionalDataFor } from './additional-data';
import type { EnginePackages } from './engine-packages';
import type { NodeTypes } from './node-types';
import { RunCredentialsHelper, type RunCredentials } from './run-credentials';
import type { WorkflowFile } from './workflow-file';

export interface WorkflowRunOptions {
	workflow: WorkflowFile;
	/** Enter as the trigger's items, whatever its type. Default: one empty item. */
	triggerItems?: INodeExecutionData[];
	/** Name of the trigger to start from; needed only where the workflow has several. */
	startNode?: string;
	/** Values by credential type; the ids in the workflow are not looked at. */
	credentials: RunCredentials;
	/** Default `manual`, the editor's. A retry is always `retry`. */
	mode?: WorkflowExecuteMode;
}

export interface RunningWorkflow {
	/** n8n's id of the execution, new for each run and retry. */
	readonly executionId: string;
	/** Resolves with the whole execution, also when it failed or was stopped. */
	readonly finished: Promise<IRun>;
	/** The editor's Stop button. */
	cancel(): void;
}

/** The types that a workflow's nodes and their credentials ask for. */
export interface WorkflowTypes {
	nodeTypes: NodeTypes;
	credentialTypes: Record<string, ICredentialType>;
}

/** One run of a workflow, from loading its node types to the stored execution. */
export class Execution {
	private readonly executionId = randomUUID();

	private isCancelled = false;

	private cancelEngine: (() => void) | undefined;

	constructor(
		private readonly packages: EnginePackages,
		private readonly run: WorkflowRunOptions,
		private readonly mode: WorkflowExecuteMode,
		private readonly dataFor: (workflow: Workflow) => IRunExecutionData,
		private readonly typesFor: (workflow: WorkflowFile) => Promise<{
			nodeTypes: NodeTypes;
			credentialTypes: ConstructorParameters<typeof RunCredentialsHelper>[0];
		}>,
	) {}

	handle(): RunningWorkflow {
		return {
			executionId: this.executionId,
			finished: this.execute(),
			cancel: () => {
				this.isCancelled = true;
				this.cancelEngine?.();
			},
		};
	}

	private async execute(): Promise<IRun> {
		// The engine fills in defaults and marks nodes: the caller's workflow stays as it is.
		const file = structuredClone(this.run.workflow);
		const { nodeTypes, credentialTypes } = await this.typesFor(file);
		const workflow = new Workflow({
			id: file.id ?? 'workflow',
			name: file.name ?? 'Workflow',
			nodes: file.nodes,
			connections: file.connections,
			active: false,
			nodeTypes,
			staticData: {},
			settings: file.settings ?? {},
		});
		const data = this.dataFor(workflow);
		const helper = new RunCredentialsHelper(credentialTypes, this.run.credentials, nodeTypes);
		const additionalData = additionalDataFor(this.packages, helper, this.executionId, workflow.id);
		additionalData.hooks = this.hooksFor(workflow);

		const seconds = file.settings?.executionTimeout ?? -1;
		if (seconds > 0) additionalData.executionTimeoutTimestamp = Date.now() + seconds * 1000;

		const startedAt = new Date();
		let execution: ReturnType<WorkflowExecute['processRunExecutionData']>;
		try {
			execution = new this.packages.core.WorkflowExecute(
				additionalData,
				this.mode,
				data,
			).processRunExecutionData(workflow);
		} catch (error) {
			// Issues found before the first node ran, e.g. a required parameter that is empty.
			return failedBeforeStart(error, data, this.mode, startedAt);
		}
		let wasStopped = false;
		const stop = () => {
			wasStopped = true;
			execution.cancel();
		};
		this.cancelEngine = stop;
		if (this.isCancelled) stop();
		const timer = seconds > 0 ? setTimeout(stop, seconds * 1000) : undefined;
		try {
			const result = await execution;
			// n8n stores the execution as it was at the stop; the engine's own result comes later, with
			// the error that the node then ended with. Both are of use: that error, and n8n's status.
			return wasStopped ? { ...result, status: 'canceled', finished: false } : result;
		} finally {
			// A stop that comes now is too late, as in the editor.
			this.cancelEngine = undefined;
			clearTimeout(timer);
		}
	}

	private hooksFor(workflow: Workflow): ExecutionLifecycleHooks {
		const now = new Date();
		const stored: IWorkflowBase = {
			id: workflow.id,
			name: workflow.name ?? '',
			active: false,
			activeVersionId: null,
			isArchived: false,
			createdAt: now,
			updatedAt: now,
			nodes: Object.values(workflow.nodes),
			connections: workflow.connectionsBySourceNode,
			settings: workflow.settings,
		};
		return new this.packages.core.ExecutionLifecycleHooks(this.mode, this.executionId, stored);
	}
}

function failedBeforeStart(
	error: unknown,
	data: IRunExecutionData,
	mode: WorkflowExecuteMode,
	startedAt: Date,
): IRun {
	if (!(error instanceof Error)) throw error;
	// n8n stores the error's own fields, as JSON would keep them.
	data.resultData.error = {
		...error,
		message: error.message,
		stack: error.stack,
	} as unknown as IRunExecutionData['resultData']['error']; // n8n's type names classes, its data holds plain copies
	const stoppedAt = new Date();
	return { data, mode, startedAt, stoppedAt, status: 'error', storedAt: 'db', finished: false };
}
