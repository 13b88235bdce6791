import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import type { NoResultReason, RemoteBody, ResultAnswer, ResultLinks } from '../evolink/resultFile';
import type { Stop } from '../tasks/stop';
import { plainHeaders } from './apiTransport';
import { noAnswerReason } from './connectionTrouble';
import { runExchange } from './exchange';
import { sleepInSlices } from './executionClock';
import { USER_AGENT } from './productName';

/** Node's readable stream; its module may not be imported in a node, not even as a type. */
type ByteStream = Awaited<ReturnType<IExecuteFunctions['helpers']['getBinaryStream']>>;

/** A link that has not begun to answer by then is opened anew. */
const OPENING_TIMEOUT_MS = 30_000;

/** A body from which nothing came for so long is given up and fetched anew. */
const STALL_MS = 30_000;

/** What a file system says when it is full or must not be written to; no retry helps. */
const NO_PLACE_REASONS = new Map([
	['ENOSPC', 'the disk is full'],
	['EDQUOT', 'the disk quota is used up'],
	['EROFS', 'the disk is read-only'],
	['ENOTDIR', 'the folder for binary data is missing'],
	['EACCES', 'the folder may not be written to'],
	['EPERM', 'the folder may not be written to'],
]);

function reasonOfNoPlace(error: unknown): string | undefined {
	if (typeof error !== 'object' || error === null) return undefined;
	const code: unknown = Reflect.get(error, 'code');
	return typeof code === 'string' ? NO_PLACE_REASONS.get(code) : undefined;
}

function isByteStream(value: unknown): value is ByteStream {
	return (
		typeof value === 'object' &&
		value !== null &&
		'destroy' in value &&
		typeof value.destroy === 'function' &&
		'pipe' in value &&
		typeof value.pipe === 'function'
	);
}

/**
 * Returns a function that says how many pieces have arrived since now. The connection itself cannot
 * be asked, since n8n may hand out a stream that is wrapped around it; and listening to the stream
 * would take the pieces away from whoever stores them.
 */
function countArrivals(stream: ByteStream): () => number {
	let arrivals = 0;
	const push = stream.push.bind(stream);
	stream.push = (piece: unknown, encoding) => {
		arrivals++;
		return push(piece, encoding);
	};
	return () => arrivals;
}

/** How long a stored file is, in bytes, where n8n says so. */
async function storedSize(
	context: IExecuteFunctions,
	binary: IBinaryData,
): Promise<number | undefined> {
	if (binary.id === undefined) return Buffer.byteLength(binary.data, 'base64');
	if (typeof binary.bytes === 'number') return binary.bytes;
	const { fileSize } = await context.helpers.getBinaryMetadata(binary.id);
	return fileSize;
}

/** Gives up a body from which nothing comes any more, so that it can be fetched anew. */
async function watchForStall(
	stream: ByteStream,
	isStoring: () => boolean,
	giveUp: () => void,
): Promise<void> {
	const arrivals = countArrivals(stream);
	while (isStoring()) {
		const before = arrivals();
		await sleepInSlices(STALL_MS, isStoring);
		if (isStoring() && arrivals() === before) giveUp();
	}
}

/** Returns why a link got no answer; other than the API's address, it is followed elsewhere. */
function noResultReason(error: unknown): NoResultReason {
	const code: unknown =
		typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
	if (code === 'ERR_FR_TOO_MANY_REDIRECTS') return 'redirectLoop';
	const reason = noAnswerReason(error);
	return code === 'ERR_FR_REDIRECTION_FAILURE' && reason === 'broken' ? 'redirectOffWeb' : reason;
}

/** Makes the way to result links: through n8n's own HTTP client, and without the API key. */
export function createResultLinks(
	context: IExecuteFunctions,
	stop: Stop,
): ResultLinks<IBinaryData> {
	return {
		async open(link, budgetMs): Promise<ResultAnswer<IBinaryData>> {
			const timeoutMs = Math.min(OPENING_TIMEOUT_MS, budgetMs);
			const request = new AbortController();
			const end = await runExchange(
				async (signal) => {
					signal.addEventListener('abort', () => request.abort(), { once: true });
					const response: unknown = await context.helpers.httpRequest({
						method: 'GET',
						url: link,
						// Packed, the length could not be held against what arrives.
						headers: { 'User-Agent': USER_AGENT, Accept: '*/*', 'Accept-Encoding': 'identity' },
						encoding: 'stream',
						returnFullResponse: true,
						ignoreHttpStatusErrors: true,
						timeout: timeoutMs,
						abortSignal: request.signal,
					});
					return response;
				},
				{ timeoutMs, onStop: 'abort' },
				stop,
			);
			if (end.kind === 'timedOut') return { kind: 'noAnswer', reason: 'timedOut' };
			if (end.kind === 'threw') return { kind: 'noAnswer', reason: noResultReason(end.error) };
			const response = end.value;
			if (!hasStatusAndStream(response)) return { kind: 'noAnswer', reason: 'broken' };
			return {
				kind: 'answer',
				status: response.statusCode,
				headers: plainHeaders(response.headers),
				body: remoteBody(context, response.body, () => request.abort(), stop),
			};
		},
	};
}

function hasStatusAndStream(
	response: unknown,
): response is { statusCode: number; headers: unknown; body: ByteStream } {
	return (
		typeof response === 'object' &&
		response !== null &&
		'statusCode' in response &&
		typeof response.statusCode === 'number' &&
		'body' in response &&
		isByteStream(response.body)
	);
}

function remoteBody(
	context: IExecuteFunctions,
	stream: ByteStream,
	endRequest: () => void,
	stop: Stop,
): RemoteBody<IBinaryData> {
	const discard = () => {
		// A destroyed stream reports it as an error, which would end the process if nobody listened.
		stream.on('error', () => {});
		// First, and not left to the stream: one that is wrapped around the connection does not let go
		// of it before the next piece arrives, which may be never.
		endRequest();
		stream.destroy(new Error('The download was given up'));
	};
	return {
		discard,
		async store({ fileName, mediaType }, budgetMs) {
			let isStoring = true;
			void watchForStall(stream, () => isStoring, discard);
			try {
				const end = await runExchange(
					async () => await context.helpers.prepareBinaryData(stream, fileName, mediaType),
					{ timeoutMs: budgetMs, onStop: 'abort' },
					stop,
				);
				if (end.kind === 'threw') {
					const why = reasonOfNoPlace(end.error);
					return why === undefined ? undefined : { kind: 'noPlace', why };
				}
				if (end.kind === 'timedOut') return undefined;
				const sizeBytes = await storedSize(context, end.value);
				return { kind: 'stored', stored: end.value, sizeBytes };
			} finally {
				isStoring = false;
				if (!stream.readableEnded) discard();
			}
		},
	};
}
