import { backoffMs } from '../tasks/backoff';
import type { Clock } from '../tasks/clock';
import { wayOn } from './errors';
import type { NoAnswerReason } from './errors';
import { EvolinkFailure } from './failure';
import { retryAfterMs } from './retryAfter';
import { shortened } from './shortened';

/** The body of an answer, still on the server's side. */
export interface RemoteBody<Stored> {
	/**
	 * Takes the body to where n8n keeps files.
	 *
	 * @returns the stored file and how long it is (`sizeBytes` is undefined where n8n does not say);
	 * why there is no place for it; or undefined when the body broke off, stalled, or took longer
	 * than allowed
	 */
	store(
		file: { fileName: string; mediaType: string },
		budgetMs: number,
	): Promise<
		| { kind: 'stored'; stored: Stored; sizeBytes: number | undefined }
		| { kind: 'noPlace'; why: string }
		| undefined
	>;
	/** Ends the connection without reading the body. */
	discard(): void;
}

/**
 * Why a result link got no answer. Only these are followed when they redirect: the redirects go
 * round in a circle, or lead to an address that is not http or https.
 */
export type NoResultReason = NoAnswerReason | 'redirectLoop' | 'redirectOffWeb';

/** What a result link answered. */
export type ResultAnswer<Stored> =
	| { kind: 'answer'; status: number; headers: Record<string, string>; body: RemoteBody<Stored> }
	| { kind: 'noAnswer'; reason: NoResultReason };

/** Opens result links. They lie on foreign hosts, so no key ever goes with it. */
export interface ResultLinks<Stored> {
	open(link: string, budgetMs: number): Promise<ResultAnswer<Stored>>;
}

/** A result to download. */
export interface ResultRequest {
	link: string;
	taskId: string;
	/** The name that the user asked for, or nothing. */
	wantedFileName: string;
	deadlineMs: number;
	timeoutSeconds: number;
}

/** A page or a false trail may be a passing fault of the server's; more of them are not. */
const MOST_UNUSABLE_ANSWERS = 3;

/** Media types that say nothing about what the file is. */
const MEANINGLESS_MEDIA_TYPES = ['', 'application/octet-stream', 'binary/octet-stream'];

const MEDIA_TYPE_OF_A_VIDEO = 'video/mp4';

const EXTENSION_OF_MEDIA_TYPE = new Map([
	['image/jpeg', '.jpg'],
	['image/jpg', '.jpg'],
	['image/png', '.png'],
	['image/webp', '.webp'],
	['image/gif', '.gif'],
	['audio/mpeg', '.mp3'],
	['audio/wav', '.wav'],
	['audio/x-wav', '.wav'],
	['audio/mp4', '.m4a'],
	['audio/aac', '.aac'],
	['audio/flac', '.flac'],
	['audio/ogg', '.ogg'],
]);

/** Returns the media type from a Content-Type header; a video where it says nothing useful. */
export function mediaTypeFromHeader(contentType: string | undefined): string {
	const mediaType = (contentType ?? '').split(';')[0].trim().toLowerCase();
	return MEANINGLESS_MEDIA_TYPES.includes(mediaType) ? MEDIA_TYPE_OF_A_VIDEO : mediaType;
}

