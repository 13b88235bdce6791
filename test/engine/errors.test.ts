import type { INodeExecutionData } from 'n8n-workflow';

import { CONTINUE_ON_FAIL, useEvolink, wordsOf } from './evolink-workflow';
import type { EvolinkResult, EvolinkRun, OwnBench } from './evolink-workflow';

const evolink = useEvolink();

/** What can happen to an item, by the kind of failure. */
const FATES = [
	'fine',
	'wrong field',
	'refused',
	'task failed',
	'lost',
	'unread',
	'timeout',
	'no file',
];

/** One item for each fate, with a field of its own beside the prompt. */
function fatefulRun({ sandbox }: OwnBench, onError: string): EvolinkRun {
	const match = (fate: string) => ({ promptIncludes: `<${fate}>` });
	sandbox.addFault({
		on: 'submit',
		match: match('refused'),
		fault: { kind: 'status', status: 400, param: 'image_urls', message: 'The image is a cake' },
	});
	sandbox.addFault({ on: 'submit', match: match('lost'), fault: { kind: 'html' } });
	sandbox.planTask({
		match: match('task failed'),
		outcome: { status: 'failed', code: 'content_policy_violation', message: 'No brands' },
	});
	sandbox.addFault({
		on: 'read',
		match: match('unread'),
		fault: { kind: 'status', status: 404 },
	});
	sandbox.planTask({ match: match('timeout'), generationSeconds: 60 });
	sandbox.addFault({
		on: 'media',
		match: match('no file'),
		fault: { kind: 'status', status: 410 },
	});
	return {
		items: FATES.map((fate, number) => ({ json: { fate, number } })),
		parameters: {
			prompt: '={{ "<" + $json.fate + ">" }}',
			quality: '={{ $json.fate === "wrong field" ? "8k" : "768p" }}',
			options: { timeout: 30 },
		},
		node: { onError } as EvolinkRun['node'],
	};
}

function taskIdOf({ sandbox }: OwnBench, fate: string): string | undefined {
	return sandbox.tasks().find(({ prompt }) => prompt === `<${fate}>`)?.taskId;
}

/** The whole error object that each failed item's row must hold. */
function expectedErrors(bench: OwnBench): Record<string, Record<string, unknown>> {
	const text = (pattern: RegExp): unknown => expect.stringMatching(pattern);
	return {
		'wrong field': { message: text(/'Quality'/), description: text(/Choose '768p', '1080p'/) },
		refused: {
			message: text(/did not accept the request/),
			description: text(/The image is a cake.*'image_urls'/),
			httpCode: '400',
		},
		'task failed': {
			message: text(/No brands \(content_policy_violation\)/),
			description: text(/Task > Get/),
			taskId: taskIdOf(bench, 'task failed'),
			status: 'failed',
			failureCode: 'content_policy_violation',
		},
		lost: {
			message: text(/may have been started/),
			description: text(/dashboard\/billing/),
			httpCode: '200',
		},
		unread: {
			message: text(/does not know a task with this ID/),
			description: text(/Task > Get/),
			taskId: taskIdOf(bench, 'unread'),
			httpCode: '404',
		},
		timeout: {
			message: text(/not finished within 30 seconds/),
			description: text(/Task > Get/),
			taskId: taskIdOf(bench, 'timeout'),
			status: text(/^(pending|processing)$/),
		},
		'no file': {
			message: text(/link answered HTTP 410/),
			description: text(/Task > Get/),
			taskId: taskIdOf(bench, 'no file'),
			status: 'completed',
			httpCode: '410',
		},
	};
}

function expectFineRow(bench: OwnBench, row: INodeExecutionData): void {
	expect(row.json).toMatchObject({ taskId: taskIdOf(bench, 'fine'), isSuccess: true });
	expect(row.json).not.toHaveProperty('error');
	expect(row.binary?.data).toBeDefined();
	expect(row.pairedItem).toEqual({ item: 0 });
}

/** Nothing that n8n itself would read as a failure of the whole node. */
function expectSuccessfulNode({ run, error }: EvolinkResult): void {
	expect(error).toBeUndefined();
	expect(run.status).toBe('success');
}

