import { startSandbox } from '../../sandbox';
import type { Sandbox } from '../../sandbox';
import { useEvolink } from './evolink-workflow';
import type { EvolinkResult, EvolinkRun } from './evolink-workflow';

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

afterEach(() => {
	expect(evolink.sandbox.violations).toEqual([]);
});

describe('Many items in one run', () => {
	it('come out in the order of the input, each with its own pairing, task and file, whichever is finished first', async () => {
		const wanted = prompts(20);
		for (const [index, prompt] of wanted.entries()) {
			// The last item is finished first, also when it is started two seconds after the first one.
			const generationSeconds = (wanted.length - index) * 0.3;
			evolink.sandbox.planTask({ match: { promptIncludes: prompt }, generationSeconds });
		}
		const { rows, error } = await evolink.run({
			parameters: {
				prompt: '={{ $json.prompt }}',
				options: { maxConcurrent: 20, pollInterval: 1, fileName: '={{ $json.prompt }}' },
			},
			items: promptItems(wanted),
		});

		expect(error).toBeUndefined();
		const downloads = evolink.sandbox.requestsOf('media').map(({ taskId }) => taskId);
		const submissions = evolink.sandbox.bill.map(({ taskId }) => taskId);
		expect(downloads).toHaveLength(20);
		expect(downloads).not.toEqual(submissions);

		expect(rows.map(({ json }) => json.prompt)).toEqual(wanted);
		expect(rows.map(({ pairedItem }) => pairedItem)).toEqual(wanted.map((_, item) => ({ item })));
		expect(new Set(rows.map(({ json }) => json.taskId)).size).toBe(20);
		for (const { json, binary } of rows) {
			const taskId = String(json.taskId);
			expect(evolink.sandbox.task(taskId)?.prompt).toBe(json.prompt);
			expect(binary?.data.fileName).toBe(`${String(json.prompt)}.mp4`);
			const bytes = await evolink.engine.readBinary(binary!.data);
			expect(bytes.equals(evolink.sandbox.mediaOf(taskId).bytes())).toBe(true);
		}
	});

	it('may wait in line for longer than their timeout, which counts from the submission', async () => {
		const { rows, error } = await evolink.run({
			parameters: {
				waitForCompletion: false,
				options: { maxConcurrent: 20, timeout: 1 },
			},
			items: promptItems(prompts(20)),
		});
		expect(error).toBeUndefined();
		expect(rows).toHaveLength(20);
		expect(evolink.sandbox.bill).toHaveLength(20);
	});

	it('are submitted in the order of the input', async () => {
		const wanted = prompts(12);
		await evolink.run({
			parameters: {
				prompt: '={{ $json.prompt }}',
				waitForCompletion: false,
				options: { maxConcurrent: 1 },
			},
			items: promptItems(wanted),
		});

		expect(evolink.sandbox.bill.map(({ prompt }) => prompt)).toEqual(wanted);
	});

	it('of Task > Get keep their order, pairing and files too', async () => {
		const taskIds = [0.4, 0].map((generationSeconds) =>
			evolink.sandbox.addTask({ generationSeconds }),
		);
		const { rows, error } = await evolink.run({
			parameters: {
				resource: 'task',
				operation: 'get',
				taskId: '={{ $json.taskId }}',
				waitForCompletion: true,
				downloadVideo: true,
				options: { pollInterval: 1 },
			},
			items: taskIds.map((taskId) => ({ json: { taskId } })),
		});

		expect(error).toBeUndefined();
		expect(rows.map(({ json }) => json.taskId)).toEqual(taskIds);
		expect(rows.map(({ pairedItem }) => pairedItem)).toEqual([0, 1].map((item) => ({ item })));
		const downloads = evolink.sandbox.requestsOf('media').map(({ taskId }) => taskId);
		expect(downloads).not.toEqual(taskIds);
		for (const [index, taskId] of taskIds.entries()) {
			const bytes = await evolink.engine.readBinary(rows[index].binary!.data);
			expect(bytes.equals(evolink.sandbox.mediaOf(taskId).bytes())).toBe(true);
		}
	});
});

