import axios, { type AxiosInstance, type AxiosResponse, type Method } from 'axios';

import { isRecord } from './n8n-answers';

/** n8n answered with an error. */
export class N8nAnswerError extends Error {
	/**
	 * @param status HTTP status
	 * @param body what n8n sent: an object with `message` where n8n itself answered
	 */
	constructor(
		readonly request: string,
		readonly status: number,
		readonly body: unknown,
	) {
		const reason = isRecord(body) && typeof body.message === 'string' ? body.message : 'no reason';
		super(`${request} was answered with ${status}: ${reason}`);
	}
}

/** A user of n8n's editor, as its HTTP routes see one: it keeps the login cookie. */
export class N8nSession {
	private readonly http: AxiosInstance;

	/** `name=value` of n8n's cookie, once logged in. */
	cookie: string | undefined;

	/** @param baseUrl n8n's address, without a slash at the end */
	constructor(readonly baseUrl: string) {
		this.http = axios.create({
			baseURL: baseUrl,
			proxy: false,
			// Every status is an answer here; `send` tells the good ones from the others.
			validateStatus: () => true,
			maxBodyLength: Infinity,
			maxContentLength: Infinity,
		});
	}

	/**
	 * Sends a request to a route below /rest and returns the `data` of the answer.
	 * @throws N8nAnswerError when n8n answers with an error
	 */
	async send(
		method: Method,
		route: string,
		options: { body?: unknown; query?: Record<string, string> } = {},
	): Promise<unknown> {
		const path = `/rest${route}`;
		const response = await this.request<unknown>(method, path, { ...options });
		const { data } = response;
		if (!isRecord(data) || !('data' in data)) {
			throw new N8nAnswerError(`${method} ${path}`, response.status, data);
		}
		return data.data;
	}

	/** Returns the JSON of any route. @throws N8nAnswerError when n8n answers with an error */
	async readJson(path: string): Promise<unknown> {
		return (await this.request<unknown>('GET', path, {})).data;
	}

	/** Returns the bytes of any route. @throws N8nAnswerError when n8n answers with an error */
	async readBytes(path: string, query: Record<string, string> = {}): Promise<Buffer> {
		const response = await this.request<unknown>('GET', path, { query, isBinary: true });
		if (!Buffer.isBuffer(response.data)) throw new Error(`GET ${path} was answered without bytes`);
		return response.data;
	}

	private async request<Body>(
		method: Method,
		path: string,
		options: { body?: unknown; query?: Record<string, string>; isBinary?: boolean },
	): Promise<AxiosResponse<Body>> {
		const response = await this.http.request<Body>({
			method,
			url: path,
			data: options.body,
			params: options.query,
			headers: this.cookie === undefined ? {} : { Cookie: this.cookie },
			...(options.isBinary ? { responseType: 'arraybuffer' } : {}),
		});
		this.keepCookie(response);
		if (response.status >= 400) {
			throw new N8nAnswerError(`${method} ${path}`, response.status, response.data);
		}
		return response;
	}

	private keepCookie({ headers }: AxiosResponse): void {
		for (const line of headers['set-cookie'] ?? []) {
			const [cookie] = line.split(';');
			if (cookie.startsWith('n8n-auth=')) this.cookie = cookie;
		}
	}
}
