import { createHash } from 'crypto';

import { isJsonObject } from '../evolink/task';
import type { Identity } from '../money/paidTasks';
import { IMAGE_FIELD_NAMES } from './imageFields';
import type { Execution } from './runItems';
import type { CheckedVideo } from './videoSettings';

/** What a video depends on, by the names of the fields. */
const FIELDS = [
	'model',
	...IMAGE_FIELD_NAMES,
	...['prompt', 'cameraCommands', 'aspectRatio', 'quality', 'duration', 'generateAudio'],
	...['modelId', 'parameters'],
];

function hashOf(content: readonly unknown[]): string {
	return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

/**
 * Returns which video an item is about as it is written: an expression that gives something else at
 * each try of n8n's must not pay again. An agent's calls are all written the same.
 */
export function writtenIdentity(
	{ context, isAgentCall }: Execution,
	isRehearsal: boolean,
): Identity {
	if (isAgentCall) return {};
	const { options, ...fields } = context.getNode().parameters;
	const more: Record<string, unknown> = isJsonObject(options) ? options : {};
	const { cameraSequence = {}, promptOptimizer = true, fastPretreatment = false } = more;
	const { negativePrompt = '', seed = '' } = more;
	const values = FIELDS.map((name) => fields[name]);
	const chosen = [cameraSequence, promptOptimizer, fastPretreatment, negativePrompt, seed];
	return { written: hashOf([...values, ...chosen, isRehearsal]) };
}

/** Returns which video an item is about by what would be sent, with the images' bytes for files. */
export function resolvedIdentity(video: CheckedVideo, isRehearsal: boolean): Identity {
	const contents = video.images.map((image) =>
		image.kind === 'link' ? image.url : image.file.sha256,
	);
	return { resolved: hashOf([video.body(contents), isRehearsal]) };
}
