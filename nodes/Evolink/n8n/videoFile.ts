import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { quotableWords } from '../evolink/failure';
import type { EvolinkFailure } from '../evolink/failure';
import { downloadFailure } from '../evolink/failures';
import { webUrl } from '../evolink/imageUrl';
import { promisedLength, resultFileName, resultMediaType } from '../evolink/resultFile';
import { sleepInSlices } from '../time/clock';
import type { Clock } from '../time/clock';
import { retryAfterMs, tryUntil } from '../time/retry';
import type { Attempt } from '../time/retry';
import type { Stop } from '../time/stop';
import { sizeOf } from './binaryFile';
import { openLink, withinLimits } from './http';
import type { ByteStream, LinkAnswer } from './http';

/** A result to download. */
export interface ResultRequest {
	link: string;
	taskId: string;
	/** The name that the user asked for, or nothing. */
	wantedFileName: string;
	/** How long the download may take, from now on. */
	allowedMs: number;
	/** Whether the link may be older than a day, or its age is not known. */
	mayHaveExpired: boolean;
}

/** A link that has not begun to answer by then is opened again. */
const OPENING_TIMEOUT_MS = 30_000;

/** A body from which nothing came for so long is given up and fetched again. */
const STALL_MS = 60_000;

/**
 * A link that is refused, a page or an empty file in its place may be a passing fault: a storage can
 * be some seconds behind. What lasts for a minute is not.
 */
const PATIENCE_WITH_UNUSABLE_MS = 60_000;

const NO_ANSWER_WORDS: Record<Extract<LinkAnswer, { kind: 'noAnswer' }>['reason'], string> = {
	dns: 'the address in the link could not be found',
	refused: 'nothing answers at the address in the link',
	proxy: 'the proxy did not let the request through',
	handshake: 'no secure connection could be made',
	notSent: 'the link could not be opened',
	timedOut: 'the server did not answer in time',
	broken: 'the connection broke off',
	redirectLoop: 'too many redirects',
	redirectOffWeb: 'the link leads to something that is not a web address',
};

const OPEN_IN_BROWSER = 'Open the link in a browser to see what it shows.';

/** What went wrong with one attempt. `isUnusable`: it helps to try again for a minute only. */
interface Trouble {
	what: string;
	httpCode?: number;
	retryAfterMs?: number;
	isUnusable?: boolean;
}

/**
 * Downloads a result to where n8n keeps files, trying again until its time is over when the network
 * or the server has a bad moment. A file that arrived short is never delivered.
 *
 * @throws EvolinkFailure with link and task id, when it is hopeless or the time is up
 * @throws Stopped when the execution is stopped
 */
export async function downloadVideo(
	context: IExecuteFunctions,
	request: ResultRequest,
	clock: Clock,
	stop: Stop,
): Promise<IBinaryData> {
	if (webUrl(request.link) === undefined) {
		throw downloadFailure(
			request,
			'its link is not a web address',
			'This should not happen: tell Evolink about it.',
		);
	}
	const startedMs = clock.nowMs();
	const outcome = await tryUntil(
		async (remainingMs) => {
			const attempt = await attemptDownload(context, request, remainingMs, stop);
			const isUseless =
				'trouble' in attempt &&
				attempt.trouble.isUnusable === true &&
				clock.nowMs() - startedMs >= PATIENCE_WITH_UNUSABLE_MS;
			if (!isUseless) return attempt;
			throw downloadFailure(request, attempt.trouble.what, OPEN_IN_BROWSER, attempt.trouble);
		},
		startedMs + request.allowedMs,
		clock,
	);
	if ('done' in outcome) return outcome.done;
	await clock.sleep(Math.max(0, startedMs + request.allowedMs - clock.nowMs()));
	throw downloadFailure(
		request,
		outcome.trouble.what,
		`It was tried for ${Math.round(request.allowedMs / 1000)} seconds. To try longer, raise 'Timeout (Seconds)' in the options.`,
		{ ...outcome.trouble, timedOut: true },
	);
}

async function attemptDownload(
	context: IExecuteFunctions,
	request: ResultRequest,
	remainingMs: number,
	stop: Stop,
): Promise<Attempt<IBinaryData, Trouble>> {
	const openingMs = Math.min(OPENING_TIMEOUT_MS, remainingMs);
	const answer = await openLink(context, request.link, openingMs, stop);
	if (answer.kind === 'noAnswer') {
		const what = NO_ANSWER_WORDS[answer.reason];
		if (answer.reason === 'notSent') {
			throw downloadFailure(
				request,
				what,
				'Open the link in a browser: if it opens there, n8n may not be allowed to reach that host.',
			);
		}
		return { trouble: { what, isUnusable: answer.reason.startsWith('redirect') } };
	}
	if (answer.status < 200 || answer.status >= 300) {
		answer.discard();
		return { trouble: judgeStatus(request, answer.status, answer.headers) };
	}
	return await storeBody(context, request, answer, remainingMs, stop);
}

