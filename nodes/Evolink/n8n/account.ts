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

/** JSON within JSON within JSON doubles each backslash twice. More would slow the search down. */
const MOST_BACKSLASHES = 7;

/**
 * Returns a pattern that finds the key however it is spelled: each character as it is, as JSON may
 * escape it, or as a URL may.
 */
function spellingsOf(apiKey: string): RegExp {
	const characters = [...apiKey].map((character) => {
		const code = character.charCodeAt(0).toString(16);
		const literal = character.replace(/[\\^$.*+?()[\]{}|]/, '\\$&');
		const inUrl = /^[\0-\x7f]$/.test(character)
			? `%${code.padStart(2, '0')}`
			: encodeURIComponent(character);
		const inJson = `\\\\{1,${MOST_BACKSLASHES}}u${code.padStart(4, '0')}`;
		return `(?:\\\\{0,${MOST_BACKSLASHES}}${literal}|${inJson}|${inUrl})`;
	});
	return new RegExp(characters.join(''), 'gi');
}

/**
 * Opens the account that the node's credential describes.
 *
 * @throws EvolinkFailure when an address in it is not one
 */
export async function openAccount(context: IExecuteFunctions): Promise<Account> {
	const credential = await context.getCredentials(CREDENTIAL_TYPE);
	const apiKey = typeof credential.apiKey === 'string' ? credential.apiKey.trim() : '';
	const spellings = apiKey.length < SHORTEST_KEY_CHARACTERS ? undefined : spellingsOf(apiKey);
	return {
		hosts: {
			apiUrl: checkedHost(credential.baseUrl, DEFAULT_API_URL, 'API Base URL'),
			filesUrl: checkedHost(credential.filesBaseUrl, DEFAULT_FILES_URL, 'File API Base URL'),
		},
		redact: (text) => (spellings === undefined ? text : text.replace(spellings, '[API key]')),
	};
}
