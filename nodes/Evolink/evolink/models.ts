import { countCharacters } from './camera';
import { inputFailure, quotedName } from './failure';

/** An image format that the File API takes. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif';

/** What a model demands of an image; what is left out is not limited. */
export interface ImageRules {
	formats: readonly ImageFormat[];
	/** At most what the File API takes, 20 MB. */
	maxBytes: number;
	shortestSidePx?: number;
	longestSidePx?: number;
	/** The most different sides that are allowed, either way round. */
	mostDifferentSides?: readonly [long: number, short: number];
	/** The formats that must come without transparency. */
	opaqueFormats?: readonly ImageFormat[];
	/** Whether format and size are all that counts. */
	isAnyTaken?: true;
}

/** None makes a video from text alone; two are its first and its last frame. */
export type ImageCount = 0 | 1 | 2;

/** One value of the Quality drop-down. */
export interface Quality {
	value: string;
	/** Absent: those of the model. */
	durationsSeconds?: readonly number[];
	/** Absent: with as many images as the model takes. */
	imageCounts?: readonly ImageCount[];
}

/** Both ends belong to it; whole numbers only. */
interface Range {
	from: number;
	to: number;
}

/** What one row of the Model drop-down accepts. */
export interface VideoModel {
	/** What workflows store; it never changes. */
	id: string;
	displayName: string;
	/** What it is good for, in one line of the list. */
	description: string;
	/** What the API's own ID has behind the row's, without and with an image. */
	suffixes: readonly [withoutImage: string, withImage: string];
	imageCounts: readonly ImageCount[];
	/** Where the frames go: both into a list, or each into a field of its own. */
	framesIn: 'image_urls' | 'image_start';
	image: ImageRules;
	/** With how many images it requires a prompt. */
	promptRequiredFor: readonly ImageCount[];
	/** Longest prompt, camera commands included, in Unicode characters; absent: not documented. */
	promptMaxCharacters?: number;
	/** Whether a Chinese character counts as two. */
	countsChineseTwice?: true;
	camera: 'brackets' | 'sentence';
	qualities: readonly Quality[];
	defaultQuality: string;
	/** The values to choose from, or the shortest and the longest. */
	durationsSeconds: readonly number[] | Range;
	defaultDurationSeconds: number;
	/** What can be chosen without and with an image, the default first; empty: no choice. */
	aspectRatios: Readonly<Record<'withoutImage' | 'withImage', readonly string[]>>;
	/** The switch of the sound; absent: there is none. */
	sound?: { field: 'generate_audio' | 'sound'; isOnByDefault: boolean };
	/** Whether its videos have sound where there is no switch; absent: not documented. */
	hasSound?: boolean;
	seed?: Range;
	negativePrompt?: { maxCharacters?: number };
	/** What it takes in `model_params`. */
	params: ReadonlyArray<'prompt_optimizer' | 'fast_pretreatment'>;
	/** The page of Evolink's documentation that says so, below {@link DOCUMENTATION}. */
	page: string;
}

/** Where the pages of the models are. */
export const DOCUMENTATION = 'https://evolink.ai/docs/en/api-manual/video-series/';

/**
 * 20 MB as the API counts it is not documented; the larger reading is used, because an upload
 * costs nothing and an image that the API would take must not be refused here.
 */
const MEGABYTE = 1024 * 1024;
const USUAL_FORMATS = ['jpeg', 'png', 'webp'] as const;
const USUAL_IMAGE = {
	formats: USUAL_FORMATS,
	maxBytes: 20 * MEGABYTE,
	shortestSidePx: 300,
	mostDifferentSides: [5, 2],
} as const;
const KLING_IMAGE = { ...USUAL_IMAGE, formats: ['jpeg', 'png'], maxBytes: 10 * MEGABYTE } as const;

const qualities = (...values: string[]): Quality[] => values.map((value) => ({ value }));

const NO_RATIO = { withoutImage: [], withImage: [] };
const fromTextOnly = (...ratios: string[]) => ({ withoutImage: ratios, withImage: [] });
const always = (...ratios: string[]) => ({ withoutImage: ratios, withImage: ratios });

