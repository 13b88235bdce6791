import type { Fault, FaultAction } from '../../sandbox';
import { CONTINUE_ON_FAIL, useEvolink } from './evolink-workflow';
import type { EvolinkResult, EvolinkRun, OwnBench } from './evolink-workflow';
import { sentRequestCount } from './sent-requests';

const evolink = useEvolink({ generationSeconds: 60 });

async function pause(seconds: number): Promise<void> {
	await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

interface StoppedRun {
	result: EvolinkResult;
	secondsToEnd: number;
	requestsAfterStop: number;
}

/** Starts a run, stops it at the moment, and watches for two more seconds what it still asks for. */
async function stopAt(
	{ sandbox, start }: OwnBench,
	run: EvolinkRun,
	moment: () => Promise<unknown>,
): Promise<StoppedRun> {
	const running = start(run);
	await moment();
	const sentBefore = sentRequestCount(sandbox);
	const stoppedMs = Date.now();
	running.cancel();
	const result = await running.finished;
	const secondsToEnd = (Date.now() - stoppedMs) / 1000;
	await pause(2);
	return { result, secondsToEnd, requestsAfterStop: sentRequestCount(sandbox) - sentBefore };
}

function expectQuickAndQuiet({ result, secondsToEnd, requestsAfterStop }: StoppedRun): void {
	expect(result.run.status).toBe('canceled');
	expect(secondsToEnd).toBeLessThan(1);
	expect(requestsAfterStop).toBe(0);
	expect(result.rows).toEqual([]);
}

interface Scene {
	fault?: Fault;
	/** The kind and number of the last request before the stop. */
	until: ['submit' | 'read' | 'upload' | 'media', number];
	/** The work whose answer must have arrived takes a moment to fall asleep. */
	thenSleeps?: boolean;
	generationSeconds?: number;
	withImage?: boolean;
}

const BUSY: FaultAction = { kind: 'status', status: 429, retryAfter: 60 };

const SCENES: Record<string, Scene> = {
	'it waits for the next read': { until: ['read', 1], thenSleeps: true },
	'an image is uploaded': {
		fault: { on: 'upload', fault: { kind: 'stall' } },
		until: ['upload', 1],
		withImage: true,
	},
	'it waits to repeat an upload': {
		fault: { on: 'upload', fault: { kind: 'status', status: 503, retryAfter: 60 } },
		until: ['upload', 1],
		thenSleeps: true,
		withImage: true,
	},
	'a status read stalls': {
		fault: { on: 'read', fault: { kind: 'stall' } },
		until: ['read', 1],
	},
	'a status read trickles in': {
		fault: { on: 'read', fault: { kind: 'trickle' } },
		until: ['read', 1],
		thenSleeps: true,
	},
	'it sleeps for the Retry-After of a read': {
		fault: { on: 'read', fault: BUSY },
		until: ['read', 1],
		thenSleeps: true,
	},
	'it sleeps for the Retry-After of a submission': {
		fault: { on: 'submit', fault: BUSY },
		until: ['submit', 1],
		thenSleeps: true,
	},
	'the answer to a submission trickles in': {
		fault: { on: 'submit', fault: { kind: 'trickle', afterAcceptance: true } },
		until: ['submit', 1],
		thenSleeps: true,
	},
	'a download does not begin': {
		fault: { on: 'media', fault: { kind: 'stall' } },
		until: ['media', 1],
		generationSeconds: 0,
	},
	'a download stalls in the middle': {
		fault: { on: 'media', fault: { kind: 'stalled-media' } },
		until: ['media', 1],
		thenSleeps: true,
		generationSeconds: 0,
	},
};

describe('the Stop button ends the run within a second, and no request follows', () => {
	for (const [name, scene] of Object.entries(SCENES)) {
		evolink.it(`while ${name}`, async (bench) => {
			const { sandbox } = bench;
			const { fault, generationSeconds, until, thenSleeps } = scene;
			if (fault !== undefined) sandbox.addFault({ ...fault, times: Infinity });
			if (generationSeconds !== undefined) sandbox.planTask({ generationSeconds });
			const node = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };
			const run = { node, ...(scene.withImage ? await withImage() : {}) };

			const stopped = await stopAt(bench, run, async () => {
				await sandbox.waitForRequests(...until);
				if (thenSleeps) await pause(0.3);
			});

			expectQuickAndQuiet(stopped);
			expect(stopped.result.error?.message).toBe('The execution was stopped');
			if (until[0] === 'read' || until[0] === 'media') {
				expect(stopped.result.error?.description).toContain(sandbox.bill[0].taskId);
				expect(stopped.result.error?.description).toContain('Task > Get');
			}
		});
	}

	evolink.it('while some items wait and others have not begun', async (bench) => {
		const { sandbox } = bench;
		const items = [0, 1, 2, 3, 4, 5, 6].map((number) => ({ json: { number } }));
		const run = { items, parameters: { options: { maxConcurrent: 2 } } };

		const stopped = await stopAt(bench, run, async () => await sandbox.waitForRequests('read', 2));

		expectQuickAndQuiet(stopped);
		expect(sandbox.bill).toHaveLength(2);
		for (const { taskId } of sandbox.bill) {
			expect(stopped.result.error?.description).toContain(taskId);
		}
	});

	evolink.it('while the node would continue on fail', async (bench) => {
		const { sandbox } = bench;
		const run: EvolinkRun = { node: CONTINUE_ON_FAIL };

		const stopped = await stopAt(bench, run, async () => await sandbox.waitForRequests('read', 1));

		expect(stopped.secondsToEnd).toBeLessThan(1);
		expect(stopped.requestsAfterStop).toBe(0);
		expect(stopped.result.run.status).toBe('canceled');
	});

	evolink.it(
		'and still notes the task of a submission that is answered right after it',
		async (bench) => {
			const { sandbox } = bench;
			sandbox.addFault({ on: 'submit', fault: { kind: 'stall', seconds: 0.1 } });

			const { result, secondsToEnd, requestsAfterStop } = await stopAt(
				bench,
				{},
				async () => await sandbox.waitForRequests('submit', 1),
			);

			const [{ taskId }] = sandbox.bill;
			expect(secondsToEnd).toBeLessThan(1);
			expect(requestsAfterStop).toBe(0);
			expect(result.error?.description).toContain(taskId);
			expect(evolink.engine.logLines().some((line) => line.includes(taskId))).toBe(true);
		},
	);

	evolink.it(
		'and says that a video may have been started when no answer came any more',
		async (bench) => {
			const { sandbox } = bench;
			sandbox.addFault({ on: 'submit', fault: { kind: 'stall', afterAcceptance: true } });

			const { result } = await stopAt(
				bench,
				{},
				async () => await sandbox.waitForRequests('submit', 1),
			);

			expect(sandbox.bill).toHaveLength(1);
			expect(result.error?.description).toMatch(/^One video may have been started/);
			const warnings = evolink.engine.logLines().filter((line) => line.includes('was stopped'));
			expect(warnings.some((line) => line.includes('One video may have been started'))).toBe(true);
		},
	);

	evolink.it('while a submission stalls that another item has outlived', async (bench) => {
		const { sandbox } = bench;
		sandbox.addFault({
			on: 'submit',
			match: { promptIncludes: 'stalls' },
			fault: { kind: 'stall' },
		});
		sandbox.addFault({
			on: 'submit',
			match: { promptIncludes: 'refused' },
			fault: { kind: 'status', status: 400 },
		});
		const { secondsToEnd, requestsAfterStop } = await stopAt(
			bench,
			{
				items: [{ json: { prompt: 'stalls' } }, { json: { prompt: 'refused' } }],
				parameters: { prompt: '={{ $json.prompt }}' },
			},
			async () => {
				await sandbox.waitForRequests('submit', 2);
				// By then the refusal has reached the node, which now waits for the other answer.
				await pause(1);
			},
		);

		expect(secondsToEnd).toBeLessThan(1);
		expect(requestsAfterStop).toBe(0);
	});
});

async function withImage(): Promise<EvolinkRun> {
	const items = [{ json: {}, binary: { data: await evolink.file() } }];
	return { items, parameters: { imageSource: 'binary' } };
}
