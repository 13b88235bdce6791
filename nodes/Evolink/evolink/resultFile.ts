/** What a result can be, told by its first bytes; and the ending that fits. */
const KINDS: ReadonlyArray<[begins: RegExp, mediaType: string, extension: string]> = [
	[/^[^]{4}ftypM4[AB]/, 'audio/mp4', '.m4a'],
	[/^[^]{4}ftypqt/, 'video/quicktime', '.mov'],
	[/^[^]{4}ftyp(avif|avis)/, 'image/avif', '.avif'],
	[/^[^]{4}ftyp(hei|hev|mif)/, 'image/heic', '.heic'],
	[/^[^]{4}ftyp/, 'video/mp4', '.mp4'],
	[/^[^]E\xdf\xa3/, 'video/webm', '.webm'],
	[/^\x89PNG\r\n/, 'image/png', '.png'],
	[/^\xff\xd8\xff/, 'image/jpeg', '.jpg'],
	[/^GIF8[79]a/, 'image/gif', '.gif'],
	[/^RIFF[^]{4}WEBP/, 'image/webp', '.webp'],
	[/^RIFF[^]{4}WAVE/, 'audio/wav', '.wav'],
	[/^fLaC/, 'audio/flac', '.flac'],
	[/^OggS/, 'audio/ogg', '.ogg'],
	[/^ID3[^ -~]|^\xff[\xe2\xe3\xf2\xf3\xfa\xfb]/, 'audio/mpeg', '.mp3'],
	[/^\xff[\xf0\xf1\xf8\xf9]/, 'audio/aac', '.aac'],
];

/** So much of a file is needed to tell what it is. */
export const BEGINNING_BYTES = 16;

/**
 * Returns the media type of a result by its first bytes, whatever it is called; undefined for what is
 * none: a page, text, a playlist, an archive.
 */
export function resultMediaType(beginning: Uint8Array): string | undefined {
	const bytes = Buffer.from(beginning.subarray(0, BEGINNING_BYTES)).toString('latin1');
	return KINDS.find(([begins]) => begins.test(bytes))?.[1];
}

/** Returns whether a file of that type is made of boxes, and is whole only if they are. */
export function isMadeOfBoxes(mediaType: string): boolean {
	return ['video/mp4', 'video/quicktime', 'audio/mp4'].includes(mediaType);
}

/** Characters that mean something to a file system, that cannot be seen, and halves of characters. */
const NOT_FOR_A_FILE_NAME = /[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069<>:"/\\|?*]/gu;

/** What file systems, databases and storage services take. */
const LONGEST_FILE_NAME_BYTES = 200;

/** Cuts between characters. */
function cutToBytes(text: string, mostBytes: number): string {
	let kept = '';
	let bytes = 0;
	for (const character of text) {
		bytes += Buffer.byteLength(character);
		if (bytes > mostBytes) return kept.trimEnd();
		kept += character;
	}
	return kept;
}

/**
 * Returns the name of the downloaded file: the wanted one without anything that could lead to
 * another folder, or else the task ID, with the ending that fits (`.mp4` for a video), at most 200
 * bytes long.
 */
export function resultFileName(wanted: string, taskId: string, mediaType: string): string {
	const extension = KINDS.find(([, type]) => type === mediaType)?.[2] ?? '.mp4';
	const cleaned = wanted
		.replace(NOT_FOR_A_FILE_NAME, '_')
		.replace(/^[\s.]+/, '')
		.trimEnd();
	const name = cleaned === '' ? taskId.replace(NOT_FOR_A_FILE_NAME, '_') : cleaned;
	const stem = name.toLowerCase().endsWith(extension) ? name.slice(0, -extension.length) : name;
	const ending = name.slice(stem.length) || extension;
	return `${cutToBytes(stem, LONGEST_FILE_NAME_BYTES - extension.length)}${ending}`;
}
