import { ApiError } from './api-errors';
import type { BillEntry } from './sandbox-interface';

/**
 * Credits for one task, by quality and duration in seconds. Invented for the sandbox so that its
 * bill has something to add up: these are NOT Evolink's prices.
 */
export const SANDBOX_PRICES: Readonly<Record<string, Readonly<Record<number, number>>>> = {
	'512p': { 6: 12, 10: 20 },
	'768p': { 6: 20, 10: 35 },
	'1080p': { 6: 40 },
};

/** The price of one task. @throws Error for a combination that the model does not offer. */
export function priceOf(quality: string, durationSeconds: number): number {
	const credits = SANDBOX_PRICES[quality]?.[durationSeconds];
	if (credits === undefined) throw new Error(`No price for ${quality} with ${durationSeconds} s`);
	return credits;
}

/** Who pays for what: one row for each accepted task. */
export class Bill {
	private readonly rows: BillEntry[] = [];
	private used = 0;

	constructor(private readonly startCredits: number) {}

	get entries(): readonly BillEntry[] {
		return this.rows;
	}

	get usedCredits(): number {
		return this.used;
	}

	get remainingCredits(): number {
		return this.startCredits - this.usedCredits;
	}

	/** @throws ApiError 402 when the account cannot pay for it. */
	requireCredits(credits: number): void {
		if (credits > this.remainingCredits) throw new ApiError(402);
	}

	charge(entry: BillEntry): void {
		this.rows.push(entry);
		this.used += entry.credits;
	}

	clear(): void {
		this.rows.length = 0;
		this.used = 0;
	}
}