describe('Max Concurrent Videos', () => {
	const fromPrompts = (count: number) => ({
		parameters: { prompt: '={{ $json.prompt }}' },
		items: promptItems(prompts(count)),
	});

	/** What is run, each case on a sandbox of its own; all at once, since most of it is waiting. */
	const CASES: Record<string, (sandbox: Sandbox) => EvolinkRun> = {
		byDefault: () => fromPrompts(7),
		firstItemSaysTwo: () => ({
			...fromPrompts(4),
			parameters: {
				prompt: '={{ $json.prompt }}',
				options: { maxConcurrent: '={{ $itemIndex === 0 ? 2 : 100 }}' },
			},
		}),
		one: () => ({
			...fromPrompts(3),
			parameters: { prompt: '={{ $json.prompt }}', options: { maxConcurrent: '1' } },
		}),
		ofGet: (sandbox) => ({
			parameters: {
				resource: 'task',
				operation: 'get',
				taskId: '={{ $json.taskId }}',
				waitForCompletion: true,
				options: { maxConcurrent: 2 },
			},
			items: prompts(4).map(() => ({
				json: { taskId: sandbox.addTask({ generationSeconds: 1.5 }) },
			})),
		}),
		firstItemRefused: () => ({
			parameters: { prompt: '={{ $json.prompt }}', quality: '={{ $json.quality }}' },
			items: [
				{ json: { prompt: 'x', quality: '4k' } },
				...prompts(6).map((prompt) => ({ json: { prompt, quality: '768p' } })),
			],
			node: { onError: 'continueRegularOutput' },
		}),
	};

	const sandboxes: Sandbox[] = [];
	let outcomes: Record<string, { sandbox: Sandbox; result: EvolinkResult }> = {};

	beforeAll(async () => {
		const entries = Object.entries(CASES).map(async ([name, runOn]) => {
			const sandbox = await startSandbox({ generationSeconds: 0.2 });
			sandboxes.push(sandbox);
			return [
				name,
				{ sandbox, result: await evolink.run({ ...runOn(sandbox), sandbox }) },
			] as const;
		});
		outcomes = Object.fromEntries(await Promise.all(entries));
	});
	afterAll(async () => {
		await Promise.all(sandboxes.map(async (sandbox) => await sandbox.close()));
	});

	it('is 5 by default: never more tasks are unfinished at once, nor fewer while items wait', () => {
		const { sandbox, result } = outcomes.byDefault;
		expect(result.error).toBeUndefined();
		expect(result.rows).toHaveLength(7);
		expect(timesInWork(sandbox)).toHaveLength(7);
		expect(mostInWork(sandbox)).toBe(5);
	});

	it('counts from the first item, whatever the others say', () => {
		const { sandbox, result } = outcomes.firstItemSaysTwo;
		expect(result.error).toBeUndefined();
		expect(timesInWork(sandbox)).toHaveLength(4);
		expect(mostInWork(sandbox)).toBe(2);
	});

	it('lets one item follow the other at 1, each submitted when the one before has its file', () => {
		const { sandbox, result } = outcomes.one;
		expect(result.error).toBeUndefined();
		const kinds = sandbox.requests.map(({ kind }) => kind);
		expect(kinds.filter((kind, index) => kind !== 'read' || kinds[index - 1] !== 'read')).toEqual(
			Array(3).fill(['submit', 'read', 'media']).flat(),
		);
	});

	it('limits Task > Get in the same way', () => {
		const { sandbox, result } = outcomes.ofGet;
		expect(result.error).toBeUndefined();
		expect(timesInWork(sandbox)).toHaveLength(4);
		expect(mostInWork(sandbox)).toBe(2);
	});

	it('applies where the first item is refused, as if the option had its default', () => {
		const { sandbox, result } = outcomes.firstItemRefused;
		expect(result.error).toBeUndefined();
		expect(result.rows).toHaveLength(7);
		expect(timesInWork(sandbox)).toHaveLength(6);
		expect(mostInWork(sandbox)).toBe(5);
	});
});

describe('The failure of one item', () => {
	it('does not disturb the others in a node that continues on failure', async () => {
		const wanted = prompts(6);
		const { sandbox } = evolink;
		sandbox.planTask({
			match: { promptIncludes: wanted[1] },
			outcome: { status: 'failed', code: 'content_policy_violation' },
		});
		sandbox.addFault({
			on: 'submit',
			match: { promptIncludes: wanted[2] },
			fault: { kind: 'status', status: 400, message: 'No', param: 'image_urls' },
		});
		sandbox.addFault({
			on: 'media',
			match: { promptIncludes: wanted[4] },
			fault: { kind: 'status', status: 410 },
		});
		const { rows, error } = await evolink.run({
			parameters: { prompt: '={{ $json.prompt }}' },
			items: promptItems(wanted),
			node: { onError: 'continueRegularOutput' },
		});

		expect(error).toBeUndefined();
		expect(rows.map(({ pairedItem }) => pairedItem)).toEqual(wanted.map((_, item) => ({ item })));
		expect(rows.map(({ json }) => Object.keys(json).includes('error'))).toEqual([
			false,
			true,
			true,
			false,
			true,
			false,
		]);
		for (const index of [0, 3, 5]) {
			const { json, binary } = rows[index];
			expect(json).toMatchObject({ prompt: wanted[index], isSuccess: true });
			const bytes = await evolink.engine.readBinary(binary!.data);
			expect(bytes.equals(sandbox.mediaOf(String(json.taskId)).bytes())).toBe(true);
		}
		for (const index of [1, 2, 4]) {
			expect(Object.keys(rows[index].json)).toEqual(['error']);
			expect(rows[index].binary).toBeUndefined();
		}
		expect(rows[1].json.error).toMatchObject({ failureCode: 'content_policy_violation' });
		expect(rows[2].json.error).toMatchObject({ httpCode: '400' });
		expect(sandbox.bill).toHaveLength(5);
	});
});
