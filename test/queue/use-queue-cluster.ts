import { startQueueCluster, type QueueCluster } from './queue-cluster';

const START_TIMEOUT_MS = 300_000;

/** Starts n8n in queue mode for the tests of a file, and holds what may never happen against each. */
export function useQueueCluster(): () => QueueCluster {
	let cluster: QueueCluster;
	beforeAll(async () => {
		cluster = await startQueueCluster();
	}, START_TIMEOUT_MS);
	afterEach(() => {
		expect(cluster.unexpectedEnds).toEqual([]);
		expect(cluster.sandbox.violations).toEqual([]);
	});
	afterAll(async () => {
		await cluster?.close();
	}, START_TIMEOUT_MS);
	return () => cluster;
}
