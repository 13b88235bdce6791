import type { IExecuteFunctions } from 'n8n-workflow';

import { composePrompt, promptAdvice, readCameraCommands } from '../evolink/camera';
import type { CameraStep } from '../evolink/camera';
import { inputFailure, quotedName } from '../evolink/failure';
import { aspectRatiosFor, checkSettings, findModel } from '../evolink/models';
import type { ImageCount, VideoModel, VideoSettings } from '../evolink/models';
import { requestBody, sentIn } from '../evolink/requestBody';
import type { RequestBody, SentSettings } from '../evolink/requestBody';
import { isJsonObject, parseJson } from '../evolink/task';
import type { JsonObject } from '../evolink/task';
import { expressionOf } from '../n8n/parameters';
import type { Fields } from '../n8n/parameters';
import { OTHER_MODEL } from './fieldVariants';
import { imageAdvice, linkAdvice, readImages } from './imageFields';
import type { FrameImage } from './imageFields';
import type { OpenAccount } from './runItems';

/** A video that may be made: its fields and files have been checked. */
export interface CheckedVideo {
	images: readonly FrameImage[];
	/** What to say about it beside the output. */
	advice: readonly string[];
	/** Its shape, where that is certain: two of different shapes cannot be joined. */
	shape?: string;
	/** Whether another try would send the same links to images again, and no file. */
	hasOnlyLinks: boolean;
	/** What to do where Evolink cannot open the images. */
	imageAdvice: string;
	/** @param addresses of the images, in their order */
	body(addresses: string[]): RequestBody;
	/** What the row says was sent. */
	sentIn(body: RequestBody): SentSettings;
}

function readSteps(options: Fields): CameraStep[] {
	const label = 'Camera Sequence';
	return options.rows('cameraSequence', 'steps', label).flatMap((row, index) => {
		const cue = row.text('cue', 'Cue');
		const commands = readCameraCommands(row.list('commands', 'Commands'), label);
		if (commands.length > 0) return [{ cue, commands }];
		if (cue.trim() === '') return [];
		throw inputFailure(
			`Step ${index + 1} of '${label}' has a cue, but no camera command`,
			"Pick a command for the step, or move its words to 'Prompt'.",
		);
	});
}

/** Returns a field that the model has; left empty, it is the model's own value. */
function readOwn<T>(fields: Fields, name: string, own: T, read: () => T): T {
	const value = fields.value(name, '') ?? '';
	return value === '' ? own : read();
}

function readVideoSettings(
	model: VideoModel,
	imageCount: ImageCount,
	fields: Fields,
	options: Fields,
): VideoSettings {
	const label = 'Camera Commands';
	const commands = readCameraCommands(fields.list('cameraCommands', label), label);
	const words = fields.text('prompt', 'Prompt');
	const { sound, seed, negativePrompt, params, defaultQuality, defaultDurationSeconds } = model;
	const [ownRatio] = aspectRatiosFor(model, imageCount);
	const text = (name: string, shownAs: string) => () => fields.text(name, shownAs).trim();
	return {
		prompt: composePrompt(words, commands, readSteps(options), model.camera),
		quality: readOwn(fields, 'quality', defaultQuality, text('quality', 'Quality')).toLowerCase(),
		durationSeconds: readOwn(fields, 'duration', defaultDurationSeconds, () =>
			fields.number('duration', 'Duration'),
		),
		...(ownRatio !== undefined && {
			aspectRatio: readOwn(fields, 'aspectRatio', ownRatio, text('aspectRatio', 'Aspect Ratio')),
		}),
		...(sound !== undefined && {
			generateAudio: readOwn(fields, 'generateAudio', sound.isOnByDefault, () =>
				fields.yesOrNo('generateAudio', 'Generate Sound'),
			),
		}),
		...(negativePrompt !== undefined && {
			negativePrompt: options.text('negativePrompt', 'Negative Prompt').trim(),
		}),
		...(seed !== undefined && {
			seed: readOwn<number | undefined>(options, 'seed', undefined, () =>
				options.number('seed', 'Seed', { integer: true }),
			),
		}),
		...(params.includes('prompt_optimizer') && {
			promptOptimizer: options.yesOrNo('promptOptimizer', 'Optimize Prompt', true),
		}),
		...(params.includes('fast_pretreatment') && {
			fastPretreatment: options.yesOrNo('fastPretreatment', 'Fast Pretreatment', false),
		}),
	};
}

