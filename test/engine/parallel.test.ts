import type { Fault, Sandbox } from '../../sandbox';
import { SANDBOX_PRICES } from '../../sandbox/bill';
import { CONTINUE_ON_FAIL, useEvolink } from './evolink-workflow';
import type { EvolinkResult, EvolinkRun, OwnBench } from './evolink-workflow';
import { SPEED } from './quick-clock';
import { sentRequestCount } from './sent-requests';

const evolink = useEvolink();

/** From the arrival of a task's first request to the end of its last answer, in milliseconds. */
interface InWork {
	fromMs: number;
	toMs: number;
}

/** When each task was in work, going by the requests about it. */
function timesInWork({ requests }: Sandbox): InWork[] {
	const taskIds = new Set(requests.flatMap(({ taskId }) => taskId ?? []));
	return [...taskIds].map((taskId) => {
		const about = requests.filter((request) => request.taskId === taskId);
		return {
			fromMs: Math.min(...about.map(({ receivedAtMs }) => receivedAtMs)),
			toMs: Math.max(...about.map(({ answeredAtMs }) => answeredAtMs ?? Infinity)),
		};
	});
}

/** The largest number of tasks that were in work at the same moment. */
function mostInWork(sandbox: Sandbox): number {
	const times = timesInWork(sandbox);
	const inWorkAt = (ms: number) => times.filter(({ fromMs, toMs }) => fromMs <= ms && ms < toMs);
	return Math.max(...times.map(({ fromMs }) => inWorkAt(fromMs).length));
}

function promptItems(prompts: string[]) {
	return prompts.map((prompt) => ({ json: { prompt } }));
}

const prompts = (count: number) => Array.from({ length: count }, (_, index) => `(video ${index})`);

describe('Many items in one run', () => {
	evolink.it(
		'come out in the order of the input, each with its own pairing, task and file',
		async ({ sandbox, run }) => {
			const wanted = prompts(10);
			for (const [index, prompt] of wanted.entries()) {
				// The last item is finished first, also when it is started a second after the first one.
				const generationSeconds = (wanted.length - index) * 0.2;
				sandbox.planTask({ match: { promptIncludes: prompt }, generationSeconds });
			}
			const { rows, error } = await run({
				parameters: {
					prompt: '={{ $json.prompt }}',
					options: { maxConcurrent: 20, pollInterval: 1, fileName: '={{ $json.prompt }}' },
				},
				items: promptItems(wanted),
			});

			expect(error).toBeUndefined();
			const downloads = sandbox.requestsOf('media').map(({ taskId }) => taskId);
			const submissions = sandbox.bill.map(({ taskId }) => taskId);
			expect(downloads).toHaveLength(10);
			expect(downloads).not.toEqual(submissions);

			expect(rows.map(({ json }) => json.prompt)).toEqual(wanted);
			expect(rows.map(({ pairedItem }) => pairedItem)).toEqual(wanted.map((_, item) => ({ item })));
			expect(new Set(rows.map(({ json }) => json.taskId)).size).toBe(10);
			for (const { json, binary } of rows) {
				const taskId = String(json.taskId);
				expect(sandbox.task(taskId)?.prompt).toBe(json.prompt);
				expect(binary?.data.fileName).toBe(`${String(json.prompt)}.mp4`);
				const bytes = await evolink.engine.readBinary(binary!.data);
				expect(bytes.equals(sandbox.mediaOf(taskId).bytes())).toBe(true);
			}
		},
	);

	evolink.it('may wait in line for longer than their timeout', async ({ sandbox, run }) => {
		const { rows, error } = await run({
			parameters: {
				waitForCompletion: false,
				options: { maxConcurrent: 20, timeout: 1 },
			},
			items: promptItems(prompts(10)),
		});
		expect(error).toBeUndefined();
		expect(rows).toHaveLength(10);
		expect(sandbox.bill).toHaveLength(10);
	});

	evolink.it('are submitted in the order of the input', async ({ run, sandbox }) => {
		const wanted = prompts(12);
		await run({
			parameters: {
				prompt: '={{ $json.prompt }}',
				waitForCompletion: false,
				options: { maxConcurrent: 1 },
			},
			items: promptItems(wanted),
		});

		expect(sandbox.bill.map(({ prompt }) => prompt)).toEqual(wanted);
	});
});

