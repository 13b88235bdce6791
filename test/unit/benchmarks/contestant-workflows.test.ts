import {
	evolinkWorkflow,
	httpLoopWorkflow,
	minimaxWorkflow,
} from '../../../benchmarks/contestant-workflows';
import { findStartNode } from '../../../workflow-engine/workflow-file';

const BUILDERS = [
	['Evolink node', evolinkWorkflow],
	['MiniMax node', minimaxWorkflow],
	['loop', (videos: number) => httpLoopWorkflow(videos, 'http://127.0.0.1:4010')],
] as const;

describe.each(BUILDERS)("the %s's workflow", (_, build) => {
	it('starts by hand with the same list of pictures as the others', () => {
		const { file } = build(3);
		expect(findStartNode(file).name).toBe('Start');
		const [, list] = file.nodes;
		const [, listOfOther] = evolinkWorkflow(3).file.nodes;
		expect(list.parameters).toEqual(listOfOther.parameters);
		expect(String(list.parameters.jsonOutput).match(/imageUrl/g)).toHaveLength(3);
	});

	it('connects all its nodes, each by its name', () => {
		const { file, ownNodes, lastNode } = build(1);
		const names = file.nodes.map(({ name }) => name);
		const targets = Object.values(file.connections).flatMap(({ main }) =>
			main.flatMap((output) => (output ?? []).map(({ node }) => node)),
		);
		expect(new Set(names).size).toBe(names.length);
		expect(new Set(targets)).toEqual(new Set(names.filter((name) => name !== 'Start')));
		expect(ownNodes.map(({ name }) => name)).toContain(lastNode);
	});
});

describe('the Evolink workflow', () => {
	it('raises Max Concurrent Videos only where the default would make videos wait', () => {
		expect(evolinkWorkflow(5).ownNodes[0].parameters).not.toHaveProperty('options');
		expect(evolinkWorkflow(6).ownNodes[0].parameters).toHaveProperty('options.maxConcurrent', 6);
	});
});

describe('the loop', () => {
	it('downloads what is completed and sends the rest round again', () => {
		const { file } = httpLoopWorkflow(2, 'http://127.0.0.1:4010');
		expect(file.connections['Completed?'].main).toEqual([
			[{ node: 'Download', type: 'main', index: 0 }],
			[{ node: 'Wait', type: 'main', index: 0 }],
		]);
	});
});
