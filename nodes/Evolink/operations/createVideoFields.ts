import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { CAMERA_COMMANDS } from '../evolink/camera';
import { VIDEO_MODELS } from '../evolink/models';
import type { VideoModel } from '../evolink/models';
import { sortedByDisplayName, WAIT_OPTION_FIELDS } from './waitSettings';

const show = { resource: ['video'], operation: ['create'] };

function titleCase(command: string): string {
	return command.replace(/(^| )\w/g, (start) => start.toUpperCase());
}

/** The camera commands as n8n's list shows them: the group first, so that groups stay together. */
const CAMERA_OPTIONS: INodePropertyOptions[] = CAMERA_COMMANDS.map(
	({ value, group, description }) => ({
		name: `${group}: ${titleCase(value)}`,
		value,
		description,
	}),
);

/** 'Quality', once for each model, since models differ in what they offer. */
function qualityFields(models: readonly VideoModel[]): INodeProperties[] {
	return models.map(({ id, qualities, defaultQuality }) => ({
		displayName: 'Quality',
		name: 'quality',
		type: 'options',
		options: qualities.map(({ value, description }) => ({ name: value, value, description })),
		default: defaultQuality,
		description: 'How sharp the video is; a higher quality may allow fewer durations',
		displayOptions: { show: { ...show, model: [id] } },
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
			const defaultDuration = durations.includes(model.defaultDurationSeconds)
				? model.defaultDurationSeconds
				: durations[0];
			return {
				displayName: 'Duration',
				name: 'duration',
				type: 'options',
				options: durations.map((seconds) => ({ name: `${seconds} Seconds`, value: seconds })),
				default: defaultDuration,
				description: 'How long the video is, in seconds',
				displayOptions: { show: { ...show, model: [model.id], quality: qualities } },
			};
		});
	});
}

/**
 * Returns the fields of Video > Create; the models' drop-downs come from the table.
 */
export function createVideoFields(models: readonly VideoModel[] = VIDEO_MODELS): INodeProperties[] {
	const defaultModel = models[0].id;
	return [
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
			description: 'The model that makes the video',
			displayOptions: { show },
		},
		{
			displayName: 'Image Source',
			name: 'imageSource',
			type: 'options',
			options: [
				{
					name: 'Link to a Picture',
					value: 'url',
					description: 'The picture is on the web and opens without a log-in',
				},
				{
					name: 'File From an Earlier Node',
					value: 'binary',
					description: 'Such as a form with an upload, a download or a storage node',
				},
			],
			default: 'url',
			description: 'Where the picture comes from that the video starts with',
			displayOptions: { show },
		},
		{
			displayName: 'Image URL',
			name: 'imageUrl',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. https://example.com/picture.jpg',
			description:
				'Link to one JPEG, PNG or WebP picture that opens without a log-in. At most 20 MB, the shorter side longer than 300 pixels, width to height between 2:5 and 5:2.',
			displayOptions: { show: { ...show, imageSource: ['url'] } },
		},
		{
			displayName: 'Input Data Field Name',
			name: 'binaryPropertyName',
			type: 'string',
			required: true,
			default: 'data',
			placeholder: 'e.g. data',
			hint: 'The name of the input field that holds the picture',
			description:
				'One JPEG, PNG or WebP picture of at most 20 MB, the shorter side longer than 300 pixels, width to height between 2:5 and 5:2. It is uploaded to Evolink.',
			displayOptions: { show: { ...show, imageSource: ['binary'] } },
		},
		{
			displayName: 'Prompt',
			name: 'prompt',
			type: 'string',
			typeOptions: { rows: 4 },
			default: '',
			placeholder: 'e.g. The cat slowly opens its eyes and looks around',
			description:
				'What happens in the video, in plain words. Optional; the picture alone is enough. At most 2000 characters, the camera commands included.',
			displayOptions: { show },
		},
		{
			displayName: 'Camera Commands',
			name: 'cameraCommands',
			type: 'multiOptions',
			options: CAMERA_OPTIONS,
			default: [],
			description:
				"How the camera moves. Several commands run at the same time; up to 3 look best. For one movement after another, use 'Camera Sequence' in the options.",
			displayOptions: { show },
		},
		...qualityFields(models),
		...durationFields(models),
		{
			displayName: 'Wait for Completion',
			name: 'waitForCompletion',
			type: 'boolean',
			default: true,
			description:
				'Whether to wait until the video is finished, which takes a few minutes. Without waiting, the output is the task ID for Task > Get.',
			displayOptions: { show },
		},
		{
			displayName: 'Download Video',
			name: 'downloadVideo',
			type: 'boolean',
			default: true,
			description:
				'Whether to put the finished file into the output, for an e-mail or storage node. Links alone stop working after 24 hours.',
			displayOptions: { show: { ...show, waitForCompletion: [true] } },
		},
		{
			displayName: 'Simplify',
			name: 'simplify',
			type: 'boolean',
			default: true,
			description: 'Whether to return a simplified version of the response instead of the raw data',
			displayOptions: { show },
		},
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			displayOptions: { show },
			options: sortedByDisplayName([
				...WAIT_OPTION_FIELDS,
				{
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
				},
				{
					displayName: 'Optimize Prompt',
					name: 'promptOptimizer',
					type: 'boolean',
					default: true,
					description:
						'Whether the model may rewrite the prompt to get more out of it. Turn it off if the video must follow your words exactly.',
				},
			]),
		},
	];
}
