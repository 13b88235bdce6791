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

/** Credits for each second of all other videos. Invented as well. */
export const SANDBOX_PRICES_PER_SECOND: Readonly<Record<string, number>> = {
	'360p': 1,
	'480p': 2,
	'720p': 3,
	'768p': 3.4,
	'1080p': 6,
	'2k': 8,
	'4k': 12,
};
// What the service is documented to reserve where the model decides the length.
const UNDECIDED_SECONDS = 30;

/** The price of one task. @throws Error for a quality that no model offers. */
export function priceOf(quality: string, durationSeconds: number): number {
	const listed = SANDBOX_PRICES[quality]?.[durationSeconds];
	if (listed !== undefined) return listed;
	const perSecond = SANDBOX_PRICES_PER_SECOND[quality];
	if (perSecond === undefined) throw new Error(`No price for ${quality}`);
	return Math.round(perSecond * (durationSeconds > 0 ? durationSeconds : UNDECIDED_SECONDS));
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
