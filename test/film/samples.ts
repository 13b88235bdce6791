import { createFile } from 'mp4box';

/** A sample as mp4box reads it. */
export interface FilmSample {
	bytes: Buffer;
	/** When it is shown, after the edit list. */
	seconds: number;
	durationSeconds: number;
	isSync: boolean;
	/** The decoder's settings that hold for it, in hex. */
	config: string;
}

/** Returns the samples of a file's tracks, and its boxes in their order. */
export function readFilm(bytes: Buffer) {
	const file = createFile();
	const film = { boxes: [''], video: new Array<FilmSample>(), audio: new Array<FilmSample>() };
	file.onError = (_module, message) => {
		throw new Error(message);
	};
	file.onReady = ({ tracks }) => {
		for (const { id, type, timescale, edits = [] } of tracks) {
			const mediaTime = edits[0]?.media_time ?? 0;
			const samples = file.getTrackSamplesInfo(id).map((sample): FilmSample => {
				const { avcC, hvcC } = sample.description;
				const { start, size } = avcC ?? hvcC ?? { start: 0, size: 0 };
				return {
					bytes: bytes.subarray(sample.offset, sample.offset + sample.size),
					seconds: (sample.cts - mediaTime) / timescale,
					durationSeconds: sample.duration / timescale,
					isSync: sample.is_sync,
					config: bytes.toString('hex', start, start + size),
				};
			});
			film[type === 'video' ? 'video' : 'audio'] = samples;
		}
	};
	file.appendBuffer(Object.assign(new Uint8Array(bytes).buffer, { fileStart: 0 }));
	file.flush();
	film.boxes = file.boxes.map(({ type }) => type);
	return film;
}