/** What most families share. */
const USUAL = {
	suffixes: ['-text-to-video', '-image-to-video'],
	imageCounts: [0, 1, 2],
	framesIn: 'image_urls',
	image: USUAL_IMAGE,
	promptRequiredFor: [0, 1, 2],
	camera: 'sentence',
	qualities: qualities('480p', '720p', '1080p'),
	defaultQuality: '720p',
	defaultDurationSeconds: 5,
	aspectRatios: NO_RATIO,
	params: [],
} as const;

const HAILUO = {
	...USUAL,
	suffixes: ['', ''],
	image: { ...USUAL_IMAGE, shortestSidePx: 301 },
	promptMaxCharacters: 2000,
	camera: 'brackets',
	hasSound: false,
	qualities: [{ value: '768p' }, { value: '1080p', durationsSeconds: [6] }],
	defaultQuality: '768p',
	durationsSeconds: [6, 10],
	defaultDurationSeconds: 6,
	params: ['prompt_optimizer', 'fast_pretreatment'],
} as const;

const H3 = {
	...USUAL,
	framesIn: 'image_start',
	image: { ...USUAL_IMAGE, shortestSidePx: 256, longestSidePx: 5760 },
	promptMaxCharacters: 7000,
	qualities: qualities('480p', '768p'),
	defaultQuality: '768p',
	durationsSeconds: { from: 5, to: 15 },
	aspectRatios: fromTextOnly('16:9', '21:9', '4:3', '1:1', '3:4', '9:16'),
} as const;

const KLING = {
	...USUAL,
	framesIn: 'image_start',
	image: KLING_IMAGE,
	promptMaxCharacters: 2500,
	qualities: qualities('720p', '1080p', '4k'),
	durationsSeconds: { from: 3, to: 15 },
	aspectRatios: fromTextOnly('16:9', '9:16', '1:1'),
} as const;

const SEEDANCE = {
	...USUAL,
	image: { ...USUAL_IMAGE, longestSidePx: 6000 },
	promptMaxCharacters: 10_000,
	durationsSeconds: { from: 4, to: 15 },
	aspectRatios: always('adaptive', '16:9', '9:16', '1:1', '4:3', '3:4', '21:9'),
	sound: { field: 'generate_audio', isOnByDefault: true },
} as const;

const WAN = {
	...USUAL,
	framesIn: 'image_start',
	image: {
		...USUAL_IMAGE,
		shortestSidePx: 240,
		longestSidePx: 8000,
		mostDifferentSides: [8, 1],
		opaqueFormats: ['png'],
	},
	promptRequiredFor: [0],
} as const;

const WAN_3 = {
	...WAN,
	promptMaxCharacters: 20_000,
	durationsSeconds: { from: 2, to: 30 },
	aspectRatios: always('adaptive', '16:9', '9:16', '1:1', '4:3', '3:4'),
	sound: { field: 'generate_audio', isOnByDefault: true },
	seed: { from: 0, to: 2_147_483_647 },
} as const;

/**
 * The models that the node offers, one row for a family. The fields, the checks, what is sent and the
 * tables in the documents all come from here, so that another family is one more row.
 */
