import type { FaultAction } from '../../sandbox';
import { RETRY_ON_FAIL, useEvolink, wordsOf } from './evolink-workflow';
import type { EvolinkResult, OwnBench } from './evolink-workflow';
import { startOddHost } from './odd-host';
import { idempotencyKeyOf } from './traffic';

/**
 * Every kind of fault that a submission can meet, under both kinds of retry. Most of them are in
 * docs/submission-faults.md, too.
 */
const evolink = useEvolink();

const LOST = /may have been started/;

/** How often the item is submitted and charged so far. */
function expectSubmitted({ sandbox }: OwnBench, submissions: number, charges: number): void {
	const sent = sandbox.requestsOf('submit');
	expect(sent).toHaveLength(submissions);
	expect(sandbox.bill).toHaveLength(charges);
}

function expectDelivered({ sandbox }: OwnBench, { error, rows }: EvolinkResult): void {
	expect(error).toBeUndefined();
	expect(rows.map(({ json }) => json.taskId)).toEqual([sandbox.bill.at(-1)?.taskId]);
}

function expectFailed({ error, rows }: EvolinkResult, words: RegExp): void {
	expect(rows).toEqual([]);
	expect(error).toMatchObject({ name: 'NodeApiError', context: { itemIndex: 0 } });
	expect(error?.message).toMatch(words);
	// Of a page, its words are quoted; a page is not Evolink's, and says nothing about the key.
	expect(error?.description).not.toMatch(/<|undefined/);
	if (!error?.message.includes('API key')) {
		expect(error?.description).not.toContain('check the API key');
	}
}

/** A refusal of the API or of something on the way: each retry may submit, and does. */
async function expectRefused(
	bench: OwnBench,
	fault: FaultAction,
	words: RegExp,
	charged = 0,
): Promise<void> {
	const { sandbox, run, retry } = bench;
	sandbox.addFault({ on: 'submit', fault });
	const failed = await run({});
	expectFailed(failed, words);
	expect(failed.error?.message).not.toMatch(LOST);
	expectSubmitted(bench, 1, charged);
	expectDelivered(bench, await retry(failed, {}));
	expectSubmitted(bench, 2, charged + 1);

	sandbox.reset();
	sandbox.addFault({ on: 'submit', fault });
	expectDelivered(bench, await run({ node: RETRY_ON_FAIL }));
	expectSubmitted(bench, 2, charged + 1);
}

/** A submission that may have been accepted: no retry submits the item again, or forgets that. */
async function expectLost(bench: OwnBench, arrange: () => void, charged: number): Promise<void> {
	const { sandbox, run, retry } = bench;
	arrange();
	const failed = await run({});
	expectFailed(failed, LOST);
	const retried = await retry(failed, {});
	expectFailed(retried, LOST);
	expect(retried.error?.description).toBe(failed.error?.description);
	expectSubmitted(bench, 1, charged);

	sandbox.reset();
	arrange();
	expectFailed(await run({ node: RETRY_ON_FAIL }), LOST);
	expectSubmitted(bench, 1, charged);
}

const nameOf = (fault: FaultAction) =>
	Object.entries(fault)
		.map(([key, value]) => (value === true ? key : String(value)))
		.join(' ');

describe('Evolink refuses or has a fault, and says so itself: a retry submits again', () => {
	for (const status of [400, 401, 402, 403, 404, 408, 422, 500, 503]) {
		evolink.it(
			`HTTP ${status}`,
			async (bench) => await expectRefused(bench, { kind: 'status', status }, /./),
		);
	}
	for (const body of [
		'{"error":{"code":"model_not_found","message":"No such model","type":"invalid_request"}}',
		'{"success":false,"msg":"No such model"}',
		'{"code":404,"message":"No such model"}',
	]) {
		evolink.it(`HTTP 200 ${body}`, async (bench) => {
			await expectRefused(bench, { kind: 'garbage', body }, /./);
			bench.sandbox.addFault({ on: 'submit', fault: { kind: 'garbage', body } });
			expect(wordsOf((await bench.run({})).error)).toContain('No such model');
		});
	}
	for (const [status, code] of [
		[403, 'model_access_denied'],
		[404, 'model_not_found'],
		[503, 'model_not_found'],
	] as const) {
		evolink.it(`HTTP ${status} ${code}, with the advice to use another one`, async (bench) => {
			bench.sandbox.addFault({ on: 'submit', fault: { kind: 'status', status, code } });
			const { error } = await bench.run({});

			expect(error).toMatchObject({ message: expect.stringContaining('the model') });
			expect(wordsOf(error)).toMatch(/Evolink says.*Choose another model/s);
		});
	}
	evolink.it('HTTP 500, although it had started the video', async (bench) => {
		await expectRefused(bench, { kind: 'status', status: 500, afterAcceptance: true }, /./, 1);
	});
});

