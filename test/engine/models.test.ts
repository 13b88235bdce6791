import { PICTURE_LINK, useEvolink } from './evolink-workflow';
import type { EvolinkRun } from './evolink-workflow';
import { sideBySide, useLastingSandbox } from './concurrent-tests';
import { imageBytes } from './image-bytes';
import { expectRefusal } from './refusals';
import { bodyField } from './traffic';

const evolink = useEvolink({ generationSeconds: 0 });
const lasting = useLastingSandbox();

const LAST_LINK = 'https://example.com/last.jpg';
const FAST = 'MiniMax-Hailuo-2.3-Fast';
const STANDARD = 'MiniMax-Hailuo-2.3';
const FRAMES = 'MiniMax-Hailuo-02';

const SETTINGS = ['512p', '768p', '1080p'].flatMap((quality) =>
	[6, 10].map((duration) => ({ quality, duration })),
);

/** Every way to choose model and images, stale values of hidden fields included. */
const MODES = [FAST, STANDARD, FRAMES].flatMap((model) =>
	['none', 'url', 'binary'].flatMap((source) =>
		['none', 'url', 'binary'].map((last) => {
			const hasFirst = source !== 'none';
			const hasLast = model === FRAMES && hasFirst && last !== 'none';
			const imageCount = Number(hasFirst) + Number(hasLast);
			return { model, source, last, hasLast, imageCount, name: `${model} ${source} ${last}` };
		}),
	),
);

/** Written from the API's documentation, apart from the node's own table. */
function isTaken(mode: (typeof MODES)[number], { quality, duration }: (typeof SETTINGS)[number]) {
	if (mode.model === FAST && mode.imageCount === 0) return false;
	if (quality === '1080p') return duration === 6;
	return quality === '768p' || (mode.model === FRAMES && mode.imageCount === 1);
}

async function picture(sidePx: number) {
	return await evolink.engine.storeBinary(imageBytes('png', sidePx, sidePx), 'a.png', 'image/png');
}

async function runOf(mode: (typeof MODES)[number]): Promise<EvolinkRun> {
	const binary = { data: await picture(400), last: await picture(500) };
	return {
		sandbox: lasting.current,
		items: SETTINGS.map((settings) => ({ json: settings, binary })),
		node: { onError: 'continueRegularOutput' },
		parameters: {
			model: mode.model,
			imageSource: mode.source,
			lastImageSource: mode.last,
			lastImageUrl: LAST_LINK,
			prompt: `=<${mode.name}> {{ $json.quality }} {{ $json.duration }}`,
			quality: '={{ $json.quality }}',
			duration: '={{ $json.duration }}',
			waitForCompletion: false,
			options: { fastPretreatment: true },
		},
	};
}

describe('each model in each mode', () => {
	const resultOf = sideBySide(MODES, async (mode) => await evolink.run(await runOf(mode)));

	it.each(MODES)('sends what the API takes, and nothing else: $name', async (mode) => {
		const { rows } = await resultOf(mode);

		const taken = SETTINGS.filter((settings) => isTaken(mode, settings));
		const isRow = rows.map(({ json }) => json.taskId !== undefined);
		expect(isRow).toEqual(SETTINGS.map((settings) => taken.includes(settings)));
		const sent = lasting.current
			.requestsOf('submit')
			.filter((request) => String(bodyField(request, 'prompt')).startsWith(`<${mode.name}>`));
		expect(sent.map((request) => bodyField(request, 'quality')).sort()).toEqual(
			taken.map(({ quality }) => quality).sort(),
		);
		for (const request of sent) {
			const links: unknown[] = [bodyField(request, 'image_urls') ?? []].flat();
			expect(links).toHaveLength(mode.imageCount);
			if (mode.source === 'url') expect(links[0]).toBe(PICTURE_LINK);
			if (mode.hasLast && mode.last === 'url') expect(links[1]).toBe(LAST_LINK);
			const pretreatment = mode.model === FAST ? {} : { fast_pretreatment: true };
			expect(bodyField(request, 'model_params')).toEqual({
				prompt_optimizer: true,
				...pretreatment,
			});
		}
		expect(lasting.current.violations).toEqual([]);
	});
});

