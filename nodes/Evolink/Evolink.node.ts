import { NodeConnectionTypes } from 'n8n-workflow';
import type {
	EngineRequest,
	EngineResponse,
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	NodeOutput,
} from 'n8n-workflow';

import { inputFailure, quotedName } from './evolink/failure';
import { createVideo } from './operations/createVideo';
import { createVideoFields } from './operations/createVideoFields';
import { getBalance, GET_BALANCE_FIELDS } from './operations/getBalance';
import { getTask, GET_TASK_FIELDS } from './operations/getTask';
import { JOIN_VIDEOS_FIELDS, joinVideos } from './operations/joinVideos';
import { runItems } from './operations/runItems';
import type { Operation } from './operations/runItems';
import { sleepIfAsked } from './operations/sleep';
import { uploadFile, UPLOAD_FILE_FIELDS } from './operations/uploadFile';

type Run = (
	context: IExecuteFunctions,
	response: EngineResponse | undefined,
) => Promise<INodeExecutionData[] | EngineRequest>;

const itemByItem =
	(operation: Operation): Run =>
	async (context, response) =>
		await runItems(context, operation, response);

/** By resource and operation. */
const OPERATIONS = new Map<string, Run>([
	['video/create', itemByItem(createVideo)],
	['video/join', joinVideos],
	['task/get', itemByItem(getTask)],
	['file/upload', itemByItem(uploadFile)],
	['account/getBalance', itemByItem(getBalance)],
]);

/** Refuses what is not in the table; nothing unknown falls through to what costs money. */
function unknownOperation(resource: string, operation: string): Run {
	return itemByItem({
		async prepare() {
			throw inputFailure(
				`'${quotedName(resource)} > ${quotedName(operation)}' is not an operation of this node`,
				"Choose 'Video > Create', 'Video > Join', 'Task > Get', 'File > Upload' or 'Account > Get Balance' in 'Resource' and 'Operation'.",
			);
		},
	});
}

/** The Evolink node: creates and joins videos, reads tasks and the balance, uploads images. */
export class Evolink implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Evolink',
		name: 'evolink',
		icon: { light: 'file:evolink.svg', dark: 'file:evolink.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description:
			'Create short videos from images or text with MiniMax Hailuo, Kling, Seedance, Wan and more',
		defaults: { name: 'Evolink' },
		usableAsTool: true,
		waitingNodeTooltip:
			'The videos are being made. There is nothing to do: you can close this page and find the result under Executions. Executing again starts a new run, which pays for new videos.',
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [
			{
				name: 'evolinkApi',
				required: true,
				displayOptions: { show: { operation: ['create', 'get', 'upload', 'getBalance'] } },
			},
		],
		properties: [
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Video', value: 'video' },
					{ name: 'Task', value: 'task' },
					{ name: 'File', value: 'file' },
					{ name: 'Account', value: 'account' },
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
							'Create a video from images or text, with camera movements. Each video costs credits and takes a few minutes.',
					},
					{
						name: 'Join',
						value: 'join',
						action: 'Join videos',
						description:
							'Join the finished videos of all items into one, in their order, without loss. Free of charge.',
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
						description:
							'Get a task by its ID. Can wait for it to finish and download the video. Free of charge.',
					},
				],
				default: 'get',
			},
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				displayOptions: { show: { resource: ['file'] } },
				options: [
					{
						name: 'Upload',
						value: 'upload',
						action: 'Upload file',
						description:
							'Upload an image to get a link to it, e.g. for a model by ID. The link works for 72 hours. Free of charge.',
					},
				],
				default: 'upload',
			},
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				displayOptions: { show: { resource: ['account'] } },
				options: [
					{
						name: 'Get Balance',
						value: 'getBalance',
						action: 'Get account balance',
						description:
							'Get the credits that the account and the API key have left. Free of charge.',
					},
				],
				default: 'getBalance',
			},
			...createVideoFields(),
			...JOIN_VIDEOS_FIELDS,
			...GET_TASK_FIELDS,
			...UPLOAD_FILE_FIELDS,
			...GET_BALANCE_FIELDS,
		],
	};

	async execute(this: IExecuteFunctions, response?: EngineResponse): Promise<NodeOutput> {
		const asleep = await sleepIfAsked(this);
		if (asleep !== undefined) return asleep;
		const resource = String(this.getNodeParameter('resource', 0, ''));
		const operation = String(this.getNodeParameter('operation', 0, ''));
		const known = OPERATIONS.get(`${resource}/${operation}`);
		const result = await (known ?? unknownOperation(resource, operation))(this, response);
		return Array.isArray(result) ? [result] : result;
	}
}
