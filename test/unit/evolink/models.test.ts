import type { INodeProperties } from 'n8n-workflow';

import { composePrompt } from '../../../nodes/Evolink/evolink/camera';
import { requestBody } from '../../../nodes/Evolink/evolink/client';
import { checkSettings, VIDEO_MODELS } from '../../../nodes/Evolink/evolink/models';
import type { VideoModel } from '../../../nodes/Evolink/evolink/models';
import { createVideoFields } from '../../../nodes/Evolink/operations/createVideo';
import { expectPlainWords, failureOf } from './failure-of';

const FAST = VIDEO_MODELS[0];

/** A sister model, as data alone: no line of code knows it. */
const SISTER: VideoModel = {
	id: 'MiniMax-Hailuo-02',
	displayName: 'MiniMax Hailuo 02',
	description: 'An older Hailuo model that also makes small videos',
	qualities: [
		{ value: '512p', description: 'Small', durationsSeconds: [6, 10] },
		{ value: '768p', description: 'Medium', durationsSeconds: [6, 10] },
		{ value: '1080p', description: 'Full HD', durationsSeconds: [6] },
	],
	defaultQuality: '768p',
	defaultDurationSeconds: 10,
	promptMaxCharacters: 50,
	image: FAST.image,
};

const MODELS = [FAST, SISTER];

describe('the table of models', () => {
	it('holds the rules of the API for MiniMax-Hailuo-2.3-Fast', () => {
		expect(VIDEO_MODELS).toHaveLength(1);
		expect(FAST).toMatchObject({
			id: 'MiniMax-Hailuo-2.3-Fast',
			defaultQuality: '768p',
			defaultDurationSeconds: 6,
			promptMaxCharacters: 2000,
			image: {
				formats: ['jpeg', 'png', 'webp'],
				maxBytes: 20 * 1024 * 1024,
				shortEdgeAbovePx: 300,
				narrowest: [2, 5],
				widest: [5, 2],
			},
		});
		expect(FAST.qualities.map(({ value, durationsSeconds }) => [value, durationsSeconds])).toEqual([
			['768p', [6, 10]],
			['1080p', [6]],
		]);
	});

	it.each(VIDEO_MODELS.map((model) => [model.id, model]))(
		'fits together: the defaults of %s are on offer',
		(_id, model) => {
			const quality = model.qualities.find(({ value }) => value === model.defaultQuality);
			expect(quality?.durationsSeconds).toContain(model.defaultDurationSeconds);
		},
	);
});

describe('a sister model that is one more row of the table', () => {
	const fields = createVideoFields(MODELS);

	/** The values of a drop-down's options. */
	function valuesOf(field: INodeProperties) {
		return (field.options ?? []).map((option) => ('value' in option ? option.value : undefined));
	}

	/** The one field of that name that is shown when other fields have these values. */
	function shownField(name: string, values: Record<string, string>) {
		const shown = fields.filter(
			(field) =>
				field.name === name &&
				Object.entries(values).every(([other, value]) => {
					const allowed = field.displayOptions?.show?.[other];
					return allowed === undefined || allowed.includes(value);
				}),
		);
		expect(shown).toHaveLength(1);
		return { values: valuesOf(shown[0]), default: shown[0].default };
	}

	it('joins the list of models; the first one stays the default', () => {
		const model = fields.find(({ name }) => name === 'model');
		expect(model?.options).toEqual([
			{ name: FAST.displayName, value: FAST.id, description: FAST.description },
			{ name: SISTER.displayName, value: SISTER.id, description: SISTER.description },
		]);
		expect(model?.default).toBe(FAST.id);
	});

	it.each([
		[FAST.id, ['768p', '1080p']],
		[SISTER.id, ['512p', '768p', '1080p']],
	])('%s offers its own qualities', (model, values) => {
		expect(shownField('quality', { model })).toEqual({ values, default: '768p' });
	});

	it.each([
		[FAST.id, '768p', [6, 10], 6],
		[FAST.id, '1080p', [6], 6],
		[SISTER.id, '512p', [6, 10], 10],
		[SISTER.id, '768p', [6, 10], 10],
		[SISTER.id, '1080p', [6], 6],
	])('%s with %s offers the durations %j', (model, quality, values, byDefault) => {
		expect(shownField('duration', { model, quality })).toEqual({ values, default: byDefault });
	});

	it('is checked by its own rules', () => {
		const wishes = {
			model: SISTER.id,
			prompt: '',
			quality: '512p',
			durationSeconds: 10,
			promptOptimizer: true,
		};
		expect(checkSettings(wishes, MODELS)).toBe(SISTER);

		const refusal = (changes: Partial<typeof wishes>) =>
			failureOf(() => checkSettings({ ...wishes, ...changes }, MODELS));
		expect(refusal({ quality: '1080p' }).description).toBe(
			"Choose 6 seconds, or set 'Quality' to '512p', '768p'.",
		);
		expect(refusal({ model: FAST.id }).message).toContain(FAST.displayName);
		expect(refusal({ prompt: 'x'.repeat(51) }).description).toContain('At most 50');
		expect(refusal({ model: 'another' }).description).toContain(`'${FAST.id}', '${SISTER.id}'`);
	});
});

