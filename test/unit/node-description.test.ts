/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { EvolinkApi } from '../../credentials/EvolinkApi.credentials';
import { Evolink } from '../../nodes/Evolink/Evolink.node';
import codex from '../../nodes/Evolink/Evolink.node.json';
import { CAMERA_COMMANDS } from '../../nodes/Evolink/evolink/camera';
import {
	CREDENTIAL_TYPE,
	DEFAULT_API_URL,
	DEFAULT_FILES_URL,
} from '../../nodes/Evolink/n8n/account';
import packageJson from '../../package.json';

const { description } = new Evolink();
const credential = new EvolinkApi();
const ROOT = join(__dirname, '../..');

/** One field of the public contract: workflows store these names and values. */
interface ContractField {
	name: string;
	shownAs: string;
	type: string;
	default: unknown;
}

const COMMANDS = [
	'Truck left',
	'Truck right',
	'Pan left',
	'Pan right',
	'Push in',
	'Pull out',
	'Pedestal up',
	'Pedestal down',
	'Tilt up',
	'Tilt down',
	'Zoom in',
	'Zoom out',
	'Shake',
	'Tracking shot',
	'Static shot',
];

/** What is on offer depends on the model and its images: see test/engine/fields. */
const VIDEO_CREATE: ContractField[] = [
	{ name: 'model', shownAs: 'Model', type: 'options', default: 'MiniMax-Hailuo-2.3-Fast' },
	{ name: 'imageSource', shownAs: 'Image Source', type: 'options', default: 'url' },
	{ name: 'imageUrl', shownAs: 'Image URL', type: 'string', default: '' },
	{
		name: 'binaryPropertyName',
		shownAs: 'Input Data Field Name',
		type: 'string',
		default: 'data',
	},
	{ name: 'lastImageSource', shownAs: 'Last Frame', type: 'options', default: 'none' },
	{ name: 'lastImageUrl', shownAs: 'Last Frame URL', type: 'string', default: '' },
	{
		name: 'lastBinaryPropertyName',
		shownAs: 'Last Frame Field Name',
		type: 'string',
		default: 'last',
	},
	{ name: 'prompt', shownAs: 'Prompt', type: 'string', default: '' },
	{ name: 'cameraCommands', shownAs: 'Camera Commands', type: 'multiOptions', default: [] },
	{ name: 'quality', shownAs: 'Quality', type: 'options', default: '768p' },
	{ name: 'duration', shownAs: 'Duration', type: 'options', default: 6 },
	{ name: 'waitForCompletion', shownAs: 'Wait for Completion', type: 'boolean', default: true },
	{ name: 'downloadVideo', shownAs: 'Download Video', type: 'boolean', default: true },
	{ name: 'simplify', shownAs: 'Simplify', type: 'boolean', default: true },
	{ name: 'options', shownAs: 'Options', type: 'collection', default: {} },
];

const TASK_GET: ContractField[] = [
	{ name: 'taskId', shownAs: 'Task ID', type: 'string', default: '' },
	{ name: 'waitForCompletion', shownAs: 'Wait for Completion', type: 'boolean', default: false },
	{ name: 'downloadVideo', shownAs: 'Download Video', type: 'boolean', default: false },
	{ name: 'simplify', shownAs: 'Simplify', type: 'boolean', default: true },
	{ name: 'options', shownAs: 'Options', type: 'collection', default: {} },
];

const WAIT_OPTIONS: ContractField[] = [
	{ name: 'fileName', shownAs: 'File Name', type: 'string', default: '' },
	{ name: 'maxConcurrent', shownAs: 'Max Concurrent Videos', type: 'number', default: 5 },
	{ name: 'onTimeout', shownAs: 'On Timeout', type: 'options', default: 'error' },
	{ name: 'pollInterval', shownAs: 'Poll Interval (Seconds)', type: 'number', default: 10 },
	{
		name: 'outputPropertyName',
		shownAs: 'Put Output File in Field',
		type: 'string',
		default: 'data',
	},
	{ name: 'timeout', shownAs: 'Timeout (Seconds)', type: 'number', default: 900 },
	{ name: 'whileWaiting', shownAs: 'While Waiting', type: 'options', default: 'keepRunning' },
];

