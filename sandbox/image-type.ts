/** The picture formats that the File API takes. */
export type ImageMimeType = 'image/jpeg' | 'image/png' | 'image/gif' | 'image/webp';

export const FILE_EXTENSIONS: Readonly<Record<ImageMimeType, string>> = {
	'image/jpeg': 'jpg',
	'image/png': 'png',
	'image/gif': 'gif',
	'image/webp': 'webp',
};

/** How many bytes of a file {@link imageTypeOf} needs. */
export const IMAGE_SIGNATURE_BYTES = 12;

/** The format by the file's first bytes; undefined for anything that is not one of the four. */
export function imageTypeOf(firstBytes: Buffer): ImageMimeType | undefined {
	const text = firstBytes.toString('latin1');
	if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg';
	if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
	if (text.startsWith('GIF87a') || text.startsWith('GIF89a')) return 'image/gif';
	if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'image/webp';
	return undefined;
}
