/*
 * What Evolink documents about each API ID: written from the vendor's machine-readable documentation
 * and never from the node's table, which it is there to disagree with. A field that is not listed does
 * not exist. `oneOf` begins with the default. Pages: https://evolink.ai/docs/en/api-manual/video-series/
 */
import {
	chineseTwice,
	flag,
	link,
	links,
	list,
	object,
	oneOf,
	required,
	text,
	textOrNumber,
	whole,
	type Fields,
	type Rule,
} from './field-rules';
import { isRecord } from './type-guards';

/** What the images of a model may be. */
export interface ImageLimits {
	readonly megabytes: number;
	readonly takesWebp: boolean;
}

export interface DocumentedModel {
	readonly fields: Fields;
	readonly rules?: readonly Rule[];
	readonly images?: ImageLimits;
	/** Its videos always have sound; no field switches it. */
	readonly alwaysSounds?: boolean;
	/** What `usage.billing_rule` says; absent: the answer to an order has the six oldest fields only. */
	readonly billing?: 'per_second' | 'per_token';
	/** The status in the answer to an order. Default `pending`. */
	readonly firstStatus?: 'processing';
}

const IMAGES_10_MB: ImageLimits = { megabytes: 10, takesWebp: true };
const KLING_IMAGES: ImageLimits = { megabytes: 10, takesWebp: false };

/** A prompt that must be there. */
const prompt = (most?: number) => required(text(most, 1));
const countOf = (value: unknown) => (Array.isArray(value) ? value.length : 0);
const paramsOf = ({ model_params }: Readonly<Record<string, unknown>>) =>
	isRecord(model_params) ? model_params : {};
const lacksPrompt = ({ prompt }: Readonly<Record<string, unknown>>) => (prompt ?? '') === '';

/** A rule that is broken where `isBroken`. */
const rule =
	(
		param: string,
		message: string,
		isBroken: (body: Readonly<Record<string, unknown>>) => boolean,
	): Rule =>
	(body) =>
		isBroken(body) ? { param, message: `${param}: ${message}` } : undefined;

const lastNeedsFirst = rule(
	'image_end',
	'needs image_start',
	({ image_start, image_end }) => image_end !== undefined && image_start === undefined,
);

/** The two IDs of a family; what `shared` says holds for both. */
function family(
	value: string,
	shared: DocumentedModel,
	fromText: Partial<DocumentedModel>,
	fromImage: Partial<DocumentedModel>,
): Array<[string, DocumentedModel]> {
	const modes = { 'text-to-video': fromText, 'image-to-video': fromImage };
	return Object.entries(modes).map(([mode, own]) => [
		`${value}-${mode}`,
		{
			...shared,
			...own,
			fields: { ...shared.fields, ...own.fields },
			rules: [...(shared.rules ?? []), ...(own.rules ?? [])],
		},
	]);
}

// hailuo/hailuo-2-3-fast-video-generate, hailuo-2-3-video-generate, hailuo-02-video-generate
const hailuo = { duration: oneOf(6, 10), quality: oneOf('768p', '1080p') };
const hailuoRules = [
	rule(
		'duration',
		'1080p allows 6 only',
		({ quality, duration }) => quality === '1080p' && duration === 10,
	),
];
const hailuoParams = object({ prompt_optimizer: flag(true), fast_pretreatment: flag(false) });
const HAILUO: Array<[string, DocumentedModel]> = [
	[
		'MiniMax-Hailuo-2.3-Fast',
		{
			fields: {
				...hailuo,
				image_urls: required(links(1, 1)),
				prompt: text(2000),
				model_params: object({ prompt_optimizer: flag(true) }),
			},
			rules: hailuoRules,
		},
	],
	[
		'MiniMax-Hailuo-2.3',
		// The schema asks for the prompt always, the text without an image only.
		{
			fields: {
				...hailuo,
				image_urls: links(0, 1),
				prompt: prompt(2000),
				model_params: hailuoParams,
			},
			rules: hailuoRules,
		},
	],
	[
		'MiniMax-Hailuo-02',
		{
			fields: {
				...hailuo,
				quality: oneOf('768p', '512p', '1080p'),
				image_urls: links(0, 2),
				prompt: text(2000),
				model_params: hailuoParams,
			},
			rules: [
				...hailuoRules,
				rule(
					'prompt',
					'text to video needs one',
					(body) => lacksPrompt(body) && countOf(body.image_urls) === 0,
				),
				rule(
					'quality',
					'512p needs exactly one image',
					({ quality, image_urls }) => quality === '512p' && countOf(image_urls) !== 1,
				),
			],
		},
	],
];

