import type { INodeProperties } from 'n8n-workflow';

import { inputFailure, quotedName } from '../evolink/failure';
import type { Fields } from '../n8n/parameters';

/** What an item's fields say about its task: whether and how to wait, and what to return. */
export interface TaskSettings {
	itemIndex: number;
	/** Whether to wait for the end, or to take the task as is. */
	waitForCompletion: boolean;
	downloadVideo: boolean;
	simplify: boolean;
	/** Whether the row begins with the input's own fields. */
	includeOtherFields: boolean;
	timeoutSeconds: number;
	/** Undefined: the pauses fit the task. */
	pollIntervalSeconds: number | undefined;
	onTimeout: 'error' | 'returnTask';
	outputPropertyName: string;
	/** Empty: the task id. */
	fileName: string;
}

const DEFAULT_TIMEOUT_SECONDS = 900;
const DEFAULT_MAX_CONCURRENT = 5;
const LARGEST_MAX_CONCURRENT = 100;
const DEFAULT_OUTPUT_FIELD = 'data';

/** Shown when somebody adds the option; without it the node chooses the pauses itself. */
const SUGGESTED_POLL_INTERVAL_SECONDS = 10;

/** The field that names the input's file, in operations on files. */
export const INPUT_FILE_FIELD: INodeProperties = {
	displayName: 'Input Data Field Name',
	name: 'binaryPropertyName',
	type: 'string',
	required: true,
	default: 'data',
	placeholder: 'e.g. data',
};

/** The fields of 'Options' that every operation with a file has. */
export const FILE_NAME_FIELD: INodeProperties = {
	displayName: 'File Name',
	name: 'fileName',
	type: 'string',
	default: '',
	placeholder: 'e.g. spring-campaign.mp4',
	description: 'Name of the video file. If empty, the task ID is used.',
};
export const OUTPUT_FILE_FIELD: INodeProperties = {
	displayName: 'Put Output File in Field',
	name: 'outputPropertyName',
	type: 'string',
	default: DEFAULT_OUTPUT_FIELD,
	placeholder: 'e.g. data',
	hint: 'The name of the output field that holds the video file',
	description: 'Name of the binary field to put the video in',
};

/** The fields of 'Options' that both operations on a task have. */
const WAIT_OPTION_FIELDS: readonly INodeProperties[] = [
	FILE_NAME_FIELD,
	{
		displayName: 'Include Other Input Fields',
		name: 'includeOtherFields',
		type: 'boolean',
		default: false,
		description:
			"Whether to pass the input's fields and files to the output, too. Where a name is taken, the value of this node wins.",
	},
	OUTPUT_FILE_FIELD,
	{
		displayName: 'Max Concurrent Videos',
		name: 'maxConcurrent',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: LARGEST_MAX_CONCURRENT, numberPrecision: 0 },
		default: DEFAULT_MAX_CONCURRENT,
		description:
			"How many videos to create in parallel. The first item's value applies to all items.",
	},
	{
		displayName: 'On Timeout',
		name: 'onTimeout',
		type: 'options',
		options: [
			{
				name: 'Fail the Item',
				value: 'error',
				description: 'Fail with a message that contains the task ID',
			},
			{
				name: 'Return the Unfinished Task',
				value: 'returnTask',
				description: 'Go on with the task as is, to fetch the video later',
			},
		],
		default: 'error',
		description: 'What to do if the video is not finished in time',
	},
	{
		displayName: 'Poll Interval (Seconds)',
		name: 'pollInterval',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: SUGGESTED_POLL_INTERVAL_SECONDS,
		description: 'How often to check the task. If not set, the node decides.',
	},
	{
		displayName: 'Timeout (Seconds)',
		name: 'timeout',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: DEFAULT_TIMEOUT_SECONDS,
		description:
			'How long to wait for one video at most. A video takes a few minutes; a paid task goes on even after this time.',
	},
	{
		displayName: 'While Waiting',
		name: 'whileWaiting',
		type: 'options',
		options: [
			{
				name: 'Keep Running',
				value: 'keepRunning',
				description: 'Hold the execution in memory. Each video is there as soon as it is finished.',
			},
			{
				name: 'Sleep',
				value: 'sleep',
				description:
					'Hand the execution back to n8n for 70 seconds or more. Takes no memory, survives a restart.',
			},
		],
		default: 'keepRunning',
		description:
			"What n8n does while the videos are made. When asleep, 'Max Concurrent Videos' only limits uploads and downloads, and a webhook that responds when the last node finishes gets the task IDs: let it respond immediately. The first item's value applies to all items.",
	},
];

