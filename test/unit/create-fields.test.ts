import { NodeHelpers } from 'n8n-workflow';
import type { INode, INodeParameters, INodeProperties } from 'n8n-workflow';

import { Evolink } from '../../nodes/Evolink/Evolink.node';
import { FAMILIES, MODES } from '../documented-families';
import type { Mode } from '../documented-families';

const { description } = new Evolink();

/** What the editor makes of a node with these values: the fields that it shows, and what n8n objects to. */
function editor(given: INodeParameters) {
	const { properties } = description;
	const parameters = { resource: 'video', operation: 'create', ...given };
	const type = 'n8n-nodes-evolink.evolink';
	const node: INode = { id: '1', name: 'E', type, typeVersion: 1, position: [0, 0], parameters };
	const values =
		NodeHelpers.getNodeParameters(properties, parameters, true, false, node, description) ?? {};
	const fields = properties.filter((field) =>
		NodeHelpers.displayParameter(values, field, node, description),
	);
	const issues = NodeHelpers.getNodeParametersIssues(
		properties,
		{ ...node, parameters: values },
		description,
	);
	const field = (wanted: string) => fields.find(({ name }) => name === wanted);
	const options = (field('options')?.options ?? []).filter(
		(option): option is INodeProperties =>
			'type' in option && NodeHelpers.displayParameter({}, option, node, description, values),
	);
	return {
		values,
		field,
		names: fields.map(({ name }) => name),
		options: options.map(({ name }) => name),
		choices: (wanted: string) =>
			(field(wanted)?.options ?? []).map((choice) => ('value' in choice ? choice.value : '')),
		missing: Object.keys(issues?.parameters ?? {}),
	};
}

const WITH_IMAGE = ['url', 'binary'];
const SOURCES = ['none', ...WITH_IMAGE];
const FILLED = {
	prompt: 'A cat',
	imageUrl: 'https://a.example/1.jpg',
	lastImageUrl: 'https://a.example/2.jpg',
};

/** All ways to choose the images of a mode; also those that the editor has kept, but does not show. */
function waysTo({ family, images }: Mode): INodeParameters[] {
	const takesLast = family.images.includes(2);
	const first = images === 0 ? ['none'] : WITH_IMAGE;
	const last = images === 0 || !takesLast ? SOURCES : images === 2 ? WITH_IMAGE : ['none'];
	return first.flatMap((imageSource) =>
		last.map((lastImageSource) => ({ model: family.value, imageSource, lastImageSource })),
	);
}

/** The names of the fields on images, by what is chosen in them. */
function imageFieldNames(takesLast: boolean, first: unknown, last: unknown): string[] {
	const hasLast = takesLast && first !== 'none';
	return [
		'imageSource',
		...(first === 'url' ? ['imageUrl'] : []),
		...(first === 'binary' ? ['binaryPropertyName'] : []),
		...(hasLast ? ['lastImageSource'] : []),
		...(hasLast && last === 'url' ? ['lastImageUrl'] : []),
		...(hasLast && last === 'binary' ? ['lastBinaryPropertyName'] : []),
	];
}

const SHARED_END = ['waitForCompletion', 'downloadVideo', 'simplify', 'options'];

it.each(MODES.map((mode) => [mode.family.shownAs, mode.images, mode] as const))(
	'%s with %i images has exactly its own fields, its values and its defaults',
	(_name, _images, mode) => {
		const { family, qualities, ratios, images } = mode;
		const { sound, shortest, longest, usual, seed, negativeMost, params } = family;
		for (const way of waysTo(mode)) {
			const shown = editor({ ...way, ...FILLED });
			expect(shown.names).toEqual([
				...['resource', 'operation', 'model'],
				...imageFieldNames(family.images.includes(2), way.imageSource, way.lastImageSource),
				...['prompt', 'cameraCommands'],
				...(ratios.length > 0 ? ['aspectRatio'] : []),
				...['quality', 'duration'],
				...(sound === undefined ? [] : ['generateAudio']),
				...SHARED_END,
			]);
			expect(shown.choices('imageSource').includes('none')).toBe(family.images.includes(0));
			expect(new Set(shown.choices('quality'))).toEqual(new Set(qualities));
			expect(shown.choices('aspectRatio')).toEqual(ratios);
			const { type, typeOptions } = shown.field('duration') ?? {};
			if (type === 'options') expect(shown.choices('duration')).toEqual([6, 10]);
			else expect(typeOptions).toMatchObject({ minValue: shortest, maxValue: longest });
			expect(type === 'options').toBe(params.length > 0);
			const { quality, duration, aspectRatio, generateAudio } = shown.values;
			expect({ quality, duration, aspectRatio, generateAudio }).toEqual({
				quality: qualities[0],
				duration: usual,
				aspectRatio: ratios[0],
				generateAudio: sound,
			});
			const own = ['negativePrompt', 'seed', 'promptOptimizer', 'fastPretreatment'];
			expect(shown.options.filter((name) => own.includes(name)).sort()).toEqual([
				...(params.includes('fast_pretreatment') ? ['fastPretreatment'] : []),
				...(negativeMost === undefined ? [] : ['negativePrompt']),
				...(params.includes('prompt_optimizer') ? ['promptOptimizer'] : []),
				...(seed === undefined ? [] : ['seed']),
			]);
			expect(shown.missing).toEqual([]);
			const withoutPrompt = editor({ ...way, ...FILLED, prompt: '' });
			expect(withoutPrompt.missing).toEqual(family.promptFor.includes(images) ? ['prompt'] : []);
		}
	},
);

