import type { ErrorFormat } from './sandbox-interface';

interface KnownError {
	/** `error.type` of the integer generation. */
	type: string;
	/** `error.code` of the string generation. */
	stringCode: string;
	message: string;
	fallbackSuggestion?: string;
}

// Statuses, types and codes are the API's; the wording is the sandbox's own.
const KNOWN_ERRORS: Readonly<Record<number, KnownError>> = {
	400: {
		type: 'invalid_request_error',
		stringCode: 'invalid_request',
		message: 'The request is not valid',
	},
	401: {
		type: 'authentication_error',
		stringCode: 'unauthorized',
		message: 'The API key is missing or wrong',
	},
	402: {
		type: 'insufficient_quota_error',
		stringCode: 'insufficient_quota',
		message: 'The account has too few credits left',
		fallbackSuggestion: 'https://evolink.ai/dashboard/billing',
	},
	403: {
		type: 'permission_error',
		stringCode: 'permission_denied',
		message: 'This key may not do that',
	},
	404: {
		type: 'not_found_error',
		stringCode: 'task_not_found',
		message: 'Nothing is known under this id or path',
	},
	429: {
		type: 'rate_limit_error',
		stringCode: 'rate_limit_exceeded',
		message: 'Too many requests at a time',
		fallbackSuggestion: 'wait 60 seconds',
	},
	500: {
		type: 'internal_server_error',
		stringCode: 'internal_error',
		message: 'Something broke inside the service',
		fallbackSuggestion: 'try later',
	},
	502: {
		type: 'upstream_error',
		stringCode: 'upstream_error',
		message: 'A service behind this one answered badly',
		fallbackSuggestion: 'try later',
	},
	503: {
		type: 'service_unavailable_error',
		stringCode: 'service_unavailable',
		message: 'The service is not available at the moment',
		fallbackSuggestion: 'wait 30 seconds',
	},
};

/** What may be said about an error beside its HTTP status. */
export interface ErrorDetails {
	message?: string;
	code?: string | number;
	type?: string;
	param?: string;
}

/** The error body of videos, tasks and credits. */
export interface ApiErrorBody {
	error: {
		code: number | string;
		message: string;
		type: string;
		param?: string;
		fallback_suggestion?: string;
	};
}

/** Builds the error body for an HTTP status in one of the two generations. */
export function apiErrorBody(
	status: number,
	format: ErrorFormat,
	details: ErrorDetails = {},
): ApiErrorBody {
	const known = KNOWN_ERRORS[status];
	const integerForm = format === 'integer';
	return {
		error: {
			code: details.code ?? (integerForm ? status : (known?.stringCode ?? 'unknown_error')),
			message: details.message ?? known?.message ?? `The service answered with status ${status}`,
			type: details.type ?? known?.type ?? 'unknown_error',
			...(details.param === undefined ? {} : { param: details.param }),
			...(integerForm && known?.fallbackSuggestion !== undefined
				? { fallback_suggestion: known.fallbackSuggestion }
				: {}),
		},
	};
}

/** The error body of the File API. */
export interface FileApiErrorBody {
	success: false;
	code: number | string;
	msg: string;
}

/** Builds the File API's error body; HTTP 200 with it is a legal combination there. */
export function fileApiErrorBody(status: number, details: ErrorDetails = {}): FileApiErrorBody {
	const message = details.message ?? KNOWN_ERRORS[status]?.message ?? 'The upload was refused';
	return { success: false, code: details.code ?? (status === 200 ? 400 : status), msg: message };
}

/** An error that a route answers with the given HTTP status. */
export class ApiError extends Error {
	constructor(
		readonly status: number,
		readonly details: ErrorDetails = {},
	) {
		super(details.message ?? KNOWN_ERRORS[status]?.message ?? `status ${status}`);
		this.name = 'ApiError';
	}
}