/** Characters that mean something to a file system, and those that cannot be seen. */
const NOT_FOR_A_FILE_NAME = /[\p{Cc}<>:"/\\|?*]/gu;

/**
 * Returns the name of the downloaded file: the wanted one without anything that could lead to
 * another folder, or else the task id, with the ending that fits (`.mp4` for a video).
 */
export function resultFileName(wanted: string, taskId: string, mediaType: string): string {
	const extension = EXTENSION_OF_MEDIA_TYPE.get(mediaType) ?? '.mp4';
	const cleaned = wanted
		.replace(NOT_FOR_A_FILE_NAME, '_')
		.replace(/^[\s.]+/, '')
		.trimEnd();
	const name = cleaned === '' ? taskId : cleaned;
	return name.toLowerCase().endsWith(extension) ? name : `${name}${extension}`;
}

function isWebLink(link: string): boolean {
	return /^https?:\/\//i.test(link) && URL.canParse(link);
}

/** A page or a message where a file should be. */
function isPage(mediaType: string): boolean {
	return (
		mediaType.startsWith('text/') ||
		['application/json', 'application/xml', 'application/xhtml+xml'].includes(mediaType)
	);
}

/** Enough for any signed link; a file that is written out in its link would bury the message. */
const LONGEST_SHOWN_LINK_CHARACTERS = 4_000;

function downloadFailure(
	request: ResultRequest,
	what: string,
	advice: string,
	answer: { httpCode?: number; timedOut?: boolean } = {},
): EvolinkFailure {
	return new EvolinkFailure({
		kind: 'api',
		message: `The video is finished, but could not be downloaded: ${what}`,
		description: `${advice} Its link is ${shortened(request.link, LONGEST_SHOWN_LINK_CHARACTERS)} (it works for 24 hours from the start of the task). ${wayOn(request.taskId)}`,
		taskId: request.taskId,
		status: 'completed',
		timedOut: answer.timedOut === true,
		...(answer.httpCode === undefined ? {} : { httpCode: String(answer.httpCode) }),
	});
}

/** One attempt's trouble: what happened, and whether another attempt makes sense. */
interface Trouble {
	what: string;
	httpCode?: number;
	askedMs?: number;
}

/** Returns the failure of a finished task that has no result link although one is wanted. */
export function noLinkFailure(taskId: string): EvolinkFailure {
	return new EvolinkFailure({
		kind: 'api',
		message: 'The video is finished, but Evolink gives no link to it',
		description: `Wait a while and look again. ${wayOn(taskId)}`,
		taskId,
		status: 'completed',
	});
}

const NO_ANSWER_WORDS: Record<NoResultReason, string> = {
	dns: 'the address in the link could not be found',
	refused: 'nothing answers at the address in the link',
	proxy: 'the proxy did not let the request through',
	handshake: 'no secure connection could be made',
	notSent: 'the link could not be opened',
	timedOut: 'the server did not answer in time',
	broken: 'the connection broke off',
	redirectLoop: 'the link leads round in a circle',
	redirectOffWeb: 'the link leads to something that is not a web address',
};

/**
 * Downloads a result to where n8n keeps files, trying again until the deadline when the network
 * or the server has a bad moment. A file that arrived short is never delivered.
 *
 * @throws EvolinkFailure with link and task id, when it is hopeless or the time is up
 * @throws Stopped when the execution is stopped
 */
export async function downloadResult<Stored>(
	links: ResultLinks<Stored>,
	request: ResultRequest,
	clock: Clock,
	random: () => number,
): Promise<Stored> {
	if (!isWebLink(request.link)) {
		throw downloadFailure(
			request,
			'its link is not a web address',
			'This should not happen: tell Evolink about it.',
		);
	}
	let unusableAnswers = 0;
	for (let attempt = 1; ; attempt++) {
		const trouble = await attemptDownload();
		if (!('what' in trouble)) return trouble.stored;
		const pauseMs = backoffMs(attempt, trouble.askedMs, random());
		if (clock.nowMs() + pauseMs >= request.deadlineMs) {
			await clock.sleep(Math.max(0, request.deadlineMs - clock.nowMs()));
			throw downloadFailure(
				request,
				trouble.what,
				`It was tried until ${request.timeoutSeconds} seconds were over. To try longer, raise 'Timeout (Seconds)' in the options.`,
				{ httpCode: trouble.httpCode, timedOut: true },
			);
		}
		await clock.sleep(pauseMs);
	}

	async function attemptDownload(): Promise<Trouble | { stored: Stored }> {
		const budgetMs = () => Math.max(1, request.deadlineMs - clock.nowMs());
		const answer = await links.open(request.link, budgetMs());
		if (answer.kind === 'noAnswer') {
			if (answer.reason === 'notSent') {
				throw downloadFailure(
					request,
					NO_ANSWER_WORDS.notSent,
					'Open the link in a browser: if it opens there, n8n may not be allowed to reach that host.',
				);
			}
			const what = NO_ANSWER_WORDS[answer.reason];
			const isMisled = answer.reason === 'redirectLoop' || answer.reason === 'redirectOffWeb';
			return isMisled ? judgeUnusable(what) : { what };
		}
		const { status, headers, body } = answer;
		if (status < 200 || status >= 300) {
			body.discard();
			return judgeStatus(status, headers);
		}
		const mediaType = mediaTypeFromHeader(headers['content-type']);
		if (isPage(mediaType)) {
			body.discard();
			return judgeUnusable('the link shows a page instead of a file');
		}
		const fileName = resultFileName(request.wantedFileName, request.taskId, mediaType);
		const result = await body.store({ fileName, mediaType }, budgetMs());
		if (result === undefined) return { what: 'the file broke off on the way' };
		if (result.kind === 'noPlace') {
			throw downloadFailure(
				request,
				`n8n has no place for it (${result.why})`,
				'Ask whoever runs n8n to free disk space or to let n8n write where it keeps binary data.',
			);
		}
		const promisedBytes = promisedLength(headers);
		if (result.sizeBytes === 0) return judgeUnusable('the file is empty');
		if (
			promisedBytes !== undefined &&
			result.sizeBytes !== undefined &&
			promisedBytes !== result.sizeBytes
		) {
			return { what: 'the file arrived incomplete' };
		}
		return { stored: result.stored };
	}

	function judgeStatus(status: number, headers: Record<string, string>): Trouble {
		if (status === 408 || status === 429 || status >= 500) {
			return {
				what: `the server answered HTTP ${status}`,
				httpCode: status,
				askedMs: retryAfterMs(headers['retry-after'], clock.nowMs()),
			};
		}
		throw downloadFailure(
			request,
			`the link answered HTTP ${status}`,
			'Links stop working 24 hours after the start of the task.',
			{ httpCode: status },
		);
	}

	function judgeUnusable(what: string): Trouble {
		unusableAnswers++;
		if (unusableAnswers < MOST_UNUSABLE_ANSWERS) return { what };
		throw downloadFailure(request, what, 'Open the link in a browser to see what it shows.');
	}
}

/** The length that the server promised; unknown when the body was packed for the way. */
function promisedLength(headers: Record<string, string>): number | undefined {
	const encoding = headers['content-encoding'];
	if (encoding !== undefined && encoding !== 'identity') return undefined;
	const length = headers['content-length'] ?? '';
	return /^\d+$/.test(length) ? Number(length) : undefined;
}
