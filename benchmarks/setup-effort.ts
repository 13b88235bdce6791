import {
	NodeHelpers,
	type INode,
	type INodeProperties,
	type INodeTypeDescription,
} from 'n8n-workflow';

import { isRecord } from '../sandbox/type-guards';

/** What a user has to do before a workflow does the job. */
export interface SetupEffort {
	nodes: number;
	/** Fields set to something else than their default, and credentials chosen. */
	fields: number;
}

/**
 * Counts the nodes, and in each node the parameters away from their default (in a group of fields
 * each field, in a condition each side and a changed comparison) and the credentials to choose.
 *
 * @param nodes those that are to be counted, with `credentials` for each credential to choose
 * @param nodeTypes what n8n knows about its nodes
 * @throws Error when n8n does not know a node in its version
 */
export function setupEffortOf(
	nodes: readonly INode[],
	nodeTypes: readonly INodeTypeDescription[],
): SetupEffort {
	const fields = nodes.map((node) => fieldsToFillIn(node, nodeTypes));
	return { nodes: nodes.length, fields: fields.reduce((sum, count) => sum + count, 0) };
}

/** The Evolink node gets its credential whether or not the workflow names it. */
const EVOLINK_NODE = 'n8n-nodes-evolink.evolink';

function fieldsToFillIn(node: INode, nodeTypes: readonly INodeTypeDescription[]): number {
	const nodeType = nodeTypes.find(
		({ name, version }) => name === node.type && [version].flat().includes(node.typeVersion),
	);
	if (nodeType === undefined) throw new Error(`n8n has no ${node.type} ${node.typeVersion}`);
	const { properties } = nodeType;
	const { parameters } = node;
	const set =
		NodeHelpers.getNodeParameters(properties, parameters, false, false, node, nodeType) ?? {};
	const inFields = Object.entries(set).map(([name, value]) =>
		isFilter(properties, name) ? conditionFields(value) : leavesOf(value),
	);
	const chosenCredentials = new Set([
		...Object.keys(node.credentials ?? {}),
		...(node.type === EVOLINK_NODE ? ['evolinkApi'] : []),
	]);
	return inFields.reduce((sum, count) => sum + count, chosenCredentials.size);
}

function isFilter(properties: readonly INodeProperties[], name: string): boolean {
	return properties.some((property) => property.name === name && property.type === 'filter');
}

/** What else is in a filter (ids, versions) is the editor's own. */
function conditionFields(filter: unknown): number {
	const conditions = isRecord(filter) && Array.isArray(filter.conditions) ? filter.conditions : [];
	return conditions.filter(isRecord).reduce((sum, { leftValue, rightValue, operator }) => {
		const sides = [leftValue, rightValue].filter((side) => side !== undefined && side !== '');
		const isDefaultComparison =
			isRecord(operator) && operator.type === 'string' && operator.operation === 'equals';
		return sum + sides.length + (isDefaultComparison ? 0 : 1);
	}, 0);
}

function leavesOf(value: unknown): number {
	if (Array.isArray(value)) {
		// Several values chosen in one list are one field.
		return value.some(isRecord) ? value.reduce((sum, entry) => sum + leavesOf(entry), 0) : 1;
	}
	if (!isRecord(value)) return 1;
	return Object.values(value).reduce<number>((sum, entry) => sum + leavesOf(entry), 0);
}
