import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { INode, INodeTypeDescription } from 'n8n-workflow';

import { useN8n } from '../../tools/n8n/n8n-bench';
import { EXAMPLE_RUNS, startWorld, type World } from './example-runs';
import { EXAMPLES_FOLDER, readExample } from './examples';

const EXAMPLE_FILES = readdirSync(EXAMPLES_FOLDER).filter((name) => name.endsWith('.json'));
/** Its pauses are long: it runs in survival.test.ts, where n8n dies meanwhile. */
const RUN_ELSEWHERE = 'durable.json';

const bench = useN8n();
let world: World;
let nodeTypes: INodeTypeDescription[];

beforeAll(async () => {
	world = await startWorld(bench);
	nodeTypes = await bench.api.nodeTypes();
});
beforeEach(() => world.mails.clear());
afterAll(async () => {
	await world?.close();
	expect(readFileSync(bench.n8n.logFile, 'utf8')).not.toContain(bench.sandbox.apiKey);
});

it('the package is in the nodes panel, for workflows and as a tool for AI agents', () => {
	const names = nodeTypes.map(({ name }) => name);
	expect(names.filter((name) => name.startsWith('n8n-nodes-evolink.'))).toEqual([
		'n8n-nodes-evolink.evolink',
		'n8n-nodes-evolink.evolinkTool',
	]);
});

it.each(EXAMPLE_RUNS)('examples/$file: $result', async ({ play }) => {
	await play(world);
	expect(bench.sandbox.violations).toEqual([]);
});

it('every example is run', () => {
	const files = new Set([...EXAMPLE_RUNS.map(({ file }) => file), RUN_ELSEWHERE]);
	expect([...files].sort()).toEqual(EXAMPLE_FILES);
});

/** The node's type in the version that the example names. */
function typeOf(node: INode): INodeTypeDescription {
	const found = nodeTypes.find(
		({ name, version }) => name === node.type && [version].flat().includes(node.typeVersion),
	);
	if (found === undefined) throw new Error(`n8n has no ${node.type} ${node.typeVersion}`);
	return found;
}

it.each(EXAMPLE_FILES)(
	'examples/%s: only fields that n8n has, nobody’s credentials, one note on what to set up',
	(file) => {
		const isNote = ({ type }: INode) => type === 'n8n-nodes-base.stickyNote';
		const { nodes } = readExample(file);
		const notes = nodes.filter(isNote);
		expect(notes).toHaveLength(1);
		for (const node of nodes.filter((one) => !isNote(one))) {
			const fields = typeOf(node).properties.map(({ name }) => name);
			expect(fields).toEqual(expect.arrayContaining(Object.keys(node.parameters)));
			for (const { id } of Object.values(node.credentials ?? {})) {
				expect(id).toBe('placeholder');
				expect(notes[0].parameters.content).toContain(`**${node.name}**`);
			}
		}
		const list = readFileSync(path.join(EXAMPLES_FOLDER, 'README.md'), 'utf8');
		expect(list).toContain(`(${file})`);
	},
);
