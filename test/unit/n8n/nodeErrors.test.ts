import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import type { INode } from 'n8n-workflow';

import { EvolinkFailure } from '../../../nodes/Evolink/evolink/failure';
import { internalFailure } from '../../../nodes/Evolink/evolink/failures';
import type { FailureDetails } from '../../../nodes/Evolink/evolink/failure';
import {
	failedItemRow,
	itemWords,
	stoppedError,
	toFailureDetails,
	toNodeError,
	unclearSentence,
} from '../../../nodes/Evolink/n8n/nodeErrors';

const NODE: INode = {
	id: '1',
	name: 'Evolink',
	type: 'n8n-nodes-evolink.evolink',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};

const INPUT: FailureDetails = {
	kind: 'input',
	message: "'Quality' has a value that nobody knows",
	description: "Choose '768p'.",
};

const API: FailureDetails = {
	kind: 'api',
	message: 'Evolink had an internal fault (HTTP 500)',
	description: 'Wait a few minutes.',
	httpCode: '500',
	taskId: 'task-1',
	status: 'processing',
	failureCode: 'service_error',
	timedOut: true,
};

/** No other item has started anything. */
const NO_OTHERS = { taskIds: [], unclearCount: 0 };

const nodeErrorOf = (
	details: FailureDetails,
	itemIndex: number,
	others: Parameters<typeof toNodeError>[3],
) => toNodeError(NODE, { details }, itemIndex, others);

const ids = (count: number) => Array.from({ length: count }, (_, index) => `task-${index}`);

