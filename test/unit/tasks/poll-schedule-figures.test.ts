/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs beside n8n, never inside it */
import { sandboxCourse, simulateWaits } from './simulated-waits';
import type { Course, WaitFigures } from './simulated-waits';

/** For the four courses that a service is likely to take, and for the odd ones. */
const TASKS = 10_000;
const TASKS_OF_AN_ODD_COURSE = 1_000;
const SHORTEST_SECONDS = 20;
const LONGEST_SECONDS = 300;

/** Tasks of nearly the same duration, so that no figure hangs on where the looks happen to fall. */
const TASKS_OF_ONE_DURATION = 100;

/** Evenly spread and repeatable: the fractional parts of multiples of the golden ratio. */
function spread(index: number): number {
	return (index * 0.618_033_988_749_895) % 1;
}

const anyDurations = (count: number) =>
	Array.from(
		{ length: count },
		(_none, index) => SHORTEST_SECONDS + spread(index) * (LONGEST_SECONDS - SHORTEST_SECONDS),
	);

const around = (seconds: number) =>
	Array.from(
		{ length: TASKS_OF_ONE_DURATION },
		(_none, index) => seconds * (0.99 + 0.02 * spread(index)),
	);

/** Steps of equal height, at equal distances. */
const steps = (count: number): Course => ({
	name: `${count} steps`,
	progressAt: (share) => Math.floor(Math.floor(share * count) * (100 / count)),
});

/** Each task jumps differently: five times, at any moment, to any value. */
function randomJumps(name: string, arrange: (values: number[]) => number[]): Course {
	let draws = 0;
	let jumps: Array<{ share: number; progress: number }> = [];
	return {
		name,
		progressAt(share) {
			if (share === 0) {
				const values = arrange([1, 2, 3, 4, 5].map(() => Math.floor(spread(++draws * 7) * 100)));
				const shares = values.map(() => spread(++draws * 13)).sort((a, b) => a - b);
				jumps = values.map((progress, index) => ({ share: shares[index], progress }));
			}
			return jumps.filter((jump) => jump.share < share).at(-1)?.progress ?? 0;
		},
	};
}

const LINEAR: Course = { name: 'linear', progressAt: (share) => Math.floor(share * 100) };
const STEPS = sandboxCourse('steps');
const STUCK: Course = { name: 'stuck at 0', progressAt: () => 0 };
const JUMPS = sandboxCourse('jumps');
const LIKELY_COURSES = [LINEAR, STEPS, STUCK, JUMPS];

const EVEN_COURSES: Course[] = [LINEAR, sandboxCourse('linear'), STEPS, steps(5), steps(10)];

const UNEVEN_COURSES: Course[] = [
	STUCK,
	sandboxCourse('stuck'),
	{ name: 'not told', progressAt: () => undefined },
	JUMPS,
	randomJumps('jumps upwards', (values) => [...values].sort((a, b) => a - b)),
	randomJumps('jumps anywhere', (values) => values),
];

const ESTIMATES: Course[] = [0.5, 0.8, 1, 1.25, 2].map((estimatedShare) => ({
	name: `estimate x ${estimatedShare}`,
	progressAt: () => 0,
	estimatedShare,
}));

/** The same tasks among five hundred that wait in one n8n process. */
const CROWDED_COURSES: Course[] = [
	LINEAR,
	STEPS,
	...ESTIMATES.filter(({ estimatedShare }) => estimatedShare === 1),
	STUCK,
].map((course) => ({ ...course, name: `500 x ${course.name}`, othersWaiting: 499 }));

interface Row {
	anyDuration: WaitFigures;
	readsFor37: number;
	readsFor120: number;
	readsFor300: number;
}

async function measure(course: Course): Promise<Row> {
	const readsFor = async (seconds: number) =>
		(await simulateWaits(course, around(seconds))).meanReads;
	return {
		anyDuration: await simulateWaits(
			course,
			anyDurations(LIKELY_COURSES.includes(course) ? TASKS : TASKS_OF_AN_ODD_COURSE),
		),
		readsFor37: await readsFor(37),
		readsFor120: await readsFor(120),
		readsFor300: await readsFor(300),
	};
}

