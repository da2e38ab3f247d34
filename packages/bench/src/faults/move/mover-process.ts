import {
  type MoveAt,
  moveBuckets,
  type MoveOptions,
  type MovePlan,
  openCluster,
  resumeMoves,
  rollbackMoves,
} from '@ordershard/rebalance';
import { TABLES } from '@ordershard/order-service';
import { shardsFromEnv } from '@ordershard/shard-router';
import type { MoverMessage, MoverWork } from './mover.ts';

// The process that moves buckets. mover.ts runs it, and kills it. After the step `waitAfter` it waits for a message.

const { action, plan, waitAfter } = JSON.parse(process.env['FAULTS_MOVE']!) as MoverWork;
const cluster = openCluster({
  clusterId: process.env['ORDERSHARD_CLUSTER']!,
  shards: shardsFromEnv(process.env).shards,
  application: { TABLES },
});

let waited = false;
const options: MoveOptions = {
  by: `faults:${process.pid}`,
  throttle: 'off',
  leaseMs: 1_500,
  afterStep: async ({ step }: MoveAt) => {
    if (step !== waitAfter || waited) return;
    waited = true;
    const goOn = new Promise((resolve) => process.once('message', resolve));
    tell({ at: step });
    await goOn;
  },
};

function tell(message: MoverMessage): void {
  process.send!(message);
}

process.once('disconnect', () => process.exit(0));
try {
  if (action === 'run') await moveBuckets(cluster, plan as MovePlan, options);
  else if (action === 'resume') await resumeMoves(cluster, options);
  else await rollbackMoves(cluster, options);
  tell({ ended: 'done' });
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  tell({ ended: code ?? 'NONE', message });
}
await cluster.close();
process.disconnect();
