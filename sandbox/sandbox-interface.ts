/** How the `progress` of a task moves from 0 to 100 while it runs. */
export type ProgressShape = 'linear' | 'steps' | 'stuck' | 'jumps';

/** The two generations of error bodies: `code` as an integer (the HTTP status) or as a word. */
export type ErrorFormat = 'integer' | 'string';

/** What can be set when a sandbox starts. Every field is optional. */
export interface SandboxOptions {
	/** 0 or absent: a free port. The sandbox always binds 127.0.0.1 only. */
	port?: number;
	/** Time from the submission of a task to its end. Fractions and 0 are allowed. Default 20. */
	generationSeconds?: number;
	/** The one valid API key. Default {@link SANDBOX_API_KEY}. */
	apiKey?: string;
	/** Default `linear`. */
	progressShape?: ProgressShape;
	/**
	 * Answer a repeated submission that has the same Idempotency-Key and the same body with the
	 * task that exists, charging once. Default false: the service does not document this, so a
	 * client must not rely on it.
	 */
	honorIdempotencyKey?: boolean;
	/** Credits on the account at the start; a submission that exceeds the rest answers 402. Default 1,000,000. */
	startCredits?: number;
	/** How many tasks may run at a time: one more submission answers 429. Default: any number. */
	mostRunningTasks?: number;
	/** The clock of tasks and links, in milliseconds since 1970. Default `Date.now`. */
	nowMs?: () => number;
	/** Called once for each request, when its answer has ended or its connection is gone. */
	onRequestEnd?: (request: RecordedRequest) => void;
}

export type RequestKind = 'submit' | 'read' | 'upload' | 'credits' | 'media' | 'other';

/** What arrived as the picture of an upload request. */
export interface RecordedUpload {
	sizeBytes: number;
	/** Lower-case hex of the bytes that arrived. */
	sha256: string;
	/** Found in the bytes, not taken from what the client claimed. */
	mimeType: string;
	/** The name that the client gave to the file. */
	fileName: string;
	/** The type that the client claimed for the file. */
	claimedMimeType: string;
	/** Whether the request said its length beforehand (instead of arriving in chunks). */
	hasContentLength: boolean;
	/** The link that was answered, or would have been if no fault had been applied. */
	fileUrl: string;
}

/** One request as it arrived and what became of it. */
export interface RecordedRequest {
	readonly kind: RequestKind;
	readonly method: string;
	/** Path and query as sent. */
	readonly path: string;
	/** Lower-case names; `authorization` is kept so that tests can look at it. */
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
	/** The JSON body as sent, else undefined. */
	body?: unknown;
	/** Real time (`Date.now()`), whatever clock the tasks run on. */
	readonly receivedAtMs: number;
	/** Real time when the answer had been sent completely. */
	answeredAtMs?: number;
	/** HTTP status once the answer was sent completely; undefined while open, reset or cut off. */
	status?: number;
	taskId?: string;
	/** The `kind` of the fault that was applied. */
	fault?: FaultAction['kind'];
	upload?: RecordedUpload;
}

/** One accepted task: whoever started it pays for it, also when the answer was lost. */
export interface BillEntry {
	readonly taskId: string;
	readonly model: string;
	readonly quality: string;
	readonly durationSeconds: number;
	/** By the sandbox's own price table; these are not Evolink's prices. */
	readonly credits: number;
	/** null: none was sent. */
	readonly prompt: string | null;
	/** null: text to video. */
	readonly imageUrl: string | null;
	readonly lastImageUrl: string | null;
	readonly idempotencyKey: string | null;
	/** ISO 8601. */
	readonly chargedAt: string;
}

/** Picks requests by the task that they are about. */
export interface TaskMatch {
	promptIncludes: string;
}

/** How the result link of a completed task deviates from a healthy MP4. */
export interface MediaOverrides {
	/** Content-Type header; empty sends none. */
	contentType?: string;
	/** Serve an HTML page instead of the video, with status 200. */
	html?: boolean;
	/** Serve no byte at all, with status 200. */
	empty?: boolean;
	/** Leave Content-Length out (the bytes come in chunks). */
	withoutContentLength?: boolean;
}

