/** The program of an engine's own process: carries out what engine-process.ts asks for. */
import { nodeError, outputItems, startEngine } from '../../tools/engine';
import type { RunningWorkflow } from '../../tools/engine';
import { isNumberedOrder } from './engine-messages';
import type {
	EngineOrder,
	ExecutionEnd,
	MemoryUse,
	NumberedAnswer,
	ProcessorUse,
} from './engine-messages';
import { measureProcessorUse, watchMemory } from './process-load-meter';

const EVOLINK_NODE_TYPE = 'n8n-nodes-evolink.evolink';

const [, , storagePath] = process.argv;
const engineStart = startEngine({ storagePath, binaryDataMode: 'filesystem' });

interface NamedExecution {
	running: RunningWorkflow;
	end: Promise<ExecutionEnd>;
}

const executions = new Map<string, NamedExecution>();
let endOfMeasurement: (() => ProcessorUse) | undefined;
let endOfWatch: (() => MemoryUse) | undefined;

async function endOf(running: RunningWorkflow, nodeName: string): Promise<ExecutionEnd> {
	const run = await running.finished;
	const hasOutput = run.data.resultData.runData[nodeName]?.at(-1)?.data !== undefined;
	return {
		status: run.status,
		endedAtMs: Date.now(),
		rowCount: hasOutput ? outputItems(run, nodeName).length : 0,
		errorMessage: nodeError(run)?.message,
	};
}

/** @throws Error when the order makes no sense now */
async function carryOut(order: EngineOrder): Promise<unknown> {
	const engine = await engineStart;
	switch (order.kind) {
		case 'start': {
			const { workflow, items, credentials } = order.execution;
			const node = workflow.nodes.find(({ type }) => type === EVOLINK_NODE_TYPE);
			if (node === undefined) throw new Error('The workflow has no Evolink node');
			const running = engine.startWorkflow({
				workflow,
				credentials,
				...(items === undefined ? {} : { triggerItems: items }),
			});
			executions.set(order.name, { running, end: endOf(running, node.name) });
			return undefined;
		}
		case 'end': {
			const execution = executions.get(order.name);
			if (execution === undefined) throw new Error(`No execution is named ${order.name}`);
			return await execution.end;
		}
		case 'cancelAll':
			for (const { running } of executions.values()) running.cancel();
			return undefined;
		case 'measureProcessor':
			endOfMeasurement = measureProcessorUse();
			return undefined;
		case 'processorUse':
			if (endOfMeasurement === undefined) throw new Error('Nothing is being measured');
			return endOfMeasurement();
		case 'watchMemory':
			endOfWatch = await watchMemory();
			return undefined;
		case 'memoryUse':
			if (endOfWatch === undefined) throw new Error('The memory is not being watched');
			return endOfWatch();
	}
}

function answer(message: NumberedAnswer): void {
	process.send?.(message);
}

process.on('message', (message: unknown) => {
	if (!isNumberedOrder(message)) return;
	const { number, order } = message;
	carryOut(order).then(
		(value) => answer({ number, value }),
		(error: unknown) => answer({ number, trouble: String(error) }),
	);
});
// The test has ended, in order or not: nobody needs the engine any more.
process.on('disconnect', () => process.exit());