const CREATE_OPTIONS: ContractField[] = [
	{ name: 'cameraSequence', shownAs: 'Camera Sequence', type: 'fixedCollection', default: {} },
	{ name: 'promptOptimizer', shownAs: 'Optimize Prompt', type: 'boolean', default: true },
	{ name: 'fastPretreatment', shownAs: 'Fast Pretreatment', type: 'boolean', default: false },
	{ name: 'maxVideos', shownAs: 'Max Videos per Execution', type: 'number', default: 10 },
	{ name: 'minBalance', shownAs: 'Stop If Balance Below', type: 'number', default: 100 },
	{ name: 'rehearse', shownAs: 'Rehearse (No Cost)', type: 'boolean', default: false },
	...WAIT_OPTIONS,
];

function isField(option: object): option is INodeProperties {
	return 'type' in option && 'displayName' in option;
}

function isChoice(option: object): option is INodePropertyOptions {
	return 'value' in option;
}

const choicesOf = (field: INodeProperties) => (field.options ?? []).filter(isChoice);

/** The fields in the words of the contract; one that exists several times is told once. */
function inContractWords(fields: readonly INodeProperties[]): ContractField[] {
	const names = [...new Set(fields.map(({ name }) => name))];
	return names.flatMap((name) => {
		const variants = fields.filter((field) => field.name === name);
		const [{ displayName: shownAs, type, default: value }] = variants;
		expect(new Set(variants.map((field) => field.displayName)).size).toBe(1);
		return [{ name, shownAs, type, default: value }];
	});
}

function fieldsOf(resource: string, operation: string): INodeProperties[] {
	return description.properties.filter(
		({ displayOptions }) =>
			displayOptions?.show?.resource?.includes(resource) &&
			displayOptions.show.operation?.includes(operation),
	);
}

/** The fields inside of 'Options'. */
function optionsOf(resource: string, operation: string): INodeProperties[] {
	const collection = fieldsOf(resource, operation).find(({ name }) => name === 'options');
	return (collection?.options ?? []).filter(isField);
}

const byName = (a: ContractField, b: ContractField) => a.name.localeCompare(b.name);

/** Every field of the node and the credential, those inside of collections included. */
function everyField(fields: INodeProperties[]): INodeProperties[] {
	return fields.flatMap((field) => {
		const inside = (field.options ?? []).flatMap((option) =>
			'values' in option ? option.values : isField(option) ? [option] : [],
		);
		return [field, ...everyField(inside)];
	});
}

const EVERY_FIELD: Array<[string, INodeProperties]> = everyField([
	...description.properties,
	...credential.properties,
]).map((field) => [`${field.displayName} (${field.name})`, field]);

