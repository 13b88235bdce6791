import type { N8nApi } from '../n8n-api';

/**
 * Deletes every Evolink credential, so that n8n is as it is for somebody who has just installed the
 * package. The test files run one after the other, and each makes its own.
 */
export async function deleteEvolinkCredentials(api: N8nApi): Promise<void> {
	for (const { id, type } of await api.credentials()) {
		if (type === 'evolinkApi') await api.session.send('DELETE', `/credentials/${id}`);
	}
}
