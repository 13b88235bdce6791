import axios, { type AxiosInstance } from 'axios';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../../sandbox';

export const ORDER = {
	model: 'MiniMax-Hailuo-2.3-Fast',
	image_urls: ['https://pictures.example/cat.jpg'],
	prompt: 'A cat looks up',
};

/** A sandbox on a clock that only the test moves, with a client that has the right key. */
export interface SandboxAtHand {
	sandbox: Sandbox;
	http: AxiosInstance;
	passSeconds(seconds: number): void;
	/** Orders a video and returns its task id. */
	submit(order?: Record<string, unknown>): Promise<string>;
}

const open: Sandbox[] = [];

/** Starts a sandbox that {@link closeSandboxes} closes. Error answers do not throw. */
export async function openSandbox(options: SandboxOptions = {}): Promise<SandboxAtHand> {
	let now = Date.UTC(2026, 0, 1);
	const sandbox = await startSandbox({ generationSeconds: 100, nowMs: () => now, ...options });
	open.push(sandbox);
	const http = axios.create({
		baseURL: sandbox.url,
		headers: { Authorization: `Bearer ${sandbox.apiKey}` },
		validateStatus: () => true,
		maxRedirects: 0,
		timeout: 5_000,
	});
	return {
		sandbox,
		http,
		passSeconds: (seconds) => {
			now += seconds * 1000;
		},
		submit: async (order = {}) => {
			const answer = await http.post('/v1/videos/generations', { ...ORDER, ...order });
			if (answer.status !== 200) throw new Error(`refused: ${JSON.stringify(answer.data)}`);
			return String(answer.data.id);
		},
	};
}

export async function closeSandboxes(): Promise<void> {
	await Promise.all(open.splice(0).map(async (sandbox) => await sandbox.close()));
}
