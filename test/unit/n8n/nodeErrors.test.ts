import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import type { INode } from 'n8n-workflow';

import { EvolinkFailure } from '../../../nodes/Evolink/evolink/failure';
import {
	failedItemRow,
	itemWords,
	toFailureDetails,
	toNodeError,
} from '../../../nodes/Evolink/n8n/nodeErrors';

const NODE: INode = {
	id: '1',
	name: 'Evolink',
	type: 'n8n-nodes-evolink.evolink',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};

const WORDS = { message: 'What happened', description: 'Wait a few minutes.' };

type Details = EvolinkFailure['details'];

const nodeErrorOf = (details: Details, taskIds: string[] = []) =>
	toNodeError(NODE, { details }, 7, { taskIds, unknownCount: 0 });

describe('the error of a failed item', () => {
	it.each(['input', 'timeout', 'internal'] as const)('is a NodeOperationError: %s', (kind) => {
		const error = nodeErrorOf({ ...WORDS, kind });
		expect(error).toBeInstanceOf(NodeOperationError);
		expect(error).toMatchObject({ ...WORDS, context: { itemIndex: 7 } });
	});

	it.each(['400', '401', '402', '403', '404', '413', '429', '500', '503', '504', undefined])(
		'is a NodeApiError for a response of the API, in its own words: HTTP %s',
		(httpCode) => {
			const error = nodeErrorOf({ ...WORDS, kind: 'api', httpCode });
			expect(error).toBeInstanceOf(NodeApiError);
			expect(error).toMatchObject({ ...WORDS, context: { itemIndex: 7 } });
			expect(error).toHaveProperty('httpCode', httpCode ?? null);
		},
	);

	it.each(['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'ETIMEDOUT', 'ECONNRESET'])(
		'keeps its own words when they hold %s, which n8n would replace',
		(word) => {
			const message = `The prompt "${word}" is too long`;
			for (const kind of ['input', 'api', 'timeout'] as const) {
				expect(nodeErrorOf({ ...WORDS, kind, message }).message).toBe(message);
			}
		},
	);

	it.each([
		[0, /^Wait a few minutes\.$/],
		[2, /^Wait a few minutes\. .*: task-0, task-1\. .*Task > Get|Task > Get: task-0, task-1\./],
		[20, /task-19\./],
		[500, /task-19 and 480 more\./],
	])('names the tasks that other items had started, 20 at most: %d', (count, words) => {
		const taskIds = Array.from({ length: count }, (_, index) => `task-${index}`);
		const { description } = nodeErrorOf({ ...WORDS, kind: 'api' }, taskIds);
		expect(description).toMatch(words);
		expect(description).not.toContain('task-20');
	});
});

describe('the row of a failed item', () => {
	it('has one key, an object, with what is known, and is paired with its item', () => {
		const known = {
			...WORDS,
			taskId: 'task-1',
			status: 'failed',
			failureCode: 'a',
			httpCode: '500',
		};
		expect(failedItemRow({ ...known, kind: 'api', timedOut: true }, 4)).toStrictEqual({
			json: { error: known },
			pairedItem: { item: 4 },
		});
		expect(failedItemRow({ ...WORDS, kind: 'input' }, 0).json).toStrictEqual({ error: WORDS });
	});
});

it('a list of items counts from 0, names 20 and counts the rest', () => {
	expect(itemWords([3])).toBe('item 3, counted from 0');
	expect(itemWords([0, 2])).toBe('items 0, 2, counted from 0');
	const words = itemWords(Array.from({ length: 20_000 }, (_, index) => index));
	expect(words).toMatch(/^items 0, 1, .*, 19 and 19980 more, counted from 0$/);
});

describe('whatever was thrown', () => {
	const hide = (text: string) => text.split('secret').join('[API key]');

	it("keeps the words of the node's and of n8n's own errors, without the key", () => {
		const own = new EvolinkFailure({ ...WORDS, kind: 'api' });
		expect(toFailureDetails(own, { redact: hide })).toMatchObject({ ...WORDS, kind: 'api' });
		const ofN8n = new NodeOperationError(NODE, 'No secret here', { description: 'Nor a secret.' });
		expect(toFailureDetails(ofN8n, { redact: hide })).toMatchObject({
			kind: 'input',
			message: 'No [API key] here',
			description: 'Nor a [API key].',
		});
	});

	it.each([
		[new Error('Broken secret'), 'Broken [API key]'],
		['a text with secret', 'a text with [API key]'],
		[undefined, 'undefined'],
		[Object.assign(new Error('Broken'), { description: '' }), 'Broken'],
	])('is otherwise the fault of the node, which is not blamed on the user: %p', (error, words) => {
		const details = toFailureDetails(error, { redact: hide });
		expect(details.message).toContain(`: ${words}`);
		expect(details.kind).toBe('internal');
		expect(details.description).toContain('Your fields are not the cause.');
	});

	it('is the cause of the error that n8n shows, where it is a fault of the node', () => {
		const cause = new Error('Broken');
		const details = toFailureDetails(cause);
		const others = { taskIds: [], unknownCount: 0 };
		expect(toNodeError(NODE, { details, error: cause }, 2, others).cause).toBe(cause);
	});
});
