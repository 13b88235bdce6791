import { NodeConnectionTypes } from 'n8n-workflow';
import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';

import { createVideo } from './operations/createVideo';
import { createVideoFields } from './operations/createVideoFields';
import { executeItems } from './operations/executeItems';
import { getTask, GET_TASK_FIELDS } from './operations/getTask';

/** The Evolink node: turns pictures into videos, and reads tasks. */
export class Evolink implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Evolink',
		name: 'evolink',
		icon: { light: 'file:evolink.svg', dark: 'file:evolink.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description:
			'Turn a picture into a short video with the Hailuo model, wait for it and pass the file on',
		defaults: { name: 'Evolink' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'evolinkApi', required: true }],
		properties: [
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Task', value: 'task' },
					{ name: 'Video', value: 'video' },
				],
				default: 'video',
			},
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				displayOptions: { show: { resource: ['video'] } },
				options: [
					{
						name: 'Create',
						value: 'create',
						action: 'Create video',
						description:
							'Turn one picture into a video, with a prompt and camera movements. Each video costs credits and takes a few minutes.',
					},
				],
				default: 'create',
			},
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				displayOptions: { show: { resource: ['task'] } },
				options: [
					{
						name: 'Get',
						value: 'get',
						action: 'Get task',
						description: 'Look at a task by its ID, wait for it and fetch its file. Costs nothing.',
					},
				],
				default: 'get',
			},
			...createVideoFields(),
			...GET_TASK_FIELDS,
		],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const resource = this.getNodeParameter('resource', 0);
		return [await executeItems(this, resource === 'task' ? getTask : createVideo)];
	}
}
