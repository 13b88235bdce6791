import type { INodeProperties, NodeParameterValue } from 'n8n-workflow';

import type { ImageCount, VideoModel } from '../evolink/models';

/** The value of Model with which the ID and all parameters are the user's. */
export const OTHER_MODEL = 'other';

/** Values of other fields with which a field is shown. */
type Conditions = Record<string, readonly NodeParameterValue[]>;

/** An expression, also one that the editor cannot resolve yet; a regular expression would be slow. */
const EXPRESSIONS = [{ _cnd: { between: { from: '=', to: '>' } } }, ''];

/** A field as it is shown under conditions; without any, always. */
interface Variant {
	field: INodeProperties;
	conditions: Conditions;
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
	{ field, conditions }: Variant,
	model: readonly string[],
	all: Conditions,
	givesWay: readonly string[] = [],
): INodeProperties {
	const othersThan = (name: string, values: readonly NodeParameterValue[]) =>
		all[name].filter((value) => !values.includes(value));
	const hide = Object.entries(conditions).map(([name, values]) => [
		name,
		[...othersThan(name, values), ...(givesWay.includes(name) ? EXPRESSIONS : [])],
	]);
	const hideModel = [...othersThan('model', model), ...EXPRESSIONS];
	return { ...field, displayOptions: { hide: { model: hideModel, ...Object.fromEntries(hide) } } };
}

/** How much a field allows: the number of its choices. A required one allows least. */
function breadthOf({ required, options = [] }: INodeProperties): number {
	return required === true ? -1 : options.length;
}

/**
 * Returns the conditions whose fields a variant is not shown with while they are expressions, since
 * another one that could hold then allows more (or as much, and comes later).
 */
function whereItGivesWay(index: number, variants: readonly Variant[]): string[] {
	const { field, conditions } = variants[index];
	return Object.keys(conditions).filter((name) =>
		variants.some((other, at) => {
			const isExcluded = Object.entries(conditions).some(
				([another, values]) =>
					another !== name &&
					other.conditions[another]?.every((value) => !values.includes(value)) === true,
			);
			const more = breadthOf(other.field) - breadthOf(field);
			return !isExcluded && (more > 0 || (more === 0 && at > index));
		}),
	);
}

/**
 * Returns the variants of a field that depends on the model and on one more thing: equal ones are one
 * field, for all models and values that have it. While that thing is an expression, the variant that
 * allows most is shown, and no other.
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
	const variantsOf = (model: VideoModel): Variant[] => {
		const cases = casesOf(model);
		const keyOf = (one: Case) => JSON.stringify(fieldFor(model, one));
		return [...new Set(cases.map(keyOf))].flatMap((key) => {
			const some = cases.filter((one) => keyOf(one) === key);
			const field = fieldFor(model, some[0]);
			if (field === undefined) return [];
			const isAlways = some.length === cases.length;
			const all = isAlways ? [{}] : conditionsFor(model, some);
			return all.map((conditions) => ({ field, conditions }));
		});
	};
	const groups = new Map<string, { variant: Variant; givesWay: string[]; ids: string[] }>();
	for (const model of models) {
		const variants = variantsOf(model);
		for (const [index, variant] of variants.entries()) {
			const givesWay = whereItGivesWay(index, variants);
			const group = JSON.stringify([variant, givesWay]);
			const { ids } = groups.get(group) ?? { ids: [] };
			groups.set(group, { variant, givesWay, ids: [...ids, model.id] });
		}
	}
	const all = valuesOf(models);
	return [...groups.values()].map(({ variant, givesWay, ids }) =>
		shownWith(variant, ids, all, givesWay),
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
	return shownWith({ field, conditions: {} }, [OTHER_MODEL], valuesOf(models));
}
