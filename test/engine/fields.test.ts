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
const FAST = 'MiniMax-Hailuo-2.3-Fast';

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

	it.each([
		[FAST, ['url', 'binary']],
		['MiniMax-Hailuo-2.3', ['url', 'binary', 'none']],
		['MiniMax-Hailuo-02', ['url', 'binary', 'none']],
	])('offers the image sources that %s can take', async (model, sources) => {
		const fields = await shownFields({ ...CREATE, model });
		expect(valuesOf(fields, 'imageSource')).toEqual(sources);
		expect(valuesOf(fields, 'model')).toEqual([FAST, 'MiniMax-Hailuo-2.3', 'MiniMax-Hailuo-02']);
	});

	/** By the documentation; whatever the fields that are hidden have kept from before. */
	const modes = [FAST, 'MiniMax-Hailuo-2.3', 'MiniMax-Hailuo-02'].flatMap((model) =>
		['none', 'url', 'binary'].flatMap((imageSource) =>
			['none', 'url', 'binary'].map((lastImageSource) => ({ model, imageSource, lastImageSource })),
		),
	);

	it.each(modes)('shows each field once, with what goes together: %j', async (mode) => {
		const fields = await shownFields({ ...CREATE, ...mode });
		const names = fields.map(({ name }) => name);
		expect(new Set(names).size).toBe(names.length);

		const { model, imageSource, lastImageSource } = mode;
		const isText = imageSource === 'none';
		const takesLast = model === 'MiniMax-Hailuo-02' && !isText;
		expect(names.includes('lastImageSource')).toBe(takesLast);
		expect(names.includes('lastImageUrl')).toBe(takesLast && lastImageSource === 'url');
		expect(names.includes('lastBinaryPropertyName')).toBe(
			takesLast && lastImageSource === 'binary',
		);
		const hasDraft = takesLast && lastImageSource === 'none';
		expect(valuesOf(fields, 'quality')).toEqual([...(hasDraft ? ['512p'] : []), '768p', '1080p']);
		const prompt = fields.find(({ name }) => name === 'prompt');
		const needsPrompt = model === 'MiniMax-Hailuo-2.3' || (model !== FAST && isText);
		expect(prompt?.required === true).toBe(needsPrompt);
		expect(names.includes('duration')).toBe(true);
	});

	it('offers Fast Pretreatment only for models that have it', async () => {
		const fields = await shownFields(CREATE);
		const field = optionsOf(fields).find(({ name }) => name === 'fastPretreatment');
		expect(field?.displayOptions?.show?.['/model']).toEqual([
			'MiniMax-Hailuo-2.3',
			'MiniMax-Hailuo-02',
		]);
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
});

describe('The node in the editor', () => {
	it('has the promised names and actions', async () => {
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
		expect(actions.sort()).toEqual([
			'Create video',
			'Get account balance',
			'Get task',
			'Join videos',
		]);
	});
});
