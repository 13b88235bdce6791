/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readdir, readFile } from 'node:fs/promises';

import { readResidentMemory } from '../../benchmarks/resident-memory';

/** Linux counts the time of processes in these, on every machine that n8n runs on. */
const CLOCK_TICKS_PER_SECOND = 100;
const SAMPLE_INTERVAL_MS = 1_000;

/** What a server and its helpers have used in a span of time. */
export interface ProcessTreeUsage {
	/** Of all cores. */
	cpuSeconds: number;
	/** Resident memory at the start, all processes together. */
	startBytes: number;
	/** The most resident memory, all processes together, looked at every second. */
	peakBytes: number;
}

interface ProcessStat {
	processId: number;
	parentId: number;
	/** Its own time and that of its children that have ended. */
	cpuSeconds: number;
}

/**
 * Starts to measure the process and all its descendants; the returned function ends that and tells.
 * Linux only.
 */
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
	const all = await readAllProcesses();
	const members = new Set([rootId]);
	let sizeBefore: number;
	do {
		sizeBefore = members.size;
		for (const { processId, parentId } of all) {
			if (members.has(parentId)) members.add(processId);
		}
	} while (members.size > sizeBefore);
	const tree = all.filter(({ processId }) => members.has(processId));
	const resident = await Promise.all(tree.map(async (one) => await residentBytes(one.processId)));
	return {
		cpuSeconds: tree.reduce((sum, one) => sum + one.cpuSeconds, 0),
		residentBytes: resident.reduce((sum, bytes) => sum + bytes, 0),
	};
}

async function readAllProcesses(): Promise<ProcessStat[]> {
	const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
	const stats = await Promise.all(
		ids.map(async (id) => {
			try {
				return [processStatIn(await readFile(`/proc/${id}/stat`, 'utf8'))];
			} catch {
				// It has ended since it was listed.
				return [];
			}
		}),
	);
	return stats.flat();
}

/** Reads the line that Linux gives about a process in /proc/PID/stat (see proc(5)). */
function processStatIn(line: string): ProcessStat {
	// The name, in brackets, may hold anything: the fields are counted from its end.
	const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
	const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
	return {
		processId: Number(line.slice(0, line.indexOf(' '))),
		parentId: Number(fields[1]),
		cpuSeconds: ticks / CLOCK_TICKS_PER_SECOND,
	};
}

async function residentBytes(processId: number): Promise<number> {
	try {
		return (await readResidentMemory(processId)).currentBytes;
	} catch {
		// It has ended since it was listed.
		return 0;
	}
}
