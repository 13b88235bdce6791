/* eslint-disable @n8n/community-nodes/require-node-api-error -- runs beside n8n, never inside it */
import { startSandbox } from '../../sandbox';
import type { Sandbox, SandboxOptions } from '../../sandbox';
import type { EvolinkBench } from './evolink-workflow';

/** A sandbox that keeps its memory between the tests of a table. */
export interface LastingSandbox {
	readonly current: Sandbox;
}

/**
 * Starts a sandbox before the tests of the surrounding block and ends it afterwards. Nothing is
 * reset in between, since the cases of a table are all at work there at the same time.
 */
export function useLastingSandbox(options: SandboxOptions = {}): LastingSandbox {
	let sandbox: Sandbox | undefined;
	beforeAll(async () => {
		sandbox = await startSandbox({ generationSeconds: 0, ...options });
	});
	afterAll(async () => {
		await sandbox?.close();
	});
	return {
		get current() {
			if (sandbox === undefined) throw new Error('The sandbox runs only during the tests');
			return sandbox;
		},
	};
}

/** More at once would only wait for the processor, and measured times would mean nothing. */
const MOST_AT_ONCE = 12;

interface WaitingCase {
	begin(): Promise<void>;
}

/** The cases of all tables of one suite, in order, and what works them off. */
class CaseQueue {
	readonly waiting: WaitingCase[] = [];

	private lanes: Array<Promise<void>> = [];

	/** Begins to work off the cases in parallel, unless it has; they tell of their own failures. */
	open(): void {
		if (this.lanes.length > 0) return;
		const lane = async () => {
			for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
				await next.begin();
			}
		};
		this.lanes = Array.from({ length: MOST_AT_ONCE }, lane);
	}

	/** Where only some tests are run, what the others began must not go on after the suite's end. */
	async end(): Promise<void> {
		this.waiting.length = 0;
		await Promise.all(this.lanes);
	}
}

let queue: CaseQueue;

/** Begins a suite: its cases wait for those of no other. */
export function beginSuite(): void {
	const own = new CaseQueue();
	queue = own;
	afterAll(async () => await own.end());
}

beginSuite();

/**
 * Lets the cases of a table run at the same time instead of one after another, and so all tables
 * of a test file, in order, up to {@link MOST_AT_ONCE} at once. Everything begins when the first
 * test asks for its own case.
 *
 * @returns gives the outcome of one case, or rejects as that case did
 */
export function sideBySide<Case, Outcome>(
	cases: readonly Case[],
	observe: (one: Case) => Promise<Outcome>,
): (one: Case) => Promise<Outcome> {
	const ownQueue = queue;
	const outcomes = new Map<Case, Promise<Outcome>>();
	for (const one of cases) {
		const outcome = new Promise<Outcome>((resolve, reject) => {
			ownQueue.waiting.push({
				begin: async () => await observe(one).then(resolve, reject),
			});
		});
		// Its own test tells about it; until then it must not count as forgotten.
		outcome.catch(() => {});
		outcomes.set(one, outcome);
	}
	return async (one) => {
		ownQueue.open();
		const outcome = outcomes.get(one);
		if (outcome === undefined) throw new Error('This case is not part of the table');
		return await outcome;
	};
}

/** What a test has to itself while others run beside it: a sandbox, and runs against it. */
export type OwnBench = Pick<
	EvolinkBench,
	'sandbox' | 'run' | 'start' | 'retry' | 'startRetry' | 'wake'
>;

/**
 * Makes a stand-in for `it` whose tests each have a sandbox to themselves and run at the same time
 * as all that is side by side in the file. For tests that spend their time waiting.
 *
 * @param options of the sandboxes; videos are finished at once where nothing else is said
 */
export function testsSideBySide(
	evolink: EvolinkBench,
	options: SandboxOptions = {},
): (name: string, test: (bench: OwnBench) => Promise<void>) => void {
	const start = async () => await startSandbox({ generationSeconds: 0, ...options });
	const freeSandboxes: Sandbox[] = [];
	let testCount = 0;

	// Before the tests, since it keeps the processor busy, which would spoil what they measure.
	beforeAll(async () => {
		while (freeSandboxes.length < Math.min(MOST_AT_ONCE, testCount)) {
			freeSandboxes.push(await start());
		}
	});
	afterAll(async () => {
		await Promise.all(freeSandboxes.map(async (sandbox) => await sandbox.close()));
	});

	async function runAlone(test: (bench: OwnBench) => Promise<void>): Promise<void> {
		const sandbox = freeSandboxes.pop() ?? (await start());
		try {
			await test({
				sandbox,
				run: async (run) => await evolink.run({ sandbox, ...run }),
				start: (run) => evolink.start({ sandbox, ...run }),
				retry: async (previous, run) => await evolink.retry(previous, { sandbox, ...run }),
				wake: async (previous, run) => await evolink.wake(previous, { sandbox, ...run }),
				startRetry: (previous, run) => evolink.startRetry(previous, { sandbox, ...run }),
			});
		} catch (error) {
			// What is still going on there must not meet the next test.
			await sandbox.close();
			throw error;
		}
		sandbox.reset();
		freeSandboxes.push(sandbox);
	}

	return (name, test) => {
		testCount++;
		const outcomeOf = sideBySide([name], async () => await runAlone(test));
		it(name, async () => await outcomeOf(name));
	};
}