export const VIDEO_MODELS: readonly VideoModel[] = [
	{
		...HAILUO,
		id: 'MiniMax-Hailuo-2.3-Fast',
		displayName: 'MiniMax Hailuo 2.3 Fast',
		description: 'One image comes to life, with or without words; silent; up to 10 seconds',
		imageCounts: [1],
		promptRequiredFor: [],
		params: ['prompt_optimizer'],
		page: 'hailuo/hailuo-2-3-fast-video-generate',
	},
	{
		...HAILUO,
		id: 'MiniMax-Hailuo-2.3',
		displayName: 'MiniMax Hailuo 2.3',
		description: 'Lifelike movement, from an image or text; silent; up to 10 seconds',
		imageCounts: [0, 1],
		promptRequiredFor: [0, 1],
		page: 'hailuo/hailuo-2-3-video-generate',
	},
	{
		...HAILUO,
		id: 'MiniMax-Hailuo-02',
		displayName: 'MiniMax Hailuo 02',
		description:
			'Connected clips by a first and a last frame, small drafts; silent; up to 10 seconds',
		promptRequiredFor: [0],
		qualities: [
			{ value: '512p', imageCounts: [1] },
			{ value: '768p' },
			{ value: '1080p', durationsSeconds: [6] },
		],
		page: 'hailuo/hailuo-02-video-generate',
	},
	{
		...H3,
		id: 'minimax-h3',
		displayName: 'MiniMax H3',
		description: 'Fine detail up to 2K; up to 15 seconds',
		qualities: qualities('768p', '2k'),
		durationsSeconds: { from: 4, to: 15 },
		defaultDurationSeconds: 4,
		page: 'minimax/minimax-h3/h3/minimax-h3-text-to-video',
	},
	{
		...H3,
		id: 'minimax-h3-max',
		displayName: 'MiniMax H3 Max',
		description: 'Long, complex scenes; up to 15 seconds',
		page: 'minimax/minimax-h3/h3-max/minimax-h3-max-text-to-video',
	},
	{
		...H3,
		id: 'minimax-h3-max-turbo',
		displayName: 'MiniMax H3 Max Turbo',
		description: 'As H3 Max, for less waiting; up to 15 seconds',
		page: 'minimax/minimax-h3/h3-max-turbo/minimax-h3-max-turbo-text-to-video',
	},
	{
		...KLING,
		id: 'kling-v3',
		displayName: 'Kling 3.0',
		description: 'Cinematic scenes up to 4K; sound on request; up to 15 seconds',
		promptRequiredFor: [0],
		sound: { field: 'sound', isOnByDefault: false },
		negativePrompt: {},
		page: 'kling/kling-v3-text-to-video',
	},
	{
		...KLING,
		id: 'kling-v3-turbo',
		displayName: 'Kling 3.0 Turbo',
		description: 'As Kling 3.0, for less waiting; no choice of sound; up to 15 seconds',
		imageCounts: [0, 1],
		image: { ...KLING_IMAGE, maxBytes: 20 * MEGABYTE },
		promptRequiredFor: [0],
		qualities: qualities('720p', '1080p'),
		page: 'kling/kling-v3-turbo-text-to-video',
	},
	{
		...KLING,
		id: 'kling-o3',
		displayName: 'Kling O3',
		description: 'Follows the words closely, up to 4K; sound on request; up to 15 seconds',
		aspectRatios: always('16:9', '9:16', '1:1'),
		sound: { field: 'sound', isOnByDefault: false },
		page: 'kling/kling-o3-text-to-video',
	},
	{
		...SEEDANCE,
		id: 'seedance-2.5',
		displayName: 'Seedance 2.5',
		description: 'Stories with sound and speech; up to 30 seconds',
		durationsSeconds: { from: 4, to: 30 },
		aspectRatios: fromTextOnly(...SEEDANCE.aspectRatios.withoutImage),
		page: 'seedance2.5/seedance-2.5-text-to-video',
	},
	{
		...SEEDANCE,
		id: 'seedance-2.0',
		displayName: 'Seedance 2.0',
		description: 'Scenes with sound and speech, up to 4K; up to 15 seconds',
		qualities: qualities('480p', '720p', '1080p', '4k'),
		page: 'seedance2.0/seedance-2.0-text-to-video',
	},
	{
		...SEEDANCE,
		id: 'seedance-2.0-fast',
		displayName: 'Seedance 2.0 Fast',
		description: 'Social clips with sound, for less waiting; up to 15 seconds',
		qualities: qualities('480p', '720p'),
		page: 'seedance2.0/seedance-2.0-fast-text-to-video',
	},
	{
		...SEEDANCE,
		id: 'seedance-2.0-mini',
		displayName: 'Seedance 2.0 Mini',
		description: 'Drafts and many variants with sound; up to 15 seconds',
		qualities: qualities('480p', '720p'),
		page: 'seedance2.0/seedance-2.0-mini-text-to-video',
	},
	{
		...WAN_3,
		id: 'wan3.0',
		displayName: 'Wan 3.0',
		description: 'Long clips with sound, from very long prompts; up to 30 seconds',
		page: 'wan3.0/wan3.0-text-to-video',
	},
	{
		...WAN_3,
		id: 'wan3.0-prime',
		displayName: 'Wan 3.0 Prime',
		description: 'As Wan 3.0, with more detail; up to 30 seconds',
		page: 'wan3.0/wan3.0-prime-text-to-video',
	},
	{
		...WAN,
		id: 'wan2.7',
		displayName: 'Wan 2.7',
		description: 'Says what must not appear, too (negative prompt); up to 15 seconds',
		promptMaxCharacters: 5000,
		qualities: qualities('720p', '1080p'),
		durationsSeconds: { from: 2, to: 15 },
		aspectRatios: fromTextOnly('16:9', '9:16', '1:1', '4:3', '3:4'),
		seed: { from: 1, to: 2_147_483_647 },
		negativePrompt: { maxCharacters: 500 },
		page: 'wan2.7/wan2.7-text-to-video',
	},
	{
		...USUAL,
		id: 'gemini-omni-1.1-flash',
		displayName: 'Gemini Omni Flash 1.1',
		description: 'Short clips, always with sound; up to 10 seconds',
		image: { formats: USUAL_FORMATS, maxBytes: 20 * MEGABYTE },
		qualities: qualities('360p', '720p', '1080p', '4k'),
		durationsSeconds: { from: 3, to: 10 },
		defaultDurationSeconds: 3,
		aspectRatios: always('auto', '16:9', '9:16'),
		hasSound: true,
		page: 'gemini-omni-1.1-flash/gemini-omni-1.1-flash-text-to-video',
	},
	{
		...USUAL,
		id: 'happyhorse-1.1',
		displayName: 'HappyHorse 1.1',
		description: 'Nine shapes from text, for every channel; up to 15 seconds',
		imageCounts: [0, 1],
		image: { ...USUAL_IMAGE, maxBytes: 10 * MEGABYTE },
		promptRequiredFor: [0],
		promptMaxCharacters: 5000,
		countsChineseTwice: true,
		qualities: qualities('720p', '1080p'),
		durationsSeconds: { from: 3, to: 15 },
		aspectRatios: fromTextOnly(
			...['16:9', '9:16', '1:1', '4:3', '3:4', '4:5', '5:4', '9:21', '21:9'],
		),
		seed: { from: 1, to: 2_147_483_647 },
		page: 'happyhorse1.1/happyhorse-1.1-text-to-video',
	},
	{
		...USUAL,
		id: 'grok-imagine-video-1.5-preview',
		displayName: 'Grok Imagine 1.5',
		description: 'Very short clips, too: from 1 up to 15 seconds',
		suffixes: ['', ''],
		imageCounts: [0, 1],
		image: { formats: USUAL_FORMATS, maxBytes: 10 * MEGABYTE },
		promptRequiredFor: [0, 1],
		promptMaxCharacters: 4096,
		defaultQuality: '480p',
		durationsSeconds: { from: 1, to: 15 },
		defaultDurationSeconds: 6,
		aspectRatios: fromTextOnly('auto', '16:9', '9:16', '1:1', '3:2', '2:3'),
		page: 'grok/grok-imagine-video-1.5-preview',
	},
];

