/* eslint-disable @n8n/community-nodes/require-node-api-error -- runs beside n8n, never inside it */
import { EvolinkFailure } from '../../../nodes/Evolink/evolink/failure';
import type { FailureDetails } from '../../../nodes/Evolink/evolink/failure';
import { VIDEO_MODELS } from '../../../nodes/Evolink/evolink/models';
import { inspectPicture } from '../../../nodes/Evolink/evolink/picture';
import type { PictureHeader } from '../../../nodes/Evolink/evolink/pictureHeader';

/**
 * Returns what the node says to a picture that arrives in these pieces: what it is, or why it is
 * refused.
 *
 * @throws whatever else the inspector throws, which it never should
 */
export function verdictOnPieces(pieces: Iterable<Uint8Array>): PictureHeader | FailureDetails {
	const inspector = inspectPicture(VIDEO_MODELS[0].picture);
	try {
		for (const piece of pieces) inspector.take(piece);
		return inspector.end();
	} catch (error) {
		if (error instanceof EvolinkFailure) return error.details;
		throw error;
	}
}

/** Cuts the bytes into pieces of that length; the last may be shorter. */
export function* piecesOf(bytes: Uint8Array, pieceBytes: number): Iterable<Uint8Array> {
	for (let offset = 0; offset < bytes.length; offset += pieceBytes) {
		yield bytes.subarray(offset, offset + pieceBytes);
	}
}
