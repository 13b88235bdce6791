/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { INodeExecutionData } from 'n8n-workflow';

import type { RecordedRequest, Sandbox } from '../../sandbox';
import { PICTURE_LINK, useEvolink } from '../engine/evolink-workflow';
import { imageBytes } from '../engine/image-bytes';
import { IS_FULL } from '../random';
import { eachFaultOnce, FAULTY_PERCENT, faultsByChance, rateLimitForAll } from './passing-faults';

const VIDEO_COUNT = 500;
const MAX_CONCURRENT = 50;
const GENERATION_SECONDS = 0.5;
const NODE_TIMEOUT_SECONDS = 3600;
const TEST_TIMEOUT_MS = 20 * 60_000;
const PICTURE_SIDE_PX = 400;

/** Short enough for the submissions' repetitions, which are counted. */
const STORM_MS = 4_000;
/** When a storm begins, by the share of videos submitted so far, and what its answers ask for. */
const STORMS: ReadonlyArray<{
	afterShare: number;
	retryAfter: () => string | number | undefined;
}> = [
	{ afterShare: 0.12, retryAfter: () => undefined },
	{ afterShare: 0.32, retryAfter: () => 1 },
	{ afterShare: 0.52, retryAfter: () => 3 },
	{ afterShare: 0.72, retryAfter: () => new Date(Date.now() + STORM_MS).toUTCString() },
	{ afterShare: 0.92, retryAfter: () => undefined },
];

/**
 * Submissions start 100 ms apart. They do not take equally long to arrive, so that two more can
 * arrive within one second.
 */
const MOST_SUBMISSIONS_IN_A_SECOND = 12;

const evolink = useEvolink({ generationSeconds: GENERATION_SECONDS });

function sha256(bytes: Buffer): string {
	return createHash('sha256').update(bytes).digest('hex');
}

/** One item and the hash of the picture that it must be made of; undefined for a link. */
interface SoakItem {
	item: INodeExecutionData;
	pictureSha256?: string;
}

const promptOf = (index: number) => `(video ${index})`;

/** A fifth has pictures of their own, among them the very first; a fifth shares one; the rest, links. */
async function soakItems(): Promise<SoakItem[]> {
	const sharedBytes = imageBytes('png', PICTURE_SIDE_PX, PICTURE_SIDE_PX, 5_000);
	const shared = await evolink.engine.storeBinary(sharedBytes, 'shared.png', 'image/png');
	const items: SoakItem[] = [];
	while (items.length < VIDEO_COUNT) {
		const index = items.length;
		const json = { prompt: promptOf(index), imageSource: index % 5 < 2 ? 'binary' : 'url' };
		if (json.imageSource === 'url') {
			items.push({ item: { json } });
		} else if (index % 5 === 1 && index > 5) {
			items.push({ item: { json, binary: { data: shared } }, pictureSha256: sha256(sharedBytes) });
		} else {
			const bytes = imageBytes('png', PICTURE_SIDE_PX, PICTURE_SIDE_PX, 5_001 + index);
			const own = await evolink.engine.storeBinary(bytes, `${index}.png`, 'image/png');
			items.push({ item: { json, binary: { data: own } }, pictureSha256: sha256(bytes) });
		}
	}
	return items;
}

/** Lets the storms come; resolves after the last, or when the execution has ended. */
async function brewStorms(sandbox: Sandbox, hasEnded: () => boolean): Promise<number> {
	let stormCount = 0;
	for (const { afterShare, retryAfter } of STORMS) {
		while (sandbox.bill.length < afterShare * VIDEO_COUNT) {
			if (hasEnded()) return stormCount;
			await sleep(100);
		}
		sandbox.clearFaults();
		for (const fault of rateLimitForAll(retryAfter())) sandbox.addFault(fault);
		await sleep(STORM_MS);
		sandbox.clearFaults();
		stormCount++;
		for (const fault of faultsByChance(1_000 * stormCount)) sandbox.addFault(fault);
	}
	return stormCount;
}

/** The largest number of requests that arrived within any 1000 ms. */
function mostArrivalsInASecond(requests: readonly RecordedRequest[]): number {
	const arrivals = requests.map(({ receivedAtMs }) => receivedAtMs).sort((a, b) => a - b);
	const countFrom = (fromMs: number) =>
		arrivals.filter((atMs) => atMs >= fromMs && atMs < fromMs + 1_000).length;
	return Math.max(...arrivals.map(countFrom));
}