describe('The images of a video', () => {
	it('are uploaded in their order, and both are named in the row', async () => {
		const { rows, error } = await evolink.run({
			items: [{ json: {}, binary: { data: await picture(400), end: await picture(500) } }],
			parameters: {
				model: FRAMES,
				imageSource: 'binary',
				lastImageSource: 'binary',
				lastBinaryPropertyName: 'end',
			},
		});

		expect(error).toBeUndefined();
		const uploads = evolink.sandbox.requestsOf('upload').map(({ upload }) => upload?.fileUrl);
		expect(uploads).toHaveLength(2);
		const [imageUrl, lastImageUrl] = uploads;
		expect(rows[0].json).toMatchObject({ imageUrl, lastImageUrl });
		expect(evolink.sandbox.bill).toMatchObject([{ imageUrl, lastImageUrl }]);
	});

	it('are null in the row of a video from text alone', async () => {
		const { rows, error } = await evolink.run({
			parameters: { model: STANDARD, imageSource: 'none', prompt: 'A cat' },
		});

		expect(error).toBeUndefined();
		expect(rows[0].json).toMatchObject({ imageUrl: null, lastImageUrl: null, prompt: 'A cat' });
	});

	it('are not mixed up: the last frame never takes the only file of the item', async () => {
		const result = await evolink.run({
			items: [{ json: {}, binary: { photo: await picture(400) } }],
			parameters: { model: FRAMES, imageSource: 'url', lastImageSource: 'binary' },
		});

		expectRefusal(result, {
			itemIndex: 0,
			message: "There is no file in the field 'last'",
			description: /'photo'.*'Last Frame Field Name'/,
		});
	});

	it.each([
		[
			'a link that is none',
			{ lastImageSource: 'url', lastImageUrl: 'cat.jpg' },
			"'Last Frame URL'",
		],
		['no link', { lastImageSource: 'url', lastImageUrl: '={{ "" }}' }, "'Last Frame URL' is empty"],
		['a small image', { lastImageSource: 'binary' }, 'The last frame is too small: 200 × 200'],
		[
			'an unknown source',
			{ lastImageSource: '={{ "web" }}', lastImageUrl: LAST_LINK },
			"'Last Frame' has an unknown value",
		],
		[
			'no first frame, by expression',
			{ imageSource: '={{ "none" }}', lastImageSource: 'url', lastImageUrl: LAST_LINK },
			"'Last Frame' needs a first frame",
		],
	])('are checked by the same rules at the end: %s', async (_what, parameters, message) => {
		const result = await evolink.run({
			items: [{ json: {}, binary: { last: await picture(200) } }],
			parameters: { model: FRAMES, prompt: 'A cat', ...parameters },
		});

		expectRefusal(result, { itemIndex: 0, message });
		expect(evolink.sandbox.requests).toEqual([]);
	});
});

describe('The prompt', () => {
	it.each([
		[STANDARD, 'url'],
		[STANDARD, 'none'],
		[FRAMES, 'none'],
	])('is required by %s with the image source %s', async (model, imageSource) => {
		const parameters = { model, imageSource };
		const byHand = await evolink.run({ parameters });
		const byExpression = await evolink.run({ parameters: { ...parameters, prompt: '={{ "" }}' } });

		// n8n itself asks for it, in words that differ from version to version.
		expect(byHand.error).toBeDefined();
		expectRefusal(byExpression, { itemIndex: 0, message: /^'Prompt' is empty, but MiniMax/ });
		expect(evolink.sandbox.requests).toEqual([]);
	});

	it('is optional where the model comes by expression and needs none', async () => {
		const { error } = await evolink.run({ parameters: { model: `={{ "${FAST}" }}` } });

		expect(error).toBeUndefined();
		expect(evolink.sandbox.bill).toMatchObject([{ prompt: null, model: FAST }]);
	});
});
