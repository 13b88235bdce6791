import { readdir } from 'node:fs/promises';
import path from 'node:path';

import type { N8nEditor } from '../../n8n/browser/editor';
import type { N8nApi } from '../../n8n/n8n-api';
import type { SavedCredential } from '../../n8n/workflow-credentials';
import { readWorkflowFile, type WorkflowFile } from '../../engine/workflow-file';
import { areaOf, around, savePicture } from './picture-file';

const EXAMPLES_FOLDER = path.join(__dirname, '../../../examples');
const VIEWPORT = { width: 1440, height: 760 };
/** For the names below the nodes. */
const MARGIN_PX = 52;

/** The canvas of every example, as somebody sees it after importing it and choosing credentials. */
export async function pictureExamples(editor: N8nEditor, api: N8nApi): Promise<void> {
	await editor.page.setViewportSize(VIEWPORT);
	const files = (await readdir(EXAMPLES_FOLDER)).filter((name) => name.endsWith('.json')).sort();
	for (const file of files) {
		const workflow = readWorkflowFile(path.join(EXAMPLES_FOLDER, file));
		const { id } = await api.createWorkflow(workflow, await credentialsFor(workflow, api));
		await editor.openWorkflow(id);
		await pictureCanvas(editor, `example-${path.basename(file, '.json')}`);
	}
}

/** A node without a credential would wear a warning. Nothing runs here, so the credentials are empty. */
async function credentialsFor(workflow: WorkflowFile, api: N8nApi): Promise<SavedCredential[]> {
	const types = new Set(workflow.nodes.flatMap(({ credentials = {} }) => Object.keys(credentials)));
	const saved = await api.credentials();
	const all: SavedCredential[] = [];
	for (const type of types) {
		const present = saved.find((credential) => credential.type === type);
		all.push(present ?? (await api.createCredential({ name: type, type, data: {} })));
	}
	return all;
}

async function pictureCanvas(editor: N8nEditor, name: string): Promise<void> {
	const { page } = editor;
	// What floats over the canvas would stand in the picture; its dots only make the file large.
	await page.addStyleTag({
		content:
			'.vue-flow__panel, .vue-flow__background, [data-test-id="canvas-wrapper"] > :not(#canvas) { opacity: 0 }',
	});
	await editor.zoomToFit();
	const parts = page.locator('.vue-flow__node, [data-test-id="canvas-handle-plus"]');
	const areas = await Promise.all((await parts.all()).map(areaOf));
	await savePicture(page, name, around(areas, MARGIN_PX));
}