// minimax/minimax-h3/{h3,h3-max,h3-max-turbo}: no other field than these is taken.
const H3_RATIOS = oneOf('16:9', '21:9', '4:3', '1:1', '3:4', '9:16');
const h3 = (value: string, limits: Fields, fromImage: Partial<DocumentedModel>) =>
	family(
		value,
		{ fields: { prompt: prompt(7000), ...limits }, billing: 'per_second' },
		{ fields: { aspect_ratio: H3_RATIOS } },
		fromImage,
	);
const h3Max = { quality: oneOf('768p', '480p'), duration: whole(5, 15, { byDefault: 5 }) };
const startAndEnd = { image_start: required(link), image_end: link };
const MINIMAX_H3 = [
	...h3(
		'minimax-h3',
		{ quality: oneOf('768p', '2k'), duration: whole(4, 15, { byDefault: 4 }) },
		{
			fields: { image_start: link, image_end: link },
			rules: [
				rule(
					'image_start',
					'at least one of image_start and image_end is needed',
					({ image_start, image_end }) => image_start === undefined && image_end === undefined,
				),
			],
		},
	),
	...h3('minimax-h3-max', h3Max, { fields: startAndEnd }),
	...h3('minimax-h3-max-turbo', h3Max, { fields: startAndEnd }),
];

// kling/<ID>
const klingLength = { duration: whole(3, 15, { byDefault: 5 }) };
const KLING_RATIOS = oneOf('16:9', '9:16', '1:1');
const elements = (most: number) => ({
	element_list: list(0, most, object({ element_id: required(textOrNumber) })),
});
const shots = (shotType: ReturnType<typeof oneOf>, more: Fields = {}) => ({
	model_params: object({
		multi_shot: flag(false),
		shot_type: shotType,
		// Its durations are texts.
		multi_prompt: list(
			1,
			6,
			object({ index: whole(-Infinity, Infinity), prompt: text(512), duration: text() }),
		),
		watermark_info: object({ enabled: flag() }),
		...more,
	}),
});
const shotsFillDuration = rule(
	'model_params.multi_prompt',
	'the shots must add up to duration',
	(body) => {
		const { multi_prompt: parts } = paramsOf(body);
		if (!Array.isArray(parts)) return false;
		const seconds = parts.map((part) => (isRecord(part) ? Number(part.duration) : NaN));
		return seconds.reduce((sum, each) => sum + each, 0) !== (body.duration ?? 5);
	},
);
const promptUnlessShots = rule(
	'prompt',
	'is required (but for multi_shot with customize)',
	(body) => {
		const { multi_shot, shot_type } = paramsOf(body);
		return lacksPrompt(body) && !(multi_shot === true && shot_type === 'customize');
	},
);
const anyShotType = oneOf('customize', 'intelligence');
const kling: DocumentedModel = {
	fields: { ...klingLength, prompt: text(2500) },
	images: KLING_IMAGES,
	billing: 'per_second',
};
const kling3 = {
	...kling,
	fields: {
		...kling.fields,
		quality: oneOf('720p', '1080p', '4k'),
		sound: oneOf('off', 'on'),
	},
	rules: [shotsFillDuration],
} satisfies DocumentedModel;
const klingTurbo: DocumentedModel = {
	...kling,
	fields: { ...kling.fields, quality: oneOf('720p', '1080p') },
	images: { megabytes: 50, takesWebp: false },
};
const imagesAndElements = (body: Readonly<Record<string, unknown>>) =>
	['image_start', 'image_end'].filter((name) => body[name] !== undefined).length +
	countOf(body.image_urls) +
	countOf(paramsOf(body).element_list);
