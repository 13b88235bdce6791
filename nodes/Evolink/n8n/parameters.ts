import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { inputFailure, quotedName } from '../evolink/failure';
import { isJsonObject } from '../evolink/task';

/** Both ends belong to the range. */
export interface NumberRange {
	min: number;
	max?: number;
	integer?: boolean;
}

/**
 * Fields of one item, checked. What comes by expression can be of any type, whatever the field
 * looks like; text that means a number or a yes is taken as one, since spreadsheets and web forms
 * send nothing else. Each throws EvolinkFailure that names the field.
 */
export interface Fields {
	/** As n8n gives it, or the fallback where it gives nothing. */
	value(name: string, fallback?: unknown): unknown;
	/** A number counts as text; nothing at all as an empty one. */
	text(name: string, label: string, fallback?: string): string;
	yesOrNo(name: string, label: string, fallback?: boolean): boolean;
	number(name: string, label: string, range?: NumberRange, fallback?: number): number;
	/** A list of texts; one text with commas is taken as a list. */
	list(name: string, label: string): string[];
	/** Rows of a collection, such as the steps of a camera sequence. */
	rows(name: string, rowsName: string, label: string): Fields[];
}

function asJson(value: unknown): string {
	try {
		return value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value);
	} catch {
		// Very large integers, and objects that contain themselves.
		return typeof value;
	}
}

function refuse(label: string, wanted: string, value: unknown): never {
	const shown = typeof value === 'number' ? String(value) : quotedName(asJson(value));
	throw inputFailure(
		`'${label}' must be ${wanted}, but it is ${shown}`,
		`Correct '${label}', or the expression that fills it.`,
	);
}

function asText(value: unknown, label: string): string {
	if (typeof value === 'string') return value;
	if (typeof value === 'number' && Number.isFinite(value)) return String(value);
	return value === undefined || value === null ? '' : refuse(label, 'a text', value);
}

function asYesOrNo(value: unknown, label: string): boolean {
	const word = typeof value === 'string' ? value.trim().toLowerCase() : value;
	if (word === true || word === 'true') return true;
	if (word === false || word === 'false') return false;
	return refuse(label, 'true or false', value);
}

function asNumber(value: unknown, label: string, range?: NumberRange): number {
	const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	if (typeof number !== 'number' || !Number.isFinite(number)) {
		return refuse(label, 'a number', value);
	}
	if (range === undefined) return number;
	const { min, max = Number.POSITIVE_INFINITY, integer } = range;
	if (integer === true && !Number.isInteger(number)) return refuse(label, 'a whole number', value);
	if (number >= min && number <= max) return number;
	return refuse(
		label,
		range.max === undefined ? `at least ${min}` : `between ${min} and ${max}`,
		value,
	);
}

function asList(value: unknown, label: string): string[] {
	const entries: unknown = typeof value === 'string' ? value.split(',') : (value ?? []);
	if (!Array.isArray(entries)) return refuse(label, 'a list', value);
	return entries
		.map((entry: unknown) =>
			typeof entry === 'string' ? entry.trim() : refuse(label, 'a list of texts', value),
		)
		.filter((entry) => entry !== '' || typeof value !== 'string');
}

function fieldsFrom(read: (name: string, fallback: unknown) => unknown): Fields {
	const value = (name: string, fallback?: unknown) => {
		const given = read(name, fallback);
		return given === undefined ? fallback : given;
	};
	return {
		value,
		text: (name, label, fallback) => asText(value(name, fallback), label),
		yesOrNo: (name, label, fallback) => asYesOrNo(value(name, fallback), label),
		number: (name, label, range, fallback) => asNumber(value(name, fallback), label, range),
		list: (name, label) => asList(value(name), label),
		rows(name, rowsName, label) {
			const collection = value(name, {});
			const rows = isJsonObject(collection) ? (collection[rowsName] ?? []) : undefined;
			if (!Array.isArray(rows)) return refuse(label, 'a list of steps', collection);
			return rows.map((row: unknown) =>
				isJsonObject(row) ? fieldsOf(row) : refuse(label, 'a list of steps', row),
			);
		},
	};
}

/** Returns the fields of a collection whose values are known. */
export function fieldsOf(values: Record<string, unknown>): Fields {
	return fieldsFrom((name) => values[name] ?? undefined);
}

/** Returns the fields of one item, and those of its collection 'Options'. */
export function fieldsOfItem(
	context: IExecuteFunctions,
	itemIndex: number,
): { fields: Fields; options: Fields } {
	const read = (name: string, fallback: unknown): unknown =>
		context.getNodeParameter(name, itemIndex, fallback);
	const options: unknown = read('options', {});
	if (!isJsonObject(options)) return refuse('Options', 'a collection of fields', options);
	return { fields: fieldsFrom(read), options: fieldsOf(options) };
}

/** Returns the expression of a field as it is written, shortened, where it is one. */
export function expressionOf(context: IExecuteFunctions, name: string): string | undefined {
	const written: unknown = context.getNode().parameters[name];
	return typeof written === 'string' && written.startsWith('=')
		? quotedName(written.slice(1).trim())
		: undefined;
}

/**
 * Returns the binary data that an expression resolved to, or undefined if it is none. n8n hands out
 * `$binary.<field>` without its `data`; stored outside of memory, a file is known by its id alone.
 */
export function binaryDataOf(value: unknown): IBinaryData | undefined {
	if (!isJsonObject(value) || typeof value.mimeType !== 'string') return undefined;
	const { data, id, mimeType } = value;
	if (typeof data === 'string') return { ...value, data, mimeType };
	return typeof id === 'string' ? { ...value, data: '', id, mimeType } : undefined;
}
