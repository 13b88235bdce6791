import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MediaOverrides, ServedMedia } from './sandbox-interface';
import { isCompletedOutcome, type SandboxTask, type TaskOrder } from './tasks';

const CLIPS_FOLDER = join(__dirname, 'clips');
const PADDING_BLOCK_BYTES = 64 * 1024;
// A box of an MP4 says its size in 32 bits; bigger ones carry a second, 64-bit size.
const LARGEST_SHORT_BOX_BYTES = 0xffffffff;
const HTML_INSTEAD_OF_VIDEO = '<!doctype html><title>Sandbox</title><p>This is not a video.</p>\n';

const clipsByName = new Map<string, Buffer>();

/**
 * Hailuo's clips say which frames they were given, and have the size and length that was asked for.
 * All others have the shape, or the nearest, and the sound.
 */
function clipNameOf(order: TaskOrder): string {
	if (order.model.startsWith('MiniMax-Hailuo-')) {
		const first = order.imageUrl === null ? 'no-image' : 'first-frame';
		const frames = order.lastImageUrl === null ? first : 'first-and-last-frame';
		return `${frames}-${order.quality}-${order.durationSeconds}s.mp4`;
	}
	// "adaptive" and "auto" have no numbers and end as landscape.
	const [width, height] = (order.aspectRatio ?? '').split(':').map(Number);
	const upright = width < height ? 'portrait' : 'landscape';
	return `${width === height ? 'square' : upright}-${order.hasSound ? 'sound' : 'silent'}.mp4`;
}

function clipFor(order: TaskOrder): Buffer {
	const name = clipNameOf(order);
	let clip = clipsByName.get(name);
	if (clip === undefined) {
		clip = readFileSync(join(CLIPS_FOLDER, name));
		clipsByName.set(name, clip);
	}
	return clip;
}

/**
 * The start of a `free` box, which players skip: it names the task, so that no two tasks serve the
 * same bytes and a mix-up shows.
 */
function markerBox(taskId: string, paddingBytes: number): Buffer {
	const label = Buffer.from(taskId, 'latin1');
	const shortHeaderBytes = 8;
	const longHeaderBytes = 16;
	const shortSize = shortHeaderBytes + label.length + paddingBytes;
	if (shortSize <= LARGEST_SHORT_BOX_BYTES) {
		const header = Buffer.alloc(shortHeaderBytes);
		header.writeUInt32BE(shortSize, 0);
		header.write('free', 4, 'latin1');
		return Buffer.concat([header, label]);
	}
	const header = Buffer.alloc(longHeaderBytes);
	header.writeUInt32BE(1, 0);
	header.write('free', 4, 'latin1');
	header.writeBigUInt64BE(BigInt(longHeaderBytes + label.length + paddingBytes), 8);
	return Buffer.concat([header, label]);
}

/** A block that differs from task to task, repeated as often as the padding needs it. */
function paddingBlock(taskId: string): Buffer {
	const digest = createHash('sha256').update(taskId).digest();
	return Buffer.alloc(PADDING_BLOCK_BYTES, digest);
}

/** The bytes behind a result link, made while they are read. */
export class TaskMedia implements ServedMedia {
	readonly mimeType: string;
	readonly sizeBytes: number;
	readonly overrides: MediaOverrides;
	private readonly head: Buffer;
	private readonly taskId: string;
	private hash: string | undefined;

	constructor(task: SandboxTask) {
		this.taskId = task.taskId;
		this.overrides = (isCompletedOutcome(task.outcome) ? task.outcome.media : undefined) ?? {};
		if (this.overrides.html || this.overrides.empty) {
			this.head = Buffer.from(this.overrides.html ? HTML_INSTEAD_OF_VIDEO : '');
			this.sizeBytes = this.head.length;
		} else {
			const paddingBytes =
				(isCompletedOutcome(task.outcome) ? task.outcome.mediaPaddingBytes : undefined) ?? 0;
			this.head = Buffer.concat([clipFor(task.order), markerBox(task.taskId, paddingBytes)]);
			this.sizeBytes = this.head.length + paddingBytes;
		}
		const regularType = this.overrides.html ? 'text/html; charset=utf-8' : 'video/mp4';
		this.mimeType = this.overrides.contentType ?? regularType;
	}

	/** The bytes from `start` up to but without `end`, in pieces. */
	*chunks(start = 0, end = this.sizeBytes): Generator<Buffer, void, undefined> {
		if (start < this.head.length) yield this.head.subarray(start, Math.min(end, this.head.length));
		if (end <= this.head.length) return;
		const block = paddingBlock(this.taskId);
		let position = Math.max(start, this.head.length);
		while (position < end) {
			const offset = (position - this.head.length) % block.length;
			const piece = block.subarray(offset, Math.min(block.length, offset + end - position));
			yield piece;
			position += piece.length;
		}
	}

	bytes(): Buffer {
		return Buffer.concat([...this.chunks()]);
	}

	get sha256(): string {
		if (this.hash === undefined) {
			const hash = createHash('sha256');
			for (const chunk of this.chunks()) hash.update(chunk);
			this.hash = hash.digest('hex');
		}
		return this.hash;
	}
}
