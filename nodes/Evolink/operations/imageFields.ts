import type {
	IBinaryData,
	IDisplayOptions,
	IExecuteFunctions,
	INodeProperties,
} from 'n8n-workflow';

import { inputFailure, quotedName } from '../evolink/failure';
import { isLocalAddress, otherEndingOf, readLink, sharePageOf } from '../evolink/imageUrl';
import type { LinkFault } from '../evolink/imageUrl';
import type { VideoModel } from '../evolink/models';
import type { Account } from '../n8n/account';
import { findFile } from '../n8n/binaryFile';
import { checkImageFile } from '../n8n/imageFile';
import type { CheckedImage, ImageWords } from '../n8n/imageFile';
import { binaryDataOf, expressionOf } from '../n8n/parameters';
import { byImageCount, forExpression, OTHER_MODEL } from './fieldVariants';
import type { Fields } from '../n8n/parameters';

/** The fields of one frame of the video, by name and as the editor shows them. */
interface Frame extends ImageWords {
	sourceName: string;
	sourceField: string;
	urlName: string;
	urlField: string;
	fileName: string;
	fileField: string;
	defaultFile: string;
}

const FIRST_FRAME: Frame = {
	sourceName: 'imageSource',
	sourceField: 'Image Source',
	urlName: 'imageUrl',
	urlField: 'Image URL',
	fileName: 'binaryPropertyName',
	fileField: 'Input Data Field Name',
	defaultFile: 'data',
	image: 'The image',
	file: 'The file',
};

const LAST_FRAME: Frame = {
	sourceName: 'lastImageSource',
	sourceField: 'Last Frame',
	urlName: 'lastImageUrl',
	urlField: 'Last Frame URL',
	fileName: 'lastBinaryPropertyName',
	fileField: 'Last Frame Field Name',
	defaultFile: 'last',
	image: 'The last frame',
	file: 'The file of the last frame',
};

/** The names of all fields on images. */
export const IMAGE_FIELD_NAMES = [FIRST_FRAME, LAST_FRAME].flatMap(
	({ sourceName, urlName, fileName }) => [sourceName, urlName, fileName],
);

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
	'most models take JPEG, PNG or WebP of at most 20 MB, some of 10 MB, with more than 300 pixels on each side, and no side more than 2.5 times the other';

const NO_SOURCE = {
	name: 'None (Text to Video)',
	value: 'none',
	description: 'The prompt alone describes the video',
};

const SOURCE: INodeProperties = {
	displayName: FIRST_FRAME.sourceField,
	name: FIRST_FRAME.sourceName,
	type: 'options',
	options: [URL_SOURCE, FILE_SOURCE, NO_SOURCE],
	default: 'url',
	description: 'Where to get the first frame from',
};

function sourceField({ imageCounts }: VideoModel): INodeProperties {
	return imageCounts.includes(0) ? SOURCE : { ...SOURCE, options: [URL_SOURCE, FILE_SOURCE] };
}

/** A source that was chosen for another model stays where it is no longer shown. */
const NOT_BY_ID = { hide: { model: [OTHER_MODEL] } };

/** The fields that name the image of a frame: its link or its file, as the source says. */
function placeFields(
	frame: Frame,
	hint: string,
	shown: IDisplayOptions['show'] = {},
): INodeProperties[] {
	const { defaultFile } = frame;
	return [
		{
			displayName: frame.urlField,
			name: frame.urlName,
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. https://example.com/image.jpg',
			description: `Link to one image that opens without a login: ${IMAGE_RULES_IN_WORDS}`,
			displayOptions: { show: { [frame.sourceName]: ['url'], ...shown }, ...NOT_BY_ID },
		},
		{
			displayName: frame.fileField,
			name: frame.fileName,
			type: 'string',
			required: true,
			default: defaultFile,
			placeholder: `e.g. ${defaultFile}`,
			hint,
			description: `One image, which is uploaded to Evolink: ${IMAGE_RULES_IN_WORDS}`,
			displayOptions: { show: { [frame.sourceName]: ['binary'], ...shown }, ...NOT_BY_ID },
		},
	];
}

