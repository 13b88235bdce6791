import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties } from 'n8n-workflow';

import type { JsonValue } from '../evolink/task';
import { checkImageFile } from '../n8n/imageFile';
import { fieldsOfItem } from '../n8n/parameters';
import { fileFieldOf } from './imageFields';
import type { Operation } from './runItems';
import { LONGEST_UPLOAD_MS, uploadImage } from './uploadImage';
import { INPUT_FILE_FIELD, SIMPLIFY_FIELD } from './waitOptions';

/** The fields of File > Upload. */
export const UPLOAD_FILE_FIELDS: INodeProperties[] = updateDisplayOptions(
	{ show: { resource: ['file'], operation: ['upload'] } },
	[
		{
			...INPUT_FILE_FIELD,
			hint: 'The name of the input field that contains the image file',
			description: 'A JPEG, PNG, GIF or WebP image of at most 20 MB; its link works for 72 hours',
		},
		SIMPLIFY_FIELD,
	],
);

/** What the File API takes; whether a model takes it, too, is another matter. */
const ANY_IMAGE = {
	formats: ['jpeg', 'png', 'gif', 'webp'],
	maxBytes: 20 * 1024 * 1024,
	isAnyTaken: true,
} as const;

function isoTime(value: JsonValue | undefined): string | null {
	const isNumber = typeof value === 'number';
	const time = new Date(isNumber && value < 1e11 ? value * 1000 : isNumber ? value : String(value));
	return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

/** File > Upload: an image gets a link that Evolink can open; each image once in an execution. */
export const uploadFile: Operation = {
	async prepare(execution, itemIndex) {
		const { context } = execution;
		const { fields } = fieldsOfItem(context, itemIndex);
		const account = await execution.openAccount(itemIndex);
		const isSimplified = fields.yesOrNo('simplify', 'Simplify');
		const binary = fileFieldOf(context, itemIndex, fields, 'e.g. a form or HTTP Request');
		const words = { image: 'The image', file: 'The file' };
		const image = await checkImageFile(context, itemIndex, binary, ANY_IMAGE, words);
		return {
			async run() {
				const { url, raw } = await uploadImage(image, LONGEST_UPLOAD_MS / 1000, account, execution);
				if (!isSimplified) return { json: raw };
				const { file_id, file_name, mime_type, file_size, expires_at } = raw;
				return {
					json: {
						fileUrl: url,
						fileId: file_id ?? null,
						fileName: file_name ?? null,
						mimeType: mime_type ?? null,
						sizeBytes: file_size ?? null,
						expiresAt: isoTime(expires_at),
					},
				};
			},
		};
	},
};
