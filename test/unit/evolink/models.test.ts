import type { INodeProperties } from 'n8n-workflow';

import { findModel, VIDEO_MODELS } from '../../../nodes/Evolink/evolink/models';
import type { VideoModel } from '../../../nodes/Evolink/evolink/models';
import { checkWishes } from '../../../nodes/Evolink/evolink/videoRequest';
import { createVideoFields } from '../../../nodes/Evolink/operations/createVideoFields';
import { failureOf } from './failure-of';

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
	picture: FAST.picture,
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
			picture: {
				formats: ['jpeg', 'png', 'webp'],
				maxBytes: 20 * 1024 * 1024,
				shortEdgeAbovePx: 300,
				minAspectRatio: 0.4,
				maxAspectRatio: 2.5,
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

	it.each(['', 'toString', 'minimax-hailuo-2.3-fast'])('has no model %j', (id) => {
		expect(findModel(id)).toBeUndefined();
	});
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
		expect(checkWishes(wishes, MODELS).modelRules).toBe(SISTER);
		expect(findModel(SISTER.id, MODELS)).toBe(SISTER);

		const refusal = (changes: Partial<typeof wishes>) =>
			failureOf(() => checkWishes({ ...wishes, ...changes }, MODELS));
		expect(refusal({ quality: '1080p' }).description).toBe(
			"Choose 6 seconds, or set 'Quality' to '512p', '768p'.",
		);
		expect(refusal({ model: FAST.id }).message).toContain(FAST.displayName);
		expect(refusal({ prompt: 'x'.repeat(51) }).description).toContain('At most 50');
		expect(refusal({ model: 'another' }).description).toContain(`'${FAST.id}', '${SISTER.id}'`);
	});
});
