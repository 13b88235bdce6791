import { withinLimits } from '../../../nodes/Evolink/n8n/http';

import { Stop, Stopped } from '../../../nodes/Evolink/time/stop';

beforeEach(() => jest.useFakeTimers({ now: 1_000_000 }));
afterEach(() => jest.useRealTimers());

/** An exchange whose server answers when the test says so. */
function startExchange(limits: Partial<Parameters<typeof withinLimits>[1]> = {}) {
	const stop = new Stop();
	const server: {
		answer: (value: string) => void;
		fail: (error: unknown) => void;
		signal?: AbortSignal;
	} = { answer: () => {}, fail: () => {} };
	const outcome: { end?: unknown; error?: unknown } = {};
	withinLimits(
		async (signal) =>
			await new Promise<string>((resolve, reject) => {
				Object.assign(server, { signal, answer: resolve, fail: reject });
			}),
		{ timeoutMs: 30_000, onStop: 'abort', ...limits },
		stop,
	).then(
		(end) => {
			outcome.end = end;
		},
		(error: unknown) => {
			outcome.error = error;
		},
	);
	const pass = async (ms: number) => {
		await jest.advanceTimersByTimeAsync(ms);
	};
	return { stop, server, outcome, pass };
}

describe('an exchange with a server', () => {
	it('hands on the answer', async () => {
		const { server, outcome, pass } = startExchange();
		await pass(29_000);
		expect(outcome).toEqual({});
		server.answer('hello');
		await pass(0);
		expect(outcome).toEqual({ end: { kind: 'answered', value: 'hello' } });
		await pass(60_000);
		expect(server.signal?.aborted).toBe(false);
		expect(jest.getTimerCount()).toBe(0);
	});

	it('hands on the error', async () => {
		const { server, outcome, pass } = startExchange();
		const error = new Error('broken');
		server.fail(error);
		await pass(0);
		expect(outcome).toEqual({ end: { kind: 'threw', error } });
	});

	it('ends when its time is up, however the server behaves', async () => {
		const { server, outcome, pass } = startExchange({ timeoutMs: 5_000 });
		await pass(4_999);
		expect(outcome).toEqual({});
		await pass(1);
		expect(outcome).toEqual({ end: { kind: 'timedOut' } });
		expect(server.signal?.aborted).toBe(true);
		server.answer('too late');
		await pass(0);
		expect(outcome).toEqual({ end: { kind: 'timedOut' } });
	});

	it('does not begin after a stop', async () => {
		const stop = new Stop();
		stop.now('cancelled');
		const run = jest.fn();
		await expect(
			withinLimits(run, { timeoutMs: 1_000, onStop: 'letFinish' }, stop),
		).rejects.toBeInstanceOf(Stopped);
		expect(run).not.toHaveBeenCalled();
	});

	it.each(['cancelled', 'itemFailed'] as const)(
		'ends at once when the execution is stopped (%s)',
		async (reason) => {
			const { stop, server, outcome, pass } = startExchange();
			await pass(100);
			stop.now(reason);
			await pass(0);
			expect(outcome.error).toMatchObject({ reason });
			expect(server.signal?.aborted).toBe(true);
			server.fail(new Error('aborted'));
			await pass(2_000);
			expect(jest.getTimerCount()).toBe(0);
		},
	);

	it('leaves no timer behind after a stop, even when the server stays silent', async () => {
		const { stop, pass } = startExchange();
		await pass(100);
		stop.now('cancelled');
		await pass(2_000);
		expect(jest.getTimerCount()).toBe(0);
	});
});

describe('an exchange whose answer is worth money', () => {
	it('is given a moment after a cancel', async () => {
		const { stop, server, outcome, pass } = startExchange({ onStop: 'letFinish' });
		stop.now('cancelled');
		await pass(400);
		expect(outcome).toEqual({});
		expect(server.signal?.aborted).toBe(false);
		server.answer('a task');
		await pass(0);
		expect(outcome).toEqual({ end: { kind: 'answered', value: 'a task' } });
		await pass(2_000);
		expect(server.signal?.aborted).toBe(false);
	});

	it('ends within a second after a cancel that follows on the failure of another item', async () => {
		const { stop, server, outcome, pass } = startExchange({ onStop: 'letFinish' });
		stop.now('itemFailed');
		await pass(2_000);
		expect(outcome).toEqual({});
		stop.now('cancelled');
		await pass(1_000);
		expect(outcome.error).toMatchObject({ reason: 'cancelled' });
		expect(server.signal?.aborted).toBe(true);
	});

	it('ends within a second after a cancel all the same', async () => {
		const { stop, server, outcome, pass } = startExchange({ onStop: 'letFinish' });
		stop.now('cancelled');
		await pass(999);
		expect(outcome.error).toBeInstanceOf(Stopped);
		expect(server.signal?.aborted).toBe(true);
	});

	it('goes on to its own end when only another item failed', async () => {
		const { stop, server, outcome, pass } = startExchange({ onStop: 'letFinish' });
		stop.now('itemFailed');
		await pass(20_000);
		expect(outcome).toEqual({});
		server.answer('a task');
		await pass(0);
		expect(outcome).toEqual({ end: { kind: 'answered', value: 'a task' } });
	});
});
