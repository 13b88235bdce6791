import { createServer, get, type Server, type ServerResponse } from 'node:http';
import { addApiRoutes } from './api-routes';
import { Bill } from './bill';
import { FaultQueue } from './faults';
import { TaskMedia } from './media';
import { buildApp } from './request-path';
import { RequestLog } from './request-log';
import {
	SANDBOX_API_KEY,
	type RecordedRequest,
	type Sandbox,
	type SandboxOptions,
} from './sandbox-interface';
import type { SandboxState } from './sandbox-state';
import { PlanQueue } from './task-plans';
import { snapshotOf, TaskStore } from './tasks';
import { UploadStore } from './upload-store';

const HOST = '127.0.0.1';
const DEFAULT_GENERATION_SECONDS = 20;
const DEFAULT_START_CREDITS = 1_000_000;
// Longer than clients keep idle connections, so that none is closed in the moment of its reuse.
const KEEP_ALIVE_TIMEOUT_MS = 120_000;

async function listen(server: Server, port: number): Promise<number> {
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, HOST, () => {
			server.off('error', reject);
			resolve();
		});
	});
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('No TCP address');
	return address.port;
}

/**
 * Reads the OpenAPI document in by a first request, so that a broken document fails the start and
 * the first real request is as quick as the others.
 */
async function warmUp(url: string): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		const request = get(url, { agent: false }, (response) => {
			let text = '';
			response.setEncoding('utf8');
			response.on('data', (piece: string) => (text += piece));
			response.on('error', reject);
			response.on('close', () => {
				if (response.statusCode === 200) resolve();
				else reject(new Error(`The sandbox cannot start: ${text}`));
			});
		});
		request.on('error', reject);
	});
}

/**
 * Starts a local Evolink API.
 *
 * @throws Error when the port cannot be had (`code` says why, e.g. `EADDRINUSE`)
 * @throws TypeError for an option that makes no sense
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
	const apiKey = options.apiKey ?? SANDBOX_API_KEY;
	const generationSeconds = options.generationSeconds ?? DEFAULT_GENERATION_SECONDS;
	if (apiKey === '') throw new TypeError('apiKey must not be empty');
	if (!(generationSeconds >= 0)) throw new TypeError('generationSeconds must be 0 or more');
	const nowMs = options.nowMs ?? Date.now;
	const startCredits = options.startCredits ?? DEFAULT_START_CREDITS;
	const recordsByResponse = new WeakMap<ServerResponse, RecordedRequest>();
	const submissionsByKey: Parameters<typeof addApiRoutes>[2] = new Map();
	let url = '';
	let isWarm = false;

	const state: SandboxState = {
		apiKey,
		honorIdempotencyKey: options.honorIdempotencyKey ?? false,
		startCredits,
		mostRunningTasks: options.mostRunningTasks ?? Number.POSITIVE_INFINITY,
		nowMs,
		url: () => url,
		log: new RequestLog(apiKey, (request) => {
			if (isWarm) options.onRequestEnd?.(request);
		}),
		bill: new Bill(startCredits),
		faults: new FaultQueue(),
		plans: new PlanQueue(),
		tasks: new TaskStore(nowMs, {
			generationSeconds,
			progressShape: options.progressShape ?? 'linear',
		}),
		uploads: new UploadStore(nowMs),
		recordOf: (res) => {
			const record = recordsByResponse.get(res);
			if (record === undefined) throw new Error('This response belongs to no recorded request');
			return record;
		},
		reset: () => {
			for (const part of [state.log, state.bill, state.faults, state.plans]) part.clear();
			for (const part of [state.tasks, state.uploads, submissionsByKey]) part.clear();
		},
	};

	const app = buildApp(state, submissionsByKey);
	const server = createServer((req, res) => {
		recordsByResponse.set(res, state.log.open(req, res));
		app(req, res);
	});
	server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
	url = `http://${HOST}:${await listen(server, options.port ?? 0)}`;

	let closing: Promise<void> | undefined;
	const close = async () => {
		closing ??= new Promise<void>((resolve) => {
			server.close(() => resolve());
			server.closeAllConnections();
		}).then(() => state.uploads.close());
		await closing;
	};

	try {
		await warmUp(url);
	} catch (error) {
		await close();
		throw error;
	}
	state.log.clear();
	isWarm = true;

	return {
		url,
		apiKey,
		requests: state.log.requests,
		requestsOf: (kind) => state.log.requestsOf(kind),
		waitForRequests: async (kind, count) => await state.log.waitFor(kind, count),
		bill: state.bill.entries,
		addFault: (fault) => state.faults.add(fault),
		clearFaults: () => state.faults.clear(),
		planTask: (plan) => state.plans.add(plan),
		addTask: ({ prompt, imageUrl, lastImageUrl, quality, durationSeconds, ...plan } = {}) =>
			state.tasks.create(
				{
					model: 'MiniMax-Hailuo-2.3-Fast',
					prompt: prompt ?? null,
					imageUrl: imageUrl ?? 'https://pictures.example/first.jpg',
					lastImageUrl: lastImageUrl ?? null,
					quality: quality ?? '768p',
					durationSeconds: durationSeconds ?? 6,
					aspectRatio: null,
					hasSound: false,
					idempotencyKey: null,
				},
				plan,
			).taskId,
		finishTask: (taskId) => {
			state.tasks.get(taskId).generationSeconds = 0;
		},
		expireTask: (taskId) => {
			state.tasks.get(taskId).isExpired = true;
		},
		task: (taskId) => {
			const task = state.tasks.find(taskId);
			return task === undefined ? undefined : snapshotOf(task, nowMs(), url);
		},
		tasks: () => state.tasks.all().map((task) => snapshotOf(task, nowMs(), url)),
		mediaOf: (taskId) => new TaskMedia(state.tasks.get(taskId)),
		violations: state.log.violations,
		reset: state.reset,
		close,
	};
}
