import { createHash } from 'crypto';
import { updateDisplayOptions } from 'n8n-workflow';
import type {
	IDisplayOptions,
	IExecuteFunctions,
	INodeProperties,
	INodePropertyOptions,
	NodeParameterValue,
} from 'n8n-workflow';

import {
	CAMERA_COMMANDS,
	composePrompt,
	promptAdvice,
	readCameraCommands,
} from '../evolink/camera';
import type { CameraStep } from '../evolink/camera';
import { requestBody } from '../evolink/client';
import { inputFailure } from '../evolink/failure';
import { checkSettings, findModel, qualitiesFor, VIDEO_MODELS } from '../evolink/models';
import type { ImageCount, VideoModel, VideoSettings } from '../evolink/models';
import { isJsonObject } from '../evolink/task';
import type { EvolinkTask } from '../evolink/task';
import { noteFailedTask, submitOnce } from '../money/submitOnce';
import type { StartedTask } from '../money/submitOnce';
import type { CheckedImage } from '../n8n/imageFile';
import { expressionOf, fieldsOfItem, isCalledByAgent } from '../n8n/parameters';
import type { Fields } from '../n8n/parameters';
import { repeatRequest } from '../time/retry';
import { finishTask, unfinished } from './finishTask';
import { IMAGE_FIELD_NAMES, imageAdvice, imageFields, readImages, shownWith } from './imageFields';
import type { Image } from './imageFields';
import { newRehearsalId, rehearse, REHEARSAL_PAUSE_MS } from './rehearsal';
import type { Execution, Operation, PreparedItem } from './runItems';
import { checkMaxVideos, checkMinBalance, LIMIT_FIELDS, readLimits } from './spendingLimits';
import { outputFields, readTaskSettings } from './waitOptions';
import type { TaskSettings } from './waitOptions';

function titleCase(command: string): string {
	return command.replace(/(^| )\w/g, (start) => start.toUpperCase());
}

const CAMERA_OPTIONS: INodePropertyOptions[] = CAMERA_COMMANDS.map(({ value, description }) => ({
	name: titleCase(value),
	value,
	description,
}));

/**
 * Returns how a field is shown with those values of others. While one of them is an expression, n8n
 * shows all variants of a field, but for what is hidden; a required one would then stop workflows
 * that do not need it.
 */
function displayOptionsFor(
	field: INodeProperties,
	values: Record<string, NodeParameterValue[]>,
): IDisplayOptions {
	if (field.required !== true) return { show: values };
	const hide = Object.entries(values).map(([name, [value]]) => [name, [{ _cnd: { not: value } }]]);
	return { hide: Object.fromEntries(hide) };
}

/**
 * Returns a field that depends on the number of images: once for each model, or once for each
 * number where the model makes a difference.
 */
function fieldByImageCount(
	models: readonly VideoModel[],
	fieldFor: (model: VideoModel, imageCount: ImageCount) => INodeProperties,
): INodeProperties[] {
	return models.flatMap((model) => {
		const fields = model.imageCounts.map((imageCount) => fieldFor(model, imageCount));
		const isAlwaysTheSame = new Set(fields.map((field) => JSON.stringify(field))).size === 1;
		if (isAlwaysTheSame) {
			return { ...fields[0], displayOptions: displayOptionsFor(fields[0], { model: [model.id] }) };
		}
		return fields.map((field, index) => {
			const values = shownWith(model, model.imageCounts[index]);
			return { ...field, displayOptions: displayOptionsFor(field, values) };
		});
	});
}

function qualityField(model: VideoModel, imageCount: ImageCount): INodeProperties {
	const { defaultQuality } = model;
	return {
		displayName: 'Quality',
		name: 'quality',
		type: 'options',
		options: qualitiesFor(model, imageCount).map(({ value, description }) => ({
			name: value,
			value,
			description,
		})),
		default: defaultQuality,
		description: 'Resolution of the video. Higher costs more; 1080p is limited to 6 seconds.',
	};
}

