import type { Sandbox } from '../../../sandbox';
import type { N8nEditor } from '../../n8n/browser/editor';
import { areaOf, around, savePicture, type Area } from './picture-file';

/** So wide that n8n shows all tabs of the output. */
const VIEWPORT = { width: 1480, height: 900 };
/** So tall that all fields of the node are visible at once. */
const TALL_VIEWPORT = { width: 1480, height: 1240 };
/** So narrow that the credential's dialog can be read in the README. */
const NARROW_VIEWPORT = { width: 1000, height: 900 };
const MARGIN_PX = 12;
/** The film is shown from here on; n8n's server cannot jump to a place in it. */
const SHOWN_FROM_SECONDS = 2;

/** The way to a first video: nodes panel, credential, fields, camera commands, video, failed video. */
export async function pictureFirstVideo(editor: N8nEditor, sandbox: Sandbox): Promise<void> {
	await editor.page.setViewportSize(VIEWPORT);
	await editor.startNewWorkflow();
	await pictureNodesPanel(editor);
	await pictureCredential(editor, sandbox);
	await pictureFields(editor);
	await pictureVideo(editor);
	await pictureFailedVideo(editor, sandbox);
}

async function pictureNodesPanel(editor: N8nEditor): Promise<void> {
	const { nodesPanel, page } = editor;
	await editor.addFirstStep();
	await nodesPanel.search('image to video', 'Evolink');
	const panel = await areaOf(nodesPanel.root);
	const entry = await areaOf(nodesPanel.entry('Evolink'));
	const bottom = around([{ ...panel, height: 0 }, entry], 0);
	await savePicture(page, 'nodes-panel', { ...bottom, height: bottom.height + 24 });
	await nodesPanel.choose('Evolink');
	await nodesPanel.choose('Create video');
	await editor.nodeView.root.waitFor();
}

async function pictureCredential(editor: N8nEditor, sandbox: Sandbox): Promise<void> {
	const dialog = await editor.nodeView.connect();
	// The picture shows the dialog as it opens, with Evolink's own addresses.
	await dialog.fill('apiKey', sandbox.apiKey);
	await editor.page.setViewportSize(NARROW_VIEWPORT);
	const { x, y, width } = await areaOf(dialog.root);
	const last = await areaOf(dialog.field('filesBaseUrl'));
	await savePicture(editor.page, 'credential', {
		x,
		y,
		width,
		height: last.y + last.height + 24 - y,
	});
	await editor.page.setViewportSize(VIEWPORT);
	await dialog.fill('baseUrl', sandbox.url);
	await dialog.fill('filesBaseUrl', sandbox.url);
	await dialog.save();
	await dialog.root.waitFor({ state: 'hidden' });
}

async function pictureFields(editor: N8nEditor): Promise<void> {
	const { nodeView, page } = editor;
	await nodeView.fill('imageUrl', 'https://example.com/lighthouse.jpg');
	await nodeView.fill('prompt', 'Waves roll against the rocks, the light turns slowly');
	await page.setViewportSize(TALL_VIEWPORT);
	await pictureCameraCommands(editor);
	await nodeView.choose('cameraCommands', 'Push In');
	// A field that the mouse or the cursor is in has more buttons.
	await nodeView.output.getByText('Output', { exact: true }).click();
	await savePicture(page, 'node-fields', await parametersColumn(editor));
	await page.setViewportSize(VIEWPORT);
}

/** From the tabs to the last field, without the other columns. */
async function parametersColumn({ nodeView }: N8nEditor): Promise<Area> {
	const tabs = await areaOf(nodeView.root.locator('[data-test-id="tab-params"]'));
	const fields = await areaOf(nodeView.parameters);
	const lastField = await areaOf(
		nodeView.root.locator('[data-test-id="collection-parameter-add"]'),
	);
	const button = await areaOf(nodeView.root.locator('[data-test-id="node-execute-button"]'));
	const { x, y, width } = around([tabs, fields, button]);
	return { x, y: y - 6, width, height: lastField.y + lastField.height + 30 - y };
}

async function pictureCameraCommands(editor: N8nEditor): Promise<void> {
	const { nodeView, page } = editor;
	const list = await nodeView.openList('cameraCommands');
	const popup = await areaOf(list.locator('xpath=ancestor::*[@role="tooltip"][1]'));
	const label = await areaOf(nodeView.root.getByText('Camera Commands', { exact: true }));
	const area = around([label, popup], MARGIN_PX);
	// Right below the list the next field looks out from behind it.
	await savePicture(page, 'camera-commands', { ...area, height: area.height - MARGIN_PX });
	await page.keyboard.press('Escape');
	await list.waitFor({ state: 'hidden' });
}

async function pictureVideo(editor: N8nEditor): Promise<void> {
	const { nodeView, page } = editor;
	await nodeView.executeStep();
	await nodeView.waitForSuccess();
	await nodeView.playVideo();
	const video = nodeView.output.locator('video');
	await video.evaluate(
		async (
			player: {
				currentTime: number;
				pause(): void;
				addEventListener(event: string, listener: () => void): void;
			},
			fromSeconds,
		) => {
			await new Promise<void>((resolve) => {
				player.addEventListener('timeupdate', () => {
					if (player.currentTime >= fromSeconds) resolve();
				});
			});
			player.pause();
		},
		SHOWN_FROM_SECONDS,
	);
	const output = await areaOf(nodeView.output);
	const film = await areaOf(video);
	await savePicture(page, 'video', { ...output, height: film.y + film.height + 16 - output.y });
}

async function pictureFailedVideo(editor: N8nEditor, sandbox: Sandbox): Promise<void> {
	const { nodeView, page } = editor;
	sandbox.planTask({ outcome: { status: 'failed', code: 'content_policy_violation' } });
	await nodeView.executeStep();
	await nodeView.errorMessage.waitFor();
	const output = await areaOf(nodeView.output);
	const help = await areaOf(nodeView.output.locator('[data-test-id="ask-assistant-button"]'));
	await savePicture(page, 'failed-video', {
		...output,
		height: help.y + help.height + 24 - output.y,
	});
}
