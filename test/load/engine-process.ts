import { fork } from 'node:child_process';
import { join } from 'node:path';

import { isExecutionEnd, isMemoryUse, isNumberedAnswer, isProcessorUse } from './engine-messages';
import type {
	EngineOrder,
	ExecutionEnd,
	ExecutionOrder,
	MemoryUse,
	ProcessorUse,
} from './engine-messages';

/** n8n's engine in a process of its own, so that what it uses can be told from what the test uses. */
export interface EngineProcess {
	/** Resolves when the execution is under way. */
	start(name: string, execution: ExecutionOrder): Promise<void>;
	/** Resolves when the execution of that name has ended, however it did. */
	end(name: string): Promise<ExecutionEnd>;
	/** Starts an execution and waits for its end. */
	run(name: string, execution: ExecutionOrder): Promise<ExecutionEnd>;
	/** The Stop button, pressed for all executions that go on. */
	cancelAll(): Promise<void>;
	/** Measures the processor and the event loop; the returned function ends that and tells. */
	measureProcessor(): Promise<() => Promise<ProcessorUse>>;
	/** Clears the memory of what is not used any more and watches it; likewise. */
	watchMemory(): Promise<() => Promise<MemoryUse>>;
	/** Ends the process. */
	close(): Promise<void>;
}

interface OpenOrder {
	resolve(value: unknown): void;
	reject(error: Error): void;
}

/**
 * Starts the process. Its engine keeps binary data on disk, in the folder of the engine that runs in
 * this process, so that it finds what is stored there.
 */
export function startEngineProcess(): EngineProcess {
	// The engine here has pointed n8n to its folder by this variable of n8n's.
	const { N8N_USER_FOLDER: storagePath } = process.env;
	if (storagePath === undefined) throw new Error('The engine of this process comes first');
	const child = fork(join(__dirname, 'engine-process-main.ts'), [storagePath], {
		execArgv: ['--expose-gc', '--require', require.resolve('tsx/cjs')],
		// Keeps what JSON would lose, such as fields that are undefined.
		serialization: 'advanced',
	});
	const openOrders = new Map<number, OpenOrder>();
	let lastNumber = 0;

	child.on('message', (message: unknown) => {
		if (!isNumberedAnswer(message)) return;
		const open = openOrders.get(message.number);
		openOrders.delete(message.number);
		if (message.trouble === undefined) open?.resolve(message.value);
		else open?.reject(new Error(message.trouble));
	});
	const ended = new Promise<void>((resolve) => {
		child.once('exit', (code, signal) => {
			for (const { reject } of openOrders.values()) {
				reject(new Error(`The engine's process ended with ${signal ?? code}`));
			}
			resolve();
		});
	});

	const ask = async (order: EngineOrder): Promise<unknown> =>
		await new Promise((resolve, reject) => {
			const number = ++lastNumber;
			openOrders.set(number, { resolve, reject });
			child.send({ number, order }, (error) => {
				if (error !== null) reject(error);
			});
		});
	const askFor = async <Answer>(
		order: EngineOrder,
		isAnswer: (value: unknown) => value is Answer,
	): Promise<Answer> => {
		const value = await ask(order);
		if (!isAnswer(value)) throw new Error(`The engine's process answered something else`);
		return value;
	};

	const start = async (name: string, execution: ExecutionOrder) => {
		await ask({ kind: 'start', name, execution });
	};
	const end = async (name: string) => await askFor({ kind: 'end', name }, isExecutionEnd);
	return {
		start,
		end,
		async run(name, execution) {
			await start(name, execution);
			return await end(name);
		},
		async cancelAll() {
			await ask({ kind: 'cancelAll' });
		},
		async measureProcessor() {
			await ask({ kind: 'measureProcessor' });
			return async () => await askFor({ kind: 'processorUse' }, isProcessorUse);
		},
		async watchMemory() {
			await ask({ kind: 'watchMemory' });
			return async () => await askFor({ kind: 'memoryUse' }, isMemoryUse);
		},
		async close() {
			if (child.connected) child.disconnect();
			await ended;
		},
	};
}
