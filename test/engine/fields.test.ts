import { NodeHelpers } from 'n8n-workflow';
import type { INode, INodeParameters, INodeProperties, INodeTypeDescription } from 'n8n-workflow';

import { useEvolink } from './evolink-workflow';

const evolink = useEvolink();

/** Name, words on the screen and default of a field. */
type Row = [name: string, displayName: string, defaultValue: unknown];

async function description(): Promise<INodeTypeDescription> {
	const { nodes } = await evolink.engine.packageTypes();
	const { description } = nodes['n8n-nodes-evolink.evolink'];
	if (!('properties' in description)) throw new Error('The node has versions');
	return description;
}

/** The fields that the editor shows while the node has these values. */
async function shownFields(parameters: INodeParameters): Promise<INodeProperties[]> {
	const { properties, ...rest } = await description();
	const node: INode = {
		id: 'node',
		name: 'Evolink',
		type: 'n8n-nodes-evolink.evolink',
		typeVersion: 1,
		position: [0, 0],
		parameters,
	};
	const filled =
		NodeHelpers.getNodeParameters(properties, parameters, true, false, node, {
			properties,
			...rest,
		}) ?? {};
	return properties.filter((field) =>
		NodeHelpers.displayParameter(filled, field, node, { properties, ...rest }),
	);
}

function rows(fields: INodeProperties[]): Row[] {
	return fields.map(({ name, displayName, default: value }) => [name, displayName, value]);
}

function valuesOf(fields: INodeProperties[], name: string): unknown[] {
	const options = fields.find((field) => field.name === name)?.options ?? [];
	return options.map((entry) => ('value' in entry ? entry.value : undefined));
}

function optionsOf(fields: INodeProperties[]): INodeProperties[] {
	const options = fields.find(({ name }) => name === 'options')?.options ?? [];
	return options.filter(
		(entry): entry is INodeProperties => 'displayName' in entry && 'type' in entry,
	);
}

const CREATE = { resource: 'video', operation: 'create' };
const GET = { resource: 'task', operation: 'get' };

const WAIT_OPTIONS: Row[] = [
	['timeout', 'Timeout (Seconds)', 900],
	['pollInterval', 'Poll Interval (Seconds)', expect.any(Number)],
	['onTimeout', 'On Timeout', 'error'],
	['maxConcurrent', 'Max Concurrent Videos', 5],
	['outputPropertyName', 'Put Output File in Field', 'data'],
	['fileName', 'File Name', ''],
];

const byName = (a: Row, b: Row) => a[0].localeCompare(b[0]);

describe('Video > Create in the editor', () => {
	it('shows the promised fields with the promised defaults', async () => {
		expect(rows(await shownFields(CREATE))).toEqual([
			['resource', 'Resource', 'video'],
			['operation', 'Operation', 'create'],
			['model', 'Model', 'MiniMax-Hailuo-2.3-Fast'],
			['imageSource', 'Image Source', 'url'],
			['imageUrl', 'Image URL', ''],
			['prompt', 'Prompt', ''],
			['cameraCommands', 'Camera Commands', []],
			['quality', 'Quality', '768p'],
			['duration', 'Duration', 6],
			['waitForCompletion', 'Wait for Completion', true],
			['downloadVideo', 'Download Video', true],
			['simplify', 'Simplify', true],
			['options', 'Options', {}],
		]);
	});

	it('is what a new node does', async () => {
		expect(rows(await shownFields({}))).toEqual(rows(await shownFields(CREATE)));
	});

	it('asks for the field of the file in place of the link, where the picture is a file', async () => {
		const names = rows(await shownFields({ ...CREATE, imageSource: 'binary' }));
		expect(names).toContainEqual(['binaryPropertyName', 'Input Data Field Name', 'data']);
		expect(names.map(([name]) => name)).not.toContain('imageUrl');
	});

	it('asks about the download only while it waits', async () => {
		const names = rows(await shownFields({ ...CREATE, waitForCompletion: false }));
		expect(names.map(([name]) => name)).not.toContain('downloadVideo');
	});

	it('offers 6 and 10 seconds, and with 1080p only 6', async () => {
		expect(valuesOf(await shownFields(CREATE), 'duration')).toEqual([6, 10]);
		expect(valuesOf(await shownFields({ ...CREATE, quality: '1080p' }), 'duration')).toEqual([6]);
	});

	it('offers the values that workflows store', async () => {
		const fields = await shownFields(CREATE);
		expect(valuesOf(fields, 'model')).toEqual(['MiniMax-Hailuo-2.3-Fast']);
		expect(valuesOf(fields, 'imageSource')).toEqual(['url', 'binary']);
		expect(valuesOf(fields, 'quality')).toEqual(['768p', '1080p']);
		expect(valuesOf(optionsOf(fields), 'onTimeout')).toEqual(['error', 'returnTask']);
	});

	it('has the promised options', async () => {
		expect(rows(optionsOf(await shownFields(CREATE))).sort(byName)).toEqual(
			[
				...WAIT_OPTIONS,
				['cameraSequence', 'Camera Sequence', {}] as Row,
				['promptOptimizer', 'Optimize Prompt', true] as Row,
			].sort(byName),
		);
	});

	it('stores the steps of the camera sequence as cue and commands', async () => {
		const sequence = optionsOf(await shownFields(CREATE)).find(
			({ name }) => name === 'cameraSequence',
		);
		expect(sequence).toMatchObject({
			type: 'fixedCollection',
			typeOptions: { multipleValues: true },
			options: [{ name: 'steps', values: [{ name: 'cue' }, { name: 'commands' }] }],
		});
	});
});

describe('Task > Get in the editor', () => {
	it('shows the promised fields with the promised defaults', async () => {
		expect(rows(await shownFields(GET))).toEqual([
			['resource', 'Resource', 'video'],
			['operation', 'Operation', 'get'],
			['taskId', 'Task ID', ''],
			['waitForCompletion', 'Wait for Completion', false],
			['downloadVideo', 'Download Video', false],
			['simplify', 'Simplify', true],
			['options', 'Options', {}],
		]);
		expect((await shownFields(GET)).find(({ name }) => name === 'taskId')?.required).toBe(true);
	});

	it('has the options of the wait, and those only', async () => {
		expect(rows(optionsOf(await shownFields(GET))).sort(byName)).toEqual(
			[...WAIT_OPTIONS].sort(byName),
		);
	});
});

describe('The node in the editor', () => {
	it('has the promised names, and two actions', async () => {
		const { displayName, name, usableAsTool, properties } = await description();
		expect({ displayName, name, usableAsTool }).toEqual({
			displayName: 'Evolink',
			name: 'evolink',
			usableAsTool: true,
		});
		const operations = properties.filter((field) => field.name === 'operation');
		const actions = operations.flatMap(({ options = [] }) =>
			options.map((option) => ('action' in option ? option.action : undefined)),
		);
		expect(actions.sort()).toEqual(['Create video', 'Get task']);
	});
});
