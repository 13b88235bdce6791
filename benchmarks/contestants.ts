import type { ICredentialDataDecryptedObject } from 'n8n-workflow';

import type { Sandbox, TaskSnapshot } from '../sandbox';
import type { NewCredential } from '../test/n8n/n8n-api';
import { sandboxCredentialData } from '../test/n8n/n8n-bench';
import type { ContestantKey } from './benchmark-results';
import {
	evolinkWorkflow,
	httpLoopWorkflow,
	minimaxWorkflow,
	type ContestantWorkflow,
} from './contestant-workflows';
import type { JobPlan, MinimaxStandIn } from './minimax-stand-in';

/** One way to a video, with the server that it talks to. */
export interface Contestant {
	key: ContestantKey;
	/** What its nodes log in with. */
	credential: NewCredential;
	/** The workflow that makes that many videos in one execution. */
	workflow(videos: number): ContestantWorkflow;
	/** Says what becomes of its next submission that has no plan yet. */
	planJob(plan: JobPlan): void;
	/** How often it asked for the status of the task. */
	statusReadsOf(task: TaskSnapshot): number;
}

/** The three ways, in the order in which they are run. */
export function contestantsFor(sandbox: Sandbox, minimax: MinimaxStandIn): Contestant[] {
	const onEvolink = {
		planJob: (plan: JobPlan) => sandbox.planTask(plan),
		statusReadsOf: ({ readCount }: TaskSnapshot) => readCount,
	};
	return [
		{
			key: 'evolink',
			credential: credential('evolinkApi', sandboxCredentialData(sandbox)),
			workflow: evolinkWorkflow,
			...onEvolink,
		},
		{
			key: 'minimax',
			// The field "url" is hidden in the editor; n8n itself fills it in by the chosen region.
			credential: credential('minimaxApi', { apiKey: minimax.apiKey, url: minimax.url }),
			workflow: minimaxWorkflow,
			planJob: (plan) => minimax.planJob(plan),
			statusReadsOf: ({ taskId }) => minimax.statusReadsOf(taskId),
		},
		{
			key: 'httpLoop',
			credential: credential('httpHeaderAuth', {
				name: 'Authorization',
				value: `Bearer ${sandbox.apiKey}`,
			}),
			workflow: (videos) => httpLoopWorkflow(videos, sandbox.url),
			...onEvolink,
		},
	];
}

function credential(type: string, data: ICredentialDataDecryptedObject): NewCredential {
	return { name: `Benchmark: ${type}`, type, data };
}
