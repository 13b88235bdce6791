import type { PictureUpload } from './client';
import { inputFailure } from './failure';
import type { EvolinkFailure } from './failure';
import type { PictureFormat, PictureRules } from './models';
import { readPictureHeader } from './pictureHeader';
import type { PictureHeader } from './pictureHeader';

/** A picture from an earlier node that has been looked at and may be uploaded. */
export interface CheckedPicture extends PictureUpload {
	/** SHA-256 of the bytes, in hex: the same picture is the same, whatever it is called. */
	sha256: string;
}

const FORMAT_NAMES: Record<PictureFormat, string> = { jpeg: 'JPEG', png: 'PNG', webp: 'WebP' };

const MEDIA_TYPES: Record<PictureFormat, string> = {
	jpeg: 'image/jpeg',
	png: 'image/png',
	webp: 'image/webp',
};

const FILE_EXTENSIONS: Record<PictureFormat, string> = { jpeg: 'jpg', png: 'png', webp: 'webp' };

/** Returns the media type that the upload declares, by the file's bytes. */
export function mediaTypeOf(format: PictureFormat): string {
	return MEDIA_TYPES[format];
}

/** Returns a file name whose extension tells the truth about the bytes. */
export function uploadFileName(format: PictureFormat): string {
	return `picture.${FILE_EXTENSIONS[format]}`;
}

function listOfFormats(formats: readonly PictureFormat[]): string {
	const names = formats.map((format) => FORMAT_NAMES[format]);
	return names.length < 2
		? names.join('')
		: `${names.slice(0, -1).join(', ')} or ${names[names.length - 1]}`;
}

function megabytes(bytes: number): string {
	return `${Math.round((bytes / 1024 / 1024) * 10) / 10} MB`;
}

/** A ratio as people say it: 2.5 is 5:2, 0.4 is 2:5. */
function ratioWords(ratio: number): string {
	for (let height = 1; height <= 20; height++) {
		const width = ratio * height;
		if (Math.abs(width - Math.round(width)) < 1e-9) return `${Math.round(width)}:${height}`;
	}
	return `${Math.round(ratio * 100) / 100}:1`;
}

/** Returns the refusal of a picture with too many bytes. */
export function tooLargeFailure(rules: PictureRules): EvolinkFailure {
	return inputFailure(
		`The picture is larger than ${megabytes(rules.maxBytes)}`,
		'Make it smaller, for example by saving it as JPEG, then run the workflow again.',
	);
}

/** Returns the refusal of a file that is not a picture the model can read. */
export function unreadablePictureFailure(rules: PictureRules, formatName?: string): EvolinkFailure {
	const wanted = listOfFormats(rules.formats);
	return inputFailure(
		formatName === undefined
			? `The file is not a ${wanted} picture, or it is damaged`
			: `The file's format is ${formatName}; a picture must be ${wanted}`,
		`Save the picture as ${wanted}. What counts is the file's content, not its name.`,
	);
}

/**
 * Returns why the model cannot use a picture of this format and size, or undefined when it can.
 */
export function pictureRefusal(
	picture: PictureHeader,
	rules: PictureRules,
): EvolinkFailure | undefined {
	const { format, widthPx, heightPx } = picture;
	if (!rules.formats.includes(format)) {
		return unreadablePictureFailure(rules, FORMAT_NAMES[format]);
	}
	const size = `${widthPx} × ${heightPx} pixels`;
	if (Math.min(widthPx, heightPx) <= rules.shortEdgeAbovePx) {
		return inputFailure(
			`The picture is too small: ${size}`,
			`Its shorter side must be longer than ${rules.shortEdgeAbovePx} pixels. Use a larger picture.`,
		);
	}
	const ratio = widthPx / heightPx;
	if (ratio < rules.minAspectRatio || ratio > rules.maxAspectRatio) {
		return inputFailure(
			`The picture is too ${ratio > 1 ? 'wide' : 'tall'}: ${size}`,
			`Width to height must lie between ${ratioWords(rules.minAspectRatio)} and ${ratioWords(rules.maxAspectRatio)}. Crop the picture.`,
		);
	}
	return undefined;
}

/** Looks at a picture that arrives in pieces, and keeps no more of it than its header needs. */
export interface PictureInspector {
	/** Takes the next piece; throws as soon as the picture is certain to be refused. */
	take(piece: Uint8Array): void;
	/** Says that no more pieces follow; returns the header, or throws the refusal. */
	end(): PictureHeader;
}

/**
 * Makes an inspector for one picture.
 *
 * @throws EvolinkFailure from both of its methods, in words for the user
 */
export function inspectPicture(rules: PictureRules): PictureInspector {
	let sizeBytes = 0;
	let header: PictureHeader | undefined;
	let head: Uint8Array[] = [];
	let headBytes = 0;
	let nextLookAtBytes = 0;

	function look(isWholeFile: boolean): void {
		// Only what a picture may hold: the verdict must not depend on how the pieces were cut.
		const lookedAtBytes = Math.min(headBytes, rules.maxBytes);
		const bytes =
			head.length === 1 ? head[0].subarray(0, lookedAtBytes) : Buffer.concat(head, lookedAtBytes);
		const reading = readPictureHeader(bytes, isWholeFile);
		if (reading.kind === 'unreadable') throw unreadablePictureFailure(rules, reading.formatName);
		if (reading.kind === 'needsMore') {
			// Each look starts at the first byte; looking at doubled lengths keeps the sum linear.
			nextLookAtBytes = headBytes * 2;
			return;
		}
		const refusal = pictureRefusal(reading.header, rules);
		if (refusal !== undefined) throw refusal;
		header = reading.header;
		head = [];
	}

	return {
		take(piece) {
			sizeBytes += piece.length;
			const isTooLarge = sizeBytes > rules.maxBytes;
			if (header === undefined) {
				head.push(piece);
				headBytes += piece.length;
				// Before the size: who sends a video is not helped by the advice to make it smaller.
				if (isTooLarge || headBytes >= nextLookAtBytes) look(false);
			}
			if (isTooLarge) throw tooLargeFailure(rules);
		},
		end() {
			if (header === undefined) look(true);
			if (header === undefined) throw unreadablePictureFailure(rules);
			return header;
		},
	};
}
