import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RecordedRequest, RequestKind } from './sandbox-interface';

const IDEMPOTENCY_KEY_FORM = /^[A-Za-z0-9._-]{16,96}$/;

/** The key's place in whatever is shown to people. */
export const HIDDEN_KEY = '(key hidden)';

function kindOf(method: string, pathname: string): RequestKind {
	if (pathname === '/v1/videos/generations' && method === 'POST') return 'submit';
	if (pathname.startsWith('/v1/tasks/') && method === 'GET') return 'read';
	if (pathname.startsWith('/api/v1/files/upload/') && method === 'POST') return 'upload';
	if (pathname === '/v1/credits' && method === 'GET') return 'credits';
	if (pathname.startsWith('/media/')) return 'media';
	return 'other';
}

/** Every request that arrived, and what clients did that they must never do. */
export class RequestLog {
	private readonly records: RecordedRequest[] = [];
	private readonly violationTexts: string[] = [];
	private readonly events = new EventEmitter().setMaxListeners(0);

	constructor(
		private readonly apiKey: string,
		private readonly onRequestEnd: (request: RecordedRequest) => void = () => {},
	) {}

	get requests(): readonly RecordedRequest[] {
		return this.records;
	}

	get violations(): readonly string[] {
		return this.violationTexts;
	}

	requestsOf(kind: RequestKind): RecordedRequest[] {
		return this.records.filter((record) => record.kind === kind);
	}

	async waitFor(kind: RequestKind, count: number): Promise<RecordedRequest[]> {
		return await new Promise((resolve) => {
			const look = () => {
				const found = this.requestsOf(kind);
				if (found.length < count) return;
				this.events.off('request', look);
				resolve(found);
			};
			this.events.on('request', look);
			look();
		});
	}

	/** Records a request on its arrival and follows it to its end. */
	open(req: IncomingMessage, res: ServerResponse): RecordedRequest {
		const method = req.method ?? '';
		const path = req.url ?? '';
		const [pathname] = path.split('?');
		const record: RecordedRequest = {
			kind: kindOf(method, pathname),
			method,
			path,
			headers: { ...req.headers },
			receivedAtMs: Date.now(),
		};
		this.records.push(record);
		this.noteKeyInWrongPlace(record, pathname);
		res.once('finish', () => {
			record.status = res.statusCode;
			record.answeredAtMs = Date.now();
		});
		res.once('close', () => this.onRequestEnd(record));
		this.events.emit('request');
		return record;
	}

	/** Keeps the parsed JSON body as it was sent. */
	keepBody(record: RecordedRequest, body: unknown): void {
		record.body = structuredClone(body);
		if (JSON.stringify(record.body).includes(this.apiKey)) {
			this.addViolation(record, 'the API key was sent in a body');
		}
	}

	addViolation(record: RecordedRequest, text: string): void {
		const path = record.path.replaceAll(this.apiKey, HIDDEN_KEY);
		this.violationTexts.push(`${record.method} ${path}: ${text}`);
	}

	clear(): void {
		this.records.length = 0;
		this.violationTexts.length = 0;
	}

	private noteKeyInWrongPlace(record: RecordedRequest, pathname: string): void {
		if (
			record.path.includes(this.apiKey) ||
			record.path.includes(encodeURIComponent(this.apiKey))
		) {
			this.addViolation(record, 'the API key was sent in a URL');
		}
		const isOpenLink = record.kind === 'media' || pathname.startsWith('/files/');
		if (isOpenLink && record.headers.authorization !== undefined) {
			this.addViolation(record, 'an Authorization header was sent to a result or file link');
		} else if (isOpenLink && JSON.stringify(record.headers).includes(this.apiKey)) {
			this.addViolation(record, 'the API key was sent to a result or file link');
		}
		const idempotencyKey = record.headers['idempotency-key'];
		if (
			record.kind === 'submit' &&
			idempotencyKey !== undefined &&
			!(typeof idempotencyKey === 'string' && IDEMPOTENCY_KEY_FORM.test(idempotencyKey))
		) {
			this.addViolation(record, 'the Idempotency-Key is not 16 to 96 of A-Z a-z 0-9 . _ -');
		}
	}
}
