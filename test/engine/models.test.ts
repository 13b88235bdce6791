import type { IDataObject } from 'n8n-workflow';

import { FAMILIES, MODES } from '../documented-families';
import type { Family, Mode } from '../documented-families';
import { useEvolink } from './evolink-workflow';
import type { EvolinkResult } from './evolink-workflow';
import { expectRefusedRow } from './refusals';

const evolink = useEvolink();

const FIRST = 'https://example.com/first.jpg';
const LAST = 'https://example.com/last.jpg';

const ALL_FIELDS = [
	...['model', 'imageSource', 'lastImageSource', 'prompt', 'aspectRatio', 'quality', 'duration'],
	'generateAudio',
];
const ALL_OPTIONS = ['negativePrompt', 'seed', 'promptOptimizer', 'fastPretreatment'];
const fromItem = (names: readonly string[]) =>
	Object.fromEntries(names.map((name) => [name, `={{ $json.${name} }}`]));

const PLACES = { imageUrl: FIRST, lastImageUrl: LAST };
const SUBMIT_ONLY = { ...PLACES, waitForCompletion: false };

/** All fields by expression, so that each item has a model of its own; what it lacks stays empty. */
const EACH_ITEM_ITS_OWN = {
	...{ ...SUBMIT_ONLY, ...fromItem(ALL_FIELDS) },
	options: { ...fromItem(ALL_OPTIONS), maxConcurrent: 100 },
};

const sources = (images: number) => ({
	imageSource: images === 0 ? 'none' : 'url',
	lastImageSource: images === 2 ? 'url' : 'none',
});

/** What is left for the model's own values to fill. */
const least = ({ family, images }: Mode, more: IDataObject = {}): IDataObject => ({
	...{ model: family.value, ...sources(images), prompt: 'A cat' },
	...more,
});

const nameOf = ({ family, images }: Mode) => `${family.shownAs} with ${images} images`;

/** What was sent for a row. */
function bodyOf(row: EvolinkResult['rows'][number] | undefined): Record<string, unknown> {
	const { taskId } = row?.json ?? {};
	const request = evolink.sandbox.requestsOf('submit').find((one) => one.taskId === taskId);
	return Object(request?.body);
}

function frames({ family, images }: Mode): Record<string, unknown> {
	const links = [FIRST, LAST].slice(0, images);
	if (images === 0) return {};
	if (family.frames === 'image_urls') return { image_urls: links };
	return { image_start: FIRST, ...(images === 2 && { image_end: LAST }) };
}

/** The ID, the frames and the model's own values; whatever else there is, the sandbox has allowed. */
function expectOwnValues(mode: Mode, row: EvolinkResult['rows'][number] | undefined): void {
	const { family, qualities, ratios, images } = mode;
	const { sound, soundField = '' } = family;
	const switched = family.soundField === 'sound' ? (sound ? 'on' : 'off') : sound;
	const body = bodyOf(row);
	const { model, image_urls, image_start, image_end, ...settings } = body;
	const places = { image_urls, image_start, image_end };
	expect(model).toBe(`${family.value}${family.suffixes[images === 0 ? 0 : 1]}`);
	expect(places).toEqual(frames(mode));
	expect(settings).toEqual({
		...{ prompt: 'A cat', quality: qualities[0], duration: family.usual },
		...(ratios.length > 0 && { aspect_ratio: ratios[0] }),
		...(sound !== undefined && { [soundField]: switched }),
		...('model_params' in settings && { model_params: expect.anything() }),
	});
	const { aspectRatio, generateAudio } = row?.json ?? {};
	expect({ aspectRatio, generateAudio }).toEqual({ aspectRatio: ratios[0], generateAudio: sound });
}

