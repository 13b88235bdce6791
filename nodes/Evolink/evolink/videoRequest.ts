import { countCharacters, isCameraCommand } from './camera';
import type { VideoRequestBody } from './client';
import { inputFailure } from './failure';
import { findModel, VIDEO_MODELS } from './models';
import type { VideoModel } from './models';

/** What a video shall look like; the picture comes apart, since it may have to be uploaded. */
export interface VideoWishes {
	model: string;
	/** The whole prompt, camera commands included; may be empty. */
	prompt: string;
	quality: string;
	durationSeconds: number;
	promptOptimizer: boolean;
}

/** Wishes that the model can fulfil; only {@link checkWishes} makes one. */
export interface CheckedWishes extends VideoWishes {
	readonly modelRules: VideoModel;
}

function quoted(values: readonly string[]): string {
	return values.map((value) => `'${value}'`).join(', ');
}

/**
 * Returns the wishes if the model can fulfil all of them.
 *
 * @throws EvolinkFailure that names the field, in words for the user
 */
export function checkWishes(
	wishes: VideoWishes,
	models: readonly VideoModel[] = VIDEO_MODELS,
): CheckedWishes {
	const model = findModel(wishes.model, models);
	if (model === undefined) {
		throw inputFailure(
			`'Model' has a value that this node does not know: '${wishes.model}'`,
			`Choose ${quoted(models.map(({ id }) => id))}.`,
		);
	}
	const quality = model.qualities.find(({ value }) => value === wishes.quality);
	if (quality === undefined) {
		throw inputFailure(
			`'Quality' has a value that ${model.displayName} does not offer: '${wishes.quality}'`,
			`Choose ${quoted(model.qualities.map(({ value }) => value))}.`,
		);
	}
	if (!quality.durationsSeconds.includes(wishes.durationSeconds)) {
		const possible = quality.durationsSeconds.join(' or ');
		const others = model.qualities
			.filter(({ durationsSeconds }) => durationsSeconds.includes(wishes.durationSeconds))
			.map(({ value }) => value);
		throw inputFailure(
			`'Duration' cannot be ${wishes.durationSeconds} seconds with the quality ${quality.value}`,
			others.length === 0
				? `Choose ${possible} seconds.`
				: `Choose ${possible} seconds, or set 'Quality' to ${quoted(others)}.`,
		);
	}
	const characters = countCharacters(wishes.prompt);
	if (characters > model.promptMaxCharacters) {
		throw inputFailure(
			`The prompt is too long: ${characters} characters`,
			`At most ${model.promptMaxCharacters} are allowed, the camera commands included. Shorten 'Prompt'.`,
		);
	}
	return { ...wishes, modelRules: model };
}

/**
 * Returns the commands if the API knows all of them.
 *
 * @param field the field's name on the screen, for the message
 * @throws EvolinkFailure that names the first command that is not known
 */
export function checkCameraCommands(commands: readonly string[], field: string): string[] {
	const unknown = commands.find((command) => !isCameraCommand(command));
	if (unknown !== undefined) {
		throw inputFailure(
			`'${field}' has a value that is not a camera command: '${unknown}'`,
			"Pick the commands from the list, or write them exactly as the list's values, such as 'Pan left'.",
		);
	}
	return [...commands];
}

/** Characters that a URI may hold as they are (RFC 3986, 2.2 and 2.3), and the percent sign. */
const NOT_FOR_A_URI = /[^A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]/gu;

/** Characters that no host and port of a URI may hold (RFC 3986, 3.2.2), brackets of IPv6 aside. */
const NOT_FOR_A_HOST = /[^A-Za-z0-9\-._~!$&'()*+,;=:[\]]/;

/** Returns the text with what a URI may not hold encoded, a percent sign that stands alone, too. */
function percentEncoded(text: string): string {
	return text.replace(NOT_FOR_A_URI, encodeURIComponent).replace(/%(?![0-9A-Fa-f]{2})/g, '%25');
}

/**
 * Returns the link as it is sent: percent-encoded where a URI demands it.
 *
 * @throws EvolinkFailure when the text is not an http or https link
 */
export function checkImageUrl(text: string): string {
	const refusal = inputFailure(
		text.trim() === ''
			? "'Image URL' is empty"
			: "'Image URL' is not a link that starts with http:// or https://",
		"Paste the picture's own link, e.g. https://example.com/picture.jpg. It must open without a log-in. To use a file from an earlier step instead, set 'Image Source' to 'File From an Earlier Node'.",
	);
	let url: URL;
	try {
		url = new URL(text.trim());
	} catch {
		throw refusal;
	}
	if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refusal;
	if (NOT_FOR_A_HOST.test(url.host)) throw refusal;
	const fragment = url.hash === '' ? '' : `#${url.hash.slice(1).replace(/#/g, '%23')}`;
	const password = url.password === '' ? '' : `:${url.password}`;
	const user = `${url.username}${password}`;
	return [
		`${url.protocol}//`,
		percentEncoded(user === '' ? '' : `${user}@`),
		url.host,
		percentEncoded(`${url.pathname}${url.search}${fragment}`),
	].join('');
}

/** Returns the body of the submission; `prompt` is left out when there is none. */
export function requestBody(wishes: CheckedWishes, imageUrl: string): VideoRequestBody {
	return {
		model: wishes.modelRules.id,
		image_urls: [imageUrl],
		...(wishes.prompt === '' ? {} : { prompt: wishes.prompt }),
		quality: wishes.quality,
		duration: wishes.durationSeconds,
		model_params: { prompt_optimizer: wishes.promptOptimizer },
	};
}
