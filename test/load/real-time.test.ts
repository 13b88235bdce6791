import type { Sandbox } from '../../sandbox';
import { useEvolink } from '../engine/evolink-workflow';
import type { EvolinkResult } from '../engine/evolink-workflow';

const GENERATION_SECONDS = 37;
/** Several videos beside one. */
const MOST_TIMES_AS_LONG = 1.1;

const evolink = useEvolink();

// Jest translates the node's sources when they are first loaded, which n8n has nothing of.
beforeAll(async () => {
	await evolink.engine.packageTypes();
});

interface TimedRun {
	result: EvolinkResult;
	sandbox: Sandbox;
	seconds: number;
}

/** Makes so many videos in one execution, against a sandbox of its own. */
async function timedRun(videoCount: number, maxConcurrent?: number): Promise<TimedRun> {
	const sandbox = await evolink.ownSandbox({ generationSeconds: GENERATION_SECONDS });
	const startedMs = performance.now();
	const result = await evolink.run({
		sandbox,
		parameters: {
			prompt: '=video {{ $itemIndex }}',
			...(maxConcurrent === undefined ? {} : { options: { maxConcurrent } }),
		},
		items: Array.from({ length: videoCount }, () => ({ json: {} })),
	});
	return { result, sandbox, seconds: (performance.now() - startedMs) / 1000 };
}

async function expectAllVideos({ result, sandbox }: TimedRun, videoCount: number): Promise<void> {
	expect(result.error).toBeUndefined();
	expect(result.rows).toHaveLength(videoCount);
	expect(sandbox.bill).toHaveLength(videoCount);
	for (const { json, binary } of result.rows) {
		const bytes = await evolink.engine.readBinary(binary!.data);
		expect(bytes.equals(sandbox.mediaOf(String(json.taskId)).bytes())).toBe(true);
	}
	expect(sandbox.violations).toEqual([]);
}

/** Makes 1, 5 and 20 videos at the same time, so that what else the machine does delays all; returns the largest ratio. */
async function compareWithOne(): Promise<number> {
	const [one, five, twenty] = await Promise.all([timedRun(1), timedRun(5), timedRun(20, 20)]);
	const ratios = [five, twenty].map(({ seconds }) => seconds / one.seconds);
	process.stdout.write(
		`1 video of ${GENERATION_SECONDS} s: ${one.seconds.toFixed(2)} s; ` +
			`5 take ${ratios[0].toFixed(3)} and 20 take ${ratios[1].toFixed(3)} times that\n`,
	);
	await expectAllVideos(one, 1);
	await expectAllVideos(five, 5);
	await expectAllVideos(twenty, 20);
	return Math.max(...ratios);
}

it('5 and 20 videos at once take at most a tenth longer than one', async () => {
	// Where the machine was busy with something else just then, one more try.
	let ratio = await compareWithOne();
	if (ratio > MOST_TIMES_AS_LONG) ratio = await compareWithOne();
	expect(ratio).toBeLessThanOrEqual(MOST_TIMES_AS_LONG);
});
