import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { NodeHelpers } from 'n8n-workflow';
import type { INode, INodeParameters, INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { EvolinkApi } from '../../credentials/EvolinkApi.credentials';
import { Evolink } from '../../nodes/Evolink/Evolink.node';
import packageJson from '../../package.json';

const { description } = new Evolink();
const credential = new EvolinkApi();

/** What the contract says of a field: its name, how it is shown, its type and its default. */
type ContractField = [name: string, shownAs: string, type: string, defaultValue: unknown];

const FINISHED_TASK: ContractField[] = [
	['simplify', 'Simplify', 'boolean', true],
	['options', 'Options', 'collection', {}],
];

const OUTPUT_OPTIONS: ContractField[] = [
	['fileName', 'File Name', 'string', ''],
	['outputPropertyName', 'Put Output File in Field', 'string', 'data'],
];

const WAIT_OPTIONS: ContractField[] = [
	['includeOtherFields', 'Include Other Input Fields', 'boolean', false],
	...OUTPUT_OPTIONS,
	['maxConcurrent', 'Max Concurrent Videos', 'number', 5],
	['onTimeout', 'On Timeout', 'options', 'error'],
	// Absent means automatic; this is what the editor offers once the option is added.
	['pollInterval', 'Poll Interval (Seconds)', 'number', 10],
	['timeout', 'Timeout (Seconds)', 'number', 900],
	['whileWaiting', 'While Waiting', 'options', 'keepRunning'],
];

/** What is on offer depends on the model and its images: see create-fields.test.ts. */
const OPERATIONS: Record<string, { fields: ContractField[]; options: ContractField[] }> = {
	'video create': {
		fields: [
			['model', 'Model', 'options', 'MiniMax-Hailuo-2.3-Fast'],
			['modelId', 'Model ID', 'string', ''],
			['parameters', 'Parameters (JSON)', 'json', '{}'],
			['imageSource', 'Image Source', 'options', 'url'],
			['imageUrl', 'Image URL', 'string', ''],
			['binaryPropertyName', 'Input Data Field Name', 'string', 'data'],
			['lastImageSource', 'Last Frame', 'options', 'none'],
			['lastImageUrl', 'Last Frame URL', 'string', ''],
			['lastBinaryPropertyName', 'Last Frame Field Name', 'string', 'last'],
			['prompt', 'Prompt', 'string', ''],
			['cameraCommands', 'Camera Commands', 'multiOptions', []],
			['aspectRatio', 'Aspect Ratio', 'options', '16:9'],
			['quality', 'Quality', 'options', '768p'],
			['duration', 'Duration', 'options', 6],
			['generateAudio', 'Generate Sound', 'boolean', false],
			['waitForCompletion', 'Wait for Completion', 'boolean', true],
			['downloadVideo', 'Download Video', 'boolean', true],
			...FINISHED_TASK,
		],
		options: [
			['cameraSequence', 'Camera Sequence', 'fixedCollection', {}],
			['promptOptimizer', 'Optimize Prompt', 'boolean', true],
			['fastPretreatment', 'Fast Pretreatment', 'boolean', false],
			['maxVideos', 'Max Videos per Execution', 'number', 10],
			['minBalance', 'Stop If Balance Below', 'number', 100],
			['negativePrompt', 'Negative Prompt', 'string', ''],
			['seed', 'Seed', 'number', 1],
			// Adding the option turns it on.
			['rehearse', 'Rehearse (No Cost)', 'boolean', true],
			...WAIT_OPTIONS,
		],
	},
	'video join': {
		fields: [
			['binaryPropertyName', 'Input Data Field Name', 'string', 'data'],
			['options', 'Options', 'collection', {}],
		],
		options: OUTPUT_OPTIONS.map((field): ContractField =>
			field[0] === 'fileName' ? ['fileName', 'File Name', 'string', 'joined.mp4'] : field,
		),
	},
	'task get': {
		fields: [
			['taskId', 'Task ID', 'string', ''],
			['waitForCompletion', 'Wait for Completion', 'boolean', false],
			['downloadVideo', 'Download Video', 'boolean', false],
			...FINISHED_TASK,
		],
		options: WAIT_OPTIONS,
	},
	'file upload': {
		fields: [
			['binaryPropertyName', 'Input Data Field Name', 'string', 'data'],
			['simplify', 'Simplify', 'boolean', true],
		],
		options: [],
	},
	'account getBalance': { fields: [['simplify', 'Simplify', 'boolean', true]], options: [] },
};

const CAMERA_COMMANDS = [
	...['Pan left', 'Pan right', 'Pedestal down', 'Pedestal up', 'Pull out', 'Push in', 'Shake'],
	...['Static shot', 'Tilt down', 'Tilt up', 'Tracking shot', 'Truck left', 'Truck right'],
	...['Zoom in', 'Zoom out'],
];

const isField = (option: object): option is INodeProperties => 'type' in option;

const isChoice = (option: object): option is INodePropertyOptions => 'value' in option;

const choicesOf = (field?: INodeProperties) => (field?.options ?? []).filter(isChoice);

const valuesOf = (field?: INodeProperties) => choicesOf(field).map(({ value }) => value);

const fieldNamed = (fields: INodeProperties[], wanted: string) =>
	fields.find(({ name }) => name === wanted);

/** The fields in the words of the contract; the variants of one are told by the first. */
function inContractWords(fields: INodeProperties[]): ContractField[] {
	return fields
		.filter(({ name }, index) => fields.findIndex((field) => field.name === name) === index)
		.map(({ name, displayName, type, default: value }) => [name, displayName, type, value]);
}

function fieldsOf(operation: string): INodeProperties[] {
	const [resource, name] = operation.split(' ');
	return description.properties.filter(({ displayOptions }) => {
		const show = displayOptions?.show;
		return show?.resource?.includes(resource) && show.operation?.includes(name);
	});
}

const optionsOf = (operation: string) =>
	(fieldNamed(fieldsOf(operation), 'options')?.options ?? []).filter(isField);

const sorted = (fields: ContractField[]) =>
	[...fields].sort(([first], [second]) => first.localeCompare(second));

it('the node goes by the names of the contract', () => {
	expect(packageJson.name).toBe('n8n-nodes-evolink');
	expect(Evolink.name).toBe('Evolink');
	expect(description).toMatchObject({
		name: 'evolink',
		displayName: 'Evolink',
		version: 1,
		usableAsTool: true,
		credentials: [{ name: 'evolinkApi' }],
	});
});

it('the node offers the operations of the contract', () => {
	const operations = description.properties
		.filter(({ name }) => name === 'operation')
		.flatMap((field) =>
			choicesOf(field).map(({ value, action }) => [
				`${field.displayOptions?.show?.resource?.join()} ${value}`,
				action,
			]),
		);
	expect(operations).toEqual([
		['video create', 'Create video'],
		['video join', 'Join videos'],
		['task get', 'Get task'],
		['file upload', 'Upload file'],
		['account getBalance', 'Get account balance'],
	]);
	const known = Object.keys(OPERATIONS).flatMap(fieldsOf);
	const others = description.properties.filter((field) => !known.includes(field));
	expect(new Set(others.map(({ name }) => name))).toEqual(new Set(['resource', 'operation']));
});

describe.each(Object.entries(OPERATIONS))('%s', (operation, { fields, options }) => {
	it('has the fields of the contract, in its order', () => {
		expect(inContractWords(fieldsOf(operation))).toEqual(fields);
	});

	it('has the options of the contract, listed by their names', () => {
		const shown = optionsOf(operation);
		expect(sorted(inContractWords(shown))).toEqual(sorted(options));
		const names = shown.map(({ displayName }) => displayName);
		expect(names).toEqual([...names].sort((a, b) => a.localeCompare(b)));
	});

	it('shows the same name for all variants of a field', () => {
		const shown = [...fieldsOf(operation), ...optionsOf(operation)];
		for (const { name, displayName } of shown) {
			expect(fieldNamed(shown, name)?.displayName).toBe(displayName);
		}
	});
});

describe('values that workflows store', () => {
	const create = fieldsOf('video create');
	const createOptions = optionsOf('video create');

	it('are those of the contract', () => {
		expect(valuesOf(fieldNamed(createOptions, 'onTimeout'))).toEqual(['error', 'returnTask']);
		expect(valuesOf(fieldNamed(createOptions, 'whileWaiting'))).toEqual(['keepRunning', 'sleep']);
		expect(valuesOf(fieldNamed(create, 'cameraCommands')).sort()).toEqual(CAMERA_COMMANDS);
	});

	it('are steps of a cue and commands in the camera sequence', () => {
		const [steps] = fieldNamed(createOptions, 'cameraSequence')?.options ?? [];
		if (!('values' in steps)) throw new Error('The steps have no fields');
		expect(steps.name).toBe('steps');
		expect(inContractWords(steps.values)).toEqual([
			['cue', 'Cue', 'string', ''],
			['commands', 'Commands', 'multiOptions', []],
		]);
		expect(valuesOf(fieldNamed(steps.values, 'commands')).sort()).toEqual(CAMERA_COMMANDS);
	});

	it('are numbers that make sense', () => {
		const limits = createOptions
			.filter(({ type }) => type === 'number')
			.map(({ name, typeOptions }) => [name, typeOptions?.minValue, typeOptions?.maxValue]);
		expect(limits.sort()).toEqual([
			['maxConcurrent', 1, 100],
			['maxVideos', 1, undefined],
			['minBalance', 0, undefined],
			['pollInterval', 1, undefined],
			['seed', 0, undefined],
			['timeout', 1, undefined],
		]);
	});
});

describe('a field that is required', () => {
	/** What n8n refuses to start a workflow for. */
	function missingFields(parameters: INodeParameters): string[] {
		const { properties } = description;
		const node: INode = {
			id: '1',
			name: 'Evolink',
			type: 'evolink',
			typeVersion: 1,
			position: [0, 0],
			parameters,
		};
		const filled = NodeHelpers.getNodeParameters(
			properties,
			parameters,
			true,
			false,
			node,
			description,
		);
		const issues = NodeHelpers.getNodeParametersIssues(
			properties,
			{ ...node, parameters: filled ?? {} },
			description,
		);
		return Object.keys(issues?.parameters ?? {});
	}

	const LINK = { imageUrl: 'https://example.com/cat.jpg' };

	it.each<[INodeParameters, string[]]>([
		[{}, ['imageUrl']],
		[{ imageSource: 'binary', binaryPropertyName: '' }, ['binaryPropertyName']],
		[{ resource: 'task', operation: 'get' }, ['taskId']],
	])('is asked for by n8n itself: %j', (parameters, missing) => {
		expect(missingFields(parameters)).toEqual(missing);
	});

	it.each<[INodeParameters]>([
		[LINK],
		[{ imageSource: 'binary' }],
		[{ resource: 'video', operation: 'join' }],
		[{ resource: 'account', operation: 'getBalance' }],
	])('does not stop a workflow that is right: %j', (parameters) => {
		expect(missingFields(parameters)).toEqual([]);
	});
});

describe('the credential', () => {
	it('has the names and fields of the contract', () => {
		expect(EvolinkApi.name).toBe('EvolinkApi');
		expect(credential).toMatchObject({ name: 'evolinkApi', displayName: 'Evolink API' });
		expect(inContractWords(credential.properties)).toEqual([
			['apiKey', 'API Key', 'string', ''],
			['baseUrl', 'API Base URL', 'string', 'https://api.evolink.ai'],
			['filesBaseUrl', 'File API Base URL', 'string', 'https://files-api.evolink.ai'],
		]);
		expect(fieldNamed(credential.properties, 'apiKey')).toMatchObject({
			typeOptions: { password: true },
			required: true,
		});
	});
});

it.each([
	['the node', 'nodes/Evolink', description.icon],
	['the credential', 'credentials', credential.icon],
])('%s has images for light and dark that exist', (_what, folder, icon) => {
	if (typeof icon !== 'object') throw new Error('There is one image for both');
	expect(icon.light).not.toBe(icon.dark);
	for (const path of [icon.light, icon.dark]) {
		expect(existsSync(join(__dirname, '../..', folder, path.replace('file:', '')))).toBe(true);
	}
});
