import { NodeOperationError } from 'n8n-workflow';
import type { INode } from 'n8n-workflow';

import { EvolinkFailure } from '../../../nodes/Evolink/evolink/failure';
import { itemWords, toFailureDetails, toNodeError } from '../../../nodes/Evolink/n8n/nodeErrors';

const NODE: INode = {
	id: '1',
	name: 'Evolink',
	type: 'n8n-nodes-evolink.evolink',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};

const WORDS = { message: 'What happened', description: 'Wait a few minutes.' };

const NO_OTHERS = { taskIds: [], unknownCount: 0 };

it.each(['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'ETIMEDOUT', 'ECONNRESET'])(
	'an error keeps its own words when they hold %s, which n8n would replace',
	(word) => {
		const message = `The prompt "${word}" is too long`;
		for (const kind of ['input', 'api', 'timeout'] as const) {
			const details = { ...WORDS, kind, message };
			expect(toNodeError(NODE, { details }, 7, NO_OTHERS).message).toBe(message);
		}
	},
);

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
		expect(toNodeError(NODE, { details, error: cause }, 2, NO_OTHERS).cause).toBe(cause);
	});
});
