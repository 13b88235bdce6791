import { updateDisplayOptions } from 'n8n-workflow';
import type {
	IBinaryData,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';

import { EvolinkFailure, inputFailure } from '../evolink/failure';
import { resultFileName } from '../evolink/resultFile';
import { damaged, Mp4Refusal } from '../mp4/boxes';
import { ClipRefusal, joinMovies } from '../mp4/joinMovies';
import type { JoinedMovie } from '../mp4/joinMovies';
import { readMovie } from '../mp4/readMovie';
import type { Movie } from '../mp4/readMovie';
import { pieceBytes, writeHead } from '../mp4/writeMovie';
import { findFile, piecesOf, sizeOf } from '../n8n/binaryFile';
import { failedItemRow, stoppedError, toFailureDetails, toNodeError } from '../n8n/nodeErrors';
import { fieldsOfItem } from '../n8n/parameters';
import { streamOf } from '../n8n/videoFile';

const DEFAULT_FILE_FIELD = 'data';
const DEFAULT_FILE_NAME = 'joined.mp4';
const MEDIA_TYPE = 'video/mp4';

/** An index is far smaller; without a limit, a hostile file could fill the memory. */
const LARGEST_INDEX_BYTES = 64 * 1024 * 1024;

/** The fields of Video > Join. */
export const JOIN_VIDEOS_FIELDS: INodeProperties[] = updateDisplayOptions(
	{ show: { resource: ['video'], operation: ['join'] } },
	[
		{
			displayName: 'Input Data Field Name',
			name: 'binaryPropertyName',
			type: 'string',
			required: true,
			default: 'data',
			placeholder: 'e.g. data',
			hint: 'The name of the input field that contains each video file',
			description:
				'The videos are joined in the order of the items, without loss. They must be of the same model and quality.',
		},
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [
				{
					displayName: 'File Name',
					name: 'fileName',
					type: 'string',
					default: 'joined.mp4',
					placeholder: 'e.g. spring-campaign.mp4',
					description: 'Name of the joined video file',
				},
				{
					displayName: 'Put Output File in Field',
					name: 'outputPropertyName',
					type: 'string',
					default: 'data',
					placeholder: 'e.g. data',
					hint: 'The name of the output field that holds the video file',
					description: 'Name of the binary field to put the video in',
				},
			],
		},
	],
);

/** Reads a file in order: what is wanted of it, and nothing of it twice. */
class FileReader {
	private piece: Uint8Array = new Uint8Array();

	private position = 0;

	constructor(private readonly pieces: AsyncGenerator<Uint8Array>) {}

	/** Hands out the bytes from there on, in pieces. @throws Mp4Refusal where the file ends before */
	async *range(offset: number, sizeBytes: number): AsyncGenerator<Uint8Array> {
		const end = offset + sizeBytes;
		while (this.position < end) {
			const start = Math.max(0, offset - this.position);
			const taken = this.piece.subarray(0, end - this.position);
			if (taken.length > start) yield taken.subarray(start);
			this.position += taken.length;
			this.piece = this.piece.subarray(taken.length);
			if (this.position >= end) return;
			const next = await this.pieces.next();
			if (next.done === true) throw damaged();
			this.piece = next.value;
		}
	}

	async read(offset: number, sizeBytes: number): Promise<Buffer> {
		const parts: Uint8Array[] = [];
		for await (const part of this.range(offset, sizeBytes)) parts.push(part);
		return Buffer.concat(parts);
	}

	async close(): Promise<void> {
		await this.pieces.return(undefined);
	}
}

/** Finds and reads the index of a file, wherever it stands. @throws Mp4Refusal */
async function readIndex(reader: FileReader, fileBytes: number): Promise<Movie> {
	let offset = 0;
	while (offset + 8 <= fileBytes) {
		const header = await reader.read(offset, 8);
		const type = header.toString('latin1', 4);
		if (offset === 0 && type !== 'ftyp') break;
		let [headerBytes, boxBytes] = [8, header.readUInt32BE(0)];
		if (boxBytes === 1) {
			headerBytes = 16;
			boxBytes = Number((await reader.read(offset + 8, 8)).readBigUInt64BE(0));
		}
		// A box that says nothing of its size goes to the end.
		if (boxBytes === 0) boxBytes = fileBytes - offset;
		if (boxBytes < headerBytes || offset + boxBytes > fileBytes) break;
		if (type === 'moov') {
			if (boxBytes > LARGEST_INDEX_BYTES) break;
			return readMovie(await reader.read(offset + headerBytes, boxBytes - headerBytes), fileBytes);
		}
		offset += boxBytes;
	}
	throw offset === 0
		? new Mp4Refusal('is not an MP4 video', 'Pass the video files of Video > Create or Task > Get.')
		: new Mp4Refusal('is cut short or damaged', 'Get the video once more, e.g. with Task > Get.');
}

