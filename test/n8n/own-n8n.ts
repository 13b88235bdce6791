import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox';
import { N8nApi } from '../../tools/n8n/n8n-api';
import { createSandboxCredential } from '../../tools/n8n/n8n-bench';
import { installN8n } from '../../tools/n8n/n8n-installation';
import type { N8nRelease } from '../../tools/n8n/n8n-releases';
import { startN8nServer, type BinaryDataMode, type N8nServer } from '../../tools/n8n/n8n-server';
import { readSharedN8n } from '../../tools/n8n/shared-n8n';
import type { SavedCredential } from '../../tools/n8n/workflow-credentials';

/** An n8n of the test file's own, logged in to, and a sandbox with a credential for it. */
export interface OwnN8n {
	server: N8nServer;
	api: N8nApi;
	sandbox: Sandbox;
	/** A saved credential that points at the sandbox. */
	credential: SavedCredential;
	/** Ends n8n and the sandbox. */
	close(): Promise<void>;
}

/** Starts an n8n for tests that end it, or need another release or settings. Takes 15 to 30 s. */
export async function startOwnN8n(options: {
	release: N8nRelease;
	binaryDataMode: BinaryDataMode;
	sandbox: SandboxOptions;
}): Promise<OwnN8n> {
	const { release, binaryDataMode } = options;
	const installation = await installN8n(release);
	const { tarball } = await readSharedN8n();
	const sandbox = await startSandbox(options.sandbox);
	const server = await startN8nServer({ installation, tarball, binaryDataMode });
	const close = async () => {
		try {
			await server.close();
		} finally {
			await sandbox.close();
		}
	};
	try {
		const api = new N8nApi(server.url);
		await api.setUpOwner();
		const credential = await createSandboxCredential(api, sandbox);
		return { server, api, sandbox, credential, close };
	} catch (error) {
		await close();
		throw error;
	}
}
