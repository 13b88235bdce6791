import {
	isTerminalExecutionStatus,
	type ExecutionStatus,
	type IBinaryData,
	type ICredentialDataDecryptedObject,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { setTimeout as delay } from 'node:timers/promises';

import { findStartNode, type WorkflowFile } from '../engine/workflow-file';
import {
	isRecord,
	readExecution,
	readExecutionSummary,
	readNodeTypes,
	readText,
	type ExecutionSummary,
	type N8nExecution,
} from './n8n-answers';
import { N8nSession } from './n8n-session';
import { withCredentials, type SavedCredential } from './workflow-credentials';

/** Who logs in to an n8n that was started here. */
export interface N8nOwner {
	email: string;
	password: string;
	firstName: string;
	lastName: string;
}

/** The owner of every n8n that the tests and the editor start; nobody else can reach those. */
export const SANDBOX_OWNER: N8nOwner = {
	email: 'owner@example.com',
	// n8n wants 8 characters, a number and a capital letter.
	password: 'Sandbox-2000',
	firstName: 'Sandbox',
	lastName: 'Owner',
};

/** A credential to be saved. */
export interface NewCredential {
	name: string;
	/** Name of the credential type, e.g. `evolinkApi`. */
	type: string;
	/** The fields of the credential type. */
	data: ICredentialDataDecryptedObject;
}

/** What n8n shows after a credential was tested. */
export interface CredentialTestResult {
	status: 'OK' | 'Error';
	message: string;
}

/** A workflow that is saved in n8n. */
export interface SavedWorkflow {
	id: string;
	/** n8n's id of this state of the workflow. */
	versionId: string;
	/** The workflow as it was sent. */
	file: WorkflowFile;
}

/** What a click on "Execute workflow" led to. */
export type ManualRun =
	| { executionId: string }
	/** n8n waits for one call of the trigger's test address (form, webhook). */
	| { waitsForTrigger: true };

/** How long {@link N8nApi.waitForExecution} waits by default. */
const EXECUTION_TIMEOUT_MS = 60_000;
const EXECUTION_CHECK_INTERVAL_MS = 200;

/**
 * n8n as its editor sees it: the routes that the editor itself calls. They are n8n's own affair, so
 * they are called in one place only. Checked with n8n 1.123.81 and 2.41.1.
 *
 * Every method throws N8nAnswerError when n8n answers with an error.
 */
export class N8nApi {
	readonly session: N8nSession;

	/** @param url n8n's address, without a slash at the end */
	constructor(url: string) {
		this.session = new N8nSession(url);
	}

	/** Makes the owner's account in a fresh n8n, and is logged in then. */
	async setUpOwner(owner: N8nOwner = SANDBOX_OWNER): Promise<void> {
		await this.session.send('POST', '/owner/setup', { body: owner });
	}

	/** Logs in; needed again only for a new {@link N8nApi}, not after a restart of n8n. */
	async logIn({
		email,
		password,
	}: Pick<N8nOwner, 'email' | 'password'> = SANDBOX_OWNER): Promise<void> {
		const body = { emailOrLdapLoginId: email, password };
		await this.session.send('POST', '/login', { body });
	}

	/** All node types that n8n has loaded, as its nodes panel gets them. */
	async nodeTypes(): Promise<INodeTypeDescription[]> {
		return readNodeTypes(await this.session.readJson('/types/nodes.json'));
	}

	async createCredential(credential: NewCredential): Promise<SavedCredential> {
		const saved = await this.session.send('POST', '/credentials', { body: credential });
		return { id: readText(saved, 'id'), name: credential.name, type: credential.type };
	}

	/** All credentials that are saved. */
	async credentials(): Promise<SavedCredential[]> {
		const saved = await this.session.send('GET', '/credentials');
		if (!Array.isArray(saved)) throw new Error("n8n's answer is no list of credentials");
		return saved.map((credential: unknown) => ({
			id: readText(credential, 'id'),
			name: readText(credential, 'name'),
			type: readText(credential, 'type'),
		}));
	}

	/** Tests a saved credential with these values, as the editor does while they are being typed. */
	async testCredential(
		{ id, name, type }: SavedCredential,
		data: ICredentialDataDecryptedObject,
	): Promise<CredentialTestResult> {
		const body = { credentials: { id, name, type, data } };
		const result = await this.session.send('POST', '/credentials/test', { body });
		const status = readText(result, 'status');
		if (status !== 'OK' && status !== 'Error') {
			throw new Error(`n8n calls the result of a credential test "${status}"`);
		}
		return { status, message: readText(result, 'message') };
	}

	/**
	 * Saves a workflow that was read from a file.
	 * @param credentials replace those of the same type in the file, and are given to all Evolink nodes
	 */
	async createWorkflow(
		workflow: WorkflowFile,
		credentials: readonly SavedCredential[] = [],
	): Promise<SavedWorkflow> {
		const file = withCredentials(workflow, credentials);
		const { nodes, connections, settings = {}, name = 'Workflow' } = file;
		const body = { name, nodes, connections, settings, active: false };
		const saved = await this.session.send('POST', '/workflows', { body });
		return { id: readText(saved, 'id'), versionId: readText(saved, 'versionId'), file };
	}

	/** Saves the workflow under another name. */
	async renameWorkflow({ id, versionId, file }: SavedWorkflow, name: string): Promise<void> {
		const { nodes, connections, settings } = file;
		const body = { name, nodes, connections, settings, versionId };
		await this.session.send('PATCH', `/workflows/${id}`, { body });
	}

	/** Names of all workflows that are saved. */
	async workflowNames(): Promise<string[]> {
		const workflows = await this.session.send('GET', '/workflows');
		if (!Array.isArray(workflows)) throw new Error("n8n's answer is no list of workflows");
		return workflows.map((workflow: unknown) => readText(workflow, 'name'));
	}

	/** Switches a workflow on ("Publish" in 2.x): from then on its triggers start it. */
	async activate({ id, versionId }: SavedWorkflow): Promise<void> {
		await this.session.send('POST', `/workflows/${id}/activate`, { body: { versionId } });
	}

	async deactivate({ id }: SavedWorkflow): Promise<void> {
		await this.session.send('POST', `/workflows/${id}/deactivate`, { body: {} });
	}

	/**
	 * "Execute workflow": returns at once, while the workflow runs on.
	 * @param stepName "Execute step" of this node instead, and of all before it
	 */
	async runManually(workflow: SavedWorkflow, stepName?: string): Promise<ManualRun> {
		const { name } = findStartNode(workflow.file);
		const body = {
			// 1.x runs what it is sent; 2.x what is saved, and ignores this.
			workflowData: { ...workflow.file, id: workflow.id, active: false },
			triggerToStartFrom: { name },
			...(stepName && { destinationNode: { nodeName: stepName, mode: 'inclusive' } }),
		};
		const started = await this.session.send('POST', `/workflows/${workflow.id}/run`, { body });
		if (isRecord(started) && started.waitingForWebhook === true) return { waitsForTrigger: true };
		return { executionId: readText(started, 'executionId') };
	}

	/**
	 * {@link runManually}, then waits until the execution has ended.
	 * @throws Error when the trigger waits for somebody to call it
	 */
	async runToEnd(
		workflow: SavedWorkflow,
		options: { timeoutMs?: number } = {},
	): Promise<N8nExecution> {
		const run = await this.runManually(workflow);
		if (!('executionId' in run)) throw new Error('The trigger waits for somebody to call it');
		return await this.waitForExecution(run.executionId, options);
	}

	/** The execution as it is now, with its data. */
	async execution(executionId: string): Promise<N8nExecution> {
		return readExecution(await this.session.send('GET', `/executions/${executionId}`));
	}

	/** The newest executions of a workflow, newest first. */
	async executionsOf({ id }: SavedWorkflow): Promise<ExecutionSummary[]> {
		const query = { filter: JSON.stringify({ workflowId: id }) };
		const answer = await this.session.send('GET', '/executions', { query });
		if (!isRecord(answer) || !Array.isArray(answer.results)) {
			throw new Error("n8n's answer is no list of executions");
		}
		return answer.results.map(readExecutionSummary);
	}

	/**
	 * Waits until the execution has ended, or has the wanted status (e.g. `waiting`), and returns it.
	 * @throws Error when that takes longer than `timeoutMs` (default 60 s)
	 */
	async waitForExecution(
		executionId: string,
		options: { until?: ExecutionStatus; timeoutMs?: number } = {},
	): Promise<N8nExecution> {
		const { until, timeoutMs = EXECUTION_TIMEOUT_MS } = options;
		const deadlineMs = Date.now() + timeoutMs;
		for (;;) {
			const execution = await this.execution(executionId);
			if (execution.status === until || isTerminalExecutionStatus(execution.status)) {
				return execution;
			}
			if (Date.now() > deadlineMs) {
				throw new Error(
					`Execution ${executionId} is still ${execution.status} after ${timeoutMs / 1000} s`,
				);
			}
			await delay(EXECUTION_CHECK_INTERVAL_MS);
		}
	}

	/**
	 * "Retry execution" of a failed execution. n8n answers when the retry has ended.
	 * @param withSavedWorkflow with the workflow as it is saved now, instead of as it was then
	 */
	async retryExecution(executionId: string, withSavedWorkflow = false): Promise<N8nExecution> {
		const retried = await this.session.send('POST', `/executions/${executionId}/retry`, {
			body: { loadWorkflow: withSavedWorkflow },
		});
		return await this.execution(readText(retried, 'id'));
	}

	/** "Stop execution": returns when n8n has noted it. */
	async stopExecution(executionId: string): Promise<void> {
		await this.session.send('POST', `/executions/${executionId}/stop`);
	}

	/** The bytes of a file that a node put out, wherever n8n keeps it. */
	async readBinary(binary: IBinaryData): Promise<Buffer> {
		// Without an id the file is in the execution's data itself.
		if (binary.id === undefined) return Buffer.from(binary.data, 'base64');
		return await this.session.readBytes('/rest/binary-data', {
			id: binary.id,
			action: 'download',
		});
	}
}
