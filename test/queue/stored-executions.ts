/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { isTerminalExecutionStatus, ExecutionStatusList, type ExecutionStatus } from 'n8n-workflow';
import { setTimeout as delay } from 'node:timers/promises';

import { readText } from '../../tools/n8n/n8n-answers';
import type { SavedWorkflow } from '../../tools/n8n/n8n-api';
import type { DatabaseRow, PostgresServer } from './postgres-server';

/** An execution as n8n keeps it in its database: read there, so that main has no work with it. */
export interface StoredExecution {
	id: string;
	status: ExecutionStatus;
	/** What started it and what its nodes put out, in n8n's own notation. */
	data: string;
	createdAtMs: number;
	/** When its last stretch began; undefined while it is still in the queue. */
	startedAtMs: number | undefined;
	stoppedAtMs: number | undefined;
}

const CHECK_INTERVAL_MS = 500;

/** All executions of a workflow, oldest first. */
export async function storedExecutions(
	postgres: PostgresServer,
	{ id }: SavedWorkflow,
): Promise<StoredExecution[]> {
	const rows = await postgres.rows(
		`SELECT e.id, e.status, e."createdAt", e."startedAt", e."stoppedAt", d.data
		 FROM execution_entity e LEFT JOIN execution_data d ON d."executionId" = e.id
		 WHERE e."workflowId" = '${id}' ORDER BY e.id`,
	);
	return rows.map(readStoredExecution);
}

/** Ids of the executions by the prompt that each was started with, as far as n8n still knows it. */
export function executionIdsOf(
	executions: readonly StoredExecution[],
	prompts: readonly string[],
): Map<string, string> {
	return new Map(
		prompts.flatMap((prompt) => {
			const execution = executions.find(({ data }) => data.includes(JSON.stringify(prompt)));
			return execution === undefined ? [] : [[prompt, execution.id] as const];
		}),
	);
}

/**
 * Waits until that many executions of a workflow are as wished.
 * @returns all its executions
 * @throws Error when that takes too long; the message holds the number of each status
 */
export async function waitForExecutions(
	postgres: PostgresServer,
	workflow: SavedWorkflow,
	wished: { count: number; isReached: (status: ExecutionStatus) => boolean; timeoutMs: number },
): Promise<StoredExecution[]> {
	const deadlineMs = Date.now() + wished.timeoutMs;
	for (;;) {
		const statuses = await countByStatus(postgres, workflow);
		const reached = [...statuses].filter(([status]) => wished.isReached(status));
		const count = reached.reduce((sum, [, ofStatus]) => sum + ofStatus, 0);
		if (count >= wished.count) return await storedExecutions(postgres, workflow);
		if (Date.now() > deadlineMs) {
			throw new Error(
				`${count} of ${wished.count} executions in time: ${JSON.stringify([...statuses])}`,
			);
		}
		await delay(CHECK_INTERVAL_MS);
	}
}

/** {@link waitForExecutions} until they have ended, however. */
export async function waitForEnds(
	postgres: PostgresServer,
	workflow: SavedWorkflow,
	count: number,
	timeoutMs: number,
): Promise<StoredExecution[]> {
	const isReached = (status: ExecutionStatus) => isTerminalExecutionStatus(status);
	return await waitForExecutions(postgres, workflow, { count, isReached, timeoutMs });
}

async function countByStatus(
	postgres: PostgresServer,
	{ id }: SavedWorkflow,
): Promise<Map<ExecutionStatus, number>> {
	const rows = await postgres.rows(
		`SELECT status, count(*) FROM execution_entity WHERE "workflowId" = '${id}' GROUP BY status`,
	);
	return new Map(rows.map((row) => [readStatus(row), Number(row.count)]));
}

function readStoredExecution(row: DatabaseRow): StoredExecution {
	return {
		id: String(row.id),
		status: readStatus(row),
		data: typeof row.data === 'string' ? row.data : '',
		createdAtMs: readTimeMs(row.createdAt) ?? NaN,
		startedAtMs: readTimeMs(row.startedAt),
		stoppedAtMs: readTimeMs(row.stoppedAt),
	};
}

function readStatus(row: DatabaseRow): ExecutionStatus {
	const text = readText(row, 'status');
	const status = ExecutionStatusList.find((known) => known === text);
	if (status === undefined) throw new Error(`n8n's database knows a status "${text}"`);
	return status;
}

function readTimeMs(value: unknown): number | undefined {
	return typeof value === 'string' ? Date.parse(value) : undefined;
}
