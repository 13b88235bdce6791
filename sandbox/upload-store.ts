import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ApiError } from './api-errors';

/** The File API's limit for one picture. */
export const LARGEST_UPLOAD_BYTES = 20 * 1024 * 1024;

/** How long uploaded files live. */
export const UPLOAD_LIFETIME_MS = 72 * 60 * 60 * 1000;

const DEFAULT_UPLOAD_PATH = 'images';

/** The picture formats that the File API takes. */
type ImageMimeType = 'image/jpeg' | 'image/png' | 'image/gif' | 'image/webp';

const FILE_EXTENSIONS: Readonly<Record<ImageMimeType, string>> = {
	'image/jpeg': 'jpg',
	'image/png': 'png',
	'image/gif': 'gif',
	'image/webp': 'webp',
};

/** How many bytes of a file {@link imageTypeOf} needs. */
const IMAGE_SIGNATURE_BYTES = 12;

/** The format by the file's first bytes; undefined for anything that is not one of the four. */
function imageTypeOf(firstBytes: Buffer): ImageMimeType | undefined {
	const text = firstBytes.toString('latin1');
	if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg';
	if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
	if (text.startsWith('GIF87a') || text.startsWith('GIF89a')) return 'image/gif';
	if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'image/webp';
	return undefined;
}

/** Bytes that have arrived in the temporary folder. */
export interface ReceivedFile {
	diskPath: string;
	sizeBytes: number;
	/** Lower-case hex. */
	sha256: string;
	firstBytes: Buffer;
}

/** What the client said about its file. */
export interface WantedUpload {
	originalName: string;
	fileName?: string;
	uploadPath?: string;
}

export interface StoredUpload extends ReceivedFile {
	fileId: string;
	fileName: string;
	originalName: string;
	mimeType: ImageMimeType;
	uploadPath: string;
	uploadedAtMs: number;
}

/** The path of an upload's link on the sandbox. */
export function uploadPathOf(upload: StoredUpload): string {
	return `/files/${upload.fileId}/${encodeURIComponent(upload.fileName)}`;
}

function safeName(name: string): string {
	return name.replace(/[^A-Za-z0-9._-]+/g, '_').replace(/^\.+/, '');
}

/** Uploaded pictures, kept in a temporary folder of their own so that large ones cost no memory. */
export class UploadStore {
	private folder: string | undefined;
	private isClosed = false;
	private readonly uploadsById = new Map<string, StoredUpload>();

	constructor(private readonly nowMs: () => number) {}

	/**
	 * Writes a stream to the temporary folder and hashes it on the way.
	 *
	 * @throws ApiError 413 when it exceeds {@link LARGEST_UPLOAD_BYTES}
	 */
	async receive(source: Readable): Promise<ReceivedFile> {
		const diskPath = join(this.ensureFolder(), randomBytes(12).toString('hex'));
		const hash = createHash('sha256');
		let sizeBytes = 0;
		let firstBytes = Buffer.alloc(0);
		const meter = new Transform({
			transform(chunk: Buffer, _encoding, done) {
				sizeBytes += chunk.length;
				if (sizeBytes > LARGEST_UPLOAD_BYTES) {
					done(new ApiError(413, { message: 'The file is larger than 20 MB' }));
					return;
				}
				if (firstBytes.length < IMAGE_SIGNATURE_BYTES) {
					firstBytes = Buffer.concat([firstBytes, chunk]).subarray(0, IMAGE_SIGNATURE_BYTES);
				}
				hash.update(chunk);
				done(null, chunk);
			},
		});
		try {
			await pipeline(source, meter, createWriteStream(diskPath));
		} catch (error) {
			this.discard(diskPath);
			throw error;
		}
		return { diskPath, sizeBytes, sha256: hash.digest('hex'), firstBytes };
	}

	discard(diskPath: string): void {
		rmSync(diskPath, { force: true });
	}

	/** Which picture the bytes are. @throws ApiError 400 when they are none. */
	requireImage(received: ReceivedFile): ImageMimeType {
		const mimeType = imageTypeOf(received.firstBytes);
		if (mimeType === undefined) {
			this.discard(received.diskPath);
			throw new ApiError(400, { message: 'Only JPEG, PNG, GIF and WebP pictures can be uploaded' });
		}
		return mimeType;
	}

	/** Makes an upload of received bytes; its link works once it is remembered. */
	prepare(received: ReceivedFile, mimeType: ImageMimeType, wanted: WantedUpload): StoredUpload {
		const fileId = `file_${randomBytes(10).toString('hex')}`;
		const wantedName = safeName(wanted.fileName ?? '');
		return {
			...received,
			fileId,
			fileName: wantedName === '' ? `${fileId}.${FILE_EXTENSIONS[mimeType]}` : wantedName,
			originalName: wanted.originalName,
			mimeType,
			uploadPath: wanted.uploadPath ?? DEFAULT_UPLOAD_PATH,
			uploadedAtMs: this.nowMs(),
		};
	}

	remember(upload: StoredUpload): void {
		this.uploadsById.set(upload.fileId, upload);
	}

	/** The upload behind a path of the sandbox, unless it is too old. */
	findByPath(pathname: string): StoredUpload | undefined {
		const fileId = /^\/files\/([^/]+)\//.exec(pathname)?.[1];
		const upload = fileId === undefined ? undefined : this.uploadsById.get(fileId);
		if (upload === undefined || uploadPathOf(upload) !== pathname) return undefined;
		return this.nowMs() < upload.uploadedAtMs + UPLOAD_LIFETIME_MS ? upload : undefined;
	}

	/** Forgets all uploads and removes the folder. */
	clear(): void {
		this.uploadsById.clear();
		if (this.folder === undefined) return;
		rmSync(this.folder, { recursive: true, force: true });
		this.folder = undefined;
	}

	/** Like {@link clear}, and refuses everything that arrives later. */
	close(): void {
		this.isClosed = true;
		this.clear();
	}

	private ensureFolder(): string {
		if (this.isClosed) throw new Error('The sandbox is closed');
		this.folder ??= mkdtempSync(join(tmpdir(), 'evolink-sandbox-'));
		return this.folder;
	}
}