const KLING = [
	...family(
		'kling-v3',
		{ ...kling3, fields: { ...kling3.fields, negative_prompt: text() } },
		{
			fields: { aspect_ratio: KLING_RATIOS, ...shots(anyShotType) },
			rules: [promptUnlessShots],
		},
		{ fields: { ...startAndEnd, ...shots(anyShotType, elements(3)) } },
	),
	...family(
		'kling-v3-turbo',
		klingTurbo,
		{ fields: { prompt: prompt(2500), aspect_ratio: KLING_RATIOS } },
		{ fields: { image_start: required(link) } },
	),
	...family(
		'kling-o3',
		{
			...kling3,
			fields: {
				...kling3.fields,
				aspect_ratio: KLING_RATIOS,
				...shots(oneOf('customize'), elements(7)),
			},
			rules: [...kling3.rules, promptUnlessShots],
		},
		{},
		{
			fields: { image_start: link, image_end: link, image_urls: links(0, 7) },
			rules: [
				lastNeedsFirst,
				// The schema asks for no image at all, which the mode cannot mean.
				rule(
					'image_start',
					'an image is needed, here or in image_urls',
					({ image_start, image_urls }) => image_start === undefined && countOf(image_urls) === 0,
				),
				rule(
					'image_end',
					'not with more than 2 images',
					({ image_end, image_urls }) => image_end !== undefined && countOf(image_urls) > 2,
				),
				rule(
					'model_params.element_list',
					'at most 3 with a first frame',
					(body) => body.image_start !== undefined && countOf(paramsOf(body).element_list) > 3,
				),
				rule(
					'image_urls',
					'images and elements are at most 7 together',
					(body) => imagesAndElements(body) > 7,
				),
			],
		},
	),
];

// seedance2.0/<ID>, seedance2.5/<ID>
const SEEDANCE_RATIOS = oneOf('adaptive', '16:9', '9:16', '1:1', '4:3', '3:4', '21:9');
const seedanceShared: Fields = {
	prompt: prompt(10_000),
	aspect_ratio: SEEDANCE_RATIOS,
	generate_audio: flag(true),
	content_filter: flag(true),
};
const webSearch = { model_params: object({ web_search: flag(false) }) };
const searchKeepsFilter = rule(
	'content_filter',
	'false is not allowed together with model_params.web_search',
	(body) => body.content_filter === false && paramsOf(body).web_search === true,
);
const seedance = (value: string, limits: Fields, fromText: Fields, rules: readonly Rule[] = []) =>
	family(
		value,
		{
			fields: { ...seedanceShared, ...limits },
			rules: [searchKeepsFilter, ...rules],
			billing: 'per_second',
		},
		{ fields: fromText },
		{
			fields: {
				image_urls: required(links(1, 2)),
				...(value === 'seedance-2.5' ? { aspect_ratio: oneOf('adaptive') } : {}),
			},
		},
	);
const seedance20 = { duration: whole(4, 15, { byDefault: 5 }) };
const upTo4k = { quality: oneOf('720p', '480p', '1080p', '4k') };
const upTo720p = { quality: oneOf('720p', '480p') };
const SEEDANCE: Array<[string, DocumentedModel]> = [
	...seedance(
		'seedance-2.5',
		{
			quality: oneOf('720p', '480p', '1080p'),
			duration: whole(4, 30, { byDefault: 5, or: [-1] }),
			draft: flag(false),
			output_format: oneOf('mp4', 'mov'),
		},
		webSearch,
		[
			rule(
				'quality',
				'a draft takes 480p only',
				({ draft, quality }) => draft === true && quality !== undefined && quality !== '480p',
			),
		],
	),
	...seedance('seedance-2.0', { ...seedance20, ...upTo4k }, webSearch),
	[
		'seedance-2.0-reference-to-video',
		{
			fields: {
				...seedanceShared,
				...seedance20,
				...upTo4k,
				image_urls: links(0, 9),
				video_urls: links(0, 3),
				audio_urls: links(0, 3),
			},
			rules: [
				rule(
					'audio_urls',
					'not alone: an image or a video is needed',
					({ image_urls, video_urls, audio_urls }) =>
						countOf(audio_urls) > 0 && countOf(image_urls) + countOf(video_urls) === 0,
				),
			],
			billing: 'per_second',
		},
	],
	...seedance('seedance-2.0-fast', { ...seedance20, ...upTo720p }, webSearch),
	...seedance('seedance-2.0-mini', { ...seedance20, ...upTo720p }, {}),
];