/** Sends all of them in one execution, and expects that the documentation allows each. */
async function expectAllowed(
	items: IDataObject[],
	parameters: Record<string, unknown> = EACH_ITEM_ITS_OWN,
): Promise<EvolinkResult['rows']> {
	const { rows, error } = await evolink.run({
		parameters,
		items: items.map((json) => ({ json })),
	});
	expect(error?.message).toBeUndefined();
	expect(evolink.sandbox.violations).toEqual([]);
	expect(evolink.sandbox.bill).toHaveLength(items.length);
	return rows;
}

it('the defaults of each model are allowed, with its ID and its frames where they belong', async () => {
	for (const mode of MODES) {
		evolink.sandbox.reset();
		const { rows, error } = await evolink.run({ parameters: { ...SUBMIT_ONLY, ...least(mode) } });
		expect([nameOf(mode), error?.message]).toEqual([nameOf(mode), undefined]);
		expect(evolink.sandbox.violations).toEqual([]);
		expect(evolink.sandbox.bill).toHaveLength(1);
		expectOwnValues(mode, rows[0]);
	}
});

it('where Model is an expression, what nobody has touched is the own value of each', async () => {
	const { rows, error } = await evolink.run({
		parameters: {
			...{ ...SUBMIT_ONLY, ...fromItem(['model', 'imageSource', 'lastImageSource', 'prompt']) },
			options: { maxConcurrent: 100 },
		},
		items: MODES.map((mode) => ({ json: least(mode) })),
	});
	expect(error?.message).toBeUndefined();
	expect(evolink.sandbox.violations).toEqual([]);
	for (const [index, mode] of MODES.entries()) expectOwnValues(mode, rows[index]);
});

/** Items that have every quality, both ends of every range, every ratio and both sounds of a mode. */
function extremes(mode: Mode): IDataObject[] {
	const { family, qualities, ratios } = mode;
	const { seed, negativeMost, promptMost, sound, longest, shortest } = family;
	return Array.from({ length: Math.max(3, qualities.length, ratios.length) }, (_, index) => {
		const quality = qualities[index % qualities.length];
		const isOdd = index % 2 === 1;
		return least(mode, {
			quality,
			duration: isOdd || (quality === '1080p' && family.longest === 10) ? shortest : longest,
			prompt: 'x'.repeat(index === 0 ? Math.min(promptMost, 30_000) : 1),
			...(ratios.length > 0 && { aspectRatio: ratios[index % ratios.length] }),
			...(sound !== undefined && { generateAudio: isOdd }),
			...(seed && { seed: seed[index % 2] }),
			...(negativeMost !== undefined && {
				negativePrompt: 'x'.repeat(Math.min(negativeMost, 999)),
			}),
			...(family.params.length > 0 && { promptOptimizer: isOdd, fastPretreatment: isOdd }),
		});
	});
}

it('every quality, ratio and sound of each model is allowed, both durations, the longest prompt', async () => {
	const items = MODES.flatMap(extremes);
	const rows = await expectAllowed(items);
	for (const [index, item] of items.entries()) {
		const body = bodyOf(rows[index]);
		const { quality, duration, prompt, aspectRatio, generateAudio, seed, negativePrompt } = item;
		const { sound, generate_audio = sound === undefined ? undefined : sound === 'on' } = body;
		expect({ ...body, generate_audio, model: '' }).toMatchObject({
			...{ quality, duration, prompt, model: '' },
			...(aspectRatio !== undefined && { aspect_ratio: aspectRatio }),
			...(generateAudio !== undefined && { generate_audio: generateAudio }),
			...(seed !== undefined && { seed }),
			...(negativePrompt !== undefined && { negative_prompt: negativePrompt }),
		});
		expect(rows[index]?.json).toMatchObject({ quality, duration, prompt });
		expect(rows[index]?.json.aspectRatio).toBe(aspectRatio);
		expect(rows[index]?.json.generateAudio).toBe(generateAudio);
	}
});

const ALL_QUALITIES = new Set(FAMILIES.flatMap(({ qualities }) => qualities));
const ALL_RATIOS = new Set(FAMILIES.flatMap(({ ratios }) => ratios));

