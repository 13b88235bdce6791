import { useEditor } from './editor-bench';
import { EVOLINK_NODE, videosWorkflow } from './videos-workflow';

const bench = useEditor('models');

const FAST = 'MiniMax Hailuo 2.3 Fast';
const STANDARD = 'MiniMax Hailuo 2.3';
const FRAMES = 'MiniMax Hailuo 02';
const SOURCES = ['URL', 'Binary File'];
const TEXT = 'None (Text to Video)';

async function isShown(parameter: string): Promise<boolean> {
	return await bench.editor.nodeView.parameter(parameter).isVisible();
}

// One story, told in order: the models and modes are switched back and forth.
describe('the choice of model and images', () => {
	beforeAll(async () => {
		const workflow = await bench.api.createWorkflow(
			videosWorkflow('models', ['A paper boat'], { options: { fastPretreatment: true } }),
			[bench.credential],
		);
		await bench.editor.openWorkflow(workflow.id);
		await bench.editor.openNode(EVOLINK_NODE);
	});

	it('begins with the quickest model, which needs one image', async () => {
		const { nodeView } = bench.editor;
		expect(await nodeView.choices('model')).toEqual([FAST, STANDARD, FRAMES]);
		expect(await nodeView.choices('imageSource')).toEqual(SOURCES);
		expect(await nodeView.choices('quality')).toEqual(['768p', '1080p']);
		expect(await isShown('lastImageSource')).toBe(false);
		await bench.step('1 fast');
	});

	it('says beside the fields what a video takes, and what a form makes of a label', async () => {
		const { nodeView } = bench.editor;
		const hint = (text: string) => nodeView.root.getByText(text, { exact: false }).isVisible();
		expect(await hint('A video takes a few minutes and costs credits')).toBe(true);
		expect(await hint("'Your photo' becomes 'Your_photo'")).toBe(false);
		await nodeView.choose('imageSource', 'Binary File');
		expect(await hint("'Your photo' becomes 'Your_photo'")).toBe(true);
		await bench.step('1 hints');
		await nodeView.choose('imageSource', 'URL');
	});

	it('offers a last frame and drafts with 02, but drafts only for one image', async () => {
		const { nodeView } = bench.editor;
		await nodeView.choose('model', FRAMES);
		expect(await nodeView.choices('imageSource')).toEqual([...SOURCES, TEXT]);
		expect(await nodeView.choices('lastImageSource')).toEqual(['None', ...SOURCES]);
		expect(await nodeView.choices('quality')).toEqual(['512p', '768p', '1080p']);
		await nodeView.choose('quality', '512p');
		expect(await nodeView.choices('duration')).toEqual(['6 Seconds', '10 Seconds']);
		await bench.step('2 drafts');

		await nodeView.choose('lastImageSource', 'URL');
		expect(await isShown('lastImageUrl')).toBe(true);
		expect(await nodeView.hasIssue('quality')).toBe(true);
		expect(await nodeView.choices('quality')).toEqual(['768p', '1080p']);
		await bench.step('3 last frame');
		await nodeView.choose('quality', '1080p');
		expect(await nodeView.choices('duration')).toEqual(['6 Seconds']);
	});

	it('hides all images for text to video, where 2.3 and 02 ask for a prompt', async () => {
		const { nodeView } = bench.editor;
		await nodeView.choose('imageSource', TEXT);
		for (const name of ['imageUrl', 'binaryPropertyName', 'lastImageSource', 'lastImageUrl']) {
			expect([name, await isShown(name)]).toEqual([name, false]);
		}
		expect(await nodeView.choices('quality')).toEqual(['768p', '1080p']);
		await bench.step('4 text to video');
		await nodeView.choose('model', STANDARD);
		expect(await nodeView.chosen('imageSource')).toBe(TEXT);
		expect(await nodeView.hasIssue('imageSource')).toBe(false);
		await bench.step('5 another model');
	});

	it('marks text to video as wrong where the model needs an image', async () => {
		const { nodeView } = bench.editor;
		await nodeView.choose('model', FAST);
		expect(await nodeView.hasIssue('imageSource')).toBe(true);
		await bench.step('6 stale source');
		await nodeView.choose('imageSource', 'URL');
		expect(await nodeView.hasIssue('imageSource')).toBe(false);
		expect(await isShown('lastImageSource')).toBe(false);
	});

	it('sends nothing of what the other models have left behind', async () => {
		const { editor, sandbox } = bench;
		// n8n forgets what a field held once it is hidden.
		await editor.nodeView.fill('imageUrl', 'https://example.com/lighthouse.jpg');
		await editor.nodeView.executeStep();
		await editor.nodeView.waitForSuccess();
		await bench.step('7 executed');

		expect(sandbox.requestsOf('submit').map(({ body }) => body)).toEqual([
			{
				model: 'MiniMax-Hailuo-2.3-Fast',
				image_urls: ['https://example.com/lighthouse.jpg'],
				prompt: 'A paper boat',
				quality: '1080p',
				duration: 6,
				model_params: { prompt_optimizer: true },
			},
		]);
		expect(sandbox.violations).toEqual([]);
	});
});