describe('Max Concurrent Videos', () => {
	const fromPrompts = (count: number, more: Record<string, unknown> = {}) => ({
		parameters: { prompt: '={{ $json.prompt }}', ...more },
		items: promptItems(prompts(count)),
	});

	evolink.it(
		'is 5 by default: never more tasks are unfinished at once, nor fewer while items wait',
		async ({ sandbox, run }) => {
			expect((await run(fromPrompts(7))).rows).toHaveLength(7);
			expect(timesInWork(sandbox)).toHaveLength(7);
			expect(mostInWork(sandbox)).toBe(5);
		},
		{ generationSeconds: 0.2 },
	);

	evolink.it(
		'counts from the first item, whatever the others say',
		async ({ sandbox, run }) => {
			const options = { maxConcurrent: '={{ $itemIndex === 0 ? 2 : 100 }}' };
			expect((await run(fromPrompts(4, { options }))).rows).toHaveLength(4);
			expect(mostInWork(sandbox)).toBe(2);
		},
		{ generationSeconds: 0.2 },
	);

	evolink.it(
		'counts from the first item also where that one is refused, and lets one follow the other',
		async ({ sandbox, run }) => {
			const { rows } = await run({
				items: ['8k', '768p', '768p', '768p'].map((quality) => ({ json: { quality } })),
				parameters: { quality: '={{ $json.quality }}', options: { maxConcurrent: 1 } },
				node: CONTINUE_ON_FAIL,
			});

			expect(rows.map(({ json }) => 'error' in json)).toEqual([true, false, false, false]);
			const order = sandbox.requests.map(({ kind }) => kind).filter((kind) => kind !== 'read');
			expect(order).toEqual(['submit', 'media', 'submit', 'media', 'submit', 'media']);
		},
	);

	evolink.it('limits Task > Get in the same way', async ({ sandbox, run }) => {
		const items = [0, 1, 2, 3].map(() => ({
			json: { taskId: sandbox.addTask({ generationSeconds: 1 }) },
		}));
		const parameters = {
			resource: 'task',
			operation: 'get',
			taskId: '={{ $json.taskId }}',
			waitForCompletion: true,
			options: { maxConcurrent: 2 },
		};
		expect((await run({ parameters, items })).rows).toHaveLength(4);
		expect(mostInWork(sandbox)).toBe(2);
	});
});

evolink.it(
	'an item keeps its own Timeout beside another that shares its image, and does not fail with it',
	async ({ sandbox, run }) => {
		const data = await evolink.file();
		sandbox.addFault({ on: 'upload', times: 2, fault: { kind: 'stall', seconds: 3 } });

		const { rows, error } = await run({
			items: [SPEED, 60 * SPEED].map((timeout) => ({ json: { timeout }, binary: { data } })),
			parameters: { imageSource: 'binary', options: { timeout: '={{ $json.timeout }}' } },
			node: CONTINUE_ON_FAIL,
		});

		expect(error).toBeUndefined();
		expect(rows[0].json.error).toMatchObject({ message: expect.stringMatching(/in time/) });
		expect(rows[1].json).toMatchObject({ status: 'completed' });
		expect(sandbox.bill).toHaveLength(1);
	},
);

evolink.it('a Timeout ends the wait for an upload that another item began', async (bench) => {
	const data = await evolink.file();
	bench.sandbox.addFault({ on: 'upload', fault: { kind: 'stall', seconds: 20 } });

	const startedMs = Date.now();
	const { error } = await bench.run({
		items: [900, 1].map((timeout) => ({ json: { timeout }, binary: { data } })),
		parameters: { imageSource: 'binary', options: { timeout: '={{ $json.timeout }}' } },
	});

	expect(error).toMatchObject({ context: { itemIndex: 1 } });
	expect(Date.now() - startedMs).toBeLessThan(10_000);
	expect(bench.sandbox.bill).toEqual([]);
});

