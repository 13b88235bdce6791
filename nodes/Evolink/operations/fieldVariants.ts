import type { INodeProperties, NodeParameterValue } from 'n8n-workflow';

import type { ImageCount, VideoModel } from '../evolink/models';

/** The value of Model with which the ID and all parameters are the user's. */
export const OTHER_MODEL = 'other';

/** Values of other fields with which a field is shown. */
type Conditions = Record<string, readonly NodeParameterValue[]>;

/** An expression, also one that the editor cannot resolve yet; a regular expression would be slow. */
const EXPRESSIONS = [{ _cnd: { between: { from: '=', to: '>' } } }, ''];

/** A field as some models have it under conditions. */
interface Variant {
	field: INodeProperties;
	conditions: Conditions;
	isBroadest: boolean;
	ids: string[];
}

const IMAGE_SOURCES = ['url', 'binary', 'none'];
const WITH_IMAGE = ['url', 'binary'];

/** Returns all values that the fields have which others depend on. */
function valuesOf(models: readonly VideoModel[]): Conditions {
	const qualities = models.flatMap((model) => model.qualities.map(({ value }) => value));
	return {
		model: [...models.map(({ id }) => id), OTHER_MODEL],
		imageSource: IMAGE_SOURCES,
		lastImageSource: IMAGE_SOURCES,
		quality: [...new Set(qualities)],
	};
}

/**
 * Returns a field as it is shown under conditions: hidden with all other values. What shows a field
 * would not do, since at the first expression in it, n8n stops looking and shows the field.
 */
function shownWith(
	field: INodeProperties,
	{ model, ...conditions }: Conditions,
	all: Conditions,
	isShownForExpressions = true,
): INodeProperties {
	const othersThan = (name: string, values: readonly NodeParameterValue[]) =>
		all[name].filter((value) => !values.includes(value));
	const orExpression = isShownForExpressions ? [] : EXPRESSIONS;
	const hide = Object.entries(conditions).map(([name, values]) => [
		name,
		[...othersThan(name, values), ...orExpression],
	]);
	const hideModel = [...othersThan('model', model), ...EXPRESSIONS];
	return { ...field, displayOptions: { hide: { model: hideModel, ...Object.fromEntries(hide) } } };
}

/** How much a variant allows: it is required, or has so many choices. */
function breadthOf({ required, options = [] }: INodeProperties): number {
	return required === true ? -1 : options.length;
}

/**
 * Returns the variants of a field that depends on the model and on one more thing: equal ones are one
 * field, for all models and values that have it. While that thing is an expression, the variant that
 * allows most is shown: another one would refuse what may be right.
 *
 * @param casesOf the values of that thing that a model knows
 * @param fieldFor the field with one of them; undefined where there is none
 * @param conditionsFor under which conditions some of the values hold, but not all
 */
export function byCase<Case>(
	models: readonly VideoModel[],
	casesOf: (model: VideoModel) => readonly Case[],
	fieldFor: (model: VideoModel, one: Case) => INodeProperties | undefined,
	conditionsFor: (model: VideoModel, some: readonly Case[]) => Conditions[],
): INodeProperties[] {
	const groups = new Map<string, Variant>();
	for (const model of models) {
		const all = casesOf(model);
		const keyOf = (one: Case) => JSON.stringify(fieldFor(model, one));
		const fields = all.flatMap((one) => fieldFor(model, one) ?? []);
		const mostBreadth = Math.max(...fields.map(breadthOf));
		for (const key of new Set(all.map(keyOf))) {
			const some = all.filter((one) => keyOf(one) === key);
			const field = fieldFor(model, some[0]);
			if (field === undefined) continue;
			const isBroadest = breadthOf(field) === mostBreadth;
			const isAlways = some.length === all.length;
			for (const conditions of isAlways ? [{}] : conditionsFor(model, some)) {
				const group = JSON.stringify([field, conditions, isBroadest]);
				const { ids } = groups.get(group) ?? { ids: [] };
				groups.set(group, { field, conditions, isBroadest, ids: [...ids, model.id] });
			}
		}
	}
	const all = valuesOf(models);
	return [...groups.values()].map(({ field, conditions, isBroadest, ids }) =>
		shownWith(field, { model: ids, ...conditions }, all, isBroadest),
	);
}

/** Returns the values of the fields on images with which a model gets so many of them. */
function imageConditions({ imageCounts }: VideoModel, some: readonly ImageCount[]): Conditions[] {
	const all: Conditions[] = [];
	if (some.includes(0)) all.push({ imageSource: ['none'] });
	const one = some.includes(1);
	const two = some.includes(2);
	if (!one && !two) return all;
	const imageSource = WITH_IMAGE;
	if (one === imageCounts.includes(1) && two === imageCounts.includes(2)) {
		return [...all, { imageSource }];
	}
	return [...all, { imageSource, lastImageSource: two ? WITH_IMAGE : ['none'] }];
}

/** Returns the variants of a field that depends on the model and the number of images. */
export function byImageCount(
	models: readonly VideoModel[],
	fieldFor: (model: VideoModel, imageCount: ImageCount) => INodeProperties | undefined,
): INodeProperties[] {
	return byCase(models, ({ imageCounts }) => imageCounts, fieldFor, imageConditions);
}

/** Returns a field as it is shown while Model is an expression, and only then. */
export function forExpression(
	models: readonly VideoModel[],
	field: INodeProperties,
): INodeProperties {
	return { ...field, displayOptions: { hide: { model: [...valuesOf(models).model] } } };
}

/** Returns a field as it is shown with a model by its ID, and only then. */
export function forOtherModel(
	models: readonly VideoModel[],
	field: INodeProperties,
): INodeProperties {
	return shownWith(field, { model: [OTHER_MODEL] }, valuesOf(models));
}