/** The task ends with a video. */
export interface CompletedOutcome {
	status: 'completed';
	/** That many reads say `completed` without results yet. */
	emptyResultReads?: number;
	/** Replaces the result links. */
	results?: string[];
	/** The MP4 grows by this many bytes, which no player looks at; they are never held in memory. */
	mediaPaddingBytes?: number;
	media?: MediaOverrides;
}

/** The task ends as failed. */
export interface FailedOutcome {
	status: 'failed';
	/** Default `service_error`. */
	code?: string;
	message?: string;
	/** Leave the `error` object out, as the older description of the API has it. */
	withoutErrorObject?: boolean;
}

/**
 * Any other status word. `cancelled` comes at the end of the generation time; every other word
 * (also `pending` and `processing`) is answered from the first read on, for ever.
 */
export interface OtherOutcome {
	status: string;
}

export type TaskOutcome = CompletedOutcome | FailedOutcome | OtherOutcome;

/** What shall become of the next accepted submission that fits `match`. Used up by it. */
export interface TaskPlan {
	match?: TaskMatch;
	generationSeconds?: number;
	progressShape?: ProgressShape;
	outcome?: TaskOutcome;
	/** Adds `task_info.estimated_time` (and its companions) to the answers. */
	estimatedTimeSeconds?: number;
	/**
	 * Laid over the answer of reads, field by field; a field set to undefined is removed. The
	 * task's answers are then not checked.
	 */
	rawTask?: Record<string, unknown>;
}

export type FaultTarget = 'submit' | 'read' | 'upload' | 'credits' | 'media';

/**
 * What goes wrong. `afterAcceptance` (for submissions and uploads) says that the task exists and
 * is charged, or the file is stored, before it goes wrong. Default false.
 */
export type FaultAction =
	| {
			kind: 'status';
			status: number;
			/** Generation of the error body. Default `integer`. */
			format?: ErrorFormat;
			retryAfter?: string | number;
			message?: string;
			code?: string | number;
			type?: string;
			param?: string;
			/** No body at all. */
			empty?: boolean;
			/** An HTML body, as a proxy would send. */
			html?: boolean;
			afterAcceptance?: boolean;
	  }
	| { kind: 'reset-before-acceptance' }
	| { kind: 'reset-after-acceptance' }
	/** Never answers, or goes on as usual after `seconds`. */
	| { kind: 'stall'; seconds?: number; afterAcceptance?: boolean }
	/** Headers, then a byte now and then, for ever. */
	| { kind: 'trickle'; afterAcceptance?: boolean }
	| { kind: 'html'; status?: number; afterAcceptance?: boolean }
	/** Status 200 without a body. */
	| { kind: 'empty'; afterAcceptance?: boolean }
	/** Complete HTTP, but the JSON in it stops half-way. */
	| { kind: 'truncated-json'; afterAcceptance?: boolean }
	/**
	 * Any body. `%answer%` in a text stands for the healthy JSON answer, where there is one, and
	 * `%id%` for the task's ID in it.
	 */
	| {
			kind: 'garbage';
			body: string | Buffer;
			contentType?: string;
			/** Default 200. */
			status?: number;
			afterAcceptance?: boolean;
	  }
	/**
	 * Only for `media`. Content-Length says all, but the connection ends after `bytes` (default:
	 * half). With `honest`, Content-Length is that short size: no client can notice it by HTTP.
	 */
	| { kind: 'truncated-media'; bytes?: number; honest?: boolean }
	/** Only for `media`. `bytes` of the file (default: half), then silence. */
	| { kind: 'stalled-media'; bytes?: number }
	| { kind: 'redirect'; location: string; status?: number };

/**
 * A fault in the queue. A request takes the first fault that fits it; the rest of the queue stays
 * for later requests. Only requests that pass the key check and the request check take faults.
 */
