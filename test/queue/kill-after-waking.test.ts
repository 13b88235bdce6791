import { useQueueCluster } from './use-queue-cluster';
import { describeKillAfterWaking } from './worker-kill-cases';

describeKillAfterWaking(useQueueCluster());
