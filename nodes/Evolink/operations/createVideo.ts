import type { IExecuteFunctions } from 'n8n-workflow';

import { composePrompt, promptAdvice, readCameraCommands } from '../evolink/camera';
import type { CameraStep } from '../evolink/camera';
import { requestBody } from '../evolink/client';
import type { VideoRequestBody } from '../evolink/client';
import { inputFailure } from '../evolink/failure';
import { noResponseFailure } from '../evolink/failures';
import { imageUrlAdvice } from '../evolink/imageUrl';
import { checkSettings, findModel } from '../evolink/models';
import type { ImageCount, VideoModel, VideoSettings } from '../evolink/models';
import { wouldStart } from '../money/paidTasks';
import { rememberFailedTask, submitOnce } from '../money/submitOnce';
import type { CheckedImage } from '../n8n/imageFile';
import { expressionOf, fieldsOfItem } from '../n8n/parameters';
import type { Fields } from '../n8n/parameters';
import { repeatOrThrow } from '../time/repeat';
import { finishTask } from './finishTask';
import { imageAdvice, readImages } from './imageFields';
import type { Image } from './imageFields';
import { rehearseVideo } from './rehearsal';
import type { Execution, OpenAccount, Operation } from './runItems';
import { checkMaxVideos, checkMinBalance, readLimits } from './spendingLimits';
import { resolvedIdentity, writtenIdentity } from './videoIdentity';
import { readTaskSettings } from './waitOptions';

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

