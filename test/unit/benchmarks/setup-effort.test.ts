import type { INode, INodeParameters, INodeTypeDescription } from 'n8n-workflow';

import { evolinkWorkflow } from '../../../benchmarks/contestant-workflows';
import { setupEffortOf } from '../../../benchmarks/setup-effort';
import { Evolink } from '../../../nodes/Evolink/Evolink.node';

const EXAMPLE_TYPE: INodeTypeDescription = {
	displayName: 'Example',
	name: 'example.node',
	version: [1, 2],
	description: 'An example',
	group: ['transform'],
	defaults: { name: 'Example' },
	inputs: ['main'],
	outputs: ['main'],
	properties: [
		{ displayName: 'Method', name: 'method', type: 'options', default: 'GET', options: [] },
		{ displayName: 'URL', name: 'url', type: 'string', default: '' },
		{
			displayName: 'Body',
			name: 'body',
			type: 'string',
			default: '',
			displayOptions: { show: { method: ['POST'] } },
		},
		{ displayName: 'Colors', name: 'colors', type: 'multiOptions', default: [], options: [] },
		{ displayName: 'Conditions', name: 'conditions', type: 'filter', default: {} },
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			default: {},
			options: [
				{ displayName: 'Format', name: 'format', type: 'string', default: 'text' },
				{ displayName: 'Name', name: 'name', type: 'string', default: '' },
			],
		},
	],
};

function exampleNode(parameters: INodeParameters, more: Partial<INode> = {}): INode {
	return {
		id: '1',
		name: 'Example',
		type: 'example.node',
		typeVersion: 2,
		position: [0, 0],
		parameters,
		...more,
	};
}

function fieldsOf(parameters: INodeParameters, more: Partial<INode> = {}): number {
	return setupEffortOf([exampleNode(parameters, more)], [EXAMPLE_TYPE]).fields;
}

function filterWith(condition: INodeParameters): INodeParameters {
	return {
		conditions: {
			options: { caseSensitive: true, leftValue: '', typeValidation: 'strict', version: 3 },
			conditions: [{ id: 'abc', ...condition }],
			combinator: 'and',
		},
	};
}

describe('the effort of setting up', () => {
	it('counts what is away from its default and shown', () => {
		expect(fieldsOf({})).toBe(0);
		expect(fieldsOf({ method: 'GET', url: '' })).toBe(0);
		expect(fieldsOf({ method: 'POST', url: 'https://example.com' })).toBe(2);
		expect(fieldsOf({ method: 'GET', body: 'not shown with GET' })).toBe(0);
	});

	it('counts a list of chosen values once, and each field of a group', () => {
		expect(fieldsOf({ colors: ['red', 'green'] })).toBe(1);
		expect(fieldsOf({ options: { format: 'file', name: 'video' } })).toBe(2);
	});

	it('counts of a condition its sides, and the comparison where it is changed', () => {
		const sides = { leftValue: '={{ $json.status }}', rightValue: 'completed' };
		expect(
			fieldsOf(filterWith({ ...sides, operator: { type: 'string', operation: 'equals' } })),
		).toBe(2);
		expect(
			fieldsOf(
				filterWith({
					leftValue: '={{ $json.done }}',
					rightValue: '',
					operator: { type: 'boolean', operation: 'true', singleValue: true },
				}),
			),
		).toBe(2);
	});

	it('counts each credential that a node needs', () => {
		const credentials = { exampleApi: { id: '1', name: 'Example account' } };
		expect(fieldsOf({}, { credentials })).toBe(1);
	});

	it('counts the Evolink node with its credential', () => {
		const nodeType = { ...new Evolink().description, name: 'n8n-nodes-evolink.evolink' };
		expect(setupEffortOf(evolinkWorkflow(5).ownNodes, [nodeType])).toEqual({ nodes: 1, fields: 3 });
		expect(setupEffortOf(evolinkWorkflow(6).ownNodes, [nodeType])).toEqual({ nodes: 1, fields: 4 });
	});

	it('adds up over all nodes', () => {
		const nodes = [exampleNode({ url: 'https://example.com' }), exampleNode({ colors: ['red'] })];
		expect(setupEffortOf(nodes, [EXAMPLE_TYPE])).toEqual({ nodes: 2, fields: 2 });
	});

	it('cannot be told of a node or version that n8n does not have', () => {
		expect(() => fieldsOf({}, { typeVersion: 3 })).toThrow('example.node 3');
	});
});
