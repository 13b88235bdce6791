import type { Router } from 'express';
import { ApiError } from './api-errors';
import { priceOf } from './bill';
import { DOCUMENTED_MODELS, type ImageLimits } from './documented-models';
import { answerWithFault, strikesAfterAcceptance } from './fault-answers';
import { readOrder } from './order-check';
import type { SandboxState } from './sandbox-state';
import { planFromPrompt } from './task-plans';
import {
	hasOddAnswers,
	readAnswer,
	stateOf,
	submissionAnswer,
	type SandboxTask,
	type TaskOrder,
} from './tasks';

const BYTES_PER_MEGABYTE = 1024 * 1024;
const ANY_IMAGE: ImageLimits = { megabytes: Infinity, takesWebp: true };

/** Whether an image is one of the sandbox's own links that cannot be made into a video. */
function hasUnusableUpload(
	state: SandboxState,
	imageUrl: string | null,
	{ megabytes, takesWebp }: ImageLimits,
): boolean {
	if (imageUrl === null) return false;
	const { origin, hostname, port, protocol, pathname } = new URL(imageUrl);
	const own = new URL(state.url());
	const isOwn =
		origin === own.origin ||
		(protocol === own.protocol && hostname === 'localhost' && port === own.port);
	if (!isOwn) return false;
	const upload = state.uploads.findByPath(pathname);
	if (upload === undefined || upload.sizeBytes > megabytes * BYTES_PER_MEGABYTE) return true;
	// GIF can be uploaded, but no model takes it.
	return upload.mimeType === 'image/gif' || (upload.mimeType === 'image/webp' && !takesWebp);
}

interface AcceptedSubmission {
	bodyText: string;
	task: SandboxTask;
}

/** Videos, tasks and credits. */
export function addApiRoutes(
	router: Router,
	state: SandboxState,
	submissionsByKey: Map<string, AcceptedSubmission>,
): void {
	const accept = (order: TaskOrder): SandboxTask => {
		const credits = priceOf(order.quality, order.durationSeconds);
		const limits = DOCUMENTED_MODELS.get(order.model)?.images ?? ANY_IMAGE;
		state.bill.requireCredits(credits);
		const isRunning = (task: SandboxTask) =>
			['pending', 'processing'].includes(stateOf(task, state.nowMs()).status);
		if (state.tasks.all().filter(isRunning).length >= state.mostRunningTasks) {
			throw new ApiError(429, { message: 'This account runs as many tasks as it may' });
		}
		const images = [order.imageUrl, order.lastImageUrl];
		const imagePlan = images.some((imageUrl) => hasUnusableUpload(state, imageUrl, limits))
			? { outcome: { status: 'failed', code: 'image_processing_error' } }
			: {};
		const task = state.tasks.create(order, {
			...imagePlan,
			...planFromPrompt(order.prompt),
			...state.plans.take(order.prompt),
		});
		state.bill.charge({
			taskId: task.taskId,
			model: order.model,
			quality: order.quality,
			durationSeconds: order.durationSeconds,
			credits,
			prompt: order.prompt,
			imageUrl: order.imageUrl,
			lastImageUrl: order.lastImageUrl,
			idempotencyKey: order.idempotencyKey,
			chargedAt: new Date(task.createdAtMs).toISOString(),
		});
		return task;
	};

	router.post('/v1/videos/generations', async (req, res) => {
		const record = state.recordOf(res);
		const key = req.get('idempotency-key');
		const order = readOrder(req.body, key, (field) =>
			state.log.addViolation(record, `the body field ${field} does not exist`),
		);
		const fault = state.faults.take('submit', order);
		if (fault !== undefined) record.fault = fault.kind;
		const strikesLate = fault !== undefined && strikesAfterAcceptance(fault);
		if (fault !== undefined && !strikesLate) {
			if (await answerWithFault(fault, { on: 'submit', state, res })) return;
		}

		const bodyText = JSON.stringify(record.body);
		const known =
			state.honorIdempotencyKey && key !== undefined ? submissionsByKey.get(key) : undefined;
		if (known !== undefined && known.bodyText !== bodyText) {
			const message = 'This Idempotency-Key belongs to a request with another body';
			throw new ApiError(400, { message, param: 'Idempotency-Key' });
		}
		const task = known?.task ?? accept(order);
		record.taskId = task.taskId;
		if (known !== undefined) res.setHeader('idempotency-replayed', 'true');
		else if (key !== undefined) submissionsByKey.set(key, { bodyText, task });

		const answer = submissionAnswer(task);
		if (fault !== undefined && strikesLate) {
			if (await answerWithFault(fault, { on: 'submit', state, res, answer })) return;
		}
		res.json(answer);
	});

	router.get('/v1/tasks/:taskId', async (req, res) => {
		const record = state.recordOf(res);
		const { taskId } = req.params;
		record.taskId = taskId;
		const task = state.tasks.find(taskId);
		const fault = state.faults.take('read', { taskId, prompt: task?.order.prompt });
		if (fault !== undefined) {
			record.fault = fault.kind;
			const answer =
				fault.kind === 'garbage' && task !== undefined
					? readAnswer(task, state.nowMs(), state.url())
					: undefined;
			if (await answerWithFault(fault, { on: 'read', state, res, answer })) return;
		}
		if (task === undefined || task.isExpired) {
			const message = 'No task is known under this id; ids expire after some time';
			throw new ApiError(404, { message, param: 'task_id' });
		}
		const answer = readAnswer(task, state.nowMs(), state.url());
		// `send` passes the check of answers by, which `json` would go through.
		if (hasOddAnswers(task)) res.type('json').send(Buffer.from(JSON.stringify(answer)));
		else res.json(answer);
	});

	router.get('/v1/credits', async (_req, res) => {
		const fault = state.faults.take('credits');
		if (fault !== undefined) {
			state.recordOf(res).fault = fault.kind;
			if (await answerWithFault(fault, { on: 'credits', state, res })) return;
		}
		const credits = {
			remaining_credits: state.bill.remainingCredits,
			used_credits: state.bill.usedCredits,
		};
		res.json({
			success: true,
			message: '',
			data: { token: { ...credits, unlimited_credits: false }, user: credits },
		});
	});
}
