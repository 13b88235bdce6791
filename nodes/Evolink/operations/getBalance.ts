import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties } from 'n8n-workflow';

import type { Balance } from '../evolink/client';
import { fieldsOfItem } from '../n8n/parameters';
import { repeatRequest } from '../time/retry';
import type { Execution, Operation } from './runItems';
import { SIMPLIFY_FIELD } from './waitOptions';

/** The fields of Account > Get Balance. */
export const GET_BALANCE_FIELDS: INodeProperties[] = updateDisplayOptions(
	{ show: { resource: ['account'], operation: ['getBalance'] } },
	[SIMPLIFY_FIELD],
);

const PATIENCE_MS = 60_000;

/**
 * Returns the balance, read once for all items of the execution.
 *
 * @throws EvolinkFailure when it cannot be read; Stopped when the execution is stopped
 */
export async function readBalance(execution: Execution): Promise<Balance> {
	const { client, clock } = execution;
	execution.balance ??= repeatRequest(
		async (remainingMs) => await client.readBalance(remainingMs),
		{ allowedMs: PATIENCE_MS },
		client.throttle,
		clock,
	);
	return await execution.balance;
}

/** Account > Get Balance: one request, one row for each item. */
export const getBalance: Operation = {
	async prepare(context, itemIndex, openAccount) {
		await openAccount();
		const isSimplified = fieldsOfItem(context, itemIndex).fields.yesOrNo('simplify', 'Simplify');
		return {
			start: async () => undefined,
			async run(execution) {
				const { raw, ...balance } = await readBalance(execution);
				return { json: isSimplified ? balance : raw };
			},
		};
	},
};
