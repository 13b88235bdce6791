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
}

/** None makes a video from text alone; two are its first and its last frame. */
export type ImageCount = 0 | 1 | 2;

/** One value of the Quality drop-down and what goes with it. */
export interface QualityOption {
	value: string;
	description: string;
	durationsSeconds: readonly number[];
	/** Absent: with as many images as the model takes. */
	imageCounts?: readonly ImageCount[];
}

/** What one model accepts. */
export interface VideoModel {
	/** The name that the API knows the model by. */
	id: string;
	displayName: string;
	description: string;
	imageCounts: readonly ImageCount[];
	/** With how many images it requires a prompt. */
	promptRequiredFor: readonly ImageCount[];
	hasFastPretreatment: boolean;
	qualities: readonly QualityOption[];
	defaultQuality: string;
	defaultDurationSeconds: number;
	/** Longest prompt, camera commands included, in Unicode characters. */
	promptMaxCharacters: number;
	image: ImageRules;
}

/**
 * 20 MB as the API counts it is not documented; the larger reading is used, because an upload
 * costs nothing and an image that the API would take must not be refused here.
 */
const TWENTY_MB = 20 * 1024 * 1024;

const IMAGE_RULES: ImageRules = {
	formats: ['jpeg', 'png', 'webp'],
	maxBytes: TWENTY_MB,
	shortestSidePx: 301,
	mostDifferentSides: [5, 2],
};

const P512: QualityOption = {
	value: '512p',
	description: 'Small, for drafts; with exactly one image; 6 or 10 seconds',
	durationsSeconds: [6, 10],
	imageCounts: [1],
};
const P768: QualityOption = {
	value: '768p',
	description: 'Good for most social media; 6 or 10 seconds',
	durationsSeconds: [6, 10],
};
const P1080: QualityOption = {
	value: '1080p',
	description: 'Full HD; 6 seconds only',
	durationsSeconds: [6],
};

const ALL_MODELS = {
	defaultQuality: '768p',
	defaultDurationSeconds: 6,
	promptMaxCharacters: 2000,
	image: IMAGE_RULES,
};

/**
 * The models that the node offers. The drop-downs, the checks before a request and the table in
 * the README all come from here, so that another model is one more row.
 *
 * Source: the API's own descriptions of the three models.
 */
export const VIDEO_MODELS: readonly VideoModel[] = [
	{
		...ALL_MODELS,
		id: 'MiniMax-Hailuo-2.3-Fast',
		displayName: 'MiniMax Hailuo 2.3 Fast',
		description: 'The quickest; turns one image into a video, with or without a prompt',
		imageCounts: [1],
		promptRequiredFor: [],
		hasFastPretreatment: false,
		qualities: [P768, P1080],
	},
	{
		...ALL_MODELS,
		id: 'MiniMax-Hailuo-2.3',
		displayName: 'MiniMax Hailuo 2.3',
		description: 'The most lifelike movement; from an image or from text alone; needs a prompt',
		imageCounts: [0, 1],
		promptRequiredFor: [0, 1],
		hasFastPretreatment: true,
		qualities: [P768, P1080],
	},
	{
		...ALL_MODELS,
		id: 'MiniMax-Hailuo-02',
		displayName: 'MiniMax Hailuo 02',
		description: 'The one for connected clips: takes a first and a last frame, also small drafts',
		imageCounts: [0, 1, 2],
		promptRequiredFor: [0],
		hasFastPretreatment: true,
		qualities: [P512, P768, P1080],
	},
];

/** What a video should look like; the images come apart, since they may have to be uploaded. */
export interface VideoSettings {
	model: string;
	/** The whole prompt, camera commands included; may be empty. */
	prompt: string;
	quality: string;
	durationSeconds: number;
	promptOptimizer: boolean;
	/** Undefined for a model that does not have it. */
	fastPretreatment: boolean | undefined;
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
export function qualitiesFor(model: VideoModel, imageCount: ImageCount): QualityOption[] {
	return model.qualities.filter(({ imageCounts }) => imageCounts?.includes(imageCount) ?? true);
}

/**
 * Checks that the model can do what the settings ask for.
 *
 * @throws EvolinkFailure that names the field
 */
export function checkSettings(
	model: VideoModel,
	settings: VideoSettings,
	imageCount: ImageCount,
): void {
	const { durationSeconds, prompt } = settings;
	const qualities = qualitiesFor(model, imageCount);
	const quality = qualities.find(({ value }) => value === settings.quality);
	if (quality === undefined) {
		const isOther = model.qualities.some(({ value }) => value === settings.quality);
		const withWhat = ['without an image', 'with one image', 'with a first and a last frame'];
		throw inputFailure(
			isOther
				? `'Quality' cannot be ${settings.quality} ${withWhat[imageCount]}`
				: `'Quality' has a value that ${model.displayName} does not offer: '${quotedName(settings.quality)}'`,
			`Choose ${quotedList(qualities.map(({ value }) => value))}.`,
		);
	}
	if (!quality.durationsSeconds.includes(durationSeconds)) {
		const possible = quality.durationsSeconds.join(' or ');
		const others = qualities
			.filter(({ durationsSeconds }) => durationsSeconds.includes(durationSeconds))
			.map(({ value }) => value);
		throw inputFailure(
			`'Duration' cannot be ${durationSeconds} seconds with the quality ${quality.value}`,
			others.length === 0
				? `Choose ${possible} seconds.`
				: `Choose ${possible} seconds, or set 'Quality' to ${quotedList(others)}.`,
		);
	}
	if (prompt === '' && model.promptRequiredFor.includes(imageCount)) {
		throw inputFailure(
			`'Prompt' is empty, but ${model.displayName} needs one`,
			'Describe what happens in the video, or check the expression that fills the field.',
		);
	}
	const characters = countCharacters(prompt);
	if (characters > model.promptMaxCharacters) {
		throw inputFailure(
			`The prompt is too long: ${characters} characters`,
			`At most ${model.promptMaxCharacters} are allowed, including camera commands. Shorten 'Prompt'.`,
		);
	}
}