describe('Continue On Fail', () => {
	evolink.it('puts each failed item out as one key with an object, in order', async (bench) => {
		const result = await bench.run(fatefulRun(bench, 'continueRegularOutput'));

		expectSuccessfulNode(result);
		expect(result.errorRows).toEqual([]);
		expect(result.rows).toHaveLength(FATES.length);
		expectFineRow(bench, result.rows[0]);
		const errors = expectedErrors(bench);
		FATES.slice(1).forEach((fate, index) => {
			expect(result.rows[index + 1]).toStrictEqual({
				json: { error: errors[fate] },
				pairedItem: { item: index + 1 },
			});
		});
		const paid = bench.sandbox.bill.map(({ prompt }) => prompt).sort();
		expect(paid).toEqual(['<fine>', '<no file>', '<task failed>', '<timeout>', '<unread>']);
	});

	evolink.it('still works with the setting of old workflows', async (bench) => {
		const { node, ...run } = fatefulRun(bench, '');
		expect(node).toBeDefined();

		const result = await bench.run({ ...run, node: { continueOnFail: true } });

		expectSuccessfulNode(result);
		expect(result.rows).toHaveLength(FATES.length);
		expect(result.rows[1].json.error).toMatchObject({ message: expect.any(String) });
	});

	evolink.it('tells of a wrong credential item by item', async ({ sandbox, run }) => {
		const { rows, error } = await run({
			items: [{ json: {} }, { json: {} }],
			credential: { baseUrl: 'no address' },
			node: CONTINUE_ON_FAIL,
		});

		expect(error).toBeUndefined();
		expect(rows.map(({ json }) => json)).toEqual(
			Array(2).fill({
				error: {
					message: expect.stringMatching(/'API Base URL'/),
					description: expect.stringMatching(/https:\/\//),
				},
			}),
		);
		expect(sandbox.requests).toEqual([]);
	});
});

describe('the error output', () => {
	evolink.it(
		'gets the failed items and nothing else, each with its input fields',
		async (bench) => {
			const result = await bench.run(fatefulRun(bench, 'continueErrorOutput'));

			expectSuccessfulNode(result);
			expect(result.rows).toHaveLength(1);
			expectFineRow(bench, result.rows[0]);
			const errors = expectedErrors(bench);
			expect(result.errorRows).toHaveLength(FATES.length - 1);
			FATES.slice(1).forEach((fate, index) => {
				// The engine adds the fields of the paired input item.
				expect(result.errorRows[index].json).toStrictEqual({
					fate,
					number: index + 1,
					error: errors[fate],
				});
				expect(result.errorRows[index].pairedItem).toMatchObject({ item: index + 1 });
			});
		},
	);
});

describe('an error workflow', () => {
	/** The fields that n8n hands on to the Error Trigger: what JSON keeps of the error. */
	const fieldsOf = (error: unknown) => {
		const json: unknown = JSON.parse(JSON.stringify(error));
		const { context } = Object(json);
		return { ...Object(json), ...Object(context), ...Object(Object(context).data) };
	};

	evolink.it('finds ID, status and code of a failed task as fields', async ({ sandbox, run }) => {
		sandbox.planTask({ outcome: { status: 'failed', code: 'service_error' } });
		const { error } = await run({});

		expect(fieldsOf(error)).toMatchObject({
			taskId: sandbox.bill[0].taskId,
			status: 'failed',
			failureCode: 'service_error',
		});
	});

	evolink.it('finds ID and status of a video that takes too long', async ({ sandbox, run }) => {
		sandbox.planTask({ generationSeconds: 600 });
		const { error } = await run({ parameters: { options: { timeout: 10 } } });

		expect(fieldsOf(error)).toMatchObject({
			taskId: sandbox.bill[0].taskId,
			status: expect.stringMatching(/^(pending|processing)$/),
		});
	});
});

it('tasks that failed are not listed as such that can be fetched', async () => {
	for (let count = 0; count < 3; count++) {
		evolink.sandbox.planTask({ outcome: { status: 'failed', code: 'service_error' } });
	}
	const { error } = await evolink.run({ items: [{ json: {} }, { json: {} }, { json: {} }] });

	expect(evolink.sandbox.bill).toHaveLength(3);
	expect(wordsOf(error)).not.toMatch(/can be fetched|The video is paid for/);
});
