import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { withTables } from './markdown-tables';
import { tablesFromCode } from './tables-from-code';

for (const [page, tables] of Object.entries(tablesFromCode())) {
	const file = join(__dirname, '../..', page);
	const before = readFileSync(file, 'utf8');
	const after = withTables(before, tables);
	if (after !== before) writeFileSync(file, after);
	process.stdout.write(
		`${page} ${after === before ? 'says what the code says' : 'is up to date again'}\n`,
	);
}
