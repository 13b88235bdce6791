/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { inspect } from 'node:util';
import fc from 'fast-check';
import type { INodeExecutionData } from 'n8n-workflow';

import type { Sandbox } from '../../sandbox';
import { startAnsweringServer } from './answering-server';
import type { AnsweringServer } from './answering-server';
import { useLastingSandbox } from './concurrent-tests';
import { SPEED } from './quick-clock';
import { useEvolink } from './evolink-workflow';
import type { EvolinkResult, EvolinkRun } from './evolink-workflow';
import { anyAnswer, givesKeyAway } from './generated-answers';
import type { GeneratedAnswer } from './generated-answers';
import { checkInBatches } from './generated-batches';
import { IS_FULL } from '../random';
import { imageBytes } from './image-bytes';

const evolink = useEvolink();

/** One looks like a real key; the other looks different wherever something is escaped. */
const KEYS = ['sk-aB3dE5fG7hI9jK1lM3nO5pQ7', 'sk/any+answer="quote"\\back$&%41'];
const sandboxes = KEYS.map((apiKey) => useLastingSandbox({ apiKey }));

/** A network that never recovers ends each wait after this time, by the node's clock. */
const TIMEOUT_SECONDS = 60;

/** The last poll, and then the download with a time of its own. */
const LONGEST_SECONDS = TIMEOUT_SECONDS + 30 + 300;

/** What the machine may add when all runs of a batch are busy at once. */
const SLACK_SECONDS = 6;

/**
 * n8n 2.8.1 brings axios 1.12.0, which now and then never ends a request whose answer cannot be
 * unpacked. The node's own deadline ends it then; a submission's, whose answer is worth money, comes
 * only after two minutes.
 */
const MAY_LOSE_A_PACKED_ANSWER = process.env.EVOLINK_ENGINE_VERSION === '2.8.1';

const RUNS_AT_ONCE = IS_FULL ? 40 : 20;
const BATCHES = IS_FULL ? 6 : 1;

let server: AnsweringServer | undefined;
beforeAll(async () => {
	server = await startAnsweringServer();
});
afterAll(async () => {
	await server?.close();
});

/** Where in the node's work the answer comes. */
const PLACES = ['submission', 'readOfPaidTask', 'readByGet', 'upload', 'resultLink'] as const;

interface Case {
	place: (typeof PLACES)[number];
	apiKey: string;
	answer: GeneratedAnswer;
	waitForCompletion: boolean;
	downloadVideo: boolean;
	simplify: boolean;
	continueOnFail: boolean;
	onTimeout: 'error' | 'returnTask';
}

const HOPED_FOR = {
	submission: 'task',
	readOfPaidTask: 'task',
	readByGet: 'task',
	upload: 'upload',
	resultLink: 'file',
} as const;

const placeAndKey = fc.tuple(fc.constantFrom(...PLACES), fc.constantFrom(...KEYS));

const anyCase: fc.Arbitrary<Case> = placeAndKey.chain(([place, apiKey]) =>
	fc.record({
		place: fc.constant(place),
		apiKey: fc.constant(apiKey),
		answer: anyAnswer({
			apiKey,
			hopedFor: HOPED_FOR[place],
			links: ['http://127.0.0.1:1/nobody-listens.mp4', 'https://media.invalid/1.mp4'],
		}),
		waitForCompletion: fc.boolean(),
		downloadVideo: fc.boolean(),
		simplify: fc.boolean(),
		continueOnFail: fc.boolean(),
		onTimeout: fc.constantFrom('error', 'returnTask'),
	}),
);

/** The case without what ends only after minutes. */
function withinSeconds(one: Case): Case {
	if (!MAY_LOSE_A_PACKED_ANSWER || one.place !== 'submission') return one;
	const headers = one.answer.headers.filter(([name]) => name !== 'Content-Encoding');
	return { ...one, answer: { ...one.answer, headers } };
}

function sandboxOf({ apiKey }: Case): Sandbox {
	return sandboxes[KEYS.indexOf(apiKey)].current;
}

const everything = () => true;

