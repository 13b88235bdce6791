import type { WorkflowFile } from '../../tools/engine/workflow-file';
import type { SavedWorkflow } from '../../tools/n8n/n8n-api';
import type { SavedCredential } from '../../tools/n8n/workflow-credentials';
import type { QueueCluster } from './queue-cluster';
import { waitForWebhook, webhookUrl } from './webhook-calls';

/** A workflow whose webhook starts executions, as in production. */
export interface ActiveWorkflow {
	workflow: SavedWorkflow;
	/** The production address of its webhook. */
	url: string;
}

/** Saves a workflow that begins with a webhook, switches it on, and waits until it can be called. */
export async function activateWorkflow(
	{ api, main, credential }: QueueCluster,
	file: WorkflowFile,
	moreCredentials: readonly SavedCredential[] = [],
): Promise<ActiveWorkflow> {
	const workflow = await api.createWorkflow(file, [credential, ...moreCredentials]);
	await api.activate(workflow);
	const url = webhookUrl(main.url, workflow);
	await waitForWebhook(url);
	return { workflow, url };
}
