import type { IExecuteFunctions, INodeProperties, NodeParameterValue } from 'n8n-workflow';

import { inputFailure, quotedName } from '../evolink/failure';
import { FIRST_FRAME_WORDS, LAST_FRAME_WORDS } from '../evolink/image';
import type { FrameWords } from '../evolink/image';
import {
	checkImageUrl,
	imageUrlAdvice,
	isLocalAddress,
	localAddressWords,
} from '../evolink/imageUrl';
import type { ImageCount, VideoModel } from '../evolink/models';
import type { Account } from '../n8n/account';
import { checkImageFile } from '../n8n/imageFile';
import type { CheckedImage } from '../n8n/imageFile';
import { binaryDataOf, expressionOf } from '../n8n/parameters';
import type { Fields } from '../n8n/parameters';

/** The fields of one frame of the video, and what they are called. */
interface Frame {
	sourceName: string;
	urlName: string;
	fileFieldName: string;
	defaultFileField: string;
	words: FrameWords;
}

const FIRST_FRAME: Frame = {
	sourceName: 'imageSource',
	urlName: 'imageUrl',
	fileFieldName: 'binaryPropertyName',
	defaultFileField: 'data',
	words: FIRST_FRAME_WORDS,
};

const LAST_FRAME: Frame = {
	sourceName: 'lastImageSource',
	urlName: 'lastImageUrl',
	fileFieldName: 'lastBinaryPropertyName',
	defaultFileField: 'last',
	words: LAST_FRAME_WORDS,
};

/** The names of all fields on images. */
export const IMAGE_FIELD_NAMES = [FIRST_FRAME, LAST_FRAME].flatMap((frame) => [
	frame.sourceName,
	frame.urlName,
	frame.fileFieldName,
]);

const URL_SOURCE = {
	name: 'URL',
	value: 'url',
	description: 'The image is on the web and opens without a login',
};

const FILE_SOURCE = {
	name: 'Binary File',
	value: 'binary',
	description: 'A file from an earlier node, e.g. a form upload, download or storage node',
};

const IMAGE_RULES_IN_WORDS =
	'JPEG, PNG or WebP, at most 20 MB, shorter side longer than 300 pixels, width to height between 2:5 and 5:2';

/**
 * Returns the values of other fields with which a model gets so many images. The model comes last:
 * at the first field that is an expression, n8n stops looking and shows the field.
 */
export function shownWith(
	model: VideoModel,
	imageCount: ImageCount,
): Record<string, NodeParameterValue[]> {
	const withImage = [URL_SOURCE.value, FILE_SOURCE.value];
	const canDoWithout = model.imageCounts.includes(0);
	const takesLast = model.imageCounts.includes(2);
	return {
		...(takesLast && imageCount > 0
			? { lastImageSource: imageCount === 2 ? withImage : ['none'] }
			: {}),
		...(canDoWithout ? { imageSource: imageCount === 0 ? ['none'] : withImage } : {}),
		model: [model.id],
	};
}

function sourceFields(models: readonly VideoModel[]): INodeProperties[] {
	return [false, true].flatMap((canDoWithout): INodeProperties[] => {
		const ids = models
			.filter(({ imageCounts }) => imageCounts.includes(0) === canDoWithout)
			.map(({ id }) => id);
		const none = {
			name: 'None (Text to Video)',
			value: 'none',
			description: 'The prompt alone describes the video',
		};
		if (ids.length === 0) return [];
		return [
			{
				displayName: 'Image Source',
				name: 'imageSource',
				type: 'options',
				options: canDoWithout ? [URL_SOURCE, FILE_SOURCE, none] : [URL_SOURCE, FILE_SOURCE],
				default: 'url',
				description: 'Where to get the first frame from',
				displayOptions: { show: { model: ids } },
			},
		];
	});
}

function lastFrameFields(models: readonly VideoModel[]): INodeProperties[] {
	const model = models.filter(({ imageCounts }) => imageCounts.includes(2)).map(({ id }) => id);
	const shown = { imageSource: [URL_SOURCE.value, FILE_SOURCE.value], model };
	return [
		{
			displayName: 'Last Frame',
			name: 'lastImageSource',
			type: 'options',
			options: [
				{
					name: 'None',
					value: 'none',
					description: 'The video ends as the prompt and the model see fit',
				},
				URL_SOURCE,
				FILE_SOURCE,
			],
			default: 'none',
			description:
				'Where to get the last frame from. The video moves from the first frame to this one, which is cropped to the same shape.',
			displayOptions: { show: shown },
		},
		{
			displayName: 'Last Frame URL',
			name: 'lastImageUrl',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. https://example.com/last-image.jpg',
			description: `Link to one image that opens without a login: ${IMAGE_RULES_IN_WORDS}`,
			displayOptions: { show: { lastImageSource: ['url'], ...shown } },
		},
		{
			displayName: 'Last Frame Field Name',
			name: 'lastBinaryPropertyName',
			type: 'string',
			required: true,
			default: 'last',
			placeholder: 'e.g. last',
			hint: 'The name of the input field that contains the image file of the last frame',
			description: `One image, which is uploaded to Evolink: ${IMAGE_RULES_IN_WORDS}`,
			displayOptions: { show: { lastImageSource: ['binary'], ...shown } },
		},
	];
}

