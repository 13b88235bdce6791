import { createHash } from 'crypto';
import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { inputFailure } from '../evolink/failure';
import { otherFileOf, readImage } from '../evolink/image';
import type { Image, OtherFile } from '../evolink/image';
import type { ImageFormat, ImageRules } from '../evolink/models';
import { piecesOf, sizeOf } from './binaryFile';

/** An image from an earlier node that has been checked and may be uploaded. */
export interface CheckedImage {
	/** SHA-256 of the bytes, in hex: the same image is the same, whatever it is called. */
	sha256: string;
	/** Width to height, such as "1.50". */
	shape: string;
	/** Reads the file once more for the multipart body of one attempt. @throws EvolinkFailure */
	form(): Promise<FormData>;
}

/** What messages call an image and its file, at the start of a sentence. */
export interface ImageWords {
	image: string;
	file: string;
}

/** The way out for who handed in something else; everything else is to be converted. */
const WAYS_OUT: Partial<Record<OtherFile, string>> = {
	'a web page':
		'The node before this one has downloaded a page instead of the image, maybe a login or share page. Use the direct link of the image there.',
	JSON: 'The node before this one has returned data instead of the image. Check its settings, such as its response format.',
	'base64 text':
		"Turn it into a file with n8n's 'Convert to File' node (Move Base64 String to File) before this one.",
	'a video': 'Use an image instead.',
	'a PDF document': 'Save the image in it as JPEG.',
	'a ZIP archive': "Take the image out of it first, e.g. with n8n's Compression node.",
};

function nameOf(format: ImageFormat): string {
	return format === 'webp' ? 'WebP' : format.toUpperCase();
}

type Fault = [what: string, advice: string];

/** @param format of the image, if it is one */
function wrongFileFault(bytes: Buffer, format: ImageFormat | undefined, rules: ImageRules): Fault {
	const formats = rules.formats.map(nameOf).join(', ');
	const wanted = formats.replace(/, ([^,]*)$/, ' or $1');
	if (bytes.length === 0) {
		return ['empty', `The node before this one must return a ${wanted} image.`];
	}
	const other = otherFileOf(bytes);
	const what = format === undefined ? other : `a ${nameOf(format)} image`;
	if (what !== undefined) {
		const convert = 'Convert it to JPEG first, with an image editor or an online converter.';
		return [`${what}, not a ${wanted} image`, (other && WAYS_OUT[other]) ?? convert];
	}
	const words = bytes.toString('latin1', 0, 40).replace(/\s+/g, ' ').trim();
	const quote = /^[\x20-\x7e]+$/.test(words) ? `It begins with "${words}". ` : '';
	return [
		`not a ${wanted} image, or it is damaged`,
		`${quote}Save the image as ${wanted}. What counts is the content of the file, not its name.`,
	];
}

/** 16,383 pixels either way: beyond that, the usual image libraries refuse to decode. */
const MOST_PIXELS = 0x3fff ** 2;

function faultOf(image: Image, sizeBytes: number, rules: ImageRules): Fault | undefined {
	const { widthPx, heightPx, rareKind } = image;
	const { maxBytes, shortestSidePx = 1, longestSidePx = Infinity, mostDifferentSides } = rules;
	const size = `${widthPx} × ${heightPx} pixels`;
	const [short, long] = [widthPx, heightPx].sort((one, other) => one - other);
	const [much, little] = mostDifferentSides ?? [Infinity, 1];
	if (sizeBytes > maxBytes) {
		return [`larger than ${maxBytes / 1024 / 1024} MB`, 'Make it smaller, e.g. save it as JPEG.'];
	}
	if (rules.isAnyTaken === true) return undefined;
	if (!image.isWhole) {
		return ['cut short: its end is missing', 'Save, load or download the image once more.'];
	}
	if (rareKind !== undefined) {
		return [`${rareKind}, which no model reads`, 'Save it as an ordinary JPEG.'];
	}
	if (short < shortestSidePx) {
		const lessPx = shortestSidePx - 1;
		return [`too small: ${size}`, `Its shorter side must be longer than ${lessPx} pixels.`];
	}
	if (long > longestSidePx || short * long > MOST_PIXELS) {
		const mostPx = Math.min(longestSidePx, 0x3fff);
		return [`too large: ${size}`, `Make it smaller, to at most ${mostPx} pixels on a side.`];
	}
	if (long * little > short * much) {
		return [
			`too ${widthPx > heightPx ? 'wide' : 'tall'}: ${size}`,
			`Width to height must be between ${little}:${much} and ${much}:${little}. Crop the image.`,
		];
	}
	return image.hasTransparency && rules.opaqueFormats?.includes(image.format)
		? ['saved with transparency, which this model does not take', 'Save it as JPEG.']
		: undefined;
}

/**
 * Returns what an image says of itself, if the model can use it.
 *
 * @param bytes the file; of one that is too large, its beginning is enough
 * @throws EvolinkFailure that says what is wrong with it and what to do
 */
export function checkImage(
	bytes: Buffer,
	sizeBytes: number,
	rules: ImageRules,
	words: ImageWords,
): Image {
	const image = readImage(bytes);
	if (image === undefined || !rules.formats.includes(image.format)) {
		const [what, advice] = wrongFileFault(bytes, image?.format, rules);
		throw inputFailure(`${words.file} is ${what}`, advice);
	}
	const fault = faultOf(image, sizeBytes, rules);
	if (fault !== undefined) throw inputFailure(`${words.image} is ${fault[0]}`, fault[1]);
	return image;
}

async function orUnreadable<T>(read: () => Promise<T>, { image }: ImageWords): Promise<T> {
	try {
		return await read();
	} catch {
		throw inputFailure(
			`${image} could not be read from where n8n stores files`,
			'It may have been deleted since. Run the workflow again from the start.',
		);
	}
}

/**
 * Checks the file of an image and lets its bytes go again; they are read once more for the upload.
 *
 * @throws EvolinkFailure when the file cannot be read, or the model can't use it
 */
export async function checkImageFile(
	context: IExecuteFunctions,
	itemIndex: number,
	binary: IBinaryData,
	rules: ImageRules,
	words: ImageWords,
): Promise<CheckedImage> {
	const { bytes, sizeBytes } = await orUnreadable(async () => {
		const sizeBytes = await sizeOf(context, binary);
		if (sizeBytes <= rules.maxBytes) {
			return { sizeBytes, bytes: await context.helpers.getBinaryDataBuffer(itemIndex, binary) };
		}
		// Nobody takes it, and its beginning tells what it is.
		const pieces = piecesOf(context, itemIndex, binary);
		const { value: beginning = [] } = await pieces.next();
		await pieces.return(undefined);
		return { sizeBytes, bytes: Buffer.from(beginning) };
	}, words);
	const image = checkImage(bytes, Math.max(sizeBytes, bytes.length), rules, words);
	const { format, widthPx, heightPx } = image;
	return {
		sha256: createHash('sha256').update(bytes).digest('hex'),
		shape: (widthPx / heightPx).toFixed(2),
		async form() {
			// Made of one buffer, a blob would hold the image twice.
			const pieces: Blob[] = [];
			await orUnreadable(async () => {
				for await (const piece of piecesOf(context, itemIndex, binary)) {
					pieces.push(new Blob([piece]));
				}
			}, words);
			const form = new FormData();
			const file = new Blob(pieces, { type: `image/${format}` });
			form.append('file', file, `image.${format === 'jpeg' ? 'jpg' : format}`);
			return form;
		},
	};
}
