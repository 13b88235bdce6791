import { describeLoad } from './load-cases';
import { startQueueCluster, type QueueCluster } from './queue-cluster';
import { describeRestarts, describeStopAfterRestart } from './restart-cases';
import { describeStop } from './stop-cases';
import { describeWorkerKill, describeWorkerStop } from './worker-kill-cases';

const START_TIMEOUT_MS = 300_000;

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

const theCluster = () => cluster;
describeStop(theCluster);
describeLoad(theCluster);
describeWorkerStop(theCluster);
describeWorkerKill(theCluster);
describeRestarts(theCluster);
describeStopAfterRestart(theCluster);
