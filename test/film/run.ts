/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions -- runs beside n8n, never inside it */
/**
 * Lets ffmpeg judge joined films: `npm run test:film [-- --update] [-- JEST OPTIONS]`. With --update, the
 * clips and what was judged are kept for `npm test`, which has no ffmpeg.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const given = process.argv.slice(2);
const { status } = spawnSync(
	'npx',
	['jest', '-c', join(__dirname, 'jest.config.js'), ...given.filter((one) => one !== '--update')],
	{
		stdio: 'inherit',
		env: { ...process.env, ...(given.includes('--update') ? { EVOLINK_FILM: 'update' } : {}) },
	},
);
process.exitCode = status ?? 1;
