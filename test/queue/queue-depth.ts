/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-restricted-imports -- runs beside n8n, never inside it */
import { createInterface } from 'node:readline';
import { connect } from 'node:net';

/** n8n's queue in Redis, in the words of Bull, which n8n keeps it with. */
const LISTS = { running: 'bull:jobs:active', queued: 'bull:jobs:wait' } as const;
const SAMPLE_INTERVAL_MS = 200;

/** How n8n's queue was used in a span of time. */
export interface QueueDepth {
	/** Places on workers that were taken, on average. */
	meanRunning: number;
	maxRunning: number;
	/** The most executions that waited for a place. */
	maxQueued: number;
	elapsedSeconds: number;
}

/** Starts to look at n8n's queue in Redis; the returned function ends that and tells. */
export function measureQueueDepth(redisPort: number): () => QueueDepth {
	const startedMs = Date.now();
	const samples: Array<{ running: number; queued: number }> = [];
	const socket = connect(redisPort, '127.0.0.1');
	// Redis answers a length as ":12", in the order of the questions.
	const lengths: number[] = [];
	createInterface({ input: socket }).on('line', (line) => {
		lengths.push(Number(line.slice(1)));
		if (lengths.length < 2) return;
		const [running, queued] = lengths.splice(0, 2);
		samples.push({ running, queued });
	});
	const asking = setInterval(() => {
		socket.write(`LLEN ${LISTS.running}\r\nLLEN ${LISTS.queued}\r\n`);
	}, SAMPLE_INTERVAL_MS);
	return () => {
		clearInterval(asking);
		socket.destroy();
		const sum = samples.reduce((total, { running }) => total + running, 0);
		return {
			meanRunning: sum / samples.length,
			maxRunning: Math.max(...samples.map(({ running }) => running)),
			maxQueued: Math.max(...samples.map(({ queued }) => queued)),
			elapsedSeconds: (Date.now() - startedMs) / 1_000,
		};
	};
}
