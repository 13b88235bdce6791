import { composePrompt } from '../../../nodes/Evolink/evolink/camera';
import { requestBody } from '../../../nodes/Evolink/evolink/client';
import { checkSettings, findModel, VIDEO_MODELS } from '../../../nodes/Evolink/evolink/models';
import type { ImageCount, VideoSettings } from '../../../nodes/Evolink/evolink/models';
import { expectPlainWords, failureOf } from './failure-of';

const FAST = 'MiniMax-Hailuo-2.3-Fast';

/** What the API takes, by the documentation: model, number of images, quality, seconds. */
const TAKEN = [
	...[[FAST, 1] as const, ['MiniMax-Hailuo-2.3', 0] as const, ['MiniMax-Hailuo-2.3', 1] as const],
	...([0, 1, 2] as const).map((imageCount) => ['MiniMax-Hailuo-02', imageCount] as const),
].flatMap(([model, imageCount]) => [
	`${model} ${imageCount} 768p 6`,
	`${model} ${imageCount} 768p 10`,
	`${model} ${imageCount} 1080p 6`,
	...(model === 'MiniMax-Hailuo-02' && imageCount === 1
		? [`${model} 1 512p 6`, `${model} 1 512p 10`]
		: []),
]);

const SETTINGS: VideoSettings = {
	model: FAST,
	prompt: '',
	quality: '768p',
	durationSeconds: 6,
	promptOptimizer: true,
	fastPretreatment: undefined,
};

function check(changes: Partial<VideoSettings>, imageCount: ImageCount = 1): void {
	const settings = { ...SETTINGS, ...changes };
	checkSettings(findModel(settings.model), settings, imageCount);
}

function refusal(changes: Partial<VideoSettings>, imageCount: ImageCount = 1) {
	const details = failureOf(() => check(changes, imageCount));
	expect(details.kind).toBe('input');
	expectPlainWords(details);
	return details;
}

describe('the table of models', () => {
	it('offers what the API takes, and nothing else', () => {
		const offered = VIDEO_MODELS.flatMap((model) =>
			model.imageCounts.flatMap((imageCount) =>
				['512p', '768p', '1080p'].flatMap((quality) =>
					[6, 10].flatMap((durationSeconds) => {
						const settings = { ...SETTINGS, prompt: 'A cat', quality, durationSeconds };
						try {
							checkSettings(model, settings, imageCount);
						} catch {
							return [];
						}
						return [`${model.id} ${imageCount} ${quality} ${durationSeconds}`];
					}),
				),
			),
		);
		expect(offered.sort()).toEqual([...TAKEN].sort());
	});

	it('has the same rules for images, prompts and defaults in all rows', () => {
		for (const model of VIDEO_MODELS) {
			expect(model).toMatchObject({
				defaultQuality: '768p',
				defaultDurationSeconds: 6,
				promptMaxCharacters: 2000,
				image: {
					formats: ['jpeg', 'png', 'webp'],
					maxBytes: 20 * 1024 * 1024,
					shortestSidePx: 301,
					mostDifferentSides: [5, 2],
				},
			});
		}
	});

	it('knows which models have Fast Pretreatment', () => {
		expect(VIDEO_MODELS.map(({ id, hasFastPretreatment }) => [id, hasFastPretreatment])).toEqual([
			[FAST, false],
			['MiniMax-Hailuo-2.3', true],
			['MiniMax-Hailuo-02', true],
		]);
	});
});

