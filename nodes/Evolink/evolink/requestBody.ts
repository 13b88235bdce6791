import type { VideoModel, VideoSettings } from './models';
import type { JsonObject, JsonValue } from './task';

/** Body of `POST /v1/videos/generations`; what there is not is left out. */
export type RequestBody = JsonObject;

/** What was sent; returned beside the task, on a retry as it was the first time. */
export interface SentSettings extends JsonObject {
	prompt: string;
	/** Null: text to video. */
	imageUrl: string | null;
	lastImageUrl: string | null;
	quality: string | null;
	duration: number | null;
}

function withoutGaps(fields: Record<string, JsonValue | undefined>): JsonObject {
	const entries = Object.entries(fields).flatMap(([name, value]): Array<[string, JsonValue]> =>
		value === undefined ? [] : [[name, value]],
	);
	return Object.fromEntries(entries);
}

function framesOf({ framesIn }: VideoModel, imageUrls: string[]) {
	if (framesIn === 'image_urls') return imageUrls.length === 0 ? {} : { image_urls: imageUrls };
	const [image_start, image_end] = imageUrls;
	return { image_start, image_end };
}

/** Returns the body of the submission, by what the model knows of. */
export function requestBody(
	model: VideoModel,
	settings: VideoSettings,
	imageUrls: string[],
): RequestBody {
	const [withoutImage, withImage] = model.suffixes;
	const { generateAudio, promptOptimizer, fastPretreatment } = settings;
	const switched = model.sound?.field === 'sound' ? (generateAudio ? 'on' : 'off') : generateAudio;
	const params = withoutGaps({
		prompt_optimizer: promptOptimizer,
		fast_pretreatment: fastPretreatment,
	});
	return withoutGaps({
		model: `${model.id}${imageUrls.length === 0 ? withoutImage : withImage}`,
		...framesOf(model, imageUrls),
		prompt: settings.prompt || undefined,
		quality: settings.quality,
		duration: settings.durationSeconds,
		aspect_ratio: settings.aspectRatio,
		...(model.sound === undefined ? {} : { [model.sound.field]: switched }),
		negative_prompt: settings.negativePrompt || undefined,
		seed: settings.seed,
		model_params: model.params.length === 0 ? undefined : params,
	});
}

function firstText(...values: unknown[]): string | null {
	return values.find((value) => typeof value === 'string') ?? null;
}

/** Reads out of a body what the row says was sent. */
export function sentIn(body: RequestBody): SentSettings {
	const { prompt, image_urls, image_start, image_end, quality, duration } = body;
	const { aspect_ratio, generate_audio, sound } = body;
	const [first, last]: unknown[] = Array.isArray(image_urls) ? image_urls : [];
	return {
		prompt: typeof prompt === 'string' ? prompt : '',
		imageUrl: firstText(first, image_start),
		lastImageUrl: firstText(last, image_end),
		quality: firstText(quality),
		duration: typeof duration === 'number' ? duration : null,
		...withoutGaps({
			aspectRatio: firstText(aspect_ratio) ?? undefined,
			generateAudio: sound === undefined ? generate_audio : sound === true || sound === 'on',
		}),
	};
}
