import type { FaultAction } from '../../sandbox';
import { useEvolink } from './evolink-workflow';
import type { EvolinkResult, EvolinkRun, OwnBench } from './evolink-workflow';
import { SPEED, nodeSeconds } from './quick-clock';

const evolink = useEvolink();

/** Both ways in which servers ask for an hour. */
const FOR_AN_HOUR: Array<() => FaultAction> = [
	() => ({ kind: 'status', status: 429, retryAfter: '3600' }),
	() => ({
		kind: 'status',
		status: 503,
		retryAfter: new Date(Date.now() + 3_600_000).toUTCString(),
	}),
];

/** Minutes, where a pause that is kept at any price takes a quarter of an hour. */
const FEW_MINUTES = 450;

async function timed(work: Promise<EvolinkResult>) {
	const startedMs = Date.now();
	const result = await work;
	return { ...result, seconds: nodeSeconds(startedMs) };
}

function expectDelivered({ error, rows, seconds }: Awaited<ReturnType<typeof timed>>): void {
	expect(error).toBeUndefined();
	expect(rows[0].json.status).toBe('completed');
	expect(rows[0].binary?.data).toBeDefined();
	expect(seconds).toBeLessThan(FEW_MINUTES);
}

describe('a server that asks for an hour, once, is asked again after a minute', () => {
	for (const faultOf of FOR_AN_HOUR) {
		const name = JSON.stringify(faultOf()).replace(/\w+, \d+ .* GMT/, 'a date');

		evolink.it(`for the file: ${name}`, async ({ sandbox, run }) => {
			sandbox.addFault({ on: 'media', fault: faultOf() });

			expectDelivered(await timed(run({})));
			expect(sandbox.requestsOf('media')).toHaveLength(2);
		});

		evolink.it(`for the status: ${name}`, async ({ sandbox, run }) => {
			sandbox.planTask({ generationSeconds: 60 / SPEED });
			sandbox.addFault({ on: 'read', fault: faultOf() });

			expectDelivered(await timed(run({})));
		});

		evolink.it(`for the upload: ${name}`, async ({ sandbox, run }) => {
			sandbox.addFault({ on: 'upload', fault: faultOf() });
			const items = [{ json: {}, binary: { data: await evolink.file() } }];

			expectDelivered(await timed(run({ items, parameters: { imageSource: 'binary' } })));
		});
	}

	evolink.it('for the submission (429)', async ({ sandbox, run }) => {
		sandbox.addFault({ on: 'submit', fault: FOR_AN_HOUR[0]() });

		expectDelivered(await timed(run({})));
		expect(sandbox.bill).toHaveLength(1);
	});

	evolink.it('for the balance, within its minute', async ({ sandbox, run }) => {
		sandbox.addFault({ on: 'credits', fault: FOR_AN_HOUR[1]() });

		expectDelivered(await timed(run({ parameters: { options: { minBalance: 1 } } })));
	});
});

describe('a link whose server asks for an hour each time', () => {
	for (const faultOf of FOR_AN_HOUR) {
		const fault = faultOf();
		evolink.it(
			`is opened once a minute, and a last time at the end of its time: ${JSON.stringify(fault)}`,
			async ({ sandbox, run }) => {
				sandbox.addFault({ on: 'media', times: Infinity, fault });
				const { error } = await run({ parameters: { options: { timeout: 60 } } });

				expect(error?.description).toContain(sandbox.bill[0].taskId);
				const times = sandbox.requestsOf('media').map(({ receivedAtMs }) => receivedAtMs);
				expect(nodeSeconds(times[0], times.at(-1))).toBeGreaterThan(285);
				expect(nodeSeconds(times[0], times.at(-1))).toBeLessThan(FEW_MINUTES);
				const pauses = times.slice(1).map((ms, index) => nodeSeconds(times[index], ms));
				expect(Math.max(...pauses)).toBeLessThan(120);
			},
		);
	}
});

