import { createHash } from 'crypto';
import { updateDisplayOptions } from 'n8n-workflow';
import type { IExecuteFunctions, INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import {
	CAMERA_COMMANDS,
	composePrompt,
	promptAdvice,
	readCameraCommands,
} from '../evolink/camera';
import type { CameraStep } from '../evolink/camera';
import { requestBody } from '../evolink/client';
import type { Repeatable } from '../evolink/client';
import { inputFailure, quotedName } from '../evolink/failure';
import {
	checkImageUrl,
	imageUrlAdvice,
	isLocalAddress,
	localAddressWords,
} from '../evolink/imageUrl';
import { checkSettings, VIDEO_MODELS } from '../evolink/models';
import type { ImageRules, VideoModel, VideoSettings } from '../evolink/models';
import { isJsonObject } from '../evolink/task';
import type { EvolinkTask } from '../evolink/task';
import { noteFailedTask, submitOnce } from '../money/submitOnce';
import type { Account } from '../n8n/account';
import { checkImageFile } from '../n8n/imageFile';
import type { CheckedImage } from '../n8n/imageFile';
import { binaryDataOf, expressionOf, fieldsOfItem, isCalledByAgent } from '../n8n/parameters';
import type { Fields } from '../n8n/parameters';
import { tryUntil } from '../time/retry';
import type { Attempt } from '../time/retry';
import { finishTask } from './finishTask';
import type { Execution, Operation } from './runItems';
import { outputFields, readTaskSettings } from './waitOptions';

const DEFAULT_FILE_FIELD = 'data';

function titleCase(command: string): string {
	return command.replace(/(^| )\w/g, (start) => start.toUpperCase());
}

const CAMERA_OPTIONS: INodePropertyOptions[] = CAMERA_COMMANDS.map(({ value, description }) => ({
	name: titleCase(value),
	value,
	description,
}));

/** 'Quality', once for each model, since models differ in what they offer. */
function qualityFields(models: readonly VideoModel[]): INodeProperties[] {
	return models.map(({ id, qualities, defaultQuality }) => ({
		displayName: 'Quality',
		name: 'quality',
		type: 'options',
		options: qualities.map(({ value, description }) => ({ name: value, value, description })),
		default: defaultQuality,
		description: 'Resolution of the video. Higher costs more; 1080p is limited to 6 seconds.',
		displayOptions: { show: { model: [id] } },
	}));
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

const IMAGE_RULES_IN_WORDS =
	'JPEG, PNG or WebP, at most 20 MB, shorter side longer than 300 pixels, width to height between 2:5 and 5:2';

const IMAGE_FIELDS: INodeProperties[] = [
	{
		displayName: 'Image Source',
		name: 'imageSource',
		type: 'options',
		options: [
			{
				name: 'URL',
				value: 'url',
				description: 'The image is on the web and opens without a login',
			},
			{
				name: 'Binary File',
				value: 'binary',
				description: 'A file from an earlier node, e.g. a form upload, download or storage node',
			},
		],
		default: 'url',
		description: 'Where to get the first frame from',
	},
	{
		displayName: 'Image URL',
		name: 'imageUrl',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. https://example.com/image.jpg',
		description: `Link to one image that opens without a login: ${IMAGE_RULES_IN_WORDS}`,
		displayOptions: { show: { imageSource: ['url'] } },
	},
	{
		displayName: 'Input Data Field Name',
		name: 'binaryPropertyName',
		type: 'string',
		required: true,
		default: DEFAULT_FILE_FIELD,
		placeholder: 'e.g. data',
		hint: 'The name of the input field that contains the image file',
		description: `One image, which is uploaded to Evolink: ${IMAGE_RULES_IN_WORDS}`,
		displayOptions: { show: { imageSource: ['binary'] } },
	},
];

const PROMPT_FIELDS: INodeProperties[] = [
	{
		displayName: 'Prompt',
		name: 'prompt',
		type: 'string',
		typeOptions: { rows: 4 },
		default: '',
		placeholder: 'e.g. The cat slowly opens its eyes and looks around',
		description:
			'What happens in the video, in plain words. Optional; the image alone is enough. At most 2000 characters, including camera commands.',
	},
	{
		displayName: 'Camera Commands',
		name: 'cameraCommands',
		type: 'multiOptions',
		options: CAMERA_OPTIONS,
		default: [],
		description:
			"How the camera moves. Several commands run at the same time; up to 3 look best. For one movement after another, use 'Camera Sequence' in the options.",
	},
];

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
		...IMAGE_FIELDS,
		...PROMPT_FIELDS,
		...qualityFields(models),
		...durationFields(models),
		{
			displayName: 'Wait for Completion',
			name: 'waitForCompletion',
			type: 'boolean',
			default: true,
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

/** The image of one item: a link as it will be sent, or a checked file. */
type Image = { kind: 'link'; url: string } | { kind: 'file'; file: CheckedImage };

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

function readVideoSettings(fields: Fields, options: Fields): VideoSettings {
	const label = 'Camera Commands';
	const commands = readCameraCommands(fields.list('cameraCommands', label), label);
	return {
		model: fields.text('model', 'Model'),
		prompt: composePrompt(fields.text('prompt', 'Prompt'), commands, readSteps(options)),
		// n8n hides both, and leaves nothing of them, when a field above has a value it does not know.
		quality: fields.text('quality', 'Quality', ''),
		durationSeconds: fields.number('duration', 'Duration', undefined, 0),
		promptOptimizer: options.yesOrNo('promptOptimizer', 'Optimize Prompt', true),
	};
}

async function readImage(
	context: IExecuteFunctions,
	itemIndex: number,
	fields: Fields,
	rules: ImageRules,
): Promise<Image> {
	const source = fields.text('imageSource', 'Image Source');
	if (source === 'url') {
		const expression = expressionOf(context, 'imageUrl');
		return { kind: 'link', url: checkImageUrl(fields.text('imageUrl', 'Image URL'), expression) };
	}
	if (source !== 'binary') {
		throw inputFailure(
			`'Image Source' has an unknown value: '${quotedName(source)}'`,
			"Choose 'url' for a link or 'binary' for a file from an earlier node.",
		);
	}
	const given = fields.value('binaryPropertyName');
	const field = binaryDataOf(given) ?? fields.text('binaryPropertyName', 'Input Data Field Name');
	const file = await checkImageFile(context, itemIndex, field, DEFAULT_FILE_FIELD, rules);
	return { kind: 'file', file };
}

/** Returns advice on what is allowed, but may not do what the user expects. */
function adviceOn(
	context: IExecuteFunctions,
	fields: Fields,
	settings: VideoSettings,
	image: Image,
	account: Account,
): string[] {
	const advice = promptAdvice(settings.prompt);
	const expression = expressionOf(context, 'prompt');
	if (expression !== undefined && fields.text('prompt', 'Prompt').trim() === '') {
		advice.push(
			`The prompt's expression ${expression} gave nothing, so the model got no description.`,
		);
	}
	if (image.kind === 'file') return advice;
	if (!isLocalAddress(image.url)) return [...advice, ...imageUrlAdvice(image.url)];
	// A local Evolink, such as the sandbox, can open local addresses.
	if (!account.isLocal) {
		const words = localAddressWords(image.url);
		throw inputFailure("'Image URL' is an address that Evolink cannot open", words);
	}
	return [...advice, localAddressWords(image.url)];
}

/** What a video depends on, by the names of the fields. */
const VIDEO_PARAMETERS = [
	'model',
	'imageSource',
	'imageUrl',
	'binaryPropertyName',
	'prompt',
	'cameraCommands',
	'quality',
	'duration',
];

/**
 * Returns what makes this submission the same as that of another try of n8n's: what the video depends on
 * as it is written, so that an expression that gives something else each time does not pay again.
 * An agent's calls are all written the same, so there the values count.
 */
function submissionKeyOf(
	context: IExecuteFunctions,
	settings: VideoSettings,
	image: Image,
): string {
	const { options, ...written } = context.getNode().parameters;
	const more: Record<string, unknown> = isJsonObject(options) ? options : {};
	const { cameraSequence = {}, promptOptimizer = true } = more;
	const content = isCalledByAgent(context)
		? [settings, image.kind === 'link' ? image.url : image.file.sha256]
		: [...VIDEO_PARAMETERS.map((name) => written[name]), cameraSequence, promptOptimizer];
	return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

type UploadTrouble = Extract<Repeatable<string>, { kind: 'tryAgain' }>;

/** An upload costs nothing, so it is tried for a good while; but no video waits for it yet. */
const LONGEST_UPLOAD_MS = 300_000;

/** An address that does not answer is mostly a typing mistake; the user should hear of it soon. */
const LONGEST_UNREACHABLE_MS = 8_000;

/** Uploads an image that several items share once; where that fails, each tries for itself. */
async function uploadOnce(
	image: CheckedImage,
	timeoutMs: number,
	execution: Execution,
): Promise<string> {
	const first = execution.uploads.get(image.sha256);
	const shared = first === undefined ? undefined : await first;
	if (shared !== undefined) return shared;
	const upload = uploadImage(image, timeoutMs, execution);
	execution.uploads.set(
		image.sha256,
		upload.catch(() => undefined),
	);
	return await upload;
}

/**
 * Returns the address under which the API can fetch the image, after uploading it.
 *
 * @throws EvolinkFailure when the File API refuses the image, or can't be reached
 * @throws Stopped when the execution is stopped
 */
async function uploadImage(
	image: CheckedImage,
	timeoutMs: number,
	{ client, clock }: Execution,
): Promise<string> {
	const startedMs = clock.nowMs();
	const outcome = await tryUntil(
		async (remainingMs): Promise<Attempt<string, UploadTrouble>> => {
			await clock.sleep(client.throttle.quietMs());
			const upload = await client.uploadImage(image.form, remainingMs);
			if (upload.kind === 'done') return { done: upload.value };
			const mayPass =
				upload.kind === 'tryAgain' &&
				(upload.isUnreachable !== true || clock.nowMs() - startedMs < LONGEST_UNREACHABLE_MS);
			if (mayPass) return { trouble: upload };
			throw upload.failure;
		},
		startedMs + Math.min(timeoutMs, LONGEST_UPLOAD_MS),
		clock,
	);
	if ('done' in outcome) return outcome.done;
	throw outcome.trouble.failure;
}

/** Video > Create: submits one image, and waits and downloads as far as it is wanted. */
export const createVideo: Operation = {
	async prepare(context, itemIndex, account) {
		const { fields, options } = fieldsOfItem(context, itemIndex);
		const video = readVideoSettings(fields, options);
		const model = checkSettings(video);
		const settings = readTaskSettings(itemIndex, fields, options);
		// Shown only while waiting, so that its value counts for nothing else.
		settings.downloadVideo &&= settings.waitForCompletion;
		const { timeoutSeconds } = settings;
		const image = await readImage(context, itemIndex, fields, model.image);
		const advice = adviceOn(context, fields, video, image, account);
		const submissionKey = submissionKeyOf(context, video, image);
		return async (execution) => {
			for (const one of advice) execution.advise(itemIndex, one);
			const submission = {
				itemIndex,
				submissionKey,
				timeoutSeconds,
				body: async () =>
					requestBody(
						video,
						image.kind === 'link'
							? image.url
							: await uploadOnce(image.file, timeoutSeconds * 1000, execution),
					),
			};
			const { task, sent, startedMs } = await submitOnce(submission, execution);
			const onTaskFailed = (failed: EvolinkTask) => noteFailedTask(submission, failed, execution);
			const output = await finishTask(
				{ taskId: task.id, known: task, startedMs, sent, onTaskFailed },
				settings,
				execution,
			);
			execution.paidTasks.delivered(itemIndex, submissionKey);
			return output;
		};
	},
};
