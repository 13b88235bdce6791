import { createHash, randomUUID } from 'crypto';
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { composePrompt, promptAdvice } from '../evolink/camera';
import type { CameraStep } from '../evolink/camera';
import { timeoutFailure } from '../evolink/errors';
import { inputFailure } from '../evolink/failure';
import type { CheckedPicture } from '../evolink/picture';
import { isFailure } from '../evolink/task';
import type { EvolinkTask } from '../evolink/task';
import {
	checkCameraCommands,
	checkImageUrl,
	checkWishes,
	requestBody,
} from '../evolink/videoRequest';
import type { CheckedWishes } from '../evolink/videoRequest';
import { checkPicture } from '../n8n/pictures';
import { isCalledByAgent } from '../n8n/toolUse';
import { waitForTask } from '../tasks/waitForTask';
import { finishTask } from './finishTask';
import type { ItemOutput, Operation, Services } from './operation';
import { asList, asText, itemParameters } from './parameters';
import type { ItemParameters, OptionParameters } from './parameters';
import { readStatus } from './readStatus';
import { findStartedTask, submitVideo } from './submitVideo';
import type { Submission } from './submitVideo';
import { rawTask, simplifiedTask } from './taskOutput';
import { uploadPicture } from './uploadPicture';
import { readWaitSettings } from './waitSettings';
import type { WaitSettings } from './waitSettings';

/** The picture of one item: a link as it will be sent, or a file that was looked at. */
type Picture = { kind: 'link'; url: string } | { kind: 'file'; file: CheckedPicture };

/** All that one item asks for, checked. */
interface VideoOrder {
	wishes: CheckedWishes;
	picture: Picture;
	waitForCompletion: boolean;
	downloadVideo: boolean;
	simplify: boolean;
	settings: WaitSettings;
	itemIndex: number;
}

function readSteps(options: OptionParameters): CameraStep[] {
	const label = 'Camera Sequence';
	return options.rows('cameraSequence', 'steps', label).flatMap((row, index) => {
		const cue = asText(row.cue, 'Cue');
		const commands = checkCameraCommands(asList(row.commands, 'Commands'), label);
		if (commands.length > 0) return [{ cue, commands }];
		if (cue.trim() === '') return [];
		throw inputFailure(
			`Step ${index + 1} of '${label}' has a cue, but no camera command`,
			"Pick a command for the step, or move its words to 'Prompt'.",
		);
	});
}

function readWishes(parameters: ItemParameters, options: OptionParameters): CheckedWishes {
	const label = 'Camera Commands';
	const commands = checkCameraCommands(parameters.list('cameraCommands', label), label);
	return checkWishes({
		model: parameters.text('model', 'Model'),
		prompt: composePrompt(parameters.text('prompt', 'Prompt'), commands, readSteps(options)),
		// n8n hides both, and leaves nothing of them, when a field above has a value it does not know.
		quality: parameters.text('quality', 'Quality', ''),
		durationSeconds: parameters.number('duration', 'Duration', undefined, 0),
		promptOptimizer: options.yesOrNo('promptOptimizer', 'Optimize Prompt') ?? true,
	});
}

/**
 * Returns what makes this order the same as another: everything that the video depends on. Of an
 * uploaded picture that is its bytes, since each upload gets another address.
 */
