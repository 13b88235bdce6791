/** One status read: when, and what it said. */
export interface Observation {
	atMs: number;
	/** 0 to 100, where the task says it. */
	progress?: number;
}

/** When a task will end if its progress goes on as evenly as it has so far. */
export interface Forecast {
	earliestMs: number;
	latestMs: number;
	/**
	 * How much can be relied on it. A `line` was met by many different values; of a `staircase`,
	 * several flights were climbed, each of which takes `flightMs`.
	 */
	proof: { kind: 'none' } | { kind: 'line' } | { kind: 'staircase'; flightMs: number };
}

/** A read that said how much is done. */
interface Sight {
	atMs: number;
	progress: number;
}

/** From least to most. */
interface Span {
	least: number;
	most: number;
}

/** One way in which the work may go on at an even speed. */
interface Course {
	/** When it began. */
	beganMs: Span;
	/** How much was done by then, in percent. */
	done: Span;
	/** The reads that tell of it. */
	sights: readonly Sight[];
	/** So many different values on one line are no accident. */
	valuesOfProof: number;
}

const EXACT = { percent: 0, ms: 0 };

/** A progress that is rounded, or a read that took a moment, is no contradiction. */
const ROUNDED = { percent: 1, ms: 1_000 };

const VALUES_OF_A_LINE = 6;

/** A line that may begin anywhere is met by accident more easily. */
const VALUES_OF_A_LINE_FROM_ANYWHERE = 8;

/** Lower steps are soon met often enough to count as a line. */
const LOWEST_STEP_PERCENT = 10;

/** So many flights, each of them seen so often, make a staircase. */
const FLIGHTS_OF_A_STAIRCASE = 2;
const SIGHTS_OF_A_FLIGHT = 3;

function greatestCommonDivisor(a: number, b: number): number {
	return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** The height of the steps in which the progress moves, in percent: the highest that fits all. */
function stepOf(sights: readonly Sight[]): number {
	return sights.map(({ progress }) => Math.round(progress)).reduce(greatestCommonDivisor, 0);
}

function differentValues(sights: readonly Sight[]): number[] {
	return [...new Set(sights.map(({ progress }) => progress))];
}

/**
 * Between which moments the work ends: each sight says that so much was done by then, and that the
 * next step was not. The earliest is after the latest when no even speed fits all sights.
 */
function endOf(
	{ beganMs, done, sights }: Course,
	slack: { percent: number; ms: number },
): { earliestMs: number; latestMs: number } {
	const step = stepOf(sights);
	let earliestMs = Number.NEGATIVE_INFINITY;
	let latestMs = Number.POSITIVE_INFINITY;
	for (const { atMs, progress } of sights) {
		const most = Math.min(100, progress + step + slack.percent);
		const shortestMs = Math.max(0, atMs - beganMs.most - slack.ms);
		// A progress that has fallen back fits nowhere.
		const fastestMs =
			most > done.least ? (shortestMs * (100 - done.least)) / (most - done.least) : Infinity;
		earliestMs = Math.max(earliestMs, beganMs.most + fastestMs);

		const least = progress - slack.percent;
		if (least <= done.most) continue;
		const longestMs = atMs - beganMs.least + slack.ms;
		const slowestMs = (longestMs * (100 - done.most)) / (least - done.most);
		latestMs = Math.min(latestMs, beganMs.least + slowestMs);
	}
	return { earliestMs, latestMs };
}

function isLine({ sights, done, valuesOfProof }: Course): boolean {
	return differentValues(sights).filter((value) => value > done.most).length >= valuesOfProof;
}

/** Whether the flights were climbed one by one, and the first ones were seen to be flights. */
function isStaircase({ sights }: Course): boolean {
	const step = stepOf(sights);
	const values = differentValues(sights);
	const sightsOf = (value: number) => sights.filter(({ progress }) => progress === value).length;
	return (
		step >= LOWEST_STEP_PERCENT &&
		values.length > FLIGHTS_OF_A_STAIRCASE &&
		values.every((value, index) => value === index * step) &&
		values.slice(0, FLIGHTS_OF_A_STAIRCASE).every((value) => sightsOf(value) >= SIGHTS_OF_A_FLIGHT)
	);
}

function proofOf(course: Course, latestMs: number): Forecast['proof'] {
	if (isLine(course)) return { kind: 'line' };
	if (!isStaircase(course)) return { kind: 'none' };
	return {
		kind: 'staircase',
		flightMs: ((latestMs - course.beganMs.least) * stepOf(course.sights)) / 100,
	};
}

/** The ways in which the work may have gone so far, the likeliest first. */
function coursesOf(sights: readonly Sight[], startedMs: number): Course[] {
	const firstMoved = sights.findIndex(({ progress }) => progress > 0);
	if (firstMoved < 0) return [];
	const moved = sights.slice(firstMoved);
	const [{ atMs, progress }] = moved;
	if (firstMoved === 0) {
		// The task was taken up when it had been at work for a while.
		const met = { beganMs: { least: atMs, most: atMs }, sights };
		const done = { least: progress, most: progress + stepOf(sights) };
		return [{ ...met, done, valuesOfProof: VALUES_OF_A_LINE_FROM_ANYWHERE }];
	}
	const atStart = { least: startedMs, most: startedMs };
	const inLine = { least: sights[firstMoved - 1].atMs, most: atMs };
	const nothing = { least: 0, most: 0 };
	return [
		{ beganMs: atStart, done: nothing, sights, valuesOfProof: VALUES_OF_A_LINE },
		// At work since the start, which was not shown for a while.
		{ beganMs: atStart, done: nothing, sights: moved, valuesOfProof: VALUES_OF_A_LINE },
		// The task waited in line first.
		{
			beganMs: inLine,
			done: nothing,
			sights: moved,
			valuesOfProof: VALUES_OF_A_LINE_FROM_ANYWHERE,
		},
	];
}

/**
 * Returns when a task will end if it goes on at the even speed that its progress has shown, be it
 * in fine steps or in high ones; undefined when nothing has moved yet, or nothing evenly.
 *
 * @param observations all reads so far, oldest first
 * @param startedMs when the task was submitted or, if that is not known, taken up
 */
export function forecastEnd(
	observations: readonly Observation[],
	startedMs: number,
): Forecast | undefined {
	const sights = observations.flatMap(({ atMs, progress }) =>
		progress === undefined ? [] : [{ atMs, progress: Math.min(100, Math.max(0, progress)) }],
	);
	const courses = coursesOf(sights, startedMs);
	for (const slack of [EXACT, ROUNDED]) {
		for (const course of courses) {
			const { earliestMs, latestMs } = endOf(course, slack);
			if (earliestMs > latestMs || earliestMs === Infinity) continue;
			return { earliestMs, latestMs, proof: proofOf(course, latestMs) };
		}
	}
	return undefined;
}
