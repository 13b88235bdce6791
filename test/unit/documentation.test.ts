/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { withTables } from '../../tools/docs/markdown-tables';
import { PAGES_WITH_TABLES } from '../../tools/docs/pages-with-tables';
import { CAMERA_COMMANDS } from '../../nodes/Evolink/evolink/camera';
import { VIDEO_MODELS } from '../../nodes/Evolink/evolink/models';

const readme = readFileSync(join(__dirname, '..', '..', 'README.md'), 'utf8');

describe.each(PAGES_WITH_TABLES)('The page $name', ({ file, tables }) => {
	const text = readFileSync(file, 'utf8');

	it('says in its tables what the code says (otherwise: npm run docs)', () => {
		expect(text).toBe(withTables(text, tables()));
	});

	it('notices a table that differs from the code', () => {
		const [firstTable] = Object.values(tables());
		const lastRow = firstTable.slice(firstTable.lastIndexOf('\n'));
		const outdated = text.replace(lastRow, lastRow.replace(/\w+/, 'Somewhere'));
		expect(outdated).not.toBe(text);
		expect(withTables(outdated, tables())).toBe(text);
	});

	it('must have a place for every table', () => {
		for (const name of Object.keys(tables())) {
			const without = text.replace(`<!-- ${name}: from the code -->`, '');
			expect(() => withTables(without, tables())).toThrow(name);
		}
	});
});

describe('The README', () => {
	it('names every model, quality and camera command', () => {
		const words = [
			...VIDEO_MODELS.flatMap(({ id, qualities }) => [id, ...qualities.map(({ value }) => value)]),
			...CAMERA_COMMANDS.map(({ value }) => value),
		];
		for (const word of words) expect(readme).toContain(word);
	});

	it('states the two commands before anything else that can be typed', () => {
		const firstCode = /```bash\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
		expect(firstCode).toMatch(/^npm ci && npm run demo .*\nnpm ci && npm test /);
	});
});
