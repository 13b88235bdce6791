import { CONTINUE_ON_FAIL, PICTURE_LINK, useEvolink } from './evolink-workflow';
import { imageBytes } from './image-bytes';
import { expectRefusal } from './refusals';
import { bodyField } from './traffic';

const evolink = useEvolink();

/** Only the submission is of interest here: nothing is waited for. */
const SUBMIT_ONLY = { waitForCompletion: false };

const BODY_BY_DEFAULT = {
	model: 'MiniMax-Hailuo-2.3-Fast',
	image_urls: [PICTURE_LINK],
	quality: '768p',
	duration: 6,
	model_params: { prompt_optimizer: true },
};

/** The bodies that arrived, in the order of their arrival. */
function sentBodies(): unknown[] {
	return evolink.sandbox.requestsOf('submit').map(({ body }) => body);
}

function sentPrompts(): unknown[] {
	return sentBodies().map((body) => Reflect.get(Object(body), 'prompt'));
}

afterEach(() => {
	expect(evolink.sandbox.violations).toEqual([]);
});

describe('The request for a video', () => {
	it('holds the image and the defaults, and no field that the model does not know', async () => {
		const { error } = await evolink.run({ parameters: SUBMIT_ONLY });

		expect(error).toBeUndefined();
		expect(sentBodies()).toEqual([BODY_BY_DEFAULT]);
	});

	it('goes to the API as JSON, with the key as Bearer token and the name of this package', async () => {
		await evolink.run({ parameters: SUBMIT_ONLY });

		const [request] = evolink.sandbox.requests;
		expect(request).toMatchObject({ method: 'POST', path: '/v1/videos/generations' });
		expect(request.headers).toMatchObject({
			authorization: `Bearer ${evolink.sandbox.apiKey}`,
			'user-agent': expect.stringMatching(/^n8n-nodes-evolink\/\d+\.\d+\.\d+/),
			accept: 'application/json',
		});
		expect(request.headers['content-type']).toMatch(/^application\/json/);
	});

	it.each([
		['is left empty', ''],
		['holds nothing but blanks and line breaks', ' \n\t '],
		['comes as null by expression', '={{ null }}'],
	])('has no prompt when the field %s', async (_case, prompt) => {
		const { error } = await evolink.run({ parameters: { ...SUBMIT_ONLY, prompt } });

		expect(error).toBeUndefined();
		expect(sentBodies()).toEqual([BODY_BY_DEFAULT]);
	});

	it('takes numbers and yes or no that come as text from a spreadsheet', async () => {
		const { error, rows } = await evolink.run({
			items: [
				{
					json: {
						duration: '10',
						no: 'false',
						yes: 'TRUE',
						number: ' 30 ',
						prompt: 2024,
					},
				},
				{ json: { duration: '6', no: 'False', yes: 'true', number: '1', prompt: '2025' } },
			],
			parameters: {
				prompt: '={{ $json.prompt }}',
				duration: '={{ $json.duration }}',
				waitForCompletion: '={{ $json.no }}',
				downloadVideo: '={{ $json.yes }}',
				simplify: '={{ $json.yes }}',
				options: {
					promptOptimizer: '={{ $json.no }}',
					timeout: '={{ $json.number }}',
					pollInterval: '={{ $json.number }}',
					maxConcurrent: '={{ $json.number }}',
				},
			},
		});

		expect(error).toBeUndefined();
		const optimizerOff = { model_params: { prompt_optimizer: false } };
		expect(sentBodies()).toHaveLength(2);
		expect(sentBodies()).toEqual(
			expect.arrayContaining([
				{ ...BODY_BY_DEFAULT, ...optimizerOff, prompt: '2024', duration: 10 },
				{ ...BODY_BY_DEFAULT, ...optimizerOff, prompt: '2025' },
			]),
		);
		expect(rows.map(({ json }) => json.status)).toEqual(['pending', 'pending']);
	});
});