async function readClip(
	context: IExecuteFunctions,
	itemIndex: number,
	binary: IBinaryData,
): Promise<Movie> {
	const reader = new FileReader(piecesOf(context, itemIndex, binary));
	try {
		return await readIndex(reader, await sizeOf(context, binary));
	} finally {
		await reader.close();
	}
}

/** Hands out the joined file: one clip's file is open at a time. */
async function* film(
	context: IExecuteFunctions,
	files: readonly IBinaryData[],
	movie: JoinedMovie,
): AsyncGenerator<Uint8Array, void> {
	yield writeHead(movie);
	const pieces = movie.chunks.flatMap((chunk) => chunk.pieces);
	let next = 0;
	for (const [clip, file] of files.entries()) {
		const reader = new FileReader(piecesOf(context, clip, file));
		try {
			for (; pieces[next]?.clip === clip; next++) {
				context.getExecutionCancelSignal()?.throwIfAborted();
				const { offset, sizeBytes, before } = pieces[next];
				if (before !== undefined) yield before;
				yield* reader.range(offset, sizeBytes);
			}
		} finally {
			await reader.close();
		}
	}
}

async function store(
	context: IExecuteFunctions,
	files: readonly IBinaryData[],
	movie: JoinedMovie,
	fileName: string,
): Promise<IBinaryData> {
	const pieces = film(context, files, movie);
	const [{ id }] = files;
	if (id !== undefined) {
		const example = await context.helpers.getBinaryStream(id);
		example.destroy();
		return await context.helpers.prepareBinaryData(streamOf(example, pieces), fileName, MEDIA_TYPE);
	}
	const parts: Uint8Array[] = [];
	for await (const piece of pieces) parts.push(piece);
	return await context.helpers.prepareBinaryData(Buffer.concat(parts), fileName, MEDIA_TYPE);
}

async function join(
	context: IExecuteFunctions,
	current: { item: number },
): Promise<INodeExecutionData> {
	const files: IBinaryData[] = [];
	const movies: Movie[] = [];
	const items = context.getInputData();
	for (const itemIndex of items.keys()) {
		current.item = itemIndex;
		context.getExecutionCancelSignal()?.throwIfAborted();
		const name = fieldsOfItem(context, itemIndex).fields.text(
			'binaryPropertyName',
			'Input Data Field Name',
		);
		const file = findFile(context, itemIndex, name, {
			defaultForOnlyFile: DEFAULT_FILE_FIELD,
			fileField: 'Input Data Field Name',
			noFileAdvice: "turn on 'Download Video' there",
		});
		files.push(file);
		movies.push(await readClip(context, itemIndex, file));
	}
	current.item = 0;
	const { options } = fieldsOfItem(context, 0);
	const outputName = options.text('outputPropertyName', 'Put Output File in Field').trim();
	const wantedName = options.text('fileName', 'File Name').trim() || DEFAULT_FILE_NAME;
	const movie = joinMovies(movies);
	const fileName = resultFileName(wantedName, DEFAULT_FILE_NAME, MEDIA_TYPE);
	const file = await store(context, files, movie, fileName);
	const { widthPx, heightPx, durationSeconds, chunks, sound } = movie;
	const sampleBytes = chunks.flatMap(({ pieces }) => pieces.map(pieceBytes));
	return {
		json: {
			clips: files.length,
			durationSeconds,
			width: widthPx,
			height: heightPx,
			hasAudio: sound !== undefined,
			sizeBytes: writeHead(movie).length + sampleBytes.reduce((sum, bytes) => sum + bytes, 0),
		},
		binary: { [outputName || DEFAULT_FILE_FIELD]: file },
		pairedItem: files.map((_, item) => ({ item })),
	};
}

function failureOf(error: unknown, item: number): { item: number; failure: unknown } {
	const clip = error instanceof ClipRefusal ? error.clip : item;
	const refusal = error instanceof ClipRefusal ? error.refusal : error;
	if (!(refusal instanceof Mp4Refusal)) return { item, failure: error };
	const message = `Item ${clip} (counted from 0) ${refusal.what}`;
	return { item: clip, failure: inputFailure(message, refusal.advice) };
}

/**
 * Video > Join: all items become one, with their videos one after another in one file. Nothing is
 * encoded again, and no request leaves n8n.
 *
 * @throws NodeOperationError that names the item at fault, unless the node continues
 */
export async function joinVideos(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const current = { item: 0 };
	try {
		return [await join(context, current)];
	} catch (error) {
		if (context.getExecutionCancelSignal()?.aborted === true) {
			throw stoppedError(context.getNode());
		}
		const { item, failure } = failureOf(error, current.item);
		const details = toFailureDetails(failure);
		if (context.continueOnFail()) return [failedItemRow(details, item)];
		const cause = failure instanceof EvolinkFailure ? undefined : failure;
		throw toNodeError(context.getNode(), { details, error: cause }, item);
	}
}
