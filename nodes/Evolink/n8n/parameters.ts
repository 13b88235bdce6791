import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { inputFailure, quotedName } from '../evolink/failure';
import { isJsonObject } from '../evolink/task';

/** What JavaScript writes for an object where text should be, as is or encoded for a link. */
const AN_OBJECT = /(\[|%5B)object([ +]|%20)\w+(\]|%5D)/i;

/** Both ends belong to the range. */
interface NumberRange {
	min?: number;
	max?: number;
	integer?: boolean;
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

/**
 * Fields of one item, checked. What comes by expression can be of any type, whatever the field
 * looks like; text that means a number or a yes is taken as one, since spreadsheets and web forms
 * send nothing else. Each throws EvolinkFailure that names the field.
 */
export class Fields {
	constructor(private readonly read: (name: string, fallback: unknown) => unknown) {}

	/** As n8n gives it, or the fallback where it gives nothing. */
	value(name: string, fallback?: unknown): unknown {
		const given = this.read(name, fallback);
		return given === undefined ? fallback : given;
	}

	/** A number counts as text; nothing at all as an empty one; an object that became text as none. */
	text(name: string, label: string, fallback = ''): string {
		const value = this.value(name, fallback) ?? '';
		if (typeof value === 'number' && Number.isFinite(value)) return String(value);
		if (typeof value !== 'string') return refuse(label, 'text', value);
		return AN_OBJECT.test(value) ? refuse(label, 'text without an object in it', value) : value;
	}

	yesOrNo(name: string, label: string, fallback?: boolean): boolean {
		const value = this.value(name, fallback);
		const word = typeof value === 'string' ? value.trim().toLowerCase() : value;
		if (word === true || word === 'true') return true;
		return word === false || word === 'false' ? false : refuse(label, 'true or false', value);
	}

	number(name: string, label: string, range: NumberRange = {}, fallback?: number): number {
		const value = this.value(name, fallback);
		const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
		if (typeof number !== 'number' || !Number.isFinite(number)) {
			return refuse(label, 'a number', value);
		}
		const { min = Number.NEGATIVE_INFINITY, max, integer = false } = range;
		if (integer && !Number.isInteger(number)) return refuse(label, 'a whole number', value);
		if (number >= min && number <= (max ?? number)) return number;
		return refuse(
			label,
			max === undefined ? `at least ${min}` : `between ${min} and ${max}`,
			value,
		);
	}

	/** A list of texts; one text with commas is taken as a list. */
	list(name: string, label: string): string[] {
		const value = this.value(name) ?? [];
		if (typeof value === 'string') {
			return value.split(',').flatMap((entry) => entry.trim() || []);
		}
		if (!Array.isArray(value)) return refuse(label, 'a list', value);
		return value.map((entry: unknown) =>
			typeof entry === 'string' ? entry.trim() : refuse(label, 'a list of texts', value),
		);
	}

	/** Rows of a collection, such as the steps of a camera sequence. */
	rows(name: string, rowsName: string, label: string): Fields[] {
		const collection = this.value(name, {});
		const rows = isJsonObject(collection) ? (collection[rowsName] ?? []) : undefined;
		if (!Array.isArray(rows)) return refuse(label, 'a list of steps', collection);
		return rows.map((row: unknown) =>
			isJsonObject(row) ? fieldsOf(row) : refuse(label, 'a list of steps', row),
		);
	}
}

/** Returns the fields of a collection whose values are known. */
export function fieldsOf(values: Record<string, unknown>): Fields {
	return new Fields((name) => values[name] ?? undefined);
}

/** Returns the fields of one item, and those of its collection 'Options'. */
export function fieldsOfItem(
	context: IExecuteFunctions,
	itemIndex: number,
): { fields: Fields; options: Fields } {
	const fields = new Fields((name, fallback) =>
		context.getNodeParameter(name, itemIndex, fallback),
	);
	const options = fields.value('options', {});
	if (!isJsonObject(options)) return refuse('Options', 'a collection of fields', options);
	return { fields, options: fieldsOf(options) };
}

/** Returns the first item's options, each read by itself: one that is wrong does not hide the others. */
export function optionsOfFirst(context: IExecuteFunctions): Fields {
	return new Fields((name) => context.getNodeParameter(`options.${name}`, 0, null) ?? undefined);
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

/**
 * Returns whether an AI agent called the node as its tool. The ending that n8n gives the type's name
 * tells it in every version; `isToolExecution` is missing in old ones, and says no under newer agents.
 */
export function isCalledByAgent(context: IExecuteFunctions): boolean {
	return context.getNode().type.endsWith('Tool');
}
