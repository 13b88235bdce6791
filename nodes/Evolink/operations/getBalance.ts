import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties } from 'n8n-workflow';

import type { Balance } from '../evolink/client';
import { fieldsOfItem } from '../n8n/parameters';
import type { Clock } from '../time/clock';
import { repeatOrThrow } from '../time/repeat';
import type { Execution, OpenAccount, Operation } from './runItems';
import { SIMPLIFY_FIELD } from './waitOptions';

/** The fields of Account > Get Balance. */
export const GET_BALANCE_FIELDS: INodeProperties[] = updateDisplayOptions(
	{ show: { resource: ['account'], operation: ['getBalance'] } },
	[SIMPLIFY_FIELD],
);

const PATIENCE_MS = 60_000;

/**
 * Returns the balance of an account, read once for all its items.
 *
 * @throws EvolinkFailure when it cannot be read; Stopped when the execution is stopped
 */
export async function readBalance(account: OpenAccount, { clock }: Execution): Promise<Balance> {
	account.balance ??= readUntil(account, clock);
	return await account.balance;
}

async function readUntil({ client }: OpenAccount, clock: Clock): Promise<Balance> {
	return await repeatOrThrow(
		async (allowedMs) => await client.readBalance(allowedMs),
		{ deadlineMs: clock.nowMs() + PATIENCE_MS, quietMs: () => client.throttle.quietMs() },
		clock,
	);
}

/** Account > Get Balance: one request for each account, one row for each item. */
export const getBalance: Operation = {
	async prepare(execution, itemIndex) {
		const account = await execution.openAccount(itemIndex);
		const { fields } = fieldsOfItem(execution.context, itemIndex);
		const isSimplified = fields.yesOrNo('simplify', 'Simplify');
		return {
			async run() {
				const { raw, ...balance } = await readBalance(account, execution);
				return { json: isSimplified ? balance : raw };
			},
		};
	},
};
