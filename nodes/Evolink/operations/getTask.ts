import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties } from 'n8n-workflow';

import { inputFailure, quotedName } from '../evolink/failure';
import { isTaskId } from '../evolink/task';
import { expressionOf, fieldsOfItem } from '../n8n/parameters';
import { finishTask } from './finishTask';
import { isCalledByAgent } from './runItems';
import type { Operation } from './runItems';
import { outputFields, readWaitSettings } from './waitOptions';

/** The fields of Task > Get. */
export const GET_TASK_FIELDS: INodeProperties[] = updateDisplayOptions(
	{ show: { resource: ['task'], operation: ['get'] } },
	[
		{
			displayName: 'Task ID',
			name: 'taskId',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. task-unified-1757169743-7cvnl5zw',
			description: "The 'taskId' returned by Video > Create, or the ID shown in an error message",
		},
		...outputFields(
			{
				wait: 'Whether to wait for the task to finish. If off, returns its current state.',
				download:
					'Whether to put the finished video into the output, e.g. for an email or storage node. An unfinished task has no file yet.',
			},
			[],
		),
	],
);

const USE_TASK_ID =
	"Use the 'taskId' returned by Video > Create: letters, digits and dashes, e.g. task-unified-1757169743-7cvnl5zw.";

/** Reads an ID as it is copied from a message: in quotes, after "Task ID:", or before a semicolon. */
function checkTaskId(text: string, expression: string | undefined): string {
	const taskId = text
		.replace(/\p{Cf}/gu, '')
		.replace(/^[\s"'`„“”‘’]*(task[\s_]*id\s*[:=]?)?[\s"'`„“”‘’]*/i, '')
		.replace(/[\s"'`„“”‘’.,;]+$/, '');
	if (isTaskId(taskId)) return taskId;
	if (text.trim() !== '') {
		throw inputFailure(
			`'Task ID' is not an ID of Evolink: '${quotedName(text.trim())}'`,
			USE_TASK_ID,
		);
	}
	throw expression === undefined
		? inputFailure("'Task ID' is empty", USE_TASK_ID)
		: inputFailure(
				"'Task ID' is empty: its expression gave nothing for this item",
				`The expression is ${expression}. ${USE_TASK_ID}`,
			);
}

/** Task > Get: reads a task of any kind, waits for it and downloads its result if wanted. */
export const getTask: Operation = {
	async prepare(context, itemIndex) {
		const { fields, options } = fieldsOfItem(context, itemIndex);
		const taskId = checkTaskId(fields.text('taskId', 'Task ID'), expressionOf(context, 'taskId'));
		const wishes = {
			itemIndex,
			waitForCompletion: fields.yesOrNo('waitForCompletion', 'Wait for Completion'),
			// An agent gets text only; n8n drops the files of a tool's answer.
			downloadVideo: fields.yesOrNo('downloadVideo', 'Download Video') && !isCalledByAgent(context),
			simplify: fields.yesOrNo('simplify', 'Simplify'),
			settings: readWaitSettings(options),
		};
		return async (execution) =>
			await finishTask(
				{ taskId, known: undefined, startedMs: execution.clock.nowMs() },
				wishes,
				execution,
			);
	},
};