/** A value that the editor can have kept from another family, and one that is nobody's. */
const foreign = (all: ReadonlySet<string>, own: readonly string[]) => [
	[...all].find((one) => !own.includes(one)) ?? '',
	'7:5',
];

interface Refusal {
	item: IDataObject;
	/** Found in the message. */
	field: string;
	/** Found in the message or the description, beside the model's name. */
	allowed: ReadonlyArray<string | number>;
}

/** One step beyond what is documented, in one way each. */
function beyond(mode: Mode): Refusal[] {
	const { family, qualities, ratios, images } = mode;
	const { shortest, longest, promptMost, seed, negativeMost } = family;
	const durations = family.params.length > 0 ? [5, 7, 9, 11] : [shortest - 1, longest + 1, 5.5];
	const refusals: Array<[Refusal['field'], Refusal['allowed'], IDataObject[]]> = [
		["'Quality'", qualities, foreign(ALL_QUALITIES, qualities).map((quality) => ({ quality }))],
		["'Duration'", [shortest, longest], durations.map((duration) => ({ duration }))],
		[
			"'Aspect Ratio'",
			ratios,
			ratios.length === 0
				? []
				: foreign(ALL_RATIOS, ratios).map((aspectRatio) => ({ aspectRatio })),
		],
		[
			'prompt is too long',
			[promptMost],
			promptMost === Infinity ? [] : [{ prompt: 'x'.repeat(promptMost + 1) }],
		],
		["'Prompt' is empty", [], family.promptFor.includes(images) ? [{ prompt: ' ' }] : []],
		["'Seed'", seed ?? [], seed ? [{ seed: seed[0] - 1 }, { seed: seed[1] + 1 }] : []],
		[
			"'Negative Prompt' is too long",
			[negativeMost ?? 0],
			negativeMost === 500 ? [{ negativePrompt: 'x'.repeat(501) }] : [],
		],
	];
	return refusals.flatMap(([field, allowed, changes]) =>
		changes.map((change) => ({ item: least(mode, change), field, allowed })),
	);
}

function families(...names: string[]): Family[] {
	return FAMILIES.filter(({ shownAs }) => names.includes(shownAs));
}

it('one step beyond is refused before anything is sent, with the field, what is allowed and the model', async () => {
	const [fast] = families('MiniMax Hailuo 2.3 Fast');
	const hailuo = FAMILIES.filter(({ params }) => params.length > 0);
	const refusals = [
		...MODES.flatMap(beyond),
		...hailuo.map(({ value }): Refusal => ({
			item: { model: value, ...sources(1), prompt: 'A cat', quality: '1080p', duration: 10 },
			...{ field: "'Duration'", allowed: [6] },
		})),
		// An image is missing.
		{ item: { model: fast.value, ...sources(0) }, field: 'needs an image', allowed: [] },
	];
	const { rows } = await evolink.run({
		parameters: EACH_ITEM_ITS_OWN,
		items: refusals.map(({ item }) => ({ json: item })),
		node: { onError: 'continueRegularOutput' },
	});
	expect(rows).toHaveLength(refusals.length);
	for (const [itemIndex, { item, field, allowed }] of refusals.entries()) {
		expectRefusedRow(rows[itemIndex], { itemIndex, message: field });
		const { message, description } = Object(rows[itemIndex].json.error);
		const shownAs = FAMILIES.find(({ value }) => value === item.model)?.shownAs;
		for (const part of [shownAs, ...allowed.map(String)]) {
			expect(`${message}. ${description}`).toContain(part);
		}
	}
	expect(evolink.sandbox.requests).toEqual([]);
});

