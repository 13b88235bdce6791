import type { INodeProperties } from 'n8n-workflow';

import { EvolinkFailure, inputFailure } from '../evolink/failure';
import type { Fields } from '../n8n/parameters';
import { readBalance } from './getBalance';
import type { Execution, OpenAccount } from './runItems';

/** The options that limit what the node spends. */
export const LIMIT_FIELDS: readonly INodeProperties[] = [
	{
		displayName: 'Max Videos per Execution',
		name: 'maxVideos',
		type: 'number',
		typeOptions: { minValue: 1, numberPrecision: 0 },
		default: 10,
		description:
			"The most videos this node may start in one execution, loops, agent calls and retries included, since more videos cost more. A run that would exceed it starts nothing. The first item's value applies to all items.",
	},
	{
		displayName: 'Stop If Balance Below',
		name: 'minBalance',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 100,
		description:
			"Start nothing if the account or the API key has fewer credits left. The first item's value applies to all items.",
	},
];

/** What a user allows the node to spend. */
interface SpendingLimits {
	/** Infinity: no limit. */
	maxVideos: number;
	/** In credits; undefined: the balance does not matter. */
	minBalance: number | undefined;
}

/**
 * Reads the limits out of an item's options.
 *
 * @throws EvolinkFailure that names the field
 */
export function readLimits(options: Fields): SpendingLimits {
	const isSet = (name: string) => options.value(name) !== undefined;
	const maxVideos = isSet('maxVideos')
		? options.number('maxVideos', 'Max Videos per Execution', { min: 1, integer: true })
		: Number.POSITIVE_INFINITY;
	const minBalance = isSet('minBalance')
		? options.number('minBalance', 'Stop If Balance Below', { min: 0 })
		: undefined;
	return { maxVideos, minBalance };
}

/**
 * Checks that so many more videos may be started.
 *
 * @throws EvolinkFailure with the figures
 */
export function checkMaxVideos(
	newCount: number,
	{ firstOptions, paidTasks: { videosStarted } }: Execution,
): void {
	const { maxVideos } = readLimits(firstOptions);
	if (videosStarted + newCount <= maxVideos) return;
	const more = videosStarted === 0 ? '' : 'more ';
	const videos = `${newCount} ${more}${newCount === 1 ? 'video' : 'videos'}`;
	const before = videosStarted === 0 ? '' : ` after ${videosStarted}`;
	throw inputFailure(
		`'Max Videos per Execution' is ${maxVideos}, but this would start ${videos}${before}`,
		"None of them was started. Pass fewer items to this node, or raise 'Max Videos per Execution' in its options.",
	);
}

/**
 * Checks that the account and the key have as many credits left as the user wants to keep.
 *
 * @throws EvolinkFailure with the figures, or when the balance cannot be read
 */
export async function checkMinBalance(account: OpenAccount, execution: Execution): Promise<void> {
	const { minBalance } = readLimits(execution.firstOptions);
	if (minBalance === undefined) return;
	const { remainingCredits, keyRemainingCredits, keyIsUnlimited } = await readBalance(
		account,
		execution,
	).catch((error: unknown) => {
		throw unknownBalance(error);
	});
	const keyCredits = keyIsUnlimited ? null : keyRemainingCredits;
	const [owner, credits, nextStep] =
		keyCredits === null || remainingCredits < minBalance
			? ['Evolink account', remainingCredits, 'Top up the account']
			: ['API key', keyCredits, "Raise the key's limit"];
	if (credits >= minBalance) return;
	throw inputFailure(
		`The ${owner} has ${credits} credits left, but 'Stop If Balance Below' is ${minBalance}`,
		`Nothing new was started. ${nextStep}, or lower 'Stop If Balance Below' in the options, then run the workflow again.`,
	);
}

function unknownBalance(error: unknown): unknown {
	if (!(error instanceof EvolinkFailure)) return error;
	const { message, description } = error.details;
	return inputFailure(
		`Nothing new was started, because the balance could not be read: ${message}`,
		description,
	);
}
