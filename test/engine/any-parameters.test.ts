import type { GenericValue, INodeExecutionData } from 'n8n-workflow';

import type { RecordedRequest } from '../../sandbox';
import { useLastingSandbox } from './concurrent-tests';
import { useEvolink } from './evolink-workflow';
import type { EvolinkResult } from './evolink-workflow';
import { checkInBatches } from './generated-batches';
import {
	anyExecution,
	jsonOf,
	mustBeRefused,
	mustBeTaken,
	parametersOf,
} from './generated-parameters';
import type { GeneratedExecution } from './generated-parameters';
import { IS_FULL } from '../random';
import { imageBytes } from './image-bytes';

const evolink = useEvolink();

const EXECUTIONS_AT_ONCE = 8;
const BATCHES = IS_FULL ? 12 : 2;

/** One for each execution that runs at the same time, so that its requests can be told apart. */
const sandboxes = Array.from({ length: EXECUTIONS_AT_ONCE }, () => useLastingSandbox());

/** Tasks that every sandbox knows and that are finished; their ids are the sandbox's own. */
const KNOWN_TASKS = ['<first task>', '<second task>'];

interface Outcome {
	/** Undefined when n8n itself did not get as far as the node. */
	result: EvolinkResult | undefined;
	requests: readonly RecordedRequest[];
	violations: readonly string[];
	charges: number;
	taskIds: string[];
}

async function runOn(execution: GeneratedExecution, lane: number): Promise<Outcome> {
	const sandbox = sandboxes[lane].current;
	sandbox.reset();
	const known = KNOWN_TASKS.map(() =>
		sandbox.addTask({ generationSeconds: 0, outcome: { status: 'completed' } }),
	);
	/** Puts the sandbox's ids where the generator left their places. */
	const withIds = <Value>(value: Value): Value => {
		let text = JSON.stringify(value) ?? 'null';
		for (const [index, mark] of KNOWN_TASKS.entries()) text = text.replaceAll(mark, known[index]);
		return JSON.parse(text);
	};
	const picture = await evolink.engine.storeBinary(
		imageBytes('png', 640, 480),
		'picture.png',
		'image/png',
	);
	const items = execution.items.map((item): INodeExecutionData => ({
		json: withIds(jsonOf(item)) as Record<string, GenericValue>,
		binary: { data: picture },
	}));
	const result = await evolink
		.run({
			sandbox,
			parameters: withIds(parametersOf(execution)),
			items,
			node: execution.continueOnFail ? { onError: 'continueRegularOutput' } : {},
		})
		.catch(() => undefined);
	return {
		result,
		requests: [...sandbox.requests],
		violations: [...sandbox.violations],
		charges: sandbox.bill.length,
		taskIds: [...known, ...sandbox.bill.map(({ taskId }) => taskId)],
	};
}

const TASK_ID_OF_THE_SANDBOX = /^task-unified-[0-9]+-[a-z0-9]{8}$/;

const NOT_FOR_USERS =
	/Cannot read|is not a function|is not iterable|Could not get parameter|Maximum call|URI malformed|Invalid (URL|array)/;

function expectWords(message: unknown, description: unknown): void {
	for (const words of [message, description]) {
		expect(typeof words).toBe('string');
		expect(String(words).trim()).not.toBe('');
		expect(words).not.toMatch(NOT_FOR_USERS);
	}
}

/** Expects that the API could find nothing wrong with the request itself. */
function expectSound({ kind, path, status }: RecordedRequest): void {
	if (kind === 'read') {
		const id = decodeURIComponent(path.slice('/v1/tasks/'.length));
		expect(path).toBe(`/v1/tasks/${encodeURIComponent(id)}`);
		// Any id may be asked for, as long as it is one, and does not lead elsewhere.
		expect(id).toMatch(/^[A-Za-z0-9][\w-]{0,199}$/);
		if (!TASK_ID_OF_THE_SANDBOX.test(id)) return;
		expect([200, 404]).toContain(status);
		return;
	}
	expect(['submit', 'upload', 'media']).toContain(kind);
	expect(status).toBe(200);
}

type Ending = 'refused' | 'sent' | 'kept back';

