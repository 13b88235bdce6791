import { noResponseFailure } from '../evolink/failures';
import type { UploadedFile } from '../evolink/client';
import type { CheckedImage } from '../n8n/imageFile';
import { repeatOrThrow } from '../time/repeat';
import type { Execution, OpenAccount } from './runItems';

/** An upload costs nothing, so it is tried for a good while; but no video waits for it yet. */
export const LONGEST_UPLOAD_MS = 300_000;

/**
 * Uploads an image, once for all items that share it; where that fails, each tries for itself.
 *
 * @throws EvolinkFailure when it cannot be done in time; Stopped when the execution is stopped
 */
export async function uploadImage(
	image: CheckedImage,
	timeoutSeconds: number,
	{ client, uploads }: OpenAccount,
	{ clock }: Execution,
): Promise<UploadedFile> {
	const first = uploads.get(image.sha256);
	if (first !== undefined && !(first instanceof Promise)) return first;
	const deadlineMs = clock.nowMs() + Math.min(timeoutSeconds * 1000, LONGEST_UPLOAD_MS);
	const shared =
		first && (await Promise.race([first, clock.sleep(deadlineMs - clock.nowMs()).then(() => {})]));
	if (shared !== undefined) return shared;
	if (clock.nowMs() >= deadlineMs) throw noResponseFailure('timedOut');
	const upload = repeatOrThrow(
		async (allowedMs) => await client.uploadImage(await image.form(), allowedMs),
		{ deadlineMs, quietMs: () => client.throttle.quietMs() },
		clock,
	);
	uploads.set(
		image.sha256,
		upload.catch(() => undefined),
	);
	const file = await upload;
	uploads.set(image.sha256, file);
	return file;
}
