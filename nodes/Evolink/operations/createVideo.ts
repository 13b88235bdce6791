import type { IExecuteFunctions } from 'n8n-workflow';

import { composePrompt, promptAdvice, readCameraCommands } from '../evolink/camera';
import type { CameraStep } from '../evolink/camera';
import { inputFailure } from '../evolink/failure';
import { aspectRatiosFor, checkSettings, findModel } from '../evolink/models';
import type { ImageCount, VideoModel, VideoSettings } from '../evolink/models';
import { requestBody } from '../evolink/requestBody';
import type { RequestBody } from '../evolink/requestBody';
import { wouldStart } from '../money/paidTasks';
import type { Identity, PaidTask } from '../money/paidTasks';
import { rememberFailedTask, submitOnce } from '../money/submitOnce';
import { expressionOf, fieldsOfItem } from '../n8n/parameters';
import type { Fields } from '../n8n/parameters';
import { finishTask } from './finishTask';
import { imageAdvice, linkAdvice, readImages } from './imageFields';
import type { Image } from './imageFields';
import { rehearseVideo } from './rehearsal';
import type { Execution, OpenAccount, Operation, PreparedItem } from './runItems';
import { checkMaxVideos, checkMinBalance, readLimits } from './spendingLimits';
import { uploadImage } from './uploadImage';
import { resolvedIdentity, writtenIdentity } from './videoIdentity';
import { readTaskSettings } from './waitOptions';
import type { TaskSettings } from './waitOptions';

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
	const value = fields.value(name);
	return value === undefined || value === null || value === '' ? own : read();
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
		quality: readOwn(fields, 'quality', defaultQuality, text('quality', 'Quality')),
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

/** What is checked of an item whose video is to be made. */
interface CheckedVideo {
	model: VideoModel;
	video: VideoSettings;
	images: readonly Image[];
	advice: readonly string[];
}

async function checkVideo(
	{ context }: Execution,
	itemIndex: number,
	{ fields, options }: { fields: Fields; options: Fields },
	account: OpenAccount | undefined,
): Promise<CheckedVideo> {
	const model = findModel(fields.text('model', 'Model'));
	const images = await readImages(context, itemIndex, fields, model);
	const imageCount: ImageCount = images.length === 2 ? 2 : images.length === 1 ? 1 : 0;
	const video = readVideoSettings(model, imageCount, fields, options);
	checkSettings(model, video, imageCount);
	const advice = [
		...adviceOnPrompt(context, fields, model.camera === 'brackets' ? video.prompt : ''),
		...imageAdvice(images, account),
	];
	return { model, video, images, advice };
}

/** Returns the body of the submission, after uploading the images that are files. */
async function bodyOf(
	{ model, video, images }: CheckedVideo,
	timeoutSeconds: number,
	account: OpenAccount,
	execution: Execution,
): Promise<RequestBody> {
	const addresses: string[] = [];
	for (const image of images) {
		addresses.push(
			image.kind === 'link'
				? image.url
				: await uploadImage(image.file, timeoutSeconds, account, execution),
		);
	}
	return requestBody(model, video, addresses);
}

/** Returns what to know of the images when Evolink could not open them. */
function submittedImages(images: readonly Image[]) {
	const links = images.flatMap((image) => (image.kind === 'link' ? image : []));
	const advice = links.map(
		({ url, frame }) =>
			linkAdvice(url, frame) ??
			`Or load the image in an earlier node and set '${frame.sourceField}' to 'Binary File'.`,
	);
	return {
		hasOnlyLinks: links.length > 0 && links.length === images.length,
		advice: advice.join(' '),
	};
}

/** One item, checked as far as it has to be. */
interface CheckedItem {
	itemIndex: number;
	settings: TaskSettings;
	identity: Identity;
	/** What an earlier try has left of it. */
	known: PaidTask | undefined;
	/** Undefined where the video is paid for and its fields are not as they should be any more. */
	checked: CheckedVideo | undefined;
	/** @throws EvolinkFailure that names the field that is not as it should be */
	check(): Promise<CheckedVideo>;
}

