import type { ServerResponse } from 'node:http';
import type { Bill } from './bill';
import type { FaultQueue } from './faults';
import type { RequestLog } from './request-log';
import type { RecordedRequest } from './sandbox-interface';
import type { PlanQueue } from './task-plans';
import type { TaskStore } from './tasks';
import type { UploadStore } from './upload-store';

/** What the routes of one sandbox share. */
export interface SandboxState {
	readonly apiKey: string;
	readonly honorIdempotencyKey: boolean;
	readonly startCredits: number;
	readonly mostRunningTasks: number;
	readonly nowMs: () => number;
	/** The sandbox's own address; known once it listens. */
	readonly url: () => string;
	readonly log: RequestLog;
	readonly bill: Bill;
	readonly faults: FaultQueue;
	readonly plans: PlanQueue;
	readonly tasks: TaskStore;
	readonly uploads: UploadStore;
	/** The record of the request that this response answers. */
	readonly recordOf: (res: ServerResponse) => RecordedRequest;
	readonly reset: () => void;
}
