import type { INodeProperties } from 'n8n-workflow';

import { inputFailure } from '../evolink/failure';
import { isTaskId } from '../evolink/task';
import { isCalledByAgent } from '../n8n/toolUse';
import { finishTask } from './finishTask';
import type { Operation } from './operation';
import { itemParameters } from './parameters';
import { rawTask, simplifiedTask } from './taskOutput';
import { readWaitSettings, sortedByDisplayName, WAIT_OPTION_FIELDS } from './waitSettings';

const show = { resource: ['task'], operation: ['get'] };

/** The fields of Task > Get. */
export const GET_TASK_FIELDS: INodeProperties[] = [
	{
		displayName: 'Task ID',
		name: 'taskId',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. task-unified-1757169743-7cvnl5zw',
		description:
			"The ID that Video > Create put out as 'taskId', or that a message of this node named",
		displayOptions: { show },
	},
	{
		displayName: 'Wait for Completion',
		name: 'waitForCompletion',
		type: 'boolean',
		default: false,
		description: 'Whether to wait until the task is finished instead of taking it as it is now',
		displayOptions: { show },
	},
	{
		displayName: 'Download Video',
		name: 'downloadVideo',
		type: 'boolean',
		default: false,
		description:
			'Whether to put the finished file into the output, for an e-mail or storage node. An unfinished task has no file yet.',
		displayOptions: { show },
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
		options: sortedByDisplayName(WAIT_OPTION_FIELDS),
	},
];

function checkTaskId(text: string): string {
	const taskId = text.trim();
	if (isTaskId(taskId)) return taskId;
	throw inputFailure(
		taskId === '' ? "'Task ID' is empty" : "'Task ID' is not an ID of Evolink's",
		"Use the value 'taskId' from Video > Create: letters, digits and dashes, e.g. task-unified-1757169743-7cvnl5zw.",
	);
}

/** Task > Get: reads a task of any kind, waits for it and downloads its result if wanted. */
export const getTask: Operation = {
	async prepare(context, itemIndex) {
		const parameters = itemParameters(context, itemIndex);
		const taskId = checkTaskId(parameters.text('taskId', 'Task ID'));
		const waitForCompletion = parameters.yesOrNo('waitForCompletion', 'Wait for Completion');
		// An agent gets text only; n8n drops the files of a tool's answer.
		const downloadVideo =
			parameters.yesOrNo('downloadVideo', 'Download Video') && !isCalledByAgent(context.getNode());
		const simplify = parameters.yesOrNo('simplify', 'Simplify');
		const settings = readWaitSettings(parameters.options());
		return {
			maxConcurrent: settings.maxConcurrent,
			async run(services) {
				const { task, file } = await finishTask(
					{
						taskId,
						known: undefined,
						startedMs: services.clock.nowMs(),
						waitForCompletion,
						downloadVideo,
						settings,
						itemIndex,
					},
					services,
				);
				return {
					json: simplify ? simplifiedTask(task) : rawTask(task),
					...(file === undefined ? {} : { binary: { [settings.outputPropertyName]: file } }),
				};
			},
		};
	},
};