/** What a video should look like; the images come apart, since they may have to be uploaded. */
export interface VideoSettings {
	/** The whole prompt, camera commands included; may be empty. */
	prompt: string;
	quality: string;
	durationSeconds: number;
	/** What follows is undefined for a model that does not have it. */
	aspectRatio?: string;
	generateAudio?: boolean;
	negativePrompt?: string;
	seed?: number;
	promptOptimizer?: boolean;
	fastPretreatment?: boolean;
}

function quotedList(values: readonly string[]): string {
	return values.map((value) => `'${value}'`).join(', ');
}

/**
 * Returns the model of that name.
 *
 * @throws EvolinkFailure that names the models there are
 */
export function findModel(id: string, models: readonly VideoModel[] = VIDEO_MODELS): VideoModel {
	const model = models.find((one) => one.id === id);
	if (model !== undefined) return model;
	throw inputFailure(
		`'Model' has an unknown value: '${quotedName(id)}'`,
		`Choose ${quotedList(models.map((one) => one.id))}.`,
	);
}

/** Returns the qualities that a model offers with so many images. */
export function qualitiesFor({ qualities: all }: VideoModel, imageCount: ImageCount): Quality[] {
	return all.filter(({ imageCounts }) => imageCounts?.includes(imageCount) ?? true);
}

/** Returns the shapes to choose from, the default first; empty where there is no choice. */
export function aspectRatiosFor(model: VideoModel, imageCount: ImageCount): readonly string[] {
	return model.aspectRatios[imageCount === 0 ? 'withoutImage' : 'withImage'];
}

/** Returns the durations that a quality allows, in seconds. */
export function durationsFor(
	{ durationsSeconds }: VideoModel,
	quality: Quality | undefined,
): readonly number[] | Range {
	return quality?.durationsSeconds ?? durationsSeconds;
}