async function checkItem(
	itemIndex: number,
	item: { fields: Fields; options: Fields },
	account: OpenAccount | undefined,
	execution: Execution,
): Promise<CheckedItem> {
	const { paidTasks, advise } = execution;
	const settings = readTaskSettings(itemIndex, item.fields, item.options);
	readLimits(item.options);
	// Shown only while waiting, so that its value counts for nothing else.
	settings.downloadVideo &&= settings.waitForCompletion;
	const isRehearsal = account === undefined;
	const written = writtenIdentity(execution, isRehearsal);
	const check = async () => await checkVideo(execution, itemIndex, item, account);
	const isPaid = !isRehearsal && !wouldStart(paidTasks.find(itemIndex, written));
	// What is paid for needs nothing that only a new video needs: no image, no valid prompt.
	const checked = isPaid ? await check().catch(() => undefined) : await check();
	const resolved = checked && resolvedIdentity(checked, isRehearsal);
	for (const one of checked?.advice ?? []) advise(itemIndex, one);
	const identity = { ...written, ...resolved };
	return {
		itemIndex,
		settings,
		identity,
		known: paidTasks.find(itemIndex, identity),
		checked,
		check,
	};
}

/** Returns the item as one that submits a video, or finds the task that it had before. */
function paidItem(item: CheckedItem, account: OpenAccount, execution: Execution): PreparedItem {
	const { itemIndex, identity, settings, known, checked, check } = item;
	const { paidTasks, context, clock } = execution;
	const { timeoutSeconds } = settings;
	const { client } = account;
	const submission = {
		itemIndex,
		identity,
		images: submittedImages(checked?.images ?? []),
		timeoutSeconds,
		client,
		checkLimit: () => checkMaxVideos(1, execution),
		body: async () => await bodyOf(checked ?? (await check()), timeoutSeconds, account, execution),
	};
	return {
		...(wouldStart(known) ? { starts: 'video' } : {}),
		...(known?.state === 'failed' ? { failedBefore: known.failure } : {}),
		settings,
		async begin(mayBePostponed) {
			const startedMs = execution.startedBeforeSleepMs(itemIndex);
			if (startedMs !== undefined && known?.state === 'started') {
				// A task that failed meanwhile has failed: only a retry submits the item again.
				const { taskId, sent, startedAtMs } = known;
				return { taskId, sent, startedMs, submittedAtMs: startedAtMs };
			}
			const needs = { clock, paidTasks, logger: context.logger };
			const memory = context.getContext('node');
			return await submitOnce({ ...submission, mayBePostponed }, needs, memory);
		},
		async finish(underWay) {
			const output = await finishTask(underWay, settings, client, execution, (failed) =>
				rememberFailedTask(submission, failed, execution),
			);
			paidTasks.forgetAgentCall(itemIndex, identity);
			return output;
		},
	};
}

/** Video > Create: submits the images and the words, and waits and downloads as far as wanted. */
export const createVideo: Operation = {
	async prepare(execution, itemIndex): Promise<PreparedItem> {
		const fields = fieldsOfItem(execution.context, itemIndex);
		const isRehearsal = fields.options.yesOrNo('rehearse', 'Rehearse (No Cost)', false);
		const account = isRehearsal ? undefined : await execution.openAccount(itemIndex);
		const item = await checkItem(itemIndex, fields, account, execution);
		if (account !== undefined) return paidItem(item, account, execution);
		const { model, video, images } = item.checked ?? (await item.check());
		return {
			...(wouldStart(item.known) ? { starts: 'rehearsal' } : {}),
			run: async () => await rehearseVideo({ ...item, model, video, images }, execution),
		};
	},

	async guard(starting, execution) {
		checkMaxVideos(starting.length, execution);
		const accounts = new Set<OpenAccount>();
		for (const { itemIndex, starts } of starting) {
			if (starts === 'video') accounts.add(await execution.openAccount(itemIndex));
		}
		for (const account of accounts) await checkMinBalance(account, execution);
	},
};
