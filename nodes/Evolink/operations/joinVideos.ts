import { updateDisplayOptions } from 'n8n-workflow';
import type {
	IBinaryData,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';

import { EvolinkFailure, inputFailure } from '../evolink/failure';
import { resultFileName } from '../evolink/resultFile';
import { isTaskId } from '../evolink/task';
import { joinFiles } from '../mp4/joinFiles';
import type { Mp4File } from '../mp4/readFile';
import { ClipError, forClip, Refusal } from '../mp4/refusal';
import { findFile, piecesOf, sizeOf } from '../n8n/binaryFile';
import { failedItemRow, stoppedError, toFailureDetails, toNodeError } from '../n8n/nodeErrors';
import { fieldsOfItem } from '../n8n/parameters';
import { streamOf } from '../n8n/videoFile';
import { FILE_NAME_FIELD, INPUT_FILE_FIELD, OUTPUT_FILE_FIELD } from './waitOptions';

const DEFAULT_FILE_FIELD = 'data';
const DEFAULT_FILE_NAME = 'joined.mp4';
const MEDIA_TYPE = 'video/mp4';

/** What to do about a clip that cannot be joined; in other words where the clip is one of Evolink's. */
const ADVICE: Record<Refusal['reason'], readonly [string, string?]> = {
	notMp4: ['Pass MP4 video files, such as those of Video > Create.'],
	damaged: ['Get or export the video once more.', 'Get the video once more with Task > Get.'],
	unsuitable: [
		'Export it once with the same settings as the other clips, in any video editor.',
		'Join clips of the same model, quality and image shape.',
	],
	needsExport: ['Export it once (QuickTime, Photos or any editor) and join the new file.'],
	tooLong: ['Join fewer or shorter videos at a time.'],
};

/** The fields of Video > Join. */
export const JOIN_VIDEOS_FIELDS: INodeProperties[] = updateDisplayOptions(
	{ show: { resource: ['video'], operation: ['join'] } },
	[
		{
			...INPUT_FILE_FIELD,
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
					...FILE_NAME_FIELD,
					default: DEFAULT_FILE_NAME,
					description: 'Name of the joined video file',
				},
				OUTPUT_FILE_FIELD,
			],
		},
	],
);

/** An item's file; it has an id where n8n keeps it outside of memory. */
type ItemFile = Mp4File & { id: string | undefined };

async function fileOf(context: IExecuteFunctions, itemIndex: number): Promise<ItemFile> {
	const { fields } = fieldsOfItem(context, itemIndex);
	const name = fields.text('binaryPropertyName', 'Input Data Field Name');
	const binary = findFile(context, itemIndex, name, {
		defaultForOnlyFile: DEFAULT_FILE_FIELD,
		fileField: 'Input Data Field Name',
		noFileAdvice: "turn on 'Download Video' there",
	});
	return {
		id: binary.id,
		sizeBytes: await sizeOf(context, binary),
		async *pieces() {
			for await (const piece of piecesOf(context, itemIndex, binary)) {
				context.getExecutionCancelSignal()?.throwIfAborted();
				yield piece;
			}
		},
	};
}

/** @param id of any file that n8n keeps outside of memory, where it does */
async function store(
	context: IExecuteFunctions,
	id: string | undefined,
	pieces: AsyncGenerator<Uint8Array, void>,
	fileName: string,
): Promise<IBinaryData> {
	const { getBinaryStream, prepareBinaryData } = context.helpers;
	if (id !== undefined) {
		const example = await getBinaryStream(id);
		example.destroy();
		return await prepareBinaryData(streamOf(example, pieces), fileName, MEDIA_TYPE);
	}
	const parts: Uint8Array[] = [];
	for await (const piece of pieces) parts.push(piece);
	return await prepareBinaryData(Buffer.concat(parts), fileName, MEDIA_TYPE);
}

async function join(context: IExecuteFunctions): Promise<INodeExecutionData> {
	const files: ItemFile[] = [];
	for (const itemIndex of context.getInputData().keys()) {
		files.push(await forClip(itemIndex, async () => await fileOf(context, itemIndex)));
	}
	const { options } = fieldsOfItem(context, 0);
	const outputName = options.text('outputPropertyName', 'Put Output File in Field').trim();
	const wantedName = options.text('fileName', 'File Name').trim() || DEFAULT_FILE_NAME;
	const fileName = resultFileName(wantedName, DEFAULT_FILE_NAME, MEDIA_TYPE);
	const video = await joinFiles(files);
	const file = await store(context, files[0].id, video.pieces, fileName);
	if (video.leavesOut.length > 0) {
		const message = `The joined video has the video and sound of the videos, and nothing else. Left out: ${video.leavesOut.join(', ')}.`;
		context.addExecutionHints({ message, location: 'outputPane', type: 'info' });
	}
	return {
		json: {
			clips: files.length,
			durationSeconds: video.durationSeconds,
			width: video.widthPx,
			height: video.heightPx,
			hasAudio: video.hasAudio,
			sizeBytes: video.sizeBytes,
		},
		binary: { [outputName || DEFAULT_FILE_FIELD]: file },
		pairedItem: files.map((_, item) => ({ item })),
	};
}

function refusal(context: IExecuteFunctions, item: number, { what, reason }: Refusal) {
	const { taskId } = context.getInputData()[item].json;
	const [advice, adviceOnOwn = advice] = ADVICE[reason];
	const words = isTaskId(taskId) ? adviceOnOwn : advice;
	return inputFailure(`Item ${item} (counted from 0) ${what}`, words);
}

/**
 * Video > Join: all items become one, with their videos one after another in one file. Nothing is
 * encoded again, and no request leaves n8n.
 *
 * @throws NodeOperationError that names the item at fault, unless the node continues
 */
export async function joinVideos(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	try {
		return [await join(context)];
	} catch (thrown) {
		if (context.getExecutionCancelSignal()?.aborted === true) {
			throw stoppedError(context.getNode());
		}
		const [item, cause] = thrown instanceof ClipError ? [thrown.clip, thrown.cause] : [0, thrown];
		const failure = cause instanceof Refusal ? refusal(context, item, cause) : cause;
		const details = toFailureDetails(failure);
		if (context.continueOnFail()) return [failedItemRow(details, item)];
		const error = failure instanceof EvolinkFailure ? undefined : failure;
		throw toNodeError(context.getNode(), { details, error }, item);
	}
}
