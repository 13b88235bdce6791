import { describeStop } from './stop-cases';
import { useQueueCluster } from './use-queue-cluster';
import { describeWorkerKill } from './worker-kill-cases';

// These run with every change; what lies in the other file, once a week.
const cluster = useQueueCluster();
describeStop(cluster);
describeWorkerKill(cluster);
