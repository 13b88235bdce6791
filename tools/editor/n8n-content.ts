/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readdir } from 'node:fs/promises';
import path from 'node:path';

import type { N8nApi, NewCredential } from '../n8n/n8n-api';
import type { SavedCredential } from '../n8n/workflow-credentials';
import { readWorkflowFile } from '../engine/workflow-file';

const EXAMPLES_FOLDER = path.resolve(__dirname, '../../examples');

/**
 * Logs in, as the owner of a fresh n8n or of one that was kept.
 * @throws N8nAnswerError when the kept n8n has another owner
 */
export async function logInAsOwner(api: N8nApi): Promise<void> {
	if (await api.isFresh()) await api.setUpOwner();
	else await api.logIn();
}

/** Saves a credential, or gives the one that was kept under this name the new values. */
export async function provideCredential(
	api: N8nApi,
	credential: NewCredential,
): Promise<SavedCredential> {
	const kept = (await api.credentials()).find(
		({ name, type }) => name === credential.name && type === credential.type,
	);
	if (kept === undefined) return await api.createCredential(credential);
	await api.updateCredential(kept, credential.data);
	return kept;
}

/** Imports the example workflows that n8n does not have yet, with these credentials in their nodes. */
export async function importExamples(api: N8nApi, credentials: SavedCredential[]): Promise<void> {
	const files = (await readdir(EXAMPLES_FOLDER)).filter((name) => name.endsWith('.json')).sort();
	const present = await api.workflowNames();
	for (const file of files) {
		const workflow = readWorkflowFile(path.join(EXAMPLES_FOLDER, file));
		const name = workflow.name ?? path.basename(file, '.json');
		if (!present.includes(name)) await api.createWorkflow({ ...workflow, name }, credentials);
	}
}
