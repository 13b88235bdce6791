import {
	ICredentialsHelper,
	NodeHelpers,
	UnexpectedError,
	UserError,
	Workflow,
	type ICredentialDataDecryptedObject,
	type ICredentials,
	type ICredentialsExpressionResolveValues,
	type ICredentialType,
	type IHttpRequestOptions,
	type INode,
	type INodeCredentialsDetails,
	type INodeParameters,
	type INodeProperties,
	type INodeTypes,
	type IRequestOptionsSimplified,
	type IWorkflowExecuteAdditionalData,
	type WorkflowExecuteMode,
} from 'n8n-workflow';

/** Credential values by credential type, e.g. `{ evolinkApi: { apiKey: '...' } }`. */
export type RunCredentials = Record<string, Record<string, unknown>>;

const EXPRESSION_NODE: INode = {
	id: 'credential',
	name: 'Credential',
	type: 'n8n-nodes-base.noOp',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};

/**
 * The credentials of one run. Where n8n reads them from its database and decrypts them, these come
 * from the caller; what follows is n8n's: defaults are filled in, expressions in the values are
 * resolved, and the credential class's `authenticate` is applied to each request.
 */
export class RunCredentialsHelper extends ICredentialsHelper {
	constructor(
		private readonly credentialTypes: Record<string, ICredentialType>,
		private readonly values: RunCredentials,
		private readonly nodeTypes: INodeTypes,
	) {
		super();
	}

	getParentTypes(): string[] {
		return []; // of a credential that extends another one
	}

	isCredentialUsableByNode(): boolean {
		return true;
	}

	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		typeName: string,
		incomingRequest: IHttpRequestOptions | IRequestOptionsSimplified,
	): Promise<IHttpRequestOptions> {
		// n8n hands the same object on; nothing has read it as the simplified form at this point.
		const request = incomingRequest as IHttpRequestOptions;
		const { authenticate } = this.typeOf(typeName);
		if (typeof authenticate === 'function') return await authenticate(credentials, request);
		throw new UnexpectedError('The workflow runner knows authentication by a function only');
	}

	async preAuthentication(): Promise<undefined> {
		return undefined; // only for credentials with a token that expires
	}

	async runPreAuthentication(): Promise<undefined> {
		return undefined;
	}

	async getCredentials(): Promise<ICredentials> {
		throw new UnexpectedError('The workflow runner keeps no encrypted credentials');
	}

	async getDecrypted(
		_additionalData: IWorkflowExecuteAdditionalData,
		nodeCredentials: INodeCredentialsDetails,
		typeName: string,
		mode: WorkflowExecuteMode,
		_executeData?: unknown,
		_raw?: boolean,
		item?: ICredentialsExpressionResolveValues,
	): Promise<ICredentialDataDecryptedObject> {
		const given = this.values[typeName];
		if (given === undefined) {
			throw new UserError(
				`Credential with ID "${nodeCredentials.id}" does not exist for type "${typeName}".`,
			);
		}
		return await this.withDefaults(typeName, given as ICredentialDataDecryptedObject, mode, item);
	}

	/**
	 * Fills in the defaults of the credential's fields and resolves expressions in its values.
	 *
	 * @param item what the expressions see; without it, nothing
	 */
	async withDefaults(
		typeName: string,
		given: ICredentialDataDecryptedObject,
		mode: WorkflowExecuteMode,
		item?: ICredentialsExpressionResolveValues,
	): Promise<ICredentialDataDecryptedObject> {
		const filled =
			NodeHelpers.getNodeParameters(
				this.getCredentialsProperties(typeName),
				given as INodeParameters,
				true,
				false,
				null,
				null,
			) ?? {};
		if (item !== undefined) {
			return item.workflow.expression.getParameterValue(
				filled,
				item.runExecutionData,
				item.runIndex,
				item.itemIndex,
				item.node.name,
				item.connectionInputData,
				mode,
				{},
				undefined,
				false,
				given,
			) as ICredentialDataDecryptedObject;
		}
		const workflow = new Workflow({
			nodes: [EXPRESSION_NODE],
			connections: {},
			active: false,
			nodeTypes: this.nodeTypes,
		});
		return workflow.expression.getComplexParameterValue(
			EXPRESSION_NODE,
			filled,
			mode,
			{},
			undefined,
			undefined,
			given,
		) as ICredentialDataDecryptedObject;
	}

	async updateCredentials(): Promise<void> {
		throw new UnexpectedError('The workflow runner stores no credentials');
	}

	async updateCredentialsOauthTokenData(): Promise<void> {
		throw new UnexpectedError('The workflow runner stores no credentials');
	}

	getCredentialsProperties(typeName: string): INodeProperties[] {
		return this.typeOf(typeName).properties;
	}

	private typeOf(typeName: string): ICredentialType {
		const type = this.credentialTypes[typeName];
		if (!type) throw new UnexpectedError(`Unknown credential type ${typeName}`);
		return type;
	}
}