describe('The prompt that is sent', () => {
	it('is the words, then the commands in one bracket, then the steps of the sequence', async () => {
		const { error } = await evolink.run({
			parameters: {
				...SUBMIT_ONLY,
				prompt: 'A cat looks up',
				cameraCommands: ['Pan left', 'Zoom in'],
				options: {
					cameraSequence: {
						steps: [
							{ cue: 'slowly', commands: ['Push in'] },
							{ cue: 'then quickly', commands: ['Pull out'] },
						],
					},
				},
			},
		});

		expect(error).toBeUndefined();
		expect(sentPrompts()).toEqual([
			'A cat looks up [Pan left,Zoom in] slowly [Push in] then quickly [Pull out]',
		]);
	});
});

describe('Camera commands by expression', () => {
	it('may be called as film people call them, in brackets and with commas', async () => {
		const { error } = await evolink.run({
			parameters: {
				...SUBMIT_ONLY,
				prompt: 'A cat',
				cameraCommands: '={{ "[Crane up, dolly-in]" }}',
			},
		});

		expect(error).toBeUndefined();
		expect(sentPrompts()).toEqual(['A cat [Pedestal up,Push in]']);
	});
});

describe('The way from submission to video', () => {
	it('is one submission, then status reads with the key, then the link without the key; only the first has an Idempotency-Key', async () => {
		evolink.sandbox.planTask({ generationSeconds: 0 });
		const { error } = await evolink.run({ parameters: {} });

		expect(error).toBeUndefined();
		const [{ taskId }] = evolink.sandbox.bill;
		const { requests } = evolink.sandbox;
		expect(requests.map(({ kind, method }) => `${method} ${kind}`)).toEqual([
			'POST submit',
			'GET read',
			'GET media',
		]);
		expect(requests[1].path).toBe(`/v1/tasks/${taskId}`);
		expect(requests[1].headers.authorization).toBe(`Bearer ${evolink.sandbox.apiKey}`);
		expect(JSON.stringify(requests[2].headers)).not.toContain(evolink.sandbox.apiKey);
		expect(requests[2].headers.authorization).toBeUndefined();
		expect(requests.map(({ headers }) => 'idempotency-key' in headers)).toEqual([
			true,
			false,
			false,
		]);
	});
});

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

async function image(sidePx: number) {
	return await evolink.engine.storeBinary(imageBytes('png', sidePx, sidePx), 'a.png', 'image/png');
}

describe('each model in each mode sends what the API takes, and nothing else', () => {
	for (const mode of MODES) {
		evolink.it(mode.name, async ({ sandbox, run }) => {
			const binary = { data: await image(400), last: await image(500) };
			const { rows } = await run({
				items: SETTINGS.map((settings) => ({ json: settings, binary })),
				node: CONTINUE_ON_FAIL,
				parameters: {
					model: mode.model,
					imageSource: mode.source,
					lastImageSource: mode.last,
					lastImageUrl: LAST_LINK,
					prompt: 'A cat',
					quality: '={{ $json.quality }}',
					duration: '={{ $json.duration }}',
					waitForCompletion: false,
					options: { fastPretreatment: true },
				},
			});

			const taken = SETTINGS.filter((settings) => isTaken(mode, settings));
			const isRow = rows.map(({ json }) => json.taskId !== undefined);
			expect(isRow).toEqual(SETTINGS.map((settings) => taken.includes(settings)));
			const sent = sandbox.requestsOf('submit');
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
			expect(sandbox.violations).toEqual([]);
		});
	}
});

describe('The images of a video', () => {
	it('are uploaded in their order, and both are named in the row', async () => {
		const { rows, error } = await evolink.run({
			items: [{ json: {}, binary: { data: await image(400), end: await image(500) } }],
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
			items: [{ json: {}, binary: { photo: await image(400) } }],
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
			items: [{ json: {}, binary: { last: await image(200) } }],
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