/**
 * Reads what the fields of one item, and those in its options, say about its task.
 *
 * @throws EvolinkFailure that names the field
 */
export function readTaskSettings(itemIndex: number, fields: Fields, options: Fields): TaskSettings {
	const onTimeout = options.text('onTimeout', 'On Timeout', 'error');
	if (onTimeout !== 'error' && onTimeout !== 'returnTask') {
		throw inputFailure(
			`'On Timeout' has an unknown value: '${quotedName(onTimeout)}'`,
			"Choose 'error' or 'returnTask'.",
		);
	}
	const timeoutLabel = 'Timeout (Seconds)';
	const hasInterval = options.value('pollInterval') !== undefined;
	// What holds for all items is taken from the first, but checked for each.
	readRunSettings(options);
	return {
		itemIndex,
		waitForCompletion: fields.yesOrNo('waitForCompletion', 'Wait for Completion'),
		// n8n leaves nothing of a hidden field.
		downloadVideo: fields.yesOrNo('downloadVideo', 'Download Video', true),
		simplify: fields.yesOrNo('simplify', 'Simplify'),
		includeOtherFields: options.yesOrNo('includeOtherFields', 'Include Other Input Fields', false),
		timeoutSeconds: options.number('timeout', timeoutLabel, { min: 1 }, DEFAULT_TIMEOUT_SECONDS),
		pollIntervalSeconds: hasInterval
			? options.number('pollInterval', 'Poll Interval (Seconds)', { min: 1 })
			: undefined,
		onTimeout,
		outputPropertyName:
			options.text('outputPropertyName', 'Put Output File in Field').trim() || DEFAULT_OUTPUT_FIELD,
		fileName: options.text('fileName', 'File Name').trim(),
	};
}

/** What holds for all items of a run. */
export interface RunSettings {
	maxConcurrent: number;
	isSleepWanted: boolean;
}

/**
 * Reads what holds for all items out of the first one's options.
 *
 * @throws EvolinkFailure that names the field
 */
export function readRunSettings(options: Fields): RunSettings {
	const range = { min: 1, max: LARGEST_MAX_CONCURRENT, integer: true };
	const whileWaiting = options.text('whileWaiting', 'While Waiting', 'keepRunning');
	if (whileWaiting !== 'keepRunning' && whileWaiting !== 'sleep') {
		throw inputFailure(
			`'While Waiting' has an unknown value: '${quotedName(whileWaiting)}'`,
			"Choose 'keepRunning' or 'sleep'.",
		);
	}
	return {
		maxConcurrent: options.number(
			'maxConcurrent',
			'Max Concurrent Videos',
			range,
			DEFAULT_MAX_CONCURRENT,
		),
		isSleepWanted: whileWaiting === 'sleep',
	};
}

/** The same in all operations. */
export const SIMPLIFY_FIELD: INodeProperties = {
	displayName: 'Simplify',
	name: 'simplify',
	type: 'boolean',
	default: true,
	description: 'Whether to return a simplified version of the response instead of the raw data',
};

/** Returns the fields that every operation on a task ends with, its own options added. */
export function outputFields(moreOptions: readonly INodeProperties[] = []): INodeProperties[] {
	return [
		SIMPLIFY_FIELD,
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [...WAIT_OPTION_FIELDS, ...moreOptions].sort((a, b) =>
				a.displayName.localeCompare(b.displayName),
			),
		},
	];
}