/** Returns the fields on the images of a video. */
export function imageFields(models: readonly VideoModel[]): INodeProperties[] {
	return [
		...sourceFields(models),
		{
			displayName: 'Image URL',
			name: 'imageUrl',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. https://example.com/image.jpg',
			description: `Link to one image that opens without a login: ${IMAGE_RULES_IN_WORDS}`,
			displayOptions: { show: { imageSource: ['url'] } },
		},
		{
			displayName: 'Input Data Field Name',
			name: 'binaryPropertyName',
			type: 'string',
			required: true,
			default: 'data',
			placeholder: 'e.g. data',
			hint: "The name of the file in the input's Binary tab. After a form, it is the label with _ for spaces: 'Your photo' becomes 'Your_photo'.",
			description: `One image, which is uploaded to Evolink: ${IMAGE_RULES_IN_WORDS}. The Binary tab of the earlier node's output shows the name above each file.`,
			displayOptions: { show: { imageSource: ['binary'] } },
		},
		...lastFrameFields(models),
	];
}

/** The image of one frame: a link as it will be sent, or a checked file. */
export type Image = { words: FrameWords } & (
	{ kind: 'link'; url: string } | { kind: 'file'; file: CheckedImage }
);

async function readFrame(
	context: IExecuteFunctions,
	itemIndex: number,
	fields: Fields,
	model: VideoModel,
	frame: Frame,
): Promise<Image | undefined> {
	const { words } = frame;
	const isLast = frame === LAST_FRAME;
	const source = fields.text(frame.sourceName, words.sourceField, isLast ? 'none' : '');
	if (source === 'url') {
		const text = fields.text(frame.urlName, words.urlField);
		const url = checkImageUrl(text, expressionOf(context, frame.urlName), words);
		return { kind: 'link', words, url };
	}
	if (source === 'binary') {
		const given = fields.value(frame.fileFieldName, frame.defaultFileField);
		const field = {
			value: binaryDataOf(given) ?? fields.text(frame.fileFieldName, words.fileField),
			defaultForOnlyFile: isLast ? undefined : frame.defaultFileField,
			words,
		};
		const file = await checkImageFile(context, itemIndex, field, model.image);
		return { kind: 'file', words, file };
	}
	if (source === 'none' && (isLast || model.imageCounts.includes(0))) return undefined;
	throw inputFailure(
		source === 'none'
			? `${model.displayName} needs an image, but 'Image Source' is 'None'`
			: `'${words.sourceField}' has an unknown value: '${quotedName(source)}'`,
		source === 'none'
			? "Choose 'URL' or 'Binary File' in 'Image Source', or a model that makes videos from text."
			: "Choose 'url' for a link or 'binary' for a file from an earlier node.",
	);
}

/**
 * Reads and checks the images of one item: none, the first frame, or the first and the last.
 *
 * @throws EvolinkFailure that names the field
 */
export async function readImages(
	context: IExecuteFunctions,
	itemIndex: number,
	fields: Fields,
	model: VideoModel,
): Promise<Image[]> {
	const read = async (frame: Frame) => await readFrame(context, itemIndex, fields, model, frame);
	const first = await read(FIRST_FRAME);
	const last = model.imageCounts.includes(2) ? await read(LAST_FRAME) : undefined;
	if (first === undefined && last !== undefined) {
		throw inputFailure(
			"'Last Frame' needs a first frame, but 'Image Source' is 'None'",
			"Choose 'URL' or 'Binary File' in 'Image Source', or 'None' in 'Last Frame'.",
		);
	}
	return [first, last].filter((image) => image !== undefined);
}

/**
 * Returns advice on images that are allowed, but may not work.
 *
 * @param account undefined where it may not be read
 * @throws EvolinkFailure for a link that Evolink certainly cannot open
 */
export function imageAdvice(images: readonly Image[], account: Account | undefined): string[] {
	return images.flatMap((image) => {
		if (image.kind === 'file') return [];
		const { url, words } = image;
		if (!isLocalAddress(url)) return imageUrlAdvice(url, words);
		const advice = localAddressWords(url, words);
		// A local Evolink, such as the sandbox, can open local addresses.
		if (account?.isLocal === true) return [advice];
		throw inputFailure(`'${words.urlField}' is an address that Evolink cannot open`, advice);
	});
}
