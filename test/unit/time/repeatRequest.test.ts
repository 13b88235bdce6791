import { EvolinkFailure, inputFailure } from '../../../nodes/Evolink/evolink/failure';
import { repeatRequest, Throttle, type Repeatable } from '../../../nodes/Evolink/time/retry';
import { createVirtualClock } from './virtual-clock';

type Answer = Repeatable<string, EvolinkFailure>;

const failure = inputFailure('Not now', 'Later');
const BAD_MOMENT: Answer = { kind: 'tryAgain', failure };
const UNREACHABLE: Answer = { kind: 'tryAgain', failure, isUnreachable: true };
const DONE: Answer = { kind: 'done', value: 'done' };

/** Repeats a request that takes a second and is answered so, the last answer for ever. */
async function repeat(answers: Answer[], allowedMs = 100_000, unreachableMs?: number) {
	const clock = createVirtualClock(0);
	const throttle = new Throttle(clock);
	const startsMs: number[] = [];
	const remaining: number[] = [];
	const end = await repeatRequest(
		async (remainingMs) => {
			startsMs.push(clock.nowMs());
			remaining.push(remainingMs);
			clock.advance(1_000);
			return answers[Math.min(startsMs.length, answers.length) - 1];
		},
		{ allowedMs, unreachableMs },
		throttle,
		clock,
	).catch((error: unknown) => error);
	return { end, startsMs, remaining, endedMs: clock.nowMs() };
}

describe('a request that costs nothing', () => {
	it('is sent once where it succeeds', async () => {
		expect(await repeat([DONE])).toMatchObject({
			end: 'done',
			startsMs: [0],
			remaining: [100_000],
		});
	});

	it('is repeated after a bad moment, with what is left of the time', async () => {
		const { end, startsMs, remaining } = await repeat([BAD_MOMENT, BAD_MOMENT, DONE]);
		expect(end).toBe('done');
		expect(startsMs).toHaveLength(3);
		expect(remaining).toEqual(startsMs.map((atMs) => 100_000 - atMs));
	});

	it('fails at once where repeating would not help', async () => {
		const { end, startsMs } = await repeat([{ kind: 'failed', failure, expired: false }, DONE]);
		expect(end).toBe(failure);
		expect(startsMs).toEqual([0]);
	});

	it('fails with its last trouble when the next attempt would come too late', async () => {
		const { end, startsMs, endedMs } = await repeat([BAD_MOMENT], 10_000);
		expect(end).toBe(failure);
		expect(startsMs).toHaveLength(3);
		expect(endedMs).toBeLessThan(10_000);
	});

	it('fails with the trouble before, where the end of the time has cut the last attempt short', async () => {
		const cutShort: Answer = { kind: 'tryAgain', failure: inputFailure('No answer', 'Later') };
		// Each takes a second, and the pause before the second one 1 to 1.25 s.
		expect((await repeat([BAD_MOMENT, cutShort], 2_500)).end).toBe(failure);
		expect((await repeat([cutShort], 500)).end).toBe(cutShort.failure);
	});

	it('gives an address that does not answer less time', async () => {
		const patient = await repeat([UNREACHABLE], 60_000);
		const { end, startsMs } = await repeat([UNREACHABLE], 60_000, 8_000);
		expect(end).toBe(failure);
		expect(startsMs.length).toBeLessThan(patient.startsMs.length);
		expect(startsMs.at(-1)).toBeGreaterThan(4_000);
		// A bad moment of an address that answers is no reason to give up.
		expect((await repeat([BAD_MOMENT], 60_000, 8_000)).startsMs).toHaveLength(
			patient.startsMs.length,
		);
	});

	it('waits as long as the server asks, and never less than a second', async () => {
		const { startsMs } = await repeat([{ ...BAD_MOMENT, retryAfterMs: 30_000 }, DONE]);
		expect(startsMs[1]).toBeGreaterThanOrEqual(31_000);
	});

	it('keeps quiet while the API has asked for it', async () => {
		const clock = createVirtualClock(0);
		const throttle = new Throttle(clock);
		throttle.tooManyRequests(7_000);
		await repeatRequest(async () => DONE, { allowedMs: 60_000 }, throttle, clock);
		expect(clock.nowMs()).toBe(7_000);
	});
});