describe('the node', () => {
	it('goes by the names of the contract', () => {
		expect(Evolink.name).toBe('Evolink');
		expect(description).toMatchObject({
			name: 'evolink',
			displayName: 'Evolink',
			defaults: { name: 'Evolink' },
			version: 1,
			usableAsTool: true,
			credentials: [{ name: 'evolinkApi', required: true }],
			inputs: ['main'],
			outputs: ['main'],
		});
		expect(packageJson.name).toBe('n8n-nodes-evolink');
	});

	it('says in the workflow which operation it does, and in the list of nodes what it is for', () => {
		expect(description.subtitle).toBe(
			'={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		);
		expect(description.group).toEqual(['transform']);
		expect(description.description).toMatch(/video.* image.* Hailuo/);
	});

	it('lets nobody choose resource and operation by expression', () => {
		const fields = description.properties.filter(({ name }) =>
			['resource', 'operation'].includes(name),
		);
		expect(fields.map(({ noDataExpression }) => noDataExpression)).toEqual([
			true,
			true,
			true,
			true,
		]);
	});

	it('has three resources, and Create first', () => {
		const choices = (name: string) =>
			description.properties
				.filter((field) => field.name === name)
				.map((field) => ({
					resource: field.displayOptions?.show?.resource,
					choices: choicesOf(field).map(({ value, action }) => [value, action]),
					default: field.default,
				}));
		expect(choices('resource')).toEqual([
			{
				resource: undefined,
				choices: [
					['video', undefined],
					['task', undefined],
					['account', undefined],
				],
				default: 'video',
			},
		]);
		expect(choices('operation')).toEqual([
			{
				resource: ['video'],
				choices: [
					['create', 'Create video'],
					['join', 'Join videos'],
				],
				default: 'create',
			},
			{ resource: ['task'], choices: [['get', 'Get task']], default: 'get' },
			{
				resource: ['account'],
				choices: [['getBalance', 'Get account balance']],
				default: 'getBalance',
			},
		]);
	});

	it('has no field that belongs to no operation', () => {
		const known = [
			...fieldsOf('video', 'create'),
			...fieldsOf('video', 'join'),
			...fieldsOf('task', 'get'),
			...fieldsOf('account', 'getBalance'),
		];
		const others = description.properties.filter((field) => !known.includes(field));
		expect(others.map(({ name }) => name)).toEqual([
			'resource',
			'operation',
			'operation',
			'operation',
		]);
	});
});

describe('Video > Create', () => {
	const fields = fieldsOf('video', 'create');

	it('has the fields of the contract, with their defaults, in its order', () => {
		expect(inContractWords(fields)).toEqual(VIDEO_CREATE);
	});

	it('has the options of the contract', () => {
		const options = inContractWords(optionsOf('video', 'create'));
		expect(options.sort(byName)).toEqual([...CREATE_OPTIONS].sort(byName));
	});

	it('shows the prompt with several rows, and demands a picture', () => {
		const field = (name: string) => fields.find((one) => one.name === name);
		expect(field('prompt')?.typeOptions?.rows).toBeGreaterThan(1);
		expect(field('prompt')?.required).toBeUndefined();
		expect(field('imageUrl')?.required).toBe(true);
		expect(field('binaryPropertyName')?.required).toBe(true);
	});

	it('has steps of a cue and commands in its camera sequence', () => {
		const sequence = optionsOf('video', 'create').find(({ name }) => name === 'cameraSequence');
		expect(sequence?.typeOptions).toMatchObject({ multipleValues: true, sortable: true });
		const [steps, ...others] = sequence?.options ?? [];
		expect(others).toEqual([]);
		if (!('values' in steps)) throw new Error('The steps have no fields');
		expect(steps.name).toBe('steps');
		expect(inContractWords(steps.values)).toEqual([
			{ name: 'cue', shownAs: 'Cue', type: 'string', default: '' },
			{ name: 'commands', shownAs: 'Commands', type: 'multiOptions', default: [] },
		]);
		for (const field of [...steps.values, ...fields].filter(
			({ type }) => type === 'multiOptions',
		)) {
			expect(
				choicesOf(field)
					.map(({ value }) => value)
					.sort(),
			).toEqual([...COMMANDS].sort());
		}
	});

	it('says what its texts beside the fields are for', () => {
		const every = everyField(fields);
		const hintOf = (name: string) => every.find((field) => field.name === name)?.hint;
		expect(hintOf('binaryPropertyName')).toMatch(
			/label with _ for spaces: 'Your photo' becomes 'Your_photo'/,
		);
		expect(hintOf('waitForCompletion')).toMatch(/a few minutes/);
		expect(hintOf('outputPropertyName')).toMatch(/output field that holds the video/);
		const sequence = every.find(({ name }) => name === 'cameraSequence');
		expect(sequence?.typeOptions?.multipleValueButtonText).toBe('Add Step');
		const [steps] = sequence?.options ?? [];
		expect(steps).toMatchObject({ displayName: 'Steps' });
	});

	it('shows each camera command as itself, with what it does', () => {
		const field = fields.find(({ name }) => name === 'cameraCommands');
		const shown = field === undefined ? [] : choicesOf(field);
		expect(shown).toHaveLength(CAMERA_COMMANDS.length);
		for (const command of CAMERA_COMMANDS) {
			const choice = shown.find(({ value }) => value === command.value);
			expect(choice?.name.toLowerCase()).toBe(command.value.toLowerCase());
			expect(choice?.name).toMatch(/^[A-Z][a-z]+( [A-Z][a-z]+)?$/);
			expect(choice?.description).toBe(command.description);
		}
	});

	it('takes only numbers that make sense', () => {
		const limits = Object.fromEntries(
			optionsOf('video', 'create')
				.filter(({ type }) => type === 'number')
				.map(({ name, typeOptions }) => [name, [typeOptions?.minValue, typeOptions?.maxValue]]),
		);
		expect(limits).toEqual({
			maxConcurrent: [1, 100],
			maxVideos: [1, undefined],
			minBalance: [0, undefined],
			pollInterval: [1, undefined],
			timeout: [1, undefined],
		});
	});
});

describe('Task > Get', () => {
	it('has the fields of the contract, with their defaults, in its order', () => {
		expect(inContractWords(fieldsOf('task', 'get'))).toEqual(TASK_GET);
		expect(fieldsOf('task', 'get')[0].required).toBe(true);
	});

	it('has the options of the contract', () => {
		const options = inContractWords(optionsOf('task', 'get'));
		expect(options.sort(byName)).toEqual([...WAIT_OPTIONS].sort(byName));
	});
});

describe('the credential', () => {
	it('goes by the names of the contract', () => {
		expect(EvolinkApi.name).toBe('EvolinkApi');
		expect(credential).toMatchObject({ name: 'evolinkApi', displayName: 'Evolink API' });
		expect(CREDENTIAL_TYPE).toBe(credential.name);
	});

	it('has the fields of the contract', () => {
		expect(inContractWords(credential.properties)).toEqual([
			{ name: 'apiKey', shownAs: 'API Key', type: 'string', default: '' },
			{
				name: 'baseUrl',
				shownAs: 'API Base URL',
				type: 'string',
				default: 'https://api.evolink.ai',
			},
			{
				name: 'filesBaseUrl',
				shownAs: 'File API Base URL',
				type: 'string',
				default: 'https://files-api.evolink.ai',
			},
		]);
		expect(credential.properties[0]).toMatchObject({
			typeOptions: { password: true },
			required: true,
		});
		expect([DEFAULT_API_URL, DEFAULT_FILES_URL]).toEqual(
			credential.properties.slice(1).map((field) => field.default),
		);
	});

	it('is tested by a read that costs nothing', () => {
		expect(credential.test.request).toMatchObject({ method: 'GET', url: '/v1/credits' });
		expect(credential.test.rules).toEqual([
			expect.objectContaining({
				type: 'responseCode',
				properties: expect.objectContaining({ value: 401 }),
			}),
			expect.objectContaining({
				type: 'responseSuccessBody',
				properties: expect.objectContaining({ key: 'success', value: false }),
			}),
		]);
	});
});

/** Words that Title Case leaves small. */
const SMALL_WORDS = ['a', 'per', 'an', 'the', 'of', 'in', 'on', 'to', 'for', 'and', 'or'];

function isTitleCase(text: string): boolean {
	return text
		.split(/[\s(]+/)
		.every((word, index) => (index > 0 && SMALL_WORDS.includes(word)) || /^[A-Z0-9]/.test(word));
}

function expectDescription(text: string | undefined, shownAs: string): void {
	expect(text).toMatch(/^[A-Z]/);
	expect(text?.toLowerCase()).not.toBe(shownAs.toLowerCase());
	// One sentence ends without a full stop, several end with one.
	const plain = (text ?? '').replace(/<[^>]*>/g, '');
	expect(plain.endsWith('.')).toBe(/[.?!] [A-Z]/.test(plain));
}

describe('every field', () => {
	it.each(EVERY_FIELD)('%s has a name in Title Case and a name for workflows', (_what, field) => {
		expect({ name: field.displayName, isTitleCase: isTitleCase(field.displayName) }).toEqual({
			name: field.displayName,
			isTitleCase: true,
		});
		expect(field.name).toMatch(/^[a-z][A-Za-z]*$/);
	});

	it.each(
		EVERY_FIELD.filter(
			([, { name, type }]) =>
				!['resource', 'operation'].includes(name) && type !== 'collection' && name !== 'apiKey',
		),
	)('%s has a description that helps', (_what, field) => {
		expectDescription(field.description, field.displayName);
		if (field.type === 'boolean') expect(field.description).toMatch(/^Whether /);
	});

	it.each(EVERY_FIELD.filter(([, field]) => choicesOf(field).length > 0))(
		'%s has choices in Title Case, each once, among them the default',
		(_what, field) => {
			const choices = choicesOf(field);
			for (const { name } of choices)
				expect({ name, ok: isTitleCase(name) }).toEqual({ name, ok: true });
			const values = choices.map(({ value }) => value);
			expect(new Set(values).size).toBe(values.length);
			if (field.type === 'options') expect(values).toContain(field.default);
			else expect(field.default).toEqual([]);
		},
	);

	it.each(
		EVERY_FIELD.filter(
			([, field]) => choicesOf(field).length > 0 && !['resource', 'duration'].includes(field.name),
		),
	)('%s says what each choice means', (_what, field) => {
		for (const choice of choicesOf(field)) expectDescription(choice.description, choice.name);
	});

	it.each(EVERY_FIELD.filter(([, { type }]) => type === 'collection'))(
		'%s lists its options by their names',
		(_what, field) => {
			const names = (field.options ?? []).filter(isField).map(({ displayName }) => displayName);
			expect(names.length).toBeGreaterThan(0);
			expect(names).toEqual([...names].sort((a, b) => a.localeCompare(b)));
		},
	);

	it.each(EVERY_FIELD.filter(([, { placeholder }]) => placeholder !== undefined))(
		'%s has a placeholder that is an example or an invitation',
		(_what, { placeholder }) => {
			expect(placeholder).toMatch(/^(e\.g\. \S|Add )/);
		},
	);
});

describe('where n8n lists the node', () => {
	it('is told by the codex file', () => {
		expect(codex).toMatchObject({
			node: packageJson.name,
			nodeVersion: '1.0',
			codexVersion: '1.0',
			categories: ['Marketing & Content'],
		});
		expect(new Set(codex.alias.map((word) => word.toLowerCase())).size).toBe(codex.alias.length);
		const links = Object.values(codex.resources).flat();
		for (const { url } of links) expect(url).toMatch(/^https:\/\/github\.com\/n8n-nodes-evolink\//);
	});

	it.each([
		['the node', join(ROOT, 'nodes/Evolink'), description.icon],
		['the credential', join(ROOT, 'credentials'), credential.icon],
	])('has pictures for light and dark: %s', (_what, folder, icon) => {
		if (typeof icon !== 'object') throw new Error('There is one picture for both');
		for (const path of [icon.light, icon.dark]) {
			expect(path).toMatch(/^file:.+\.svg$/);
			const file = join(folder, path.replace('file:', ''));
			expect(existsSync(file)).toBe(true);
			expect(readFileSync(file, 'utf8')).toMatch(/^<svg .*width="60" height="60"/);
		}
		expect(icon.light).not.toBe(icon.dark);
	});

	it('is the place that the package names', () => {
		expect(packageJson.n8n).toMatchObject({
			n8nNodesApiVersion: 1,
			nodes: ['dist/nodes/Evolink/Evolink.node.js'],
			credentials: ['dist/credentials/EvolinkApi.credentials.js'],
		});
		expect(packageJson.keywords).toContain('n8n-community-node-package');
	});
});
