import { layOut, MOST_SAMPLES } from './layOut';
import type { Chunk } from './layOut';
import { FileReader, readIndex } from './readFile';
import type { Mp4File } from './readFile';
import { readMovie } from './readMovie';
import type { Movie } from './readMovie';
import { forClip } from './refusal';
import { writeHead } from './writeHead';

/** A sample can be larger than what should be in memory at a time. */
const LARGEST_PIECE_BYTES = 1024 * 1024;

/** Hands out the whole joined file: one clip's file is open at a time. */
async function* copy(
	files: readonly Mp4File[],
	head: Buffer,
	chunks: readonly Chunk[],
): AsyncGenerator<Uint8Array, void> {
	yield head;
	let next = 0;
	for (const [clip, file] of files.entries()) {
		const reader = new FileReader(file);
		try {
			for (; chunks[next]?.clip === clip; next++) {
				for (const { before, offset, sizeBytes } of chunks[next].samples) {
					if (before !== undefined) yield before;
					for (let at = 0; at < sizeBytes; at += LARGEST_PIECE_BYTES) {
						const pieceBytes = Math.min(sizeBytes - at, LARGEST_PIECE_BYTES);
						yield await forClip(clip, async () => await reader.read(offset + at, pieceBytes));
					}
				}
			}
		} finally {
			await reader.close();
		}
	}
}

/**
 * Joins MP4 files, one after another, without encoding anything again.
 *
 * @returns what is known of the joined file, and its bytes, which are copied as they are asked for
 * @throws ClipError with the number of the file that cannot be joined or read, and why
 */
export async function joinFiles(files: readonly Mp4File[]) {
	const movies: Movie[] = [];
	let samplesLeft = MOST_SAMPLES;
	for (const [clip, file] of files.entries()) {
		const movie = await forClip(clip, async () => {
			const { moov, hasMore } = await readIndex(file);
			const read = readMovie(moov, file.sizeBytes, samplesLeft);
			if (hasMore) read.others.push('data beside the video, such as C2PA marks');
			return read;
		});
		movies.push(movie);
		samplesLeft -= movie.video.samples.length + (movie.audio?.samples.length ?? 0);
	}
	const layout = await layOut(movies);
	const head = writeHead(layout);
	return {
		durationSeconds: layout.video.shownSeconds,
		widthPx: layout.widthPx,
		heightPx: layout.heightPx,
		hasAudio: layout.audio !== undefined,
		sizeBytes: head.length + layout.dataBytes,
		leavesOut: [...new Set(movies.flatMap(({ others }) => others))],
		pieces: copy(files, head, layout.chunks),
	};
}
