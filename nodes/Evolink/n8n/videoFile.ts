import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { quotedWords } from '../evolink/failure';
import { sleepInSlices } from '../time/clock';
import { Stopped } from '../time/stop';
import type { Stop } from '../time/stop';
import { withinLimits } from './http';
import type { ByteStream, LinkResponse } from './http';

/** A body from which nothing came for so long is given up. */
const STALL_MS = 60_000;

/** The class of Node's streams, which may not be imported in a node, but comes with each stream. */
interface StreamClass {
	from(pieces: AsyncIterable<unknown>, options: { objectMode: false }): ByteStream;
}

function isStreamClass(value: unknown): value is StreamClass {
	return typeof value === 'function' && 'from' in value && typeof value.from === 'function';
}

/**
 * Returns a stream of the pieces.
 *
 * @param stream any that n8n has handed out
 */
export function streamOf(stream: ByteStream, pieces: AsyncGenerator<unknown, void>): ByteStream {
	const streamClass: unknown = stream.constructor;
	if (!isStreamClass(streamClass)) throw new Error('n8n handed out a stream of an unknown kind');
	return streamClass.from(pieces, { objectMode: false });
}

const BROKE_OFF = 'the file broke off on the way';

/** Thrown for a body that is no file to keep; the words follow a colon. */
export class BodyTrouble extends Error {
	constructor(
		readonly what: string,
		/** `broken`: it came in part. `unusable`: something else came. `notStored`: n8n cannot keep it. */
		readonly kind: 'broken' | 'unusable' | 'notStored',
	) {
		super(what);
		this.name = 'BodyTrouble';
	}
}

/** What the file is judged by while it passes by. */
export interface BodyJudge {
	/** How many bytes it takes to name the file. */
	beginningBytes: number;
	/** @throws BodyTrouble for what is none that is wanted */
	name(beginning: Uint8Array): { fileName: string; mediaType: string };
	pass(piece: Uint8Array): void;
	/** Returns whether what has passed is whole. */
	isWhole(): boolean;
}

/** The pieces of a body, and what has gone wrong with them: so it is known which side has failed. */
class Pieces {
	count = 0;

	trouble: BodyTrouble | undefined;

	private readonly beginning: Uint8Array[] = [];

	private readonly rest: AsyncIterator<unknown>;

	constructor(
		body: ByteStream,
		private readonly judge: BodyJudge,
	) {
		this.rest = body[Symbol.asyncIterator]();
	}

	/** Returns the first bytes, which stay to be read. */
	async readBeginning(): Promise<Uint8Array> {
		let bytes = 0;
		while (bytes < this.judge.beginningBytes) {
			const piece = await this.next();
			if (piece === undefined) break;
			this.beginning.push(piece);
			bytes += piece.length;
		}
		return Buffer.concat(this.beginning);
	}

	async *all(): AsyncGenerator<Uint8Array, void> {
		try {
			for (const piece of this.beginning) yield this.passed(piece);
			for (let piece = await this.next(); piece !== undefined; piece = await this.next()) {
				yield this.passed(piece);
			}
			if (!this.judge.isWhole()) throw this.broken('the file arrived incomplete');
		} finally {
			await this.rest.return?.();
		}
	}

	/** Kept, since whoever stores the pieces may wrap what is thrown. */
	private broken(what: string): BodyTrouble {
		this.trouble = new BodyTrouble(what, 'broken');
		return this.trouble;
	}

	private passed(piece: Uint8Array): Uint8Array {
		this.judge.pass(piece);
		return piece;
	}

	private async next(): Promise<Uint8Array | undefined> {
		const next = await this.rest.next().catch(() => undefined);
		if (next === undefined) throw this.broken(BROKE_OFF);
		this.count++;
		if (next.done === true) return undefined;
		return next.value instanceof Uint8Array ? next.value : await this.next();
	}
}

/**
 * Puts the body of a response to where n8n keeps files, as it comes.
 *
 * @throws BodyTrouble when that did not work; Stopped when the execution is stopped
 */
export async function storeBody(
	context: IExecuteFunctions,
	{ body, discard }: LinkResponse,
	judge: BodyJudge,
	timeoutMs: number,
	stop: Stop,
): Promise<IBinaryData> {
	const pieces = new Pieces(body, judge);
	let isStoring = true;
	const giveUpWhenStalled = async () => {
		while (isStoring) {
			const before = pieces.count;
			await sleepInSlices(STALL_MS, () => isStoring);
			if (isStoring && pieces.count === before) discard();
		}
	};
	const store = async () => {
		void giveUpWhenStalled();
		const { fileName, mediaType } = judge.name(await pieces.readBeginning());
		const stream = streamOf(body, pieces.all());
		return await context.helpers
			.prepareBinaryData(stream, fileName, mediaType)
			.catch((error: unknown) => {
				// What has arrived could not be stored: another download would meet the same.
				const words = quotedWords(error instanceof Error ? error.message : String(error));
				throw pieces.trouble ?? new BodyTrouble(words || 'no reason was given', 'notStored');
			});
	};
	try {
		const file = await withinLimits(store, { timeoutMs }, stop).catch((error: unknown) => {
			const isTold = error instanceof BodyTrouble || error instanceof Stopped;
			throw isTold ? error : new BodyTrouble(BROKE_OFF, 'broken');
		});
		if (pieces.trouble !== undefined) throw pieces.trouble;
		return file;
	} finally {
		isStoring = false;
		if (!body.readableEnded) discard();
	}
}