describe('something on the way refuses: a retry submits again', () => {
	for (const answer of [
		{ status: 401, html: true },
		{ status: 403, empty: true },
		{ status: 404, html: true },
	]) {
		evolink.it(nameOf({ kind: 'status', ...answer }), async (bench) => {
			await expectRefused(
				bench,
				{ kind: 'status', ...answer },
				/Something between n8n and Evolink refused the request/,
			);
		});
	}
});

evolink.it(
	'a proxy that answers 407 has sent nothing on: it is repeated, and a retry submits',
	async ({ sandbox, run, retry }) => {
		sandbox.addFault({
			on: 'submit',
			times: Infinity,
			fault: { kind: 'status', status: 407, html: true },
		});
		const failed = await run({});
		expect(failed.error?.message).toMatch(/could not be sent/);
		expect(failed.error?.message).not.toMatch(LOST);
		expect(sandbox.requestsOf('submit').length).toBeGreaterThan(1);

		sandbox.clearFaults();
		expect((await retry(failed, {})).error).toBeUndefined();
		expect(sandbox.bill).toHaveLength(1);
	},
);

describe('the address points elsewhere: nothing is sent there', () => {
	for (const status of [301, 302, 307, 308]) {
		evolink.it(`HTTP ${status}, after which a retry submits again`, async (bench) => {
			const elsewhere = await evolink.ownSandbox({});
			const location = `${elsewhere.url}/moved`;
			await expectRefused(bench, { kind: 'redirect', status, location }, /points elsewhere/);
			expect(elsewhere.requests).toEqual([]);
		});
	}
	evolink.it('HTTP 303, which says that the request was taken', async (bench) => {
		const elsewhere = await evolink.ownSandbox({});
		const fault: FaultAction = { kind: 'redirect', status: 303, location: elsewhere.url };
		await expectLost(bench, () => bench.sandbox.addFault({ on: 'submit', fault }), 0);
		expect(elsewhere.requests).toEqual([]);
	});
});

describe('Evolink asks for patience: the node itself submits again', () => {
	const BUSY: FaultAction[] = [
		{ kind: 'status', status: 429 },
		{ kind: 'status', status: 429, retryAfter: 2 },
		{ kind: 'status', status: 429, html: true },
		{ kind: 'garbage', body: '{"code":429,"message":"Too many requests"}' },
	];
	for (const fault of BUSY) {
		evolink.it(JSON.stringify(fault), async (bench) => {
			const { sandbox, run } = bench;
			sandbox.addFault({ on: 'submit', fault });
			expectDelivered(bench, await run({}));
			expectSubmitted(bench, 2, 1);
			expect(new Set(sandbox.requestsOf('submit').map(idempotencyKeyOf)).size).toBe(1);
		});
	}
});

/** JSON with a code or a message that is not the API's own error. */
const GATEWAY_ANSWERS = [
	[503, '{"code":503,"message":"upstream connect error or disconnect/reset before headers"}'],
	[504, '{"error":{"code":504,"message":"Deadline expired","status":"DEADLINE_EXCEEDED"}}'],
	[500, '{"error":{"message":"upstream failure"}}'],
	[200, '{"code":14,"message":"transport is closing"}'],
] as const;

