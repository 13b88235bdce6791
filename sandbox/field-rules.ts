import { isRecord } from './type-guards';

/** What is wrong with one field of a body. */
export interface Finding {
	/** The field, e.g. `model_params.web_search`. */
	param: string;
	/** In words that name what is allowed. */
	message: string;
	/** The field does not exist. */
	isUnknown?: boolean;
}

/** What is documented about one field. */
export interface FieldRule {
	check(value: unknown, param: string): Finding[];
	/** What holds where the field is left out. */
	readonly byDefault?: unknown;
	readonly isRequired?: boolean;
}

export type Fields = Readonly<Record<string, FieldRule>>;

/** What holds between fields. It is asked only when each of them fits. */
export type Rule = (body: Readonly<Record<string, unknown>>) => Finding | undefined;

function rule(allowed: string, fits: (value: unknown) => boolean, byDefault?: unknown): FieldRule {
	const check = (value: unknown, param: string) =>
		fits(value) ? [] : [{ param, message: `${param} must be ${allowed}` }];
	return { check, byDefault };
}

export const required = (field: FieldRule): FieldRule => ({ ...field, isRequired: true });

/** One of these values; the first is the default. */
export const oneOf = (...values: ReadonlyArray<string | number>): FieldRule =>
	rule(
		`one of ${values.join(', ')}`,
		(value) => values.some((allowed) => allowed === value),
		values[0],
	);

/** A whole number, both ends included, or one of the others. */
export function whole(
	least: number,
	most: number,
	{ byDefault, or = [] }: { byDefault?: number; or?: readonly number[] } = {},
): FieldRule {
	const others = or.map((other) => ` or ${other}`).join('');
	const fits = (value: unknown) =>
		typeof value === 'number' &&
		(or.includes(value) || (Number.isInteger(value) && value >= least && value <= most));
	return rule(`a whole number from ${least} to ${most}${others}`, fits, byDefault);
}

export const flag = (byDefault?: boolean): FieldRule =>
	rule('true or false', (value) => typeof value === 'boolean', byDefault);

const CHINESE = /\p{Script=Han}/gu;
const charactersOf = (text: string) => [...text].length;
/** The length where a Chinese character counts twice. */
export const chineseTwice = (text: string) =>
	charactersOf(text) + (text.match(CHINESE)?.length ?? 0);

/** A text of so many characters. */
export const text = (most = Infinity, least = 0, lengthOf = charactersOf): FieldRule =>
	rule(most === Infinity ? 'text' : `text of ${least} to ${most} characters`, (value) => {
		if (typeof value !== 'string') return false;
		const length = lengthOf(value);
		return length >= least && length <= most;
	});

export const textOrNumber = rule('text or a number', (value) =>
	['string', 'number'].includes(typeof value),
);

/** An address that the service can fetch. */
export const link = rule(
	'an address that begins with http:// or https://',
	(value) => typeof value === 'string' && /^https?:\/\/[!-~]+$/.test(value),
);

/** A list of so many entries. */
export function list(least: number, most: number, entry: FieldRule): FieldRule {
	const { check } = rule(
		`a list of ${least} to ${most} entries`,
		(value) => Array.isArray(value) && value.length >= least && value.length <= most,
	);
	return {
		check: (value, param) => [
			...check(value, param),
			...(Array.isArray(value)
				? value.flatMap((each, index) => entry.check(each, `${param}.${index}`))
				: []),
		],
	};
}

export const links = (least: number, most: number): FieldRule => list(least, most, link);

/** Everything that is wrong with the fields of an object, those that do not exist included. */
export function checkFields(fields: Fields, value: unknown, path = ''): Finding[] {
	if (!isRecord(value)) return [{ param: path, message: `${path} must be an object` }];
	const paramOf = (name: string) => (path === '' ? name : `${path}.${name}`);
	const unknown = Object.keys(value)
		.filter((name) => !Object.hasOwn(fields, name))
		.map((name) => ({
			param: paramOf(name),
			message: `${paramOf(name)} does not exist here, only ${Object.keys(fields).join(', ')}`,
			isUnknown: true,
		}));
	const known = Object.entries(fields).flatMap(([name, field]) => {
		const param = paramOf(name);
		if (value[name] !== undefined) return field.check(value[name], param);
		return field.isRequired ? [{ param, message: `${param} is required` }] : [];
	});
	return [...unknown, ...known];
}

export const object = (fields: Fields): FieldRule => ({
	check: (value, param) => checkFields(fields, value, param),
});
