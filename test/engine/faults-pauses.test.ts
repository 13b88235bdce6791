import { startSandbox } from '../../sandbox';
import type { Sandbox } from '../../sandbox';
import { useEvolink } from './evolink-workflow';
import type { EvolinkResult, EvolinkRun } from './evolink-workflow';
import { testsOnOwnSandbox } from './own-sandbox';
import { SPEED } from './quick-clock';
import { wholeJpeg } from './whole-images';

const evolink = useEvolink({ generationSeconds: 0 });
const itAlone = testsOnOwnSandbox(evolink);

/** An hour, in both ways of saying it. */
const HOURS = () => ({
	seconds: '3600',
	date: new Date(Date.now() + 3_600_000).toUTCString(),
});
const CASES = [429, 503].flatMap((status) =>
	(['seconds', 'date'] as const).map((form) => ({ status, form })),
);
const faultOf = ({ status, form }: (typeof CASES)[number]) =>
	({ kind: 'status', status, retryAfter: HOURS()[form] }) as const;

async function timed(work: () => Promise<EvolinkResult>) {
	const startedMs = Date.now();
	const result = await work();
	return { ...result, seconds: ((Date.now() - startedMs) / 1000) * SPEED };
}

function expectDelivered({ error, rows }: EvolinkResult): void {
	expect(error).toBeUndefined();
	expect(rows[0].json.status).toBe('completed');
	expect(rows[0].binary?.data).toBeDefined();
}

describe('a server that asks for an hour, once', () => {
	for (const one of CASES) {
		const name = `${one.status}, in ${one.form}`;

		itAlone(`is asked again after a minute for the file (${name})`, async ({ sandbox, run }) => {
			sandbox.addFault({ on: 'media', fault: faultOf(one) });
			const result = await timed(
				async () => await run({ parameters: { options: { timeout: 300 } } }),
			);

			expectDelivered(result);
			expect(sandbox.requestsOf('media')).toHaveLength(2);
			expect(result.seconds).toBeLessThan(120);
		});

		itAlone(
			`is asked again after a minute for the status, and the video is there in two (${name})`,
			async ({ sandbox, run }) => {
				sandbox.planTask({ generationSeconds: 60 / SPEED });
				sandbox.addFault({ on: 'read', fault: faultOf(one) });
				const result = await timed(
					async () => await run({ parameters: { options: { timeout: 300 } } }),
				);

				expectDelivered(result);
				expect(result.seconds).toBeLessThan(125);
			},
		);

		itAlone(`is given the image after a minute (${name})`, async ({ sandbox, run }) => {
			sandbox.addFault({ on: 'upload', fault: faultOf(one) });
			const image = wholeJpeg(800, 600);
			const data = await evolink.engine.storeBinary(image, 'a.jpg', 'image/jpeg');
			const result = await timed(
				async () =>
					await run({
						items: [{ json: {}, binary: { data } }],
						parameters: { imageSource: 'binary' },
					}),
			);

			expectDelivered(result);
			expect(result.seconds).toBeLessThan(120);
		});
	}

	itAlone('is given the submission after a minute (429)', async ({ sandbox, run }) => {
		sandbox.addFault({ on: 'submit', fault: faultOf({ status: 429, form: 'seconds' }) });
		const result = await timed(async () => await run({}));

		expectDelivered(result);
		expect(result.seconds).toBeLessThan(120);
		expect(sandbox.bill).toHaveLength(1);
	});

	itAlone('is asked for the balance again within its minute', async ({ sandbox, run }) => {
		sandbox.addFault({ on: 'credits', fault: faultOf({ status: 503, form: 'seconds' }) });

		expectDelivered(await run({ parameters: { options: { minBalance: 1 } } }));
	});
});

describe('a link whose server asks for an hour each time', () => {
	for (const status of [429, 503]) {
		itAlone(
			`is opened once a minute, and a last time at the end of its time (${status})`,
			async ({ sandbox, run }) => {
				const fault = faultOf({ status, form: 'seconds' });
				sandbox.addFault({ on: 'media', times: Infinity, fault });
				const { error } = await run({ parameters: { options: { timeout: 60 } } });

				expect(String(error?.description)).toContain(sandbox.bill[0].taskId);
				const times = sandbox.requestsOf('media').map(({ receivedAtMs }) => receivedAtMs);
				const seconds = times.map((ms) => ((ms - times[0]) / 1000) * SPEED);
				expect(seconds.at(-1)).toBeGreaterThan(295);
				expect(seconds.at(-1)).toBeLessThan(330);
				const pauses = seconds.slice(1).map((second, index) => second - seconds[index]);
				expect(Math.max(...pauses)).toBeLessThan(68);
			},
		);
	}
});

describe('an account that runs three tasks at a time', () => {
	const eight = (options: Record<string, unknown>): EvolinkRun => ({
		items: Array.from({ length: 8 }, (_, number) => ({ json: { prompt: `<${number}>` } })),
		parameters: { prompt: '={{ $json.prompt }}', options },
	});

	async function withThreePlaces(test: (sandbox: Sandbox) => Promise<void>): Promise<void> {
		// A minute of the node's.
		const sandbox = await startSandbox({ generationSeconds: 60 / SPEED, mostRunningTasks: 3 });
		try {
			await test(sandbox);
		} finally {
			await sandbox.close();
		}
	}

	function expectAll({ error, rows }: EvolinkResult, sandbox: Sandbox): void {
		expect(error).toBeUndefined();
		expect(rows.map(({ json }) => json.prompt)).toEqual(
			Array.from({ length: 8 }, (_, number) => `<${number}>`),
		);
		expect(rows.map(({ json }) => json.status)).toEqual(Array(8).fill('completed'));
		expect(sandbox.bill).toHaveLength(8);
	}

	for (const options of [{}, { maxConcurrent: 8 }]) {
		test.concurrent(
			`makes eight of eight while the node waits: ${JSON.stringify(options)}`,
			async () => {
				await withThreePlaces(async (sandbox) => {
					expectAll(await evolink.run({ sandbox, ...eight(options) }), sandbox);
				});
			},
		);
	}

	test.concurrent('makes eight of eight while the node sleeps', async () => {
		await withThreePlaces(async (sandbox) => {
			const run = { sandbox, ...eight({ whileWaiting: 'sleep' }) };
			const asleep = await timed(async () => await evolink.run(run));
			expect(asleep.error).toBeUndefined();
			expect(asleep.run.status).toBe('waiting');
			expect(Object(asleep.rows[0].json).taskIds).toHaveLength(3);
			expect(asleep.seconds).toBeLessThan(120);

			for (const { taskId } of sandbox.tasks()) sandbox.finishTask(taskId);
			expectAll(await evolink.wake(asleep, run), sandbox);
		});
	});

	test.concurrent('is waited for no longer than Timeout', async () => {
		const sandbox = await startSandbox({ generationSeconds: 3_600, mostRunningTasks: 0 });
		try {
			const { error, seconds } = await timed(
				async () => await evolink.run({ sandbox, parameters: { options: { timeout: 200 } } }),
			);

			expect(error?.httpCode).toBe('429');
			expect(seconds).toBeGreaterThan(195);
			expect(seconds).toBeLessThan(300);
			expect(sandbox.bill).toEqual([]);
		} finally {
			await sandbox.close();
		}
	});
});
