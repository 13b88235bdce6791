import { entryBox, pictureFormat, soundFormat } from './codecs';
import type { PictureFormat, SoundFormat } from './codecs';
import { Mp4Refusal } from './boxes';
import { unsupported } from './readMovie';
import type { Movie, Sample, Track } from './readMovie';

/** Bytes of the joined file: a range of one clip's file, behind some of our own; or only our own. */
export interface Piece {
	/** Which clip's file, from 0. */
	clip: number;
	offset: number;
	sizeBytes: number;
	/** Parameter sets before a key frame, or silence. */
	before?: Buffer;
}

/** Samples of one track that lie one after another. */
export interface Chunk {
	track: 'picture' | 'sound';
	pieces: Piece[];
	/** Which of the track's sample entries they need, from 0. */
	entryIndex: number;
}

/** A track of the joined file; times are in units of its time scale. */
export interface JoinedTrack {
	timescale: number;
	entries: Buffer[];
	durations: number[];
	/** How much later than decoded each sample is shown. */
	delays: number[];
	/** Numbers of the key frames, from 1; undefined where every sample is one. */
	keyFrames: number[] | undefined;
	/** How much of the beginning is not shown. */
	hidden: number;
	shownSeconds: number;
	matrix: Buffer;
}

/** All there is to write. */
export interface JoinedMovie {
	picture: JoinedTrack;
	sound: JoinedTrack | undefined;
	chunks: Chunk[];
	durationSeconds: number;
	widthPx: number;
	heightPx: number;
}

/** Thrown with the number of the clip that is at fault. */
export class ClipRefusal extends Error {
	constructor(
		readonly clip: number,
		readonly refusal: Mp4Refusal,
	) {
		super(refusal.what);
		this.name = 'ClipRefusal';
	}
}

/** Above it, times are rounded to a scale of this size: a player counts in 32 bits. */
const LARGEST_TIMESCALE = 1e8;