export interface Fault {
	on: FaultTarget;
	/** Only for this task (`read` and `media`). */
	taskId?: string;
	/** For `submit` the request's own prompt; for `read` and `media` the task's. */
	match?: TaskMatch;
	/** How many requests it hits: default 1, Infinity = always. */
	times?: number;
	/** That many fitting requests pass first. */
	skip?: number;
	/** 0 to 1: hits a fitting request with this chance. Default 1. */
	probability?: number;
	/** Start of the number sequence behind `probability`, so that a run can be repeated. Default 1. */
	seed?: number;
	fault: FaultAction;
}

/** A task as the sandbox sees it now. Looking at it changes nothing. */
export interface TaskSnapshot {
	readonly taskId: string;
	readonly model: string;
	readonly prompt: string | null;
	/** null: text to video. */
	readonly imageUrl: string | null;
	readonly lastImageUrl: string | null;
	readonly quality: string;
	/** -1: the model decides. */
	readonly durationSeconds: number;
	/** As the API writes it; null: the model has no such field. */
	readonly aspectRatio: string | null;
	readonly hasSound: boolean;
	readonly generationSeconds: number;
	readonly status: string;
	readonly progress: number;
	/** On the sandbox's clock. */
	readonly createdAtMs: number;
	/** How many reads were answered with the state of this task. */
	readonly readCount: number;
	readonly isExpired: boolean;
	/** The link of a completed task; null before that and for a task without a video. */
	readonly mediaUrl: string | null;
	readonly failureCode: string | null;
	readonly idempotencyKey: string | null;
}

/** What a result link serves, faults aside. */
export interface ServedMedia {
	/** All of it in memory: mind `mediaPaddingBytes`. */
	bytes(): Buffer;
	readonly sizeBytes: number;
	/** Lower-case hex. */
	readonly sha256: string;
	readonly mimeType: string;
}

/** A task that is there from the start: no request, no charge. */
export interface ExistingTask extends Omit<TaskPlan, 'match'> {
	prompt?: string;
	imageUrl?: string;
	lastImageUrl?: string;
	quality?: '512p' | '768p' | '1080p';
	durationSeconds?: 6 | 10;
}

/** A running sandbox. */
export interface Sandbox {
	/** `http://127.0.0.1:PORT`; serves as base URL and as File API base URL. */
	readonly url: string;
	readonly apiKey: string;
	readonly requests: readonly RecordedRequest[];
	requestsOf(kind: RequestKind): RecordedRequest[];
	/** Resolves when that many requests of the kind have arrived since the start or last reset. */
	waitForRequests(kind: RequestKind, count: number): Promise<RecordedRequest[]>;
	readonly bill: readonly BillEntry[];
	/** @throws TypeError when the fault makes no sense where it is put. */
	addFault(fault: Fault): void;
	clearFaults(): void;
	planTask(plan: TaskPlan): void;
	/** Puts a task in place without a submission and without a charge; returns its id. */
	addTask(task?: ExistingTask): string;
	/** The task ends now, as its plan says. @throws Error for an unknown id. */
	finishTask(taskId: string): void;
	/** From now on reads of this task answer 404. @throws Error for an unknown id. */
	expireTask(taskId: string): void;
	task(taskId: string): TaskSnapshot | undefined;
	tasks(): TaskSnapshot[];
	/** @throws Error for an unknown id. */
	mediaOf(taskId: string): ServedMedia;
	/** What a client did that it must never do, in plain words. */
	readonly violations: readonly string[];
	/** Forgets tasks, bill, requests, violations, faults, plans and uploads. */
	reset(): void;
	/** Ends every open connection too, also stalled ones. */
	close(): Promise<void>;
}

/** The key that a sandbox accepts unless it is told another one. It opens nothing else. */
// eslint-disable-next-line @n8n/community-nodes/no-hardcoded-secrets -- public, and valid nowhere else
export const SANDBOX_API_KEY = 'evolink-sandbox-key-0001';