describe('what a video should look like', () => {
	it('cannot be 1080p for 10 seconds, and the refusal names both ways out', () => {
		const { message, description } = refusal({ quality: '1080p', durationSeconds: 10 });
		expect(message).toBe("'Duration' cannot be 10 seconds with the quality 1080p");
		expect(description).toBe("Choose 6 seconds, or set 'Quality' to '768p'.");
	});

	it.each([
		[0, 'without an image'],
		[2, 'with a first and a last frame'],
	] as const)('cannot be 512p with %d images', (imageCount, words) => {
		const changes = { model: 'MiniMax-Hailuo-02', prompt: 'A cat', quality: '512p' };
		const { message, description } = refusal(changes, imageCount);
		expect(message).toBe(`'Quality' cannot be 512p ${words}`);
		expect(description).toBe("Choose '768p', '1080p'.");
	});

	it.each([0, -6, 6.5, 7, 60, 1e21])('cannot last %d seconds at any quality', (durationSeconds) => {
		const { message, description } = refusal({ durationSeconds });
		expect(message).toContain("'Duration'");
		expect(description).toBe('Choose 6 or 10 seconds.');
	});

	it.each(['', '512p', '720p', '768P', '4k', 'constructor', "it's"])(
		'cannot have the quality %j',
		(quality) => {
			const { message, description } = refusal({ quality });
			expect(message).toContain("'Quality'");
			expect(message).toContain(`'${quality}'`);
			expect(description).toBe("Choose '768p', '1080p'.");
		},
	);

	it.each(['', 'minimax-hailuo-2.3-fast', 'MiniMax-Hailuo-01', '__proto__'])(
		'cannot be made by the model %j',
		(model) => {
			const { message, description } = refusal({ model });
			expect(message).toContain(`'Model' has an unknown value: '${model}'`);
			expect(description).toBe(
				"Choose 'MiniMax-Hailuo-2.3-Fast', 'MiniMax-Hailuo-2.3', 'MiniMax-Hailuo-02'.",
			);
		},
	);

	it.each([
		['MiniMax-Hailuo-2.3', 0],
		['MiniMax-Hailuo-2.3', 1],
		['MiniMax-Hailuo-02', 0],
	] as const)('needs a prompt where %s gets %d images', (model, imageCount) => {
		expect(refusal({ model }, imageCount).message).toMatch(/^'Prompt' is empty, but MiniMax Hail/);
	});

	it.each([
		[FAST, 1],
		['MiniMax-Hailuo-02', 1],
		['MiniMax-Hailuo-02', 2],
	] as const)('needs no prompt where %s gets %d images', (model, imageCount) => {
		expect(() => check({ model }, imageCount)).not.toThrow();
	});
});

describe('the length of the prompt', () => {
	it('is checked on the result, commands included', () => {
		const words = 'a'.repeat(1989);
		const fits = composePrompt(words, ['Pan left'], []);
		expect(fits).toHaveLength(2000);
		expect(() => check({ prompt: fits })).not.toThrow();

		const { message, description } = refusal({
			prompt: composePrompt(`${words}a`, ['Pan left'], []),
		});
		expect(message).toContain('2001 characters');
		expect(description).toContain('2000');
		expect(description).toContain('camera commands');
	});

	it('counts an emoji as one character', () => {
		expect(() => check({ prompt: '🐈'.repeat(2000) })).not.toThrow();
		expect(refusal({ prompt: '🐈'.repeat(2001) }).message).toContain('2001');
	});
});

describe('the body of the submission', () => {
	const LINKS = ['https://example.com/cat.jpg', 'https://example.com/dog.jpg'];

	it('holds the fields of the API and no other', () => {
		const settings = { ...SETTINGS, prompt: 'A cat', quality: '1080p', promptOptimizer: false };
		expect(requestBody(settings, LINKS.slice(0, 1))).toStrictEqual({
			model: FAST,
			image_urls: LINKS.slice(0, 1),
			prompt: 'A cat',
			quality: '1080p',
			duration: 6,
			model_params: { prompt_optimizer: false },
		});
		expect(requestBody({ ...settings, fastPretreatment: true }, LINKS)).toMatchObject({
			image_urls: LINKS,
			model_params: { prompt_optimizer: false, fast_pretreatment: true },
		});
	});

	it('omits the prompt when it would be empty, and the images when there are none', () => {
		const body = requestBody(SETTINGS, []);
		expect(body).not.toHaveProperty('prompt');
		expect(body).not.toHaveProperty('image_urls');
	});
});
