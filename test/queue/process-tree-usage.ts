/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs beside n8n, never inside it */
import pidtree from 'pidtree';
import pidusage from 'pidusage';

const SAMPLE_INTERVAL_MS = 1_000;

/** What a server and its helpers have used in a span of time. */
export interface ProcessTreeUsage {
	/** Of all cores. */
	cpuSeconds: number;
	/** Resident memory at the start, all processes together. */
	startBytes: number;
	/** The most resident memory, all processes together, seen every second. */
	peakBytes: number;
}

/** Starts to measure the process and all its descendants; the returned function ends that and tells. */
export async function measureProcessTree(
	processId: number,
): Promise<() => Promise<ProcessTreeUsage>> {
	const start = await readTree(processId);
	let peakBytes = start.residentBytes;
	const sampling = setInterval(() => {
		void readTree(processId).then(({ residentBytes }) => {
			peakBytes = Math.max(peakBytes, residentBytes);
		});
	}, SAMPLE_INTERVAL_MS);
	return async () => {
		clearInterval(sampling);
		const end = await readTree(processId);
		return {
			cpuSeconds: end.cpuSeconds - start.cpuSeconds,
			startBytes: start.residentBytes,
			peakBytes: Math.max(peakBytes, end.residentBytes),
		};
	};
}

async function readTree(rootId: number): Promise<{ cpuSeconds: number; residentBytes: number }> {
	try {
		const usage = Object.values(await pidusage(await pidtree(rootId, { root: true })));
		return {
			cpuSeconds: usage.reduce((sum, { ctime }) => sum + ctime / 1000, 0),
			residentBytes: usage.reduce((sum, { memory }) => sum + memory, 0),
		};
	} catch {
		// One of them has ended between the two questions.
		return { cpuSeconds: 0, residentBytes: 0 };
	}
}