function fingerprintOf({ wishes, picture }: VideoOrder): string {
	const { model, prompt, quality, durationSeconds, promptOptimizer } = wishes;
	const pictureId = picture.kind === 'link' ? picture.url : picture.file.sha256;
	const content = [model, prompt, quality, durationSeconds, promptOptimizer, pictureId];
	return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

/** A task that exists for an order. */
interface Started {
	taskId: string;
	/** The task as last seen. */
	known: EvolinkTask;
	/** The picture's address as it was sent. */
	imageUrl: string;
	/** When it was submitted or taken up again, in milliseconds since 1970. */
	startedMs: number;
}

async function start(
	{ wishes, picture }: VideoOrder,
	submission: Submission,
	services: Services,
): Promise<Started> {
	const imageUrl =
		picture.kind === 'link'
			? picture.url
			: await uploadPicture(picture.file, submission.deadlineMs, services);
	const task = await submitVideo(requestBody(wishes, imageUrl), submission, services);
	return { taskId: task.id, known: task, imageUrl, startedMs: services.clock.nowMs() };
}

/**
 * Takes up the task that an earlier try of the same run has started. A task that failed for good
 * or that the API no longer knows is forgotten, and the item submitted anew.
 */
async function resumeOrStart(
	order: VideoOrder,
	submission: Submission,
	services: Services,
): Promise<Started> {
	const started = findStartedTask(submission, services);
	if (started === undefined) return await start(order, submission, services);
	const { taskId } = started;
	const { clock, random } = services;
	const { timeoutSeconds } = order.settings;
	const startedMs = clock.nowMs();
	const look = await waitForTask(
		async (budgetMs) => await readStatus(taskId, budgetMs, services),
		// One answer is enough to know whether the task can be taken up.
		() => true,
		undefined,
		{ startedMs, timeoutMs: timeoutSeconds * 1000, waitingItems: services.waitingItems },
		clock,
		random,
	);
	if (look.kind === 'timedOut') {
		throw timeoutFailure(taskId, timeoutSeconds, look.task, look.trouble);
	}
	const isGone = look.kind === 'refused' ? look.refusal.expired : isFailure(look.task);
	if (isGone) {
		services.paidTasks.forget(submission.itemIndex, submission.fingerprint);
		const deadlineMs = clock.nowMs() + timeoutSeconds * 1000;
		return await start(order, { ...submission, deadlineMs }, services);
	}
	if (look.kind === 'refused') throw look.refusal.failure;
	return { ...started, known: look.task, startedMs };
}

async function deliver(order: VideoOrder, services: Services): Promise<ItemOutput> {
	const { wishes, settings, itemIndex, waitForCompletion, downloadVideo } = order;
	const { clock, paidTasks } = services;
	for (const advice of promptAdvice(wishes.prompt)) services.advise(itemIndex, advice);
	const submission: Submission = {
		itemIndex,
		fingerprint: fingerprintOf(order),
		newIdempotencyKey: randomUUID,
		deadlineMs: clock.nowMs() + settings.timeoutSeconds * 1000,
	};
	const { taskId, known, imageUrl, startedMs } = await resumeOrStart(order, submission, services);
	const { task, file } = await finishTask(
		{
			taskId,
			known,
			startedMs,
			waitForCompletion,
			downloadVideo,
			settings,
			itemIndex,
			onTaskFailed: () => paidTasks.forget(itemIndex, submission.fingerprint),
		},
		services,
	);
	paidTasks.delivered(itemIndex, submission.fingerprint);
	const sent: IDataObject = {
		prompt: wishes.prompt,
		imageUrl,
		quality: wishes.quality,
		duration: wishes.durationSeconds,
	};
	return {
		json: order.simplify ? { ...simplifiedTask(task), ...sent } : rawTask(task),
		...(file === undefined ? {} : { binary: { [settings.outputPropertyName]: file } }),
	};
}

/** Video > Create: submits one picture, and waits and downloads as far as it is wanted. */
export const createVideo: Operation = {
	async prepare(context, itemIndex) {
		const parameters = itemParameters(context, itemIndex);
		const options = parameters.options();
		const wishes = readWishes(parameters, options);
		const waitForCompletion = parameters.yesOrNo('waitForCompletion', 'Wait for Completion');
		const settings = readWaitSettings(options);
		const order: VideoOrder = {
			wishes,
			waitForCompletion,
			// Unless the workflow file says that it waits by a true that is no text, n8n hides the field and
			// leaves nothing of it.
			downloadVideo:
				waitForCompletion &&
				parameters.yesOrNo('downloadVideo', 'Download Video', true) &&
				// An agent gets text only; n8n drops the files of a tool's answer.
				!isCalledByAgent(context.getNode()),
			simplify: parameters.yesOrNo('simplify', 'Simplify'),
			settings,
			itemIndex,
			picture: await readPicture(context, itemIndex, parameters, wishes),
		};
		return {
			maxConcurrent: settings.maxConcurrent,
			run: async (services) => await deliver(order, services),
		};
	},
};

async function readPicture(
	context: IExecuteFunctions,
	itemIndex: number,
	parameters: ItemParameters,
	{ modelRules }: CheckedWishes,
): Promise<Picture> {
	const source = parameters.text('imageSource', 'Image Source');
	switch (source) {
		case 'url':
			return { kind: 'link', url: checkImageUrl(parameters.text('imageUrl', 'Image URL')) };
		case 'binary': {
			const field = parameters.binaryField('binaryPropertyName', 'Input Data Field Name');
			const file = await checkPicture(context, itemIndex, field, modelRules.picture);
			return { kind: 'file', file };
		}
		default:
			throw inputFailure(
				`'Image Source' has a value that this node does not know: '${source}'`,
				"Choose 'url' for a link or 'binary' for a file from an earlier node.",
			);
	}
}
