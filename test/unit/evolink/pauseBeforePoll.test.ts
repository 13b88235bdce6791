import { pauseBeforePollMs } from '../../../nodes/Evolink/evolink/pollTask';

type Known = Parameters<typeof pauseBeforePollMs>[0];

describe('the pause before the next poll', () => {
	it.each([
		['half of what remains by the progress', { progress: 50 }, 8_000, 4_000],
		['at least 2 seconds', { progress: 99 }, 100_000, 2_000],
		['at most 5 seconds', { progress: 10 }, 10_000, 5_000],
		['half of what remains by the estimate', { estimatedSeconds: 60 }, 54_000, 3_000],
		['told by the progress before the estimate', { progress: 50, estimatedSeconds: 500 }, 6e3, 3e3],
		['5 seconds where nothing is known', {}, 30_000, 5_000],
		['5 seconds where the estimate is over', { estimatedSeconds: 60 }, 61_000, 5_000],
		['5 seconds where it should be finished', { progress: 100 }, 30_000, 5_000],
	])('is %s', (_what, known, waitedMs, pauseMs) => {
		expect(pauseBeforePollMs(known, waitedMs)).toBe(pauseMs);
	});
});

/** Returns how many seconds after its end a video is found, and by how many polls. */
function find(generationSeconds: number, knownAt: (share: number) => Known) {
	const endMs = generationSeconds * 1000;
	let [nowMs, polls] = [0, 0];
	while (nowMs < endMs) {
		nowMs += pauseBeforePollMs(knownAt(nowMs / endMs), nowMs);
		polls++;
	}
	return { delaySeconds: (nowMs - endMs) / 1000, polls };
}

/** Every second from 20 to 300, not in step with any pause. */
const DURATIONS = Array.from({ length: 281 }, (_none, index) => 20.37 + index);

const longestAndMean = (knownAt: (share: number, seconds: number) => Known) => {
	const delays = DURATIONS.map((s) => find(s, (share) => knownAt(share, s)).delaySeconds);
	return [Math.max(...delays), delays.reduce((sum, one) => sum + one) / delays.length];
};

describe('a finished video', () => {
	it.each<[string, (share: number, seconds: number) => Known, number]>([
		['whose progress is linear', (share) => ({ progress: Math.floor(share * 100) }), 1.3],
		['whose estimate is right', (_share, seconds) => ({ estimatedSeconds: seconds }), 1.3],
		['whose progress is stuck', (share) => ({ progress: Math.min(35, share * 100) }), 2.8],
		['whose estimate is too short', (_share, seconds) => ({ estimatedSeconds: seconds / 2 }), 2.8],
		['whose estimate is too long', (_share, seconds) => ({ estimatedSeconds: seconds * 2 }), 2.8],
		['of which nothing is told', () => ({}), 2.8],
	])('%s is found within 5 s, and soon on average', (_what, knownAt, meanSeconds) => {
		const [longest, mean] = longestAndMean(knownAt);
		expect(longest).toBeLessThanOrEqual(5);
		expect(mean).toBeLessThan(meanSeconds);
	});

	it.each([
		[37, 9],
		[120, 25],
		[300, 61],
	])('that takes %d s costs at most %d polls', (seconds, most) => {
		expect(find(seconds, (share) => ({ progress: Math.floor(share * 100) })).polls).toBeLessThan(
			most + 1,
		);
		expect(find(seconds, () => ({})).polls).toBeLessThanOrEqual(most);
	});
});
