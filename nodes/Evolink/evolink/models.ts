/** A picture format that a model can read. */
export type PictureFormat = 'jpeg' | 'png' | 'webp';

/** What a model demands of the picture it animates. */
export interface PictureRules {
	formats: readonly PictureFormat[];
	maxBytes: number;
	/** The shorter side must be longer than this. */
	shortEdgeAbovePx: number;
	/** Smallest allowed width divided by height. */
	minAspectRatio: number;
	/** Largest allowed width divided by height. */
	maxAspectRatio: number;
}

/** One value of the Quality drop-down and the durations that go with it. */
export interface QualityOption {
	value: string;
	description: string;
	durationsSeconds: readonly number[];
}

/** What one model accepts for turning a picture into a video. */
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
	picture: PictureRules;
}

/**
 * 20 MB as the API counts it is not documented; the larger reading is used, because an upload
 * costs nothing and a picture that the API would take must not be refused here.
 */
const TWENTY_MB = 20 * 1024 * 1024;

/**
 * The models that the node offers. The drop-downs, the checks before a request and the table in
 * the README all come from here, so that a sister model is one more row.
 *
 * Source: the API's own description of MiniMax-Hailuo-2.3-Fast (picture to video only).
 */
export const VIDEO_MODELS: readonly VideoModel[] = [
	{
		id: 'MiniMax-Hailuo-2.3-Fast',
		displayName: 'MiniMax Hailuo 2.3 Fast',
		description: 'The quickest Hailuo model: turns one picture into a video',
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
		picture: {
			formats: ['jpeg', 'png', 'webp'],
			maxBytes: TWENTY_MB,
			shortEdgeAbovePx: 300,
			minAspectRatio: 2 / 5,
			maxAspectRatio: 5 / 2,
		},
	},
];

/** Returns the model with that id, or undefined when the table has none. */
export function findModel(
	id: string,
	models: readonly VideoModel[] = VIDEO_MODELS,
): VideoModel | undefined {
	return models.find((model) => model.id === id);
}