it('what a model does not have is ignored, whatever it is, and never sent', async () => {
	const rows = await expectAllowed(
		MODES.map((mode) => {
			const { family, ratios } = mode;
			const { sound, seed, negativeMost, params, images } = family;
			return least(mode, {
				...(!images.includes(2) && { lastImageSource: 'nonsense' }),
				...(ratios.length === 0 && { aspectRatio: '7:5' }),
				...(sound === undefined && { generateAudio: 'nonsense' }),
				...(seed === undefined && { seed: 'nonsense' }),
				...(negativeMost === undefined && { negativePrompt: 'x'.repeat(9999) }),
				...(!params.includes('fast_pretreatment') && { fastPretreatment: 'nonsense' }),
				...(!params.includes('prompt_optimizer') && { promptOptimizer: 'nonsense' }),
			});
		}),
	);
	for (const [index, mode] of MODES.entries()) expectOwnValues(mode, rows[index]);
});

const STEPS = [
	{ cue: 'slowly', commands: ['Push in'] },
	{ cue: 'then quickly', commands: ['Pull out'] },
];
const WITH_CAMERA = {
	...{ ...EACH_ITEM_ITS_OWN, cameraCommands: ['Pan left', 'Zoom in'] },
	options: { cameraSequence: { steps: STEPS }, maxConcurrent: 100 },
};
const BRACKETS = '[Pan left,Zoom in] slowly [Push in] then quickly [Pull out]';
const SENTENCE = 'Camera: pan left and zoom in, then slowly push in, then quickly pull out.';

it('camera commands are brackets for Hailuo, and for all others one sentence, within the limit', async () => {
	const items = FAMILIES.map((family) => {
		const { value, params, promptMost } = family;
		const length = Math.min(promptMost, 30_000) - (params.length > 0 ? BRACKETS : SENTENCE).length;
		// With a full stop of its own and one space.
		const prompt = `${'x'.repeat(length - 2)}.`;
		return { model: value, ...sources(1), prompt };
	});
	const rows = await expectAllowed(items, WITH_CAMERA);
	for (const [index, { prompt }] of items.entries()) {
		const words = FAMILIES[index].params.length > 0 ? BRACKETS : SENTENCE;
		expect(bodyOf(rows[index])).toMatchObject({ prompt: `${prompt} ${words}` });
	}

	evolink.sandbox.reset();
	const limited = items.filter((_, index) => FAMILIES[index].promptMost < Infinity);
	const refused = await evolink.run({
		parameters: WITH_CAMERA,
		items: limited.map(({ prompt, ...item }) => ({ json: { ...item, prompt: `x${prompt}` } })),
		node: { onError: 'continueRegularOutput' },
	});
	for (const itemIndex of limited.keys()) {
		expectRefusedRow(refused.rows[itemIndex], { itemIndex, message: 'The prompt is too long' });
	}
	expect(evolink.sandbox.requests).toEqual([]);
});

it('HappyHorse counts a Chinese character twice', async () => {
	const [{ value: model }] = families('HappyHorse 1.1');
	await expectAllowed([{ model, ...sources(0), prompt: '猫'.repeat(2500) }]);
	const { error } = await evolink.run({
		parameters: { ...SUBMIT_ONLY, model, ...sources(0), prompt: `${'猫'.repeat(2500)}x` },
	});
	expect(error?.message).toContain('5001 characters');
	expect(evolink.sandbox.bill).toHaveLength(1);
});

it('the row says what is reserved, as the response to the submission has it', async () => {
	const seedance = { model: 'seedance-2.0', ...sources(0), prompt: 'A cat' };
	const hailuo = { model: 'MiniMax-Hailuo-2.3', ...sources(0), prompt: 'A cat' };
	const rows = await expectAllowed([seedance, hailuo]);
	const charged = evolink.sandbox.bill.find(({ taskId }) => taskId === rows[0].json.taskId);
	expect(rows[0].json.creditsReserved).toBe(charged?.credits);
	expect(rows[1].json).not.toHaveProperty('creditsReserved');

	const waited = await evolink.run({ parameters: { ...seedance, downloadVideo: false } });
	expect(waited.rows[0].json.creditsReserved).toBe(charged?.credits);
});
