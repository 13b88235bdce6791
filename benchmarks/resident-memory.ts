/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { readFile, writeFile } from 'node:fs/promises';

/** Memory of a process that is not swapped out, in bytes. */
export interface ResidentMemory {
	currentBytes: number;
	/** The highest since the process began, or since {@link forgetPeak}. */
	peakBytes: number;
}

/** Only Linux tells the peak of another process, exactly and without being asked all the time. */
export const CAN_READ_RESIDENT_MEMORY = process.platform === 'linux';

/** What resets the peak of resident memory, in the words of Linux (see proc(5), clear_refs). */
const RESET_PEAK = '5';
const BYTES_PER_KIBIBYTE = 1024;

/** @throws Error when there is no such process */
export async function readResidentMemory(processId: number): Promise<ResidentMemory> {
	return residentMemoryIn(await readFile(`/proc/${processId}/status`, 'utf8'));
}

/** From now on the peak of the process is its highest from now on. */
export async function forgetPeak(processId: number): Promise<void> {
	await writeFile(`/proc/${processId}/clear_refs`, RESET_PEAK);
}

/**
 * Reads the text that Linux gives about a process in /proc/PID/status.
 * @throws Error when it says nothing about memory
 */
export function residentMemoryIn(status: string): ResidentMemory {
	return { currentBytes: bytesOf(status, 'VmRSS'), peakBytes: bytesOf(status, 'VmHWM') };
}

function bytesOf(status: string, name: string): number {
	const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
	if (kibibytes === undefined) throw new Error(`The process status says nothing of ${name}`);
	return Number(kibibytes) * BYTES_PER_KIBIBYTE;
}
