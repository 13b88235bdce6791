import { describeLoad } from './load-cases';
import { describeRestarts, describeStopAfterRestart } from './restart-cases';
import { useQueueCluster } from './use-queue-cluster';
import { describeKillAfterWaking, describeWorkerStop } from './worker-kill-cases';

const cluster = useQueueCluster();
describeLoad(cluster);
describeWorkerStop(cluster);
describeKillAfterWaking(cluster);
describeRestarts(cluster);
describeStopAfterRestart(cluster);