describe(`waiting for ${TASKS} tasks of ${SHORTEST_SECONDS} to ${LONGEST_SECONDS} s`, () => {
	const rows = new Map<Course, Row>();

	beforeAll(async () => {
		for (const course of [...EVEN_COURSES, ...UNEVEN_COURSES, ...ESTIMATES, ...CROWDED_COURSES]) {
			rows.set(course, await measure(course));
		}
	}, 120_000);

	afterAll(() => {
		const columns = (cells: string[]) =>
			cells.map((cell, index) => (index === 0 ? cell.padEnd(18) : cell.padStart(9))).join('');
		const lines = [...rows].map(([{ name }, row]) =>
			columns([
				name,
				...[
					row.anyDuration.meanDelaySeconds,
					row.anyDuration.delayP95Seconds,
					row.anyDuration.longestDelaySeconds,
					row.readsFor37,
					row.readsFor120,
					row.readsFor300,
				].map((figure) => figure.toFixed(1)),
			]),
		);
		const head = [
			columns(['', 'delay', 'delay', 'delay', 'reads', 'reads', 'reads']),
			columns(['progress', 'mean s', 'p95 s', 'most s', '37 s', '120 s', '300 s']),
		];
		process.stdout.write(`\n${[...head, ...lines].join('\n')}\n\n`);
	});

	const figuresOf = (course: Course): Row => {
		const row = rows.get(course);
		if (row === undefined) throw new Error(`${course.name} was not measured`);
		return row;
	};

	it.each(EVEN_COURSES)('$name: is noticed within 2 s on average, and 5 s mostly', (course) => {
		const { anyDuration } = figuresOf(course);
		expect(anyDuration.meanDelaySeconds).toBeLessThanOrEqual(2);
		expect(anyDuration.delayP95Seconds).toBeLessThanOrEqual(5);
	});

	it.each(EVEN_COURSES)('$name: takes at most 12, 20 and 30 reads', (course) => {
		const row = figuresOf(course);
		expect(row.readsFor37).toBeLessThanOrEqual(12);
		expect(row.readsFor120).toBeLessThanOrEqual(20);
		expect(row.readsFor300).toBeLessThanOrEqual(30);
	});

	it.each([...EVEN_COURSES, ...UNEVEN_COURSES, ...ESTIMATES])(
		'$name: is never noticed more than 8 s late',
		(course) => {
			expect(figuresOf(course).anyDuration.longestDelaySeconds).toBeLessThanOrEqual(8);
		},
	);

	it.each([...UNEVEN_COURSES, ...ESTIMATES])('$name: takes at most 45 reads', (course) => {
		const row = figuresOf(course);
		for (const reads of [row.readsFor37, row.readsFor120, row.readsFor300]) {
			expect(reads).toBeLessThanOrEqual(45);
		}
	});

	it.each(CROWDED_COURSES)(
		'$name: takes few reads, and is noticed after one pause at most',
		(course) => {
			const { anyDuration, readsFor300 } = figuresOf(course);
			expect(readsFor300).toBeLessThanOrEqual(12);
			expect(anyDuration.longestDelaySeconds).toBeLessThanOrEqual(50);
		},
	);

	it.each([
		['its progress is even', CROWDED_COURSES[0], 3],
		['the estimate holds', CROWDED_COURSES[2], 1],
	])('is noticed within seconds among 500 where %s', (_what, course, meanSeconds) => {
		expect(figuresOf(course).anyDuration.meanDelaySeconds).toBeLessThanOrEqual(meanSeconds);
	});

	it('is noticed at once where the estimate holds', () => {
		const [exact] = ESTIMATES.filter(({ estimatedShare }) => estimatedShare === 1);
		expect(figuresOf(exact).anyDuration.meanDelaySeconds).toBeLessThanOrEqual(1);
	});
});
