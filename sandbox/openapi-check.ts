import { join } from 'node:path';
import { middleware } from 'express-openapi-validator';
import { MULTIPART_OPTIONS } from './upload-routes';

/** The description of the API, which requests and answers are checked against. */
export const OPENAPI_DOCUMENT_PATH = join(__dirname, 'openapi.yaml');

type DocumentCheck = ReturnType<typeof middleware>;

// Compiling the document takes longer than most tests, and they start many sandboxes.
const checks = new Map<boolean, DocumentCheck>();

/** The check of requests, and with `validateAnswers` of the sandbox's own answers too. */
export function documentCheck(validateAnswers: boolean): DocumentCheck {
	const check =
		checks.get(validateAnswers) ??
		middleware({
			apiSpec: OPENAPI_DOCUMENT_PATH,
			validateRequests: { allErrors: true, allowUnknownQueryParameters: false },
			validateResponses: validateAnswers,
			// The key is checked before, so that a bad one is told first, as the service does.
			validateSecurity: false,
			ignoreUndocumented: true,
			fileUploader: MULTIPART_OPTIONS,
		});
	checks.set(validateAnswers, check);
	return check;
}
