import { randomBytes, randomInt } from 'node:crypto';
import { priceOf } from './bill';
import { DOCUMENTED_MODELS } from './documented-models';
import type {
	CompletedOutcome,
	FailedOutcome,
	ProgressShape,
	TaskOutcome,
	TaskPlan,
	TaskSnapshot,
} from './sandbox-interface';

/** How long result links live, counted from the task's creation (source: the API's description). */
export const RESULT_LIFETIME_MS = 24 * 60 * 60 * 1000;

const TASK_ID_SUFFIX_CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const TASK_ID_SUFFIX_LENGTH = 8;
// A queue is short here: the first tenth of the generation time.
const PENDING_SHARE = 0.1;

/** What a task was asked to make. */
export interface TaskOrder {
	model: string;
	prompt: string | null;
	/** The first frame; null: text to video. */
	imageUrl: string | null;
	lastImageUrl: string | null;
	quality: string;
	/** -1: the model decides. */
	durationSeconds: number;
	/** As the API writes it; null: the model has no such field. */
	aspectRatio: string | null;
	hasSound: boolean;
	idempotencyKey: string | null;
}

/** A task with all that decides its fate. Its state follows from the clock. */
export interface SandboxTask {
	readonly taskId: string;
	readonly order: TaskOrder;
	readonly createdAtMs: number;
	generationSeconds: number;
	readonly progressShape: ProgressShape;
	readonly outcome: TaskOutcome;
	readonly estimatedTimeSeconds?: number;
	readonly rawTask?: Record<string, unknown>;
	/** Last part of the result link, hard to guess as on real hosts. */
	readonly mediaName: string;
	readCount: number;
	emptyResultReadsLeft: number;
	isExpired: boolean;
}

export interface TaskState {
	status: string;
	/** Whole number, 0 to 100. */
	progress: number;
}

export function isCompletedOutcome(outcome: TaskOutcome): outcome is CompletedOutcome {
	return outcome.status === 'completed';
}

export function isFailedOutcome(outcome: TaskOutcome): outcome is FailedOutcome {
	return outcome.status === 'failed';
}

const PROGRESS_OF: Readonly<Record<ProgressShape, (elapsedShare: number) => number>> = {
	linear: (share) => share * 100,
	steps: (share) => Math.floor(share * 4) * 25,
	// Some services show an early number until the very end.
	stuck: (share) => Math.min(share * 100, 30),
	// Leaps, rests and once falls back: nothing promises that progress only grows.
	jumps: (share) => [3, 40, 42, 25, 80, 81, 99][Math.floor(share * 7)] ?? 99,
};

/** The state of a task at a moment of the sandbox's clock. */
export function stateOf(task: SandboxTask, nowMs: number): TaskState {
	const { status } = task.outcome;
	const endsByTime = status === 'completed' || status === 'failed' || status === 'cancelled';
	const generationMs = task.generationSeconds * 1000;
	const elapsedMs = Math.max(0, nowMs - task.createdAtMs);
	const isOver = elapsedMs >= generationMs;
	if (isOver && endsByTime && status === 'completed') return { status, progress: 100 };

	const elapsedShare = isOver ? 1 : elapsedMs / generationMs;
	const isPending = elapsedShare < PENDING_SHARE;
	const progress = isPending
		? 0
		: Math.min(99, Math.floor(PROGRESS_OF[task.progressShape](elapsedShare)));
	if (!endsByTime || isOver) return { status, progress };
	return { status: isPending ? 'pending' : 'processing', progress };
}

/** The error object of a failed task, in the newer form of the API. */
export function failureOf(outcome: FailedOutcome): { code: string; message: string; type: string } {
	const code = outcome.code ?? 'service_error';
	return {
		code,
		message: outcome.message ?? 'The generation failed.',
		type: 'task_error',
	};
}

/** All tasks of one sandbox. */
export class TaskStore {
	private readonly tasksById = new Map<string, SandboxTask>();

	constructor(
		private readonly nowMs: () => number,
		private readonly defaults: { generationSeconds: number; progressShape: ProgressShape },
	) {}

	/** Creates a task; what the plan leaves open comes from the sandbox's options. */
	create(order: TaskOrder, plan: TaskPlan): SandboxTask {
		const createdAtMs = this.nowMs();
		const outcome = plan.outcome ?? { status: 'completed' };
		const task: SandboxTask = {
			taskId: this.freeTaskId(createdAtMs),
			order,
			createdAtMs,
			generationSeconds: plan.generationSeconds ?? this.defaults.generationSeconds,
			progressShape: plan.progressShape ?? this.defaults.progressShape,
			outcome,
			estimatedTimeSeconds: plan.estimatedTimeSeconds,
			rawTask: plan.rawTask,
			mediaName: `${randomBytes(12).toString('hex')}.mp4`,
			readCount: 0,
			emptyResultReadsLeft: isCompletedOutcome(outcome) ? (outcome.emptyResultReads ?? 0) : 0,
			isExpired: false,
		};
		this.tasksById.set(task.taskId, task);
		return task;
	}

