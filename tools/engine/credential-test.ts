import {
	createEmptyRunExecutionData,
	NodeConnectionTypes,
	Workflow,
	type ICredentialDataDecryptedObject,
	type ICredentialTestRequestData,
	type ICredentialType,
	type INode,
	type INodeCredentialTestResult,
	type INodeExecutionData,
	type INodeType,
	type IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';
import type { EnginePackages } from './engine-packages';
import { NodeTypes } from './node-types';
import type { RunCredentialsHelper } from './run-credentials';

const TEST_NODE_TYPE = 'n8n-nodes-base.credentialTest';

/**
 * Runs a credential's `test` request as n8n's "Test credential" does: through n8n-core's routing
 * node, with the credential's own authentication, then its rules.
 * @returns `OK`, or `Error` with the text that the user would read.
 */
export async function testCredential(
	{ core }: EnginePackages,
	credentialType: ICredentialType,
	values: ICredentialDataDecryptedObject,
	helper: RunCredentialsHelper,
	additionalData: IWorkflowExecuteAdditionalData,
): Promise<INodeCredentialTestResult> {
	const { test, name } = credentialType;
	if (!test) return failed('No testing function found for this credential.');

	const node: INode = {
		id: 'temp',
		name: 'Temp-Node',
		type: TEST_NODE_TYPE,
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
		credentials: { [name]: { id: 'temp', name: credentialType.displayName } },
	};
	const nodeType = nodeTypeWithRequest(name, test);
	const workflow = new Workflow({
		nodes: [node],
		connections: {},
		active: false,
		nodeTypes: new NodeTypes({ [TEST_NODE_TYPE]: nodeType }),
	});
	const context = new core.ExecuteContext(
		workflow,
		node,
		additionalData,
		'internal',
		createEmptyRunExecutionData(),
		0,
		[],
		{ main: [[{ json: {} }]] },
		{ node, data: {}, source: null },
		[],
	);
	const data = await helper.withDefaults(name, values, 'internal');
	const routingNode = new core.RoutingNode(context, nodeType, {
		id: 'temp',
		name: credentialType.displayName,
		type: name,
		data,
	});

	let response: INodeExecutionData[][] | undefined;
	try {
		response = await routingNode.runNode();
	} catch (error) {
		return failed(messageForError(error, test));
	}
	const body = response?.[0]?.[0]?.json;
	for (const rule of test.rules ?? []) {
		if (rule.type !== 'responseSuccessBody') continue;
		if (valueAt(body, rule.properties.key) === rule.properties.value) {
			return failed(rule.properties.message);
		}
	}
	return { status: 'OK', message: 'Connection successful!' };
}

function failed(message: string): INodeCredentialTestResult {
	return { status: 'Error', message };
}

function nodeTypeWithRequest(
	credentialName: string,
	{ request }: ICredentialTestRequestData['testRequest'],
): INodeType {
	return {
		description: {
			name: TEST_NODE_TYPE,
			displayName: 'Credential Test',
			group: ['input'],
			version: 1,
			description: 'Sends the test request of a credential',
			defaults: { name: 'Credential Test' },
			inputs: [NodeConnectionTypes.Main],
			outputs: [NodeConnectionTypes.Main],
			credentials: [{ name: credentialName, required: true }],
			properties: [
				{ displayName: 'Temp', name: 'temp', type: 'string', default: '', routing: { request } },
			],
		},
	};
}

/** A rule's words for the status code, else the error's. */
function messageForError(
	error: unknown,
	{ rules = [] }: ICredentialTestRequestData['testRequest'],
): string {
	const status = valueAt(error, 'cause.response.status');
	for (const { type, properties } of rules) {
		if (type === 'responseCode' && properties.value === status) return properties.message;
	}
	return error instanceof Error ? error.message : String(error);
}

function valueAt(value: unknown, path: string): unknown {
	return path.split('.').reduce((current: unknown, key) => {
		return typeof current === 'object' && current !== null ? Reflect.get(current, key) : undefined;
	}, value);
}
