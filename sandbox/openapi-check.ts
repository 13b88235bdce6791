import { join } from 'node:path';
import { middleware } from 'express-openapi-validator';
import { MULTIPART_OPTIONS } from './upload-routes';

/** The description of the API, which requests and answers are checked against. */
export const OPENAPI_DOCUMENT_PATH = join(__dirname, 'openapi.yaml');

// Compiling the document takes longer than most tests, and they start many sandboxes.
let check: ReturnType<typeof middleware> | undefined;

/** The check of requests, and of the sandbox's own answers. */
export function documentCheck(): ReturnType<typeof middleware> {
	check ??= middleware({
		apiSpec: OPENAPI_DOCUMENT_PATH,
		validateRequests: { allErrors: true, allowUnknownQueryParameters: false },
		validateResponses: true,
		// The key is checked before, so that a bad one is told first, as the service does.
		validateSecurity: false,
		ignoreUndocumented: true,
		fileUploader: MULTIPART_OPTIONS,
	});
	return check;
}
