import type { Response } from 'express';
import { apiErrorBody, fileApiErrorBody } from './api-errors';
import type { TaskMedia } from './media';
import type { FaultAction, FaultTarget } from './sandbox-interface';
import type { SandboxState } from './sandbox-state';

const TRICKLE_INTERVAL_MS = 100;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const HTML_PAGE = '<!doctype html><title>Sandbox fault</title><h1>Something is in the way</h1>\n';
// Cut off inside the id: exactly what a client must not take for a task.
const FRAGMENT_OF_AN_ANSWER = '{"created":1,"object":"video.generation.task","id":"task-unif';

/** Where and for what a fault is applied. */
export interface FaultSetting {
	on: FaultTarget;
	state: SandboxState;
	res: Response;
	/** The healthy JSON answer, when there is one already. */
	answer?: Record<string, unknown>;
	/** The healthy file, on `media`. */
	media?: TaskMedia;
}

/** Whether the task is to be created, or the file stored, before this fault strikes. */
export function strikesAfterAcceptance(fault: FaultAction): boolean {
	if (fault.kind === 'reset-after-acceptance') return true;
	return 'afterAcceptance' in fault && fault.afterAcceptance === true;
}

// Faulty answers end the response themselves: `res.json` would have them checked.
function endWith(res: Response, contentType: string, body: string | Buffer): void {
	res.setHeader('Content-Type', contentType);
	res.setHeader('Content-Length', Buffer.byteLength(body));
	res.end(body);
}

function answerStatus(
	fault: Extract<FaultAction, { kind: 'status' }>,
	{ on, res }: FaultSetting,
): void {
	res.status(fault.status);
	if (fault.retryAfter !== undefined) res.setHeader('Retry-After', String(fault.retryAfter));
	const { format = 'integer', message, code, type, param } = fault;
	const details = { message, code, type, param };
	if (fault.empty) {
		res.setHeader('Content-Length', 0);
		res.end();
	} else if (fault.html || on === 'media') {
		endWith(res, 'text/html; charset=utf-8', HTML_PAGE);
	} else if (on === 'upload') {
		const body = fileApiErrorBody(fault.status, details);
		endWith(res, 'application/json; charset=utf-8', JSON.stringify(body));
	} else if (on === 'credits' && fault.status < 300) {
		const body = { success: false, message: message ?? 'The account cannot be read' };
		endWith(res, 'application/json; charset=utf-8', JSON.stringify(body));
	} else {
		const body = apiErrorBody(fault.status, format, details);
		endWith(res, 'application/json; charset=utf-8', JSON.stringify(body));
	}
}

function filledIn(body: string, answer: Record<string, unknown> | undefined): string {
	if (answer === undefined) return body;
	return body
		.replaceAll('%answer%', () => JSON.stringify(answer))
		.replaceAll('%id%', () => String(answer.id));
}

function resetConnection(res: Response): void {
	// A reset packet, not an orderly end: the client sees ECONNRESET.
	res.socket?.resetAndDestroy();
}

/** Resolves true when the time is over, false when the client has gone before. */
async function waitWhileConnected(res: Response, seconds: number): Promise<boolean> {
	return await new Promise((resolve) => {
		const end = (isConnected: boolean) => {
			clearTimeout(timer);
			res.off('close', onClose);
			resolve(isConnected);
		};
		const onClose = () => end(false);
		const timer = setTimeout(() => end(true), Math.min(seconds * 1000, LONGEST_TIMER_MS));
		if (res.destroyed || res.closed) end(false);
		else res.once('close', onClose);
	});
}

function trickle({ on, res, media }: FaultSetting): void {
	const isMedia = on === 'media' && media !== undefined;
	res.setHeader('Content-Type', isMedia ? 'video/mp4' : 'application/json; charset=utf-8');
	if (isMedia) res.setHeader('Content-Length', media.sizeBytes);
	res.flushHeaders();
	let sentBytes = 0;
	const timer = setInterval(() => {
		if (isMedia && sentBytes + 1 >= media.sizeBytes) return;
		// White space before a JSON text is legal, so that a reader keeps waiting for the rest.
		res.write(isMedia ? Buffer.concat([...media.chunks(sentBytes, sentBytes + 1)]) : ' ');
		sentBytes += 1;
	}, TRICKLE_INTERVAL_MS);
	res.once('close', () => clearInterval(timer));
}

/**
 * Does to the response what the fault says.
 *
 * @returns true when the response is dealt with (answered, cut off or left open for ever); false
 * when the route shall go on as usual, which only a stall with an end does
 */
export async function answerWithFault(fault: FaultAction, setting: FaultSetting): Promise<boolean> {
	const { res, answer } = setting;
	switch (fault.kind) {
		case 'status':
			answerStatus(fault, setting);
			return true;
		case 'reset-before-acceptance':
		case 'reset-after-acceptance':
			resetConnection(res);
			return true;
		case 'stall':
			if (fault.seconds === undefined) return true;
			return !(await waitWhileConnected(res, fault.seconds));
		case 'trickle':
			trickle(setting);
			return true;
		case 'html':
			res.status(fault.status ?? 200);
			endWith(res, 'text/html; charset=utf-8', HTML_PAGE);
			return true;
		case 'empty':
			res.setHeader('Content-Length', 0);
			res.end();
			return true;
		case 'truncated-json': {
			const whole = answer === undefined ? undefined : JSON.stringify(answer);
			const fragment = whole?.slice(0, Math.floor(whole.length / 2)) ?? FRAGMENT_OF_AN_ANSWER;
			endWith(res, 'application/json; charset=utf-8', fragment);
			return true;
		}
		case 'garbage':
			res.status(fault.status ?? 200);
			endWith(
				res,
				fault.contentType ?? 'application/json; charset=utf-8',
				typeof fault.body === 'string' ? filledIn(fault.body, answer) : fault.body,
			);
			return true;
		case 'redirect':
			res.status(fault.status ?? 302);
			res.setHeader('Location', fault.location);
			res.setHeader('Content-Length', 0);
			res.end();
			return true;
		case 'truncated-media':
		case 'stalled-media':
			// Nothing to send the beginning of: the route says that there is no such file.
			return false;
	}
}