/** What became of each item; also checks that what was said about it is in order. */
function endingsOf(
	{ result, requests, taskIds }: Outcome,
	execution: GeneratedExecution,
): Ending[] {
	const { items, continueOnFail } = execution;
	if (result === undefined) return items.map(() => 'kept back');
	const { error, rows } = result;
	if (error !== undefined) {
		if (/issues/.test(error.message)) {
			// n8n found a required field empty and did not begin.
			expect(requests).toEqual([]);
			return items.map(() => 'kept back');
		}
		expect(continueOnFail).toBe(false);
		expectWords(error.message, error.description);
		const itemIndex: unknown = Reflect.get(Object(error.context), 'itemIndex');
		expect([...items.keys()]).toContain(itemIndex);
		const wasAsked = requests.length > 0;
		if (!wasAsked) expect(error.name).toBe('NodeOperationError');
		return items.map((_, index) => {
			if (wasAsked) return 'sent';
			return index === itemIndex ? 'refused' : 'kept back';
		});
	}
	expect(rows).toHaveLength(items.length);
	return rows.map(({ json, pairedItem }, index) => {
		expect(pairedItem).toEqual({ item: index });
		if (!('error' in json)) {
			const id = json.taskId ?? json.id;
			expect(taskIds).toContain(id);
			return 'sent';
		}
		const { message, description, taskId, httpCode } = Object(json.error);
		expectWords(message, description);
		return taskId === undefined && httpCode === undefined ? 'refused' : 'sent';
	});
}

describe('Whatever the parameters are', () => {
	it("a text that means yes is one, also where it makes n8n hide 'Download Video'", async () => {
		const { rows, error } = await evolink.run({ parameters: { waitForCompletion: 'true' } });

		expect(error).toBeUndefined();
		expect(rows[0].json).toMatchObject({ status: 'completed' });
		expect(rows[0].binary).toHaveProperty('data');
	});

	it('an item is refused before anything is sent, or the API takes what is sent', async () => {
		const counts: Record<Ending, number> = { refused: 0, sent: 0, 'kept back': 0 };
		let takenAsTheyMustBe = 0;
		let refusedAsTheyMustBe = 0;

		await checkInBatches({
			cases: anyExecution(KNOWN_TASKS),
			atOnce: EXECUTIONS_AT_ONCE,
			batches: BATCHES,
			run: runOn,
			judge: (outcome, execution) => {
				const endings = endingsOf(outcome, execution);
				expect(outcome.violations).toEqual([]);
				for (const request of outcome.requests) expectSound(request);
				const sentCount = endings.filter((ending) => ending === 'sent').length;
				if (sentCount === 0) expect(outcome.requests).toEqual([]);
				// One submission for each item that was not refused, and none for the others.
				if (execution.operation === 'create') expect(outcome.charges).toBe(sentCount);
				else expect(outcome.charges).toBe(0);

				for (const [index, item] of execution.items.entries()) {
					const ending = endings[index];
					counts[ending]++;
					if (ending === 'kept back') continue;
					if (mustBeTaken(item, execution)) {
						expect({ index, ending }).toEqual({ index, ending: 'sent' });
						takenAsTheyMustBe++;
					} else if (mustBeRefused(item, execution)) {
						expect({ index, ending }).toEqual({ index, ending: 'refused' });
						refusedAsTheyMustBe++;
					}
				}
			},
			describe: (execution) =>
				JSON.stringify(
					{
						parameters: parametersOf(execution),
						items: execution.items.map(jsonOf),
						continueOnFail: execution.continueOnFail,
					},
					(_, value: unknown) =>
						typeof value === 'string' && value.length > 200 ? `${value.slice(0, 200)}…` : value,
				),
		});

		if (!IS_FULL) return;
		// Each ending is frequent, or the values would be too wild or too tame.
		const tried = counts.refused + counts.sent;
		expect(tried).toBeGreaterThanOrEqual(600);
		expect(counts.refused / tried).toBeGreaterThan(0.15);
		expect(counts.sent / tried).toBeGreaterThan(0.15);
		expect(takenAsTheyMustBe).toBeGreaterThan(100);
		expect(refusedAsTheyMustBe).toBeGreaterThan(100);
	}, 120_000);
});
