import type { ErrorFormat } from './sandbox-interface';

/** `error.type`, `error.code` of the string generation, message, `fallback_suggestion`. */
type KnownError = readonly [type: string, code: string, message: string, suggestion?: string];

const BILLING = 'https://evolink.ai/dashboard/billing';

// Statuses, types and codes are the API's; the wording is the sandbox's own.
const KNOWN_ERRORS: Readonly<Record<number, KnownError>> = {
	400: ['invalid_request_error', 'invalid_request', 'The request is not valid'],
	401: ['authentication_error', 'unauthorized', 'The API key is missing or wrong'],
	402: [
		'insufficient_quota_error',
		'insufficient_quota',
		'The account has too few credits',
		BILLING,
	],
	403: ['permission_error', 'permission_denied', 'This key may not do that'],
	404: ['not_found_error', 'task_not_found', 'Nothing is known under this id or path'],
	429: ['rate_limit_error', 'rate_limit_exceeded', 'Too many requests', 'wait 60 seconds'],
	500: ['internal_server_error', 'internal_error', 'Something broke inside', 'try later'],
	502: ['upstream_error', 'upstream_error', 'A service behind answered badly', 'try later'],
	503: ['service_unavailable_error', 'service_unavailable', 'Not available', 'wait 30 seconds'],
};

const messageOf = (status: number) => KNOWN_ERRORS[status]?.[2];

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
	const [type, code, message, suggestion] = KNOWN_ERRORS[status] ?? [
		'unknown_error',
		'unknown_error',
		`The service answered with status ${status}`,
	];
	const isInteger = format === 'integer';
	return {
		error: {
			code: details.code ?? (isInteger ? status : code),
			message: details.message ?? message,
			type: details.type ?? type,
			...(details.param === undefined ? {} : { param: details.param }),
			...(isInteger && suggestion !== undefined ? { fallback_suggestion: suggestion } : {}),
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
	const message = details.message ?? messageOf(status) ?? 'The upload was refused';
	return { success: false, code: details.code ?? (status === 200 ? 400 : status), msg: message };
}

/** An error that a route answers with the given HTTP status. */
export class ApiError extends Error {
	constructor(
		readonly status: number,
		readonly details: ErrorDetails = {},
	) {
		super(details.message ?? messageOf(status) ?? `status ${status}`);
		this.name = 'ApiError';
	}
}