/** Returns whether a number belongs to the values or the range. */
export function isAmong(values: readonly number[] | Range, value: number): boolean {
	if (!('from' in values)) return values.includes(value);
	return Number.isInteger(value) && value >= values.from && value <= values.to;
}

/** Returns the values or the range in words: "6 or 10", "from 4 to 15". */
export function inWords(values: readonly number[] | Range): string {
	return 'from' in values ? `from ${values.from} to ${values.to}` : values.join(' or ');
}

/**
 * Checks that the model can do what the settings ask for.
 *
 * @param hasWords whether the prompt has words of the user's beside camera commands
 * @throws EvolinkFailure that names the field, what is allowed, and the model
 */
export function checkSettings(
	model: VideoModel,
	settings: VideoSettings,
	imageCount: ImageCount,
	hasWords = settings.prompt !== '',
): void {
	checkQuality(model, settings, imageCount);
	// Camera commands alone say nothing of a video without an image.
	const hasPrompt = imageCount === 0 ? hasWords : settings.prompt !== '';
	checkPrompt(model, settings.prompt, hasPrompt || !model.promptRequiredFor.includes(imageCount));
	const { displayName, negativePrompt, seed } = model;
	const ratios = aspectRatiosFor(model, imageCount);
	const { aspectRatio } = settings;
	if (aspectRatio !== undefined && !ratios.includes(aspectRatio)) {
		throw inputFailure(
			`'Aspect Ratio' has a value that ${displayName} does not offer: '${quotedName(aspectRatio)}'`,
			`Choose ${quotedList(ratios)}.`,
		);
	}
	if (seed !== undefined && settings.seed !== undefined && !isAmong(seed, settings.seed)) {
		throw inputFailure(
			`'Seed' cannot be ${settings.seed} with ${displayName}`,
			`Choose a whole number ${inWords(seed)}.`,
		);
	}
	const most = negativePrompt?.maxCharacters ?? Infinity;
	const characters = countCharacters(settings.negativePrompt ?? '');
	if (characters > most) {
		throw inputFailure(
			`'Negative Prompt' is too long: ${characters} characters`,
			`${displayName} takes at most ${most}. Shorten it.`,
		);
	}
}

function checkQuality(model: VideoModel, settings: VideoSettings, imageCount: ImageCount): void {
	const offered = qualitiesFor(model, imageCount);
	const quality = offered.find(({ value }) => value === settings.quality);
	if (quality === undefined) {
		const isOther = model.qualities.some(({ value }) => value === settings.quality);
		const withWhat = ['without an image', 'with one image', 'with a first and a last frame'];
		throw inputFailure(
			isOther
				? `'Quality' of ${model.displayName} cannot be ${settings.quality} ${withWhat[imageCount]}`
				: `'Quality' has a value that ${model.displayName} does not offer: '${quotedName(settings.quality)}'`,
			`Choose ${quotedList(offered.map(({ value }) => value))}.`,
		);
	}
	const { durationSeconds } = settings;
	const possible = durationsFor(model, quality);
	if (isAmong(possible, durationSeconds)) return;
	const others = offered.filter((one) => isAmong(durationsFor(model, one), durationSeconds));
	const orQuality =
		others.length === 0
			? ''
			: `, or set 'Quality' to ${quotedList(others.map(({ value }) => value))}`;
	throw inputFailure(
		`'Duration' cannot be ${durationSeconds} seconds with ${model.displayName} and the quality ${quality.value}`,
		`Choose ${inWords(possible)} seconds${orQuality}.`,
	);
}

function checkPrompt(model: VideoModel, prompt: string, isEnough: boolean): void {
	const { displayName, promptMaxCharacters: most = Infinity, countsChineseTwice } = model;
	if (!isEnough) {
		throw inputFailure(
			`'Prompt' is empty, but ${displayName} needs one`,
			'Describe what happens in the video, or check the expression that fills the field.',
		);
	}
	const chinese = countsChineseTwice ? (prompt.match(/\p{Script=Han}/gu)?.length ?? 0) : 0;
	const characters = countCharacters(prompt) + chinese;
	if (characters <= most) return;
	const counted = countsChineseTwice ? '; a Chinese character counts as two' : '';
	throw inputFailure(
		`The prompt is too long: ${characters} characters`,
		`${displayName} takes at most ${most}, including camera commands${counted}. Shorten 'Prompt'.`,
	);
}
