import { describeLoad } from './load-cases';
import { startQueueCluster, type QueueCluster } from './queue-cluster';
import { ResultsOfRun } from './queue-results';
import { describeRestarts, describeStopAfterRestart } from './restart-cases';
import { describeStop } from './stop-cases';
import { describeWorkerKill, describeWorkerStop } from './worker-kill-cases';

const START_TIMEOUT_MS = 300_000;

let cluster: QueueCluster;
const results = new ResultsOfRun();

beforeAll(async () => {
	cluster = await startQueueCluster();
}, START_TIMEOUT_MS);
afterEach(() => {
	expect(cluster.unexpectedEnds).toEqual([]);
	expect(cluster.sandbox.violations).toEqual([]);
});
afterAll(async () => {
	await cluster?.close();
	results.publish();
}, START_TIMEOUT_MS);

const theCluster = () => cluster;
describeStop(theCluster);
describeLoad(theCluster, results);
describeWorkerStop(theCluster, results);
describeWorkerKill(theCluster, results);
describeRestarts(theCluster, results);
describeStopAfterRestart(theCluster);
