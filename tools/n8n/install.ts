/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
/** `npm run n8n:install`: brings n8n and the Node.js that it runs on into a cache folder. */
import { parseArgs } from 'node:util';

import { createInstallProgress } from './install-progress';
import { CannotInstall, findN8n, installN8n, n8nCacheFolder } from './n8n-installation';
import { CURRENT_N8N, OLDEST_N8N, type N8nRelease } from './n8n-releases';

const EXIT_FAILED = 1;
const EXIT_BAD_ARGUMENTS = 2;

const USAGE = `usage: npm run n8n:install [-- --oldest | --all]

Brings ${CURRENT_N8N.title} and the Node.js that it runs on into
  ${n8nCacheFolder()}
for the tests and for "npm run editor". What is there is used again.

  --oldest  ${OLDEST_N8N.title}, the oldest one that this package supports, instead
  --all     both
  --help    this text
`;

/** Returns null when help was asked for. @throws TypeError for arguments that make no sense */
function readReleases(args: string[]): N8nRelease[] | null {
	const { values } = parseArgs({
		args,
		options: {
			oldest: { type: 'boolean', default: false },
			all: { type: 'boolean', default: false },
			help: { type: 'boolean', default: false },
		},
	});
	if (values.help) return null;
	if (values.all) return [CURRENT_N8N, OLDEST_N8N];
	return [values.oldest ? OLDEST_N8N : CURRENT_N8N];
}

async function install(release: N8nRelease): Promise<void> {
	const present = await findN8n(release);
	if (present !== undefined) {
		process.stdout.write(`${release.title} is there: ${present.directory}\n`);
		return;
	}
	const { directory } = await installN8n(release, createInstallProgress());
	process.stdout.write(`${release.title} is ready: ${directory}\n`);
}

async function main(): Promise<void> {
	let releases;
	try {
		releases = readReleases(process.argv.slice(2));
	} catch (error) {
		const reason = error instanceof Error ? error.message : 'bad arguments';
		process.stderr.write(`${reason}\n\n${USAGE}`);
		process.exitCode = EXIT_BAD_ARGUMENTS;
		return;
	}
	if (releases === null) {
		process.stdout.write(USAGE);
		return;
	}
	for (const release of releases) await install(release);
}

main().catch((error: unknown) => {
	const reason = error instanceof Error ? error.message : 'The installation failed';
	process.stderr.write(
		error instanceof CannotInstall ? `${reason}\n` : `${reason}\n\nRun it again to try anew.\n`,
	);
	process.exitCode = EXIT_FAILED;
});