function readVideoSettings(model: VideoModel, fields: Fields, options: Fields): VideoSettings {
	const label = 'Camera Commands';
	const commands = readCameraCommands(fields.list('cameraCommands', label), label);
	return {
		model: model.id,
		prompt: composePrompt(fields.text('prompt', 'Prompt'), commands, readSteps(options)),
		// n8n hides both, and leaves nothing of them, when a field above has a value it does not know.
		quality: fields.text('quality', 'Quality', ''),
		durationSeconds: fields.number('duration', 'Duration', undefined, 0),
		promptOptimizer: options.yesOrNo('promptOptimizer', 'Optimize Prompt', true),
		fastPretreatment: model.hasFastPretreatment
			? options.yesOrNo('fastPretreatment', 'Fast Pretreatment', false)
			: undefined,
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

/** An upload costs nothing, so it is tried for a good while; but no video waits for it yet. */
const LONGEST_UPLOAD_MS = 300_000;

/**
 * Uploads an image that several items share once; where that fails or takes longer than the item
 * allows, the item tries for itself.
 */
async function uploadOnce(
	image: CheckedImage,
	timeoutSeconds: number,
	{ client, uploads }: OpenAccount,
	{ clock }: Execution,
): Promise<string> {
	const first = uploads.get(image.sha256);
	const deadlineMs = clock.nowMs() + Math.min(timeoutSeconds * 1000, LONGEST_UPLOAD_MS);
	const shared =
		first && (await Promise.race([first, clock.sleep(deadlineMs - clock.nowMs()).then(() => {})]));
	if (shared !== undefined) return shared;
	if (clock.nowMs() >= deadlineMs) throw noResponseFailure('timedOut');
	const upload = repeatOrThrow(
		async (allowedMs) => await client.uploadImage(image.form(), allowedMs),
		{ deadlineMs, quietMs: () => client.throttle.quietMs() },
		clock,
	);
	uploads.set(
		image.sha256,
		upload.catch(() => undefined),
	);
	return await upload;
}

/** What is checked of an item whose video is to be made. */
interface CheckedVideo {
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
	const video = readVideoSettings(model, fields, options);
	const images = await readImages(context, itemIndex, fields, model);
	const imageCount: ImageCount = images.length === 2 ? 2 : images.length === 1 ? 1 : 0;
	checkSettings(model, video, imageCount);
	const advice = [
		...adviceOnPrompt(context, fields, video.prompt),
		...imageAdvice(images, account),
	];
	return { video, images, advice };
}

/** Returns the body of the submission, after uploading the images that are files. */
async function bodyOf(
	{ video, images }: CheckedVideo,
	timeoutSeconds: number,
	account: OpenAccount,
	execution: Execution,
): Promise<VideoRequestBody> {
	const addresses: string[] = [];
	for (const image of images) {
		addresses.push(
			image.kind === 'link'
				? image.url
				: await uploadOnce(image.file, timeoutSeconds, account, execution),
		);
	}
	return requestBody(video, addresses);
}

/** Returns what to know of the images when Evolink could not open them. */
function submittedImages(images: readonly Image[]) {
	const links = images.flatMap((image) => (image.kind === 'link' ? image : []));
	const sharePages = links.flatMap(({ url, words }) => imageUrlAdvice(url, words));
	const useFile = `Or load the image in an earlier node and set 'Image Source' to 'Binary File'.`;
	return {
		hasOnlyLinks: links.length === images.length && links.length > 0,
		advice: [...sharePages, ...(links.length > 0 && sharePages.length === 0 ? [useFile] : [])].join(
			' ',
		),
	};
}

/** Video > Create: submits the images and the words, and waits and downloads as far as wanted. */
export const createVideo: Operation = {
	async prepare(execution, itemIndex) {
		const { context, clock, paidTasks } = execution;
		const item = fieldsOfItem(context, itemIndex);
		const settings = readTaskSettings(itemIndex, item.fields, item.options);
		readLimits(item.options);
		// Shown only while waiting, so that its value counts for nothing else.
		settings.downloadVideo &&= settings.waitForCompletion;
		const isRehearsal = item.options.yesOrNo('rehearse', 'Rehearse (No Cost)', false);
		const account = isRehearsal ? undefined : await execution.openAccount(itemIndex);
		const written = writtenIdentity(execution, isRehearsal);
		const check = async () => await checkVideo(execution, itemIndex, item, account);
		const isPaid = account !== undefined && !wouldStart(paidTasks.find(itemIndex, written));
		// What is paid for needs nothing that only a new video needs: no image, no valid prompt.
		const checked = isPaid ? await check().catch(() => undefined) : await check();
		const resolved = checked && resolvedIdentity(checked.video, checked.images, isRehearsal);
		const identity = { ...written, ...resolved };
		const known = paidTasks.find(itemIndex, identity);
		const isNew = wouldStart(known);
		for (const one of checked?.advice ?? []) execution.advise(itemIndex, one);
		if (account === undefined) {
			const { video, images } = checked ?? (await check());
			return {
				...(isNew ? { starts: 'rehearsal' as const } : {}),
				run: async () =>
					await rehearseVideo({ itemIndex, identity, video, images, settings }, execution),
			};
		}
		const { client } = account;
		const { timeoutSeconds } = settings;
		const submission = {
			itemIndex,
			identity,
			images: submittedImages(checked?.images ?? []),
			timeoutSeconds,
			client,
			checkLimit: () => checkMaxVideos(1, execution),
			body: async () =>
				await bodyOf(checked ?? (await check()), timeoutSeconds, account, execution),
		};
		return {
			...(isNew ? { starts: 'video' as const } : {}),
			...(known?.state === 'failed' ? { failedBefore: known.failure } : {}),
			settings,
			async begin(mayBePostponed) {
				const startedMs = execution.startedBeforeSleepMs(itemIndex);
				const known = paidTasks.find(itemIndex, identity);
				if (startedMs !== undefined && known?.state === 'started') {
					// A task that failed meanwhile has failed: only a retry submits the item again.
					const { taskId, sent, startedAtMs } = known;
					return { taskId, sent, startedMs, submittedAtMs: startedAtMs };
				}
				const needs = { clock, paidTasks, logger: context.logger };
				return await submitOnce(
					{ ...submission, mayBePostponed },
					needs,
					context.getContext('node'),
				);
			},
			async finish(underWay) {
				const output = await finishTask(underWay, settings, client, execution, (failed) =>
					rememberFailedTask(submission, failed, execution),
				);
				paidTasks.forgetAgentCall(itemIndex, identity);
				return output;
			},
		};
	},

	async guard(starting, execution) {
		checkMaxVideos(starting.length, execution);
		const first = starting.find(({ starts }) => starts === 'video');
		if (first === undefined) return;
		await checkMinBalance(await execution.openAccount(first.itemIndex), execution);
	},
};
