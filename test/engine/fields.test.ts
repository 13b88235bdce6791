import { NodeHelpers } from 'n8n-workflow';
import type { INode, INodeParameters, INodeProperties, INodeTypeDescription } from 'n8n-workflow';

import { useEvolink } from './evolink-workflow';

const evolink = useEvolink();

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
const FAST = 'MiniMax-Hailuo-2.3-Fast';

describe('Video > Create in the editor', () => {
	it('shows a new node what its usual case needs, and no more', async () => {
		const names = (await shownFields({})).map(({ name }) => name);
		expect(names).toEqual([
			...['resource', 'operation', 'model', 'imageSource', 'imageUrl', 'prompt'],
			...['cameraCommands', 'quality', 'duration'],
			...['waitForCompletion', 'downloadVideo', 'simplify', 'options'],
		]);
	});

	it('asks for the field of the file in place of the link, where the image is a file', async () => {
		const fields = await shownFields({ ...CREATE, imageSource: 'binary' });
		const names = fields.map(({ name }) => name);
		expect(names).toContain('binaryPropertyName');
		expect(names).not.toContain('imageUrl');
	});

	it('asks about the download only while it waits', async () => {
		const fields = await shownFields({ ...CREATE, waitForCompletion: false });
		expect(fields.map(({ name }) => name)).not.toContain('downloadVideo');
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
