import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { withTables } from './markdown-tables';
import { readmeTables } from './readme-tables';

const file = join(__dirname, '../../README.md');
const before = readFileSync(file, 'utf8');
const after = withTables(before, readmeTables());
if (after !== before) writeFileSync(file, after);
process.stdout.write(
	`README.md ${after === before ? 'says what the code says' : 'is up to date again'}\n`,
);
