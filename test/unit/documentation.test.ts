/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { withTables } from '../../tools/docs/markdown-tables';
import { readmeTables } from '../../tools/docs/readme-tables';
import { CAMERA_COMMANDS } from '../../nodes/Evolink/evolink/camera';
import { VIDEO_MODELS } from '../../nodes/Evolink/evolink/models';

const readme = readFileSync(join(__dirname, '..', '..', 'README.md'), 'utf8');

describe('The README', () => {
	it('says in its tables what the code says (otherwise: npm run docs)', () => {
		expect(readme).toBe(withTables(readme, readmeTables()));
	});

	it('would differ if a table said something else', () => {
		const [firstTable] = Object.values(readmeTables());
		const lastRow = firstTable.slice(firstTable.lastIndexOf('\n'));
		const outdated = readme.replace(lastRow, lastRow.replace(/\w+/, 'Somewhere'));
		expect(outdated).not.toBe(readme);
		expect(withTables(outdated, readmeTables())).toBe(readme);
	});

	it('must have a place for every table', () => {
		for (const name of Object.keys(readmeTables())) {
			const without = readme.replace(`<!-- ${name}: from the code -->`, '');
			expect(() => withTables(without, readmeTables())).toThrow(name);
		}
	});

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
