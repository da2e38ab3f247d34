import { openCluster, openNextEpoch } from '@ordershard/rebalance';
import { TABLES } from '@ordershard/order-service';
import { type OpeningStep, shardsFromEnv } from '@ordershard/shard-router';

// The process that opens an epoch, as `epoch open` does, and waits after a step to be killed there; opener.ts runs it.

/** What an opener is to do. */
export interface OpenerWork {
  readonly beginsInMs: number;
  /** By shard. */
  readonly weights: readonly (readonly [shard: number, weight: number])[];
  readonly waitAfter: OpeningStep;
}

/** From the opener: it waits after its step, or has ended before. */
export type OpenerMessage = { readonly waits: true } | { readonly ended: string };

const { beginsInMs, weights, waitAfter } = JSON.parse(process.env['FAULTS_OPENER']!) as OpenerWork;
const cluster = openCluster({
  clusterId: process.env['ORDERSHARD_CLUSTER']!,
  shards: shardsFromEnv(process.env).shards,
  application: { TABLES },
});

function tell(message: OpenerMessage): void {
  process.send!(message);
}

process.once('disconnect', () => process.exit(0));
try {
  await openNextEpoch(cluster, {
    beginsInMs,
    wishes: { weights: new Map(weights) },
    by: `faults:${process.pid}`,
    afterStep: async ({ step, shard }) => {
      if (step !== waitAfter.step || shard !== waitAfter.shard) return;
      tell({ waits: true });
      await new Promise(() => undefined);
    },
  });
  tell({ ended: 'done' });
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  tell({ ended: `${code}: ${message}` });
}
await cluster.close();
process.disconnect();
