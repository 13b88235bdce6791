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
	type WantedUpload,
} from './upload-store';

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

function wantedUpload(body: unknown, originalName: string): WantedUpload {
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

/** From the received bytes to the answer. */
async function finishUpload(
	state: SandboxState,
	req: Request,
	res: Response,
	received: ReceivedFile,
	wanted: WantedUpload,
	claimedMimeType: string,
): Promise<void> {
	const record = state.recordOf(res);
	const mimeType = state.uploads.requireImage(received);
	const fault = state.faults.take('upload');
	if (fault !== undefined) record.fault = fault.kind;
	const upload = state.uploads.prepare(received, mimeType, wanted);
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

/** The File API's route for a form, which is the one that the node uses, and the links of the stored files. */
export function addUploadRoutes(app: Express, state: SandboxState): void {
	uploadsOf.set(app, state.uploads);

	app.post('/api/v1/files/upload/stream', async (req, res) => {
		const file = multipartFile(req);
		const received = receivedFilesOf.get(req)?.find(({ diskPath }) => diskPath === file.path);
		if (received === undefined) throw new Error('The received file is not on record');
		const wanted = wantedUpload(req.body, file.originalname);
		await finishUpload(state, req, res, received, wanted, file.mimetype);
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