function greatestCommonDivisor(a: number, b: number): number {
	return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Returns a scale in which every time of all clips is a whole number, if it is not too large. */
function commonTimescale(timescales: readonly number[]): number {
	let scale = 1;
	for (const one of timescales) {
		scale = (scale / greatestCommonDivisor(scale, one)) * one;
		if (scale > LARGEST_TIMESCALE) return LARGEST_TIMESCALE;
	}
	return scale;
}

/** When a clip's pictures begin and how long they last, in its own time scale. */
interface Span {
	firstShown: number;
	length: number;
	/** By how much its first picture comes after the start of the movie, in seconds. */
	leadSeconds: number;
}

const MATCH_ADVICE = 'Join clips of the same model, quality and image shape.';

function spanOf({ samples, hidden, editSeconds, delaySeconds, timescale }: Track): Span {
	const [first] = samples;
	let firstShown = first.shownAt;
	let end = firstShown;
	for (const { shownAt, duration } of samples) {
		firstShown = Math.min(firstShown, shownAt);
		end = Math.max(end, shownAt + duration);
	}
	const length = end - firstShown;
	const longestDuration = samples.reduce((most, { duration }) => Math.max(most, duration), 0);
	const isCutAtEnd =
		editSeconds !== undefined && length - editSeconds * timescale > 1.5 * longestDuration;
	if (firstShown < hidden || isCutAtEnd) throw unsupported('cuts that were not encoded');
	if (!first.isKeyFrame || length <= 0) throw unsupported('no key frame at its beginning');
	const leadSeconds = delaySeconds + (firstShown - hidden) / timescale;
	return { firstShown, length, leadSeconds };
}

function requireMatch(format: PictureFormat, first: PictureFormat): void {
	for (const [index, [what, value]] of format.mustMatch.entries()) {
		const [, wanted] = first.mustMatch[index];
		if (value === wanted) continue;
		const isReadable = what === 'codec' || what === 'size in pixels';
		const words = isReadable ? `: ${value} instead of ${wanted}` : '';
		throw new Mp4Refusal(`differs from the first clip in its ${what}${words}`, MATCH_ADVICE);
	}
}

/** Runs a check of one clip, and names the clip in what it throws. */
function forEachClip<Result>(
	movies: readonly Movie[],
	work: (movie: Movie, clip: number) => Result,
): Result[] {
	return movies.map((movie, clip) => {
		try {
			return work(movie, clip);
		} catch (error) {
			throw named(error, clip);
		}
	});
}

function named(error: unknown, clip: number): unknown {
	return error instanceof Mp4Refusal ? new ClipRefusal(clip, error) : error;
}

interface PictureTimes {
	/** Where each clip starts, in seconds. */
	startSeconds: number[];
	durationSeconds: number;
	track: JoinedTrack;
}

function joinPictures(movies: readonly Movie[], spans: readonly Span[], entries: Buffer[]) {
	const timescale = commonTimescale(movies.map(({ picture }) => picture.timescale));
	const startSeconds: number[] = [];
	const starts: number[] = [];
	let start = 0;
	for (const [clip, { length }] of spans.entries()) {
		starts.push(start);
		startSeconds.push(start / timescale);
		start += Math.round((length * timescale) / movies[clip].picture.timescale);
	}
	const decodeTimes: number[] = [];
	const shownTimes: number[] = [];
	const keyFrames: number[] = [];
	for (const [clip, { picture }] of movies.entries()) {
		const scaled = (time: number) => Math.round((time * timescale) / picture.timescale);
		for (const { decodeTime, shownAt, isKeyFrame } of picture.samples) {
			// At a varying rate, the clip before can be decoded for longer than it is shown.
			const earliest = (decodeTimes.at(-1) ?? -1) + 1;
			decodeTimes.push(Math.max(earliest, starts[clip] + scaled(decodeTime)));
			shownTimes.push(starts[clip] + scaled(shownAt - spans[clip].firstShown));
			if (isKeyFrame) keyFrames.push(decodeTimes.length);
		}
	}
	// One shift for all keeps every delay from being negative; the edit list takes it back.
	const hidden = shownTimes.reduce((most, at, index) => Math.max(most, decodeTimes[index] - at), 0);
	const durations = decodeTimes.map((at, index) =>
		Math.max(1, (decodeTimes[index + 1] ?? start) - at),
	);
	const track: JoinedTrack = {
		timescale,
		entries,
		durations,
		delays: shownTimes.map((at, index) => at + hidden - decodeTimes[index]),
		keyFrames: keyFrames.length === decodeTimes.length ? undefined : keyFrames,
		hidden,
		shownSeconds: start / timescale,
		matrix: movies[0].picture.matrix,
	};
	const times: PictureTimes = { startSeconds, durationSeconds: start / timescale, track };
	return times;
}

/** Which packets of each clip are played, and how many silent ones stand before and after them. */
interface SoundSlots {
	silentBefore: number;
	firstPacket: number;
	packetCount: number;
	silentAfter: number;
}

/**
 * Lays all packets of sound on one grid without gaps, since gaps and edits would shift it. A packet
 * goes to the slot that is nearest, so that sound and picture stay within half a packet; where two
 * clips meet, the earlier one's last packets give way.
 */
function laySound(
	movies: readonly Movie[],
	spans: readonly Span[],
	{ startSeconds, durationSeconds }: PictureTimes,
	slotSeconds: number,
): { slots: SoundSlots[]; firstSlot: number } {
	const firstSlots = movies.map(({ sound }, clip) => {
		if (sound === undefined) return Math.round(startSeconds[clip] / slotSeconds);
		const lead = sound.delaySeconds - sound.hidden / sound.timescale - spans[clip].leadSeconds;
		return Math.round((startSeconds[clip] + lead) / slotSeconds);
	});
	const endSlot = Math.ceil(durationSeconds / slotSeconds);
	const firstSlot = Math.min(0, firstSlots[0]);
	let nextFree = firstSlot;
	const slots = movies.map(({ sound }, clip) => {
		const limit = Math.max(nextFree, Math.min(firstSlots[clip + 1] ?? endSlot, endSlot));
		const begin = Math.max(nextFree, firstSlots[clip]);
		const firstPacket = begin - firstSlots[clip];
		const available = Math.max(0, (sound?.samples.length ?? 0) - firstPacket);
		const packetCount = Math.max(0, Math.min(available, limit - begin));
		const silentBefore = Math.min(begin, limit) - nextFree;
		const silentAfter = Math.max(0, limit - Math.max(begin, nextFree) - packetCount);
		nextFree += silentBefore + packetCount + silentAfter;
		return { silentBefore, firstPacket, packetCount, silentAfter };
	});
	return { slots, firstSlot };
}

function requireSameSound(format: SoundFormat, first: SoundFormat): void {
	if (format.config.equals(first.config)) return;
	throw new Mp4Refusal('has another kind of sound than the clips before it', MATCH_ADVICE);
}

interface Sound {
	track: Track;
	format: SoundFormat;
	packetDuration: number;
	/** Of the first clip with sound. */
	clip: number;
}

function findSound(movies: readonly Movie[]): Sound | undefined {
	let found: Sound | undefined;
	forEachClip(movies, ({ sound }, clip) => {
		if (sound === undefined) return;
		const format = soundFormat(sound);
		const packetDuration = sound.samples[0].duration;
		const isEven = sound.samples.slice(0, -1).every(({ duration }) => duration === packetDuration);
		if (!isEven || packetDuration === 0) throw unsupported('sound with gaps');
		found ??= { track: sound, format, packetDuration, clip };
		requireSameSound(format, found.format);
		if (sound.timescale !== found.track.timescale) throw unsupported('sound of another rate');
	});
	return found;
}

/** Returns the pieces of one clip in the order of its file, in chunks of one track each. */
function chunksOf(
	clip: number,
	{ picture, sound }: Movie,
	slots: SoundSlots | undefined,
	parameterSets: Buffer | undefined,
	entryIndex: number,
	silence: Buffer | undefined,
): Chunk[] {
	const silent = (count: number): Chunk[] => {
		const piece = { clip, offset: 0, sizeBytes: 0, before: silence };
		const pieces = Array.from({ length: count }, () => piece);
		return count === 0 ? [] : [{ track: 'sound', pieces, entryIndex: 0 }];
	};
	const pieceOf = ({ offset, sizeBytes }: Sample, before?: Buffer): Piece => ({
		clip,
		offset,
		sizeBytes,
		before,
	});
	const packets =
		slots === undefined
			? []
			: (sound?.samples ?? []).slice(slots.firstPacket, slots.firstPacket + slots.packetCount);
	const all = [
		...picture.samples.map((sample) => ({
			track: 'picture' as const,
			piece: pieceOf(sample, sample.isKeyFrame ? parameterSets : undefined),
		})),
		...packets.map((sample) => ({ track: 'sound' as const, piece: pieceOf(sample) })),
	].sort((a, b) => a.piece.offset - b.piece.offset);
	const chunks: Chunk[] = silent(slots?.silentBefore ?? 0);
	for (const { track, piece } of all) {
		const last = chunks.at(-1);
		if (last?.track === track && last.pieces[0].sizeBytes > 0) last.pieces.push(piece);
		else chunks.push({ track, pieces: [piece], entryIndex: track === 'picture' ? entryIndex : 0 });
	}
	return [...chunks, ...silent(slots?.silentAfter ?? 0)];
}

/** The tables promise that samples are decoded in the order in which they are listed. */
function requireFileOrder(samples: readonly Sample[]): void {
	const isInOrder = samples.every(
		({ offset }, index) => index === 0 || offset >= samples[index - 1].offset,
	);
	if (!isInOrder) throw unsupported('an unusual order of its parts');
}

/**
 * Works out the joined file: the clips one after another, nothing encoded again.
 *
 * @throws ClipRefusal for a clip that does not fit to the first
 */
export function joinMovies(movies: readonly Movie[]): JoinedMovie {
	const spans = forEachClip(movies, ({ picture, sound }) => {
		requireFileOrder(picture.samples);
		requireFileOrder(sound?.samples ?? []);
		return spanOf(picture);
	});
	let first: PictureFormat | undefined;
	const formats = forEachClip(movies, ({ picture }) => {
		const format = pictureFormat(picture);
		first ??= format;
		requireMatch(format, first);
		return format;
	});
	const sound = findSound(movies);
	forEachClip(movies, (movie) => {
		const needsSilence = sound !== undefined && movie.sound === undefined;
		if (needsSilence && sound.format.silence === undefined) {
			throw new Mp4Refusal(
				'has no sound, while other clips have a kind that has no silence',
				MATCH_ADVICE,
			);
		}
	});
	const configs = [...new Set(formats.map(({ config }) => config.toString('hex')))];
	const entryIndexOf = (clip: number) => configs.indexOf(formats[clip].config.toString('hex'));
	const entries = configs.map((_, index) =>
		entryBox(movies[movies.findIndex((_movie, clip) => entryIndexOf(clip) === index)].picture),
	);
	const times = joinPictures(movies, spans, entries);
	const slotSeconds = sound === undefined ? 0 : sound.packetDuration / sound.track.timescale;
	const laid = sound === undefined ? undefined : laySound(movies, spans, times, slotSeconds);
	const chunks = movies.flatMap((movie, clip) => {
		const sets = configs.length > 1 ? formats[clip].parameterSets : undefined;
		const slots = laid?.slots[clip];
		return chunksOf(clip, movie, slots, sets, entryIndexOf(clip), sound?.format.silence);
	});
	return {
		picture: times.track,
		sound: sound && laid && joinedSound(sound, laid, chunks, times.durationSeconds),
		chunks,
		durationSeconds: times.durationSeconds,
		widthPx: formats[0].widthPx,
		heightPx: formats[0].heightPx,
	};
}

function joinedSound(
	{ track, format, packetDuration }: Sound,
	{ firstSlot }: { firstSlot: number },
	chunks: readonly Chunk[],
	shownSeconds: number,
): JoinedTrack {
	const packets = chunks
		.filter((chunk) => chunk.track === 'sound')
		.reduce((sum, { pieces }) => sum + pieces.length, 0);
	const hidden = -firstSlot * packetDuration;
	const lastSeconds = (packets * packetDuration - hidden) / track.timescale;
	return {
		timescale: track.timescale,
		entries: [format.entry],
		durations: Array.from({ length: packets }, () => packetDuration),
		delays: [],
		keyFrames: undefined,
		hidden,
		shownSeconds: Math.min(shownSeconds, lastSeconds),
		matrix: track.matrix,
	};
}