describe('a rehearsal', () => {
	it('plays its tiny video to the end in the output panel, and says what it is', async () => {
		const { editor, api, sandbox } = bench;
		const parameters = { options: { rehearse: true } };
		const workflow = await api.createWorkflow(
			videosWorkflow('rehearsal', ['A paper boat'], parameters),
			[bench.credential],
		);
		await editor.openWorkflow(workflow.id);
		await editor.openNode(EVOLINK_NODE);
		await editor.nodeView.executeStep();
		await editor.nodeView.waitForSuccess();
		await bench.step('8 rehearsed');
		expect(await editor.nodeView.output.innerText()).toContain('This was a rehearsal');

		const video = await editor.nodeView.playVideo({ toItsEnd: true });
		await bench.step('9 rehearsal video');

		expect(video).toEqual({ durationSeconds: 2, widthPx: 640, heightPx: 360 });
		expect(sandbox.requests).toEqual([]);
	});
});

describe('Join', () => {
	it('needs no credential, and its film plays to the end in the output panel', async () => {
		const { editor, api, sandbox } = bench;
		const file = videosWorkflow('join', ['one', 'two'], { options: { rehearse: true } });
		const [, , evolink] = file.nodes;
		const join = { ...evolink, id: 'join', name: 'Join', parameters: { operation: 'join' } };
		const workflow = await api.createWorkflow(
			{
				...file,
				nodes: [...file.nodes, { ...join, position: [660, 0] }],
				connections: {
					...file.connections,
					[EVOLINK_NODE]: { main: [[{ node: 'Join', type: 'main', index: 0 }]] },
				},
			},
			[bench.credential],
		);
		await editor.openWorkflow(workflow.id);
		await editor.openNode('Join');
		await bench.step('10 join');
		await editor.nodeView.executeStep();
		await editor.nodeView.waitForSuccess();

		const video = await editor.nodeView.playVideo({ toItsEnd: true });
		await bench.step('11 joined');
		expect(video).toEqual({ durationSeconds: 4, widthPx: 640, heightPx: 360 });
		expect(sandbox.requests).toEqual([]);
	});
});

describe('Get Balance', () => {
	it('shows the credits that are left', async () => {
		const { editor, api } = bench;
		const parameters = { resource: 'account', operation: 'getBalance' };
		const workflow = await api.createWorkflow(videosWorkflow('balance', ['any'], parameters), [
			bench.credential,
		]);
		await editor.openWorkflow(workflow.id);
		await editor.openNode(EVOLINK_NODE);
		await editor.nodeView.executeStep();
		await editor.nodeView.waitForSuccess();
		await bench.step('12 balance');

		expect(await editor.nodeView.output.innerText()).toContain('remainingCredits');
	});
});
