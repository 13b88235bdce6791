import { createHash } from 'crypto';
import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { inputFailure, quotedName } from '../evolink/failure';
import { checkImage, mediaTypeOf, uploadFileName } from '../evolink/image';
import type { FrameWords } from '../evolink/image';
import type { ImageFormat, ImageRules } from '../evolink/models';
import { isJsonObject } from '../evolink/task';

/** An image from an earlier node that has been checked and may be uploaded. */
export interface CheckedImage {
	/** SHA-256 of the bytes, in hex: the same image is the same, whatever it is called. */
	sha256: string;
	/** Makes the multipart body, once for each attempt. */
	form(): FormData;
}

/** A name of a field that somebody has filled with the file itself is not looked for. */
const LONGEST_FIELD_NAME_CHARACTERS = 200;

async function* piecesOf(
	context: IExecuteFunctions,
	itemIndex: number,
	binary: IBinaryData,
): AsyncGenerator<Uint8Array> {
	// Only data outside of memory has an id, and can be read as a stream.
	if (binary.id === undefined) {
		yield await context.helpers.getBinaryDataBuffer(itemIndex, binary);
		return;
	}
	const stream: AsyncIterable<unknown> = await context.helpers.getBinaryStream(binary.id);
	for await (const piece of stream) {
		if (piece instanceof Uint8Array) yield piece;
	}
}

/**
 * A file for a multipart form that is read only while it is sent. The class that comes with Node
 * would hold the whole image in memory, once for each item that is uploaded.
 */
class StreamedFile extends File {
	constructor(
		private readonly pieces: () => AsyncGenerator<Uint8Array>,
		sizeBytes: number,
		format: ImageFormat,
	) {
		super([], uploadFileName(format), { type: mediaTypeOf(format) });
		Object.defineProperty(this, 'size', { value: sizeBytes });
	}

	override stream(): ReturnType<File['stream']> {
		const pieces = this.pieces();
		return new ReadableStream({
			async pull(controller) {
				const { done, value } = await pieces.next();
				if (done === true) controller.close();
				else controller.enqueue(value);
			},
			async cancel() {
				await pieces.return(undefined);
			},
		});
	}
}

/** Where to find an image of an item, and by what words to name it. */
export interface ImageField {
	/** The field's value: a name or, by expression, the data itself. */
	value: string | IBinaryData;
	/** A field that is left at this name takes the item's only file. */
	defaultForOnlyFile?: string;
	words: FrameWords;
}

/**
 * Reads and checks an image; its bytes are let go again, and read once more while it is uploaded.
 *
 * @throws EvolinkFailure when there is no such file, or the model can't use it
 */
export async function checkImageFile(
	context: IExecuteFunctions,
	itemIndex: number,
	field: ImageField,
	rules: ImageRules,
): Promise<CheckedImage> {
	const { value } = field;
	const binary =
		typeof value === 'string' ? findFile(context, itemIndex, value.trim(), field) : value;
	// One byte more than allowed tells a file that is too large; pages that stay empty take no memory.
	const bytes = Buffer.allocUnsafe(rules.maxBytes + 1);
	const hash = createHash('sha256');
	let sizeBytes = 0;
	try {
		for await (const piece of piecesOf(context, itemIndex, binary)) {
			hash.update(piece);
			const taken = piece.subarray(0, bytes.length - sizeBytes);
			bytes.set(taken, sizeBytes);
			sizeBytes += taken.length;
			if (sizeBytes > rules.maxBytes) break;
		}
	} catch {
		throw inputFailure(
			`${field.words.image} could not be read from where n8n stores files`,
			'It may have been deleted since. Run the workflow again from the start.',
		);
	}
	const format = checkImage(bytes.subarray(0, sizeBytes), rules, field.words);
	return {
		sha256: hash.digest('hex'),
		form() {
			const form = new FormData();
			const read = () => piecesOf(context, itemIndex, binary);
			form.append('file', new StreamedFile(read, sizeBytes, format));
			return form;
		},
	};
}

function findFile(
	context: IExecuteFunctions,
	itemIndex: number,
	name: string,
	{ defaultForOnlyFile, words }: ImageField,
): IBinaryData {
	const { binary = {}, json } = context.getInputData()[itemIndex];
	// Workflows can be set to keep files in the items' JSON, under this name.
	const inJson = Object.entries(isJsonObject(json._files) ? json._files : {});
	const files = new Map<string, unknown>([
		...Object.entries(binary),
		...inJson.map(([key, file]): [string, unknown] => [`_files.${key}`, file]),
	]);
	const wanted = name === defaultForOnlyFile && files.size === 1 ? [...files.keys()][0] : name;
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
	{ fileField, sourceField }: FrameWords,
): string {
	if (name.length > LONGEST_FIELD_NAME_CHARACTERS) {
		return `'${fileField}' takes the name of the field that holds the file, usually data, not the file itself.`;
	}
	if (files.size === 0) {
		return `This item has no file. The node before this one must return one; if the image is on the web, set '${sourceField}' to 'URL'.`;
	}
	const fields = [...files].slice(0, MOST_FILES_NAMED).map(([field, file]) => {
		const fileName = isJsonObject(file) ? file.fileName : undefined;
		const known = typeof fileName === 'string' ? ` (${quotedName(fileName)})` : '';
		return `'${quotedName(field)}'${known}`;
	});
	const more = files.size - fields.length;
	return `The file fields of this item are: ${fields.join(', ')}${more > 0 ? ` and ${more} more` : ''}. Write one of these names into '${fileField}'.`;
}
