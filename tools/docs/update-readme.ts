/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readFileSync, writeFileSync } from 'node:fs';

import { withTables } from './markdown-tables';
import { PAGES_WITH_TABLES } from './pages-with-tables';

for (const { name, file, tables } of PAGES_WITH_TABLES) {
	const before = readFileSync(file, 'utf8');
	const after = withTables(before, tables());
	if (after !== before) writeFileSync(file, after);
	process.stdout.write(
		`${name} ${after === before ? 'says what the code says' : 'is up to date again'}\n`,
	);
}
