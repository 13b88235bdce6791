/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { join } from 'node:path';
import { middleware } from 'express-openapi-validator';
import type { Options as MultipartOptions } from 'multer';

/** The description of the API, which requests and answers are checked against. */
export const OPENAPI_DOCUMENT_PATH = join(__dirname, 'openapi.yaml');

let documentWasChecked = false;

/** The check of requests, and with `validateAnswers` of the sandbox's own answers too. */
export function checkAgainstDocument(settings: {
	validateAnswers: boolean;
	multipart: MultipartOptions;
}): ReturnType<typeof middleware> {
	const handlers = middleware({
		apiSpec: OPENAPI_DOCUMENT_PATH,
		// Once in a process is enough: the document does not change, and tests start many sandboxes.
		validateApiSpec: !documentWasChecked,
		validateRequests: { allErrors: true, allowUnknownQueryParameters: false },
		validateResponses: settings.validateAnswers,
		// The key is checked before, so that a bad one is told first, as the service does.
		validateSecurity: false,
		ignoreUndocumented: true,
		fileUploader: settings.multipart,
	});
	documentWasChecked = true;
	return handlers;
}
