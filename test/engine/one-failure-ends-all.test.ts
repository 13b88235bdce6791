/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs beside n8n, never inside it */
import type { Fault } from '../../sandbox';
import { SANDBOX_PRICES } from '../../sandbox/bill';
import { useEvolink } from './evolink-workflow';
import type { EvolinkResult, EvolinkRun } from './evolink-workflow';
import { imageBytes } from './image-bytes';
import { sentRequestCount } from './sent-requests';
import { testsSideBySide } from './concurrent-tests';
import type { OwnBench } from './concurrent-tests';

const evolink = useEvolink();
const itSideBySide = testsSideBySide(evolink, { generationSeconds: 20 });
const itWithOneVideoOnTheAccount = testsSideBySide(evolink, {
	generationSeconds: 20,
	startCredits: SANDBOX_PRICES['768p'][6],
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
	itSideBySide('the waits of the others end at once and nothing runs on', async (bench) => {
		bench.sandbox.addFault(failItem(2, REFUSED_READ));

		const { result, secondsToEnd, requestsAfterEnd } = await runAndWatch(bench, itemsRun(5, 5));

		expect(result.error).toMatchObject({
			name: 'NodeApiError',
			httpCode: '403',
			context: { itemIndex: 2 },
		});
		expect(secondsToEnd).toBeLessThan(1);
		expect(requestsAfterEnd).toBe(0);
		expect(bench.sandbox.bill).toHaveLength(5);
	});

	itSideBySide('no further item is submitted', async (bench) => {
		bench.sandbox.addFault(failItem(1, { on: 'submit', fault: { kind: 'status', status: 400 } }));

		const { result, requestsAfterEnd } = await runAndWatch(bench, itemsRun(6, 2));

		expect(result.error).toMatchObject({ httpCode: '400', context: { itemIndex: 1 } });
		expect(bench.sandbox.requestsOf('submit')).toHaveLength(2);
		expect(requestsAfterEnd).toBe(0);
	});

	itSideBySide('a stalled read and a stalled download of others end too', async (bench) => {
		const { sandbox } = bench;
		sandbox.planTask({ match: { promptIncludes: '<item 0>' }, generationSeconds: 0 });
		sandbox.addFault(failItem(0, { on: 'media', fault: { kind: 'stalled-media' } }));
		sandbox.addFault(failItem(1, { on: 'read', fault: { kind: 'stall' } }));
		sandbox.addFault(failItem(2, { ...REFUSED_READ, skip: 1 }));

		const { result, secondsToEnd, requestsAfterEnd } = await runAndWatch(bench, itemsRun(3, 3));

		expect(result.error).toMatchObject({ context: { itemIndex: 2 } });
		expect(secondsToEnd).toBeLessThan(1);
		expect(requestsAfterEnd).toBe(0);
	});

	itSideBySide('an upload of another item ends, and nothing is submitted for it', async (bench) => {
		const { sandbox } = bench;
		const picture = await evolink.engine.storeBinary(
			imageBytes('png', 640, 480),
			'a.png',
			'image/png',
		);
		sandbox.addFault({ on: 'upload', fault: { kind: 'stall' } });
		sandbox.addFault({ on: 'submit', fault: { kind: 'status', status: 400 } });

		const { secondsToEnd, requestsAfterEnd } = await runAndWatch(bench, {
			items: [
				{ json: { source: 'binary' }, binary: { data: picture } },
				{ json: { source: 'url' } },
			],
			parameters: { imageSource: '={{ $json.source }}', binaryPropertyName: 'data' },
		});

		expect(secondsToEnd).toBeLessThan(1);
		expect(requestsAfterEnd).toBe(0);
		expect(sandbox.requestsOf('submit')).toHaveLength(1);
	});

	itSideBySide('a submission in flight is awaited and its task remembered', async (bench) => {
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
	});

	itWithOneVideoOnTheAccount(
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
	);

	itSideBySide(
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
	);

	itSideBySide('at most 20 other tasks are named, then how many more there are', async (bench) => {
		const { sandbox } = bench;
		sandbox.addFault(failItem(24, REFUSED_READ));

		const { result } = await runAndWatch(bench, itemsRun(25, 100));

		expect(sandbox.bill).toHaveLength(25);
		const description = String(result.error?.description);
		const others = sandbox.bill.filter(({ prompt }) => prompt !== '<item 24>');
		const named = others.filter(({ taskId }) => description.includes(taskId));
		expect(named).toHaveLength(20);
		expect(description).toContain('and 4 more');
	});

	itSideBySide('nothing is said about others when there are none', async (bench) => {
		const { sandbox } = bench;
		sandbox.addFault(failItem(0, { on: 'submit', fault: { kind: 'status', status: 402 } }));

		const { result } = await runAndWatch(bench, itemsRun(3, 1));

		expect(sandbox.requestsOf('submit')).toHaveLength(1);
		expect(result.error?.description).not.toMatch(/Other items/);
	});
});
