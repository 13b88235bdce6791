import type { IExecuteFunctions } from 'n8n-workflow';

import type { ApiHosts } from '../evolink/client';
import { inputFailure } from '../evolink/failure';

/** The credential's type name. */
export const CREDENTIAL_TYPE = 'evolinkApi';

/** Hosts of the service, used where the credential says nothing. Source: the API's description. */
export const DEFAULT_API_URL = 'https://api.evolink.ai';
export const DEFAULT_FILES_URL = 'https://files-api.evolink.ai';

/** What the node needs to know of the user's account. */
export interface Account {
	hosts: ApiHosts;
	/** Returns the text with every trace of the API key replaced. */
	redact(text: string): string;
}

/** Shorter keys do not exist, and would be found in the middle of ordinary words. */
const SHORTEST_KEY_CHARACTERS = 6;

function checkedHost(value: unknown, fallback: string, field: string): string {
	const text = typeof value === 'string' ? value.trim() : '';
	if (text === '') return fallback;
	const isHttp = /^https?:\/\/[^/\s]+/i.test(text);
	if (!isHttp || !URL.canParse(text)) {
		throw inputFailure(
			`'${field}' in the Evolink API credential is not a web address`,
			`It must start with https://. The usual value is ${fallback}.`,
		);
	}
	return text.replace(/\/+$/, '');
}

/** The forms in which the key could turn up in a text: as it is, in JSON, in a URL. */
function formsOf(apiKey: string): string[] {
	const forms = [apiKey, JSON.stringify(apiKey).slice(1, -1), encodeURIComponent(apiKey)];
	return [...new Set(forms)].filter((form) => form.length >= SHORTEST_KEY_CHARACTERS);
}

/**
 * Opens the account that the node's credential describes.
 *
 * @throws EvolinkFailure when an address in it is not one
 */
export async function openAccount(context: IExecuteFunctions): Promise<Account> {
	const credential = await context.getCredentials(CREDENTIAL_TYPE);
	const forms = formsOf(typeof credential.apiKey === 'string' ? credential.apiKey.trim() : '');
	return {
		hosts: {
			apiUrl: checkedHost(credential.baseUrl, DEFAULT_API_URL, 'API Base URL'),
			filesUrl: checkedHost(credential.filesBaseUrl, DEFAULT_FILES_URL, 'File API Base URL'),
		},
		redact: (text) =>
			forms.reduce((redacted, form) => redacted.split(form).join('[API key]'), text),
	};
}
