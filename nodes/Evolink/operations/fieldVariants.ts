import type { INodeProperties, NodeParameterValue } from 'n8n-workflow';

import type { ImageCount, VideoModel } from '../evolink/models';

/** Values of other fields with which a field is shown. */
type Conditions = Record<string, NodeParameterValue[]>;

/**
 * Returns the condition under which n8n hides a field: while another is not among the values. It must
 * hide, and not show: at the first expression in what shows a field, n8n stops looking and shows it.
 */
function notAmong(values: readonly unknown[], orExpression = false) {
	const escaped = values.map((value) => String(value).replace(/[.]/g, '\\.'));
	return [{ _cnd: { regex: `^(?!(${escaped.join('|')})$${orExpression ? '|=' : ''})` } }];
}

/**
 * Returns the variants of a field that depends on the model and on one more thing: equal ones are one
 * field, for all models and values that have it.
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
	const groups = new Map<
		string,
		{ field: INodeProperties; conditions: Conditions; ids: string[] }
	>();
	for (const model of models) {
		const all = casesOf(model);
		const keyOf = (one: Case) => JSON.stringify(fieldFor(model, one));
		for (const key of new Set(all.map(keyOf))) {
			const some = all.filter((one) => keyOf(one) === key);
			const field = fieldFor(model, some[0]);
			if (field === undefined) continue;
			const isAlways = some.length === all.length;
			for (const conditions of isAlways ? [{}] : conditionsFor(model, some)) {
				const group = JSON.stringify([field, conditions]);
				const { ids } = groups.get(group) ?? { ids: [] };
				groups.set(group, { field, conditions, ids: [...ids, model.id] });
			}
		}
	}
	return [...groups.values()].map(({ field, conditions, ids }) => {
		// While another field is an expression, a required field would stop workflows that do without.
		const orExpression = field.required !== true;
		const hide = Object.fromEntries(
			Object.entries(conditions).map(([name, values]) => [name, notAmong(values, orExpression)]),
		);
		return { ...field, displayOptions: { hide: { model: notAmong(ids), ...hide } } };
	});
}

const WITH_IMAGE = ['url', 'binary'];

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

/**
 * Returns a field as it is shown while Model is an expression, and with the other models that are
 * named, and only then.
 */
export function forExpression(field: INodeProperties, alsoFor?: string): INodeProperties {
	const among = alsoFor === undefined ? '=' : `=|${alsoFor}$`;
	return { ...field, displayOptions: { hide: { model: [{ _cnd: { regex: `^(?!${among})` } }] } } };
}
