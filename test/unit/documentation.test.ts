/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { readmeTables, withTables } from '../../docs/readme-tables';
import { CAMERA_COMMANDS } from '../../nodes/Evolink/evolink/camera';
import { VIDEO_MODELS } from '../../nodes/Evolink/evolink/models';

const readme = readFileSync(join(__dirname, '..', '..', 'README.md'), 'utf8');

describe('The README', () => {
	it('says in its tables what the code says (otherwise: npm run docs)', () => {
		expect(readme).toBe(withTables(readme));
	});

	it('names every model, quality and camera command', () => {
		const words = [
			...VIDEO_MODELS.flatMap(({ id, qualities }) => [id, ...qualities.map(({ value }) => value)]),
			...CAMERA_COMMANDS.map(({ value }) => value),
		];
		for (const word of words) expect(readme).toContain(word);
	});

	it('notices a table that differs from the code', () => {
		const outdated = readme.replace('Pan left', 'Pan somewhere');
		expect(withTables(outdated)).not.toBe(outdated);
	});

	it('must have a place for every table', () => {
		const [name] = Object.keys(readmeTables());
		expect(() => withTables(readme.replace(`<!-- ${name}: from the code -->`, ''))).toThrow(name);
	});

	it('states the two commands before anything else that can be typed', () => {
		const firstCode = /```bash\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
		expect(firstCode).toMatch(/^npm ci && npm run demo .*\nnpm ci && npm test /);
	});
});
