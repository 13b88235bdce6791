import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response, Router } from 'express';
import { answerWithFault } from './fault-answers';
import { TaskMedia } from './media';
import type { FaultAction } from './sandbox-interface';
import type { SandboxState } from './sandbox-state';
import { mediaPathOf, RESULT_LIFETIME_MS, stateOf, type SandboxTask } from './tasks';

function sendGone(res: Response): void {
	// Storage hosts answer in HTML, not in the API's error form.
	res.status(404).type('html').send('<!doctype html><title>404</title><p>No such file.</p>\n');
}

async function sendPieces(media: TaskMedia, sizeBytes: number, res: Response): Promise<void> {
	try {
		await pipeline(Readable.from(media.chunks(0, sizeBytes), { objectMode: false }), res);
	} catch {
		// The client went away: nobody is left who could be told.
	}
}

function setMediaType(media: TaskMedia, res: Response): void {
	if (media.mimeType !== '') res.setHeader('Content-Type', media.mimeType);
}

async function sendWhole(media: TaskMedia, res: Response): Promise<void> {
	setMediaType(media, res);
	if (!media.overrides.withoutContentLength) res.setHeader('Content-Length', media.sizeBytes);
	await sendPieces(media, media.sizeBytes, res);
}

/** Sends only the beginning, then ends the connection, falls silent or pretends to be complete. */
async function sendBeginning(
	media: TaskMedia,
	fault: Extract<FaultAction, { kind: 'truncated-media' | 'stalled-media' }>,
	res: Response,
): Promise<void> {
	const sentBytes = Math.min(media.sizeBytes, fault.bytes ?? Math.floor(media.sizeBytes / 2));
	setMediaType(media, res);
	if (fault.kind === 'truncated-media' && fault.honest) {
		res.setHeader('Content-Length', sentBytes);
		await sendPieces(media, sentBytes, res);
		return;
	}
	res.setHeader('Content-Length', media.sizeBytes);
	res.flushHeaders();
	const isGone = new Promise<boolean>((resolve) => {
		res.once('close', () => resolve(true));
	});
	for (const chunk of media.chunks(0, sentBytes)) {
		// Waiting for each piece to leave makes sure that the client has got what was promised.
		const hasFailed = new Promise<boolean>((resolve) => {
			res.write(chunk, (error) => resolve(Boolean(error)));
		});
		if (await Promise.race([isGone, hasFailed])) return;
	}
	if (fault.kind === 'truncated-media') res.socket?.destroySoon();
}

function findServedTask(state: SandboxState, req: Request): SandboxTask | undefined {
	const { taskId } = req.params;
	const task = typeof taskId === 'string' ? state.tasks.find(taskId) : undefined;
	if (task === undefined || mediaPathOf(task) !== req.path) return undefined;
	const now = state.nowMs();
	const isThere = stateOf(task, now).status === 'completed';
	return isThere && now < task.createdAtMs + RESULT_LIFETIME_MS ? task : undefined;
}

/** The result links: no key is needed there, and none may be sent. */
export function addMediaRoutes(router: Router, state: SandboxState): void {
	router.get('/media/:taskId/:name', async (req, res) => {
		const task = findServedTask(state, req);
		const record = state.recordOf(res);
		if (task !== undefined) record.taskId = task.taskId;
		const subject = { taskId: task?.taskId, prompt: task?.order.prompt };
		const fault = state.faults.take('media', subject);
		if (fault !== undefined) record.fault = fault.kind;
		if (task === undefined) {
			if (fault === undefined || !(await answerWithFault(fault, { on: 'media', state, res }))) {
				sendGone(res);
			}
			return;
		}
		const media = new TaskMedia(task);
		if (fault?.kind === 'truncated-media' || fault?.kind === 'stalled-media') {
			await sendBeginning(media, fault, res);
			return;
		}
		if (fault !== undefined && (await answerWithFault(fault, { on: 'media', state, res, media }))) {
			return;
		}
		await sendWhole(media, res);
	});
}