describe('the error of a failed item', () => {
	it.each(['input', 'timeout'] as const)('is a NodeOperationError for %s', (kind) => {
		const error = nodeErrorOf({ ...INPUT, kind }, 7, NO_OTHERS);
		expect(error).toBeInstanceOf(NodeOperationError);
		expect(error.message).toBe(INPUT.message);
		expect(error.description).toBe(INPUT.description);
		expect(error.context.itemIndex).toBe(7);
	});

	it("is a NodeApiError with its HTTP code for the API's answers", () => {
		const error = nodeErrorOf(API, 0, NO_OTHERS);
		expect(error).toBeInstanceOf(NodeApiError);
		expect(error).toMatchObject({
			message: API.message,
			description: API.description,
			httpCode: '500',
			context: { itemIndex: 0 },
		});
	});

	it('has no HTTP code when no answer came', () => {
		const details = { ...API, httpCode: undefined };
		expect(nodeErrorOf(details, 0, NO_OTHERS)).toMatchObject({ httpCode: null });
	});

	it.each(['400', '401', '402', '403', '404', '413', '429', '500', '503', '504'])(
		'keeps its own words with HTTP %s',
		(httpCode) => {
			const error = nodeErrorOf({ ...API, httpCode }, 0, NO_OTHERS);
			expect(error).toMatchObject({ message: API.message, httpCode });
		},
	);

	it.each(['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'ETIMEDOUT', 'ECONNRESET'])(
		'keeps its own words when they hold %s',
		(word) => {
			const message = `The prompt "${word}" is too long`;
			for (const kind of ['input', 'api', 'timeout'] as const) {
				expect(nodeErrorOf({ ...INPUT, kind, message }, 0, NO_OTHERS).message).toBe(message);
			}
		},
	);

	it('names the tasks that other items had started', () => {
		const error = nodeErrorOf(API, 0, { taskIds: ['task-7', 'task-8'], unclearCount: 0 });
		expect(error.description).toMatch(/^Wait a few minutes\. Other items had already started/);
		expect(error.description).toContain('task-7, task-8.');
		expect(error.description).toContain('Task > Get');
	});
});

describe('videos of which nobody knows whether they were started', () => {
	it('are not spoken of when there are none', () => {
		expect(unclearSentence(NO_OTHERS, 'this')).toBe('');
		expect(stoppedError(NODE, { taskIds: ['task-7'], unclearCount: 0 }).description).not.toContain(
			'billing',
		);
	});

	it('are counted, with where to look', () => {
		expect(unclearSentence({ taskIds: [], unclearCount: 1 }, 'this')).toMatch(
			/^One video may have been started/,
		);
		expect(unclearSentence({ taskIds: [], unclearCount: 3 }, 'this')).toMatch(
			/^3 videos may have been started/,
		);
		expect(unclearSentence({ taskIds: [], unclearCount: 1 }, 'other')).toMatch(
			/^One video of other items may/,
		);
		expect(unclearSentence({ taskIds: [], unclearCount: 2 }, 'other')).toContain(
			'https://evolink.ai/dashboard/billing',
		);
	});

	it('are told of when the execution is stopped', () => {
		const alone = stoppedError(NODE, { taskIds: [], unclearCount: 2 });
		expect(alone.description).toMatch(/^2 videos may have been started/);
		const { description } = stoppedError(NODE, { taskIds: ['task-7'], unclearCount: 1 });
		expect(description).toMatch(/task-7\. One video may have been started/);
	});

	it("are told of beside another item's error", () => {
		const error = nodeErrorOf(API, 0, { taskIds: ['task-7'], unclearCount: 2 });
		expect(error.description).toMatch(
			/^Wait a few minutes\. 2 videos of other items may .* Other items had already started/,
		);
	});
});

describe('the tasks of other items', () => {
	it('are not spoken of when there are none', () => {
		expect(nodeErrorOf(API, 0, NO_OTHERS).description).toBe(API.description);
	});

	it('are all named up to 20', () => {
		const others = { taskIds: ids(20), unclearCount: 0 };
		const sentence = nodeErrorOf(API, 0, others).description;
		expect(sentence).toContain('task-0, ');
		expect(sentence).toContain('task-19. ');
		expect(sentence).not.toContain('more');
	});

	it.each([
		[21, 'task-19 and 1 more.'],
		[500, 'task-19 and 480 more.'],
	])('are named at most 20 at a time: %d', (count, end) => {
		const others = { taskIds: ids(count), unclearCount: 0 };
		const sentence = nodeErrorOf(API, 0, others).description;
		expect(sentence).toContain(end);
		expect(sentence).not.toContain('task-20');
	});
});

describe('the error of an execution that the user stopped', () => {
	it('says that nothing had been started', () => {
		const error = stoppedError(NODE, NO_OTHERS);
		expect(error).toBeInstanceOf(NodeOperationError);
		expect(error.message).toBe('The execution was stopped');
		expect(error.description).toBe('No video had been started.');
	});

	it('names the tasks that go on and stay paid for', () => {
		const { description } = stoppedError(NODE, { taskIds: ids(22), unclearCount: 0 });
		expect(description).toContain('stay paid for');
		expect(description).toContain('task-0, task-1,');
		expect(description).toContain('task-19 and 2 more.');
		expect(description).not.toContain('retry');
	});
});

describe('the row of a failed item', () => {
	it('has one key, an object, and is paired with its item', () => {
		const row = failedItemRow(API, 4);
		expect(row).toStrictEqual({
			json: {
				error: {
					message: API.message,
					description: API.description,
					taskId: 'task-1',
					status: 'processing',
					failureCode: 'service_error',
					httpCode: '500',
				},
			},
			pairedItem: { item: 4 },
		});
	});

	it('leaves out what is not known', () => {
		expect(failedItemRow(INPUT, 0).json).toStrictEqual({
			error: { message: INPUT.message, description: INPUT.description },
		});
	});
});

describe('a list of items in a hint', () => {
	it('counts from 0, names twenty and counts the rest', () => {
		expect(itemWords([3])).toBe('item 3, counted from 0');
		expect(itemWords([0, 2])).toBe('items 0, 2, counted from 0');
		const words = itemWords(Array.from({ length: 20_000 }, (_, index) => index));
		expect(words).toMatch(/^items 0, 1, .*, 19 and 19980 more, counted from 0$/);
	});
});

describe('whatever was thrown', () => {
	const hide = (text: string) => text.split('secret').join('[API key]');

	it("keeps the node's own words", () => {
		expect(toFailureDetails(new EvolinkFailure(API), hide)).toEqual(API);
	});

	it("keeps the words of n8n's own errors, without the key", () => {
		const error = new NodeOperationError(NODE, 'No secret here', { description: 'Nor a secret.' });
		expect(toFailureDetails(error, hide)).toEqual({
			kind: 'input',
			message: 'No [API key] here',
			description: 'Nor a [API key].',
		});
	});

	it.each([
		[new Error('Broken secret'), 'Broken [API key]'],
		[new TypeError(''), 'unknown'],
		['a text with secret', 'a text with [API key]'],
		[undefined, 'undefined'],
		[null, 'null'],
		[{ description: 7 }, '[object Object]'],
		[Object.assign(new Error('Broken'), { description: '' }), 'Broken'],
	])('is otherwise a fault of the node, which is not blamed on the user: %p', (error, words) => {
		const details = toFailureDetails(error, hide);
		expect(details.message).toBe(`The Evolink node has an internal fault: ${words}`);
		expect(details.kind).toBe('internal');
		expect(details.description).toContain('Your fields are not the cause.');
	});

	it('keeps its cause in the error that n8n shows', () => {
		const cause = new Error('Broken');
		const details = toFailureDetails(cause, hide);
		const error = toNodeError(NODE, { details, error: cause }, 2, NO_OTHERS);
		expect(error).toBeInstanceOf(NodeOperationError);
		expect(error.cause).toBe(cause);
		const named = internalFailure(cause, 'task-1');
		expect(named.details.description).toContain('Task ID: task-1');
		expect(toNodeError(NODE, { details, error: named }, 2, NO_OTHERS).cause).toBe(cause);
	});
});
