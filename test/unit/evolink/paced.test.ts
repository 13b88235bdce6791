import { pacedLinks, reportingTransport } from '../../../nodes/Evolink/evolink/paced';
import type { ResultAnswer } from '../../../nodes/Evolink/evolink/resultFile';
import type { HttpOutcome, HttpRequest } from '../../../nodes/Evolink/evolink/transport';
import type { Pace } from '../../../nodes/Evolink/tasks/pace';
import { createVirtualClock } from '../tasks/virtual-clock';

const START_MS = 1_000_000;

const REQUEST: HttpRequest = {
	method: 'GET',
	url: 'https://api.example/v1/tasks/task-1',
	timeoutMs: 5_000,
	onStop: 'abort',
};

/** A pace that writes down what it is asked and told; a turn takes that long. */
function recordingPace({ turnMs = 0, hasTurn = true } = {}) {
	const clock = createVirtualClock(START_MS);
	const heard: unknown[] = [];
	const pace: Pace = {
		async turn(urgency, budgetMs) {
			heard.push({ turn: urgency, budgetMs });
			clock.advance(turnMs);
			return hasTurn;
		},
		answered: (sentMs) => heard.push({ answered: sentMs }),
		tooManyRequests: (sentMs, askedMs) => heard.push({ tooMany: sentMs, askedMs }),
	};
	return { pace, heard, clock };
}

describe('a request to the API', () => {
	/** Sends a request that is answered like this after a second. */
	async function send(outcome: HttpOutcome) {
		const { pace, heard, clock } = recordingPace();
		const sent: HttpRequest[] = [];
		const transport = {
			async send(request: HttpRequest) {
				sent.push(request);
				clock.advance(1_000);
				return outcome;
			},
		};
		const answered = await reportingTransport(transport, pace, clock.nowMs).send(REQUEST);
		return { answered, heard, sent };
	}

	it.each([200, 400, 428, 430, 500, 503])(
		'that is answered with HTTP %d lets the pace recover, by when it was sent',
		async (status) => {
			const outcome: HttpOutcome = { kind: 'answer', status, headers: {}, text: '' };
			const { answered, heard, sent } = await send(outcome);
			expect(answered).toBe(outcome);
			expect(sent).toEqual([REQUEST]);
			expect(heard).toEqual([{ answered: START_MS }]);
		},
	);

	it.each([
		[{ 'retry-after': '7' }, 7_000],
		[{ 'retry-after': new Date(START_MS + 5_000).toUTCString() }, 4_000],
		[{}, undefined],
	])(
		'that is one too many slows everyone down, as long as it asks for: %j',
		async (headers, askedMs) => {
			const outcome: HttpOutcome = { kind: 'answer', status: 429, headers, text: '' };
			const { answered, heard } = await send(outcome);
			expect(answered).toBe(outcome);
			expect(heard).toEqual([{ tooMany: START_MS, askedMs }]);
		},
	);

	it('without an answer says nothing about the pace', async () => {
		const outcome: HttpOutcome = { kind: 'noAnswer', reason: 'timedOut' };
		const { answered, heard } = await send(outcome);
		expect(answered).toBe(outcome);
		expect(heard).toEqual([]);
	});
});

describe('a result link', () => {
	function answer(status: number): ResultAnswer<string> {
		const body = { store: async () => undefined, discard() {} };
		return { kind: 'answer', status, headers: { 'retry-after': '3600' }, body };
	}

	/** Opens a link that answers like this, with ten seconds for it. */
	async function open(outcome: ResultAnswer<string>, turn: { turnMs?: number; hasTurn?: boolean }) {
		const { pace, heard, clock } = recordingPace(turn);
		const opened: Array<{ link: string; budgetMs: number }> = [];
		const links = pacedLinks<string>(
			{
				async open(link, budgetMs) {
					opened.push({ link, budgetMs });
					clock.advance(1_000);
					return outcome;
				},
			},
			pace,
			clock.nowMs,
		);
		return { answered: await links.open('https://media.example/a.mp4', 10_000), heard, opened };
	}

	it('is opened when its turn has come, in the time that is left', async () => {
		const outcome = answer(200);
		const { answered, heard, opened } = await open(outcome, { turnMs: 4_000 });
		expect(answered).toBe(outcome);
		expect(opened).toEqual([{ link: 'https://media.example/a.mp4', budgetMs: 6_000 }]);
		expect(heard).toEqual([{ turn: 'work', budgetMs: 10_000 }, { answered: START_MS + 4_000 }]);
	});

	it('gets a moment even when the turn took all the time', async () => {
		const { opened } = await open(answer(200), { turnMs: 10_000 });
		expect(opened[0].budgetMs).toBe(1);
	});

	it('without a turn in time is not opened, and counts as timed out', async () => {
		const { answered, heard, opened } = await open(answer(200), { hasTurn: false });
		expect(answered).toEqual({ kind: 'noAnswer', reason: 'timedOut' });
		expect(opened).toEqual([]);
		expect(heard).toHaveLength(1);
	});

	it('that gets too many requests slows everyone down, but not for as long as it asks', async () => {
		const { answered, heard } = await open(answer(429), {});
		expect(answered).toMatchObject({ status: 429 });
		expect(heard.slice(1)).toEqual([{ tooMany: START_MS, askedMs: undefined }]);
	});

	it('that does not answer says nothing about the pace', async () => {
		const { heard } = await open({ kind: 'noAnswer', reason: 'broken' }, {});
		expect(heard).toHaveLength(1);
	});
});
