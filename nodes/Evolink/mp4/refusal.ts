/** Says why a clip cannot be joined. */
export class Refusal extends Error {
	/** @param what follows the name of the clip, such as "Item 3 " */
	constructor(
		readonly reason: 'notMp4' | 'damaged' | 'unsuitable' | 'needsExport' | 'tooLong',
		readonly what: string,
	) {
		super(what);
		this.name = 'Refusal';
	}
}

/** Returns the refusal of a file whose tables contradict themselves or end too early. */
export function damaged(): Refusal {
	return new Refusal('damaged', 'is damaged: its index cannot be read');
}

export function cutShort(): Refusal {
	return new Refusal('damaged', 'is cut short');
}

export function unsuitable(why: string, reason: Refusal['reason'] = 'unsuitable'): Refusal {
	return new Refusal(reason, `cannot be joined, because it ${why}`);
}

export const TRIMMED = ['was trimmed without being saved as a new video', 'needsExport'] as const;

export function tooLong(): Refusal {
	return new Refusal('tooLong', 'makes the joined video too long');
}

/** Whatever went wrong with one clip (its `cause`), with the clip's number, from 0. */
export class ClipError extends Error {
	constructor(
		readonly clip: number,
		cause: unknown,
	) {
		super(`Clip ${clip}`, { cause });
		this.name = 'ClipError';
	}
}

/** A Buffer refuses by itself to read past its end: a table promised more than there is. */
const PAST_END = /^ERR_(BUFFER_)?OUT_OF_(RANGE|BOUNDS)$/;

function named(error: unknown, clip: number): ClipError {
	if (error instanceof ClipError) return error;
	const isPastEnd = PAST_END.test(String(Reflect.get(Object(error), 'code')));
	return new ClipError(clip, isPastEnd ? damaged() : error);
}

/** Runs work on one clip, and names the clip in whatever it throws. */
export async function forClip<Result>(
	clip: number,
	work: () => Result | Promise<Result>,
): Promise<Result> {
	try {
		return await work();
	} catch (error) {
		throw named(error, clip);
	}
}
