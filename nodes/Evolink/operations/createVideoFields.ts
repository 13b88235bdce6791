import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { CAMERA_COMMANDS } from '../evolink/camera';
import {
	aspectRatiosFor,
	durationsFor,
	inWords,
	isAmong,
	qualitiesFor,
	VIDEO_MODELS,
} from '../evolink/models';
import type { ImageCount, Quality, VideoModel } from '../evolink/models';
import { byCase, byImageCount, forExpression, forOtherModel, OTHER_MODEL } from './fieldVariants';
import { imageFields } from './imageFields';
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

const PROMPT = {
	displayName: 'Prompt',
	name: 'prompt',
	type: 'string',
	typeOptions: { rows: 4 },
	default: '',
	placeholder: 'e.g. The cat slowly opens its eyes and looks around',
} as const;

function promptField(model: VideoModel, imageCount: ImageCount): INodeProperties {
	const isRequired = model.promptRequiredFor.includes(imageCount);
	const { promptMaxCharacters: most, countsChineseTwice } = model;
	const sentences = [
		'What happens in the video, in plain words.',
		isRequired ? 'Required.' : 'Optional; the image alone is enough.',
		most === undefined ? '' : `At most ${most} characters, including camera commands.`,
		countsChineseTwice === true ? 'A Chinese character counts as two.' : '',
		model.camera === 'brackets'
			? 'Commands in square brackets must be those of the list below; the model reads others as words.'
			: '',
	];
	return {
		...PROMPT,
		...(isRequired ? { required: true } : {}),
		description: sentences.filter((sentence) => sentence !== '').join(' '),
	};
}

/** What each quality is good for. */
const QUALITY_WORDS: Readonly<Record<string, string>> = {
	'360p': 'Very small, for tests',
	'480p': 'Small, for drafts',
	'512p': 'Small, for drafts',
	'720p': 'HD; good for most social media',
	'768p': 'Good for most social media',
	'1080p': 'Full HD',
	'2k': 'For large screens',
	'4k': 'For the largest screens',
};

const QUALITY = {
	displayName: 'Quality',
	name: 'quality',
	description: 'Resolution of the video. Higher costs more and can allow fewer durations.',
} as const;

function qualityOption({ value, durationsSeconds, imageCounts }: Quality): INodePropertyOptions {
	const limits = [
		durationsSeconds === undefined ? '' : `; ${durationsSeconds.join(' or ')} seconds only`,
		imageCounts === undefined ? '' : '; with exactly one image',
	];
	return { name: value, value, description: `${QUALITY_WORDS[value] ?? ''}${limits.join('')}` };
}

function qualityField(model: VideoModel, imageCount: ImageCount): INodeProperties {
	const options = qualitiesFor(model, imageCount).map(qualityOption);
	return { ...QUALITY, type: 'options', options, default: model.defaultQuality };
}

const DURATION = {
	displayName: 'Duration',
	name: 'duration',
	description: 'Length of the video in seconds. Longer costs more.',
} as const;

function durationField(model: VideoModel, quality: Quality): INodeProperties {
	const possible = durationsFor(model, quality);
	const { defaultDurationSeconds: usual } = model;
	if ('from' in possible) {
		const typeOptions = { minValue: possible.from, maxValue: possible.to, numberPrecision: 0 };
		// The editor neither names the limits nor marks what another model has left beyond them.
		const hint = `In seconds, ${inWords(possible)}`;
		return { ...DURATION, type: 'number', typeOptions, default: usual, hint };
	}
	return {
		...DURATION,
		type: 'options',
		options: possible.map((seconds) => ({ name: `${seconds} Seconds`, value: seconds })),
		default: isAmong(possible, usual) ? usual : possible[0],
	};
}

/** 'Duration', by the quality where it makes a difference. */
function durationFields(models: readonly VideoModel[]): INodeProperties[] {
	return byCase(
		models,
		({ qualities }) => qualities,
		durationField,
		(_, some) => [{ quality: some.map(({ value }) => value) }],
	);
}

const RATIO = {
	displayName: 'Aspect Ratio',
	name: 'aspectRatio',
	description: 'Shape of the video, width to height',
} as const;

/** What a shape is good for; any other speaks for itself. */
const RATIO_WORDS: Readonly<Record<string, string>> = {
	'16:9': 'Landscape, for YouTube and websites',
	'9:16': 'Vertical, for Reels, Shorts and TikTok',
	'1:1': 'Square, for feeds',
	adaptive: 'The model chooses what fits the image or the words',
	auto: 'The model chooses what fits the image or the words',
};

function ratioField(model: VideoModel, imageCount: ImageCount): INodeProperties | undefined {
	const ratios = aspectRatiosFor(model, imageCount);
	if (ratios.length === 0) return undefined;
	const options = ratios.map((value) => ({
		name: value === 'adaptive' || value === 'auto' ? 'Automatic' : value,
		value,
		...(value in RATIO_WORDS ? { description: RATIO_WORDS[value] } : {}),
	}));
	return { ...RATIO, type: 'options', options, default: ratios[0] };
}

const SOUND = {
	displayName: 'Generate Sound',
	name: 'generateAudio',
	description: 'Whether the video has sound that fits what happens in it',
} as const;

function soundField({ sound }: VideoModel): INodeProperties | undefined {
	return sound && { ...SOUND, type: 'boolean', default: sound.isOnByDefault };
}

