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
	/** @throws BodyTrouble at the end of a body that is not whole */
	pass(piece: Uint8Array): void;
	end(): void;
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
			this.judge.end();
		} catch (error) {
			if (error instanceof BodyTrouble) this.trouble = error;
			throw error;
		} finally {
			await this.rest.return?.();
		}
	}

	private passed(piece: Uint8Array): Uint8Array {
		this.judge.pass(piece);
		return piece;
	}

	private async next(): Promise<Uint8Array | undefined> {
		const next = await this.rest.next().catch(() => undefined);
		if (next === undefined) throw new BodyTrouble('the file broke off on the way', 'broken');
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
		try {
			return await context.helpers.prepareBinaryData(stream, fileName, mediaType);
		} catch (error) {
			// What has arrived could not be stored: another download would meet the same.
			const words = quotedWords(error instanceof Error ? error.message : String(error));
			throw pieces.trouble ?? new BodyTrouble(words || 'no reason was given', 'notStored');
		}
	};
	try {
		const file = await withinLimits(store, { timeoutMs }, stop);
		if (pieces.trouble !== undefined) throw pieces.trouble;
		return file;
	} catch (error) {
		if (error instanceof BodyTrouble || error instanceof Stopped) throw error;
		throw new BodyTrouble('the file broke off on the way', 'broken');
	} finally {
		isStoring = false;
		if (!body.readableEnded) discard();
	}
}
