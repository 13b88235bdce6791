/** The program of an engine's own process: does what engine-process.ts asks for. */
import type { INodeExecutionData, IRun } from 'n8n-workflow';

import { nodeError, outputItems, startEngine } from '../../tools/engine';
import type { RunCredentials, RunningWorkflow, WorkflowFile } from '../../tools/engine';
import { measureProcessorUse, watchMemory } from './process-load-meter';
import type { MemoryUse, ProcessorUse } from './process-load-meter';

const [, , storagePath] = process.argv;
const engineStart = startEngine({ storagePath, binaryDataMode: 'filesystem' });
const executions = new Map<
	string,
	RunningWorkflow & { nodeName: string; ended: Promise<number> }
>();
const nothingMeasured = (): never => {
	throw new Error('Nothing is being measured');
};
let endOfMeasurement: () => ProcessorUse = nothingMeasured;
let endOfWatch: () => MemoryUse = nothingMeasured;

function rowCount(run: IRun, nodeName: string): number {
	const hasOutput = run.data.resultData.runData[nodeName]?.at(-1)?.data !== undefined;
	return hasOutput ? outputItems(run, nodeName).length : 0;
}

const services = {
	/** Starts an execution with these items of the trigger; done when it is under way. */
	async start(
		name: string,
		execution: { workflow: WorkflowFile; items: INodeExecutionData[]; credentials: RunCredentials },
	) {
		const { workflow, items, credentials } = execution;
		const node = workflow.nodes.find(({ type }) => type === 'n8n-nodes-evolink.evolink');
		if (node === undefined) throw new Error('The workflow has no Evolink node');
		const engine = await engineStart;
		const running = engine.startWorkflow({ workflow, credentials, triggerItems: items });
		const ended = running.finished.then(() => Date.now());
		executions.set(name, { ...running, nodeName: node.name, ended });
	},
	/** How the execution of that name ends, once it has; `endedAtMs` is on the clock of `Date.now`. */
	async end(name: string) {
		const execution = executions.get(name);
		if (execution === undefined) throw new Error(`No execution is named ${name}`);
		const run = await execution.finished;
		return {
			status: run.status,
			endedAtMs: await execution.ended,
			rowCount: rowCount(run, execution.nodeName),
			errorMessage: nodeError(run)?.message,
		};
	},
	/** The Stop button, pressed for all executions that go on. */
	async cancelAll() {
		for (const { cancel } of executions.values()) cancel();
	},
	async measureProcessor() {
		endOfMeasurement = measureProcessorUse();
	},
	processorUse: async () => endOfMeasurement(),
	async watchMemory() {
		endOfWatch = await watchMemory();
	},
	memoryUse: async () => endOfWatch(),
};

export type EngineServices = typeof services;

/** One call on its way; the answer carries its number. */
export interface Call {
	number: number;
	service: keyof EngineServices;
	parameters: never;
}

function isCall(message: unknown): message is Call {
	return typeof message === 'object' && message !== null && 'service' in message;
}

process.on('message', (message: unknown) => {
	if (!isCall(message)) return;
	const { number, service, parameters } = message;
	const call: (...given: never) => Promise<unknown> = services[service];
	call(...parameters).then(
		(value) => process.send?.({ number, value }),
		(error: unknown) => process.send?.({ number, trouble: String(error) }),
	);
});
// The test has ended, in order or not: nobody needs the engine any more.
process.on('disconnect', () => process.exit());
