import type { ICredentialDataDecryptedObject, IExecuteFunctions } from 'n8n-workflow';

import { cleanApiKey, redactorOf } from '../evolink/apiKey';
import type { ApiHost } from '../evolink/client';
import { inputFailure } from '../evolink/failure';
import { isLocalAddress, webUrl } from '../evolink/imageUrl';

/** The credential's type name. */
export const CREDENTIAL_TYPE = 'evolinkApi';

/** Hosts of the service, used where the credential says nothing. Source: the API's description. */
export const DEFAULT_API_URL = 'https://api.evolink.ai';
export const DEFAULT_FILES_URL = 'https://files-api.evolink.ai';

/** What the node needs to know of the user's account. */
export interface Account {
	/** Without a slash at the end. */
	hosts: Record<ApiHost, string>;
	/** Whether the API is on this computer or network, as the sandbox is. */
	isLocal: boolean;
	/** As n8n has decrypted it. */
	credential: ICredentialDataDecryptedObject;
	/** Returns the text with the API key replaced. */
	redact(text: string): string;
}

/** A slash or the API's version at the end is harmless. */
function checkedHost(value: unknown, fallback: string, field: string): string {
	const text = typeof value === 'string' ? value.trim() : '';
	if (text === '') return fallback;
	if (webUrl(text) === undefined) {
		throw inputFailure(
			`'${field}' in the Evolink API credential is not a web address`,
			`It must start with https://. The usual value is ${fallback}.`,
		);
	}
	return text.replace(/\/+(v1\/*)?$/, '');
}

/**
 * Opens the account that the node's credential describes for one item, since its fields can be
 * expressions.
 *
 * @throws EvolinkFailure when an address in it is not one
 */
export async function openAccount(context: IExecuteFunctions, itemIndex: number): Promise<Account> {
	const credential = await context.getCredentials(CREDENTIAL_TYPE, itemIndex);
	const apiUrl = checkedHost(credential.baseUrl, DEFAULT_API_URL, 'API Base URL');
	return {
		hosts: {
			api: apiUrl,
			files: checkedHost(credential.filesBaseUrl, DEFAULT_FILES_URL, 'File API Base URL'),
		},
		isLocal: isLocalAddress(apiUrl),
		credential,
		redact: redactorOf(cleanApiKey(credential.apiKey)),
	};
}
