import { describeRestart, describeStopAfterRestart, MAIN_RESTART } from './restart-cases';
import { useQueueCluster } from './use-queue-cluster';
import { describeWorkerStop } from './worker-kill-cases';

const cluster = useQueueCluster();
describeWorkerStop(cluster);
describeRestart(cluster, MAIN_RESTART);
describeStopAfterRestart(cluster);
