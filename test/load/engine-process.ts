import { fork } from 'node:child_process';
import { join } from 'node:path';

import type { EngineServices } from './engine-process-main';

type Execution = Parameters<EngineServices['start']>[1];
type ExecutionEnd = Awaited<ReturnType<EngineServices['end']>>;

/** n8n's engine in a process of its own, so that what it uses can be told from what the test uses. */
export interface EngineProcess extends Pick<EngineServices, 'start' | 'end' | 'cancelAll'> {
	/** Starts an execution and waits for its end. */
	run(name: string, execution: Execution): Promise<ExecutionEnd>;
	/** Measures the processor and the event loop; the returned function ends that and tells. */
	measureProcessor(): Promise<EngineServices['processorUse']>;
	/** Clears the memory of what is not used any more and watches it; likewise. */
	watchMemory(): Promise<EngineServices['memoryUse']>;
	/** Ends the process. */
	close(): Promise<void>;
}

interface Answer {
	number: number;
	/** What the service returned. */
	value: never;
	trouble?: string;
}

function isAnswer(message: unknown): message is Answer {
	return typeof message === 'object' && message !== null && 'number' in message;
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
	const calls = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
	let lastNumber = 0;

	child.on('message', (message: unknown) => {
		if (!isAnswer(message)) return;
		const call = calls.get(message.number);
		calls.delete(message.number);
		if (message.trouble === undefined) call?.resolve(message.value);
		else call?.reject(new Error(message.trouble));
	});
	const ended = new Promise<void>((resolve) => {
		child.once('exit', (code, signal) => {
			const error = new Error(`The engine's process ended with ${signal ?? code}`);
			for (const { reject } of calls.values()) reject(error);
			resolve();
		});
	});

	const service =
		<Name extends keyof EngineServices>(name: Name): EngineServices[Name] =>
		async (...parameters: unknown[]) =>
			await new Promise<never>((resolve, reject) => {
				const number = ++lastNumber;
				calls.set(number, { resolve, reject });
				child.send({ number, service: name, parameters }, (error) => {
					if (error !== null) reject(error);
				});
			});
	const [start, end] = [service('start'), service('end')];
	return {
		start,
		end,
		cancelAll: service('cancelAll'),
		async run(name, execution) {
			await start(name, execution);
			return await end(name);
		},
		async measureProcessor() {
			await service('measureProcessor')();
			return service('processorUse');
		},
		async watchMemory() {
			await service('watchMemory')();
			return service('memoryUse');
		},
		async close() {
			if (child.connected) child.disconnect();
			await ended;
		},
	};
}
