import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { inputFailure } from '../evolink/failure';
import { isJsonObject } from '../evolink/json';
import type { JsonObject } from '../evolink/json';
import { shortened } from '../evolink/shortened';

/**
 * The values of one item's fields, checked. What comes by expression can be of any type, whatever
 * the field looks like; text that means a number or a yes is taken as one, since spreadsheets and
 * web forms send nothing else.
 */
export interface ItemParameters {
	text(name: string, label: string, fallback?: string): string;
	/** A name, or by expression the binary data itself. */
	binaryField(name: string, label: string): string | IBinaryData;
	yesOrNo(name: string, label: string, fallback?: boolean): boolean;
	number(name: string, label: string, range?: NumberRange, fallback?: number): number;
	/** A list of texts; one text with commas is taken as a list. */
	list(name: string, label: string): string[];
	/** The fields of the collection 'Options'; absent ones are undefined. */
	options(): OptionParameters;
}

/** The same for the optional fields. */
export interface OptionParameters {
	text(name: string, label: string): string | undefined;
	yesOrNo(name: string, label: string): boolean | undefined;
	number(name: string, label: string, range: NumberRange): number | undefined;
	/** The rows of a collection of its own, such as the steps of a camera sequence. */
	rows(name: string, rowsName: string, label: string): JsonObject[];
}

/** Both ends belong to the range. */
export interface NumberRange {
	min: number;
	max?: number;
	integer?: boolean;
}

function asJson(value: unknown): string {
	try {
		return JSON.stringify(value) ?? typeof value;
	} catch {
		// Very large integers, and objects that contain themselves.
		return typeof value;
	}
}

/** Enough to know one's own value again. */
const LONGEST_SHOWN_VALUE_CHARACTERS = 80;

function shown(value: unknown): string {
	const text = typeof value === 'number' ? String(value) : asJson(value);
	return shortened(text, LONGEST_SHOWN_VALUE_CHARACTERS);
}

function refuse(label: string, wanted: string, value: unknown): never {
	throw inputFailure(
		`'${label}' must be ${wanted}, but it is ${shown(value)}`,
		`Correct '${label}', or the expression that fills it.`,
	);
}

/** @throws EvolinkFailure if the value is no text (numbers count as text) */
export function asText(value: unknown, label: string): string {
	if (typeof value === 'string') return value;
	if (typeof value === 'number' && Number.isFinite(value)) return String(value);
	if (value === undefined || value === null) return '';
	return refuse(label, 'a text', value);
}

/** @throws EvolinkFailure if the value is neither yes nor no */
export function asYesOrNo(value: unknown, label: string): boolean {
	if (typeof value === 'boolean') return value;
	if (typeof value === 'string') {
		const word = value.trim().toLowerCase();
		if (word === 'true') return true;
		if (word === 'false') return false;
	}
	return refuse(label, 'true or false', value);
}

/** @throws EvolinkFailure if the value is no number, or outside of the range */
export function asNumber(value: unknown, label: string, range?: NumberRange): number {
	const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	if (typeof number !== 'number' || !Number.isFinite(number)) {
		return refuse(label, 'a number', value);
	}
	if (range === undefined) return number;
	if (range.integer === true && !Number.isInteger(number)) {
		return refuse(label, 'a whole number', value);
	}
	if (number < range.min || (range.max !== undefined && number > range.max)) {
		const wanted =
			range.max === undefined ? `at least ${range.min}` : `between ${range.min} and ${range.max}`;
		return refuse(label, wanted, value);
	}
	return number;
}

/** @throws EvolinkFailure if the value is no list of texts */
export function asList(value: unknown, label: string): string[] {
	if (value === undefined || value === null) return [];
	if (typeof value === 'string') {
		return value
			.split(',')
			.map((part) => part.trim())
			.filter((part) => part !== '');
	}
	if (!Array.isArray(value)) return refuse(label, 'a list', value);
	return value.map((entry: unknown) =>
		typeof entry === 'string' ? entry.trim() : refuse(label, 'a list of texts', value),
	);
}

/**
 * Returns the binary data that an expression resolved to, or undefined if it is none. n8n hands out
 * `$binary.<field>` without its `data`; stored outside of memory, a file is known by its id alone.
 */
function binaryDataOf(value: unknown): IBinaryData | undefined {
	if (!isJsonObject(value) || typeof value.mimeType !== 'string') return undefined;
	const { data, id, mimeType } = value;
	if (typeof data === 'string') return { ...value, data, mimeType };
	return typeof id === 'string' ? { ...value, data: '', id, mimeType } : undefined;
}

/** Opens the fields of one item. */
export function itemParameters(context: IExecuteFunctions, itemIndex: number): ItemParameters {
	const read = (name: string, fallback?: string | number | boolean): unknown =>
		context.getNodeParameter(name, itemIndex, fallback);

	return {
		text: (name, label, fallback) => asText(read(name, fallback), label),
		binaryField(name, label) {
			const value = read(name);
			const binary = binaryDataOf(value);
			if (binary !== undefined) return binary;
			const field = asText(value, label).trim();
			if (field !== '') return field;
			throw inputFailure(
				`'${label}' is empty`,
				'Write the name under which the node before this one shows the file in its Binary tab, usually data.',
			);
		},
		yesOrNo: (name, label, fallback) => asYesOrNo(read(name, fallback), label),
		number: (name, label, range, fallback) => asNumber(read(name, fallback), label, range),
		list: (name, label) => asList(read(name), label),
		options() {
			const value: unknown = context.getNodeParameter('options', itemIndex, {});
			if (!isJsonObject(value)) return refuse('Options', 'a collection of fields', value);
			return optionParameters(value);
		},
	};
}

function optionParameters(options: JsonObject): OptionParameters {
	const given = (name: string): unknown => options[name] ?? undefined;
	const ifGiven = <T>(name: string, convert: (value: unknown) => T): T | undefined => {
		const value = given(name);
		return value === undefined ? undefined : convert(value);
	};
	return {
		text: (name, label) => ifGiven(name, (value) => asText(value, label)),
		yesOrNo: (name, label) => ifGiven(name, (value) => asYesOrNo(value, label)),
		number: (name, label, range) => ifGiven(name, (value) => asNumber(value, label, range)),
		rows(name, rowsName, label) {
			const collection = given(name);
			if (collection === undefined) return [];
			if (!isJsonObject(collection)) return refuse(label, 'a list of steps', collection);
			const rows: unknown = collection[rowsName] ?? [];
			if (!Array.isArray(rows)) return refuse(label, 'a list of steps', rows);
			return rows.map((row: unknown) =>
				isJsonObject(row) ? row : refuse(label, 'a list of steps', row),
			);
		},
	};
}
