/** `npm run n8n:install`: brings n8n and the Node.js that it runs on into a cache folder. */
import { parseArgs } from 'node:util';

import { installN8n, n8nCacheFolder } from './n8n-installation';
import { CURRENT_N8N, OLDEST_N8N } from './n8n-releases';

const USAGE = `usage: npm run n8n:install [-- --oldest | --all]

Brings ${CURRENT_N8N.title} and the Node.js that it runs on into
  ${n8nCacheFolder()}
for the tests and for "npm run editor". What is there is used again.

  --oldest  ${OLDEST_N8N.title}, the oldest one that this package supports, instead
  --all     both
  --help    this text
`;

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			oldest: { type: 'boolean', default: false },
			all: { type: 'boolean', default: false },
			help: { type: 'boolean', default: false },
		},
	});
	if (values.help) {
		process.stdout.write(USAGE);
		return;
	}
	const wanted = values.oldest ? OLDEST_N8N : CURRENT_N8N;
	for (const release of values.all ? [CURRENT_N8N, OLDEST_N8N] : [wanted]) {
		const { directory } = await installN8n(release);
		process.stdout.write(`${release.title} is there: ${directory}\n`);
	}
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : 'unknown fault'}\n`);
	process.exitCode = 1;
});
