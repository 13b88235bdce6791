import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { CAMERA_COMMANDS } from '../../../nodes/Evolink/evolink/camera';
import { EXAMPLES_FOLDER } from '../examples';
import { useEditor } from './editor-bench';
import { deleteEvolinkCredentials } from '../../../tools/n8n/browser/evolink-credentials';
import { shownImage } from '../../../tools/n8n/browser/nodes-panel';

const bench = useEditor('first-video');

/** As the list shows them. */
const COMMANDS_IN_LIST = CAMERA_COMMANDS.map(({ value }) =>
	value.replace(/(^| )\w/g, (start) => start.toUpperCase()),
);

/** The last one leads to the node before all others. */
const SEARCHES = [
	...['make a video', 'animate photo', 'storyboard', 'merge videos', 'short film', 'reels'],
	...['vertical video', 'text to video', 'image to video', 'evolink'],
];

/** What the README tells to do, without its asides; whoever changes it tries it here. */
const README_STEPS = [
	'In a new workflow, choose **Add first step**, search for `evolink`, and choose **Evolink** and its action **Create video**.',
	'Choose your credential.',
	'Paste the link to an image (JPEG, PNG or WebP, up to 20 MB) into **Image URL**.',
	'Say in **Prompt** what should happen, and choose one or two **Camera Commands**.',
	'Choose **Execute step** and wait a few minutes.',
];

function readmeSection(): string {
	const readme = readFileSync(path.resolve(EXAMPLES_FOLDER, '../README.md'), 'utf8');
	const [, section] = readme.split('## Your first video in five steps');
	return section.split('\n## ')[0];
}

function readmeSteps(): string[] {
	const steps = readmeSection().match(/^\d\. [^]*?\./gm) ?? [];
	return steps.map((step) => step.slice(3).replace(/\s+/g, ' '));
}

/** The link that the README offers, to an image of this repository. */
function readmeImage(): { url: string; file: string } {
	const [url = '', file = ''] = /https:\S+\/main\/(examples\/\S+\.jpg)/.exec(readmeSection()) ?? [];
	return { url, file };
}

// One story, told in order: each test goes on where the one before it left the editor.
describe("a new user's first video", () => {
	beforeAll(async () => {
		await deleteEvolinkCredentials(bench.api);
	});

	it('the node is found by words that people type', async () => {
		const { editor } = bench;
		await editor.startNewWorkflow();
		await editor.addFirstStep();
		for (const words of SEARCHES) {
			await editor.nodesPanel.search(words, 'Evolink');
			await bench.step(`1 search ${words}`);
		}
		expect((await editor.nodesPanel.names())[0]).toBe('Evolink');
	});

	it.each([
		['light', 'evolink.svg'],
		['dark', 'evolink.dark.svg'],
	] as const)('the node has its icon in %s mode', async (colorScheme, fileName) => {
		const { editor } = bench;
		await editor.useColorScheme(colorScheme);
		const icon = editor.nodesPanel.icon('Evolink');
		await editor.page.locator(`img[src$="/${fileName}"]`).first().waitFor();
		await bench.step(`2 icon ${colorScheme}`);

		expect(await shownImage(icon)).toMatch(new RegExp(`/${fileName.replace(/\./g, '\\.')}$`));
		await editor.useColorScheme('light');
	});

	it('1: the node is added by its action "Create video", with a trigger before it', async () => {
		const { editor } = bench;
		await editor.nodesPanel.choose('Evolink');
		await editor.nodesPanel.entry('Create video').waitFor();
		await bench.step('3 actions');
		const actions = ['Create video', 'Join videos', 'Get task', 'Get account balance'];
		const names = await editor.nodesPanel.names();
		expect(names.filter((name) => actions.includes(name))).toEqual(actions);

		await editor.nodesPanel.choose('Create video');
		await editor.nodeView.root.waitFor();
		await bench.step('4 node');

		expect(await editor.nodeView.chosen('resource')).toBe('Video');
		expect(await editor.nodeView.chosen('operation')).toBe('Create');
		await expect(editor.node('Create video').count()).resolves.toBe(1);
		await expect(editor.byTestId('canvas-trigger-node').count()).resolves.toBe(1);
	});

	it('the README tells the same steps, with the link to an image of this repository', () => {
		expect(readmeSteps()).toEqual(README_STEPS);
		const { file } = readmeImage();
		expect(file).not.toBe('');
		expect(existsSync(path.resolve(EXAMPLES_FOLDER, '..', file))).toBe(true);
	});

	it('a credential with a wrong key says why it does not work', async () => {
		const { editor, sandbox } = bench;
		const dialog = await editor.nodeView.connect();
		await bench.step('5 credential');
		await dialog.fill('apiKey', 'a-wrong-key');
		await dialog.fill('baseUrl', sandbox.url);
		await dialog.fill('filesBaseUrl', sandbox.url);
		await dialog.save();
		await dialog.failure.waitFor();
		await dialog.showDetails();
		await bench.step('6 wrong key');

		const words = await dialog.root.innerText();
		expect(words).toContain('Evolink did not accept the API key.');
		expect(words).toContain('evolink.ai/dashboard/keys');
		expect(words).not.toContain('a-wrong-key');
	});

	it('2: the credential works with the right key', async () => {
		const { editor, sandbox } = bench;
		const { nodeView } = editor;
		const dialog = await nodeView.openedCredential();
		await dialog.fill('apiKey', sandbox.apiKey);
		await dialog.save();
		await dialog.root.waitFor({ state: 'hidden' });
		expect(await nodeView.chosenCredential()).toBe('Evolink account');

		await nodeView.editCredential();
		await dialog.success.waitFor();
		await bench.step('7 right key');

		expect(await dialog.success.innerText()).toContain('Connection tested successfully');
		const statuses = sandbox.requestsOf('credits').map(({ status }) => status);
		expect(new Set(statuses)).toEqual(new Set([200]));
		expect(sandbox.bill).toEqual([]);
		await dialog.close();
	});

	it('4: the camera commands are listed as themselves, and several can be picked', async () => {
		const { nodeView } = bench.editor;
		expect(await nodeView.choices('cameraCommands')).toEqual(COMMANDS_IN_LIST);

		await nodeView.choose('cameraCommands', 'Push In', 'Pan Left');
		await bench.step('10 camera commands');

		expect(await nodeView.chosenTags('cameraCommands')).toEqual(['Push In', 'Pan Left']);
	});

	it('3 to 5: image, prompt and "Execute step" make the video, which plays in the output panel', async () => {
		const { editor, sandbox } = bench;
		const { nodeView } = editor;
		await nodeView.fill('imageUrl', readmeImage().url);
		await nodeView.fill('prompt', 'Waves roll against the rocks');
		await nodeView.executeStep();
		await nodeView.waitForSuccess();
		await bench.step('11 executed');

		const video = await nodeView.playVideo();
		await bench.step('12 video');

		expect(video).toEqual({ durationSeconds: 6, widthPx: 1366, heightPx: 768 });
		expect(
			sandbox.bill.map(({ prompt, quality, durationSeconds }) => [
				prompt,
				quality,
				durationSeconds,
			]),
		).toEqual([['Waves roll against the rocks [Push in,Pan left]', '768p', 6]]);
		expect(sandbox.violations).toEqual([]);
	});
});
