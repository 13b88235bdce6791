const MEDIA_TYPE_OF_A_VIDEO = 'video/mp4';

const EXTENSION_OF_MEDIA_TYPE = new Map([
	['image/jpeg', '.jpg'],
	['image/jpg', '.jpg'],
	['image/png', '.png'],
	['image/webp', '.webp'],
	['image/gif', '.gif'],
	['audio/mpeg', '.mp3'],
	['audio/wav', '.wav'],
	['audio/x-wav', '.wav'],
	['audio/mp4', '.m4a'],
	['audio/aac', '.aac'],
	['audio/flac', '.flac'],
	['audio/ogg', '.ogg'],
]);

/** How files of results begin, as far as their first bytes tell. */
const BEGINNINGS: ReadonlyArray<[RegExp, string]> = [
	[/^\x89PNG\r\n/, 'image/png'],
	[/^\xff\xd8\xff/, 'image/jpeg'],
	[/^GIF8/, 'image/gif'],
	[/^RIFF[^]{4}WEBP/, 'image/webp'],
	[/^RIFF[^]{4}WAVE/, 'audio/wav'],
	[/^ID3|^\xff[\xf2\xf3\xfb]/, 'audio/mpeg'],
	[/^fLaC/, 'audio/flac'],
	[/^OggS/, 'audio/ogg'],
	[/^[^]{4}ftypM4A/, 'audio/mp4'],
	[/^.E\xdf\xa3/, 'video/webm'],
];

/** Enough to tell a file by its beginning, and a page by its first words. */
const LONGEST_BEGINNING_BYTES = 512;

/**
 * Returns the media type of a result: what the server says, if that is a real image, audio or video
 * type; else what the first bytes say; else a video. Undefined when a page or a text has come in
 * the file's place, whatever it claims to be.
 */
export function resultMediaType(
	contentType: string | undefined,
	firstBytes: Uint8Array,
): string | undefined {
	const claimed = (contentType ?? '').split(';')[0].trim().toLowerCase();
	if (/^text\/|[/+](json|xml|html)$|^application\/xhtml/.test(claimed)) return undefined;
	const beginning = Buffer.from(firstBytes.subarray(0, LONGEST_BEGINNING_BYTES)).toString('latin1');
	if (/^(\xef\xbb\xbf)?\s*(<[!?a-z]|[{[]\s*["{[\]}])/i.test(beginning)) return undefined;
	if (/^(image|audio|video)\/[\w.+-]+$/.test(claimed)) return claimed;
	return BEGINNINGS.find(([begins]) => begins.test(beginning))?.[1] ?? MEDIA_TYPE_OF_A_VIDEO;
}

/** Characters that mean something to a file system, that cannot be seen, and halves of characters. */
const NOT_FOR_A_FILE_NAME = /[\p{Cc}\p{Cs}<>:"/\\|?*]/gu;

/**
 * Returns the name of the downloaded file: the wanted one without anything that could lead to
 * another folder, or else the task id, with the ending that fits (`.mp4` for a video).
 */
export function resultFileName(wanted: string, taskId: string, mediaType: string): string {
	const extension = EXTENSION_OF_MEDIA_TYPE.get(mediaType) ?? '.mp4';
	const cleaned = wanted
		.replace(NOT_FOR_A_FILE_NAME, '_')
		.replace(/^[\s.]+/, '')
		.trimEnd();
	const name = cleaned === '' ? taskId : cleaned;
	return name.toLowerCase().endsWith(extension) ? name : `${name}${extension}`;
}

/**
 * Returns the length that the server promised, in bytes; undefined when it promised none, or when
 * the body was packed for the way.
 */
export function promisedLength(headers: Record<string, string>): number | undefined {
	const encoding = headers['content-encoding'];
	if (encoding !== undefined && encoding !== 'identity') return undefined;
	const length = headers['content-length'] ?? '';
	return /^\d+$/.test(length) ? Number(length) : undefined;
}
