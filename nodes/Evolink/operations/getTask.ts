import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties } from 'n8n-workflow';

import { inputFailure, quotedName } from '../evolink/failure';
import { ofTask } from '../evolink/failures';
import { readTask } from '../evolink/pollTask';
import { isTaskId } from '../evolink/task';
import { expressionOf, fieldsOfItem } from '../n8n/parameters';
import { finishTask } from './finishTask';
import { isRehearsalId, rehearse } from './rehearsal';
import type { Operation } from './runItems';
import { outputFields, readTaskSettings } from './waitOptions';

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
		{
			displayName: 'Wait for Completion',
			name: 'waitForCompletion',
			type: 'boolean',
			default: false,
			description: 'Whether to wait for the task to finish. If off, returns its current state.',
		},
		{
			displayName: 'Download Video',
			name: 'downloadVideo',
			type: 'boolean',
			default: false,
			description:
				'Whether to put the finished video into the output, e.g. for an email or storage node. An unfinished task has no file yet.',
		},
		...outputFields(),
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
	async prepare(execution, itemIndex) {
		const { context, clock } = execution;
		const { fields, options } = fieldsOfItem(context, itemIndex);
		const taskId = checkTaskId(fields.text('taskId', 'Task ID'), expressionOf(context, 'taskId'));
		const settings = readTaskSettings(itemIndex, fields, options);
		if (isRehearsalId(taskId)) {
			const rehearsal = { taskId, model: null, isFinished: true, pauseMs: 0 };
			return { settings, run: async () => await rehearse(rehearsal, settings, execution) };
		}
		const { client } = await execution.openAccount(itemIndex);
		return {
			settings,
			async begin() {
				const startedMs = execution.startedBeforeSleepMs(itemIndex) ?? clock.nowMs();
				try {
					const task = await readTask(client, taskId, { startedMs, ...settings }, clock);
					return { taskId, task, startedMs };
				} catch (error) {
					throw ofTask(error, taskId);
				}
			},
			finish: async (task) => await finishTask(task, settings, client, execution),
		};
	},
};
