import type { INodeExecutionData } from 'n8n-workflow';

import type { RunCredentials, WorkflowFile } from '../../tools/engine';

/** An execution that the engine's process is to run. */
export interface ExecutionOrder {
	workflow: WorkflowFile;
	/** Items of the trigger. Default: one empty item. */
	items?: INodeExecutionData[];
	credentials: RunCredentials;
}

/** What the engine's process is asked for. */
export type EngineOrder =
	/** Starts an execution under a name; answered when it is under way. */
	| { kind: 'start'; name: string; execution: ExecutionOrder }
	/** Answered when the execution of that name has ended, with an {@link ExecutionEnd}. */
	| { kind: 'end'; name: string }
	/** The Stop button, pressed for all executions that go on. */
	| { kind: 'cancelAll' }
	| { kind: 'measureProcessor' }
	/** Answered with a {@link ProcessorUse}. */
	| { kind: 'processorUse' }
	| { kind: 'watchMemory' }
	/** Answered with a {@link MemoryUse}. */
	| { kind: 'memoryUse' };

/** One order on its way; the answer carries its number. */
export interface NumberedOrder {
	number: number;
	order: EngineOrder;
}

/** The answer to an order. */
export interface NumberedAnswer {
	number: number;
	value?: unknown;
	/** Why the order could not be carried out. */
	trouble?: string;
}

/** How an execution ended. */
export interface ExecutionEnd {
	/** n8n's status, e.g. `success` or `canceled`. */
	status: string;
	/** `Date.now()` at its end. */
	endedAtMs: number;
	/** Rows of the node's first output. */
	rowCount: number;
	/** Of the error that ended the execution, if one did. */
	errorMessage: string | undefined;
}

/** What a process did between the beginning and the end of a measurement. */
export interface ProcessorUse {
	elapsedMs: number;
	/** Time on the processor, in user and in system mode, of all threads. */
	cpuMs: number;
	/** Event loop delay as Node's histogram counts it: its resolution of 20 ms is a part of it. */
	eventLoopDelayP50Ms: number;
	eventLoopDelayP99Ms: number;
	eventLoopDelayMaxMs: number;
}

/** The resident memory of a process. */
export interface MemoryUse {
	/** When the watch began. */
	startRssBytes: number;
	/** The most at any moment of the watch. */
	peakRssBytes: number;
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null;
}

export function isNumberedOrder(message: unknown): message is NumberedOrder {
	return isRecord(message) && typeof message.number === 'number' && isRecord(message.order);
}

export function isNumberedAnswer(message: unknown): message is NumberedAnswer {
	return isRecord(message) && typeof message.number === 'number';
}

export function isExecutionEnd(value: unknown): value is ExecutionEnd {
	return isRecord(value) && typeof value.status === 'string' && typeof value.rowCount === 'number';
}

export function isProcessorUse(value: unknown): value is ProcessorUse {
	return isRecord(value) && typeof value.cpuMs === 'number';
}

export function isMemoryUse(value: unknown): value is MemoryUse {
	return isRecord(value) && typeof value.peakRssBytes === 'number';
}