/** Items with prompts of their own; the option decides how many are in work at once. */
function itemsRun(count: number, maxConcurrent: number): EvolinkRun {
	return {
		items: Array.from({ length: count }, (_, number) => ({ json: { prompt: `<item ${number}>` } })),
		parameters: { prompt: '={{ $json.prompt }}', options: { maxConcurrent } },
	};
}

function failItem(number: number, fault: Omit<Fault, 'match'>): Fault {
	return { ...fault, match: { promptIncludes: `<item ${number}>` } };
}

const REFUSED_READ: Omit<Fault, 'match'> = { on: 'read', fault: { kind: 'status', status: 403 } };

interface EndedRun {
	result: EvolinkResult;
	/** From the answer that made the item fail to the end of the run. */
	secondsToEnd: number;
	requestsAfterEnd: number;
}

/** Runs, and watches for two more seconds what is still asked for. */
async function runAndWatch({ sandbox, run }: OwnBench, settings: EvolinkRun): Promise<EndedRun> {
	const result = await run(settings);
	const endedMs = Date.now();
	const failedAnswer = sandbox.requests.find(({ fault }) => fault === 'status');
	const sentAtEnd = sentRequestCount(sandbox);
	await new Promise((resolve) => setTimeout(resolve, 2000));
	return {
		result,
		secondsToEnd: (endedMs - (failedAnswer?.answeredAtMs ?? 0)) / 1000,
		requestsAfterEnd: sentRequestCount(sandbox) - sentAtEnd,
	};
}

