import { box } from './boxes';
import { audioFormat, videoFormat } from './codecs';
import type { Movie, Sample, Track } from './readMovie';
import { forClip, tooLong, TRIMMED, unsuitable } from './refusal';

/** Two hours of video with sound; it bounds how long the tables of all clips take, in time and memory. */
export const MOST_SAMPLES = 500_000;

/** Samples of one track that lie one after another. */
export interface Chunk {
	/** Whose samples they are, from 0. */
	clip: number;
	isVideo: boolean;
	samples: Sample[];
	/** Which of the track's sample entries they need, from 1. */
	entryNumber: number;
	/** Where they lie in the joined file, behind all that comes before the first one. */
	offset: number;
}

/** Returns how many bytes a sample takes in the joined file. */
export function joinedBytes({ sizeBytes, before }: Sample): number {
	return sizeBytes + (before?.length ?? 0);
}

export type Layout = Awaited<ReturnType<typeof layOut>>;

/** Above it, times are rounded to a scale of this size: a player counts in 32 bits. */
const LARGEST_TIMESCALE = 1e8;

const LARGEST_UINT32 = 0xffffffff;

type AudioTrack = Track & ReturnType<typeof audioFormat> & ReturnType<typeof gridOf>;

/** A clip that can be joined to those before it. */
interface Clip extends ReturnType<typeof spanOf> {
	video: Track & ReturnType<typeof videoFormat>;
	audio: AudioTrack | undefined;
}