describe('the answer is lost: no retry submits again', () => {
	const startedOrNot: FaultAction[] = [
		{ kind: 'status', status: 408, html: true },
		{ kind: 'status', status: 502, html: true },
		{ kind: 'status', status: 524, html: true, afterAcceptance: true },
		{ kind: 'status', status: 599, empty: true },
		{ kind: 'reset-before-acceptance' },
		{ kind: 'reset-after-acceptance' },
		{ kind: 'stall' },
		{ kind: 'stall', afterAcceptance: true },
		{ kind: 'trickle', afterAcceptance: true },
		{ kind: 'html', afterAcceptance: true },
		{ kind: 'empty' },
		{ kind: 'truncated-json', afterAcceptance: true },
		...['}{ok', 'null', '{"error":"no"}', '{"status":"pending"}', '{"id":"../credits"}'].map(
			(body): FaultAction => ({ kind: 'garbage', body, afterAcceptance: true }),
		),
		...GATEWAY_ANSWERS.map(([status, body]): FaultAction => ({
			kind: 'garbage',
			status,
			body,
			afterAcceptance: true,
		})),
	];
	for (const fault of startedOrNot) {
		const isStarted = 'afterAcceptance' in fault || fault.kind === 'reset-after-acceptance';
		evolink.it(nameOf(fault), async (bench) => {
			const arrange = () => bench.sandbox.addFault({ on: 'submit', fault });
			await expectLost(bench, arrange, Number(isStarted));
		});
	}

	for (const framing of ['contentLength', 'chunked']) {
		evolink.it(`cut off in the middle, ${framing}`, async ({ run, retry }) => {
			const body = '{"id":"task-unified-1-abcdefgh","status":"pending"}';
			const length = framing === 'chunked' ? {} : { 'content-length': body.length };
			const host = await startOddHost((res) => {
				res.writeHead(200, { 'content-type': 'application/json', ...length });
				// Only when this piece has left is it the answer, and not its absence, that is cut.
				res.write(body.slice(0, 20), () => res.socket?.destroySoon());
			});
			const settings = { credential: { baseUrl: host.url }, node: RETRY_ON_FAIL };
			const failed = await run(settings);
			expectFailed(failed, LOST);
			expectFailed(await retry(failed, settings), LOST);
			await host.close();
			expect(host.requests).toHaveLength(1);
		});
	}

	evolink.it('several times: the message counts them all', async ({ sandbox, run }) => {
		sandbox.addFault({
			on: 'submit',
			times: 2,
			fault: { kind: 'reset-after-acceptance' },
		});

		const { error } = await run({ items: [{ json: {} }, { json: {} }] });

		expect(sandbox.bill).toHaveLength(2);
		expect(error?.context).toMatchObject({ itemIndex: 0 });
		expect(error?.description).toContain('One video of other items may have been started');
	});

	evolink.it('says where to look, and a new run submits again', async ({ sandbox, run }) => {
		sandbox.addFault({ on: 'submit', fault: { kind: 'reset-after-acceptance' } });

		const { error } = await run({});
		const { error: none, rows } = await run({});

		expect(error?.description).toMatch(/connection broke off.*evolink\.ai\/dashboard\/billing/);
		expect(error?.description).toContain('Task > Get');
		expect(none).toBeUndefined();
		expect(rows[0].json.taskId).toBe(sandbox.bill[1].taskId);
		expect(new Set(sandbox.requestsOf('submit').map(idempotencyKeyOf)).size).toBe(2);
	});
});

describe('an answer that holds the task', () => {
	for (const body of [
		'{"code":200,"message":"success","data":%answer%}',
		'{"success":true,"data":%answer%}',
		'{"code":0,"msg":"ok","data":{"task_id":"%id%"}}',
	]) {
		evolink.it(`is a task in any wrapping: ${body}`, async (bench) => {
			const { sandbox, run } = bench;
			const fault = { kind: 'garbage', body } as const;
			const submitted = { ...fault, afterAcceptance: true };
			sandbox.addFault({ on: 'submit', times: Infinity, fault: submitted });
			if (body.includes('%answer%')) sandbox.addFault({ on: 'read', times: Infinity, fault });
			const result = await run({ node: RETRY_ON_FAIL });

			expectDelivered(bench, result);
			expectSubmitted(bench, 1, 1);
			expect(result.rows[0].binary?.data).toBeDefined();
		});
	}

	const idOf = ({ sandbox }: OwnBench) => sandbox.bill[0].taskId;
	const DAMAGED: Array<[string, (bench: OwnBench) => string]> = [
		['{"created":1,"object":"video.generation.task","id":"%id%","mod', idOf],
		['{"id":"%id%","status":"pending","progress":NaN}', idOf],
		['{"task_id":"%id%","status":"pen', idOf],
		['{"task_id":918273645,"status":"pending"}', () => '918273645'],
		['{"id":"video.2026:07:a~b","status":"pending"}', () => 'video.2026:07:a~b'],
	];
	for (const [body, idFor] of DAMAGED) {
		evolink.it(`is told with the ID, however damaged: ${body}`, async (bench) => {
			const fault: FaultAction = { kind: 'garbage', body, afterAcceptance: true };
			bench.sandbox.addFault({ on: 'submit', fault });
			const { error } = await bench.run({ node: RETRY_ON_FAIL });

			expectSubmitted(bench, 1, 1);
			expect(wordsOf(error)).toContain(idFor(bench));
		});
	}
});