it('the models are those of the documentation, in this order', () => {
	expect(editor({}).choices('model')).toEqual([...FAMILIES.map(({ value }) => value), 'other']);
});

it('a model by its ID has its ID, its parameters and the prompt, and nothing else of its own', () => {
	const shown = editor({ model: 'other', imageSource: 'url' });
	expect(shown.names).toEqual([
		...['resource', 'operation', 'model', 'modelId', 'parameters', 'prompt'],
		...SHARED_END,
	]);
	expect(shown.missing).toEqual(['modelId']);
});

it('Hailuo offers 1080p with 6 seconds only', () => {
	for (const { value: model } of FAMILIES.filter(({ params }) => params.length > 0)) {
		const shown = editor({ model, quality: '1080p' });
		expect(shown.choices('duration')).toEqual([6]);
		expect(shown.values.duration).toBe(6);
	}
});

it('a new node shows what its usual case needs, and no more', () => {
	expect(editor({}).names).toEqual([
		...['resource', 'operation', 'model', 'imageSource', 'imageUrl', 'prompt', 'cameraCommands'],
		...['quality', 'duration', ...SHARED_END],
	]);
	expect(editor({ waitForCompletion: false }).names).not.toContain('downloadVideo');
});

/** The fields that depend on the model. */
const DEPENDENT = ['prompt', 'aspectRatio', 'quality', 'duration', 'generateAudio'];

describe('while Model is an expression', () => {
	const model = '={{ $json.model }}';

	it('a workflow where Image Source is one, too, is not stopped', () => {
		const imageSource = '={{ $json.source }}';
		expect(editor({ model, imageSource, imageUrl: FILLED.imageUrl }).missing).toEqual([]);
	});

	it.each(SOURCES)(
		'each field is there once, optional and empty, with Image Source %s',
		(source) => {
			const shown = editor({ model, imageSource: source, imageUrl: FILLED.imageUrl });
			expect(shown.names).toEqual([
				...['resource', 'operation', 'model', 'modelId', 'parameters'],
				...imageFieldNames(true, source, 'none'),
				...['prompt', 'cameraCommands', ...DEPENDENT.slice(1)],
				...SHARED_END,
			]);
			expect(shown.choices('imageSource')).toEqual(['url', 'binary', 'none']);
			for (const name of [...DEPENDENT, 'modelId']) {
				expect(shown.values[name]).toBe('');
				expect(shown.field(name)?.required).not.toBe(true);
			}
			expect(shown.missing).toEqual([]);
		},
	);
});

describe('an expression in another field', () => {
	const SOURCE = '={{ $json.source }}';
	const images = { imageUrl: FILLED.imageUrl, lastImageUrl: FILLED.lastImageUrl };

	it.each(FAMILIES.map((family) => [family.shownAs, family] as const))(
		'shows each field of %s once, and does not stop a workflow that is right',
		(_name, { value: model, promptFor, images: counts }) => {
			const isOptional = counts.some((count) => !promptFor.includes(count));
			for (const more of [
				...[...SOURCES, SOURCE].map((lastImageSource) => ({
					imageSource: SOURCE,
					lastImageSource,
				})),
				{ lastImageSource: SOURCE },
				{ quality: '={{ $json.quality }}' },
			]) {
				const { names, missing } = editor({ model, ...FILLED, ...more });
				expect(names).toEqual([...new Set(names)]);
				const isOpen = 'imageSource' in more;
				const sources = isOpen ? ['none', 'url'] : ['url'];
				const possible = sources.flatMap((imageSource) => editor({ model, imageSource }).names);
				const dependent = possible.filter((name) => DEPENDENT.includes(name));
				expect(names).toEqual(expect.arrayContaining(dependent));
				expect(missing).toEqual([]);
				if (!isOptional || !isOpen) continue;
				expect(editor({ model, ...images, ...more }).missing).toEqual([]);
			}
		},
	);
});