function greatestCommonDivisor(a: number, b: number): number {
	return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Returns a scale in which every time of all clips is a whole number, if it is not too large. */
function commonTimescale(clips: readonly Clip[]): number {
	let scale = 1;
	for (const { video } of clips) {
		scale = (scale / greatestCommonDivisor(scale, video.timescale)) * video.timescale;
		if (scale > LARGEST_TIMESCALE) return LARGEST_TIMESCALE;
	}
	return scale;
}

/** Returns when a clip's first frame is shown and for how long all are, in its own time scale. */
function spanOf({ samples, editSeconds, mediaTime, timescale, delaySeconds }: Track) {
	let [firstShown, end, longestDuration] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
	for (const { decodeTime, delay, duration } of samples) {
		firstShown = Math.min(firstShown, decodeTime + delay);
		end = Math.max(end, decodeTime + delay + duration);
		longestDuration = Math.max(longestDuration, duration);
	}
	const length = end - firstShown;
	const shownLength = editSeconds === undefined ? length : editSeconds * timescale;
	if (firstShown < mediaTime || length - shownLength > 1.5 * longestDuration) {
		throw unsuitable(...TRIMMED);
	}
	if (!samples[0].isSync || length <= 0) throw unsuitable('has no key frame at its beginning');
	/** By how much the first frame comes after the start of the movie. */
	const leadSeconds = delaySeconds + (firstShown - mediaTime) / timescale;
	return { firstShown, length, leadSeconds };
}

/** What people hear as a gap, or see as lips out of step. */
const NOTICEABLE_SECONDS = 0.025;

/**
 * Returns when the first packet of a track is heard, in seconds of its movie, if all come at even
 * distances, and how far the times of some stray from there: recorders do not keep exact times.
 */
function gridOf(track: Track, packetSeconds: number) {
	const { samples, timescale, delaySeconds, mediaTime } = track;
	let [earliest, latest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
	for (const [index, { decodeTime }] of samples.entries()) {
		const offset = (decodeTime - mediaTime) / timescale - index * packetSeconds;
		earliest = Math.min(earliest, offset);
		latest = Math.max(latest, offset);
	}
	const straySeconds = (latest - earliest) / 2;
	if (2 * straySeconds > NOTICEABLE_SECONDS) throw unsuitable('has sound with gaps');
	return { firstSeconds: delaySeconds + earliest + straySeconds, straySeconds };
}

/** Differences whose values mean something to people. */
const READABLE = ['codec', 'size in pixels', 'NAL length'];

/** @throws Refusal for a clip that cannot be joined to those before it */
function prepare(movie: Movie, before: readonly Clip[]): Clip {
	const video = { ...movie.video, ...videoFormat(movie) };
	for (const [index, [what, value]] of video.mustMatch.entries()) {
		const other = before.findIndex((clip) => clip.video.mustMatch[index][1] !== undefined);
		const wanted = before[other]?.video.mustMatch[index][1] ?? value;
		const words = READABLE.includes(what) ? `: ${value} instead of ${wanted}` : '';
		if (value !== undefined && value !== wanted) {
			throw unsuitable(`differs from item ${other} in its ${what}${words}`);
		}
	}
	if (movie.audio === undefined) return { video, audio: undefined, ...spanOf(video) };
	const format = audioFormat(movie.audio);
	const grid = gridOf(movie.audio, format.packetTicks / format.rate);
	const firstAudio = before.find((clip) => clip.audio !== undefined)?.audio;
	if (firstAudio !== undefined && format.sameConfig !== firstAudio.sameConfig) {
		throw unsuitable('has another kind of sound than the clips before it');
	}
	return { video, audio: { ...movie.audio, ...format, ...grid }, ...spanOf(video) };
}

/** Lays the frames of all clips on one line of time: gives the samples their times on it. */
function layOutVideo(clips: readonly Clip[], needsSets: boolean) {
	const timescale = commonTimescale(clips);
	const startSeconds: number[] = [];
	let [start, earliest, mediaTime] = [0, 0, 0];
	for (const clip of clips) {
		const { timescale: own, samples, parameterSets } = clip.video;
		const scaled = (time: number) => Math.round((time * timescale) / own);
		for (const sample of samples) {
			const shownAt = start + scaled(sample.decodeTime + sample.delay - clip.firstShown);
			// At a varying rate, the clip before can be decoded for longer than it is shown.
			sample.decodeTime = Math.max(earliest, start + scaled(sample.decodeTime));
			sample.delay = shownAt - sample.decodeTime;
			if (sample.isSync && needsSets) sample.before = parameterSets;
			earliest = sample.decodeTime + 1;
			mediaTime = Math.max(mediaTime, -sample.delay);
		}
		startSeconds.push(start / timescale);
		start += scaled(clip.length);
	}
	let end = start;
	for (const { video } of [...clips].reverse()) {
		for (const sample of [...video.samples].reverse()) {
			// One shift for all keeps every delay from being negative; the edit list takes it back.
			sample.delay += mediaTime;
			sample.duration = Math.max(1, end - sample.decodeTime);
			end = sample.decodeTime;
		}
	}
	return { startSeconds, track: { timescale, mediaTime, shownSeconds: start / timescale } };
}

/**
 * Lays all packets of audio on one grid without gaps, since gaps and edits would shift it. A packet
 * goes to the slot that is nearest, so that audio and video stay within half a packet; where two
 * clips meet, the earlier one's last packets give way, and silence fills what is left.
 */
async function layOutAudio(
	clips: readonly Clip[],
	{ startSeconds, track: { shownSeconds } }: ReturnType<typeof layOutVideo>,
	{ rate, packetTicks, silence, header, joinedEntry }: AudioTrack,
) {
	const slotSeconds = packetTicks / rate;
	const exactSlots = clips.map(({ audio, leadSeconds }, clip) => {
		const lead = audio === undefined ? 0 : audio.firstSeconds - leadSeconds;
		return (startSeconds[clip] + lead) / slotSeconds;
	});
	const firstSlots = exactSlots.map(Math.round);
	const lastWithAudio = clips.map(({ audio }) => audio !== undefined).lastIndexOf(true);
	const endSlot = Math.ceil(shownSeconds / slotSeconds);
	const firstSlot = Math.min(0, firstSlots[0]);
	const times = { decodeTime: 0, delay: 0, duration: packetTicks };
	const early: Sample = { ...times, offset: 0, sizeBytes: 0, isSync: true, before: silence };
	const late: Sample = { ...early, offset: Number.POSITIVE_INFINITY };
	let nextFree = firstSlot;
	const packets: Sample[][] = [];
	for (const [clip, { audio }] of clips.entries()) {
		await forClip(clip, () => {
			const offsetSeconds = Math.abs(exactSlots[clip] - firstSlots[clip]) * slotSeconds;
			if (audio !== undefined && offsetSeconds + audio.straySeconds > NOTICEABLE_SECONDS) {
				throw unsuitable('has sound of so low a sample rate that it would be out of step');
			}
			const end = Math.max(nextFree, Math.min(firstSlots[clip + 1] ?? endSlot, endSlot));
			if (end - firstSlot > MOST_SAMPLES) throw tooLong();
			const own: Sample[] = [];
			for (; nextFree < end; nextFree++) {
				const sample = audio?.samples[nextFree - firstSlots[clip]];
				const silent = nextFree < firstSlots[clip] ? early : late;
				if (sample !== undefined) sample.duration = packetTicks;
				else if (silence === undefined) {
					// Nothing comes after the last sound that would have to keep its time.
					if (silent === late && clip >= lastWithAudio) break;
					const sound = audio ? 'sound that ends before its video' : 'no sound';
					throw unsuitable(`has ${sound}, and silence cannot be added to this kind of sound`);
				}
				own.push(sample ?? silent);
			}
			packets.push(own);
		});
	}
	const mediaTime = -firstSlot * packetTicks;
	const audioSeconds = Math.min(shownSeconds, nextFree * slotSeconds);
	const entries = [joinedEntry];
	const track = { timescale: rate, mediaTime, shownSeconds: audioSeconds, header, entries };
	return { packets, track };
}

/** Returns one clip's samples in the order of its file, in chunks of one track each. */
function chunksOf(
	clip: number,
	frames: readonly Sample[],
	packets: readonly Sample[],
	videoEntry: number,
): Chunk[] {
	const chunks: Chunk[] = [];
	let [frame, packet, end] = [0, 0, 0];
	while (frame < frames.length || packet < packets.length) {
		const isVideo =
			packet === packets.length ||
			(frame < frames.length && frames[frame].offset <= packets[packet].offset);
		const sample = isVideo ? frames[frame++] : packets[packet++];
		if (sample.offset < end) throw unsuitable('has samples that overlap or are out of order');
		if (sample.duration > LARGEST_UINT32 || sample.delay > LARGEST_UINT32) throw tooLong();
		end = sample.offset + sample.sizeBytes;
		const last = chunks.at(-1);
		if (last?.isVideo === isVideo) last.samples.push(sample);
		else {
			const entryNumber = isVideo ? videoEntry : 1;
			chunks.push({ clip, isVideo, samples: [sample], entryNumber, offset: 0 });
		}
	}
	return chunks;
}

/**
 * Works out the joined file: the clips one after another, nothing encoded again.
 *
 * @throws ClipError for a clip that cannot be joined to the first
 */
export async function layOut(movies: readonly Movie[]) {
	const clips: Clip[] = [];
	for (const [clip, movie] of movies.entries()) {
		clips.push(await forClip(clip, () => prepare(movie, clips)));
	}
	const entries = new Map<string, Buffer>();
	for (const { video } of clips) {
		const entry = entries.get(video.entryKey) ?? box(video.entryType, video.entry);
		entries.set(video.entryKey, entry);
	}
	const keys = [...entries.keys()];
	// Where they differ, players need an entry for each configuration, and copies of the file need
	// the parameter sets in front of each sync sample, too.
	const video = layOutVideo(clips, entries.size > 1);
	const firstAudio = clips.find(({ audio }) => audio !== undefined)?.audio;
	const audio = firstAudio && (await layOutAudio(clips, video, firstAudio));
	const chunksOfClips: Chunk[][] = [];
	for (const [index, clip] of clips.entries()) {
		const entryNumber = keys.indexOf(clip.video.entryKey) + 1;
		const packets = audio?.packets[index] ?? [];
		const work = () => chunksOf(index, clip.video.samples, packets, entryNumber);
		chunksOfClips.push(await forClip(index, work));
	}
	const chunks = chunksOfClips.flat();
	let dataBytes = 0;
	for (const chunk of chunks) {
		chunk.offset = dataBytes;
		for (const sample of chunk.samples) dataBytes += joinedBytes(sample);
	}
	const { header, widthPx, heightPx } = clips[0].video;
	return {
		header: movies[0].header,
		video: { ...video.track, entries: [...entries.values()], header },
		audio: audio?.track,
		chunks,
		dataBytes,
		widthPx,
		heightPx,
	};
}