function judgeStatus(
	request: ResultRequest,
	status: number,
	headers: Record<string, string>,
): Trouble {
	if (status === 408 || status === 429 || status >= 500) {
		return {
			what: `the server answered HTTP ${status}`,
			httpCode: status,
			retryAfterMs: retryAfterMs(headers['retry-after'], Date.now()),
		};
	}
	const what = `the link answered HTTP ${status}`;
	const mayPass = (status === 403 || status === 404) && !request.mayHaveExpired;
	if (mayPass) return { what, httpCode: status, isUnusable: true };
	throw downloadFailure(
		request,
		what,
		request.mayHaveExpired
			? 'Links stop working 24 hours after the start of the task.'
			: OPEN_IN_BROWSER,
		{ httpCode: status },
	);
}

/** What a body has brought so far, and whether it broke off by itself. */
interface Progress {
	pieces: number;
	isBroken: boolean;
}

/** Passes the pieces on, so that it is known which side has failed, and whether anything comes. */
async function* watched(
	first: IteratorResult<unknown>,
	rest: AsyncIterator<unknown>,
	progress: Progress,
): AsyncGenerator<unknown, void> {
	try {
		let next: IteratorResult<unknown> | undefined = first;
		for (; next?.done === false; progress.pieces++) {
			yield next.value;
			next = await rest.next().catch(() => undefined);
		}
		if (next !== undefined) return;
		progress.isBroken = true;
		throw new Error('The connection broke off');
	} finally {
		await rest.return?.();
	}
}

/** The class of Node's streams, which may not be imported in a node, but comes with each stream. */
interface StreamClass {
	from(pieces: AsyncIterable<unknown>, options: { objectMode: false }): ByteStream;
}

function isStreamClass(value: unknown): value is StreamClass {
	return typeof value === 'function' && 'from' in value && typeof value.from === 'function';
}

/**
 * Returns a stream of the pieces.
 *
 * @param stream any that n8n has handed out
 */
export function streamOf(stream: ByteStream, pieces: AsyncGenerator<unknown, void>): ByteStream {
	const streamClass: unknown = stream.constructor;
	if (!isStreamClass(streamClass)) throw new Error('n8n handed out a stream of an unknown kind');
	return streamClass.from(pieces, { objectMode: false });
}

/** What has arrived could not be stored: another download would meet the same. */
function storageFailure(request: ResultRequest, error: unknown): EvolinkFailure {
	const words = quotableWords(error instanceof Error ? error.message : String(error));
	return downloadFailure(
		request,
		`n8n could not store it: ${words ?? 'no reason was given'}`,
		'Ask whoever runs n8n to check the place where it keeps binary data: free space, access rights, and the storage service if it uses one.',
	);
}

async function storeBody(
	context: IExecuteFunctions,
	request: ResultRequest,
	answer: Extract<LinkAnswer, { kind: 'answer' }>,
	remainingMs: number,
	stop: Stop,
): Promise<Attempt<IBinaryData, Trouble>> {
	const { body, headers, discard } = answer;
	const brokenOff = { trouble: { what: 'the file broke off on the way' } };
	const progress: Progress = { pieces: 0, isBroken: false };
	let isStoring = true;
	const giveUpWhenStalled = async () => {
		while (isStoring) {
			const before = progress.pieces;
			await sleepInSlices(STALL_MS, () => isStoring);
			if (isStoring && progress.pieces === before) discard();
		}
	};
	try {
		const end = await withinLimits(
			async () => {
				void giveUpWhenStalled();
				const pieces: AsyncIterator<unknown> = body[Symbol.asyncIterator]();
				const first = await pieces.next().catch(() => undefined);
				if (first === undefined) return 'broken';
				const firstBytes = first.value instanceof Uint8Array ? first.value : new Uint8Array();
				const mediaType = resultMediaType(headers['content-type'], firstBytes);
				if (mediaType === undefined) return 'page';
				const fileName = resultFileName(request.wantedFileName, request.taskId, mediaType);
				const stream = streamOf(body, watched(first, pieces, progress));
				return await context.helpers.prepareBinaryData(stream, fileName, mediaType);
			},
			{ timeoutMs: remainingMs, onStop: 'abort' },
			stop,
		);
		if (end.kind === 'timedOut' || progress.isBroken) return brokenOff;
		if (end.kind === 'threw') throw storageFailure(request, end.error);
		const stored = end.value;
		if (stored === 'broken') return brokenOff;
		if (stored === 'page') {
			return { trouble: { what: 'the link shows a page instead of a file', isUnusable: true } };
		}
		return await checkLength(context, stored, promisedLength(headers));
	} finally {
		isStoring = false;
		if (!body.readableEnded) discard();
	}
}

/** Holds the stored file's length against what the server promised, if it did. */
async function checkLength(
	context: IExecuteFunctions,
	stored: IBinaryData,
	promisedBytes: number | undefined,
): Promise<Attempt<IBinaryData, Trouble>> {
	const sizeBytes = await sizeOf(context, stored);
	if (sizeBytes === 0) return { trouble: { what: 'the file is empty', isUnusable: true } };
	const isWhole = promisedBytes === undefined || promisedBytes === sizeBytes;
	return isWhole ? { done: stored } : { trouble: { what: 'the file arrived incomplete' } };
}
