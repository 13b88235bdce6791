import type {
	IAuthenticate,
	Icon,
	ICredentialTestRequest,
	ICredentialType,
	INodeProperties,
} from 'n8n-workflow';

import { cleanApiKey } from '../nodes/Evolink/evolink/apiKey';

const REFUSED_KEY = 'Evolink did not accept the API key. Check it at evolink.ai/dashboard/keys.';

/**
 * A wrong key answers 401, or 200 with `success: false`. n8n runs rules of both kinds side by side,
 * though its type allows a list of one kind only.
 */
const TEST_RULES = [
	{ type: 'responseCode', properties: { value: 401, message: REFUSED_KEY } },
	{
		type: 'responseSuccessBody',
		properties: { key: 'success', value: false, message: REFUSED_KEY },
	},
] as ICredentialTestRequest['rules'];

/** An Evolink account: its API key, and the hosts that the key is sent to. */
export class EvolinkApi implements ICredentialType {
	name = 'evolinkApi';

	displayName = 'Evolink API';

	icon: Icon = {
		light: 'file:../nodes/Evolink/evolink.svg',
		dark: 'file:../nodes/Evolink/evolink.dark.svg',
	};

	documentationUrl =
		'https://github.com/n8n-nodes-evolink/n8n-nodes-evolink?tab=readme-ov-file#credentials';

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			hint: 'Create one at <a href="https://evolink.ai/dashboard/keys" target="_blank">evolink.ai/dashboard/keys</a> and paste it here',
		},
		{
			displayName: 'API Base URL',
			name: 'baseUrl',
			type: 'string',
			default: 'https://api.evolink.ai',
			placeholder: 'e.g. https://api.evolink.ai',
			description: 'Leave as is, unless you use a proxy or the local sandbox',
		},
		{
			displayName: 'File API Base URL',
			name: 'filesBaseUrl',
			type: 'string',
			default: 'https://files-api.evolink.ai',
			placeholder: 'e.g. https://files-api.evolink.ai',
			description:
				'Where images are uploaded to. Leave as is, unless you use a proxy or the local sandbox.',
		},
	];

	/** The one rule for the key, so that what is sent is also what is redacted. */
	authenticate: IAuthenticate = async (credentials, request) => ({
		...request,
		headers: { ...request.headers, Authorization: `Bearer ${cleanApiKey(credentials.apiKey)}` },
	});

	// Reading the balance is free; nothing that costs money ever serves as a test.
	test: ICredentialTestRequest = {
		request: {
			baseURL:
				'={{ ($credentials.baseUrl || "https://api.evolink.ai").trim().replace(/\\/+(v1\\/*)?$/, "") }}',
			url: '/v1/credits',
			method: 'GET',
		},
		rules: TEST_RULES,
	};
}
