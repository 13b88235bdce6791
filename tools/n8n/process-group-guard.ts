/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-dangerous-functions -- runs beside n8n, never inside it */
import { spawn } from 'node:child_process';
import path from 'node:path';

const GUARD_SCRIPT = path.join(__dirname, 'orphan-guard.js');

/** Watches over a process group. */
export interface ProcessGroupGuard {
	/** The processes have ended in order: nothing is left to guard. */
	release(): void;
}

/**
 * Sees to it that a process group ends with this process, however this process ends: also by SIGKILL,
 * when it can do nothing any more. Waiting for that is the job of a small process of its own.
 *
 * @param groupId id of the group's first process, which was started as `detached`
 * @param folder removed after the processes have been ended that way
 */
export function guardProcessGroup(groupId: number, folder?: string): ProcessGroupGuard {
	const guard = spawn(
		process.execPath,
		[GUARD_SCRIPT, String(groupId), ...(folder === undefined ? [] : [folder])],
		{ stdio: ['pipe', 'ignore', 'ignore'], detached: true },
	);
	// It must not keep this process alive.
	guard.unref();
	return { release: () => void guard.kill('SIGKILL') };
}
