/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { INode, INodeTypeDescription } from 'n8n-workflow';

import { useN8n } from '../../../tools/n8n/n8n-bench';
import { EXAMPLES_FOLDER, readExample } from './examples';

const EXAMPLE_FILES = readdirSync(EXAMPLES_FOLDER).filter((name) => name.endsWith('.json'));
const PAGES_FOLDER = path.resolve(EXAMPLES_FOLDER, '..', 'docs', 'examples');

const bench = useN8n();
let nodeTypes: INodeTypeDescription[];

beforeAll(async () => {
	nodeTypes = await bench.api.nodeTypes();
});

/** The node's type in the version that the example names. */
function typeOf(node: INode): INodeTypeDescription {
	const found = nodeTypes.find(
		({ name, version }) => name === node.type && [version].flat().includes(node.typeVersion),
	);
	if (found === undefined) throw new Error(`n8n has no ${node.type} ${node.typeVersion}`);
	return found;
}

describe.each(EXAMPLE_FILES)('examples/%s', (fileName) => {
	const example = readExample(fileName);
	const nodes = example.nodes.filter(({ type }) => type !== 'n8n-nodes-base.stickyNote');

	it('uses only nodes, fields and credentials that n8n has', () => {
		for (const node of nodes) {
			const { properties, credentials } = typeOf(node);
			const fields = properties.map(({ name }) => name);
			expect(fields).toEqual(expect.arrayContaining(Object.keys(node.parameters)));
			const known = (credentials ?? []).map(({ name }) => name);
			expect(known).toEqual(expect.arrayContaining(Object.keys(node.credentials ?? {})));
		}
	});

	it('explains itself in one note that names what must be set up', () => {
		const notes = example.nodes.filter(({ type }) => type === 'n8n-nodes-base.stickyNote');
		expect(notes).toHaveLength(1);
		const text = String(notes[0].parameters.content);
		for (const node of nodes) {
			if (node.credentials !== undefined) expect(text).toContain(`**${node.name}**`);
		}
	});

	it("carries nobody's credentials, data or settings", async () => {
		for (const { credentials = {} } of nodes) {
			for (const { id } of Object.values(credentials)) expect(id).toBe('placeholder');
		}
		const content: unknown = JSON.parse(
			await readFile(path.join(EXAMPLES_FOLDER, fileName), 'utf8'),
		);
		expect(content).toMatchObject({ pinData: {}, active: false });
	});

	it('is in the list of examples and has a page', async () => {
		const list = await readFile(path.join(EXAMPLES_FOLDER, 'README.md'), 'utf8');
		const row = list.split('\n').find((line) => line.includes(`(${fileName})`));
		const page = /docs\/examples\/([\w-]+\.md)/.exec(row ?? '')?.[1];
		expect(page).toBeDefined();
		const text = await readFile(path.join(PAGES_FOLDER, page ?? ''), 'utf8');
		expect(text).toContain(`(../../examples/${fileName})`);
	});
});

it('has no two examples that answer at the same address', () => {
	const ids = EXAMPLE_FILES.flatMap((fileName) =>
		readExample(fileName).nodes.flatMap(({ webhookId }) => webhookId ?? []),
	);
	expect(new Set(ids).size).toBe(ids.length);
});
