import { createHash } from 'crypto';
import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { inputFailure } from '../evolink/failure';
import { checkImage, mediaTypeOf, uploadFileName } from '../evolink/image';
import type { FrameWords } from '../evolink/image';
import type { ImageFormat, ImageRules } from '../evolink/models';
import { findFile, piecesOf } from './binaryFile';

/** An image from an earlier node that has been checked and may be uploaded. */
export interface CheckedImage {
	/** SHA-256 of the bytes, in hex: the same image is the same, whatever it is called. */
	sha256: string;
	/** Makes the multipart body, once for each attempt. */
	form(): FormData;
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

/** The format and the size stand here, behind whatever a camera or an editor has written down. */
const LONGEST_BEGINNING_BYTES = 4 * 1024 * 1024;

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
		typeof value === 'string'
			? findFile(context, itemIndex, value, {
					defaultForOnlyFile: field.defaultForOnlyFile,
					fileField: field.words.fileField,
					noFileAdvice: `if the image is on the web, set '${field.words.sourceField}' to 'URL'`,
				})
			: value;
	const beginning: Uint8Array[] = [];
	const hash = createHash('sha256');
	let sizeBytes = 0;
	try {
		for await (const piece of piecesOf(context, itemIndex, binary)) {
			hash.update(piece);
			if (sizeBytes < LONGEST_BEGINNING_BYTES) beginning.push(piece);
			sizeBytes += piece.length;
			if (sizeBytes > rules.maxBytes) break;
		}
	} catch {
		throw inputFailure(
			`${field.words.image} could not be read from where n8n stores files`,
			'It may have been deleted since. Run the workflow again from the start.',
		);
	}
	const format = checkImage(Buffer.concat(beginning), sizeBytes, rules, field.words);
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
