import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import type { RemoteBody, ResultAnswer, ResultLinks } from '../evolink/resultFile';
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

/** How much the stream's connection has received, where that can be seen. */
function receivedBytes(stream: ByteStream): number | undefined {
	const socket: unknown = Reflect.get(stream, 'socket');
	if (typeof socket !== 'object' || socket === null) return undefined;
	const bytes: unknown = Reflect.get(socket, 'bytesRead');
	return typeof bytes === 'number' ? bytes : undefined;
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
	let seenBytes = receivedBytes(stream);
	while (seenBytes !== undefined && isStoring()) {
		await sleepInSlices(STALL_MS, isStoring);
		const nowBytes = receivedBytes(stream);
		if (isStoring() && nowBytes === seenBytes) giveUp();
		seenBytes = nowBytes;
	}
}

/** Makes the way to result links: through n8n's own HTTP client, and without the API key. */
export function createResultLinks(
	context: IExecuteFunctions,
	stop: Stop,
): ResultLinks<IBinaryData> {
	return {
		async open(link, budgetMs): Promise<ResultAnswer<IBinaryData>> {
			const timeoutMs = Math.min(OPENING_TIMEOUT_MS, budgetMs);
			const end = await runExchange(
				async (signal) => {
					const response: unknown = await context.helpers.httpRequest({
						method: 'GET',
						url: link,
						// Packed, the length could not be held against what arrives.
						headers: { 'User-Agent': USER_AGENT, Accept: '*/*', 'Accept-Encoding': 'identity' },
						encoding: 'stream',
						returnFullResponse: true,
						ignoreHttpStatusErrors: true,
						timeout: timeoutMs,
						abortSignal: signal,
					});
					return response;
				},
				{ timeoutMs, onStop: 'abort' },
				stop,
			);
			if (end.kind === 'timedOut') return { kind: 'noAnswer', reason: 'timedOut' };
			if (end.kind === 'threw') return { kind: 'noAnswer', reason: noAnswerReason(end.error) };
			const response = end.value;
			if (!hasStatusAndStream(response)) return { kind: 'noAnswer', reason: 'broken' };
			return {
				kind: 'answer',
				status: response.statusCode,
				headers: plainHeaders(response.headers),
				body: remoteBody(context, response.body, stop),
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
	stop: Stop,
): RemoteBody<IBinaryData> {
	const discard = () => {
		// A destroyed stream reports it as an error, which would end the process if nobody listened.
		stream.on('error', () => {});
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
				if (end.kind !== 'answered') return undefined;
				return { stored: end.value, sizeBytes: await storedSize(context, end.value) };
			} finally {
				isStoring = false;
				if (!stream.readableEnded) discard();
			}
		},
	};
}