describe('when an item fails and the node does not continue', () => {
	const unfinished = { generationSeconds: 20 };

	evolink.it('no further item is submitted', async (bench) => {
		bench.sandbox.addFault(failItem(0, { on: 'submit', fault: { kind: 'status', status: 402 } }));

		const { result, requestsAfterEnd } = await runAndWatch(bench, itemsRun(3, 1));

		expect(result.error).toMatchObject({ httpCode: '402', context: { itemIndex: 0 } });
		expect(result.error?.description).not.toMatch(/Other items/);
		expect(bench.sandbox.requestsOf('submit')).toHaveLength(1);
		expect(requestsAfterEnd).toBe(0);
	});

	evolink.it(
		'the waits of the others end at once and nothing runs on',
		async (bench) => {
			bench.sandbox.addFault(failItem(2, REFUSED_READ));

			const { result, secondsToEnd, requestsAfterEnd } = await runAndWatch(bench, itemsRun(5, 5));

			expect(result.error).toMatchObject({
				name: 'NodeApiError',
				httpCode: '403',
				context: { itemIndex: 2 },
			});
			expect(secondsToEnd).toBeLessThan(3);
			expect(requestsAfterEnd).toBe(0);
			expect(bench.sandbox.bill).toHaveLength(5);
		},
		unfinished,
	);

	evolink.it(
		'a stalled read and a stalled download of others end too',
		async (bench) => {
			const { sandbox } = bench;
			sandbox.planTask({ match: { promptIncludes: '<item 0>' }, generationSeconds: 0 });
			sandbox.addFault(failItem(0, { on: 'media', fault: { kind: 'stalled-media' } }));
			sandbox.addFault(failItem(1, { on: 'read', fault: { kind: 'stall' } }));
			sandbox.addFault(failItem(2, { ...REFUSED_READ, skip: 1 }));

			const { result, secondsToEnd, requestsAfterEnd } = await runAndWatch(bench, itemsRun(3, 3));

			expect(result.error).toMatchObject({ context: { itemIndex: 2 } });
			expect(secondsToEnd).toBeLessThan(3);
			expect(requestsAfterEnd).toBe(0);
		},
		unfinished,
	);

	evolink.it(
		'an upload of another item ends, and nothing is submitted for it',
		async (bench) => {
			const { sandbox } = bench;
			const data = await evolink.file();
			sandbox.addFault({ on: 'upload', fault: { kind: 'stall' } });
			sandbox.addFault({ on: 'submit', fault: { kind: 'status', status: 400 } });

			const { secondsToEnd, requestsAfterEnd } = await runAndWatch(bench, {
				items: [{ json: { source: 'binary' }, binary: { data } }, { json: { source: 'url' } }],
				parameters: { imageSource: '={{ $json.source }}', binaryPropertyName: 'data' },
			});

			expect(secondsToEnd).toBeLessThan(3);
			expect(requestsAfterEnd).toBe(0);
			expect(sandbox.requestsOf('submit')).toHaveLength(1);
		},
		unfinished,
	);

	evolink.it(
		'a submission in flight is awaited and its task remembered',
		async (bench) => {
			const { sandbox, retry } = bench;
			sandbox.addFault(failItem(0, { on: 'submit', fault: { kind: 'stall', seconds: 1.5 } }));
			sandbox.addFault(failItem(1, { on: 'submit', fault: { kind: 'status', status: 400 } }));
			for (const number of [0, 1]) {
				sandbox.planTask({ match: { promptIncludes: `<item ${number}>` }, generationSeconds: 0 });
			}
			const settings = itemsRun(2, 2);

			const { result, requestsAfterEnd } = await runAndWatch(bench, settings);

			const [{ taskId }] = sandbox.bill;
			expect(sandbox.bill).toHaveLength(1);
			expect(result.error).toMatchObject({ httpCode: '400', context: { itemIndex: 1 } });
			expect(result.error?.description).toContain(taskId);
			expect(requestsAfterEnd).toBe(0);
			expect(sandbox.requestsOf('read')).toHaveLength(0);

			const retried = await retry(result, settings);
			expect(retried.error).toBeUndefined();
			expect(retried.rows[0].json.taskId).toBe(taskId);
			expect(sandbox.bill).toHaveLength(2);
		},
		unfinished,
	);

	evolink.it(
		'the first failed item by input order is reported, not the first in time',
		async (bench) => {
			const { sandbox } = bench;
			// Item 0 uses up the account; item 1 hears of it only after item 2 has been refused.
			sandbox.addFault(failItem(1, { on: 'submit', fault: { kind: 'stall', seconds: 1 } }));
			sandbox.addFault(failItem(2, { on: 'submit', fault: { kind: 'status', status: 400 } }));

			const { result } = await runAndWatch(bench, itemsRun(3, 3));

			const statuses = sandbox.requestsOf('submit').map(({ status }) => status);
			expect(statuses.sort()).toEqual([200, 400, 402]);
			expect(result.error).toMatchObject({ httpCode: '402', context: { itemIndex: 1 } });
			expect(result.error?.description).toContain(sandbox.bill[0].taskId);
		},
		{ ...unfinished, startCredits: SANDBOX_PRICES['768p'][6] },
	);

	evolink.it(
		'the error names the tasks of the others, and a retry takes them up again',
		async (bench) => {
			const { sandbox, retry } = bench;
			for (const number of [0, 1, 2, 3]) {
				sandbox.planTask({ match: { promptIncludes: `<item ${number}>` }, generationSeconds: 2 });
			}
			sandbox.addFault(failItem(1, REFUSED_READ));
			const settings = itemsRun(4, 4);

			const { result } = await runAndWatch(bench, settings);
			const description = String(result.error?.description);
			for (const { taskId } of sandbox.bill) {
				// Each once: the failed item's own task is not one of the others.
				expect(description.split(taskId)).toHaveLength(2);
			}
			expect(description).toMatch(/Other items had already started/);
			expect(description).toContain('Task > Get');

			const { rows, error } = await retry(result, settings);
			expect(error).toBeUndefined();
			const paid = sandbox.bill.map(({ prompt, taskId }) => [prompt, taskId]);
			expect(rows.map(({ json }) => [json.prompt, json.taskId]).sort()).toEqual(paid.sort());
			expect(sandbox.bill).toHaveLength(4);
		},
		unfinished,
	);

	evolink.it(
		'at most 20 other tasks are named, then how many more there are',
		async (bench) => {
			const { sandbox } = bench;
			sandbox.addFault(failItem(24, REFUSED_READ));

			const { result } = await runAndWatch(bench, itemsRun(25, 100));

			expect(sandbox.bill).toHaveLength(25);
			const description = String(result.error?.description);
			const others = sandbox.bill.filter(({ prompt }) => prompt !== '<item 24>');
			const named = others.filter(({ taskId }) => description.includes(taskId));
			expect(named).toHaveLength(20);
			expect(description).toContain('and 4 more');
		},
		unfinished,
	);
});