function countBy(requests: readonly RecordedRequest[]): string {
	const counts = new Map<string, number>();
	for (const { fault } of requests) {
		if (fault !== undefined) counts.set(fault, (counts.get(fault) ?? 0) + 1);
	}
	return [...counts].map(([fault, count]) => `${count} ${fault}`).join(', ');
}

it(
	`${VIDEO_COUNT} videos are delivered whole, in order and each paid for once, though ${FAULTY_PERCENT} % of all goes wrong`,
	async () => {
		const { sandbox } = evolink;
		const items = await soakItems();
		const certainFaults = eachFaultOnce(IS_FULL);
		for (const fault of [...certainFaults, ...faultsByChance(1)]) sandbox.addFault(fault);

		const startedMs = performance.now();
		let hasEnded = false;
		const [{ rows, error }, stormCount] = await Promise.all([
			evolink
				.run({
					parameters: {
						imageSource: '={{ $json.imageSource }}',
						imageUrl: PICTURE_LINK,
						prompt: '={{ $json.prompt }}',
						options: { maxConcurrent: MAX_CONCURRENT, timeout: NODE_TIMEOUT_SECONDS },
					},
					items: items.map(({ item }) => item),
				})
				.finally(() => {
					hasEnded = true;
				}),
			brewStorms(sandbox, () => hasEnded),
		]);
		const seconds = (performance.now() - startedMs) / 1000;

		const faulty = sandbox.requests.filter(({ fault }) => fault !== undefined);
		const mostArrivals = mostArrivalsInASecond(sandbox.requestsOf('submit'));
		process.stdout.write(
			`soak: ${rows.length} videos in ${seconds.toFixed(0)} s, ${sandbox.requests.length} requests, ` +
				`${faulty.length} of them faulty (${countBy(faulty)}), ${stormCount} storms, ` +
				`at most ${mostArrivals} submissions in a second\n`,
		);

		expect(error).toBeUndefined();
		expect(rows.map(({ json }) => json.prompt)).toEqual(items.map((_, index) => promptOf(index)));
		expect(rows.map(({ pairedItem }) => pairedItem)).toEqual(items.map((_, item) => ({ item })));

		expect(sandbox.bill).toHaveLength(VIDEO_COUNT);
		expect(new Set(sandbox.bill.map(({ prompt }) => prompt)).size).toBe(VIDEO_COUNT);
		const paid = new Map(sandbox.bill.map((entry) => [entry.prompt, entry]));
		const uploadedSha256 = new Map(
			sandbox.requests.map(({ upload }) => [upload?.fileUrl, upload?.sha256]),
		);
		for (const [index, { json, binary }] of rows.entries()) {
			const entry = paid.get(promptOf(index));
			expect(json.taskId).toBe(entry?.taskId);
			const bytes = await evolink.engine.readBinary(binary!.data);
			expect(sha256(bytes)).toBe(sandbox.mediaOf(String(json.taskId)).sha256);

			const { pictureSha256 } = items[index];
			if (pictureSha256 === undefined) expect(entry?.imageUrl).toBe(PICTURE_LINK);
			else expect(uploadedSha256.get(entry?.imageUrl ?? undefined)).toBe(pictureSha256);
		}
		expect(sandbox.violations).toEqual([]);

		expect(stormCount).toBe(STORMS.length);
		for (const kind of ['read', 'upload', 'media'] as const) {
			const all = sandbox.requestsOf(kind);
			const faultyShare = all.filter(({ fault }) => fault !== undefined).length / all.length;
			expect(faultyShare).toBeGreaterThan(FAULTY_PERCENT / 100);
			const certain = certainFaults.filter(({ on }) => on === kind).map(({ fault }) => fault.kind);
			expect(new Set(all.map(({ fault }) => fault))).toEqual(new Set([undefined, ...certain]));
		}
		expect(mostArrivals).toBeLessThanOrEqual(MOST_SUBMISSIONS_IN_A_SECOND);
	},
	TEST_TIMEOUT_MS,
);
