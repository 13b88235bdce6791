/*
 * For test/, tools/ and sandbox/: n8n's rules, without those for code that runs inside n8n's process.
 * The eslint.config.mjs above must stay as n8n wrote it (`"strict": true` in package.json), so these
 * folders have one of their own, which ESLint finds with the flag in `npm run lint`.
 */
import { config } from '@n8n/node-cli/eslint';

const RULES_INSIDE_N8N = [
	'no-dangerous-functions',
	'no-restricted-globals',
	'no-restricted-imports',
	'require-node-api-error',
];

export default [
	...config,
	{
		files: ['**/*.ts'],
		rules: Object.fromEntries(
			RULES_INSIDE_N8N.map((rule) => [`@n8n/community-nodes/${rule}`, 'off']),
		),
	},
];