/** Returns advice on a prompt that is allowed, but may not do what the user expects. */
function adviceOnPrompt(context: IExecuteFunctions, fields: Fields, prompt: string): string[] {
	const advice = promptAdvice(prompt);
	const expression = expressionOf(context, 'prompt');
	if (expression === undefined || fields.text('prompt', 'Prompt').trim() !== '') return advice;
	return [
		...advice,
		`The prompt's expression ${expression} gave nothing, so the model got no description.`,
	];
}

/** Returns what else to do where Evolink cannot open the images. */
function adviceOnImages(images: readonly FrameImage[]): string {
	const links = images.flatMap((image) => (image.kind === 'link' ? image : []));
	const sentences = links.map(
		({ url, frame }) =>
			linkAdvice(url, frame) ??
			`Or load the image in an earlier node and set '${frame.sourceField}' to 'Binary File'.`,
	);
	return sentences.join(' ');
}

function shapeOf(
	{ aspectRatio = '' }: VideoSettings,
	[first]: readonly FrameImage[],
): string | undefined {
	const [width, height] = aspectRatio.split(':').map(Number);
	if (height > 0) return (width / height).toFixed(2);
	return first?.kind === 'file' ? first.file.shape : undefined;
}

/** Reads the model's JSON; an object by expression is taken as it is. */
function readParameters(fields: Fields, prompt: string): JsonObject {
	const label = "'Parameters (JSON)'";
	const given = fields.value('parameters', {});
	const isText = typeof given === 'string';
	const parsed: unknown = isText ? (given.trim() === '' ? {} : parseJson(given)) : given;
	const json = isText ? parsed : parseJson(JSON.stringify(given));
	if (!isJsonObject(json)) {
		throw inputFailure(
			`${label} must be a JSON object, but it is ${json === undefined ? 'no JSON' : 'something else'}`,
			`Write an object such as {"duration": 5}, with double quotes. It begins with: ${quotedName(isText ? given : JSON.stringify(given))}`,
		);
	}
	const taken = ['model', 'callback_url', ...(prompt === '' ? [] : ['prompt'])];
	const wrong = taken.find((name) => name in json);
	if (wrong === undefined) return json;
	const advice: Record<string, string> = {
		model: "Write the model's ID into 'Model ID'.",
		callback_url: 'The node waits for the video itself: leave it out.',
		prompt: "Write the prompt into 'Prompt' or into the JSON, not into both.",
	};
	throw inputFailure(`${label} must not contain '${wrong}'`, advice[wrong]);
}

/** Reads a video of any model by its ID; nothing but the form of the JSON is checked. */
function readOtherVideo(fields: Fields): CheckedVideo {
	const modelId = fields.text('modelId', 'Model ID').trim();
	if (modelId === '') {
		throw inputFailure(
			"'Model ID' is empty",
			"Write the ID as Evolink's documentation has it, e.g. seedance-2.0-reference-to-video.",
		);
	}
	const prompt = fields.text('prompt', 'Prompt').trim();
	const parameters = readParameters(fields, prompt);
	return {
		images: [],
		advice: [],
		hasOnlyLinks: true,
		imageAdvice: '',
		body: () => ({ model: modelId, ...(prompt === '' ? {} : { prompt }), ...parameters }),
		sentIn: (body) => ({ ...sentIn(body), imageUrl: null, lastImageUrl: null }),
	};
}

/**
 * Reads and checks what an item's video should be.
 *
 * @param account undefined in a rehearsal
 * @throws EvolinkFailure that names the field
 */
export async function readVideo(
	context: IExecuteFunctions,
	itemIndex: number,
	{ fields, options }: { fields: Fields; options: Fields },
	account: OpenAccount | undefined,
): Promise<CheckedVideo> {
	const modelName = fields.text('model', 'Model');
	if (modelName === OTHER_MODEL) return readOtherVideo(fields);
	const model = findModel(modelName);
	const images = await readImages(context, itemIndex, fields, model);
	const imageCount: ImageCount = images.length === 2 ? 2 : images.length === 1 ? 1 : 0;
	const video = readVideoSettings(model, imageCount, fields, options);
	const hasWords = fields.text('prompt', 'Prompt').trim() !== '';
	checkSettings(model, video, imageCount, hasWords);
	const ofPrompt = adviceOnPrompt(context, fields, model.camera === 'brackets' ? video.prompt : '');
	return {
		images,
		advice: [...ofPrompt, ...imageAdvice(images, account)],
		shape: shapeOf(video, images),
		hasOnlyLinks: images.length > 0 && images.every(({ kind }) => kind === 'link'),
		imageAdvice: adviceOnImages(images),
		body: (addresses) => requestBody(model, video, addresses),
		sentIn,
	};
}
