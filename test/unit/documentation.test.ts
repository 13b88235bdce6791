import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { withTables } from '../../tools/docs/markdown-tables';
import { readmeTables } from '../../tools/docs/readme-tables';

const readme = readFileSync(join(__dirname, '..', '..', 'README.md'), 'utf8');

it('the README says in its tables what the code says (otherwise: npm run docs)', () => {
	const written = withTables(readme, readmeTables());
	expect(readme).toBe(written);
});

it('the README states the two commands before anything else that can be typed', () => {
	const firstCode = /```bash\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
	expect(firstCode).toMatch(/^npm ci && npm run demo .*\nnpm ci && npm test /);
});