function promptField(model: VideoModel, imageCount: ImageCount): INodeProperties {
	const isRequired = model.promptRequiredFor.includes(imageCount);
	return {
		displayName: 'Prompt',
		name: 'prompt',
		type: 'string',
		typeOptions: { rows: 4 },
		...(isRequired ? { required: true } : {}),
		default: '',
		placeholder: 'e.g. The cat slowly opens its eyes and looks around',
		description: `What happens in the video, in plain words. ${isRequired ? 'Required' : 'Optional; the image alone is enough'}. At most ${model.promptMaxCharacters} characters, including camera commands.`,
	};
}

/** 'Duration', once for each model and set of durations, with the qualities that allow it. */
function durationFields(models: readonly VideoModel[]): INodeProperties[] {
	return models.flatMap((model) => {
		const qualitiesByDurations = new Map<string, string[]>();
		for (const { value, durationsSeconds } of model.qualities) {
			const key = durationsSeconds.join(',');
			qualitiesByDurations.set(key, [...(qualitiesByDurations.get(key) ?? []), value]);
		}
		return [...qualitiesByDurations].map(([key, qualities]): INodeProperties => {
			const durations = key.split(',').map(Number);
			const isDefaultPossible = durations.includes(model.defaultDurationSeconds);
			const defaultDuration = isDefaultPossible ? model.defaultDurationSeconds : durations[0];
			return {
				displayName: 'Duration',
				name: 'duration',
				type: 'options',
				options: durations.map((seconds) => ({ name: `${seconds} Seconds`, value: seconds })),
				default: defaultDuration,
				description: 'Length of the video. Longer costs more.',
				displayOptions: { show: { model: [model.id], quality: qualities } },
			};
		});
	});
}

const CAMERA_COMMANDS_FIELD: INodeProperties = {
	displayName: 'Camera Commands',
	name: 'cameraCommands',
	type: 'multiOptions',
	options: CAMERA_OPTIONS,
	default: [],
	description:
		"How the camera moves. Several commands run at the same time; up to 3 look best. For one movement after another, use 'Camera Sequence' in the options.",
};

const CAMERA_SEQUENCE_FIELD: INodeProperties = {
	displayName: 'Camera Sequence',
	name: 'cameraSequence',
	type: 'fixedCollection',
	typeOptions: {
		multipleValues: true,
		sortable: true,
		multipleValueButtonText: 'Add Step',
	},
	placeholder: 'Add Step',
	default: {},
	description: 'Camera movements that run one after another, in this order',
	options: [
		{
			displayName: 'Steps',
			name: 'steps',
			values: [
				{
					displayName: 'Cue',
					name: 'cue',
					type: 'string',
					default: '',
					placeholder: 'e.g. then quickly',
					description: 'Words before the movement, such as how fast or when it happens',
				},
				{
					displayName: 'Commands',
					name: 'commands',
					type: 'multiOptions',
					options: CAMERA_OPTIONS,
					default: [],
					description: 'Camera commands of this step; several run at the same time',
				},
			],
		},
	],
};

