import type { INodeParameters } from 'n8n-workflow';

import type { WorkflowFile } from '../../../tools/engine/workflow-file';

const TRIGGER = 'When clicking Execute workflow';
const PROMPTS = 'Prompts';

/** Name of the Evolink node in the workflows of this file. */
export const EVOLINK_NODE = 'Evolink';

/**
 * A workflow that is started by hand and makes one video for each prompt, from the same picture.
 * @param parameters of the Evolink node; they win over those that it has here
 */
export function videosWorkflow(
	name: string,
	prompts: readonly string[],
	parameters: INodeParameters = {},
): WorkflowFile {
	const items = prompts.map((prompt) => ({ json: { prompt } }));
	return {
		name,
		nodes: [
			{
				id: '6d0c2e0a-1d64-4e55-9a6e-5b8a7c1e0001',
				name: TRIGGER,
				type: 'n8n-nodes-base.manualTrigger',
				typeVersion: 1,
				position: [0, 0],
				parameters: {},
			},
			{
				id: '6d0c2e0a-1d64-4e55-9a6e-5b8a7c1e0002',
				name: PROMPTS,
				type: 'n8n-nodes-base.code',
				typeVersion: 2,
				position: [220, 0],
				parameters: { jsCode: `return ${JSON.stringify(items)};` },
			},
			{
				id: '6d0c2e0a-1d64-4e55-9a6e-5b8a7c1e0003',
				name: EVOLINK_NODE,
				type: 'n8n-nodes-evolink.evolink',
				typeVersion: 1,
				position: [440, 0],
				parameters: {
					imageUrl: 'https://example.com/lighthouse.jpg',
					prompt: '={{ $json.prompt }}',
					...parameters,
				},
			},
		],
		connections: {
			[TRIGGER]: { main: [[{ node: PROMPTS, type: 'main', index: 0 }]] },
			[PROMPTS]: { main: [[{ node: EVOLINK_NODE, type: 'main', index: 0 }]] },
		},
	};
}
