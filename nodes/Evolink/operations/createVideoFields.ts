import { updateDisplayOptions } from 'n8n-workflow';
import type {
	IDisplayOptions,
	INodeProperties,
	INodePropertyOptions,
	NodeParameterValue,
} from 'n8n-workflow';

import { CAMERA_COMMANDS } from '../evolink/camera';
import { qualitiesFor, VIDEO_MODELS } from '../evolink/models';
import type { ImageCount, VideoModel } from '../evolink/models';
import { imageFields, shownWith } from './imageFields';
import { LIMIT_FIELDS } from './spendingLimits';
import { outputFields } from './waitOptions';

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
		description: `What happens in the video, in plain words. ${isRequired ? 'Required' : 'Optional; the image alone is enough'}. At most ${model.promptMaxCharacters} characters, including camera commands. Commands in square brackets must be those of the list below; the model reads others as words.`,
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
				// Adding the option is meant to turn it on.
				default: true,
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
