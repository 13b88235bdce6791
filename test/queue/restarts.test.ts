import { describeRestart, POSTGRES_RESTART, REDIS_RESTART } from './restart-cases';
import { useQueueCluster } from './use-queue-cluster';

const cluster = useQueueCluster();
describeRestart(cluster, REDIS_RESTART);
describeRestart(cluster, POSTGRES_RESTART);
