import type { INodeProperties } from 'n8n-workflow';

import { inputFailure } from '../evolink/failure';
import type { OptionParameters } from './parameters';

/** How long to wait, how often to look, and what to do with the result; the same everywhere. */
export interface WaitSettings {
	timeoutSeconds: number;
	/** Undefined: the pauses fit the task. */
	pollIntervalSeconds: number | undefined;
	onTimeout: 'error' | 'returnTask';
	/** How many items are in work at once; the first item's value counts. */
	maxConcurrent: number;
	outputPropertyName: string;
	/** Empty: the task id. */
	fileName: string;
}

export const DEFAULT_TIMEOUT_SECONDS = 900;
export const DEFAULT_MAX_CONCURRENT = 5;
const LARGEST_MAX_CONCURRENT = 100;
const DEFAULT_OUTPUT_FIELD = 'data';

/** Shown when somebody adds the option; without it the node chooses the pauses itself. */
const SUGGESTED_POLL_INTERVAL_SECONDS = 10;

/** The fields of 'Options' that both operations have, by name. */
export const WAIT_OPTION_FIELDS: readonly INodeProperties[] = [
	{
		displayName: 'File Name',
		name: 'fileName',
		type: 'string',
		default: '',
		placeholder: 'e.g. spring-campaign.mp4',
		description: 'Name of the video file. Left empty, it is the task ID.',
	},
	{
		displayName: 'Max Concurrent Videos',
		name: 'maxConcurrent',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: LARGEST_MAX_CONCURRENT, numberPrecision: 0 },
		default: DEFAULT_MAX_CONCURRENT,
		description:
			'How many items are in work at the same time. The value of the first item counts for all.',
	},
	{
		displayName: 'On Timeout',
		name: 'onTimeout',
		type: 'options',
		options: [
			{
				name: 'Fail the Item',
				value: 'error',
				description: 'Stop with a message that names the task ID',
			},
			{
				name: 'Return the Unfinished Task',
				value: 'returnTask',
				description: 'Go on with the task as it is, to fetch the video later',
			},
		],
		default: 'error',
		description: 'What to do when the video is not finished in time',
	},
	{
		displayName: 'Poll Interval (Seconds)',
		name: 'pollInterval',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: SUGGESTED_POLL_INTERVAL_SECONDS,
		description:
			'Fixed time between two looks at the task. Without this option, the node chooses by how fast the video gets on.',
	},
	{
		displayName: 'Put Output File in Field',
		name: 'outputPropertyName',
		type: 'string',
		default: DEFAULT_OUTPUT_FIELD,
		placeholder: 'e.g. data',
		hint: 'The name of the output field that holds the video file',
		description: 'Nodes after this one, such as an e-mail node, ask for this name',
	},
	{
		displayName: 'Timeout (Seconds)',
		name: 'timeout',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: DEFAULT_TIMEOUT_SECONDS,
		description:
			'Longest time to wait for one video. A video takes a few minutes; the paid task goes on even after this time.',
	},
];

/** Returns the fields of a collection in the order in which n8n lists them: by their names. */
export function sortedByDisplayName(fields: readonly INodeProperties[]): INodeProperties[] {
	return [...fields].sort((a, b) => a.displayName.localeCompare(b.displayName));
}

/**
 * Reads the settings of one item.
 *
 * @throws EvolinkFailure that names the field
 */
export function readWaitSettings(options: OptionParameters): WaitSettings {
	const onTimeout = options.text('onTimeout', 'On Timeout') ?? 'error';
	if (onTimeout !== 'error' && onTimeout !== 'returnTask') {
		throw inputFailure(
			`'On Timeout' has a value that this node does not know: '${onTimeout}'`,
			"Choose 'error' or 'returnTask'.",
		);
	}
	const field = options.text('outputPropertyName', 'Put Output File in Field')?.trim() ?? '';
	return {
		timeoutSeconds:
			options.number('timeout', 'Timeout (Seconds)', { min: 1 }) ?? DEFAULT_TIMEOUT_SECONDS,
		pollIntervalSeconds: options.number('pollInterval', 'Poll Interval (Seconds)', { min: 1 }),
		onTimeout,
		maxConcurrent:
			options.number('maxConcurrent', 'Max Concurrent Videos', {
				min: 1,
				max: LARGEST_MAX_CONCURRENT,
				integer: true,
			}) ?? DEFAULT_MAX_CONCURRENT,
		outputPropertyName: field === '' ? DEFAULT_OUTPUT_FIELD : field,
		fileName: options.text('fileName', 'File Name')?.trim() ?? '',
	};
}