const SETTINGS = {
	model: 'MiniMax-Hailuo-2.3-Fast',
	prompt: '',
	quality: '768p',
	durationSeconds: 6,
	promptOptimizer: true,
};

function refusal(changes: Partial<typeof SETTINGS>) {
	const details = failureOf(() => checkSettings({ ...SETTINGS, ...changes }));
	expect(details.kind).toBe('input');
	expectPlainWords(details);
	return details;
}

describe('what a video should look like', () => {
	it.each([
		['768p', 6],
		['768p', 10],
		['1080p', 6],
	])('may be %s for %d seconds', (quality, durationSeconds) => {
		expect(checkSettings({ ...SETTINGS, quality, durationSeconds })).toBe(FAST);
	});

	it('cannot be 1080p for 10 seconds, and the refusal names both ways out', () => {
		const { message, description } = refusal({ quality: '1080p', durationSeconds: 10 });
		expect(message).toBe("'Duration' cannot be 10 seconds with the quality 1080p");
		expect(description).toContain('6 seconds');
		expect(description).toContain("'768p'");
	});

	it.each([0, -6, 6.5, 7, 60, 1e21])('cannot last %d seconds at any quality', (durationSeconds) => {
		const { message, description } = refusal({ durationSeconds });
		expect(message).toContain("'Duration'");
		expect(description).toBe('Choose 6 or 10 seconds.');
	});

	it.each(['', '720p', '768P', '4k', 'constructor', "it's"])(
		'cannot have the quality %j',
		(quality) => {
			const { message, description } = refusal({ quality });
			expect(message).toContain("'Quality'");
			expect(message).toContain(`'${quality}'`);
			expect(description).toBe("Choose '768p', '1080p'.");
		},
	);

	it.each(['', 'minimax-hailuo-2.3-fast', 'MiniMax-Hailuo-02', '__proto__'])(
		'cannot be made by the model %j',
		(model) => {
			const { message, description } = refusal({ model });
			expect(message).toContain("'Model'");
			expect(message).toContain(`'${model}'`);
			expect(description).toContain("'MiniMax-Hailuo-2.3-Fast'");
		},
	);
});

describe('the length of the prompt', () => {
	it('is checked on the result, commands included', () => {
		const words = 'a'.repeat(1989);
		const fits = composePrompt(words, ['Pan left'], []);
		expect(fits).toHaveLength(2000);
		expect(checkSettings({ ...SETTINGS, prompt: fits })).toBe(FAST);

		const { message, description } = refusal({
			prompt: composePrompt(`${words}a`, ['Pan left'], []),
		});
		expect(message).toContain('2001 characters');
		expect(description).toContain('2000');
		expect(description).toContain('camera commands');
	});

	it('counts an emoji as one character', () => {
		expect(() => checkSettings({ ...SETTINGS, prompt: '🐈'.repeat(2000) })).not.toThrow();
		expect(refusal({ prompt: '🐈'.repeat(2001) }).message).toContain('2001');
	});
});

describe('the body of the submission', () => {
	const LINK = 'https://example.com/cat.jpg';

	it('holds the fields of the API and no other', () => {
		const settings = {
			...SETTINGS,
			prompt: 'A cat',
			quality: '1080p',
			promptOptimizer: false,
		};
		expect(requestBody(settings, LINK)).toStrictEqual({
			model: 'MiniMax-Hailuo-2.3-Fast',
			image_urls: [LINK],
			prompt: 'A cat',
			quality: '1080p',
			duration: 6,
			model_params: { prompt_optimizer: false },
		});
	});

	it('omits the prompt when it would be empty', () => {
		expect(requestBody(SETTINGS, LINK)).not.toHaveProperty('prompt');
	});
});
