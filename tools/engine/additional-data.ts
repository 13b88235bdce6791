import { UnexpectedError, type IWorkflowExecuteAdditionalData } from 'n8n-workflow';
import type { EnginePackages } from './engine-packages';
import type { RunCredentialsHelper } from './run-credentials';

/** What n8n's server hands to each execution. Nothing listens there: the addresses are only valid. */
export function additionalDataFor(
	{ core, container }: EnginePackages,
	credentialsHelper: RunCredentialsHelper,
	executionId: string,
	workflowId: string,
): IWorkflowExecuteAdditionalData {
	const notServed = async (): Promise<never> => {
		throw new UnexpectedError('The workflow runner does not serve this');
	};
	const baseUrl = 'http://localhost:5678';
	return {
		credentialsHelper,
		executionId,
		workflowId,
		currentNodeExecutionIndex: 0,
		instanceBaseUrl: `${baseUrl}/`,
		restApiUrl: `${baseUrl}/rest`,
		formBaseUrl: `${baseUrl}/form`,
		formWaitingBaseUrl: `${baseUrl}/form-waiting`,
		formTestBaseUrl: `${baseUrl}/form-test`,
		webhookBaseUrl: `${baseUrl}/webhook`,
		webhookWaitingBaseUrl: `${baseUrl}/webhook-waiting`,
		webhookTestBaseUrl: `${baseUrl}/webhook-test`,
		mcpBaseUrl: `${baseUrl}/mcp`,
		mcpTestBaseUrl: `${baseUrl}/mcp-test`,
		variables: {},
		externalSecretsProxy: container.get(core.ExternalSecretsProxy),
		executeWorkflow: notServed,
		getRunExecutionData: notServed,
		getRuntimeCredential: notServed,
		startRunnerTask: notServed,
		logAiEvent: () => {},
		setExecutionStatus: () => {},
		sendDataToUI: () => {},
	};
}
