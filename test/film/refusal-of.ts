import { ClipError, Refusal } from '../../nodes/Evolink/mp4/refusal';
import { joinBytes } from './join-bytes';

/** Returns which of the clips is refused, from 0, and why; or "joined". */
export async function refusalOf(...clips: readonly Buffer[]): Promise<string> {
	const error: unknown = await joinBytes(clips).then(
		() => undefined,
		(thrown: unknown) => thrown,
	);
	if (error === undefined) return 'joined';
	if (error instanceof ClipError && error.cause instanceof Refusal) {
		return `${error.clip} ${error.cause.what}`;
	}
	throw new Error('This is no refusal', { cause: error });
}
