import { EVOLINK, evolinkWorkflow } from '../evolink-workflow';
import { useEditor } from './editor-bench';

const bench = useEditor('model switch');

const FAST = 'MiniMax Hailuo 2.3 Fast';
const STANDARD = 'MiniMax Hailuo 2.3';
const FRAMES = 'MiniMax Hailuo 02';
const SOUND = 'Kling 3.0';
const SOURCES = ['URL', 'Binary File'];
const TEXT = 'None (Text to Video)';

async function isShown(parameter: string): Promise<boolean> {
	return await bench.editor.nodeView.parameter(parameter).isVisible();
}

// One story, told in order: the models and modes are switched back and forth.
describe('the choice of model and images', () => {
	beforeAll(async () => {
		const file = evolinkWorkflow({
			startedBy: 'hand',
			items: [{ prompt: 'A paper boat' }],
			parameters: { options: { fastPretreatment: true } },
		});
		const workflow = await bench.api.createWorkflow(file, [bench.credential]);
		await bench.editor.openWorkflow(workflow.id);
		await bench.editor.openNode(EVOLINK);
	});

	it('begins with the quickest model, which needs one image', async () => {
		const { nodeView } = bench.editor;
		expect(await nodeView.chosen('model')).toBe(FAST);
		expect(await nodeView.choices('imageSource')).toEqual(SOURCES);
		expect(await nodeView.choices('quality')).toEqual(['768p', '1080p']);
		expect(await isShown('lastImageSource')).toBe(false);
		await bench.step('1 fast');
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

	it('offers shape and sound where the model has them', async () => {
		const { nodeView } = bench.editor;
		for (const name of ['aspectRatio', 'generateAudio']) expect(await isShown(name)).toBe(false);
		await nodeView.choose('model', SOUND);
		await nodeView.choose('aspectRatio', '9:16');
		expect(await isShown('generateAudio')).toBe(true);
		await bench.step('6 shape and sound');
	});

	it('marks text to video as wrong where the model needs an image', async () => {
		const { nodeView } = bench.editor;
		await nodeView.choose('model', FAST);
		expect(await nodeView.hasIssue('imageSource')).toBe(true);
		await bench.step('7 stale source');
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
		await bench.step('8 executed');

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