/** Returns the fields on the images of a video. */
export function imageFields(models: readonly VideoModel[]): INodeProperties[] {
	const model = models.filter(({ imageCounts }) => imageCounts.includes(2)).map(({ id }) => id);
	const shown = { imageSource: [URL_SOURCE.value, FILE_SOURCE.value], model };
	return [
		...byImageCount(models, sourceField),
		forExpression(models, SOURCE),
		...placeFields(
			FIRST_FRAME,
			"The name of the file in the input's Binary tab. After a form, it is the label with _ for spaces: 'Your photo' becomes 'Your_photo'.",
		),
		{
			displayName: LAST_FRAME.sourceField,
			name: LAST_FRAME.sourceName,
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
		...placeFields(
			LAST_FRAME,
			'The name of the input field that contains the image file of the last frame',
			shown,
		),
	];
}

/** The image of one frame: a link as it will be sent, or a checked file. */
export type FrameImage = { frame: Frame } & (
	{ kind: 'link'; url: string } | { kind: 'file'; file: CheckedImage }
);

/**
 * Returns the link as it is sent.
 *
 * @param expression how the field is written, where it is an expression
 * @throws EvolinkFailure when it is not exactly one http or https link
 */
function checkImageUrl(text: string, expression: string | undefined, frame: Frame): string {
	const { urlField, sourceField } = frame;
	const link = readLink(text);
	if (typeof link !== 'string') return link.href;
	const pasteOne = `Paste the image's own link, e.g. https://example.com/image.jpg. It must open without a login. To use a file from an earlier node instead, set '${sourceField}' to 'Binary File'.`;
	const written = expression === undefined ? '' : `The expression is ${expression}. `;
	const given = `"${quotedName(text.replace(/\s+/g, ' ').trim())}"`;
	const faults: Record<LinkFault, [what: string, advice: string]> = {
		empty:
			expression === undefined
				? ['is empty', pasteOne]
				: [
						'is empty: its expression gave nothing for this item',
						`${written}Check that the node before this one returns this field for every item.`,
					],
		notOne: [
			'must be exactly one link, without spaces or line breaks inside',
			`It is ${given}. Use one item for each image; n8n's 'Split Out' node makes items of a list.`,
		],
		noLink: [`is not a link that starts with http:// or https://: ${given}`, pasteOne],
	};
	const [what, advice] = faults[link];
	throw inputFailure(`'${urlField}' ${what}`, advice);
}

/**
 * Returns the file that a frame's field names, or is.
 *
 * @throws EvolinkFailure that names the files that there are
 */
export function fileFieldOf(
	context: IExecuteFunctions,
	itemIndex: number,
	fields: Fields,
	noFileAdvice: string,
	frame: Frame = FIRST_FRAME,
): IBinaryData {
	const { fileName, fileField, defaultFile } = frame;
	return (
		binaryDataOf(fields.value(fileName, defaultFile)) ??
		findFile(context, itemIndex, fields.text(fileName, fileField), {
			defaultForOnlyFile: frame === LAST_FRAME ? undefined : defaultFile,
			fileField,
			noFileAdvice,
		})
	);
}

async function readFrame(
	context: IExecuteFunctions,
	itemIndex: number,
	fields: Fields,
	model: VideoModel,
	frame: Frame,
): Promise<FrameImage | undefined> {
	const isLast = frame === LAST_FRAME;
	const source = fields.text(frame.sourceName, frame.sourceField, isLast ? 'none' : '');
	if (source === 'url') {
		const text = fields.text(frame.urlName, frame.urlField);
		const url = checkImageUrl(text, expressionOf(context, frame.urlName), frame);
		return { kind: 'link', frame, url };
	}
	if (source === 'binary') {
		const orUrl = `if the image is on the web, set '${frame.sourceField}' to 'URL'`;
		const binary = fileFieldOf(context, itemIndex, fields, orUrl, frame);
		const file = await checkImageFile(context, itemIndex, binary, model.image, frame);
		return { kind: 'file', frame, file };
	}
	if (source !== 'none') {
		throw inputFailure(
			`'${frame.sourceField}' has an unknown value: '${quotedName(source)}'`,
			"Choose 'url' for a link, 'binary' for a file from an earlier node, or 'none'.",
		);
	}
	if (isLast || model.imageCounts.includes(0)) return undefined;
	throw inputFailure(
		`${model.displayName} needs an image, but 'Image Source' is 'None'`,
		"Choose 'URL' or 'Binary File' in 'Image Source', or a model that makes videos from text.",
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
): Promise<FrameImage[]> {
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

/** Share pages whose files a node of n8n's own can load. */
const PAGES_WITH_NODE = ['Box', 'Dropbox', 'Google Drive', 'OneDrive'];

/**
 * Returns what to say of a link that opens in a browser but is probably no image that Evolink can
 * read, before or after Evolink has failed to; undefined of any other.
 */
export function linkAdvice(url: string, { sourceField }: Frame = FIRST_FRAME): string | undefined {
	const page = sharePageOf(url);
	const ending = otherEndingOf(url);
	if (page === undefined) {
		return (
			ending &&
			`The image link leads to a ${ending.toUpperCase()} file, which is probably no image that Evolink reads. Use the link of a JPEG or PNG image.`
		);
	}
	const node = page === 'OneDrive' ? 'Microsoft OneDrive' : page;
	const wayOut = PAGES_WITH_NODE.includes(page)
		? `Load the image in an earlier node ('${node}' or 'HTTP Request')`
		: "Use the link of the image file itself, or load that in an earlier node, e.g. 'HTTP Request',";
	return `The image link is a ${page} page, not the image itself, so Evolink may not be able to open it. ${wayOut} and set '${sourceField}' to 'Binary File'.`;
}

/**
 * Returns advice on images that are allowed, but may not work.
 *
 * @param account undefined where it may not be read
 * @throws EvolinkFailure for a link that Evolink certainly cannot open
 */
export function imageAdvice(images: readonly FrameImage[], account: Account | undefined): string[] {
	return images.flatMap((image) => {
		if (image.kind === 'file') return [];
		const { url, frame } = image;
		if (!isLocalAddress(url)) return linkAdvice(url, frame) ?? [];
		const advice = `Evolink cannot open ${quotedName(new URL(url).host)}: that address exists only on your own computer or network. Load the image in an earlier node, e.g. HTTP Request, and set '${frame.sourceField}' to 'Binary File'.`;
		// A local Evolink, such as the sandbox, can open local addresses.
		if (account?.isLocal === true) return [advice];
		throw inputFailure(`'${frame.urlField}' is an address that Evolink cannot open`, advice);
	});
}
