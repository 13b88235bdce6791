import { createHash, timingSafeEqual } from 'node:crypto';
import express, {
	type ErrorRequestHandler,
	type Express,
	type NextFunction,
	type Request,
	type Response,
} from 'express';
import { addApiRoutes } from './api-routes';
import { ApiError, apiErrorBody, fileApiErrorBody, type ErrorDetails } from './api-errors';
import { frontPage } from './front-page';
import { addMediaRoutes } from './media-routes';
import { documentCheck } from './openapi-check';
import type { SandboxState } from './sandbox-state';
import { isRecord, optionalNumber, optionalText } from './type-guards';
import { addUploadRoutes } from './upload-routes';

function isFileApi(path: string): boolean {
	return path.startsWith('/api/');
}

function needsKey(path: string): boolean {
	return path.startsWith('/v1/') || isFileApi(path);
}

function requireKey(state: SandboxState) {
	const digest = (text: string) => createHash('sha256').update(text).digest();
	const expected = digest(state.apiKey);
	return (req: Request, _res: Response, next: NextFunction) => {
		const sent = /^Bearer (.+)$/i.exec(req.headers.authorization ?? '')?.[1] ?? '';
		if (needsKey(req.path) && !timingSafeEqual(digest(sent), expected)) throw new ApiError(401);
		next();
	};
}

interface AnswerableError {
	status: number;
	details: ErrorDetails;
}

/** Makes an answer of whatever a route, a parser or the document check threw. */
function answerableError(state: SandboxState, error: unknown, res: Response): AnswerableError {
	if (error instanceof ApiError) return { status: error.status, details: error.details };
	const fields = isRecord(error) ? error : {};
	const status = optionalNumber(fields.status) ?? 500;
	const message = error instanceof Error ? error.message : 'unknown';
	if (status >= 500) {
		return { status: 500, details: { message: `The sandbox itself is at fault: ${message}` } };
	}
	const findings = Array.isArray(fields.errors) ? fields.errors.filter(isRecord) : [];
	const params = findings.map(({ path }) =>
		/^(?:\/(?:body|params|query|headers))?\/(.+)$/
			.exec(optionalText(path) ?? '')?.[1]
			.replaceAll('/', '.'),
	);
	findings.forEach(({ errorCode }, index) => {
		if (optionalText(errorCode)?.startsWith('additionalProperties') && needsKey(res.req.path)) {
			state.log.addViolation(state.recordOf(res), `the body field ${params[index]} does not exist`);
		}
	});
	return { status, details: { message, param: params[0] } };
}

function answerError(state: SandboxState): ErrorRequestHandler {
	// eslint-disable-next-line @typescript-eslint/no-unused-vars -- express knows it by its 4 parameters
	return (error: unknown, req, res, _next) => {
		const { status, details } = answerableError(state, error, res);
		if (res.headersSent || res.destroyed) {
			res.destroy();
			return;
		}
		const body = isFileApi(req.path)
			? fileApiErrorBody(status, details)
			: apiErrorBody(status, 'integer', details);
		res.status(status).json(body);
	};
}

/** Puts the whole way of a request together: body, key, document check, routes, errors. */
export function buildApp(
	state: SandboxState,
	submissionsByKey: Parameters<typeof addApiRoutes>[2],
): Express {
	const app = express();
	app.disable('x-powered-by');
	app.disable('etag');
	app.use(express.json());
	app.use((req, res, next) => {
		if (req.body !== undefined) state.log.keepBody(state.recordOf(res), req.body);
		next();
	});
	app.use(requireKey(state));
	app.use(documentCheck());
	app.get('/', (_req, res) => {
		res.type('html').send(frontPage(state));
	});
	addApiRoutes(app, state, submissionsByKey);
	addUploadRoutes(app, state);
	addMediaRoutes(app, state);
	app.use((req) => {
		throw new ApiError(404, { message: `The sandbox has no route ${req.method} ${req.path}` });
	});
	app.use(answerError(state));
	return app;
}
