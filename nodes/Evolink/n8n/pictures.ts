import { createHash } from 'crypto';
import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { inputFailure } from '../evolink/failure';
import type { PictureRules } from '../evolink/models';
import { inspectPicture, mediaTypeOf, uploadFileName } from '../evolink/picture';
import type { CheckedPicture } from '../evolink/picture';

/** A file of n8n's, in whatever place n8n keeps binary data. */
interface BinaryFile {
	pieces(): AsyncIterable<Uint8Array>;
}

async function* piecesOf(
	context: IExecuteFunctions,
	itemIndex: number,
	binary: IBinaryData,
): AsyncIterable<Uint8Array> {
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
 * would hold the whole picture in memory, once for each item in work.
 */
class StreamedFile extends File {
	constructor(
		private readonly file: BinaryFile,
		sizeBytes: number,
		name: string,
		mediaType: string,
	) {
		super([], name, { type: mediaType });
		Object.defineProperty(this, 'size', { value: sizeBytes });
	}

	override stream(): ReturnType<File['stream']> {
		const pieces = this.file.pieces()[Symbol.asyncIterator]();
		return new ReadableStream({
			async pull(controller) {
				const { done, value } = await pieces.next();
				if (done === true) controller.close();
				else controller.enqueue(value);
			},
			async cancel() {
				await pieces.return?.();
			},
		});
	}
}

/**
 * Reads the picture once, from first byte to last, without keeping it, and checks it.
 *
 * @param field the value of 'Input Data Field Name', a name or, by expression, the data itself
 * @throws EvolinkFailure when there is no such file, or the model can't use it
 */
export async function checkPicture(
	context: IExecuteFunctions,
	itemIndex: number,
	field: string | IBinaryData,
	rules: PictureRules,
): Promise<CheckedPicture> {
	const binary = findBinary(context, itemIndex, field);
	const file: BinaryFile = { pieces: () => piecesOf(context, itemIndex, binary) };
	const inspector = inspectPicture(rules);
	const hash = createHash('sha256');
	let sizeBytes = 0;
	for await (const piece of readablePieces(file)) {
		inspector.take(piece);
		hash.update(piece);
		sizeBytes += piece.length;
	}
	const { format } = inspector.end();
	return {
		sha256: hash.digest('hex'),
		async form() {
			const form = new FormData();
			form.append(
				'file',
				new StreamedFile(file, sizeBytes, uploadFileName(format), mediaTypeOf(format)),
			);
			return form;
		},
	};
}

function findBinary(
	context: IExecuteFunctions,
	itemIndex: number,
	field: string | IBinaryData,
): IBinaryData {
	const fieldWords = typeof field === 'string' ? `'${field}'` : 'of that expression';
	try {
		return context.helpers.assertBinaryData(itemIndex, field);
	} catch {
		throw inputFailure(
			`There is no file in the field ${fieldWords}`,
			"Check 'Input Data Field Name': it must be the name under which the node before this one shows the file in its Binary tab. If the picture is on the web, set 'Image Source' to 'Link to a Picture'.",
		);
	}
}

async function* readablePieces(file: BinaryFile): AsyncIterable<Uint8Array> {
	const pieces = file.pieces()[Symbol.asyncIterator]();
	try {
		for (;;) {
			const next = await nextPiece(pieces);
			if (next.done === true) return;
			yield next.value;
		}
	} finally {
		await pieces.return?.();
	}
}

async function nextPiece(pieces: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
	try {
		return await pieces.next();
	} catch {
		throw inputFailure(
			'The picture could not be read from where n8n stores files',
			'It may have been deleted since. Run the workflow again from the start.',
		);
	}
}