// wan3.0/<ID>, wan2.7/<ID>. A longer prompt is cut by the service; here it is refused.
const wan30: DocumentedModel = {
	fields: {
		quality: oneOf('720p', '480p', '1080p'),
		duration: whole(2, 30, { byDefault: 5, or: [-1] }),
		aspect_ratio: oneOf('adaptive', '16:9', '9:16', '1:1', '4:3', '3:4'),
		generate_audio: flag(true),
		seed: whole(0, 2_147_483_647),
	},
	billing: 'per_second',
};
const wan30Modes = [
	{ fields: { prompt: prompt(20_000) } },
	// No limit is stated for this mode; the other's is taken.
	{ fields: { prompt: text(20_000), ...startAndEnd } },
] as const;
const wan27: DocumentedModel = {
	fields: {
		quality: oneOf('720p', '1080p'),
		duration: whole(2, 15, { byDefault: 5 }),
		negative_prompt: text(500),
		seed: whole(1, 2_147_483_647),
		prompt_extend: flag(false),
		audio_urls: links(0, 1),
	},
	billing: 'per_second',
};
const WAN = [
	...family('wan3.0', wan30, ...wan30Modes),
	...family('wan3.0-prime', wan30, ...wan30Modes),
	...family(
		'wan2.7',
		wan27,
		{
			fields: {
				prompt: prompt(5000),
				aspect_ratio: oneOf('16:9', '9:16', '1:1', '4:3', '3:4'),
			},
		},
		{
			fields: {
				prompt: text(5000),
				image_start: link,
				image_end: link,
				video_urls: links(0, 1),
				generation_mode: oneOf('first_frame', 'first_last_frame', 'video_continuation'),
			},
			rules: [
				lastNeedsFirst,
				rule(
					'image_start',
					'is required, but to continue a video',
					({ image_start, video_urls }) => image_start === undefined && countOf(video_urls) === 0,
				),
				rule(
					'video_urls',
					'only with generation_mode video_continuation',
					({ video_urls, generation_mode = 'video_continuation' }) =>
						countOf(video_urls) > 0 && generation_mode !== 'video_continuation',
				),
				rule(
					'audio_urls',
					'not with a video',
					({ audio_urls, video_urls }) => countOf(audio_urls) > 0 && countOf(video_urls) > 0,
				),
			],
		},
	),
];

// gemini-omni-1.1-flash/<ID>: no other field than these is taken.
const GEMINI = family(
	'gemini-omni-1.1-flash',
	{
		fields: {
			prompt: prompt(),
			quality: oneOf('720p', '360p', '1080p', '4k'),
			duration: whole(3, 10, { byDefault: 3 }),
			aspect_ratio: oneOf('auto', '16:9', '9:16'),
		},
		alwaysSounds: true,
		billing: 'per_token',
		firstStatus: 'processing',
	},
	{},
	{ fields: { image_urls: required(links(1, 2)) } },
);

// happyhorse1.1/<ID>. A longer prompt is cut by the service; here it is refused.
const happyHorse: DocumentedModel = {
	fields: {
		quality: oneOf('720p', '1080p'),
		duration: whole(3, 15, { byDefault: 5 }),
		seed: whole(1, 2_147_483_647),
	},
	images: IMAGES_10_MB,
	billing: 'per_second',
};
const HAPPY_HORSE = family(
	'happyhorse-1.1',
	happyHorse,
	{
		fields: {
			prompt: required(text(5000, 1, chineseTwice)),
			aspect_ratio: oneOf('16:9', '9:16', '1:1', '4:3', '3:4', '4:5', '5:4', '9:21', '21:9'),
		},
	},
	{ fields: { prompt: text(5000, 0, chineseTwice), image_urls: required(links(1, 1)) } },
);

// grok/<ID>: no image, a first frame, or up to seven references.
const GROK: Array<[string, DocumentedModel]> = [
	[
		'grok-imagine-video-1.5-preview',
		{
			fields: {
				prompt: prompt(4096),
				image_urls: links(0, 7),
				quality: oneOf('480p', '720p', '1080p'),
				duration: whole(1, 15, { byDefault: 6 }),
				aspect_ratio: oneOf('auto', '16:9', '9:16', '1:1', '3:2', '2:3'),
			},
			rules: [
				rule(
					'quality',
					'1080p not with 2 or more images',
					({ quality, image_urls }) => quality === '1080p' && countOf(image_urls) >= 2,
				),
			],
			images: IMAGES_10_MB,
			billing: 'per_second',
		},
	],
];

/** By API ID. */
export const DOCUMENTED_MODELS: ReadonlyMap<string, DocumentedModel> = new Map([
	...HAILUO,
	...MINIMAX_H3,
	...KLING,
	...SEEDANCE,
	...WAN,
	...GEMINI,
	...HAPPY_HORSE,
	...GROK,
]);