/** The run, and the place on the server that it leads to. */
async function arrange(one: Case) {
	if (server === undefined) throw new Error('The server runs only during the tests');
	const sandbox = sandboxOf(one);
	const { answer, place, waitForCompletion, downloadVideo, simplify } = one;
	const answers = {
		submission: (method: string) => method === 'POST',
		readOfPaidTask: (method: string) => method === 'GET',
		readByGet: everything,
		upload: everything,
		resultLink: everything,
	}[place];
	const opened = server.open({ answer, answers, sandbox });
	const run: EvolinkRun = {
		sandbox,
		node: one.continueOnFail ? { onError: 'continueRegularOutput' } : {},
		parameters: {
			waitForCompletion,
			downloadVideo,
			simplify,
			options: { timeout: TIMEOUT_SECONDS, onTimeout: one.onTimeout },
		},
	};
	const get = (taskId: string) => ({ resource: 'task', operation: 'get', taskId });
	switch (place) {
		case 'submission':
			run.credential = { baseUrl: opened.url };
			break;
		case 'readOfPaidTask':
			run.credential = { baseUrl: opened.url };
			run.parameters = { ...run.parameters, waitForCompletion: true };
			break;
		case 'readByGet':
			run.credential = { baseUrl: opened.url };
			run.parameters = { ...run.parameters, ...get('task-unified-1-abcdefgh') };
			break;
		case 'upload': {
			const picture = imageBytes('png', 640, 480);
			const file = await evolink.engine.storeBinary(picture, 'a.png', 'image/png');
			run.credential = { filesBaseUrl: opened.url };
			run.items = [{ json: {}, binary: { data: file } }];
			run.parameters = { ...run.parameters, imageSource: 'binary', waitForCompletion: false };
			break;
		}
		case 'resultLink': {
			const outcome = { status: 'completed', results: [`${opened.url}/video`] };
			const taskId = sandbox.addTask({ generationSeconds: 0, outcome });
			run.parameters = { ...run.parameters, ...get(taskId), downloadVideo: true };
		}
	}
	return { run, opened };
}

interface Outcome {
	one: Case;
	result: EvolinkResult;
	seconds: number;
	/** How often the node met the answer. */
	hits: number;
}

async function meet(one: Case): Promise<Outcome> {
	const { run, opened } = await arrange(one);
	const startedMs = performance.now();
	const result = await evolink.run(run);
	const seconds = (performance.now() - startedMs) / 1000;
	opened.close();
	return { one, result, seconds, hits: opened.hits() };
}

