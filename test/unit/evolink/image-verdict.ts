/* eslint-disable @n8n/community-nodes/require-node-api-error -- runs beside n8n, never inside it */
import { EvolinkFailure } from '../../../nodes/Evolink/evolink/failure';
import type { FailureDetails } from '../../../nodes/Evolink/evolink/failure';
import { checkImage, readImageHeader } from '../../../nodes/Evolink/evolink/image';
import type { ImageHeader } from '../../../nodes/Evolink/evolink/image';
import { VIDEO_MODELS } from '../../../nodes/Evolink/evolink/models';

/**
 * Returns what the node says to an image: what it is, or why it is refused.
 *
 * @throws whatever else the check throws, which it never should
 */
export function verdictOn(bytes: Buffer): ImageHeader | FailureDetails {
	try {
		checkImage(bytes, bytes.length, VIDEO_MODELS[0].image);
	} catch (error) {
		if (!(error instanceof EvolinkFailure)) throw new Error('No failure', { cause: error });
		return error.details;
	}
	const header = readImageHeader(bytes);
	if (header === undefined) throw new Error('It was taken without a header');
	return header;
}