/** Returns the fields of Video > Create; the models' drop-downs come from the table. */
export function createVideoFields(models: readonly VideoModel[] = VIDEO_MODELS): INodeProperties[] {
	const defaultModel = models[0].id;
	const pretreating = models.filter(({ hasFastPretreatment }) => hasFastPretreatment);
	return updateDisplayOptions({ show: { resource: ['video'], operation: ['create'] } }, [
		{
			displayName: 'Model',
			name: 'model',
			type: 'options',
			options: models.map(({ id, displayName, description }) => ({
				name: displayName,
				value: id,
				description,
			})),
			default: defaultModel,
			description: 'The model that creates the video',
		},
		...imageFields(models),
		...fieldByImageCount(models, promptField),
		CAMERA_COMMANDS_FIELD,
		...fieldByImageCount(models, qualityField),
		...durationFields(models),
		{
			displayName: 'Wait for Completion',
			name: 'waitForCompletion',
			type: 'boolean',
			default: true,
			hint: 'A video takes a few minutes and costs credits',
			description:
				'Whether to wait for the video to finish, which takes a few minutes. If off, returns the task ID for Task > Get.',
		},
		{
			displayName: 'Download Video',
			name: 'downloadVideo',
			type: 'boolean',
			default: true,
			description:
				'Whether to put the finished video into the output, e.g. for an email or storage node. Links expire after 24 hours.',
			displayOptions: { show: { waitForCompletion: [true] } },
		},
		...outputFields([
			CAMERA_SEQUENCE_FIELD,
			{
				displayName: 'Fast Pretreatment',
				name: 'fastPretreatment',
				type: 'boolean',
				default: false,
				description:
					"Whether to spend less time on optimizing the prompt. Has an effect only with 'Optimize Prompt'.",
				displayOptions: { show: { '/model': pretreating.map(({ id }) => id) } },
			},
			...LIMIT_FIELDS,
			{
				displayName: 'Rehearse (No Cost)',
				name: 'rehearse',
				type: 'boolean',
				default: false,
				description:
					'Whether to check everything but make no video: the output is a tiny test video. Nothing is sent to Evolink and nothing is paid.',
			},
			{
				displayName: 'Optimize Prompt',
				name: 'promptOptimizer',
				type: 'boolean',
				default: true,
				description:
					'Whether the model may rewrite the prompt to get more out of it. Turn off if the video must follow your words exactly.',
			},
		]),
	]);
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

/** What a video depends on, by the names of the fields. */
const VIDEO_PARAMETERS = [
	'model',
	...IMAGE_FIELD_NAMES,
	'prompt',
	'cameraCommands',
	'quality',
	'duration',
];

/**
 * Returns what makes this submission the same as that of another try of n8n's: what the video
 * depends on as it is written, so that an expression that gives something else each time does not
 * pay again. An agent's calls are all written the same, so there the values count.
 */
function submissionKeyOf(
	context: IExecuteFunctions,
	settings: VideoSettings,
	images: readonly Image[],
	isRehearsal: boolean,
): string {
	const { options, ...written } = context.getNode().parameters;
	const more: Record<string, unknown> = isJsonObject(options) ? options : {};
	const { cameraSequence = {}, promptOptimizer = true, fastPretreatment = false } = more;
	const content = isCalledByAgent(context)
		? [settings, ...images.map((image) => (image.kind === 'link' ? image.url : image.file.sha256))]
		: [
				...VIDEO_PARAMETERS.map((name) => written[name]),
				cameraSequence,
				promptOptimizer,
				fastPretreatment,
			];
	const text = JSON.stringify([...content, isRehearsal]);
	return createHash('sha256').update(text).digest('hex');
}

/** An upload costs nothing, so it is tried for a good while; but no video waits for it yet. */
const LONGEST_UPLOAD_MS = 300_000;

/** An address that does not answer is mostly a typing mistake; the user should hear of it soon. */
const LONGEST_UNREACHABLE_MS = 8_000;

/** Uploads an image that several items share once; where that fails, each tries for itself. */
async function uploadOnce(
	image: CheckedImage,
	timeoutMs: number,
	{ uploads, client, clock }: Execution,
): Promise<string> {
	const first = uploads.get(image.sha256);
	const shared = first === undefined ? undefined : await first;
	if (shared !== undefined) return shared;
	const upload = repeatRequest(
		async (remainingMs) => await client.uploadImage(image.form, remainingMs),
		{ allowedMs: Math.min(timeoutMs, LONGEST_UPLOAD_MS), unreachableMs: LONGEST_UNREACHABLE_MS },
		client.throttle,
		clock,
	);
	uploads.set(
		image.sha256,
		upload.catch(() => undefined),
	);
	return await upload;
}

/** Returns the addresses under which the API can fetch the images, after uploading the files. */
async function addressesOf(
	images: readonly Image[],
	timeoutMs: number,
	execution: Execution,
): Promise<string[]> {
	const addresses: string[] = [];
	for (const image of images) {
		addresses.push(
			image.kind === 'link' ? image.url : await uploadOnce(image.file, timeoutMs, execution),
		);
	}
	return addresses;
}

/** One item of Video > Create, checked. */
interface CheckedItem {
	itemIndex: number;
	video: VideoSettings;
	images: readonly Image[];
	settings: TaskSettings;
	submissionKey: string;
}

/** Submits the item, or finds the task that it had before a sleep or a retry. */
async function startVideo(item: CheckedItem, execution: Execution): Promise<StartedTask> {
	const { itemIndex, video, images, settings, submissionKey } = item;
	const { paidTasks, context, clock } = execution;
	const record = paidTasks.find(itemIndex, submissionKey);
	if (execution.isAwake && record?.state === 'started') {
		// A task that failed meanwhile has failed: only a retry submits the item again.
		const startedMs = execution.startedBeforeSleepMs(itemIndex) ?? clock.nowMs();
		return { taskId: record.taskId, task: undefined, sent: record.sent, startedMs };
	}
	const { timeoutSeconds } = settings;
	return await submitOnce(
		{
			itemIndex,
			submissionKey,
			timeoutSeconds,
			checkLimit: () => checkMaxVideos(context, 1, paidTasks),
			body: async () =>
				requestBody(video, await addressesOf(images, timeoutSeconds * 1000, execution)),
		},
		execution,
	);
}

async function finishVideo(item: CheckedItem, started: StartedTask, execution: Execution) {
	const { taskId, task, sent, startedMs } = started;
	const onTaskFailed = (failed: EvolinkTask) => noteFailedTask(item, failed, execution);
	const output = await finishTask(
		{ taskId, known: task, startedMs, sent, onTaskFailed },
		item.settings,
		execution,
	);
	execution.paidTasks.delivered(item.itemIndex, item.submissionKey);
	return output;
}

async function rehearseVideo(item: CheckedItem, execution: Execution) {
	const { itemIndex, video, images, settings, submissionKey } = item;
	const { paidTasks } = execution;
	if (paidTasks.wouldStart(itemIndex, submissionKey)) {
		paidTasks.countVideo(1);
		paidTasks.remember(itemIndex, submissionKey, { state: 'rehearsed', idempotencyKey: '' });
	}
	const [imageUrl = null, lastImageUrl = null] = images.map((image) =>
		image.kind === 'link' ? image.url : null,
	);
	const { prompt, quality, durationSeconds: duration } = video;
	const isFinished = settings.waitForCompletion;
	const rehearsal = {
		taskId: newRehearsalId(),
		model: video.model,
		isFinished,
		pauseMs: isFinished ? REHEARSAL_PAUSE_MS : 0,
		sent: { prompt, imageUrl, lastImageUrl, quality, duration },
	};
	const output = await rehearse(rehearsal, settings, execution);
	paidTasks.delivered(itemIndex, submissionKey);
	return output;
}

/** Video > Create: submits the images and the words, and waits and downloads as far as wanted. */
export const createVideo: Operation = {
	async prepare(context, itemIndex, openAccount): Promise<PreparedItem> {
		const { fields, options } = fieldsOfItem(context, itemIndex);
		const isRehearsal = options.yesOrNo('rehearse', 'Rehearse (No Cost)', false);
		const account = isRehearsal ? undefined : await openAccount();
		readLimits(options);
		const model = findModel(fields.text('model', 'Model'));
		const settings = readTaskSettings(itemIndex, fields, options);
		// Shown only while waiting, so that its value counts for nothing else.
		settings.downloadVideo &&= settings.waitForCompletion;
		const video = readVideoSettings(model, fields, options);
		const images = await readImages(context, itemIndex, fields, model);
		const imageCount: ImageCount = images.length === 2 ? 2 : images.length === 1 ? 1 : 0;
		checkSettings(model, video, imageCount);
		const advice = [
			...adviceOnPrompt(context, fields, video.prompt),
			...imageAdvice(images, account),
		];
		const submissionKey = submissionKeyOf(context, video, images, isRehearsal);
		const item = { itemIndex, video, images, settings, submissionKey };
		let started: StartedTask | undefined;
		return {
			wouldStart(paidTasks) {
				if (!paidTasks.wouldStart(itemIndex, submissionKey)) return undefined;
				return isRehearsal ? 'rehearsal' : 'video';
			},
			async start(execution) {
				if (isRehearsal) return undefined;
				started = await startVideo(item, execution);
				const { task, startedMs } = started;
				return task && unfinished(task, startedMs, settings);
			},
			async run(execution) {
				for (const one of advice) execution.advise(itemIndex, one);
				if (isRehearsal) return await rehearseVideo(item, execution);
				started ??= await startVideo(item, execution);
				return await finishVideo(item, started, execution);
			},
		};
	},

	async guard(starts, execution) {
		checkMaxVideos(execution.context, starts.length, execution.paidTasks);
		if (starts.includes('video')) await checkMinBalance(execution);
	},
};
