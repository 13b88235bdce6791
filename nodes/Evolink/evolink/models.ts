import { countCharacters } from './camera';
import { inputFailure, quotedName } from './failure';

/** An image format that a model can read. */
export type ImageFormat = 'jpeg' | 'png' | 'webp';

/** What a model demands of an image. */
export interface ImageRules {
	formats: readonly ImageFormat[];
	maxBytes: number;
	/** The shorter side must be longer than this. */
	shortEdgeAbovePx: number;
	/** The most different width and height that are allowed, as a ratio. */
	narrowest: readonly [width: number, height: number];
	widest: readonly [width: number, height: number];
}

/** One value of the Quality drop-down and the durations that go with it. */
export interface QualityOption {
	value: string;
	description: string;
	durationsSeconds: readonly number[];
}

/** What one model accepts for turning an image into a video. */
export interface VideoModel {
	/** The name that the API knows the model by. */
	id: string;
	displayName: string;
	description: string;
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

/**
 * The models that the node offers. The drop-downs, the checks before a request and the table in
 * the README all come from here, so that a sister model is one more row.
 *
 * Source: the API's own description of MiniMax-Hailuo-2.3-Fast (image to video only).
 */
export const VIDEO_MODELS: readonly VideoModel[] = [
	{
		id: 'MiniMax-Hailuo-2.3-Fast',
		displayName: 'MiniMax Hailuo 2.3 Fast',
		description: 'The quickest Hailuo model: turns one image into a video',
		qualities: [
			{
				value: '768p',
				description: 'Good for most social media; 6 or 10 seconds',
				durationsSeconds: [6, 10],
			},
			{
				value: '1080p',
				description: 'Full HD; 6 seconds only',
				durationsSeconds: [6],
			},
		],
		defaultQuality: '768p',
		defaultDurationSeconds: 6,
		promptMaxCharacters: 2000,
		image: {
			formats: ['jpeg', 'png', 'webp'],
			maxBytes: TWENTY_MB,
			shortEdgeAbovePx: 300,
			narrowest: [2, 5],
			widest: [5, 2],
		},
	},
];

/** What a video should look like; the image comes apart, since it may have to be uploaded. */
export interface VideoSettings {
	model: string;
	/** The whole prompt, camera commands included; may be empty. */
	prompt: string;
	quality: string;
	durationSeconds: number;
	promptOptimizer: boolean;
}

function quotedList(values: readonly string[]): string {
	return values.map((value) => `'${value}'`).join(', ');
}

/**
 * Returns the model if it can do what the settings ask for.
 *
 * @throws EvolinkFailure that names the field
 */
export function checkSettings(
	settings: VideoSettings,
	models: readonly VideoModel[] = VIDEO_MODELS,
): VideoModel {
	const model = models.find(({ id }) => id === settings.model);
	if (model === undefined) {
		throw inputFailure(
			`'Model' has an unknown value: '${quotedName(settings.model)}'`,
			`Choose ${quotedList(models.map(({ id }) => id))}.`,
		);
	}
	const quality = model.qualities.find(({ value }) => value === settings.quality);
	if (quality === undefined) {
		throw inputFailure(
			`'Quality' has a value that ${model.displayName} does not offer: '${quotedName(settings.quality)}'`,
			`Choose ${quotedList(model.qualities.map(({ value }) => value))}.`,
		);
	}
	const { durationSeconds } = settings;
	if (!quality.durationsSeconds.includes(durationSeconds)) {
		const possible = quality.durationsSeconds.join(' or ');
		const others = model.qualities
			.filter(({ durationsSeconds }) => durationsSeconds.includes(durationSeconds))
			.map(({ value }) => value);
		throw inputFailure(
			`'Duration' cannot be ${durationSeconds} seconds with the quality ${quality.value}`,
			others.length === 0
				? `Choose ${possible} seconds.`
				: `Choose ${possible} seconds, or set 'Quality' to ${quotedList(others)}.`,
		);
	}
	const characters = countCharacters(settings.prompt);
	if (characters > model.promptMaxCharacters) {
		throw inputFailure(
			`The prompt is too long: ${characters} characters`,
			`At most ${model.promptMaxCharacters} are allowed, including camera commands. Shorten 'Prompt'.`,
		);
	}
	return model;
}
