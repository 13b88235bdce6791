import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { Express, Request, Response } from 'express';
import multer from 'multer';
import { ApiError } from './api-errors';
import { answerWithFault, strikesAfterAcceptance } from './fault-answers';
import type { SandboxState } from './sandbox-state';
import { isRecord, optionalText } from './type-guards';
import {
	LARGEST_UPLOAD_BYTES,
	UPLOAD_LIFETIME_MS,
	uploadPathOf,
	type ReceivedFile,
	type StoredUpload,
	type UploadStore,
	type UploadWish,
} from './upload-store';

const FETCH_TIMEOUT_MS = 15_000;

// What multer cannot carry along: hash and first bytes of each file of a request.
const receivedFilesOf = new WeakMap<object, ReceivedFile[]>();

// Multer serves all sandboxes of a process.
const uploadsOf = new WeakMap<object, UploadStore>();

/** Lets multer stream files through the sandbox's upload store instead of keeping them in memory. */
export const MULTIPART_OPTIONS: multer.Options = {
	storage: {
		async _handleFile(req, file, done) {
			try {
				const received = await uploadsOf.get(req.app)!.receive(file.stream);
				receivedFilesOf.set(req, [...(receivedFilesOf.get(req) ?? []), received]);
				done(null, { path: received.diskPath, size: received.sizeBytes });
			} catch (error) {
				done(error);
			}
		},
		_removeFile(req, file, done) {
			uploadsOf.get(req.app)!.discard(file.path);
			done(null);
		},
	},
	limits: { fileSize: LARGEST_UPLOAD_BYTES },
	defParamCharset: 'utf8',
};

function wishOf(body: unknown, originalName: string): UploadWish {
	const fields = isRecord(body) ? body : {};
	return {
		originalName,
		fileName: optionalText(fields.file_name),
		uploadPath: optionalText(fields.upload_path),
	};
}

function uploadAnswer(upload: StoredUpload, sandboxUrl: string): Record<string, unknown> {
	const fileUrl = `${sandboxUrl}${uploadPathOf(upload)}`;
	return {
		success: true,
		code: 200,
		msg: 'The file is stored',
		data: {
			file_id: upload.fileId,
			file_name: upload.fileName,
			original_name: upload.originalName,
			file_size: upload.sizeBytes,
			mime_type: upload.mimeType,
			upload_path: upload.uploadPath,
			file_url: fileUrl,
			download_url: `${fileUrl}?download=1`,
			upload_time: new Date(upload.uploadedAtMs).toISOString(),
			expires_at: new Date(upload.uploadedAtMs + UPLOAD_LIFETIME_MS).toISOString(),
		},
	};
}

/** One way for all three routes, from the received bytes to the answer. */
async function finishUpload(
	state: SandboxState,
	req: Request,
	res: Response,
	received: ReceivedFile,
	wish: UploadWish,
	claimedMimeType: string | null,
): Promise<void> {
	const record = state.recordOf(res);
	const mimeType = state.uploads.requireImage(received);
	const fault = state.faults.take('upload');
	if (fault !== undefined) record.fault = fault.kind;
	const upload = state.uploads.prepare(received, mimeType, wish);
	const answer = uploadAnswer(upload, state.url());
	record.upload = {
		sizeBytes: upload.sizeBytes,
		sha256: upload.sha256,
		mimeType,
		fileName: upload.originalName,
		claimedMimeType,
		hasContentLength: req.headers['content-length'] !== undefined,
		fileUrl: `${state.url()}${uploadPathOf(upload)}`,
	};
	if (fault === undefined || strikesAfterAcceptance(fault)) state.uploads.remember(upload);
	if (fault !== undefined) {
		if (await answerWithFault(fault, { on: 'upload', state, res, answer })) return;
		state.uploads.remember(upload);
	}
	res.json(answer);
}

function multipartFile(req: Request): Express.Multer.File {
	const files = Array.isArray(req.files) ? req.files : [];
	const [file] = files;
	if (files.length !== 1 || file.fieldname !== 'file') {
		throw new ApiError(400, { message: 'Exactly one file in the field "file" is needed' });
	}
	return file;
}

function base64Bytes(data: string): Buffer {
	const bare = data.replace(/^data:[^,]*;base64,/, '').replace(/\s+/g, '');
	const bytes = Buffer.from(bare, 'base64');
	// The decoder leaves out what is not Base64. Its result tells, where a pattern over 28 million
	// characters would now and then run out of stack.
	const promisedBytes = Math.floor((bare.replace(/={1,2}$/, '').length * 3) / 4);
	if (bytes.length === 0 || bytes.length !== promisedBytes) {
		throw new ApiError(400, { message: 'base64_data is not Base64', param: 'base64_data' });
	}
	return bytes;
}

async function fetchPicture(fileUrl: string): Promise<Readable> {
	try {
		const response = await fetch(fileUrl, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
		if (response.ok && response.body !== null) return readableOf(response.body);
	} catch {
		// Told below, like an error status.
	}
	throw new ApiError(400, { message: 'The picture behind file_url could not be fetched' });
}

function readableOf(body: AsyncIterable<Uint8Array> | ReadableStream): Readable {
	return Readable.from(body, { objectMode: false });
}

/** The File API's three ways to hand a picture over, and the links of the stored files. */
export function addUploadRoutes(app: Express, state: SandboxState): void {
	uploadsOf.set(app, state.uploads);

	app.post('/api/v1/files/upload/stream', async (req, res) => {
		const file = multipartFile(req);
		const received = receivedFilesOf.get(req)?.find(({ diskPath }) => diskPath === file.path);
		if (received === undefined) throw new Error('The received file is not on record');
		const wish = wishOf(req.body, file.originalname);
		await finishUpload(state, req, res, received, wish, file.mimetype);
	});

	app.post('/api/v1/files/upload/base64', async (req, res) => {
		const data = isRecord(req.body) ? (optionalText(req.body.base64_data) ?? '') : '';
		const received = await state.uploads.receive(Readable.from([base64Bytes(data)]));
		const claimedType = /^data:([^;,]+)/.exec(data)?.[1] ?? null;
		await finishUpload(state, req, res, received, wishOf(req.body, 'base64'), claimedType);
	});

	app.post('/api/v1/files/upload/url', async (req, res) => {
		const fileUrl = isRecord(req.body) ? (optionalText(req.body.file_url) ?? '') : '';
		const received = await state.uploads.receive(await fetchPicture(fileUrl));
		const originalName = new URL(fileUrl).pathname.split('/').pop() ?? '';
		await finishUpload(state, req, res, received, wishOf(req.body, originalName), null);
	});

	app.get('/files/:fileId/:fileName', (req, res) => {
		const upload = state.uploads.findByPath(req.path);
		if (upload === undefined) {
			res.status(404).type('html').send('<!doctype html><title>404</title><p>No such file.</p>\n');
			return;
		}
		if (req.query.download !== undefined) res.attachment(upload.fileName);
		res.type(upload.mimeType).sendFile(upload.diskPath);
	});
}
