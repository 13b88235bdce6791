import { boxAt, boxesIn } from '../../nodes/Evolink/mp4/boxes';
import { joinMovies } from '../../nodes/Evolink/mp4/joinMovies';
import { readMovie } from '../../nodes/Evolink/mp4/readMovie';
import { writeHead } from '../../nodes/Evolink/mp4/writeMovie';

/** Joins whole files in memory. @throws as the node's own parts do */
export function joinBytes(files: readonly Buffer[]): { bytes: Buffer; seconds: number } {
	const movies = files.map((file) =>
		readMovie(boxAt(boxesIn(file), 'moov') ?? Buffer.alloc(0), file.length),
	);
	const movie = joinMovies(movies);
	const pieces = movie.chunks.flatMap((chunk) => chunk.pieces);
	const parts = pieces.flatMap(({ clip, offset, sizeBytes, before = Buffer.alloc(0) }) => [
		before,
		files[clip].subarray(offset, offset + sizeBytes),
	]);
	return { bytes: Buffer.concat([writeHead(movie), ...parts]), seconds: movie.durationSeconds };
}
