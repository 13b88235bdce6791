import type { CheckedPicture } from '../evolink/picture';
import { backoffMs } from '../tasks/backoff';
import type { Services } from './operation';

/** An address that does not answer is mostly a typing mistake; the user should hear of it soon. */
const MOST_REPEATS_WHEN_UNREACHABLE = 3;

/** An upload costs nothing, so it is tried for a good while; but no video waits for it yet. */
const LONGEST_UPLOAD_MS = 300_000;

/**
 * Returns the address under which the API can fetch the picture, after uploading it. A picture
 * that several items of one execution share is uploaded once.
 *
 * @param deadlineMs no attempt begins after this, in milliseconds since 1970
 * @throws EvolinkFailure when the File API refuses the picture, or can't be reached
 * @throws Stopped when the execution is stopped
 */
export async function uploadPicture(
	picture: CheckedPicture,
	deadlineMs: number,
	services: Services,
): Promise<string> {
	const underway = services.uploads.get(picture.sha256);
	if (underway !== undefined) return await underway;
	const upload = uploadUntilDone(picture, deadlineMs, services);
	services.uploads.set(picture.sha256, upload);
	upload.catch(() => {
		// The next item with this picture shall have its own chance.
		services.uploads.delete(picture.sha256);
	});
	return await upload;
}

async function uploadUntilDone(
	picture: CheckedPicture,
	deadlineMs: number,
	{ client, clock, pace, random }: Services,
): Promise<string> {
	const askedMs = clock.nowMs();
	await pace.turn('work', Number.POSITIVE_INFINITY);
	// Having to wait for the other items' requests is not counted against the upload.
	const inLineMs = clock.nowMs() - askedMs;
	const endMs = Math.min(deadlineMs + inLineMs, clock.nowMs() + LONGEST_UPLOAD_MS);
	let unreachable = 0;
	for (let attempt = 1; ; attempt++) {
		const outcome = await client.uploadPicture(picture, Math.max(1, endMs - clock.nowMs()));
		if (outcome.kind === 'done') return outcome.value;
		if (outcome.kind === 'failed') throw outcome.failure;
		if (outcome.reason === 'unreachable') unreachable++;
		const pauseMs = backoffMs(attempt, outcome.retryAfterMs, random());
		const isTooLate = clock.nowMs() + pauseMs >= endMs;
		if (isTooLate || unreachable > MOST_REPEATS_WHEN_UNREACHABLE) throw outcome.failure;
		await clock.sleep(pauseMs);
		if (!(await pace.turn('work', endMs - clock.nowMs()))) throw outcome.failure;
	}
}
