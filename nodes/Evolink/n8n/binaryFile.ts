import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { inputFailure, quotedName } from '../evolink/failure';
import { isJsonObject } from '../evolink/task';

/** A name of a field that somebody has filled with the file itself is not looked for. */
const LONGEST_FIELD_NAME_CHARACTERS = 200;

/** Four of n8n's own: joining videos takes two thirds of the time. */
const PIECE_BYTES = 256 * 1024;

/** Reads a file piece by piece, wherever n8n keeps it. */
export async function* piecesOf(
	context: IExecuteFunctions,
	itemIndex: number,
	binary: IBinaryData,
): AsyncGenerator<Uint8Array> {
	// Only data outside of memory has an id, and can be read as a stream.
	if (binary.id === undefined) {
		yield await context.helpers.getBinaryDataBuffer(itemIndex, binary);
		return;
	}
	const stream: AsyncIterable<unknown> = await context.helpers.getBinaryStream(
		binary.id,
		PIECE_BYTES,
	);
	for await (const piece of stream) {
		if (piece instanceof Uint8Array) yield piece;
	}
}

/** Returns a file's length in bytes. @throws whatever n8n throws when it cannot say */
export async function sizeOf(
	context: IExecuteFunctions,
	{ id, data, bytes }: IBinaryData,
): Promise<number> {
	if (id === undefined) return Buffer.byteLength(data, 'base64');
	return bytes ?? (await context.helpers.getBinaryMetadata(id)).fileSize;
}

/** Where a file is looked for, and by what words. */
interface FileField {
	/** A field that is left at this name takes the item's only file. */
	defaultForOnlyFile?: string;
	/** The field that holds the name, as the editor shows it. */
	fileField: string;
	/** What else to do where an item has no file, half a sentence. */
	noFileAdvice: string;
}

/**
 * Returns an item's file by the name of its field.
 *
 * @throws EvolinkFailure that names the files that there are
 */
export function findFile(
	context: IExecuteFunctions,
	itemIndex: number,
	field: string,
	words: FileField,
): IBinaryData {
	const name = field.trim();
	const { binary = {}, json } = context.getInputData()[itemIndex];
	// Workflows can be set to keep files in the items' JSON, under this name.
	const inJson = Object.entries(isJsonObject(json._files) ? json._files : {});
	const files = new Map<string, unknown>([
		...Object.entries(binary),
		...inJson.map(([key, file]): [string, unknown] => [`_files.${key}`, file]),
	]);
	const wanted =
		name === words.defaultForOnlyFile && files.size === 1 ? [...files.keys()][0] : name;
	if (name !== '' && name.length <= LONGEST_FIELD_NAME_CHARACTERS) {
		try {
			return context.helpers.assertBinaryData(itemIndex, wanted);
		} catch {
			// Told below, with what the item has instead.
		}
	}
	throw inputFailure(
		name === ''
			? `'${words.fileField}' is empty`
			: `There is no file in the field '${quotedName(name)}'`,
		whatToWriteInstead(name, files, words),
	);
}

const MOST_FILES_NAMED = 20;

/** @param files of the item, by the name under which each can be asked for */
function whatToWriteInstead(
	name: string,
	files: ReadonlyMap<string, unknown>,
	{ fileField, noFileAdvice }: FileField,
): string {
	if (name.length > LONGEST_FIELD_NAME_CHARACTERS) {
		return `'${fileField}' takes the name of the field that holds the file, usually data, not the file itself.`;
	}
	if (files.size === 0) {
		return `This item has no file. The node before this one must return one; ${noFileAdvice}.`;
	}
	const fields = [...files].slice(0, MOST_FILES_NAMED).map(([field, file]) => {
		const fileName = isJsonObject(file) ? file.fileName : undefined;
		const known = typeof fileName === 'string' ? ` (${quotedName(fileName)})` : '';
		return `'${quotedName(field)}'${known}`;
	});
	const more = files.size - fields.length;
	return `The file fields of this item are: ${fields.join(', ')}${more > 0 ? ` and ${more} more` : ''}. Write one of these names into '${fileField}'.`;
}