const NOT_FOR_USERS =
	/Maximum call stack|is not a function|Cannot read prop|is not iterable|Invalid time value|circular|\[object |ERR_/;

function expectWords(message: unknown, description: unknown): void {
	for (const words of [message, description]) {
		expect(typeof words).toBe('string');
		expect(String(words).trim()).not.toBe('');
		expect(words).not.toMatch(NOT_FOR_USERS);
	}
	// A message stands in a small box on the screen.
	expect(String(message).length).toBeLessThan(1_500);
}

function expectRow({ json, pairedItem }: INodeExecutionData, { simplify }: Case): void {
	expect(pairedItem).toEqual({ item: 0 });
	expect(json).not.toHaveProperty('error');
	if (!simplify) {
		expect(json).toHaveProperty('id', expect.stringMatching(/^[\w-]+$/));
		return;
	}
	expect(json).toMatchObject({
		taskId: expect.stringMatching(/^[\w-]+$/),
		status: expect.any(String),
		isFinished: expect.any(Boolean),
		isSuccess: expect.any(Boolean),
		results: expect.any(Array),
	});
	for (const time of [json.createdAt, json.expiresAt]) {
		if (time !== null) expect(new Date(String(time)).toISOString()).toBe(time);
	}
}

/** A file that was delivered must be all that the server sent, not less. */
async function expectFile({ binary }: INodeExecutionData, { answer, place }: Case): Promise<void> {
	if (binary === undefined) return;
	const { data } = binary;
	expect(data.mimeType).not.toBe('');
	expect(data.fileName).toMatch(/^task-unified-[\w-]+\.\w+$/);
	const isPacked = answer.headers.some(([name]) => name === 'Content-Encoding');
	if (place !== 'resultLink' || isPacked) return;
	const stored = await evolink.engine.readBinary(data);
	const saidLength = answer.headers.find(([name]) => name === 'Content-Length')?.[1];
	const whole = answer.body.subarray(0, saidLength === undefined ? undefined : Number(saidLength));
	expect(stored.length).toBe(saidLength === undefined ? whole.length : Number(saidLength));
	expect(stored.equals(whole)).toBe(true);
}

/** Every text in a value, names of fields included; without recursion, however deep it is. */
function textsIn(value: unknown): string[] {
	const texts: string[] = [];
	const seen = new Set<object>();
	const waiting: unknown[] = [value];
	for (let next = waiting.pop(); next !== undefined || waiting.length > 0; next = waiting.pop()) {
		if (typeof next === 'string') texts.push(next);
		if (typeof next !== 'object' || next === null || seen.has(next)) continue;
		seen.add(next);
		if (next instanceof Error) texts.push(next.message, String(next.stack));
		for (const [name, each] of Object.entries(next)) {
			texts.push(name);
			waiting.push(each);
		}
	}
	return texts;
}

async function judge({ one, result, seconds }: Outcome): Promise<'row' | 'error'> {
	const { rows, error, run } = result;
	expect(seconds).toBeLessThan(LONGEST_SECONDS / SPEED + SLACK_SECONDS);
	// n8n stores the whole execution.
	expect(() => JSON.stringify(run)).not.toThrow();
	for (const text of [...textsIn(run), inspect(run, { depth: 12 })]) {
		if (givesKeyAway(text, one.apiKey)) throw new Error(`The key is in: ${text.slice(0, 3_000)}`);
	}
	if (error !== undefined) {
		expect(one.continueOnFail).toBe(false);
		expect(['NodeApiError', 'NodeOperationError']).toContain(error.name);
		expect(error.context).toMatchObject({ itemIndex: 0 });
		expectWords(error.message, error.description);
		expect(rows).toEqual([]);
		return 'error';
	}
	expect(rows).toHaveLength(1);
	const [row] = rows;
	if ('error' in row.json) {
		expect(one.continueOnFail).toBe(true);
		expect(row.pairedItem).toEqual({ item: 0 });
		const { message, description } = Object(row.json.error);
		expectWords(message, description);
		return 'error';
	}
	expectRow(row, one);
	await expectFile(row, one);
	return 'row';
}

describe('Whatever is answered', () => {
	it('the node ends in time, with an error in plain words or a sound row, and keeps the key', async () => {
		const counts = new Map<string, number>();
		await checkInBatches({
			cases: anyCase.map(withinSeconds),
			atOnce: RUNS_AT_ONCE,
			batches: BATCHES,
			run: meet,
			judge: async (outcome) => {
				const end = await judge(outcome);
				const kind = `${outcome.one.place}: ${outcome.hits > 0 ? end : 'not met'}`;
				counts.set(kind, (counts.get(kind) ?? 0) + 1);
			},
			describe: ({ answer, ...settings }) => `${JSON.stringify(settings)} ${fc.stringify(answer)}`,
		});

		for (const { current } of sandboxes) expect(current.violations).toEqual([]);
		const log = evolink.engine.logLines().join('\n');
		expect(KEYS.filter((apiKey) => givesKeyAway(log, apiKey))).toEqual([]);
		if (!IS_FULL) return;
		// Every place was met, and led to both ends, or the answers would be too wild or too tame.
		for (const place of PLACES) {
			expect([...counts.keys()]).toContain(`${place}: error`);
			expect([...counts.keys()]).toContain(`${place}: row`);
		}
		// On a busy machine the time can be up before the node gets as far as the answer.
		const notMet = PLACES.map((place) => counts.get(`${place}: not met`) ?? 0);
		const notMetCount = notMet.reduce((sum, count) => sum + count);
		expect(notMetCount / (BATCHES * RUNS_AT_ONCE)).toBeLessThan(0.1);
	}, 120_000);
});
