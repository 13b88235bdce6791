import { startSandbox } from '../../sandbox';
import type { Sandbox, SandboxOptions } from '../../sandbox';
import { N8nApi } from './n8n-api';
import { readSharedN8n, type SharedN8n } from './shared-n8n';
import type { SavedCredential } from './workflow-credentials';

/** The shared n8n, logged in to, and a sandbox with a credential for it, for the tests of one file. */
export interface N8nBench {
	readonly n8n: SharedN8n;
	readonly api: N8nApi;
	readonly sandbox: Sandbox;
	/** A saved credential that points at the sandbox. */
	readonly credential: SavedCredential;
}

/** The fields of an Evolink credential that points at a sandbox. */
export function sandboxCredentialData({ apiKey, url }: Sandbox): {
	apiKey: string;
	baseUrl: string;
	filesBaseUrl: string;
} {
	return { apiKey, baseUrl: url, filesBaseUrl: url };
}

/** Saves a credential that points at a sandbox. */
export async function createSandboxCredential(
	api: N8nApi,
	sandbox: Sandbox,
): Promise<SavedCredential> {
	return await api.createCredential({
		name: 'Evolink account (sandbox)',
		type: 'evolinkApi',
		data: sandboxCredentialData(sandbox),
	});
}

/**
 * Logs in to the shared n8n before the tests of the file and gives it a credential for a sandbox of
 * the file's own, which forgets everything between two tests.
 *
 * @param options of the sandbox; by default a video takes 0.3 s
 */
export function useN8n(options: SandboxOptions = {}): N8nBench {
	let bench: N8nBench | undefined;
	const theBench = () => {
		if (bench === undefined) throw new Error('n8n can be used only during the tests');
		return bench;
	};

	beforeAll(async () => {
		const n8n = await readSharedN8n();
		const api = new N8nApi(n8n.url);
		await api.logIn();
		const sandbox = await startSandbox({ generationSeconds: 0.3, ...options });
		bench = { n8n, api, sandbox, credential: await createSandboxCredential(api, sandbox) };
	});
	beforeEach(() => theBench().sandbox.reset());
	afterAll(async () => {
		await bench?.sandbox.close();
	});

	return {
		get n8n() {
			return theBench().n8n;
		},
		get api() {
			return theBench().api;
		},
		get sandbox() {
			return theBench().sandbox;
		},
		get credential() {
			return theBench().credential;
		},
	};
}
