import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Container as DiContainer } from '@n8n/di';

/** Where n8n keeps the files of an execution: on disk, or inside the item itself. */
export type BinaryDataMode = 'filesystem' | 'default';

/** The packages that the runner and n8n-core must share, or the settings made here go unseen. */
export interface EnginePackages {
	/** Version of n8n-core, e.g. `2.41.1`. */
	version: string;
	core: typeof import('n8n-core');
	container: typeof DiContainer;
	/** n8n-core's logger class: the key under which the container holds the logger. */
	loggerClass: new (...parameters: unknown[]) => object;
	/** Made along with every execution; n8n-core does not export it. */
	sshClientsManagerClass: new (...parameters: unknown[]) => { onShutdown(): void };
}

/**
 * Points n8n at a folder of its own and loads n8n-core.
 *
 * The environment comes first: n8n's configuration classes read it when they are first used.
 * `@n8n/backend-common` and `@n8n/di` are resolved as n8n-core resolves them, since npm may install
 * several versions side by side and only n8n-core's own count.
 *
 * @throws Error when the runner's n8n-workflow is not the one that n8n-core uses.
 */
export async function loadEnginePackages(
	storagePath: string,
	binaryDataMode: BinaryDataMode,
): Promise<EnginePackages> {
	const binaryDataPath = join(storagePath, 'binary-data');
	mkdirSync(binaryDataPath, { recursive: true });
	process.env.N8N_USER_FOLDER = storagePath;
	process.env.N8N_DEFAULT_BINARY_DATA_MODE = binaryDataMode;
	process.env.N8N_BINARY_DATA_STORAGE_PATH = binaryDataPath;
	// Left over from an n8n on the same machine, these would lead into its folders.
	delete process.env.N8N_STORAGE_PATH;
	delete process.env.N8N_ENCRYPTION_KEY;

	const corePath = require.resolve('n8n-core');
	const requireFromCore = createRequire(corePath);
	if (requireFromCore.resolve('n8n-workflow') !== require.resolve('n8n-workflow')) {
		throw new Error('The workflow runner and n8n-core must use one and the same n8n-workflow');
	}
	const { version }: { version: string } = requireFromCore('../package.json');
	const { Container }: { Container: typeof DiContainer } = requireFromCore('@n8n/di');
	const { Logger }: { Logger: EnginePackages['loggerClass'] } =
		requireFromCore('@n8n/backend-common');
	// Not through requireFromCore: a module that is its own parent sends Jest into an endless loop.
	const core = await import('n8n-core');
	const { SSHClientsManager }: { SSHClientsManager: EnginePackages['sshClientsManagerClass'] } =
		requireFromCore('./execution-engine/ssh-clients-manager');
	return {
		version,
		core,
		container: Container,
		loggerClass: Logger,
		sshClientsManagerClass: SSHClientsManager,
	};
}