describe('too many requests', () => {
	const twoItems: EvolinkRun = {
		items: [{ json: { prompt: '<0>' } }, { json: { prompt: '<1>' } }],
		parameters: { prompt: '={{ $json.prompt }}', options: { pollInterval: 4 } },
	};
	const match = { promptIncludes: '<0>' };
	const fault: FaultAction = { kind: 'status', status: 429, retryAfter: 60 };

	evolink.it(
		'said by the API quiet all items of the execution',
		async ({ sandbox, run }) => {
			sandbox.addFault({ on: 'read', skip: 1, match, fault });
			const { error } = await run(twoItems);

			expect(error).toBeUndefined();
			const reads = sandbox.requestsOf('read');
			const busy = reads.find(({ status }) => status === 429);
			const after = reads.map((one) => nodeSeconds(busy?.answeredAtMs ?? 0, one.receivedAtMs));
			// The other item's poll may have been on its way.
			expect(after.filter((seconds) => seconds > 20 && seconds < 58)).toEqual([]);
			expect(Math.max(...after)).toBeGreaterThan(58);
		},
		{ generationSeconds: 30 / SPEED },
	);

	evolink.it('said by a result link concern its item only', async ({ sandbox, run }) => {
		sandbox.planTask({ match: { promptIncludes: '<1>' }, generationSeconds: 15 / SPEED });
		sandbox.addFault({ on: 'media', match, fault });
		const { error } = await run(twoItems);

		expect(error).toBeUndefined();
		const prompts = sandbox
			.requestsOf('media')
			.map(({ taskId = '' }) => sandbox.task(taskId)?.prompt);
		expect(prompts).toEqual(['<0>', '<1>', '<0>']);
	});
});

describe('an account that runs three tasks at a time', () => {
	// A minute of the node's.
	const threePlaces = { generationSeconds: 60 / SPEED, mostRunningTasks: 3 };
	const eight = (options: Record<string, unknown>): EvolinkRun => ({
		items: Array.from({ length: 8 }, (_, number) => ({ json: { prompt: `<${number}>` } })),
		parameters: { prompt: '={{ $json.prompt }}', options },
	});

	function expectAll({ error, rows }: EvolinkResult, { sandbox }: Pick<OwnBench, 'sandbox'>): void {
		expect(error).toBeUndefined();
		expect(rows.map(({ json }) => json.prompt)).toEqual(
			Array.from({ length: 8 }, (_, number) => `<${number}>`),
		);
		expect(rows.map(({ json }) => json.status)).toEqual(Array(8).fill('completed'));
		expect(sandbox.bill).toHaveLength(8);
	}

	evolink.it(
		'makes eight of eight while the node waits',
		async (bench) => expectAll(await bench.run(eight({ maxConcurrent: 8 })), bench),
		threePlaces,
	);

	evolink.it(
		'makes eight of eight while the node sleeps',
		async (bench) => {
			const run = eight({ whileWaiting: 'sleep' });
			const asleep = await timed(bench.run(run));
			expect(asleep.error).toBeUndefined();
			expect(asleep.run.status).toBe('waiting');
			expect(Object(asleep.rows[0].json).taskIds).toHaveLength(3);
			expect(asleep.seconds).toBeLessThan(FEW_MINUTES);

			for (const { taskId } of bench.sandbox.tasks()) bench.sandbox.finishTask(taskId);
			expectAll(await bench.wake(asleep, run), bench);
		},
		threePlaces,
	);

	evolink.it(
		'is waited for no longer than Timeout',
		async ({ sandbox, run }) => {
			const { error, seconds } = await timed(run({ parameters: { options: { timeout: 200 } } }));

			expect(error?.httpCode).toBe('429');
			expect(seconds).toBeGreaterThan(195);
			expect(seconds).toBeLessThan(FEW_MINUTES);
			expect(sandbox.bill).toEqual([]);
		},
		{ generationSeconds: 3_600, mostRunningTasks: 0 },
	);
});
