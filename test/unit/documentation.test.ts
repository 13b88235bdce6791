import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { withTables } from '../../tools/docs/markdown-tables';
import { tablesFromCode } from '../../tools/docs/tables-from-code';

const MOST_README_WORDS = 1600;

function read(page: string): string {
	return readFileSync(join(__dirname, '../..', page), 'utf8');
}

it.each(Object.entries(tablesFromCode()))(
	'%s says in its tables what the code says (otherwise: npm run docs)',
	(page, tables) => {
		expect(read(page)).toBe(withTables(read(page), tables));
	},
);

it('the README can be read in a few minutes', () => {
	expect(read('README.md').trim().split(/\s+/).length).toBeLessThanOrEqual(MOST_README_WORDS);
});

it('the README tells engineers to clone, then the two commands', () => {
	expect(read('README.md')).toMatch(
		/```bash\ngit clone .*\nnpm ci && npm run demo .*\nnpm ci && npm test .*\n```/,
	);
});
