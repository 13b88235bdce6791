/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error -- runs beside n8n, never inside it */
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

const HEARTBEAT_MS = 5_000;
const CHECK_INTERVAL_MS = 1_000;
/** A holder that has not touched its lock for so long is gone, whatever its machine or its id. */
const STALE_AFTER_MS = 60_000;

interface LockHolder {
	host: string;
	processId: number;
	/** Tells two holders apart that had the same process id one after the other. */
	token: string;
}

/** A lock that is held; it stays fresh until it is released. */
export interface InstallLock {
	release(): Promise<void>;
}

/**
 * Takes the lock, waiting as long as another running process holds it. A lock whose holder has ended
 * without releasing it is taken over.
 *
 * It only saves double work. Two processes that take over the same stale lock in the same instant
 * may both go on, so what they do under it must be safe all the same.
 *
 * @param onWait called once, with the holder's process id, when there is something to wait for
 * @throws Error when the lock file cannot be written
 */
export async function takeInstallLock(
	lockFile: string,
	onWait: (processId: number) => void,
): Promise<InstallLock> {
	const own: LockHolder = { host: hostname(), processId: process.pid, token: randomUUID() };
	const ownFile = `${lockFile}.${own.token}`;
	await writeFile(ownFile, JSON.stringify(own));
	let hasWaited = false;
	try {
		// link fails if the name is taken, and the file is complete from the moment it has the name.
		while (!(await linkUnlessTaken(ownFile, lockFile))) {
			const holder = await readLiveHolder(lockFile);
			if (holder === undefined) {
				await moveAway(lockFile, `${ownFile}.stale`);
				continue;
			}
			if (!hasWaited) onWait(holder.processId);
			hasWaited = true;
			await delay(CHECK_INTERVAL_MS);
		}
	} finally {
		await rm(ownFile, { force: true });
	}

	const heartbeat = setInterval(() => {
		const now = new Date();
		// A lock that was taken over is no longer ours to keep alive; the work under it stays safe.
		utimes(lockFile, now, now).catch(() => clearInterval(heartbeat));
	}, HEARTBEAT_MS);
	heartbeat.unref();

	return {
		async release() {
			clearInterval(heartbeat);
			const holder = await readHolder(lockFile);
			if (holder?.token === own.token) await rm(lockFile, { force: true });
		},
	};
}

async function linkUnlessTaken(existing: string, wanted: string): Promise<boolean> {
	try {
		await link(existing, wanted);
		return true;
	} catch (error) {
		if (isErrorWithCode(error, 'EEXIST')) return false;
		throw error;
	}
}

async function moveAway(lockFile: string, target: string): Promise<void> {
	try {
		await rename(lockFile, target);
		await rm(target, { force: true });
	} catch (error) {
		// Another process was faster.
		if (!isErrorWithCode(error, 'ENOENT')) throw error;
	}
}

/** The holder of the lock, or undefined when nobody is behind it any more. */
async function readLiveHolder(lockFile: string): Promise<LockHolder | undefined> {
	const holder = await readHolder(lockFile);
	if (holder === undefined) return undefined;
	if (holder.host === hostname() && !isRunning(holder.processId)) return undefined;
	try {
		const { mtimeMs } = await stat(lockFile);
		return Date.now() - mtimeMs < STALE_AFTER_MS ? holder : undefined;
	} catch (error) {
		if (isErrorWithCode(error, 'ENOENT')) return undefined;
		throw error;
	}
}

async function readHolder(lockFile: string): Promise<LockHolder | undefined> {
	try {
		const content: unknown = JSON.parse(await readFile(lockFile, 'utf8'));
		return isLockHolder(content) ? content : undefined;
	} catch (error) {
		if (isErrorWithCode(error, 'ENOENT') || error instanceof SyntaxError) return undefined;
		throw error;
	}
}

function isLockHolder(value: unknown): value is LockHolder {
	return (
		typeof value === 'object' &&
		value !== null &&
		'host' in value &&
		typeof value.host === 'string' &&
		'processId' in value &&
		typeof value.processId === 'number' &&
		'token' in value &&
		typeof value.token === 'string'
	);
}

function isRunning(processId: number): boolean {
	try {
		process.kill(processId, 0);
		return true;
	} catch (error) {
		// EPERM: it runs, as somebody else's.
		return isErrorWithCode(error, 'EPERM');
	}
}

function isErrorWithCode(error: unknown, code: string): boolean {
	return error instanceof Error && 'code' in error && error.code === code;
}