/** Shown while Model is an expression: what is left empty is the model's own. */
const WHILE_MODEL_IS_AN_EXPRESSION = {
	hint: "If empty, the model's default. Allowed values depend on the model.",
	type: 'string',
	default: '',
} as const;

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

const REHEARSE_FIELD: INodeProperties = {
	displayName: 'Rehearse (No Cost)',
	name: 'rehearse',
	type: 'boolean',
	// Adding the option is meant to turn it on.
	default: true,
	description:
		'Whether to check everything but make no video: the output is a tiny test video. Nothing is sent to Evolink and nothing is paid.',
};

const MODEL_ID = {
	displayName: 'Model ID',
	name: 'modelId',
	type: 'string',
	default: '',
	placeholder: 'e.g. seedance-2.0-reference-to-video',
	description:
		'The ID of the model, as Evolink writes it. See <a href="https://docs.evolink.ai" target="_blank">its documentation</a>.',
} as const;

const PARAMETERS: INodeProperties = {
	displayName: 'Parameters (JSON)',
	name: 'parameters',
	type: 'json',
	default: '{}',
	placeholder: '{ "image_urls": ["https://example.com/image.jpg"], "duration": 5 }',
	description:
		'What the model takes beside the prompt, as its page in <a href="https://docs.evolink.ai" target="_blank">Evolink\'s documentation</a> says. The node does not check it.',
};

/** The fields of a model by its ID, and while Model is an expression, which can give that. */
function otherModelFields(models: readonly VideoModel[]): INodeProperties[] {
	return [
		forOtherModel(models, { ...MODEL_ID, default: '', required: true }),
		forExpression(models, { ...MODEL_ID, default: '' }),
		forOtherModel(models, PARAMETERS),
		forExpression(models, PARAMETERS),
	];
}

function modelField(models: readonly VideoModel[]): INodeProperties {
	const [{ id: defaultModel }] = models;
	const other = {
		name: 'Other Model (By ID)',
		value: OTHER_MODEL,
		description: 'Any other video model of Evolink, with its parameters as JSON',
	};
	const rows = models.map(({ id, displayName, description }) => ({
		name: displayName,
		value: id,
		description,
	}));
	return {
		displayName: 'Model',
		name: 'model',
		type: 'options',
		options: [...rows, other],
		default: defaultModel,
		description: 'The model that creates the video',
	};
}

const WAIT_FIELDS: INodeProperties[] = [
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
];

/** The options that only Video > Create has. */
function optionFields(models: readonly VideoModel[]): INodeProperties[] {
	const shownFor = (has: (model: VideoModel) => boolean) => ({
		displayOptions: { show: { '/model': models.filter(has).map(({ id }) => id) } },
	});
	return [
		{ ...CAMERA_SEQUENCE_FIELD, displayOptions: { hide: { '/model': [OTHER_MODEL] } } },
		{
			displayName: 'Fast Pretreatment',
			name: 'fastPretreatment',
			type: 'boolean',
			default: false,
			description:
				"Whether to spend less time on optimizing the prompt. Has an effect only with 'Optimize Prompt'.",
			...shownFor(({ params }) => params.includes('fast_pretreatment')),
		},
		{
			displayName: 'Negative Prompt',
			name: 'negativePrompt',
			type: 'string',
			default: '',
			placeholder: 'e.g. text, blurry faces',
			description: 'What must not appear in the video',
			...shownFor(({ negativePrompt }) => negativePrompt !== undefined),
		},
		{
			displayName: 'Seed',
			name: 'seed',
			type: 'number',
			typeOptions: { minValue: 0, numberPrecision: 0 },
			default: 1,
			description:
				'A number that leads to a similar video each time, with the same settings; another number to another video',
			...shownFor(({ seed }) => seed !== undefined),
		},
		...LIMIT_FIELDS,
		REHEARSE_FIELD,
		{
			displayName: 'Optimize Prompt',
			name: 'promptOptimizer',
			type: 'boolean',
			default: true,
			description:
				'Whether the model may rewrite the prompt to get more out of it. Turn off if the video must follow your words exactly.',
			...shownFor(({ params }) => params.includes('prompt_optimizer')),
		},
	];
}

/** Returns the fields of Video > Create; what depends on the model comes from the table. */
export function createVideoFields(models: readonly VideoModel[] = VIDEO_MODELS): INodeProperties[] {
	const prompt: INodeProperties = {
		...PROMPT,
		default: '',
		description: 'What happens in the video, in plain words',
	};
	const open = (field: Pick<INodeProperties, 'displayName' | 'name' | 'description'>) =>
		forExpression(models, { ...field, ...WHILE_MODEL_IS_AN_EXPRESSION, default: '' });
	return updateDisplayOptions({ show: { resource: ['video'], operation: ['create'] } }, [
		modelField(models),
		...otherModelFields(models),
		...imageFields(models),
		...byImageCount(models, promptField),
		forOtherModel(models, prompt),
		forExpression(models, prompt),
		{ ...CAMERA_COMMANDS_FIELD, displayOptions: { hide: { model: [OTHER_MODEL] } } },
		...byImageCount(models, ratioField),
		open(RATIO),
		...byImageCount(models, qualityField),
		open(QUALITY),
		...durationFields(models),
		open(DURATION),
		...byImageCount(models, soundField),
		open(SOUND),
		...WAIT_FIELDS,
		...outputFields(optionFields(models)),
	]);
}