	find(taskId: string): SandboxTask | undefined {
		return this.tasksById.get(taskId);
	}

	/** @throws Error for an unknown id. */
	get(taskId: string): SandboxTask {
		const task = this.tasksById.get(taskId);
		if (task === undefined) throw new Error(`The sandbox has no task ${taskId}`);
		return task;
	}

	all(): SandboxTask[] {
		return [...this.tasksById.values()];
	}

	clear(): void {
		this.tasksById.clear();
	}

	private freeTaskId(createdAtMs: number): string {
		for (;;) {
			let suffix = '';
			while (suffix.length < TASK_ID_SUFFIX_LENGTH) {
				suffix += TASK_ID_SUFFIX_CHARACTERS[randomInt(TASK_ID_SUFFIX_CHARACTERS.length)];
			}
			const taskId = `task-unified-${Math.floor(createdAtMs / 1000)}-${suffix}`;
			if (!this.tasksById.has(taskId)) return taskId;
		}
	}
}

/** The path of a task's result link. */
export function mediaPathOf(task: SandboxTask): string {
	return `/media/${task.taskId}/${task.mediaName}`;
}

/** The first result link as reads of a completed task give it. */
function firstResultOf(task: SandboxTask, sandboxUrl: string): string | null {
	if (!isCompletedOutcome(task.outcome)) return null;
	if (task.outcome.results !== undefined) return task.outcome.results[0] ?? null;
	return `${sandboxUrl}${mediaPathOf(task)}`;
}

/** A view of the task for tests; taking it does not count as a read. */
export function snapshotOf(task: SandboxTask, nowMs: number, sandboxUrl: string): TaskSnapshot {
	const { status, progress } = stateOf(task, nowMs);
	return {
		taskId: task.taskId,
		...task.order,
		generationSeconds: task.generationSeconds,
		status,
		progress,
		createdAtMs: task.createdAtMs,
		readCount: task.readCount,
		isExpired: task.isExpired,
		mediaUrl: status === 'completed' ? firstResultOf(task, sandboxUrl) : null,
		failureCode:
			status === 'failed' && isFailedOutcome(task.outcome) ? failureOf(task.outcome).code : null,
	};
}

/** The answer to an accepted submission. */
export function submissionAnswer(task: SandboxTask): Record<string, unknown> {
	const { model, quality, durationSeconds } = task.order;
	const { billing, firstStatus = 'pending' } = DOCUMENTED_MODELS.get(model) ?? {};
	const answer = {
		created: Math.floor(task.createdAtMs / 1000),
		id: task.taskId,
		model,
		object: 'video.generation.task',
		progress: 0,
		status: firstStatus,
	};
	if (billing === undefined) {
		return task.estimatedTimeSeconds === undefined
			? answer
			: { ...answer, type: 'video', task_info: taskInfoOf(task) };
	}
	return {
		...answer,
		type: 'video',
		task_info: {
			estimated_time: task.estimatedTimeSeconds ?? Math.ceil(task.generationSeconds),
			...(durationSeconds > 0 ? { video_duration: durationSeconds } : {}),
		},
		usage: {
			billing_rule: billing,
			credits_reserved: priceOf(quality, durationSeconds),
			user_group: 'default',
		},
	};
}

/**
 * The answer to a read, which it counts: a completed task may have to hold its results back for
 * some reads.
 */
export function readAnswer(
	task: SandboxTask,
	nowMs: number,
	sandboxUrl: string,
): Record<string, unknown> {
	const { status, progress } = stateOf(task, nowMs);
	task.readCount += 1;
	const answer: Record<string, unknown> = {
		created: Math.floor(task.createdAtMs / 1000),
		id: task.taskId,
		model: task.order.model,
		object: 'video.generation.task',
		progress,
		status,
		task_info: taskInfoOf(task),
		type: 'video',
	};
	if (status === 'completed' && isCompletedOutcome(task.outcome)) {
		if (task.emptyResultReadsLeft > 0) task.emptyResultReadsLeft -= 1;
		else answer.results = task.outcome.results ?? [`${sandboxUrl}${mediaPathOf(task)}`];
	}
	if (status === 'failed' && isFailedOutcome(task.outcome) && !task.outcome.withoutErrorObject) {
		answer.error = failureOf(task.outcome);
	}
	return { ...answer, ...task.rawTask };
}

function taskInfoOf(task: SandboxTask): Record<string, unknown> {
	return {
		// The API has no way to cancel a task.
		can_cancel: false,
		...(task.estimatedTimeSeconds === undefined
			? {}
			: {
					estimated_time: task.estimatedTimeSeconds,
					video_duration: task.order.durationSeconds,
				}),
	};
}

/** Whether the answers of a task are allowed to break the OpenAPI document. */
export function hasOddAnswers(task: SandboxTask): boolean {
	const regular = ['pending', 'processing', 'completed', 'failed', 'cancelled'];
	const hasOwnResults = isCompletedOutcome(task.outcome) && task.outcome.results !== undefined;
	return task.rawTask !== undefined || hasOwnResults || !regular.includes(task.outcome.status);
}
