/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import express, { type Request, type Response } from 'express';
import { createServer, type Server } from 'node:http';

import type { ExistingTask, Sandbox } from '../sandbox';
import { isRecord, optionalText } from '../sandbox/type-guards';
import { MODEL } from './contestant-workflows';

/** What becomes of the next submission. */
export type JobPlan = Pick<ExistingTask, 'generationSeconds' | 'outcome'>;

/** A stand-in for MiniMax's own API that runs. */
export interface MinimaxStandIn {
	/** Base address as in MiniMax's documents: with the version, without a slash at the end. */
	readonly url: string;
	readonly apiKey: string;
	/** Used up by one submission. */
	planJob(plan: JobPlan): void;
	/** How often the status of the task was asked for. */
	statusReadsOf(taskId: string): number;
	/** Forgets plans and counts; the tasks are the sandbox's. */
	reset(): void;
	close(): Promise<void>;
}

// eslint-disable-next-line @n8n/community-nodes/no-hardcoded-secrets -- public, and valid nowhere else
const API_KEY = 'minimax-stand-in-key-0001';

const SUCCESS = { status_code: 0, status_msg: 'success' };
/** MiniMax answers its errors with HTTP 200 and a code of its own in the body. */
const WRONG_KEY = { status_code: 1004, status_msg: 'login fail' };
const WRONG_PARAMETER = { status_code: 2013, status_msg: 'invalid params' };

/** MiniMax's words for what the sandbox calls pending, processing and completed. */
const STATUSES: Readonly<Record<string, string>> = {
	pending: 'Queueing',
	processing: 'Processing',
	completed: 'Success',
};

/**
 * Starts the part of MiniMax's API that n8n's MiniMax node calls for a video: submission, status,
 * and the address of the file. Its jobs are tasks of the sandbox, and the sandbox serves the files:
 * they take as long, are as large and come the same way as Evolink's.
 */
export async function startMinimaxStandIn(sandbox: Sandbox): Promise<MinimaxStandIn> {
	const statusReads = new Map<string, number>();
	let plans: JobPlan[] = [];

	const app = express().use(express.json());
	app.use((req, res, next) => {
		if (req.headers.authorization === `Bearer ${API_KEY}`) next();
		else res.json({ base_resp: WRONG_KEY });
	});
	app.post('/v1/video_generation', (req: Request, res: Response) => {
		const order: unknown = req.body;
		const imageUrl = isRecord(order) ? optionalText(order.first_frame_image) : undefined;
		if (!isRecord(order) || order.model !== MODEL || imageUrl === undefined) {
			res.json({ base_resp: WRONG_PARAMETER });
			return;
		}
		const prompt = optionalText(order.prompt);
		const taskId = sandbox.addTask({ ...plans.shift(), imageUrl, prompt });
		res.json({ task_id: taskId, base_resp: SUCCESS });
	});
	app.get('/v1/query/video_generation', (req: Request, res: Response) => {
		const taskId = optionalText(req.query.task_id) ?? '';
		const task = sandbox.task(taskId);
		if (task === undefined) {
			res.json({ base_resp: WRONG_PARAMETER });
			return;
		}
		statusReads.set(taskId, (statusReads.get(taskId) ?? 0) + 1);
		const isFinished = task.mediaUrl !== null;
		res.json({
			task_id: taskId,
			status: STATUSES[task.status] ?? 'Fail',
			// One video, one file: the task's id serves as the file's id.
			...(isFinished ? { file_id: taskId } : {}),
			base_resp: SUCCESS,
		});
	});
	app.get('/v1/files/retrieve', (req: Request, res: Response) => {
		const fileId = optionalText(req.query.file_id) ?? '';
		const task = sandbox.task(fileId);
		if (task === undefined || task.mediaUrl === null) {
			res.json({ base_resp: WRONG_PARAMETER });
			return;
		}
		res.json({
			file: {
				file_id: fileId,
				bytes: sandbox.mediaOf(fileId).sizeBytes,
				created_at: Math.floor(task.createdAtMs / 1000),
				filename: 'output.mp4',
				purpose: 'video_generation',
				download_url: task.mediaUrl,
			},
			base_resp: SUCCESS,
		});
	});

	const server = createServer(app);
	const port = await listen(server);
	return {
		url: `http://127.0.0.1:${port}/v1`,
		apiKey: API_KEY,
		planJob: (plan) => void plans.push(plan),
		statusReadsOf: (taskId) => statusReads.get(taskId) ?? 0,
		reset: () => {
			plans = [];
			statusReads.clear();
		},
		close: async () => {
			await new Promise<void>((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			});
		},
	};
}

async function listen(server: Server): Promise<number> {
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(0, '127.0.0.1', resolve);
	});
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('No TCP address');
	return address.port;
}
